//! Brackets of a classic log that are complete on their line: concurrent phases, Shenandoah's pauses, G1's heap.

use super::Pass;
use crate::format::gc::collect::{Collect, Draft};
use crate::format::gc::record::{Change, Collector, Live, LiveAfter, PauseKind};
use crate::format::gc::scan::{change, closing_number, number, secs_of_ms, trim};
use crate::format::gc::stamp::Stamp;
use memchr::memmem;

/// A detail line of G1, complete in itself: `   [Parallel Time: 11.2 ms, GC Workers: 4]`. Most of a G1 log is this.
pub(super) fn is_g1_detail(line: &[u8]) -> bool {
    if !line.starts_with(b"   ") || line.last() != Some(&b']') {
        return false;
    }
    let text = line.trim_ascii_start();
    text.first() == Some(&b'[')
        && match text.get(1) {
            Some(b'E') => text.starts_with(b"[Ext Root"),
            Some(b'G') => text.starts_with(b"[GC Worker"),
            Some(b'P' | b'U' | b'S' | b'C' | b'O' | b'T' | b'R' | b'H' | b'F') => {
                memchr::memrchr(b'[', text) == Some(0) && memchr::memchr(b':', &text[..text.len().min(40)]).is_some()
            }
            _ => false,
        }
}

/// `CMS-concurrent-mark: 0.991/1.004 secs`, `GC concurrent-mark-end, 0.0437048 sec`; a start is not told.
pub(super) fn concurrent(pass: &mut Pass<'_>, stamp: Stamp, content: &[u8], out: &mut Collect) {
    pass.known = true;
    let is_cms = !content.starts_with(b"GC");
    out.saw_collector(if is_cms { Collector::Cms } else { Collector::G1 });
    let name_end = content
        .iter()
        .position(|b| matches!(b, b':' | b','))
        .unwrap_or(content.len());
    let name = trim(&content[..name_end]);
    let name = name.strip_prefix(b"GC ").unwrap_or(name);
    if name.ends_with(b"-start") || name.len() > 60 {
        return;
    }
    let name = name.strip_suffix(b"-end").unwrap_or(name);
    let mut value = trim(content.get(name_end + 1..).unwrap_or_default());
    if is_cms && let Some(slash) = memchr::memchr(b'/', value) {
        value = &value[slash + 1..];
    }
    let took_ms = number(value).map(|(secs, _)| secs * 1e3);
    out.concurrent(pass.no, stamp, &String::from_utf8_lossy(name), took_ms);
}

/// A line of Shenandoah on JDK 8; the one with `, start` only opens.
pub(super) fn shenandoah(pass: &mut Pass<'_>, is_pause: bool, stamp: Stamp, content: &[u8], out: &mut Collect) {
    let named = !is_pause
        || [&b"Init "[..], b"Final ", b"Full", b"Degenerated"]
            .iter()
            .any(|name| content[6..].starts_with(name));
    let last = memchr::memrchr(b',', content).map_or(&b""[..], |comma| content[comma + 1..].trim_ascii());
    if !named || (last != b"start" && !last.ends_with(b"ms")) {
        return;
    }
    pass.known = true;
    // with a decimal comma the number itself is cut at it, so it is read from the whole
    let Some(ms) = closing_number(content, &[b"ms"]) else {
        return;
    };
    out.saw_collector(Collector::Shenandoah);
    let heap = change(content);
    let name_end = content
        .iter()
        .position(|b| matches!(b, b',' | b'(' | b'0'..=b'9'))
        .unwrap_or(content.len());
    let name = trim(&content[..name_end]);
    if is_pause {
        out.pause(Draft {
            line: pass.no,
            end_line: pass.no,
            stamp,
            secs: secs_of_ms(ms),
            kind: Some(pause_kind(name)),
            heap,
            ..Draft::default()
        });
        return;
    }
    out.concurrent(pass.no, stamp, &String::from_utf8_lossy(name), Some(ms));
    if let (true, Some(heap)) = (name == b"Concurrent cleanup", heap) {
        let at = out.place(stamp);
        out.live(Live {
            line: pass.no,
            at,
            after_kb: heap.after_kb,
            after: LiveAfter::Old,
        });
    }
}

fn pause_kind(name: &[u8]) -> PauseKind {
    if name.starts_with(b"Pause Full") {
        PauseKind::Full
    } else if name.starts_with(b"Pause Degenerated") {
        PauseKind::Degenerated
    } else {
        PauseKind::Phase
    }
}

/// `Eden: 15.0M(15.0M)->0.0B(10.0M) Survivors: 2048.0K->3072.0K Heap: 71.1M(96.0M)->71.2M(103.0M)` behind its pause.
pub(super) fn g1_heap(content: &[u8], out: &mut Collect) {
    let after = |label: &[u8]| memmem::find(content, label).map(|at| &content[at + label.len()..]);
    let heap = after(b"Heap: ").and_then(change);
    let eden = after(b"Eden: ").and_then(change);
    let survivors = after(b"Survivors: ").and_then(change);
    out.saw_collector(Collector::G1);
    let Some((newest, _)) = out.newest() else { return };
    if heap.is_some() {
        newest.heap = heap;
    }
    if let (Some(eden), Some(survivors)) = (eden, survivors) {
        newest.young = Some(Change {
            before_kb: eden.before_kb + survivors.before_kb,
            after_kb: eden.after_kb + survivors.after_kb,
            total_kb: eden.total_kb + survivors.after_kb,
        });
    }
}

pub(super) fn late_metaspace(space: Change, out: &mut Collect) {
    if let Some((_, draft)) = out.newest() {
        draft.metaspace_kb.get_or_insert((space.after_kb, space.total_kb));
    }
}

//! GC lines of JDK 9 and later (`-Xlog:gc*`), with any set of decorators or none.
//!
//! ```text
//! [2026-11-22T13:16:35.977+0000][gc,start    ] GC(0) Pause Young (Normal) (G1 Evacuation Pause)
//! [2026-11-22T13:16:35.980+0000][gc,heap     ] GC(0) Eden regions: 6->0(27)
//! [2026-11-22T13:16:35.980+0000][gc,metaspace] GC(0) Metaspace: 78K(320K)->78K(320K) NonClass: …
//! [2026-11-22T13:16:35.980+0000][gc          ] GC(0) Pause Young (Normal) (G1 Evacuation Pause) 6M->1M(64M) 2.922ms
//! ```
//!
//! One line is one message, so lines are read one by one. `GC(n) Pause … <number>ms` ends a pause; the lines before it
//! with the same id tell generations and metaspace. Serial and CMS print a full collection inside the young one that
//! called for it, with the higher id first: those two are one pause.

mod message;

use super::collect::{Collect, Draft};
use super::record::{Change, Collector, FailureKind, Live, LiveAfter, PauseKind};
use super::scan::{change, counts, number, secs_of_ms};
use super::stamp::{Stamp, decorators};
use memchr::memmem::{self, Finder};
use message::{closing_ms, kind_and_cause};
use std::sync::LazyLock;

/// Reads unified lines; see the module's documentation.
#[derive(Debug, Default)]
pub struct Unified {
    /// Details of the collection with this id, told before its closing line.
    details: Details,
    /// Id and duration of the last pause, if it was a full collection.
    last_full: Option<(u64, f64)>,
    region_kb: u64,
    /// A message without its end: the begin of a pause, or a line that mail has broken.
    unfinished: Option<Unfinished>,
}

#[derive(Debug)]
struct Unfinished {
    no: u32,
    id: u64,
    stamp: Stamp,
    text: Vec<u8>,
}

#[derive(Debug, Default)]
struct Details {
    id: u64,
    young: Option<Change>,
    old: Option<Change>,
    eden_regions: Option<(u64, u64)>,
    survivor_regions: Option<(u64, u64)>,
    old_regions: Option<(u64, u64)>,
    metaspace_kb: Option<(u64, u64)>,
    failures: Vec<FailureKind>,
}

/// One line.
struct Message<'a> {
    no: u32,
    end_no: u32,
    id: u64,
    stamp: &'a dyn Fn() -> Stamp,
    text: &'a [u8],
}

/// Where `GC(n) ` stands in a line: its place, the id, and where the text behind it begins.
pub fn find_id(line: &[u8]) -> Option<(usize, u64, usize)> {
    static ID: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"GC("));
    let at = ID.find(line)?;
    let (id, len) = number(&line[at + 3..])?;
    let rest = &line[at + 3 + len..];
    (rest.starts_with(b") ") && (at == 0 || !line[at - 1].is_ascii_alphanumeric()))
        .then(|| (at, id as u64, at + 3 + len + 2))
}

impl Unified {
    /// Reads a line with a collection's id, as `find_id` found it.
    pub fn line(&mut self, no: u32, line: &[u8], (at, id, text): (usize, u64, usize), out: &mut Collect) {
        let stamp = || decorators(&line[..at]);
        let mut text = line[text..].trim_ascii();
        if let [b'Y' | b'y' | b'O', b':', b' ', rest @ ..] = text {
            out.saw_collector(Collector::Zgc);
            text = rest;
        }
        let message = Message {
            no,
            end_no: no,
            id,
            stamp: &stamp,
            text,
        };
        self.unfinished = None;
        if self.details.id != id {
            self.details = Details {
                id,
                ..Details::default()
            };
        }
        out.saw_unified();
        match text.first() {
            Some(b'P') if text.starts_with(b"Pause ") => self.pause(&message, out),
            // broken by mail right behind the word or before it
            Some(b'P') if text == b"Pause" => self.remember(&message),
            None => self.remember(&message),
            Some(b'C') if text.starts_with(b"Concurrent ") => concurrent(&message, out),
            _ => self.detail(&message, out),
        }
    }

    /// Reads a line that may be the end of a pause line that mail or a terminal has broken:
    /// `… GC(7) Pause Young (Normal) (G1 Evacuation ⏎ Pause) 6M->1M(64M) 2.922ms`. True when it was.
    pub fn continuation(&mut self, no: u32, line: &[u8], out: &mut Collect) -> bool {
        let Some(start) = self.unfinished.take() else {
            return false;
        };
        if no > start.no + 1 || line.len() > 120 || !fits(&start.text, line) {
            return false;
        }
        let mut text = start.text;
        text.push(b' ');
        text.extend_from_slice(line.trim_ascii());
        let text = text.trim_ascii();
        if !text.starts_with(b"Pause ") || closing_ms(text).is_none() {
            return false;
        }
        let stamp = || start.stamp;
        let message = Message {
            no: start.no,
            end_no: no,
            id: start.id,
            stamp: &stamp,
            text,
        };
        out.saw_unified();
        self.pause(&message, out);
        true
    }

    /// Reads a decorated line without an id (start-up, stalls). True when it belongs to a GC log.
    pub fn other(&mut self, no: u32, line: &[u8], out: &mut Collect) -> bool {
        let Some((prefix, message)) = split_decorators(line) else {
            return false;
        };
        let stamp = decorators(prefix);
        let tagged = [&b"gc"[..], b"safepoint"].iter().any(|tag| has_tag(prefix, tag));
        if let Some(stall) = stall(message) {
            out.saw_collector(Collector::Zgc);
            if stall {
                out.failure(no, stamp, FailureKind::AllocationStall);
            }
        } else if !super::header::unified(no, message, &mut self.region_kb, out) && !tagged {
            return false;
        }
        if tagged && !stamp.is_empty() {
            out.saw_unified();
        } else {
            out.saw_detail();
        }
        true
    }

    fn pause(&mut self, message: &Message<'_>, out: &mut Collect) {
        let Some(ms) = closing_ms(message.text) else {
            self.remember(message);
            return;
        };
        let (kind, cause) = kind_and_cause(message.text, out);
        let details = std::mem::take(&mut self.details);
        let mut draft = Draft {
            line: message.no,
            end_line: message.end_no,
            stamp: (message.stamp)(),
            stamped_at_start: false,
            secs: secs_of_ms(ms),
            kind: Some(kind),
            cause,
            heap: change(message.text),
            young: details.young,
            promoted_kb: None,
            metaspace_kb: details.metaspace_kb,
            failures: details.failures,
        };
        if memmem::find(message.text, b"(Evacuation Failure").is_some() {
            draft.failures.push(FailureKind::EvacuationFailure);
        }
        self.regions(
            &mut draft,
            details.eden_regions,
            details.survivor_regions,
            details.old_regions,
        );
        if let (Some(old), PauseKind::Young) = (details.old, kind) {
            draft.promoted_kb = Some(old.after_kb.saturating_sub(old.before_kb));
        }
        let nested = kind == PauseKind::Young
            && self
                .last_full
                .is_some_and(|(id, full_ms)| id == message.id + 1 && full_ms <= ms * 1.001 + 0.01);
        self.last_full = (kind == PauseKind::Full).then_some((message.id, ms));
        if nested {
            out.pause_around_last(draft);
        } else {
            out.pause(draft);
        }
    }

    fn remember(&mut self, message: &Message<'_>) {
        self.unfinished = Some(Unfinished {
            no: message.no,
            id: message.id,
            stamp: (message.stamp)(),
            text: message.text[..message.text.len().min(200)].to_vec(),
        });
    }

    /// G1 tells its generations in regions.
    fn regions(
        &self,
        draft: &mut Draft,
        eden: Option<(u64, u64)>,
        survivors: Option<(u64, u64)>,
        old: Option<(u64, u64)>,
    ) {
        if let (Some(eden), Some(survivors)) = (eden, survivors) {
            let kb = |regions: u64| regions.saturating_mul(self.region_kb);
            draft.young = (self.region_kb > 0).then(|| Change {
                before_kb: kb(eden.0.saturating_add(survivors.0)),
                after_kb: kb(eden.1.saturating_add(survivors.1)),
                total_kb: kb(eden.0.saturating_add(survivors.0)),
            });
        }
        if let Some((before, after)) = old
            && self.region_kb > 0
        {
            draft.promoted_kb = Some(after.saturating_sub(before).saturating_mul(self.region_kb));
        }
    }

    fn detail(&mut self, message: &Message<'_>, out: &mut Collect) {
        let Some(colon) = memchr::memchr(b':', &message.text[..message.text.len().min(24)]) else {
            self.sentence(message, out);
            return;
        };
        let (label, value) = (&message.text[..colon], &message.text[colon + 1..]);
        let details = &mut self.details;
        match label {
            b"Eden regions" => {
                out.saw_collector(Collector::G1);
                details.eden_regions = counts(value.trim_ascii());
            }
            b"Survivor regions" => details.survivor_regions = counts(value.trim_ascii()),
            b"Old regions" => details.old_regions = counts(value.trim_ascii()),
            b"DefNew" | b"ParNew" | b"PSYoungGen" => {
                out.saw_collector(owner(label));
                details.young = change(value);
            }
            b"Tenured" | b"CMS" | b"ParOldGen" | b"PSOldGen" => {
                out.saw_collector(owner(label));
                details.old = change(value);
            }
            b"Metaspace" => details.metaspace_kb = metaspace(value),
            _ => self.sentence(message, out),
        }
    }

    /// Messages that are told in words.
    fn sentence(&mut self, message: &Message<'_>, out: &mut Collect) {
        let text = message.text;
        if text.eq_ignore_ascii_case(b"To-space exhausted") {
            self.details.failures.push(FailureKind::ToSpaceExhausted);
        } else if text.starts_with(b"Promotion failed") {
            self.details.failures.push(FailureKind::PromotionFailed);
        } else if text.eq_ignore_ascii_case(b"Concurrent mode failure") {
            self.details.failures.push(FailureKind::ConcurrentModeFailure);
        } else if text.starts_with(b"Garbage Collection (")
            || text.starts_with(b"Major Collection (")
            || text.starts_with(b"Minor Collection (")
        {
            zgc_cycle(message, out);
        } else if let Some(true) = stall(text) {
            out.failure(message.no, (message.stamp)(), FailureKind::AllocationStall);
        }
    }
}

/// Whether a line can be the rest of a broken pause line: one of both has the sizes, or a parenthesis goes on in it, or
/// it is the bare duration.
fn fits(start: &[u8], line: &[u8]) -> bool {
    let count = |byte: u8| memchr::memchr_iter(byte, start).count();
    let line = line.trim_ascii();
    start.is_empty()
        || start == b"Pause"
        || change(line).is_some()
        || change(start).is_some()
        || count(b'(') > count(b')')
        || (line.len() < 16 && number(line).is_some_and(|(_, len)| &line[len..] == b"ms"))
}

/// `Allocation Stall (thread) 12.3ms`; `Relocation Stall` is told by the same collector but is no failure.
fn stall(text: &[u8]) -> Option<bool> {
    let allocation = text.starts_with(b"Allocation Stall (");
    (allocation || text.starts_with(b"Relocation Stall (")).then_some(allocation)
}

fn owner(label: &[u8]) -> Collector {
    match label {
        b"DefNew" | b"Tenured" => Collector::Serial,
        b"ParNew" => Collector::ParNew,
        b"CMS" => Collector::Cms,
        _ => Collector::Parallel,
    }
}

/// `309K(512K)->309K(512K) NonClass: …`, `20599K->20599K(1069056K)`, or ZGC's `16M used, 17M committed, …`.
fn metaspace(value: &[u8]) -> Option<(u64, u64)> {
    if let Some(space) = change(value) {
        return Some((space.after_kb, space.total_kb));
    }
    let (used, _) = super::scan::size_kb(value.trim_ascii_start())?;
    let at = memchr::memchr(b',', value)?;
    let (committed, _) = super::scan::size_kb(value[at + 1..].trim_ascii_start())?;
    Some((used, committed))
}

/// `Concurrent Mark Cycle 12.3ms`, `Concurrent cleanup 36M->36M(38M) 0.014ms`; without a time it only begins.
fn concurrent(message: &Message<'_>, out: &mut Collect) {
    let text = message.text;
    let Some(ms) = closing_ms(text) else { return };
    let name_end = text
        .iter()
        .position(|b| b.is_ascii_digit() || *b == b'(')
        .unwrap_or(text.len());
    let name = text[..name_end].trim_ascii();
    let stamp = (message.stamp)();
    out.concurrent(message.no, stamp, &String::from_utf8_lossy(name), Some(ms));
    if let (b"Concurrent cleanup", Some(heap)) = (name, change(text)) {
        out.saw_collector(Collector::Shenandoah);
        live(message.no, stamp, heap, out);
    }
}

/// `Garbage Collection (Warmup) 826M(10%)->168M(2%)`, `Major Collection (Proactive) 730M(9%)->258M(3%) 0.097s`.
fn zgc_cycle(message: &Message<'_>, out: &mut Collect) {
    out.saw_collector(Collector::Zgc);
    let Some(heap) = change(message.text) else { return };
    let stamp = (message.stamp)();
    let name_end = memchr::memchr(b'(', message.text).unwrap_or(message.text.len());
    let name = String::from_utf8_lossy(message.text[..name_end].trim_ascii()).into_owned();
    let took_ms = super::scan::closing_number(message.text, &[b"s"]).map(|secs| secs * 1e3);
    out.concurrent(message.no, stamp, &name, took_ms);
    if !name.starts_with("Minor") {
        live(message.no, stamp, heap, out);
    }
}

fn live(line: u32, stamp: Stamp, heap: Change, out: &mut Collect) {
    let at = out.place(stamp);
    out.live(Live {
        line,
        at,
        after_kb: heap.after_kb,
        after: LiveAfter::Old,
    });
}

/// Splits `[…][…] message`; `None` when the line does not begin with a decorator.
fn split_decorators(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at = 0;
    while line.get(at) == Some(&b'[') && at < 600 {
        let close = memchr::memchr(b']', &line[at..])?;
        at += close + 1;
    }
    (at > 0).then(|| (&line[..at], line[at..].trim_ascii()))
}

/// Whether a decorator is a list of tags with that tag: `[gc,heap ]`.
fn has_tag(prefix: &[u8], tag: &[u8]) -> bool {
    prefix
        .split(|b| matches!(b, b'[' | b']'))
        .any(|decorator| decorator.trim_ascii().split(|b| *b == b',').any(|word| word == tag))
}

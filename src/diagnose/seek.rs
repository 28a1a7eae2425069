//! Which part of a big log a window needs, found by the log's own stamps: probes over the whole file, then halving. So
//! one minute of a file of many GiB costs a few MiB.
//!
//! What a diagnosis needs beside the window is at the start: version, start-up lines, configuration dump. So the first
//! MiB is read too, and the file's first and last stamps stand for the span it covers. A restart in the middle of the
//! file and outside the window is not seen, as nothing outside the window is.
//!
//! Stamps of a log jump back a little, since several threads write it: twice `SLACK_MS` around the window is read, and
//! a file whose probes jump back further (stitched from others, a clock that was set back, the hour of a time change) or
//! hold few stamps is read whole. So is a file of up to `EXACT_MAX` that reaches into the window: what it saves is not
//! worth line numbers that can only be counted from where reading began (`model::source::Skipped`).
//!
//! Not here: which times are asked for (`window.rs`), how parts of a file are read (`input`).

use super::window::Window;
use crate::format::log::{header, which, which_log};
use crate::input::{Parts, Source};
use crate::model::{Moment, SourceId};

/// Smaller logs are read whole, for the sake of their line numbers.
const EXACT_MAX: u64 = 128 << 20;
/// How much of the start is read whatever is asked for.
const HEAD_BYTES: u64 = 1 << 20;
/// What begins this early is read from the start.
const NEAR_BYTES: u64 = 4 << 20;
/// How many places are looked at before anything is halved.
const PROBES: u64 = 96;
/// How much is looked at in one place, and how far to go on where no record begins (a long stack trace).
const PROBE_BYTES: usize = 8 << 10;
const PROBE_MAX_BYTES: u64 = 128 << 10;
/// Halving ends here.
const NEAR_ENOUGH_BYTES: u64 = 256 << 10;
/// How far stamps may jump back.
const SLACK_MS: i64 = 60_000;

/// A record's start and its settled time.
#[derive(Debug, Clone, Copy)]
struct Mark {
    byte: u64,
    ms: i64,
}

/// The parts to read of a plain file; `None`: all of it.
pub(super) fn parts(source: &Source, id: SourceId, window: &Window) -> Option<Parts> {
    let head = source.head().ok()?;
    let server = which::is_server(which_log(&source.path, &head.text));
    let look = |from: u64| mark(source, id, window, server, from);
    let ends = window.ends(id).into_iter().flatten();
    let last = ends.filter_map(|(zone, (_, ms))| window.utc(id, Moment { ms: *ms, zone: *zone }));
    parts_of(source.size, window.range(), last.max(), &look)
}

/// The same, given the last time in the file, if it is known.
fn parts_of(size: u64, (from, to): (i64, i64), last: Option<i64>, look: &dyn Fn(u64) -> Option<Mark>) -> Option<Parts> {
    let marks: Vec<Mark> = (0..PROBES).filter_map(|n| look(size / PROBES * n)).collect();
    if (marks.len() as u64) < PROBES * 3 / 4 || !runs_forward(&marks) {
        return None;
    }
    let (from, to) = (from.saturating_sub(SLACK_MS), to.saturating_add(SLACK_MS));
    let before = marks.iter().rposition(|mark| mark.ms < from);
    let after = marks.iter().position(|mark| mark.ms > to);
    let near = |at: usize| marks.get(at).map_or(size, |mark| mark.byte);
    let start = before.map_or(0, |at| {
        halve(near(at), near(at + 1), &|byte| look(byte).filter(|m| m.ms < from))
    });
    let end = match after {
        Some(0) => return Some(Parts::new(HEAD_BYTES, size..size)),
        Some(at) => {
            let is_in = |byte| look(byte).is_none_or(|m| m.ms <= to);
            let inside = |byte: u64| is_in(byte).then_some(Mark { byte, ms: 0 });
            let last = halve(near(at - 1), near(at), &inside);
            last.saturating_add(2 * NEAR_ENOUGH_BYTES).min(near(at))
        }
        None => size,
    };
    let is_over = last.is_some_and(|last| last < from);
    if !is_over && (size <= EXACT_MAX || end.saturating_sub(start) > size / 8 * 7) {
        return None;
    }
    Some(match start < NEAR_BYTES {
        true => Parts::new(0, 0..end),
        false => Parts::new(HEAD_BYTES, start..end.max(start)),
    })
}

/// Whether stamps never jump back by more than is allowed.
fn runs_forward(marks: &[Mark]) -> bool {
    let mut latest = i64::MIN;
    marks.iter().all(|mark| {
        latest = latest.max(mark.ms);
        mark.ms >= latest.saturating_sub(SLACK_MS)
    })
}

/// The last place found between `low`, where `find` would find something, and `high`, where it would not.
fn halve(low: u64, high: u64, find: &dyn Fn(u64) -> Option<Mark>) -> u64 {
    let (mut low, mut high) = (low, high);
    while high.saturating_sub(low) > NEAR_ENOUGH_BYTES {
        let middle = low + (high - low) / 2;
        match find(middle) {
            Some(mark) if mark.byte < high => low = mark.byte.max(middle),
            _ => high = middle,
        }
    }
    low
}

/// The first record with a stamp at or after a place.
fn mark(source: &Source, id: SourceId, window: &Window, server: bool, from: u64) -> Option<Mark> {
    let mut at = from;
    while at < from.saturating_add(PROBE_MAX_BYTES) {
        for (byte, line) in source.lines_at(at, PROBE_BYTES)? {
            if header::begins_record(line.as_bytes())
                && let Some(ms) = header::read_header(&line, server).at.and_then(|at| window.utc(id, at))
            {
                return Some(Mark { byte, ms });
            }
        }
        at += PROBE_BYTES as u64;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::ops::Range;

    const GIB: u64 = 1 << 30;
    const DAY_MS: i64 = 86_400_000;

    /// A file of which byte `n` was written at `at(n)`.
    fn parts_by(size: u64, window: (i64, i64), at: &dyn Fn(u64) -> i64) -> (Option<Parts>, u32) {
        let looks = Cell::new(0);
        let found = parts_of(size, window, Some(at(size)), &|from| {
            looks.set(looks.get() + 1);
            let byte = from.next_multiple_of(100);
            (byte < size).then(|| Mark { byte, ms: at(byte) })
        });
        (found, looks.get())
    }

    #[test]
    fn any_window_is_found_with_few_looks() {
        let size = 10 * GIB;
        let at = |byte: u64| (byte as f64 / size as f64 * DAY_MS as f64) as i64;
        for hour in 1..24 {
            let from = hour * 3_600_000;
            let (found, looks) = parts_by(size, (from, from + 60_000), &at);
            let Range { start, end } = found.unwrap().window;
            assert!(
                at(start) < from && at(end.min(size - 1)) > from + 60_000,
                "{hour}: {start}..{end}"
            );
            assert!(end - start < 30 << 20, "{hour}: {} bytes", end - start);
            assert!(looks < 150, "{looks}");
        }
    }

    #[test]
    fn what_lies_outside_is_passed_by() {
        for size in [20 << 20, GIB] {
            let at = |byte: u64| (byte / 100) as i64;
            let (found, _) = parts_by(size, (-DAY_MS, -DAY_MS / 2), &at);
            assert!(found.unwrap().window.is_empty());
            let (found, _) = parts_by(size, (400 * DAY_MS, 401 * DAY_MS), &at);
            let window = found.unwrap().window;
            assert!(window.end - window.start <= NEAR_ENOUGH_BYTES, "{window:?}");
        }
    }

    #[test]
    fn logs_that_do_not_run_forward_are_read_whole() {
        let stitched = |byte: u64| (byte % (GIB / 3)) as i64;
        assert!(parts_by(GIB, (1000, 2000), &stitched).0.is_none());
        let jumping = |byte: u64| (byte / 10) as i64 - if (byte / 100).is_multiple_of(2) { 50_000 } else { 0 };
        assert!(parts_by(GIB, (50_000_000, 50_060_000), &jumping).0.is_some());
        // No stamps, and a file that is small.
        assert!(parts_of(GIB, (0, 1), None, &|_| None).is_none());
        let at = |byte: u64| (byte / 10) as i64;
        assert!(parts_by(EXACT_MAX, (1_000_000, 1_060_000), &at).0.is_none());
    }
}

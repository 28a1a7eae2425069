//! Lines that tell how long application threads stood still at a safepoint, classic and unified.
//!
//! ```text
//! … Total time for which application threads were stopped: 0.0052850 seconds, Stopping threads took: 0.0000700 seconds
//! [safepoint] Safepoint "G1CollectForAllocation", Time since last: 1 ns, Reaching safepoint: 2 ns, At safepoint: 3 ns, Total: 5 ns
//! 81023.112: RevokeBias  [  412  1  3  ]  [  3211  2  3214  1  0  ]  0
//! ```
//!
//! The last is a row of -XX:+PrintSafepointStatistics (JDK 5 to 8), below
//! `vmop [threads: total initially_running wait_to_block] [time: spin block sync cleanup vmop] page_trap_count`.
//!
//! Later JDKs put more parts between (`Cleanup`, `Leaving safepoint`, thread counts), so each part is looked up by name.

use super::collect::Collect;
use super::record::Stopped;
use super::scan::number;
use super::stamp::{Stamp, before_record, decorators};
use memchr::memmem::{self, Finder};
use std::sync::LazyLock;

const STOPPED: &[u8] = b"application threads were stopped: ";
const TOTAL: &[u8] = b"Total time for which ";
const TOOK: &[u8] = b"Stopping threads took: ";
const SAFEPOINT: &[u8] = b"Safepoint \"";

static FIND_STOPPED: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(STOPPED));
static FIND_SAFEPOINT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(SAFEPOINT));

/// Reads the line if it tells a stop; gives back where the message ends.
pub fn line(no: u32, line: &[u8], out: &mut Collect) -> Option<usize> {
    if let Some(at) = FIND_STOPPED.find(line) {
        return classic(no, line, at, out);
    }
    match FIND_SAFEPOINT.find(line) {
        Some(at) => unified(no, line, at, out),
        None => statistics(no, line, out),
    }
}

/// A row of the safepoint statistics: which operation, three counts of threads, five times in milliseconds.
fn statistics(no: u32, line: &[u8], out: &mut Collect) -> Option<usize> {
    if line.len() > 300 || !line.trim_ascii_start().first()?.is_ascii_digit() {
        return None;
    }
    let row = std::str::from_utf8(line).ok()?;
    let (head, rest) = row.split_once('[')?;
    let (threads, rest) = rest.split_once(']')?;
    let (times, _) = rest.trim_start().strip_prefix('[')?.split_once(']')?;
    let (uptime, operation) = head.split_once(": ")?;
    let numbers = |text: &str| -> Option<Vec<f64>> {
        text.split_ascii_whitespace()
            .map(|word| word.parse::<u32>().ok().map(f64::from))
            .collect()
    };
    let (threads, times) = (numbers(threads)?, numbers(times)?);
    let ([_, _, _], [_spin, _block, sync, cleanup, vmop]) = (&threads[..], &times[..]) else {
        return None;
    };
    let operation = operation.trim();
    // A collection tells its own time elsewhere; here it would pass for a stop that no collection explains.
    let collects = ["Collect", "GC", "CMS"].iter().any(|name| operation.contains(name));
    let work = if collects { 0.0 } else { *vmop };
    let stamp = before_record(format!("{}: ", uptime.trim()).as_bytes());
    out.saw_classic();
    tell(
        no,
        stamp,
        sync + cleanup + work,
        Some(*sync),
        Some(operation.into()),
        out,
    );
    Some(line.len())
}

fn classic(no: u32, line: &[u8], at: usize, out: &mut Collect) -> Option<usize> {
    let mut end = at + STOPPED.len();
    let (secs, len) = number(&line[end..])?;
    end += len;
    let took = memmem::find(&line[end..], TOOK).filter(|gap| *gap < 40);
    let reach = took.and_then(|gap| number(&line[end + gap + TOOK.len()..]));
    if let (Some(gap), Some((_, len))) = (took, reach) {
        end += gap + TOOK.len() + len;
    }
    let head = &line[..at];
    let head = head.strip_suffix(TOTAL).unwrap_or(head);
    let unified = head.trim_ascii_start().first() == Some(&b'[');
    let stamp = if unified { decorators(head) } else { before_record(head) };
    if unified {
        out.saw_unified();
    } else {
        out.saw_classic();
    }
    let ms = |secs: f64| (secs * 1e9).round() / 1e6;
    tell(no, stamp, ms(secs), reach.map(|(secs, _)| ms(secs)), None, out);
    Some(end)
}

fn unified(no: u32, line: &[u8], at: usize, out: &mut Collect) -> Option<usize> {
    let rest = &line[at + SAFEPOINT.len()..];
    let name_end = memchr::memchr(b'"', rest)?;
    let parts = &rest[name_end..];
    let total_ns = part(parts, b"Total: ")?;
    let reach_ns = part(parts, b"Reaching safepoint: ");
    let name = String::from_utf8_lossy(&rest[..name_end.min(60)]);
    out.saw_unified();
    tell(
        no,
        decorators(&line[..at]),
        total_ns / 1e6,
        reach_ns.map(|ns| ns / 1e6),
        Some(name.into()),
        out,
    );
    Some(line.len())
}

/// Nanoseconds of the part with that label.
fn part(parts: &[u8], label: &[u8]) -> Option<f64> {
    let at = memmem::find(parts, label)?;
    number(&parts[at + label.len()..]).map(|(ns, _)| ns)
}

fn tell(no: u32, stamp: Stamp, stopped_ms: f64, reach_ms: Option<f64>, operation: Option<Box<str>>, out: &mut Collect) {
    out.stopped(
        stamp,
        Stopped {
            line: no,
            end: None,
            stopped_ms,
            reach_ms,
            gc_ms: 0.0,
            operation,
        },
    );
}

//! vmstat: run queue, memory, swapping and processor shares per sample. `vmstat -s`, `-d` and `-m` are not read.
//!
//! ```text
//! procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu----- -----timestamp-----
//!  r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st                 CST
//! 64  0      0 19144308  12068 1729500    0    0   328  3754 3367 9760 57 14 28  1  0 2026-11-24 18:27:44
//! ```
//!
//! Rates of the first row of a run count from boot: the row is left out when more follow; when none does they carry
//! `since_boot` (queue and memory are of the moment either way).

use crate::format::{Format, Sink};
use crate::model::{Event, Moment, Text};

use super::prompt::{command_before, prompt};
use super::stamp::{civil_of_words, moment_in_zone};
use super::table::{Heading, MaybeWith, Row, event, number, round, score_by};

/// vmstat.
pub(super) const FORMAT: Format = Format {
    name: "vmstat",
    score,
    parse,
};

/// The column heading, cut before what `-t` adds.
struct Columns<'a> {
    heading: Heading<'a>,
    zone: &'a str,
    /// KiB of one unit of memory.
    unit_kb: f64,
}

fn columns(line: &str) -> Option<Columns<'_>> {
    if line.len() > 300 || !line.contains(" us ") && !line.contains(" us  ") {
        return None;
    }
    let mut heading = Heading::of(line);
    let is_vmstat = heading.names().starts_with(&["r", "b"]) && heading.has("si") && heading.has("id");
    let last = heading
        .names()
        .iter()
        .rposition(|name| matches!(*name, "us" | "sy" | "id" | "wa" | "st" | "gu"))?;
    let zone = heading.names().get(last + 1).copied().unwrap_or("");
    heading.truncate(last + 1);
    is_vmstat.then_some(Columns {
        heading,
        zone,
        unit_kb: 1.0,
    })
}

/// The unit that `-S` asks for; the output does not tell it.
fn unit_kb(lines: &[&str], index: usize) -> f64 {
    let args = command_before(lines, index, "vmstat").unwrap_or_default().join(" ");
    if args.contains("-S M") || args.contains("-S m") || args.contains("-SM") {
        1024.0
    } else {
        1.0
    }
}

fn score(text: &Text<'_>) -> u8 {
    score_by(text, |line| columns(line).is_some())
}

/// A row that may turn out to be the first of many.
struct First {
    index: usize,
    at: Option<Moment>,
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let mut current: Option<Columns<'_>> = None;
    let mut first: Option<First> = None;
    let mut rows_seen = 0u64;
    for (index, &line) in text.lines().iter().enumerate() {
        if let Some(found) = columns(line) {
            let repeated = index > 0 && rows_seen > 0 && follows_rows(text.lines(), index, current.as_ref());
            if !repeated {
                flush(text, &current, &mut first, sink);
                rows_seen = 0;
            }
            // The command stands above the first heading only.
            let unit_kb = match &current {
                Some(before) if repeated => before.unit_kb,
                _ => unit_kb(text.lines(), index),
            };
            current = Some(Columns { unit_kb, ..found });
            continue;
        }
        let Some(columns) = &current else { continue };
        let Some((row, at)) = columns.row(line) else {
            if prompt(line).is_some() {
                flush(text, &current, &mut first, sink);
                (current, rows_seen) = (None, 0);
            }
            continue;
        };
        rows_seen += 1;
        if rows_seen == 1 {
            first = Some(First { index, at });
            continue;
        }
        first = None;
        sample(text, index, &row, at, (columns.unit_kb, false), sink);
    }
    flush(text, &current, &mut first, sink);
}

/// vmstat repeats its heading every screen; a heading right under a row goes on with the same run.
fn follows_rows(lines: &[&str], index: usize, columns: Option<&Columns<'_>>) -> bool {
    let mut before = lines[..index]
        .iter()
        .rev()
        .take(2)
        .filter(|line| !line.contains("--memory--") && !line.starts_with("procs"));
    let last = before.next();
    matches!((last, columns), (Some(line), Some(columns)) if columns.row(line).is_some())
}

fn flush(text: &Text<'_>, columns: &Option<Columns<'_>>, first: &mut Option<First>, sink: &mut dyn Sink) {
    let (Some(columns), Some(only)) = (columns, first.take()) else {
        return;
    };
    if let Some((row, _)) = columns.row(text.lines()[only.index]) {
        sample(text, only.index, &row, only.at, (columns.unit_kb, true), sink);
    }
}

impl<'a> Columns<'a> {
    fn row<'h>(&'h self, line: &'a str) -> Option<(Row<'h, 'a>, Option<Moment>)> {
        let cells: Vec<&str> = line.split_whitespace().take(self.heading.len() + 4).collect();
        let (figures, rest) = cells.split_at_checked(self.heading.len())?;
        if !figures.iter().all(|cell| number(cell).is_some()) {
            return None;
        }
        let at = match rest {
            [day, clock, ..] => Some(moment_in_zone(civil_of_words(day, clock)?, self.zone)),
            [] => None,
            _ => return None,
        };
        Some((self.heading.row_of(figures.to_vec())?, at))
    }
}

fn sample(
    text: &Text<'_>,
    index: usize,
    row: &Row<'_, '_>,
    at: Option<Moment>,
    (unit_kb, since_boot): (f64, bool),
    sink: &mut dyn Sink,
) {
    let mark = |event: Event| event.maybe("since_boot", since_boot.then_some(1.0));
    let mb = |names: &[&str]| row.num(names).map(|value| round(value * unit_kb / 1024.0));
    let cpu = event(text, index, "cpu.sample")
        .at(at)
        .with("cpu", "all")
        .maybe("user_pct", row.num(&["us"]))
        .maybe("sys_pct", row.num(&["sy"]))
        .maybe("iowait_pct", row.num(&["wa"]))
        .maybe("steal_pct", row.num(&["st"]))
        .maybe("idle_pct", row.num(&["id"]));
    sink.event(mark(cpu));
    sink.event(
        event(text, index, "cpu.queue")
            .at(at)
            .maybe("run_queue", row.num(&["r"]))
            .maybe("blocked", row.num(&["b"])),
    );
    let swap = event(text, index, "mem.swap")
        .at(at)
        .maybe("in_per_s", row.num(&["si"]))
        .maybe("out_per_s", row.num(&["so"]));
    sink.event(mark(swap));
    sink.event(
        event(text, index, "mem.sample")
            .at(at)
            .maybe("free_mb", mb(&["free", "空闲"]))
            .maybe("cached_mb", mb(&["cache", "缓存"]))
            .maybe("swap_used_mb", mb(&["swpd", "交换"])),
    );
}

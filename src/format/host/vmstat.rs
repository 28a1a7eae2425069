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

use crate::format::pieces::Pieces;
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

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let mut reader = Reader::default();
    reader.piece(text, sink);
    reader.flush(sink);
}

/// What passes from row to row.
#[derive(Default)]
struct Reader {
    /// The heading whose rows go on in the next text, and its unit.
    open: Option<(String, f64)>,
    /// Events of the first row of a run, held back until it is known whether another follows.
    first: Vec<Event>,
    rows: u64,
    /// Lines since the last row, when a heading here would be a repeated one.
    since_row: Option<u8>,
}

/// Reads a text in pieces.
pub(in crate::format) fn in_pieces(_: &str) -> Box<dyn Pieces> {
    Box::new(Reader::default())
}

impl Pieces for Reader {
    fn piece(&mut self, text: &Text<'_>, sink: &mut dyn Sink) {
        let open = self.open.take();
        let mut current = open
            .as_ref()
            .and_then(|(line, unit_kb)| Some((line.as_str(), columns(line)?.in_unit(*unit_kb))));
        for (index, &line) in text.lines().iter().enumerate() {
            if let Some(found) = columns(line) {
                // The command stands above the first heading only.
                let unit_kb = match &current {
                    Some((_, before)) if self.since_row.is_some() => before.unit_kb,
                    _ => unit_kb(text.lines(), index),
                };
                self.heading(sink);
                current = Some((line, found.in_unit(unit_kb)));
                continue;
            }
            let Some((_, columns)) = &current else { continue };
            match columns.row(line) {
                Some((row, at)) => self.row(text, index, (&row, at), columns.unit_kb, sink),
                None if prompt(line).is_some() => {
                    self.flush(sink);
                    current = None;
                }
                None => self.other(line),
            }
        }
        self.open = current.map(|(line, columns)| (line.to_owned(), columns.unit_kb));
    }

    fn finish(mut self: Box<Self>, sink: &mut dyn Sink) {
        self.flush(sink);
    }
}

impl Reader {
    /// vmstat repeats its heading every screen; a heading right under a row goes on with the same run.
    fn heading(&mut self, sink: &mut dyn Sink) {
        if self.since_row.take().is_none() {
            self.flush(sink);
        }
    }

    fn row(
        &mut self,
        text: &Text<'_>,
        index: usize,
        (row, at): (&Row<'_, '_>, Option<Moment>),
        unit_kb: f64,
        sink: &mut dyn Sink,
    ) {
        self.rows += 1;
        self.since_row = Some(0);
        self.first.clear();
        match self.rows {
            1 => sample(text, index, row, at, (unit_kb, true), &mut self.first),
            _ => sample(text, index, row, at, (unit_kb, false), sink),
        }
    }

    /// Only the line above the names of columns may stand between a row and a repeated heading.
    fn other(&mut self, line: &str) {
        let is_heading = line.contains("--memory--") || line.starts_with("procs");
        self.since_row = match self.since_row {
            Some(0) if is_heading => Some(1),
            _ => None,
        };
    }

    fn flush(&mut self, sink: &mut dyn Sink) {
        for event in self.first.drain(..) {
            sink.event(event);
        }
        (self.rows, self.since_row) = (0, None);
    }
}

impl<'a> Columns<'a> {
    fn in_unit(self, unit_kb: f64) -> Self {
        Self { unit_kb, ..self }
    }

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

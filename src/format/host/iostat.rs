//! iostat: CPU shares and devices, one or many samples, old and new column sets. Averages over devices or time are not
//! made here.
//!
//! ```text
//! Linux 5.10.0 (broker-a)   11/24/26   _x86_64_  (2 CPU)
//!
//! 11/24/26 18:27:44
//! avg-cpu:  %user   %nice %system %iowait  %steal   %idle
//!           54.77    1.77   13.55    1.39    0.06   28.46
//!
//! Device            r/s     rkB/s   rrqm/s  %rrqm r_await …  aqu-sz  %util
//! vda             27.54    644.90     5.02  15.42    0.71 …    0.21   3.69
//! ```
//!
//! The first sample of a run counts from boot: it is left out when more follow, marked `since_boot` when none does.

use crate::format::pieces::Pieces;
use crate::format::{Format, Sink};
use crate::model::{Event, Moment, Text};

use super::prompt::{prompt, typed};
use super::stamp::{Calendar, day_in, stamp_line};
use super::table::{Heading, MaybeWith, Row, amount_kb, event, event_of, round, score_by};

/// iostat.
pub(super) const FORMAT: Format = Format {
    name: "iostat",
    score,
    parse,
};

fn score(text: &Text<'_>) -> u8 {
    score_by(text, |line| is_cpu_heading(line) || device_heading(line).is_some())
}

fn is_cpu_heading(line: &str) -> bool {
    line.trim_start().starts_with("avg-cpu:") && line.contains("%idle")
}

/// The heading of a device table. With `-h` the name of the device stands last.
fn device_heading(line: &str) -> Option<Heading<'_>> {
    let known = ["/s", "%util"].iter().any(|part| line.contains(part));
    if !known || line.len() > 400 {
        return None;
    }
    let heading = Heading::of(line);
    let names = heading.names();
    let is_device = |name: Option<&&str>| name.is_some_and(|name| DEVICE.contains(name));
    let has_rates = heading.has("tps") || heading.has("r/s") || heading.has("rrqm/s");
    (has_rates && (is_device(names.first()) || is_device(names.last()))).then_some(heading)
}

const DEVICE: &[&str] = &["Device:", "Device", "设备:", "设备", "设备："];

/// One sample: events between two stamps.
#[derive(Default)]
struct Run {
    /// The run's start (banner or command) was seen, so its first sample counts from boot.
    from_boot: bool,
    /// Events of the first sample, held back until it is known whether another follows.
    first: Vec<Event>,
    samples: u64,
}

impl Run {
    fn take(&mut self, event: Event, sink: &mut dyn Sink) {
        if self.from_boot && self.samples <= 1 {
            self.first.push(event.with("since_boot", 1.0));
        } else {
            sink.event(event);
        }
    }

    fn next_sample(&mut self) {
        self.samples += 1;
        if self.samples > 1 {
            self.first.clear();
        }
    }

    fn end(&mut self, sink: &mut dyn Sink) {
        for event in self.first.drain(..) {
            sink.event(event);
        }
        *self = Self::default();
    }
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let mut reader = Reader::default();
    reader.read(text, sink);
    reader.run.end(sink);
}

/// What passes from sample to sample.
#[derive(Default)]
struct Reader {
    run: Run,
    calendar: Calendar,
    at: Option<Moment>,
    /// What the current sample has shown already: a second block of one kind starts the next sample.
    shown: Shown,
}

/// Reads a text in pieces that end behind a table.
pub(in crate::format) fn in_pieces(_: &str) -> Box<dyn Pieces> {
    Box::new(Reader::default())
}

impl Pieces for Reader {
    fn piece(&mut self, text: &Text<'_>, sink: &mut dyn Sink) {
        self.read(text, sink);
    }

    fn finish(mut self: Box<Self>, sink: &mut dyn Sink) {
        self.run.end(sink);
    }
}

impl Reader {
    fn read(&mut self, text: &Text<'_>, sink: &mut dyn Sink) {
        let lines = text.lines();
        let mut index = 0;
        while index < lines.len() {
            let line = lines[index];
            if line.starts_with("Linux ") || prompt(line).is_some() || typed(line, "iostat").is_some() {
                self.begin_run(line, sink);
            } else if let Some((day, clock)) = stamp_line(line) {
                if day.is_some() {
                    self.calendar = Calendar::starting(day);
                }
                self.at = self.calendar.moment(clock);
                self.shown = Shown::default();
            } else if is_cpu_heading(line) {
                self.shown.begin(&mut self.run, true);
                index += cpu_row(text, index, self.at, &mut self.run, sink);
            } else if let Some(heading) = device_heading(line) {
                self.shown.begin(&mut self.run, false);
                index = device_rows(text, index + 1, &heading, self.at, &mut self.run, sink);
                continue;
            }
            index += 1;
        }
    }

    fn begin_run(&mut self, line: &str, sink: &mut dyn Sink) {
        let is_banner = line.starts_with("Linux ");
        self.run.end(sink);
        (self.at, self.shown) = (None, Shown::default());
        self.run.from_boot = is_banner || typed(line, "iostat").is_some_and(|args| !skips_boot(&args));
        if is_banner {
            self.calendar = Calendar::starting(day_in(line));
        }
    }
}

/// `-y` leaves the report since boot out.
fn skips_boot(args: &[&str]) -> bool {
    args.iter()
        .any(|arg| arg.starts_with('-') && !arg.starts_with("--") && arg.contains('y'))
}

/// Which blocks a sample has shown.
#[derive(Default)]
struct Shown {
    cpu: bool,
    devices: bool,
}

impl Shown {
    fn begin(&mut self, run: &mut Run, is_cpu: bool) {
        let repeated = if is_cpu { self.cpu || self.devices } else { self.devices };
        if repeated {
            *self = Self::default();
        }
        if !self.cpu && !self.devices {
            run.next_sample();
        }
        if is_cpu {
            self.cpu = true;
        } else {
            self.devices = true;
        }
    }
}

/// Reads the row under `avg-cpu:`; gives how many lines it took.
fn cpu_row(text: &Text<'_>, index: usize, at: Option<Moment>, run: &mut Run, sink: &mut dyn Sink) -> usize {
    let lines = text.lines();
    let mut heading = Heading::of(lines[index]);
    let Some(names) = heading.names().get(1..) else {
        return 0;
    };
    heading = Heading::of_names(names);
    let Some(row) = lines.get(index + 1).and_then(|line| heading.row(line)) else {
        return 0;
    };
    if !row.is_numeric_except(&[]) {
        return 0;
    }
    let event = event(text, index + 1, "cpu.sample")
        .at(at)
        .with("cpu", "all")
        .maybe("user_pct", row.num(&["%user"]))
        .maybe("sys_pct", row.num(&["%system"]))
        .maybe("iowait_pct", row.num(&["%iowait"]))
        .maybe("steal_pct", row.num(&["%steal"]))
        .maybe("idle_pct", row.num(&["%idle"]));
    run.take(event, sink);
    1
}

/// Reads rows until a line that is none; gives the index of that line.
fn device_rows(
    text: &Text<'_>,
    mut index: usize,
    heading: &Heading<'_>,
    at: Option<Moment>,
    run: &mut Run,
    sink: &mut dyn Sink,
) -> usize {
    let lines = text.lines();
    while index < lines.len() && !lines[index].trim().is_empty() {
        let mut cells: Vec<&str> = lines[index].split_whitespace().take(heading.len() + 1).collect();
        let first = index;
        // Old versions put a long name on a line of its own.
        if cells.len() == 1 && index + 1 < lines.len() {
            let next: Vec<&str> = lines[index + 1].split_whitespace().take(heading.len()).collect();
            if next.len() + 1 == heading.len() {
                cells.extend(next);
                index += 1;
            }
        }
        match heading.row_of(cells) {
            Some(row) if is_device_row(&row) => run.take(device(text, first, index, &row, at), sink),
            _ => return first,
        }
        index += 1;
    }
    index
}

fn is_device_row(row: &Row<'_, '_>) -> bool {
    // `-h` prints units behind the numbers, so the check is on what must be plain in all forms.
    let plain = row
        .num(&["%util"])
        .or_else(|| row.num(&["tps"]))
        .or_else(|| row.num(&["r/s"]));
    plain.is_some() && row.text(DEVICE).is_some_and(|name| name.len() <= 128)
}

fn device(text: &Text<'_>, first: usize, last: usize, row: &Row<'_, '_>, at: Option<Moment>) -> Event {
    let reads = row.num(&["r/s"]);
    let writes = row.num(&["w/s"]);
    let r_await = row.num(&["r_await"]);
    let w_await = row.num(&["w_await"]);
    let both = || weighted(reads?, r_await?, writes?, w_await?);
    event_of(text, first, last, last, "disk.sample")
        .at(at)
        .maybe("device", row.text(DEVICE))
        .maybe("util_pct", row.num(&["%util"]))
        .maybe("await_ms", row.num(&["await"]).or_else(both))
        .maybe("r_await_ms", r_await)
        .maybe("w_await_ms", w_await)
        .maybe("svctm_ms", row.num(&["svctm"]))
        .maybe("queue", row.num(&["aqu-sz", "avgqu-sz"]))
        .maybe("r_per_s", reads)
        .maybe("w_per_s", writes)
        .maybe("tps", row.num(&["tps"]))
        .maybe("r_kb_per_s", rate_kb(row, READ_RATES))
        .maybe("w_kb_per_s", rate_kb(row, WRITE_RATES))
}

/// Mean wait of reads and writes together, as the older `await` column gave it.
fn weighted(reads: f64, r_await: f64, writes: f64, w_await: f64) -> Option<f64> {
    let all = reads + writes;
    if all > 0.0 {
        return Some(round((reads * r_await + writes * w_await) / all));
    }
    Some(r_await.max(w_await))
}

/// Column names with the KiB that one of their unit is; a sector or block is 512 bytes.
const READ_RATES: &[(&str, f64)] = &[
    ("rkB/s", 1.0),
    ("rMB/s", 1024.0),
    ("rsec/s", 0.5),
    ("kB_read/s", 1.0),
    ("MB_read/s", 1024.0),
    ("Blk_read/s", 0.5),
];
const WRITE_RATES: &[(&str, f64)] = &[
    ("wkB/s", 1.0),
    ("wMB/s", 1024.0),
    ("wsec/s", 0.5),
    ("kB_wrtn/s", 1.0),
    ("MB_wrtn/s", 1024.0),
    ("Blk_wrtn/s", 0.5),
];

fn rate_kb(row: &Row<'_, '_>, columns: &[(&str, f64)]) -> Option<f64> {
    let (cell, unit_kb) = columns
        .iter()
        .find_map(|(name, unit_kb)| Some((row.text(&[name])?, unit_kb)))?;
    amount_kb(cell, *unit_kb).map(round)
}

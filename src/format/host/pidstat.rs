//! pidstat: processor, memory and disk use per process, and hot threads with `-t`. Context switches (`-w`) are left out.
//!
//! ```text
//! 11:18:11      UID       PID    %usr %system  %guest   %wait    %CPU   CPU  Command
//! 11:18:12        0     12345  180.00   20.00    0.00    1.00  200.00     1  java
//! 11:18:11      UID       PID   kB_rd/s   kB_wr/s kB_ccwr/s iodelay  Command
//! 11:18:12        0     12345     24.00  98028.00      0.00      12  java
//! # Time        UID       PID    %usr …                     (-h: one table, times or epoch seconds in a column)
//! ```

use crate::format::pieces::Pieces;
use crate::format::{Format, Sink};
use crate::model::{Moment, Text};

use super::process;
use super::stamp::{Calendar, clock_at_start, day_in, next_word};
use super::sysstat::{self, Reading, Shape, Tables};
use super::table::{Heading, MaybeWith, Row, count, event, round, score_by};

/// pidstat.
pub(super) const FORMAT: Format = Format {
    name: "pidstat",
    score,
    parse,
};

const WORDS: &[&str] = &["PID", "TGID", "TID", "UID", "USER", "CPU", "Command"];

fn shape_of(heading: &Heading<'_>) -> Option<Shape> {
    let is_processes = heading.names().last() == Some(&"Command") && heading.position(&["PID", "TGID"]).is_some();
    let has_figures = heading.position(&["%CPU", "RSS", "kB_rd/s"]).is_some();
    (is_processes && has_figures).then_some(Shape {
        words: WORDS,
        tail: true,
    })
}

fn score(text: &Text<'_>) -> u8 {
    score_by(text, |line| {
        line.ends_with("Command") && (sysstat::is_heading(line, shape_of) || table_heading(line).is_some())
    })
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    Reader::default().piece(text, sink);
}

#[derive(Default)]
struct Reader {
    tables: Tables,
    one_table: OneTable,
}

/// Reads a text in pieces.
pub(in crate::format) fn in_pieces(_: &str) -> Box<dyn Pieces> {
    Box::new(Reader::default())
}

impl Pieces for Reader {
    fn piece(&mut self, text: &Text<'_>, sink: &mut dyn Sink) {
        self.tables.read(text, shape_of, |_, reading| row(text, &reading, sink));
        self.one_table.read(text, sink);
    }

    fn finish(self: Box<Self>, _: &mut dyn Sink) {}
}

fn row(text: &Text<'_>, reading: &Reading<'_, '_>, sink: &mut dyn Sink) {
    if is_thread(&reading.row) {
        if let Some(cpu_pct) = reading.row.num(&["%CPU"]).filter(|pct| *pct >= process::HOT_THREAD_PCT) {
            let name = reading.row.text(&["Command"]).unwrap_or("");
            let event = reading
                .event(text, "threads.hot")
                .with("thread", name.trim_start_matches("|__"))
                .with("cpu_pct", cpu_pct);
            sink.event(event);
        }
        return;
    }
    let event = reading.event(text, "proc.row");
    sink.event(sysstat::mark(figures(event, &reading.row), reading));
}

/// With `-t` the rows of threads have no TGID.
fn is_thread(row: &Row<'_, '_>) -> bool {
    row.text(&["TGID"]) == Some("-")
}

fn figures(event: crate::model::Event, row: &Row<'_, '_>) -> crate::model::Event {
    let event = event
        .maybe("pid", row.text(&["PID", "TGID"]).and_then(count))
        .maybe("cpu_pct", row.num(&["%CPU"]))
        .maybe("mem_pct", row.num(&["%MEM"]))
        .maybe("rss_mb", row.num(&["RSS"]).map(|kb| round(kb / 1024.0)))
        .maybe("read_kb_per_s", row.num(&["kB_rd/s"]))
        .maybe("write_kb_per_s", row.num(&["kB_wr/s"]))
        .maybe("iodelay", row.num(&["iodelay"]));
    process::named(event, row.text(&["Command"]).unwrap_or(""))
}

/// The form of `-h`: the heading starts with `#`, rows with a time of day or epoch seconds.
#[derive(Default)]
struct OneTable {
    calendar: Calendar,
    /// The heading whose rows go on in the next text.
    open: Option<String>,
}

impl OneTable {
    fn read(&mut self, text: &Text<'_>, sink: &mut dyn Sink) {
        let open = self.open.take();
        let mut table = open.as_deref().and_then(|line| Some((line, table_heading(line)?)));
        for (index, &line) in text.lines().iter().enumerate() {
            if line.starts_with("Linux ") {
                self.calendar = Calendar::starting(day_in(line));
                table = None;
            } else if line.starts_with('#') || line.is_empty() {
                table = table_heading(line).map(|heading| (line, heading));
            } else if let Some((_, heading)) = &table {
                let Some((at, rest)) = time_column(line, &mut self.calendar) else {
                    continue;
                };
                let row = heading.row_with_tail(rest).filter(|row| row.is_numeric_except(WORDS));
                if let Some(row) = row.filter(|row| !is_thread(row)) {
                    sink.event(figures(event(text, index, "proc.row").at(at), &row));
                }
            }
        }
        self.open = table.map(|(line, _)| line.to_owned());
    }
}

fn table_heading(line: &str) -> Option<Heading<'_>> {
    let rest = line.strip_prefix('#')?.trim_start();
    let heading = Heading::of(rest.strip_prefix("Time").unwrap_or(rest));
    shape_of(&heading).map(|_| heading)
}

fn time_column<'a>(line: &'a str, calendar: &mut Calendar) -> Option<(Option<Moment>, &'a str)> {
    if let Some((clock, rest)) = clock_at_start(line) {
        return Some((calendar.moment(clock), rest));
    }
    let (word, rest) = next_word(line)?;
    let is_epoch = word.len() == 10 && word.starts_with('1');
    let seconds = count(word).filter(|_| is_epoch)?;
    Some((Some(Moment::utc(seconds as i64 * 1000)), rest))
}

//! Cuts a text log into records and looks for literals in each. The hot loop of the program.
//!
//! A record is a line that begins with a stamp (or level) and all lines up to the next one. In text without any stamps
//! every line that is not a continuation (`\tat …`, `Caused by: …`) is a record of its own.

use super::frames::{Frames, Hits, search};
use super::header::{Header, begins_record, plain_header, read_header};
use super::plain::{self, Plain};
use super::sieve::{Known, Sieve};
use super::template::Templates;
use crate::model::{Level, LogRecord, Moment, SourceId};
use aho_corasick::AhoCorasick;
use memchr::memchr;
use std::ops::Range;

/// Longest record that is looked at as one; what follows becomes a record of its own, so hostile input stays linear.
const RECORD_MAX: usize = 64 * 1024;
/// Most hits of one record.
const HITS_MAX: usize = 256;

/// How a source is scanned.
#[derive(Debug, Clone, Copy)]
pub struct Scan<'a> {
    /// The source.
    pub source: SourceId,
    /// Over all literals of all rules.
    pub automaton: &'a AhoCorasick,
    /// What [`frames::placed`](super::frames::placed) says of them.
    pub placed: &'a [String],
    /// Stamps without a fraction are GMT+8.
    pub server: bool,
    /// Tells lines that need no search; only for RocketMQ's own logs.
    pub sieve: Option<&'a Sieve>,
    /// Also look across broken lines (small files that may have been copied and pasted).
    pub fold: bool,
}

/// A line for the series of a log: all that were scanned before it stand in the same text.
#[derive(Debug, Clone)]
pub struct SeriesLine<'a> {
    /// The text that is scanned.
    pub text: &'a str,
    /// Where the line stands in it, without its end.
    pub at: Range<usize>,
    /// Its number.
    pub number: u32,
    /// The record before it, when that was of another minute or there was none.
    pub minute_before: Option<Range<usize>>,
    /// A series reads this line; otherwise only the minute is new.
    pub marked: bool,
}

impl<'a> SeriesLine<'a> {
    /// The line.
    pub fn line(&self) -> &'a str {
        self.text[self.at.clone()].trim_end_matches('\r')
    }
}

/// Takes what a scan finds.
pub trait Found {
    /// A record in which literals stand.
    fn record(&mut self, record: &LogRecord<'_>);
    /// A line that a series may want; only with a sieve that has marks.
    fn line(&mut self, _line: &SeriesLine<'_>) {}
}

impl<F: FnMut(&LogRecord<'_>)> Found for F {
    fn record(&mut self, record: &LogRecord<'_>) {
        self(record);
    }
}

/// What a scan counts beside the hits.
#[derive(Debug, Clone, Default)]
pub struct ScanStats {
    /// Lines.
    pub lines: u32,
    /// First stamp.
    pub first: Option<Moment>,
    /// Last stamp.
    pub last: Option<Moment>,
    /// Records that begin with a stamp or level.
    pub stamped: u64,
    /// Records of level WARN.
    pub warn: u64,
    /// Records of level ERROR.
    pub error: u64,
    /// Shapes of WARN and ERROR records.
    pub templates: Templates,
}

/// The record that the scan is in.
#[derive(Debug, Clone, Copy)]
struct Open<'s> {
    start: usize,
    line: u32,
    lines: u32,
    stamped: bool,
    plain: Option<Plain>,
    /// What the sieve knows of its first line.
    known: Option<&'s Known>,
}

/// What a scan carries from line to line.
struct State<'f> {
    stats: ScanStats,
    hits: Hits,
    frames: Frames,
    minute: Option<u128>,
    before: Range<usize>,
    found: &'f mut dyn Found,
}

impl<'a> Scan<'a> {
    /// Scans `text[range]`, which begins at the start of a record; line numbers count from `first_line`. Series are given
    /// the lines of this range only.
    pub fn run(&self, text: &str, range: Range<usize>, first_line: u32, found: &mut dyn Found) -> ScanStats {
        let bytes = &text.as_bytes()[..range.end];
        let mut state = State {
            stats: ScanStats::default(),
            hits: Hits::new(),
            frames: Frames::default(),
            minute: None,
            before: 0..0,
            found,
        };
        let mut at = range.start;
        let mut line = first_line;
        let mut open: Option<Open<'_>> = None;
        while at < bytes.len() {
            let end = memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |n| at + n);
            let body = &bytes[at..end];
            let next = self.open(body, at, line);
            match &mut open {
                None => open = Some(next),
                Some(record) => {
                    let cut = next.stamped || (!record.stamped && !continues(body) && !trace_goes_on(&bytes[at..]));
                    if cut || at - record.start > RECORD_MAX {
                        self.close(&text[record.start..at], record, &mut state);
                        *record = next;
                    } else {
                        record.lines += 1;
                    }
                }
            }
            if let Some(sieve) = self.sieve {
                self.series(sieve, text, at..end, &next, &mut state);
            }
            at = end + 1;
            line += 1;
        }
        if let Some(record) = open {
            let last = &text[record.start..range.end];
            self.close(last, &record, &mut state);
            if record.stamped {
                state.stats.last = self.header(first_line_of(last), record.plain).at.or(state.stats.last);
            }
        }
        state.stats.lines = line - first_line;
        state.stats
    }

    /// A record that would begin with this line.
    fn open(&self, body: &[u8], start: usize, line: u32) -> Open<'a> {
        let plain = plain::read(body);
        Open {
            start,
            line,
            lines: 1,
            stamped: plain.is_some() || begins_record(body),
            plain,
            known: plain.and_then(|plain| self.sieve?.known(body, &plain)),
        }
    }

    /// Gives the lines of `text[range]` to the series, without looking for records.
    pub fn series_only(&self, text: &str, range: Range<usize>, first_line: u32, found: &mut dyn Found) {
        let Some(sieve) = self.sieve else { return };
        let mut state = State {
            stats: ScanStats::default(),
            hits: Hits::new(),
            frames: Frames::default(),
            minute: None,
            before: 0..0,
            found,
        };
        let (mut at, mut line) = (range.start, first_line);
        while at < range.end {
            let end = memchr(b'\n', &text.as_bytes()[at..range.end]).map_or(range.end, |n| at + n);
            let body = &text.as_bytes()[at..end];
            let next = self.open(body, at, line);
            self.series(sieve, text, at..end, &next, &mut state);
            at = end + 1;
            line += 1;
        }
    }

    /// Shows a line to the series, if they may want it.
    fn series(&self, sieve: &Sieve, text: &str, at: Range<usize>, open: &Open<'_>, state: &mut State<'_>) {
        let body = &text.as_bytes()[at.clone()];
        let minute = plain::minute(body);
        let is_new = minute.is_some() && minute != state.minute;
        let marked = sieve.is_marked(body, open.plain.as_ref(), open.known) && (open.stamped || sieve.marks.all);
        if is_new || marked {
            state.found.line(&SeriesLine {
                text,
                at: at.clone(),
                number: open.line,
                minute_before: is_new.then(|| state.before.clone()),
                marked,
            });
        }
        if minute.is_some() {
            (state.minute, state.before) = (minute, at);
        }
    }

    fn close(&self, text: &str, open: &Open<'_>, state: &mut State<'_>) {
        let State {
            stats,
            hits,
            frames,
            found,
            ..
        } = state;
        hits.clear();
        let known = match (open.known, open.plain) {
            (Some(known), Some(plain)) if open.lines == 1 => Some((known, plain.message)),
            _ => None,
        };
        if open.stamped {
            stats.stamped += 1;
            self.edge(text, open, stats);
        }
        let broken = match known {
            Some((known, message)) => {
                for expected in &known.literals {
                    let at = expected.find(text.as_bytes(), message);
                    hits.extend(at.map(|at| (expected.literal, at as u32)));
                }
                false
            }
            None => {
                match open.lines {
                    1 => search(self.automaton, text.as_bytes(), 0..text.len(), hits, HITS_MAX),
                    _ => frames.collect(self.automaton, self.placed, text.as_bytes(), hits, HITS_MAX),
                }
                self.fold && open.lines > 1 && text.len() < RECORD_MAX
            }
        };
        if hits.is_empty() && !broken {
            return;
        }
        let folded = broken.then(|| fold(text));
        if let Some(folded) = &folded {
            search(self.automaton, folded.as_bytes(), 0..folded.len(), hits, HITS_MAX);
            if hits.is_empty() {
                return;
            }
        }
        let header = match open.stamped {
            true => self.header(first_line_of(text), open.plain),
            false => Header::default(),
        };
        found.record(&LogRecord {
            source: self.source,
            line: open.line,
            at: header.at,
            level: header.level,
            thread: header.thread,
            logger: header.logger,
            text,
            folded: folded.as_deref(),
            hits,
        });
    }

    fn header<'t>(&self, line: &'t str, plain: Option<Plain>) -> Header<'t> {
        plain
            .and_then(|plain| plain_header(line, plain, self.server))
            .unwrap_or_else(|| read_header(line, self.server))
    }

    /// Level counts, shapes of messages, and now and then the stamp.
    fn edge(&self, text: &str, open: &Open<'_>, stats: &mut ScanStats) {
        let quiet = open.plain.is_some_and(|plain| plain.level < Level::Warn);
        if quiet && stats.first.is_some() && !stats.stamped.is_multiple_of(SAMPLE) {
            return;
        }
        let line = crate::model::event::clip_to(first_line_of(text), PREFIX_MAX);
        let header = self.header(line, open.plain);
        // A damaged line may name a second level; what is counted must not hang on where a part of the log begins.
        if !quiet {
            match header.level {
                Level::Warn => stats.warn += 1,
                Level::Error => stats.error += 1,
                _ => {}
            }
            if header.level >= Level::Warn {
                stats.templates.add(open.line, line, header.at);
            }
        }
        if let Some(at) = header.at {
            stats.first.get_or_insert(at);
            stats.last = Some(at);
        }
    }
}

/// How much of a line is looked at for its prefix and the shape of its message.
const PREFIX_MAX: usize = 400;
/// Of quiet records every so many tell their time; the last of a part always does.
const SAMPLE: u64 = 1024;

/// The first line of a record.
fn first_line_of(record: &str) -> &str {
    let line = memchr(b'\n', record.as_bytes()).unwrap_or(record.len());
    record[..line].trim_end_matches('\r')
}

/// Whether a line without a stamp belongs to the one before.
fn continues(line: &[u8]) -> bool {
    match line.first() {
        None => false,
        Some(b' ' | b'\t' | b'\r') => true,
        _ => {
            line.starts_with(b"Caused by")
                || line.starts_with(b"at ")
                || line.starts_with(b"... ")
                || line.starts_with(b"See http")
                || line.starts_with(b"For more information")
                || line.starts_with(b"Suppressed")
        }
    }
}

/// Whether this is a blank line inside a stack trace: pages and issue forms put one between any two lines.
fn trace_goes_on(rest: &[u8]) -> bool {
    let mut lines = rest.split(|byte| *byte == b'\n').take(BLANKS_MAX + 1);
    if !lines.next().is_some_and(is_blank) {
        return false;
    }
    let Some(line) = lines.find(|line| !is_blank(line)) else {
        return false;
    };
    let line = line.trim_ascii_start();
    [&b"at "[..], b"Caused by", b"... ", b"Suppressed"]
        .iter()
        .any(|head| line.starts_with(head))
}

/// How many blank lines may stand between two lines of one trace.
const BLANKS_MAX: usize = 2;

fn is_blank(line: &[u8]) -> bool {
    line.trim_ascii().is_empty()
}

/// The record with its line breaks removed, once closed up and once with a blank, so that a literal is found whether the
/// break fell into a word or between two.
fn fold(text: &str) -> String {
    let lines = || text.lines().map(str::trim_end);
    let mut folded = String::with_capacity(text.len() * 2 + 1);
    lines().for_each(|l| folded.push_str(l));
    folded.push('\n');
    for (index, line) in lines().enumerate() {
        if index > 0 {
            folded.push(' ');
        }
        folded.push_str(line.trim_start());
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str, literals: &[&str]) -> Vec<(u32, u32, Level)> {
        let automaton = AhoCorasick::new(literals).unwrap();
        let scan = Scan {
            source: SourceId(0),
            automaton: &automaton,
            placed: &[],
            server: true,
            fold: true,
            sieve: None,
        };
        let mut out = Vec::new();
        scan.run(text, 0..text.len(), 1, &mut |r: &LogRecord<'_>| {
            out.push((r.line, r.hits.len() as u32, r.level))
        });
        out
    }

    #[test]
    fn a_stack_trace_is_one_record() {
        let text = "2023-03-01 10:00:00 INFO main - start\n2023-03-01 10:00:01 WARN T_1 - oops\njava.lang.X: wait response\n\tat a.b\nCaused by: inner\n2023-03-01 10:00:02 INFO main - inner end\n";
        assert_eq!(
            scan(text, &["wait response", "inner"]),
            [(2, 2, Level::Warn), (6, 1, Level::Info)]
        );
    }

    #[test]
    fn blank_lines_do_not_end_a_trace() {
        let text = "java.lang.X: oops\n\nat a.b.C.run(C.java:1)\n\nCaused by: inner\n\nnext words\n";
        assert_eq!(
            scan(text, &["oops", "C.run", "inner", "next"]),
            [(1, 3, Level::None), (7, 1, Level::None)]
        );
    }

    #[test]
    fn broken_lines_are_found() {
        assert_eq!(
            scan(
                "2023-03-01 10:00:01 WARN T - wait resp\nonse on the\nchannel\n",
                &["wait response on", "on the channel"]
            ),
            [(1, 2, Level::Warn)]
        );
    }

    #[test]
    fn lines_without_stamps_stand_alone() {
        assert_eq!(
            scan("a x\nb\n\tat x\nx\n", &["x"]),
            [(1, 1, Level::None), (2, 1, Level::None), (4, 1, Level::None)]
        );
    }

    #[test]
    fn levels_are_counted_wherever_a_part_begins() {
        let automaton = AhoCorasick::new(["x"]).unwrap();
        let scan = Scan {
            source: SourceId(0),
            automaton: &automaton,
            placed: &[],
            server: true,
            fold: false,
            sieve: None,
        };
        let first = "2024-03-12 09:30:10 - [WATERMARK] Send Queue Size: 60\n";
        let damaged =
            "2024-03-12 09:30:11 - [WATERMARK] Send Que03-02 10:15:02.114 ERROR 4411 --- [main] c.e.Order : x\n";
        let errors = |text: &str| scan.run(text, 0..text.len(), 1, &mut |_: &LogRecord<'_>| {}).error;
        assert_eq!(errors(&format!("{first}{damaged}")), errors(first) + errors(damaged));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_scanned(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
            let text = String::from_utf8_lossy(&bytes);
            let automaton = AhoCorasick::new(["abc", "x"]).unwrap();
            let scan = Scan { source: SourceId(0), automaton: &automaton, placed: &[], server: false, fold: true, sieve: None };
            scan.run(&text, 0..text.len(), 1, &mut |_: &LogRecord<'_>| {});
        }
    }
}

//! Cuts a text log into records and looks for literals in each. The hot loop of the program.
//!
//! A record is a line that begins with a stamp (or level) and all lines up to the next one. In text without any stamps
//! every line that is not a continuation (`\tat …`, `Caused by: …`) is a record of its own.

use super::header::{begins_record, read_header};
use super::info_gate::InfoGate;
use super::template::Templates;
use crate::model::{Level, LogRecord, Moment, SourceId};
use aho_corasick::AhoCorasick;
use memchr::memchr;

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
    /// Stamps without a fraction are GMT+8.
    pub server: bool,
    /// Tells INFO lines that need no search; only for RocketMQ's own logs.
    pub gate: Option<&'a InfoGate>,
    /// Also look across broken lines (small files that may have been copied and pasted).
    pub fold: bool,
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

impl Scan<'_> {
    /// Scans a text that begins at the start of a record; line numbers count from `first_line`.
    pub fn run(&self, text: &[u8], first_line: u32, found: &mut dyn FnMut(&LogRecord<'_>)) -> ScanStats {
        let mut stats = ScanStats::default();
        let mut record = Open {
            start: 0,
            line: first_line,
            stamped: false,
        };
        let mut at = 0;
        let mut line = first_line;
        let mut hits = Vec::new();
        while at < text.len() {
            let end = memchr(b'\n', &text[at..]).map_or(text.len(), |n| at + n);
            let body = &text[at..end];
            let begins = begins_record(body);
            let cut = if record.stamped {
                begins
            } else {
                begins || !continues(body)
            };
            if at > record.start && (cut || at - record.start > RECORD_MAX) {
                self.close(&text[record.start..at], &record, &mut hits, &mut stats, found);
                record = Open {
                    start: at,
                    line,
                    stamped: begins,
                };
            } else if at == record.start {
                record.stamped = begins;
            }
            at = end + 1;
            line += 1;
        }
        if record.start < text.len() {
            self.close(&text[record.start..], &record, &mut hits, &mut stats, found);
            if record.stamped {
                let last = &text[record.start..];
                let line = &last[..memchr(b'\n', last).unwrap_or(last.len()).min(PREFIX_MAX)];
                stats.last = read_header(&String::from_utf8_lossy(line), self.server)
                    .at
                    .or(stats.last);
            }
        }
        stats.lines = line - first_line;
        stats
    }

    fn close(
        &self,
        bytes: &[u8],
        open: &Open,
        hits: &mut Vec<(u32, u32)>,
        stats: &mut ScanStats,
        found: &mut dyn FnMut(&LogRecord<'_>),
    ) {
        if open.stamped && self.is_cold(bytes) {
            stats.stamped += 1;
            self.edge(bytes, open.line, stats);
            return;
        }
        hits.clear();
        collect(self.automaton, bytes, hits);
        if open.stamped {
            stats.stamped += 1;
            self.edge(bytes, open.line, stats);
        }
        let broken = self.fold && bytes.len() < RECORD_MAX && memchr(b'\n', &bytes[..bytes.len() - 1]).is_some();
        if hits.is_empty() && !broken {
            return;
        }
        let text = String::from_utf8_lossy(bytes);
        let folded = broken.then(|| fold(&text));
        if let Some(folded) = &folded {
            collect(self.automaton, folded.as_bytes(), hits);
            if hits.is_empty() {
                return;
            }
        }
        if matches!(text, std::borrow::Cow::Owned(_)) {
            // Replaced bytes moved the offsets.
            hits.clear();
            collect(self.automaton, text.as_bytes(), hits);
            if let Some(folded) = &folded {
                collect(self.automaton, folded.as_bytes(), hits);
            }
        }
        let first = text.lines().next().unwrap_or("");
        let header = if open.stamped {
            read_header(first, self.server)
        } else {
            Default::default()
        };
        found(&LogRecord {
            source: self.source,
            line: open.line,
            at: header.at,
            level: header.level,
            thread: header.thread,
            logger: header.logger,
            text: &text,
            folded: folded.as_deref(),
            hits,
        });
    }

    /// Whether a record is one line that no rule can speak of.
    fn is_cold(&self, bytes: &[u8]) -> bool {
        let Some(gate) = self.gate else { return false };
        gate.is_cold(bytes) && memchr(b'\n', bytes).is_none_or(|end| end + 1 >= bytes.len())
    }

    /// Level counts, shapes of messages, and now and then the stamp; cheap on the fixed offsets of RocketMQ's layouts.
    fn edge(&self, bytes: &[u8], line: u32, stats: &mut ScanStats) {
        let prefix = &bytes[..bytes.len().min(PREFIX_MAX)];
        let prefix = &prefix[..memchr(b'\n', prefix).unwrap_or(prefix.len())];
        let quiet = match level_in_place(prefix) {
            Some(level) => level < Level::Warn,
            None => false,
        };
        if quiet && stats.first.is_some() && !stats.stamped.is_multiple_of(SAMPLE) {
            return;
        }
        let text = String::from_utf8_lossy(prefix);
        let header = read_header(&text, self.server);
        // A damaged line may name a second level; what is counted must not hang on where a part of the log begins.
        if !quiet {
            match header.level {
                Level::Warn => stats.warn += 1,
                Level::Error => stats.error += 1,
                _ => {}
            }
            if header.level >= Level::Warn {
                stats.templates.add(line, &text, header.at);
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

/// The level, where RocketMQ's layouts have it: byte 20 (servers), 24 (clients); a dash at 20 is a line without level.
fn level_in_place(line: &[u8]) -> Option<Level> {
    let at = if line.get(19) == Some(&b' ') { 20 } else { 24 };
    match line.get(at..at + 4)? {
        b"INFO" => Some(Level::Info),
        b"WARN" => Some(Level::Warn),
        b"ERRO" => Some(Level::Error),
        b"DEBU" => Some(Level::Debug),
        [b'-', b' ', ..] if at == 20 => Some(Level::None),
        _ => None,
    }
}

struct Open {
    start: usize,
    line: u32,
    stamped: bool,
}

fn collect(automaton: &AhoCorasick, bytes: &[u8], hits: &mut Vec<(u32, u32)>) {
    for m in automaton.find_overlapping_iter(bytes) {
        if hits.len() >= HITS_MAX {
            break;
        }
        let literal = m.pattern().as_u32();
        if !hits.iter().any(|(l, _)| *l == literal) {
            hits.push((literal, m.start() as u32));
        }
    }
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
            server: true,
            fold: true,
            gate: None,
        };
        let mut out = Vec::new();
        scan.run(text.as_bytes(), 1, &mut |r| {
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
            server: true,
            fold: false,
            gate: None,
        };
        let first = "2024-03-12 09:30:10 - [WATERMARK] Send Queue Size: 60\n";
        let damaged =
            "2024-03-12 09:30:11 - [WATERMARK] Send Que03-02 10:15:02.114 ERROR 4411 --- [main] c.e.Order : x\n";
        let errors = |text: &str| scan.run(text.as_bytes(), 1, &mut |_| {}).error;
        assert_eq!(errors(&format!("{first}{damaged}")), errors(first) + errors(damaged));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_scanned(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
            let automaton = AhoCorasick::new(["abc", "x"]).unwrap();
            let scan = Scan { source: SourceId(0), automaton: &automaton, server: false, fold: true, gate: None };
            scan.run(&bytes, 1, &mut |_| {});
        }
    }
}

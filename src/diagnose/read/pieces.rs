//! A big source that a format claims, such as a GC log of weeks: it is read in pieces cut where the format likes it, and
//! events are counted as they come, so that memory does not grow with the input. Lines keep the numbers of the whole
//! source. What formats carry from piece to piece is theirs (`format/pieces.rs`).
//!
//! Every format that finds something in the first piece reads all of them. What belongs to none is also read as a log,
//! unless the format that claims the source is sure that nothing is left.

use super::gather::Gather;
use super::merge::Merge;
use super::whole::role_of_events;
use super::{Opened, Read, Reading, info};
use crate::format::log::template::Templates;
use crate::format::pieces::{Cut, Pieces, cut, reader};
use crate::format::{Format, Sink, formats};
use crate::input::{Buffer, Reader, Source};
use crate::model::{Event, LogKind, Role, SourceId, SourceInfo, Text};

/// Pieces are about this big.
const PIECE_BYTES: usize = if cfg!(test) { 64 << 10 } else { 4 << 20 };
/// A piece grows up to this while there is no place to cut it.
const PIECE_MAX: usize = 4 * PIECE_BYTES;

/// A format that claims a big source, and how sure it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim {
    pub(super) format: &'static Format,
    pub(super) score: u8,
}

/// Reads a source in pieces.
pub(super) fn read_pieces(
    reading: Reading<'_>,
    source: &Source,
    id: SourceId,
    host: &str,
    opened: Opened,
    claim: Claim,
) -> Read {
    let head = source.head().map(|head| head.text).unwrap_or_default();
    let mut info = info(source, host, claim.format.name);
    let is_log = claim.score < super::ALL_MINE;
    info.role = role_of(claim.format, &Text::new(id, &source.path, &head));
    info.log = is_log.then_some(LogKind::App);
    let mut gather = Gather::new(reading);
    let mut templates = Templates::default();
    let log = is_log.then(|| Merge::new(reading, id, LogKind::App, &info, &head));
    let mut formats = Formats::default();
    let mut cutter = Cutter::new(cut(claim.format), opened);
    while let Some((body, first_line)) = cutter.next() {
        let text = Text::starting_at(id, &source.path, body, first_line);
        let lines = text.lines().len() as u32;
        let mut count = Count {
            gather: &mut gather,
            info: &info,
        };
        formats.piece(&text, &mut count);
        if let Some(log) = &log {
            drop(text);
            log.part(body, first_line, lines);
        }
    }
    formats.finish(&mut Count {
        gather: &mut gather,
        info: &info,
    });
    if let Some(log) = log {
        let (found, shapes) = log.finish();
        gather.join(found);
        templates = shapes;
    }
    let outcome = cutter.reader.finish();
    let info = SourceInfo {
        bytes: outcome.bytes,
        lines: outcome.lines,
        ..info
    };
    gather.seen(id, &info, head.lines().next().unwrap_or(""));
    Read {
        info,
        tallies: gather.matcher.tallies,
        facts: gather.facts,
        measured: gather.collector.finish(id.0),
        ends: gather.ends,
        templates,
        problems: outcome.problems,
    }
}

/// The role that the start of a source tells.
fn role_of(format: &Format, head: &Text<'_>) -> Option<Role> {
    let mut events: Vec<Event> = Vec::new();
    (format.parse)(head, &mut events);
    role_of_events(&events)
}

/// Counts events as they come.
struct Count<'g, 'a> {
    gather: &'g mut Gather<'a>,
    info: &'g SourceInfo,
}

impl Sink for Count<'_, '_> {
    fn event(&mut self, event: Event) {
        self.gather.event(&event, self.info);
    }
}

/// The formats that read a source; settled by its first piece.
#[derive(Default)]
struct Formats {
    begun: bool,
    readers: Vec<Box<dyn Pieces>>,
}

impl Formats {
    fn piece(&mut self, text: &Text<'_>, sink: &mut dyn Sink) {
        if !std::mem::replace(&mut self.begun, true) {
            let found = formats().filter(|format| (format.score)(text) > 0);
            self.readers = found.map(|format| reader(format, text.path)).collect();
        }
        for reader in &mut self.readers {
            reader.piece(text, sink);
        }
    }

    fn finish(self, sink: &mut dyn Sink) {
        for reader in self.readers {
            reader.finish(sink);
        }
    }
}

/// Cuts what a reader gives into pieces.
struct Cutter {
    cut: Cut,
    reader: Reader,
    buffer: Buffer,
    /// What was read and not yet given, behind the piece that was given last.
    text: String,
    first_line: u32,
    /// Bytes and lines of the piece that was given last.
    given: (usize, u32),
}

impl Cutter {
    fn new(cut: Cut, opened: Opened) -> Self {
        Self {
            cut,
            reader: opened.reader,
            buffer: Buffer::new(),
            text: opened.first,
            first_line: 1,
            given: (0, 0),
        }
    }

    /// The next piece and the number of its first line.
    fn next(&mut self) -> Option<(&str, u32)> {
        let (bytes, lines) = std::mem::take(&mut self.given);
        self.text.drain(..bytes);
        self.first_line += lines;
        let mut wanted = PIECE_BYTES;
        let end = loop {
            while self.text.len() < wanted {
                let Some(chunk) = self.reader.next(&mut self.buffer) else {
                    wanted = usize::MAX;
                    break;
                };
                self.text.push_str(chunk.text);
            }
            if wanted == usize::MAX {
                break self.text.len();
            }
            if let Some(end) = self.cut.place(&self.text) {
                break end;
            }
            if wanted >= PIECE_MAX {
                break Cut::Anywhere.place(&self.text).unwrap_or(self.text.len());
            }
            wanted *= 2;
        };
        if end == 0 {
            return None;
        }
        let lines = memchr::memchr_iter(b'\n', &self.text.as_bytes()[..end]).count();
        self.given = (end, lines as u32);
        Some((&self.text[..end], self.first_line))
    }
}

#[cfg(test)]
mod tests {
    use super::super::whole::read_whole;
    use super::super::{Sieves, claim};
    use super::*;
    use crate::input::{Limits, collect_bytes};
    use crate::rule::RuleBook;
    use crate::rule::embedded::embedded;
    use crate::rule::matcher::Ports;
    use std::collections::BTreeMap;
    use std::fmt::Write as _;

    /// So many that the text is no paste (`whole::FOLD_MAX`), which would be read as a log as well.
    const LINES: u32 = 30_000;

    /// Young collections, now and then a full one whose record has several lines.
    fn gc_log() -> String {
        let mut log = String::from("CommandLine flags: -XX:MaxHeapSize=8589934592 -XX:+UseG1GC\n");
        for n in 0..LINES {
            let (at, took) = (f64::from(n) * 7.3, f64::from(n % 97 + 3) / 100.0);
            let after = 1000 + n % 500;
            let _ = match n % 50 {
                0 => write!(
                    log,
                    "{at:.3}: [Full GC (Allocation Failure)  7000M->{after}M(8192M), {took:.7} secs]\n   [Eden: 0.0B(2048.0M)->0.0B(2048.0M) Survivors: 0.0B->0.0B Heap: 7000.0M(8192.0M)->{after}.0M(8192.0M)]\n [Times: user=1.00 sys=0.00, real=1.00 secs]\n"
                ),
                1 => write!(
                    log,
                    "{at:.3}: [GC pause (G1 Evacuation Pause) (young) (to-space exhausted), {took:.7} secs]\n   [Parallel Time: 3.0 ms, GC Workers: 8]\n   [Eden: 1024.0M(1024.0M)->0.0B(1000.0M) Survivors: 64.0M->70.0M Heap: 5000.0M(8192.0M)->{after}.0M(8192.0M)]\n"
                ),
                _ => writeln!(
                    log,
                    "{at:.3}: [GC pause (G1 Evacuation Pause) (young) 5000M->{after}M(8192M), {took:.7} secs]"
                ),
            };
        }
        log
    }

    /// Samples past midnight, with a disk that is busy now and then.
    fn iostat() -> String {
        let mut text = String::from("Linux 5.10.0 (broker-a) \t11/24/26 \t_x86_64_\t(2 CPU)\n\n");
        for n in 0..LINES / 2 {
            let clock = (n * 30 + 40_000) % 86_400;
            let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
            let busy = if n % 40 < 9 { 99.7 } else { 12.5 };
            let _ = write!(
                text,
                "Time: {hour:02}:{minute:02}:{second:02}\navg-cpu:  %user   %nice %system %iowait  %steal   %idle\n           \
                 54.77    1.77   13.55    {:.2}    0.06   28.46\n\nDevice            r/s     rkB/s r_await     w/s     \
                 wkB/s w_await  aqu-sz  %util\nvda             27.54    644.90    0.71   80.10   9000.10    {busy:.2}    \
                 0.21   {busy:.2}\n\n",
                busy / 3.0,
            );
        }
        text
    }

    fn told(read: &Read) -> BTreeMap<String, String> {
        let tallies = read.tallies.iter().map(|((watch, _), tally)| {
            let stats = tally.stats.iter().map(|(field, stat)| {
                let of = |function| stat.get(function).map(|value| (value * 1e6).round());
                (field, ["min", "max", "avg", "first", "last", "p50", "p99"].map(of))
            });
            let told = (
                (tally.count, &tally.samples, &tally.worst, &tally.minutes),
                (&tally.ends, &tally.distinct, &tally.names, &tally.times, &tally.events),
                stats.collect::<Vec<_>>(),
            );
            (format!("watch {watch}"), format!("{told:?}"))
        });
        let mut all: BTreeMap<String, String> = tallies.collect();
        let mut facts: Vec<String> = read.facts.iter().map(|fact| format!("{fact:?}")).collect();
        facts.sort();
        all.insert("facts".into(), facts.join("\n"));
        all.insert("ends".into(), format!("{:?}", read.ends));
        all.insert("source".into(), format!("{:?}", read.info));
        all
    }

    #[test]
    fn pieces_tell_what_the_whole_tells() {
        let book = RuleBook::load(embedded(), &[]).unwrap();
        let automaton = book.literals.fast();
        let reading = Reading {
            book: &book,
            ports: &Ports::default(),
            automaton,
            placed: &[],
            threads: 1,
            sieves: &Sieves::new(&book, automaton),
            window: None,
            effects: None,
        };
        for (path, body) in [("rmq_bk_gc.log", gc_log()), ("iostat.txt", iostat())] {
            assert!(body.len() > 4 * PIECE_BYTES, "{path}: {}", body.len());
            let found = collect_bytes(path, body.into_bytes(), &Limits::default());
            let (source, id) = (&found.sources[0], SourceId(0));
            let claim = claim(path, &source.head().unwrap().text).unwrap();
            let opened = Opened {
                reader: source.open().unwrap(),
                first: String::new(),
                lines: 0,
                skipped_to: None,
            };
            let pieces = told(&read_pieces(reading, source, id, "", opened, claim));
            let whole = source.read_all(usize::MAX >> 1).unwrap();
            let whole = told(&read_whole(reading, source, id, "", &whole));
            assert!(whole.len() > 4, "{path}: {}", whole.len());
            for (what, told) in &whole {
                assert_eq!(pieces.get(what), Some(told), "{path}: {what}");
            }
            assert_eq!(pieces.len(), whole.len(), "{path}");
        }
    }
}

//! The log scanner, series, headers: a log that is read in pieces says what it says as a whole.

use super::random::Random;
use super::{Corpus, hunt, mutate};
use aho_corasick::AhoCorasick;
use rmqdoc::format::log::scan::ScanStats;
use rmqdoc::format::log::stitch::{Stitch, scan_chunk};
use rmqdoc::format::log::{Found, Scan, SeriesLine, Sieve, header, which_log};
use rmqdoc::format::series::{Clock, LogSeries, marks};
use rmqdoc::model::{Event, LogKind, LogRecord, SourceId};

const LITERALS: &[&str] = &[
    "a",
    "Exception",
    "[TIMEOUT_CLEAN_QUEUE]",
    "broker busy",
    "e",
    "WARN",
    "Caused by: ",
    "连接",
];

fn corpus() -> Corpus {
    Corpus::new(&["samples/rules", "samples/formats/rmq-series"])
}

/// What a record is known by.
type Shown = (u32, Vec<(u32, u32)>, String);

fn shown(record: &LogRecord<'_>) -> Shown {
    (
        record.line,
        record.hits.to_vec(),
        format!("{:?} {:?} {:?}", record.at, record.level, record.thread),
    )
}

#[test]
fn log_scan() {
    let corpus = corpus();
    let automaton = AhoCorasick::new(LITERALS).unwrap();
    let texts: Vec<String> = LITERALS.iter().map(|text| (*text).to_string()).collect();
    let logs = [LogKind::Broker, LogKind::Store, LogKind::Stats, LogKind::Client];
    let sieves = logs.map(|log| {
        let marks = marks(log).expect("logs of RocketMQ have marks");
        (log, Sieve::new(&automaton, &texts, &|_| true, marks))
    });
    hunt(
        "log_scan",
        |random| mutate::case(&corpus, random),
        |bytes, random| {
            let text = String::from_utf8_lossy(bytes);
            which_log("x.log", &text);
            let (log, sieve) = random.pick(&sieves);
            let scan = Scan {
                source: SourceId(0),
                automaton: &automaton,
                placed: &[],
                server: random.one_in(2),
                fold: random.one_in(2),
                sieve: random.one_in(2).then_some(sieve),
            };
            let mut all = All {
                series: LogSeries::new(SourceId(0), Some(*log), Clock::Gmt8),
                events: Vec::new(),
            };
            scan.run(&text, 0..text.len(), 1, &mut all);
            all.series.finish(&mut all.events);
            let scan = Scan { fold: false, ..scan };
            if !has_endless_record(&text) {
                agrees(&scan, &text, random);
            }
        },
    );
}

/// Takes all that a scan finds.
struct All {
    series: LogSeries,
    events: Vec<Event>,
}

impl Found for All {
    fn record(&mut self, record: &LogRecord<'_>) {
        shown(record);
    }
    fn line(&mut self, line: &SeriesLine<'_>) {
        self.series.at(line, &mut self.events);
    }
}

/// Of records above 64 KiB a scan keeps the first part, and where it is cut depends on the pieces.
fn has_endless_record(text: &str) -> bool {
    let mut from = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if header::begins_record(line.trim_end_matches('\n').as_bytes()) {
            from = at;
        }
        at += line.len();
        if at - from > 48 * 1024 {
            return true;
        }
    }
    false
}

/// Pieces of whole lines, cut anywhere, give the records and counts of the whole.
fn agrees(scan: &Scan<'_>, text: &str, random: &mut Random) {
    let mut whole: Vec<Shown> = Vec::new();
    let stats = scan.run(text, 0..text.len(), 1, &mut |record: &LogRecord<'_>| {
        whole.push(shown(record))
    });
    if !text.lines().any(|line| header::begins_record(line.as_bytes())) {
        return;
    }
    let (mut pieces, mut sums) = (Vec::new(), ScanStats::default());
    let mut stitch = Stitch::default();
    let mut line = 1;
    let mut left = text;
    while !left.is_empty() {
        let mut at = random.below(left.len().min(20_000)) + 1;
        at = left.as_bytes()[at - 1..]
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(left.len(), |end| at + end);
        let (piece, rest) = left.split_at(at);
        let (part, edges) = scan_chunk(scan, piece, line, true, &mut |record: &LogRecord<'_>| {
            pieces.push(shown(record))
        });
        stitch.push(scan, edges, &mut |record: &LogRecord<'_>| pieces.push(shown(record)));
        sums.add(&part);
        line += piece.bytes().filter(|byte| *byte == b'\n').count() as u32;
        left = rest;
    }
    stitch.finish(scan, &mut |record: &LogRecord<'_>| pieces.push(shown(record)));
    sums.add(&stitch.stats);
    pieces.sort();
    whole.sort();
    assert!(pieces == whole, "pieces give other records than the whole");
    let counts = |stats: &ScanStats| (stats.stamped, stats.warn, stats.error);
    assert_eq!(
        counts(&sums),
        counts(&stats),
        "pieces are counted otherwise than the whole"
    );
}

#[test]
fn log_lines() {
    let corpus = corpus();
    hunt(
        "log_lines",
        |random| mutate::case(&corpus, random),
        |bytes, random| {
            let text = String::from_utf8_lossy(bytes);
            let logs = [
                LogKind::Broker,
                LogKind::Store,
                LogKind::Stats,
                LogKind::Watermark,
                LogKind::App,
            ];
            let clock = if random.one_in(2) { Clock::Gmt8 } else { Clock::Local };
            let mut series = LogSeries::new(SourceId(0), Some(*random.pick(&logs)), clock);
            let mut events: Vec<Event> = Vec::new();
            for (number, line) in text.lines().enumerate() {
                header::begins_record(line.as_bytes());
                header::read_header(line, random.one_in(2));
                series.push(number as u32 + 1, line, &mut events);
            }
            series.finish(&mut events);
        },
    );
}

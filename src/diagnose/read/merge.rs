//! `Merge`: a log that is read in parts, by any number of threads, and put together in order as soon as the next part is
//! there, so that memory does not grow with the input. Not here: where the parts come from (`stream.rs`, `pieces.rs`).

use super::Reading;
use super::gather::Gather;
use super::part::LogPart;
use crate::format::log::scan::ScanStats;
use crate::format::log::stitch::{Edges, Stitch, scan_chunk};
use crate::format::log::template::Templates;
use crate::format::log::{Scan, header, which};
use crate::model::{LogKind, LogRecord, SourceId, SourceInfo};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// See the module's documentation.
pub(super) struct Merge<'a> {
    reading: Reading<'a>,
    scan: Scan<'a>,
    log: LogKind,
    info: &'a SourceInfo,
    /// Records of this log begin with a stamp.
    stamped: bool,
    joined: Mutex<Joined<'a>>,
}

/// A part that a thread has scanned.
struct Part<'a> {
    lines: u32,
    gather: Gather<'a>,
    stats: ScanStats,
    edges: Edges,
}

/// What stands in order, and parts that wait for those before them.
struct Joined<'a> {
    next_line: u32,
    waiting: BTreeMap<u32, Part<'a>>,
    gather: Gather<'a>,
    stats: ScanStats,
    stitch: Stitch,
}

impl<'a> Merge<'a> {
    /// A big log that begins with `head`.
    pub(super) fn new(reading: Reading<'a>, id: SourceId, log: LogKind, info: &'a SourceInfo, head: &str) -> Self {
        Self {
            reading,
            scan: Scan {
                source: id,
                automaton: reading.book.literals.fast(),
                placed: reading.placed,
                server: which::is_server(log),
                fold: false,
                sieve: reading.sieves.of(log),
            },
            log,
            info,
            stamped: head.lines().any(|l| header::begins_record(l.as_bytes())),
            joined: Mutex::new(Joined {
                next_line: 1,
                waiting: BTreeMap::new(),
                gather: Gather::new(reading),
                stats: ScanStats::default(),
                stitch: Stitch::default(),
            }),
        }
    }

    /// Scans a part of whole lines; parts may come in any order.
    pub(super) fn part(&self, text: &str, first_line: u32, lines: u32) {
        let mut gather = Gather::new(self.reading);
        let mut found = LogPart::new(&mut gather, self.info, self.scan.source, self.log).thin();
        let (stats, edges) = scan_chunk(&self.scan, text, first_line, self.stamped, &mut found);
        found.finish();
        gather.note(stats.first);
        gather.note(stats.last);
        let part = Part {
            lines,
            gather,
            stats,
            edges,
        };
        self.joined
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(first_line, part, &self.scan, self.info);
    }

    /// All parts together, and the shapes of WARN and ERROR records.
    pub(super) fn finish(self) -> (Gather<'a>, Templates) {
        let mut joined = self.joined.into_inner().unwrap_or_else(PoisonError::into_inner);
        joined.finish(&self.scan, self.info);
        (joined.gather, joined.stats.templates)
    }
}

impl<'a> Joined<'a> {
    fn take(&mut self, first_line: u32, part: Part<'a>, scan: &Scan<'_>, info: &SourceInfo) {
        self.waiting.insert(first_line, part);
        while let Some(part) = self.waiting.remove(&self.next_line) {
            self.next_line += part.lines.max(1);
            self.add(part, scan, info);
        }
    }

    fn add(&mut self, part: Part<'a>, scan: &Scan<'_>, info: &SourceInfo) {
        let gather = &mut self.gather;
        self.stitch.push(scan, part.edges, &mut |record: &LogRecord<'_>| {
            gather.record(record, info)
        });
        gather.join(part.gather);
        self.stats.add(&part.stats);
    }

    fn finish(&mut self, scan: &Scan<'_>, info: &SourceInfo) {
        // Left over when a chunk was lost to an error: still counted, in order.
        for (_, part) in std::mem::take(&mut self.waiting) {
            self.add(part, scan, info);
        }
        let gather = &mut self.gather;
        self.stitch
            .finish(scan, &mut |record: &LogRecord<'_>| gather.record(record, info));
        let edges = std::mem::take(&mut self.stitch.stats);
        self.stats.add(&edges);
    }
}

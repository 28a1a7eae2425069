//! `--since`, `--until`, `--at`: only what happened in the window counts. Clocks are settled from the first and last
//! stamps of all sources before anything is scanned.

use super::engine::Job;
use crate::derive::clocks::{self, Clocks, Ends};
use crate::format::log::{header, which, which_log};
use crate::input::{Hosts, Source};
use crate::model::{Moment, SourceId, SourceInfo};

/// How far around `--at` is looked.
const AROUND_MS: i64 = 15 * 60_000;
/// How much of the end of a source is looked at for its last stamp.
const TAIL_BYTES: usize = 64 << 10;

/// A settled window.
#[derive(Debug)]
pub(super) struct Window {
    clocks: Clocks,
    ends: Vec<Ends>,
    from: i64,
    to: i64,
}

impl Window {
    /// `None` when everything counts.
    pub(super) fn new(job: &Job<'_>, hosts: &Hosts) -> Option<Window> {
        if job.since.is_none() && job.until.is_none() && job.at.is_none() {
            return None;
        }
        let (infos, ends): (Vec<SourceInfo>, Vec<Ends>) = job
            .sources
            .iter()
            .map(|source| (info(source, hosts), edges(source)))
            .unzip();
        let clocks = clocks::settle(&infos, &ends);
        let last = |(id, ends): (usize, &Ends)| {
            let settled = ends
                .iter()
                .filter_map(|(zone, (_, ms))| clocks.utc(id as u32, Moment { ms: *ms, zone: *zone }));
            settled.max()
        };
        let last = ends.iter().enumerate().filter_map(last).max().unwrap_or(0);
        let offset = clocks.shown_offset_min(&ends);
        let (mut from, mut to) = (i64::MIN, i64::MAX);
        if let Some(since) = job.since {
            from = since.settle(offset, last);
        }
        if let Some(until) = job.until {
            to = until.settle(offset, last);
        }
        if let Some(at) = job.at {
            let at = at.settle(offset, last);
            (from, to) = (from.max(at - AROUND_MS), to.min(at + AROUND_MS));
        }
        Some(Window { clocks, ends, from, to })
    }

    /// First and last time that count, milliseconds UTC.
    pub(super) fn range(&self) -> (i64, i64) {
        (self.from, self.to)
    }

    /// Settled time of a stamp.
    pub(super) fn utc(&self, source: SourceId, at: Moment) -> Option<i64> {
        self.clocks.utc(source.0, at)
    }

    /// First and last stamps of a source.
    pub(super) fn ends(&self, source: SourceId) -> Option<&Ends> {
        self.ends.get(source.0 as usize)
    }

    /// Whether an event of that time counts. What has no time (a configuration) always does.
    pub(super) fn holds(&self, source: u32, at: Option<Moment>) -> bool {
        let settled = at.and_then(|at| self.clocks.utc(source, at));
        settled.is_none_or(|at| (self.from..=self.to).contains(&at))
    }
}

fn info(source: &Source, hosts: &Hosts) -> SourceInfo {
    SourceInfo {
        path: source.path.clone(),
        host: hosts.of(&source.path),
        ..SourceInfo::default()
    }
}

/// First and last stamp, from the head and the tail of a source.
fn edges(source: &Source) -> Ends {
    let mut ends = Ends::new();
    let Ok(head) = source.head() else { return ends };
    let server = which::is_server(which_log(&source.path, &head.text));
    let tail = source.tail(TAIL_BYTES).unwrap_or_default();
    for line in head.text.lines().chain(tail.lines()) {
        if header::begins_record(line.as_bytes())
            && let Some(at) = header::read_header(line, server).at
        {
            let slot = ends.entry(at.zone).or_insert((at.ms, at.ms));
            *slot = (slot.0.min(at.ms), slot.1.max(at.ms));
        }
    }
    ends
}

//! Holes in logs that write all the time: the process stood still or was down.
//!
//! watermark.log writes every second, proxy_watermark.log every three; broker.log, store.log and stats.log at least once
//! a minute. Everything else may be silent for good reasons and is not looked at.

use super::Clock;
use crate::format::Sink;
use crate::model::stamp;
use crate::model::{Event, LogKind, Moment, SourceId, Span};

/// Finds holes.
#[derive(Debug)]
pub struct GapSeries {
    source: SourceId,
    clock: Clock,
    log: &'static str,
    least_s: f64,
    lines: u32,
    last: Option<Moment>,
    told: u32,
}

/// Most holes told per log.
const GAPS_MAX: u32 = 500;
/// A hole counts only after a log has shown that it writes.
const LINES_BEFORE: u32 = 5;

impl GapSeries {
    /// A series for a log that writes all the time; none for others.
    pub fn new(source: SourceId, log: LogKind, clock: Clock) -> Option<Self> {
        let (log, least_s) = match log {
            LogKind::Watermark => ("watermark", 3.0),
            LogKind::Store => ("store", 180.0),
            LogKind::Stats => ("stats", 180.0),
            LogKind::Broker => ("broker", 180.0),
            _ => return None,
        };
        Some(Self {
            source,
            clock,
            log,
            least_s,
            lines: 0,
            last: None,
            told: 0,
        })
    }

    /// Takes a line.
    pub fn push(&mut self, line_no: u32, text: &str, out: &mut dyn Sink) {
        let Some(stamp) = stamp::stamp(text) else { return };
        let now = self.clock.at(stamp);
        if let Some(last) = self.last {
            let gap_s = (now.ms - last.ms) as f64 / 1000.0;
            if gap_s >= self.least_s && self.lines >= LINES_BEFORE && self.told < GAPS_MAX {
                self.told += 1;
                out.event(
                    Event::new("rmq.gap", Span::line(self.source, line_no), text)
                        .at(Some(now))
                        .with("gap_s", gap_s)
                        .with("log", self.log)
                        .with("lines_before", f64::from(self.lines)),
                );
            }
        }
        self.last = Some(now);
        self.lines = self.lines.saturating_add(1);
    }
}

//! RocketMQ's periodic log lines as series. One line says nothing here and the files are the biggest of a bundle, so each
//! series is a small accumulator that a stream of lines is pushed through; nothing keeps more than the current minute.
//!
//! ```text
//! 2026-05-02 10:00:01 - [WATERMARK] Send Queue Size: 0 SlowTimeMills: 0
//! 2026-05-02 10:00:12 INFO StoreStatsService - [PAGECACHERT] TotalPut 4426, PutMessageDistributeTime [<=0ms]:3523 …
//! 2026-05-02 10:01:00 INFO - [TOPIC_PUT_SIZE] [order-topic] Stats In One Minute, SUM: 574 TPS: 9.57 AVGPT: 574.00
//! ```
//!
//! Messages that mean something by themselves are signals, not series.

pub mod gap;
pub mod lag;
pub mod puts;
pub mod stats;
pub mod watermark;

use crate::format::Sink;
use crate::format::stamp::Stamp;
use crate::model::{LogKind, Moment, SourceId};

/// How the stamps of a log without a written zone are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// GMT+8, as RocketMQ's servers and clients from 5.1 print.
    Gmt8,
    /// The host's own zone.
    Local,
}

impl Clock {
    /// The moment of a stamp.
    pub fn at(self, stamp: Stamp) -> Moment {
        match self {
            Clock::Gmt8 => stamp.gmt8(),
            Clock::Local => stamp.local(),
        }
    }
}

/// All series of one log.
#[derive(Debug)]
pub struct LogSeries {
    watermark: watermark::WatermarkSeries,
    puts: puts::PutSeries,
    stats: stats::StatsSeries,
    lag: lag::LagSeries,
    gap: Option<gap::GapSeries>,
}

impl LogSeries {
    /// Series of one source. Gaps are only looked for in logs that write all the time.
    pub fn new(source: SourceId, log: Option<LogKind>, clock: Clock) -> Self {
        Self {
            watermark: watermark::WatermarkSeries::new(source, clock),
            puts: puts::PutSeries::new(source, clock),
            stats: stats::StatsSeries::new(source, clock),
            lag: lag::LagSeries::new(source, clock),
            gap: log.and_then(|log| gap::GapSeries::new(source, log, clock)),
        }
    }

    /// Takes one line; `line_no` counts from 1.
    pub fn push(&mut self, line_no: u32, line: &str, out: &mut dyn Sink) {
        if let Some(gap) = &mut self.gap {
            gap.push(line_no, line, out);
        }
        let _taken = self.watermark.push(line_no, line, out)
            || self.puts.push(line_no, line, out)
            || self.stats.push(line_no, line, out)
            || self.lag.push(line_no, line, out);
    }

    /// Tells what is still held back.
    pub fn finish(self, out: &mut dyn Sink) {
        self.watermark.finish(out);
        self.lag.finish(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{Format, testing};
    use crate::model::Text;

    fn parse(text: &Text<'_>, out: &mut dyn Sink) {
        let log = if text.file_name().contains("watermark") {
            LogKind::Watermark
        } else {
            LogKind::Stats
        };
        let mut series = LogSeries::new(text.source, Some(log), Clock::Gmt8);
        for (at, line) in text.lines().iter().enumerate() {
            series.push(text.span(at).line, line, out);
        }
        series.finish(out);
    }

    #[test]
    fn samples() {
        let format = Format {
            name: "rmq-series",
            score: |_| 100,
            parse,
        };
        testing::check_samples(&format);
        testing::never_panics(&format);
    }
}

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
pub mod lifecycle;
pub mod puts;
mod rates;
pub mod stats;
pub mod watermark;

use crate::format::Sink;
use crate::format::log::{Marks, SeriesLine};
use crate::model::stamp::Stamp;
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

/// Whether a periodic line tells nothing but zeros.
fn is_idle(line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    line.ends_with(b"Size: 0 SlowTimeMills: 0") || line.ends_with(b"SUM: 0 TPS: 0.00 AVGPT: 0.00")
}

/// Whether a counter of stats.log is left out of a big log: counters of single queues, and of topics and groups all
/// minutes but each tenth. `2021-07-29 15:10:27 INFO - [TOPIC_PUT_NUMS] [order-topic] Stats In One Minute, …`
fn is_left_out(line: &[u8]) -> bool {
    let Some(name) = line.get(28..) else { return false };
    let starts = |names: &[&[u8]]| names.iter().any(|n| name.starts_with(n));
    if line[27] != b'[' {
        return false;
    }
    starts(&[b"QUEUE_", b"COMMERCIAL_"])
        || (line[15] != b'0' && starts(&[b"TOPIC_PUT_", b"GROUP_GET_NUMS", b"GROUP_GET_SIZE", b"BROKER_"]))
}

/// Bytes of `2026-05-02 10:00:01`.
const SECOND: usize = 19;

/// What the series of a kind of log read; `None` where any line may be of any series.
pub fn marks(log: LogKind) -> Option<Marks> {
    let all = matches!(log, LogKind::Watermark | LogKind::Stats | LogKind::Proxy);
    let main = matches!(log, LogKind::Namesrv | LogKind::Controller | LogKind::Broker);
    let mut texts = Vec::new();
    match log {
        LogKind::App | LogKind::Tools | LogKind::System => return None,
        LogKind::Store => texts.push(puts::MARK),
        LogKind::Namesrv => texts.push(watermark::MARK),
        _ => {}
    }
    if main || log == LogKind::Store {
        texts.extend(lifecycle::marks());
    }
    Some(Marks { all, texts, main })
}

/// All series of one log.
#[derive(Debug)]
pub struct LogSeries {
    log: Option<LogKind>,
    thin: bool,
    watermark: watermark::WatermarkSeries,
    puts: puts::PutSeries,
    stats: stats::StatsSeries,
    lag: lag::LagSeries,
    gap: Option<gap::GapSeries>,
    life: Option<lifecycle::LifeSeries>,
    /// Stamp of the last silent line.
    second: [u8; SECOND],
}

impl LogSeries {
    /// Series of one source. Gaps are only looked for in logs that write all the time.
    pub fn new(source: SourceId, log: Option<LogKind>, clock: Clock) -> Self {
        Self {
            log,
            thin: false,
            watermark: watermark::WatermarkSeries::new(source, clock),
            puts: puts::PutSeries::new(source, clock),
            stats: stats::StatsSeries::new(source, clock),
            lag: lag::LagSeries::new(source, clock),
            gap: log.and_then(|log| gap::GapSeries::new(source, log, clock)),
            life: lifecycle::LifeSeries::new(source, log, clock),
            second: [0; SECOND],
        }
    }

    /// For big logs: the same counter each tenth minute is enough.
    #[must_use]
    pub fn thin(mut self) -> Self {
        self.thin = true;
        self.puts.thin();
        self
    }

    /// Takes one line; `line_no` counts from 1.
    pub fn push(&mut self, line_no: u32, line: &str, out: &mut dyn Sink) {
        if let Some(gap) = &mut self.gap {
            gap.push(line_no, line, out);
        }
        // Before the others: every line shows that the process lives.
        if let Some(life) = &mut self.life {
            life.push(line_no, line, out);
        }
        let _taken = (self.log == Some(LogKind::Stats) && self.stats.push(line_no, line, out))
            || self.watermark.push(line_no, line, out)
            || self.puts.push(line_no, line, out)
            || self.stats.push(line_no, line, out)
            || self.lag.push(line_no, line, out);
    }

    /// Takes the whole text of a log that may be any, its first line of this number.
    pub fn text(&mut self, first_line: u32, text: &str, out: &mut dyn Sink) {
        const MARKS: &[&str] = &[
            watermark::MARK,
            puts::MARK,
            " Stats In One ",
            "[GROUP_GET_FALL_",
            "ThreadPool ",
        ];
        let has = |mark: &&str| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some();
        let any = MARKS.iter().any(has);
        let mut at = 0;
        for (number, line) in (first_line..).zip(text.split_inclusive('\n')) {
            let end = at + line.trim_end_matches('\n').len();
            if any {
                self.push(number, text[at..end].trim_end_matches('\r'), out);
            } else if let Some(life) = &mut self.life {
                let minute_before = None;
                life.at(
                    &SeriesLine {
                        text,
                        at: at..end,
                        number,
                        minute_before,
                        marked: true,
                    },
                    out,
                );
            }
            at += line.len();
        }
    }

    /// Takes the lines that a scan shows: those of series, and those at which the minute changes. What a line loop would
    /// find, found without looking at most lines: these are the biggest files of a bundle.
    pub fn at(&mut self, line: &SeriesLine<'_>, out: &mut dyn Sink) {
        match self.log {
            Some(LogKind::Watermark | LogKind::Stats | LogKind::Proxy) => self.dense(line, out),
            log => {
                self.minute(line, out);
                if !line.marked {
                    return;
                }
                let taken = match log {
                    Some(LogKind::Store) => self.puts.push(line.number, line.line(), out),
                    Some(LogKind::Namesrv) => self.watermark.push(line.number, line.line(), out),
                    _ => false,
                };
                if let (false, Some(life)) = (taken, &mut self.life) {
                    life.at(line, out);
                }
            }
        }
    }

    /// A line of a log all of whose lines are of series.
    fn dense(&mut self, line: &SeriesLine<'_>, out: &mut dyn Sink) {
        let bytes = line.text[line.at.clone()].as_bytes();
        let silent = is_idle(bytes) || (self.thin && is_left_out(bytes));
        if !silent {
            self.push(line.number, line.line(), out);
            self.second = [0; SECOND];
            return;
        }
        // The seconds of several lines in a row are mostly the same: then there is no hole to look for.
        let second = bytes.first_chunk().copied().unwrap_or_default();
        if second != self.second
            && let Some(gap) = &mut self.gap
        {
            gap.push(line.number, line.line(), out);
            self.second = second;
        }
    }

    /// Looks for a hole where the minute changes.
    fn minute(&mut self, line: &SeriesLine<'_>, out: &mut dyn Sink) {
        let (Some(before), Some(gap)) = (&line.minute_before, &mut self.gap) else {
            return;
        };
        // The line before the change is the end of the time before.
        if !before.is_empty() {
            gap.push(line.number.saturating_sub(1), &line.text[before.clone()], out);
        }
        gap.push(line.number, line.line(), out);
    }

    /// Tells what is still held back.
    pub fn finish(self, out: &mut dyn Sink) {
        self.watermark.finish(out);
        self.stats.finish(out);
        self.lag.finish(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{Format, testing};
    use crate::model::Text;

    fn parse(text: &Text<'_>, out: &mut dyn Sink) {
        let log = match text.file_name() {
            name if name.contains("watermark") => LogKind::Watermark,
            name if name.contains("broker") => LogKind::Broker,
            _ => LogKind::Stats,
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

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

/// Numbers of lines by the place of a byte in them, for places that come in order.
#[derive(Debug)]
pub struct LineNumbers<'a> {
    text: &'a str,
    counted: usize,
    number: u32,
}

impl<'a> LineNumbers<'a> {
    /// Lines of a text, the first of which has this number.
    pub fn new(first_line: u32, text: &'a str) -> Self {
        Self {
            text,
            counted: 0,
            number: first_line,
        }
    }

    /// Number and text of the line that holds this byte. Places must not go back.
    pub fn at(&mut self, at: usize) -> (u32, &'a str) {
        let bytes = self.text.as_bytes();
        self.number += memchr::memchr_iter(b'\n', &bytes[self.counted..at]).count() as u32;
        self.counted = at;
        let start = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |n| n + 1);
        let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |n| at + n);
        (self.number, self.text[start..end].trim_end_matches('\r'))
    }
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
        }
    }

    /// For big logs: the same counter each tenth minute is enough.
    #[must_use]
    pub fn thin(mut self) -> Self {
        self.thin = true;
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

    /// Takes whole lines of a log, the first of which has this number. What a line loop would find, found without looking
    /// at most lines: these are the biggest files of a bundle.
    pub fn text(&mut self, first_line: u32, text: &str, out: &mut dyn Sink) {
        match self.log {
            Some(LogKind::Watermark | LogKind::Stats | LogKind::Proxy) => self.lines(first_line, text, out),
            Some(LogKind::Store) => {
                self.gaps(first_line, text, out);
                self.lives(first_line, text, out);
                let mut lines = LineNumbers::new(first_line, text);
                for at in memchr::memmem::find_iter(text.as_bytes(), "[PAGECACHERT] TotalPut ") {
                    let (number, line) = lines.at(at);
                    self.puts.push(number, line, out);
                }
            }
            Some(LogKind::App | LogKind::Namesrv | LogKind::Tools) | None => {
                let marks = [
                    "[WATERMARK] ",
                    "[PAGECACHERT] ",
                    " Stats In One ",
                    "[GROUP_GET_FALL_",
                    "ThreadPool ",
                ];
                if marks
                    .iter()
                    .any(|mark| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some())
                {
                    for (index, line) in text.lines().enumerate() {
                        self.push(first_line + index as u32, line, out);
                    }
                } else {
                    self.lives(first_line, text, out);
                }
            }
            Some(_) => {
                self.gaps(first_line, text, out);
                self.lives(first_line, text, out);
            }
        }
    }

    fn lives(&mut self, first_line: u32, text: &str, out: &mut dyn Sink) {
        if let Some(life) = &mut self.life {
            life.text(first_line, text, out);
        }
    }

    fn lines(&mut self, first_line: u32, text: &str, out: &mut dyn Sink) {
        let mut last: &[u8] = b"";
        let (mut at, mut number) = (0, first_line);
        let bytes = text.as_bytes();
        while at < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |n| at + n);
            let line = &bytes[at..end];
            if at == 0 || !is_idle(line) && !(self.thin && is_left_out(line)) {
                self.push(number, text[at..end].trim_end_matches('\r'), out);
                last = b"";
            } else {
                // The seconds of several lines in a row are mostly the same: then there is no hole to look for.
                let stamp = line.get(..19).unwrap_or(b"");
                if stamp != last
                    && let Some(gap) = &mut self.gap
                {
                    gap.push(number, &text[at..end], out);
                    last = stamp;
                }
            }
            at = end + 1;
            number += 1;
        }
    }

    /// Looks for holes where the minute changes.
    fn gaps(&mut self, first_line: u32, text: &str, out: &mut dyn Sink) {
        let Some(gap) = &mut self.gap else { return };
        let bytes = text.as_bytes();
        let (mut at, mut number, mut minute): (usize, u32, &[u8]) = (0, first_line, b"");
        let mut previous = 0;
        while at < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |n| at + n);
            let now = bytes
                .get(at..at + 16)
                .filter(|now| now[0].is_ascii_digit() && at + 16 <= end);
            if let Some(now) = now
                && now != minute
            {
                // The line before the change is the end of the time before.
                if previous > 0 || at > 0 {
                    let before = text[previous..at].lines().next().unwrap_or("");
                    gap.push(number.saturating_sub(1), before, out);
                }
                gap.push(number, &text[at..end], out);
                minute = now;
            }
            if now.is_some() {
                previous = at;
            }
            at = end + 1;
            number += 1;
        }
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

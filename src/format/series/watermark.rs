//! Request queues: `watermark.log` of the broker, the same line of the 5.x name server, `proxy_watermark.log`.
//!
//! ```text
//! 2026-05-02 10:00:01 - [WATERMARK] Lite Pull Queue Size: 0 SlowTimeMills: 0
//! 2026-05-02 10:00:01 INFO x - [WATERMARK] ClientQueueSize:0 ClientQueueSlowTime:0 DefaultQueueSize:0 DefaultQueueSlowTime:0
//! 2026-05-02 10:00:01GrpcProducerThreadPool                  queueSize   0.0
//! ```

use super::Clock;
use crate::format::Sink;
use crate::model::stamp;
use crate::model::{Event, Moment, SourceId, Span};

/// What the messages of this series hold.
pub(super) const MARK: &str = "[WATERMARK] ";

/// One reading of one queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading<'a> {
    /// When, as printed.
    pub stamp: Option<stamp::Stamp>,
    /// Which queue: `Send`, `Pull`, `GrpcProducerThreadPool` …
    pub queue: &'a str,
    /// Requests that wait.
    pub size: f64,
    /// How long the first of them has waited.
    pub slow_ms: f64,
}

/// Reads one line.
pub fn line(line: &str) -> Option<Reading<'_>> {
    if let Some(at) = line.find("[WATERMARK] ") {
        let rest = &line[at + "[WATERMARK] ".len()..];
        let (queue, rest) = rest.split_once(" Queue Size: ")?;
        let (size, slow) = rest.split_once(" SlowTimeMills: ")?;
        return Some(Reading {
            stamp: stamp::stamp(line),
            queue,
            size: size.trim().parse().ok()?,
            slow_ms: slow.split_whitespace().next()?.parse().ok()?,
        });
    }
    proxy(line)
}

/// The two queues that a 5.x name server tells in one line.
fn namesrv(line: &str) -> Option<[Reading<'_>; 2]> {
    let rest = line.split_once("[WATERMARK] ")?.1;
    let number = |label: &str| -> Option<f64> {
        let tail = &rest[rest.find(label)? + label.len()..];
        tail.split_whitespace().next()?.parse().ok()
    };
    let stamp = stamp::stamp(line);
    let reading = |queue, size, slow_ms| Reading {
        stamp,
        queue,
        size,
        slow_ms,
    };
    Some([
        reading("Client", number("ClientQueueSize:")?, number("ClientQueueSlowTime:")?),
        reading(
            "Default",
            number("DefaultQueueSize:")?,
            number("DefaultQueueSlowTime:")?,
        ),
    ])
}

/// Pool name 40 wide, what is told 12 wide, a number; in 5.2 and before without a blank after the stamp.
fn proxy(line: &str) -> Option<Reading<'_>> {
    let stamp = stamp::stamp(line)?;
    let mut words = line[stamp.len..].split_whitespace();
    let (queue, what, value) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() {
        return None;
    }
    let value: f64 = value.parse().ok()?;
    let (size, slow_ms) = match what {
        "queueSize" => (value, 0.0),
        "headSlow" | "headSlowTimeMills" => (0.0, value),
        _ => return None,
    };
    Some(Reading {
        stamp: Some(stamp),
        queue,
        size,
        slow_ms,
    })
}

/// The worst reading of one queue in the current minute.
#[derive(Debug)]
struct Worst {
    queue: Box<str>,
    size: f64,
    slow_ms: f64,
    at: Option<Moment>,
    line: u32,
    text: Box<str>,
}

/// Readings above zero, thinned to the worst of each minute and queue, and one row at the end that says the log was read.
#[derive(Debug)]
pub struct WatermarkSeries {
    source: SourceId,
    clock: Clock,
    minute: i64,
    worst: Vec<Worst>,
    first: Option<(u32, Option<Moment>, Box<str>)>,
}

/// Most queues of one process.
const QUEUES_MAX: usize = 64;

impl WatermarkSeries {
    /// An empty series.
    pub fn new(source: SourceId, clock: Clock) -> Self {
        Self {
            source,
            clock,
            minute: 0,
            worst: Vec::new(),
            first: None,
        }
    }

    /// Takes a line; false when it is none of this series.
    pub fn push(&mut self, line_no: u32, text: &str, out: &mut dyn Sink) -> bool {
        if let Some(reading) = line(text) {
            self.take(line_no, text, &reading, out);
        } else if let Some(readings) = namesrv(text) {
            for reading in &readings {
                self.take(line_no, text, reading, out);
            }
        } else {
            return false;
        }
        true
    }

    fn take(&mut self, line_no: u32, text: &str, reading: &Reading<'_>, out: &mut dyn Sink) {
        let at = reading.stamp.map(|stamp| self.clock.at(stamp));
        let minute = at.map_or(self.minute, |at| at.ms.div_euclid(60_000));
        if minute != self.minute {
            self.flush(out);
            self.minute = minute;
        }
        if self.first.is_none() {
            self.first = Some((line_no, at, crate::model::event::clip(text).into()));
        }
        if reading.size <= 0.0 && reading.slow_ms <= 0.0 {
            return;
        }
        let known = self.worst.iter().position(|w| *w.queue == *reading.queue);
        match known {
            Some(place) => {
                let w = &mut self.worst[place];
                if (reading.slow_ms, reading.size) > (w.slow_ms, w.size) {
                    *w = worst(line_no, text, reading, at);
                }
            }
            None if self.worst.len() < QUEUES_MAX => self.worst.push(worst(line_no, text, reading, at)),
            None => {}
        }
    }

    fn flush(&mut self, out: &mut dyn Sink) {
        for worst in self.worst.drain(..) {
            out.event(
                Event::new("rmq.watermark", Span::line(self.source, worst.line), &worst.text)
                    .at(worst.at)
                    .with("queue", &*worst.queue)
                    .with("size", worst.size)
                    .with("slow_ms", worst.slow_ms),
            );
        }
    }

    /// Tells the last minute and the row of zeros.
    pub fn finish(mut self, out: &mut dyn Sink) {
        self.flush(out);
        if let Some((line, at, text)) = self.first {
            out.event(
                Event::new("rmq.watermark", Span::line(self.source, line), &text)
                    .at(at)
                    .with("queue", "all")
                    .with("size", 0.0)
                    .with("slow_ms", 0.0),
            );
        }
    }
}

fn worst(line: u32, text: &str, reading: &Reading<'_>, at: Option<Moment>) -> Worst {
    Worst {
        queue: reading.queue.into(),
        size: reading.size,
        slow_ms: reading.slow_ms,
        at,
        line,
        text: crate::model::event::clip(text).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lines() {
        let check = |text: &str| line(text).map(|r| (r.queue.to_string(), r.size, r.slow_ms));
        let broker = "2026-05-02 10:00:01 - [WATERMARK] Lite Pull Queue Size: 3 SlowTimeMills: 120";
        assert_eq!(check(broker), Some(("Lite Pull".into(), 3.0, 120.0)));
        let proxy = "2026-05-02 10:00:01GrpcProducerThreadPool                  queueSize   7.0";
        assert_eq!(check(proxy), Some(("GrpcProducerThreadPool".into(), 7.0, 0.0)));
        assert_eq!(check("2026-05-02 10:00:01 INFO x - y"), None);
        let both = namesrv(
            "x - [WATERMARK] ClientQueueSize:1 ClientQueueSlowTime:2 DefaultQueueSize:3 DefaultQueueSlowTime:4",
        )
        .unwrap();
        assert_eq!((both[0].size, both[1].slow_ms), (1.0, 4.0));
    }
}

//! Counters of stats.log, and of the consumer's own statistics in the client log, by the minute.
//!
//! ```text
//! 2026-05-02 10:01:00 INFO - [GROUP_GET_NUMS] [order-topic@order-group] Stats In One Minute, SUM: 1717 TPS: 171.70 AVGPT: 6.09
//! 2026-05-02 10:01:00 INFO - [GROUP_GET_LATENCY] [1@order-topic@order-group] Stats In One Minute, TIMES: 68 AVGRT: 1.74
//! ```
//!
//! Rows of zeros, of the hour and day, and of single queues (unless slow) are left out. A decimal comma is possible.

use super::Clock;
use super::rates::RateSeries;
use crate::format::Sink;
use crate::model::stamp::{self, Stamp};
use crate::model::{Event, SourceId, Span};

/// One counter in one minute.
#[derive(Debug, Clone, PartialEq)]
pub struct Counter<'a> {
    /// When, as printed.
    pub stamp: Option<Stamp>,
    /// `TOPIC_PUT_NUMS` …
    pub name: &'a str,
    /// Its key as printed.
    pub key: &'a str,
    /// Sum, or calls of a response-time counter.
    pub sum: f64,
    /// Sum per second; 0 for response-time counters.
    pub tps: f64,
    /// Mean of an addition, or the mean time in milliseconds.
    pub avgpt: f64,
}

/// Name and key of a line of statistics, and what stands behind ` Stats `.
pub(super) fn item(line: &str) -> Option<(&str, &str, &str)> {
    let at = line.find("] Stats ")?;
    let (head, tail) = (&line[..at], &line[at + "] Stats ".len()..]);
    let key_at = head.rfind("] [")?;
    let name = &head[head[..key_at].rfind('[')? + 1..key_at];
    Some((name, &head[key_at + 3..], tail))
}

/// Reads one line.
pub fn line(line: &str) -> Option<Counter<'_>> {
    let (name, key, rest) = item(line)?;
    let rest = rest.strip_prefix("In One Minute, ")?;
    let number = |label: &str| -> Option<f64> {
        let tail = &rest[rest.find(label)? + label.len()..];
        tail.split_whitespace()
            .next()?
            .trim_end_matches(',')
            .replace(',', ".")
            .parse()
            .ok()
    };
    Some(Counter {
        stamp: stamp::stamp(line),
        name,
        key,
        sum: number("SUM: ").or_else(|| number("TIMES: "))?,
        tps: number("TPS: ").unwrap_or(0.0),
        avgpt: number("AVGPT: ").or_else(|| number("AVGRT: ")).unwrap_or(0.0),
    })
}

/// Topic and group of a key: `topic`, `topic@group`, `queue@topic@group`, `queue@topic`.
pub(super) fn topic_and_group<'a>(name: &str, key: &'a str) -> (Option<&'a str>, Option<&'a str>) {
    if name.starts_with("BROKER_") || name.starts_with("CHANNEL_") || name.ends_with("_REGISTER_TIME") {
        return (None, None);
    }
    let key = match key.split_once('@') {
        Some((queue, rest)) if queue.bytes().all(|c| c.is_ascii_digit()) && !queue.is_empty() => rest,
        _ => key,
    };
    match key.split_once('@') {
        Some((topic, group)) => (Some(topic), Some(group)),
        None => (Some(key), None),
    }
}

/// Most rows told of one source.
const ROWS_MAX: u32 = 200_000;

/// Counters of single queues: many, and only worth a row when they are slow.
fn is_detail(counter: &Counter<'_>) -> bool {
    const SLOW_MS: f64 = 10.0;
    let of_queue = counter.key.starts_with(|c: char| c.is_ascii_digit()) && counter.name.ends_with("_LATENCY");
    counter.name.starts_with("QUEUE_")
        || counter.name.starts_with("COMMERCIAL_")
        || (of_queue && counter.avgpt < SLOW_MS)
}

/// A row per counter and minute.
#[derive(Debug)]
pub struct StatsSeries {
    source: SourceId,
    clock: Clock,
    told: u32,
    rates: RateSeries,
}

impl StatsSeries {
    /// An empty series.
    pub fn new(source: SourceId, clock: Clock) -> Self {
        Self {
            source,
            clock,
            told: 0,
            rates: RateSeries::new(source),
        }
    }

    /// Takes a line; false when it is none of this series.
    pub fn push(&mut self, line_no: u32, text: &str, out: &mut dyn Sink) -> bool {
        let Some(counter) = line(text) else { return false };
        let at = counter.stamp.map(|stamp| self.clock.at(stamp));
        self.rates.push(&counter, at, line_no, text, out);
        if counter.sum == 0.0 || is_detail(&counter) || self.told >= ROWS_MAX {
            return true;
        }
        self.told += 1;
        let (topic, group) = topic_and_group(counter.name, counter.key);
        let mut event = Event::new("rmq.stats", Span::line(self.source, line_no), text)
            .at(at)
            .with("name", counter.name)
            .with("key", counter.key);
        if let Some(topic) = topic {
            event = event.with("topic", topic);
        }
        if let Some(group) = group {
            event = event.with("group", group);
        }
        out.event(
            event
                .with("sum", counter.sum)
                .with("tps", counter.tps)
                .with("avgpt", counter.avgpt),
        );
        true
    }

    /// Tells what is still held back.
    pub fn finish(self, out: &mut dyn Sink) {
        self.rates.finish(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lines() {
        let counter = line(
            "2026-05-02 10:01:00 INFO - [GROUP_GET_NUMS] [t@g] Stats In One Minute, SUM: 17 TPS: 1,70 AVGPT: 6,09",
        )
        .unwrap();
        assert_eq!(
            (counter.name, counter.key, counter.sum, counter.tps),
            ("GROUP_GET_NUMS", "t@g", 17.0, 1.7)
        );
        assert_eq!(
            line("x [A] [b] Stats In One Minute, TIMES: 68 AVGRT: 1.74")
                .unwrap()
                .avgpt,
            1.74
        );
        assert_eq!(line("x [A] [b] Stats In One Hour, SUM: 68 TPS: 1.74 AVGPT: 1"), None);
        assert_eq!(topic_and_group("GROUP_GET_LATENCY", "1@t@g"), (Some("t"), Some("g")));
        assert_eq!(topic_and_group("TOPIC_PUT_NUMS", "t"), (Some("t"), None));
        assert_eq!(topic_and_group("BROKER_PUT_NUMS", "c"), (None, None));
    }
}

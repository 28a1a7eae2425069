//! How far groups read behind: `GROUP_GET_FALL_SIZE` and `GROUP_GET_FALL_TIME` of stats.log, every five minutes.
//!
//! ```text
//! 2026-05-02 10:05:00 INFO - [GROUP_GET_FALL_SIZE] [2@order-topic@order-group] Stats Every 5 Minutes, Value: 3800
//! 2026-05-02 10:05:00 INFO - [GROUP_GET_FALL_TIME] [2@order-topic@order-group] Stats Every 5 Minutes, Value: 53
//! ```
//!
//! The size counts bytes of the whole commit log behind the last message handed out, and the value stays as it is until
//! the next pull that finds data: **a stopped consumer prints its last value for ever**. A reading equal to the one
//! before is told once, with `frozen` = 1, and then no more.

use super::Clock;
use super::stats::{item, topic_and_group};
use crate::format::Sink;
use crate::model::stamp;
use crate::model::{Event, Moment, SourceId, Span};
use std::collections::BTreeMap;

/// What a line tells of one queue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fall<'a> {
    /// When, as printed.
    pub stamp: Option<stamp::Stamp>,
    /// Topic.
    pub topic: &'a str,
    /// Consumer group.
    pub group: &'a str,
    /// True for `GROUP_GET_FALL_TIME`.
    pub is_time: bool,
    /// Bytes or milliseconds.
    pub value: f64,
}

/// Reads one line.
pub fn line(line: &str) -> Option<Fall<'_>> {
    if !line.contains("[GROUP_GET_FALL_") {
        return None;
    }
    let (name, key, rest) = item(line)?;
    let is_time = match name {
        "GROUP_GET_FALL_SIZE" => false,
        "GROUP_GET_FALL_TIME" => true,
        _ => return None,
    };
    let (Some(topic), Some(group)) = topic_and_group(name, key) else {
        return None;
    };
    Some(Fall {
        stamp: stamp::stamp(line),
        topic,
        group,
        is_time,
        value: rest.split_once("Value: ")?.1.trim().parse().ok()?,
    })
}

/// Sums over the queues of one group and topic at one reading; maxima would hide a change in another queue.
#[derive(Debug, Clone, Default)]
struct Reading {
    at: Option<Moment>,
    line: u32,
    text: Box<str>,
    bytes_max: f64,
    time_max: f64,
    bytes_sum: f64,
    time_sum: f64,
}

/// What is known of one group and topic.
#[derive(Debug, Default)]
struct Group {
    now: Option<Reading>,
    before: Option<Reading>,
    frozen: bool,
}

/// A row per group, topic and reading.
#[derive(Debug)]
pub struct LagSeries {
    source: SourceId,
    clock: Clock,
    minute: i64,
    groups: BTreeMap<(Box<str>, Box<str>), Group>,
}

/// Most groups and topics that are followed.
const GROUPS_MAX: usize = 5000;

impl LagSeries {
    /// An empty series.
    pub fn new(source: SourceId, clock: Clock) -> Self {
        Self {
            source,
            clock,
            minute: 0,
            groups: BTreeMap::new(),
        }
    }

    /// Takes a line; false when it is none of this series.
    pub fn push(&mut self, line_no: u32, text: &str, out: &mut dyn Sink) -> bool {
        let Some(fall) = line(text) else { return false };
        let at = fall.stamp.map(|stamp| self.clock.at(stamp));
        // A reading is printed within seconds; half a minute tells two of them apart.
        let minute = at.map_or(self.minute, |at| (at.ms + 30_000).div_euclid(60_000));
        if minute != self.minute {
            self.flush(out);
            self.minute = minute;
        }
        let key = (fall.group.into(), fall.topic.into());
        if self.groups.len() >= GROUPS_MAX && !self.groups.contains_key(&key) {
            return true;
        }
        let reading = self.groups.entry(key).or_default().now.get_or_insert_default();
        let telling = !fall.is_time && fall.value >= reading.bytes_max;
        if reading.line == 0 || telling {
            (reading.at, reading.line, reading.text) = (at, line_no, crate::model::event::clip(text).into());
        }
        if fall.is_time {
            reading.time_max = reading.time_max.max(fall.value);
            reading.time_sum += fall.value;
        } else {
            reading.bytes_max = reading.bytes_max.max(fall.value);
            reading.bytes_sum += fall.value;
        }
        true
    }

    fn flush(&mut self, out: &mut dyn Sink) {
        for ((group, topic), state) in &mut self.groups {
            let Some(now) = state.now.take() else { continue };
            let same = state
                .before
                .as_ref()
                .is_some_and(|b| (b.bytes_sum, b.time_sum) == (now.bytes_sum, now.time_sum));
            let behind = now.bytes_max > 0.0 || now.time_max > 0.0;
            if behind && !(same && state.frozen) {
                let mut event = Event::new("rmq.lag", Span::line(self.source, now.line), &now.text)
                    .at(now.at)
                    .with("group", &**group)
                    .with("topic", &**topic)
                    .with("bytes", now.bytes_max)
                    .with("time_ms", now.time_max);
                if let Some(before) = &state.before {
                    event = event.with("growth_bytes", now.bytes_max - before.bytes_max);
                }
                out.event(event.with("frozen", f64::from(u8::from(same))));
            }
            state.frozen = same;
            state.before = Some(now);
        }
    }

    /// Tells the last reading.
    pub fn finish(mut self, out: &mut dyn Sink) {
        self.flush(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lines() {
        let fall =
            line("2026-05-02 10:05:00 INFO - [GROUP_GET_FALL_TIME] [2@t@g] Stats Every 5 Minutes, Value: 53").unwrap();
        assert_eq!(
            (fall.topic, fall.group, fall.is_time, fall.value),
            ("t", "g", true, 53.0)
        );
        assert!(line("x [TOPIC_PUT_NUMS] [t] Stats In One Minute, SUM: 1 TPS: 1 AVGPT: 1").is_none());
    }
}

//! Arrival against consumption, minute by minute: `TOPIC_PUT_NUMS` beside `GROUP_GET_NUMS` of stats.log.
//!
//! ```text
//! 2026-05-02 10:01:00 INFO - [TOPIC_PUT_NUMS] [order-topic] Stats In One Minute, SUM: 6000 TPS: 100.00 AVGPT: 1.00
//! 2026-05-02 10:01:00 INFO - [GROUP_GET_NUMS] [order-topic@order-group] Stats In One Minute, SUM: 1717 TPS: 28.62 AVGPT: 6.09
//! ```
//!
//! Rows of zeros may not reach it, and of a big log only each tenth minute does: a group that was seen before and has no
//! row beside that of its topic read nothing.
//!
//! It runs while the log is read and not among the derivers: a broker's stats.log is too long to be kept.

use super::stats::{Counter, topic_and_group};
use crate::format::Sink;
use crate::model::event::clip;
use crate::model::{Event, Moment, SourceId, Span};
use std::collections::{BTreeMap, BTreeSet};

/// A minute counts when a group reads less than this share of what arrives.
const SHARE: f64 = 0.9;
/// Fewer messages in a minute say nothing.
const LEAST_PUT: f64 = 60.0;
/// Shorter runs are not told: a minute's edge moves messages from one minute into the next.
const LEAST_READINGS: u32 = 3;
/// Most topics and groups followed.
const PAIRS_MAX: usize = 5000;

/// Where a line stands.
#[derive(Debug, Clone)]
struct Place {
    at: Option<Moment>,
    line: u32,
    text: Box<str>,
}

/// Minutes in a row in which one group read too little.
#[derive(Debug)]
struct Run {
    readings: u32,
    first_minute: i64,
    last_minute: i64,
    put: f64,
    get: f64,
    last: Place,
}

/// Follows all groups of one stats.log.
#[derive(Debug)]
pub(super) struct RateSeries {
    source: SourceId,
    minute: i64,
    puts: BTreeMap<Box<str>, (f64, Place)>,
    gets: BTreeMap<(Box<str>, Box<str>), (f64, Place)>,
    /// Topics and groups that were read from.
    known: BTreeSet<(Box<str>, Box<str>)>,
    runs: BTreeMap<(Box<str>, Box<str>), Run>,
}

impl RateSeries {
    pub(super) fn new(source: SourceId) -> Self {
        Self {
            source,
            minute: 0,
            puts: BTreeMap::new(),
            gets: BTreeMap::new(),
            known: BTreeSet::new(),
            runs: BTreeMap::new(),
        }
    }

    /// Takes one counter of one minute. Rows of zeros matter here.
    pub(super) fn push(
        &mut self,
        counter: &Counter<'_>,
        at: Option<Moment>,
        line: u32,
        text: &str,
        out: &mut dyn Sink,
    ) {
        if !matches!(counter.name, "TOPIC_PUT_NUMS" | "GROUP_GET_NUMS") {
            return;
        }
        // All rows of a minute are printed within seconds of its end.
        let minute = at.map_or(self.minute, |at| (at.ms + 30_000).div_euclid(60_000));
        if minute != self.minute {
            self.flush(out);
            self.minute = minute;
        }
        let place = Place {
            at,
            line,
            text: clip(text).into(),
        };
        match topic_and_group(counter.name, counter.key) {
            (Some(topic), None) if self.puts.len() < PAIRS_MAX => {
                self.puts.insert(topic.into(), (counter.sum, place));
            }
            (Some(topic), Some(group)) if self.gets.len() < PAIRS_MAX => {
                let pair: (Box<str>, Box<str>) = (topic.into(), group.into());
                if self.known.len() < PAIRS_MAX {
                    self.known.insert(pair.clone());
                }
                self.gets.insert(pair, (counter.sum, place));
            }
            _ => {}
        }
    }

    fn flush(&mut self, out: &mut dyn Sink) {
        let mut gets = std::mem::take(&mut self.gets);
        let puts = std::mem::take(&mut self.puts);
        for pair in &self.known {
            let Some((put, put_place)) = puts.get(&pair.0) else {
                continue;
            };
            let (get, place) = gets.remove(pair).unwrap_or_else(|| (0.0, put_place.clone()));
            if *put >= LEAST_PUT && get < SHARE * put {
                let run = self.runs.entry(pair.clone()).or_insert_with(|| Run {
                    readings: 0,
                    first_minute: self.minute,
                    last_minute: self.minute,
                    put: 0.0,
                    get: 0.0,
                    last: place.clone(),
                });
                run.readings = run.readings.saturating_add(1);
                (run.put, run.get) = (run.put + put, run.get + get);
                (run.last_minute, run.last) = (self.minute, place);
            } else if let Some(run) = self.runs.remove(pair) {
                tell(self.source, pair, &run, out);
            }
        }
    }

    /// Tells the runs that are still open.
    pub(super) fn finish(mut self, out: &mut dyn Sink) {
        self.flush(out);
        for (pair, run) in &self.runs {
            tell(self.source, pair, run, out);
        }
    }
}

fn tell(source: SourceId, (topic, group): &(Box<str>, Box<str>), run: &Run, out: &mut dyn Sink) {
    if run.readings < LEAST_READINGS {
        return;
    }
    let seconds = f64::from(run.readings) * 60.0;
    let minutes = run.last_minute.saturating_sub(run.first_minute).saturating_add(1);
    let tenths = |n: f64| (n * 10.0).round() / 10.0;
    out.event(
        Event::new("rate.gap", Span::line(source, run.last.line), &run.last.text)
            .at(run.last.at)
            .with("topic", &**topic)
            .with("group", &**group)
            .with("put_per_s", tenths(run.put / seconds))
            .with("get_per_s", tenths(run.get / seconds))
            .with("share_pct", tenths(run.get / run.put * 100.0))
            .with("minutes", minutes as f64),
    );
}

#[cfg(test)]
mod tests {
    use super::super::stats::line;
    use super::*;

    #[test]
    fn three_minutes_of_too_little() {
        let check = |gets: &[f64]| {
            let mut series = RateSeries::new(SourceId(0));
            let mut out: Vec<Event> = Vec::new();
            for (minute, get) in gets.iter().enumerate() {
                let rows = [("TOPIC_PUT_NUMS", "t", 6000.0), ("GROUP_GET_NUMS", "t@g", *get)];
                for (name, key, sum) in rows.into_iter().filter(|row| row.2 >= 0.0) {
                    let text = format!("x [{name}] [{key}] Stats In One Minute, SUM: {sum} TPS: 1 AVGPT: 1");
                    let at = Some(Moment::utc(minute as i64 * 60_000));
                    series.push(&line(&text).unwrap(), at, minute as u32 + 1, &text, &mut out);
                }
            }
            series.finish(&mut out);
            out.iter()
                .map(|e| (e.fields.num("minutes").unwrap(), e.fields.num("share_pct").unwrap()))
                .collect::<Vec<_>>()
        };
        assert_eq!(check(&[3000.0, 3000.0, 3000.0, 6000.0]), [(3.0, 50.0)]);
        assert_eq!(check(&[6000.0, 0.0, 0.0, 0.0, 0.0]), [(4.0, 0.0)]);
        assert_eq!(check(&[3000.0, 6000.0, 3000.0, 3000.0]), []);
        assert_eq!(check(&[5900.0; 5]), []);
        // Below zero: no row at all.
        assert_eq!(check(&[6000.0, -1.0, -1.0, -1.0, -1.0]), [(4.0, 0.0)]);
    }
}

//! `Tally`: what the scan keeps of all events that one watch saw in one source. Bounded, whatever the input's size.

use super::occurrence::Occurrence;
use crate::model::{Event, Fields, Moment, Span, Zone};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// Most distinct values, minutes, times and kept events of one tally.
const DISTINCT_MAX: usize = 1000;
const MINUTES_MAX: usize = 50_000;
const TIMES_MAX: usize = 20_000;
const KEPT_MAX: usize = 5_000;
const NAMES_MAX: usize = 20;
const SAMPLES_MAX: usize = 4;

/// Fields whose values tell where a finding holds.
pub const SCOPE_FIELDS: &[&str] = &[
    "topic", "group", "broker", "addr", "client", "queue", "device", "iface", "key", "file",
];

/// One event kept as proof.
#[derive(Debug, Clone)]
pub struct Sample {
    /// When, as its source says.
    pub at: Option<Moment>,
    /// Where it stands.
    pub span: Span,
    /// First line of its record.
    pub record: u32,
    /// The line.
    pub text: Box<str>,
    /// Its fields.
    pub fields: Fields,
}

impl From<Event> for Sample {
    fn from(event: Event) -> Self {
        Self {
            at: event.at,
            span: event.span,
            record: event.record,
            text: event.text,
            fields: event.fields,
        }
    }
}

impl From<&Event> for Sample {
    fn from(event: &Event) -> Self {
        Self::from(event.clone())
    }
}

/// The value of a key; made when it is new.
fn entry<'m, T: Default>(map: &'m mut BTreeMap<String, T>, key: &str) -> &'m mut T {
    if !map.contains_key(key) {
        map.insert(key.to_string(), T::default());
    }
    map.get_mut(key).expect("it was put in above")
}

/// Adds a text to a set of at most so many.
fn insert(set: &mut BTreeSet<Box<str>>, text: &str, most: usize) {
    if set.len() < most && !set.contains(text) {
        set.insert(text.into());
    }
}

/// Figures of one numeric field, with a histogram of about 5 % width for percentiles.
#[derive(Debug, Clone, Default)]
pub struct Stat {
    count: u64,
    sum: f64,
    min: f64,
    max: f64,
    first: f64,
    last: f64,
    buckets: FxHashMap<i32, u64>,
}

impl Stat {
    fn add(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        if self.count == 0 {
            (self.min, self.max, self.first) = (value, value, value);
        }
        self.count += 1;
        self.sum += value;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.last = value;
        *self.buckets.entry(bucket(value)).or_default() += 1;
    }

    fn merge(&mut self, other: &Stat) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = other.clone();
            return;
        }
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.last = other.last;
        for (bucket, count) in &other.buckets {
            *self.buckets.entry(*bucket).or_default() += count;
        }
    }

    fn percentile(&self, p: f64) -> f64 {
        let mut buckets: Vec<_> = self.buckets.iter().collect();
        buckets.sort();
        let rank = (p * self.count as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (bucket, count) in buckets {
            seen += count;
            if seen >= rank {
                return bucket_value(*bucket).clamp(self.min, self.max);
            }
        }
        self.max
    }

    /// The value of an aggregate function.
    pub fn get(&self, function: &str) -> Option<f64> {
        (self.count > 0).then(|| match function {
            "max" => self.max,
            "min" => self.min,
            "avg" => self.sum / self.count as f64,
            "sum" => self.sum,
            "first" => self.first,
            "last" => self.last,
            "p50" => self.percentile(0.5),
            "p90" => self.percentile(0.9),
            _ => self.percentile(0.99),
        })
    }
}

fn bucket(value: f64) -> i32 {
    let magnitude = (value.abs() + 1e-9).ln() / 0.05;
    let index = magnitude.round() as i32 + 1000;
    if value < 0.0 { -index } else { index }
}

fn bucket_value(bucket: i32) -> f64 {
    let value = (f64::from(bucket.abs() - 1000) * 0.05).exp();
    if bucket < 0 { -value } else { value }
}

/// What a watch wants to have kept.
#[derive(Debug, Clone, Default)]
pub struct Wants {
    /// Fields for numeric aggregates.
    pub stats: Vec<String>,
    /// Fields whose distinct values are counted.
    pub distinct: Vec<String>,
    /// Fields of these events that tell where a finding holds, of [`SCOPE_FIELDS`].
    pub scope: Vec<&'static str>,
    /// Keep all times (the watch is the target of a `near`).
    pub times: bool,
    /// Keep whole events (the watch has a `near` of its own).
    pub events: bool,
}

impl Wants {
    /// Nothing of an event matters but its time and what it names.
    pub fn only_count(&self) -> bool {
        self.stats.is_empty() && !self.events
    }
}

/// Events of one watch in one source.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Events.
    pub count: u64,
    /// First few.
    pub samples: Vec<Sample>,
    /// The event with the largest value of the first wanted field.
    pub worst: Option<(f64, Sample)>,
    /// Events per minute and kind of zone.
    pub minutes: BTreeMap<(Zone, i64), u64>,
    /// First and last time per kind of zone.
    pub ends: BTreeMap<Zone, (i64, i64)>,
    /// Numeric fields.
    pub stats: BTreeMap<String, Stat>,
    /// Distinct values.
    pub distinct: BTreeMap<String, BTreeSet<Box<str>>>,
    /// Where it holds.
    pub names: BTreeMap<&'static str, BTreeSet<Box<str>>>,
    /// Times, for `near`.
    pub times: Vec<Moment>,
    /// Whole events, for `near`.
    pub events: Vec<Event>,
    /// Further sources whose events are counted in here (`crowd.rs`).
    pub others: Vec<u32>,
}

impl Tally {
    /// Adds an occurrence.
    pub fn add(&mut self, occurrence: &dyn Occurrence, wants: &Wants) {
        self.count(occurrence.at(), wants);
        if self.samples.len() < SAMPLES_MAX {
            self.samples.push(Sample::from(occurrence.event()));
        }
        for (index, field) in wants.stats.iter().enumerate() {
            if let Some(value) = occurrence.num(field) {
                entry(&mut self.stats, field).add(value);
                if index == 0 && self.worst.as_ref().is_none_or(|(worst, _)| value > *worst) {
                    self.worst = Some((value, Sample::from(occurrence.event())));
                }
            }
        }
        for field in &wants.distinct {
            if let Some(value) = occurrence.text(field) {
                insert(entry(&mut self.distinct, field), &value, DISTINCT_MAX);
            }
        }
        for field in &wants.scope {
            if let Some(value) = occurrence.str(field)
                && !value.is_empty()
            {
                insert(self.names.entry(field).or_default(), value, NAMES_MAX);
            }
        }
        if wants.events && self.events.len() < KEPT_MAX {
            self.events.push(occurrence.event());
        }
    }

    /// Adds an occurrence of which only the time matters.
    pub fn count(&mut self, at: Option<Moment>, wants: &Wants) {
        self.count += 1;
        let Some(at) = at else { return };
        let minute = (at.zone, at.ms.div_euclid(60_000));
        let full = self.minutes.len() >= MINUTES_MAX;
        match self.minutes.get_mut(&minute) {
            Some(count) => *count += 1,
            None if full => {}
            None => {
                self.minutes.insert(minute, 1);
            }
        }
        let ends = self.ends.entry(at.zone).or_insert((at.ms, at.ms));
        *ends = (ends.0.min(at.ms), ends.1.max(at.ms));
        if wants.times && self.times.len() < TIMES_MAX && self.times.last() != Some(&at) {
            self.times.push(at);
        }
    }

    /// Adds what a later part of the same source (or another source) saw.
    pub fn merge(&mut self, other: &Tally) {
        self.count += other.count;
        let room = SAMPLES_MAX.saturating_sub(self.samples.len());
        self.samples.extend(other.samples.iter().take(room).cloned());
        if let Some((value, sample)) = &other.worst
            && self.worst.as_ref().is_none_or(|(worst, _)| value > worst)
        {
            self.worst = Some((*value, sample.clone()));
        }
        for (minute, count) in &other.minutes {
            if self.minutes.len() < MINUTES_MAX || self.minutes.contains_key(minute) {
                *self.minutes.entry(*minute).or_default() += count;
            }
        }
        for (zone, (first, last)) in &other.ends {
            let ends = self.ends.entry(*zone).or_insert((*first, *last));
            *ends = (ends.0.min(*first), ends.1.max(*last));
        }
        for (field, stat) in &other.stats {
            self.stats.entry(field.clone()).or_default().merge(stat);
        }
        for (field, values) in &other.distinct {
            let set = self.distinct.entry(field.clone()).or_default();
            set.extend(values.iter().take(DISTINCT_MAX.saturating_sub(set.len())).cloned());
        }
        for (field, values) in &other.names {
            let set = self.names.entry(field).or_default();
            set.extend(values.iter().take(NAMES_MAX.saturating_sub(set.len())).cloned());
        }
        let room = TIMES_MAX.saturating_sub(self.times.len());
        self.times.extend(other.times.iter().take(room));
        let room = KEPT_MAX.saturating_sub(self.events.len());
        self.events.extend(other.events.iter().take(room).cloned());
    }

    /// Adds the tally of another source; its events may be earlier than those at hand.
    pub fn join(&mut self, source: u32, other: &Tally) {
        let mut samples = std::mem::take(&mut self.samples);
        samples.extend_from_slice(&other.samples);
        samples.sort_by_key(|s| (s.at.map_or(i64::MAX, |at| at.ms), s.span));
        samples.truncate(SAMPLES_MAX);
        self.merge(other);
        self.samples = samples;
        self.others.push(source);
    }

    /// Moves all spans down by `lines` (a chunk counted its lines from its own start).
    pub fn shift_lines(&mut self, lines: u32) {
        let shift = |span: &mut Span, record: &mut u32| {
            span.line += lines;
            span.end += lines;
            *record += lines;
        };
        self.samples.iter_mut().for_each(|s| shift(&mut s.span, &mut s.record));
        if let Some((_, sample)) = &mut self.worst {
            shift(&mut sample.span, &mut sample.record);
        }
        self.events.iter_mut().for_each(|e| shift(&mut e.span, &mut e.record));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{SourceId, SourceInfo};
    use crate::rule::matcher::Ports;
    use crate::rule::occurrence::Told;

    #[test]
    fn percentiles_are_close() {
        let mut stat = Stat::default();
        (1..=1000).for_each(|n| stat.add(f64::from(n)));
        for (f, want) in [
            ("p50", 500.0),
            ("p90", 900.0),
            ("p99", 990.0),
            ("max", 1000.0),
            ("avg", 500.5),
        ] {
            let got = stat.get(f).unwrap();
            assert!((got - want).abs() / want < 0.03, "{f} {got}");
        }
    }

    #[test]
    fn merging_parts_equals_the_whole() {
        let wants = Wants {
            stats: vec!["n".into()],
            distinct: vec!["n".into()],
            scope: Vec::new(),
            times: true,
            events: true,
        };
        let event = |i: u32, line: u32| {
            Event::new("x", Span::line(SourceId(0), line), "t")
                .at(Some(Moment::utc(i64::from(i) * 1000)))
                .with("n", f64::from(i % 7))
        };
        let source = SourceInfo::default();
        let ports = Ports::default();
        let (mut whole, mut a, mut b) = (Tally::default(), Tally::default(), Tally::default());
        for i in 1..=100 {
            whole.add(
                &Told {
                    event: &event(i, i),
                    source: &source,
                    ports: &ports,
                },
                &wants,
            );
            if i <= 40 {
                a.add(
                    &Told {
                        event: &event(i, i),
                        source: &source,
                        ports: &ports,
                    },
                    &wants,
                )
            } else {
                b.add(
                    &Told {
                        event: &event(i, i - 40),
                        source: &source,
                        ports: &ports,
                    },
                    &wants,
                )
            }
        }
        b.shift_lines(40);
        a.merge(&b);
        assert_eq!(
            (a.count, a.stats["n"].get("sum")),
            (whole.count, whole.stats["n"].get("sum"))
        );
        assert_eq!(a.distinct, whole.distinct);
        assert_eq!(a.events.last().unwrap().span.line, 100);
    }
}

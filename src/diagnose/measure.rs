//! Measured series of one source while it is scanned, for comparisons: exact counts and ends, and a bounded sample.
//! Which quantities are followed is data (`rules/effects.toml`). Not here: any judgement (`compare`).
//!
//! The sample is the readings whose hash of place is smallest. That is a uniform sample which depends neither on the
//! order of reading nor on how a file was cut among threads, and two samples join to the sample of both.

use crate::model::{Event, SourceInfo};
use crate::rule::effects::{Effects, Measure};
use crate::rule::matcher::Ports;
use crate::rule::occurrence::Told;
use std::collections::hash_map::Entry;
use std::collections::{BinaryHeap, HashMap};

/// Most readings kept of one series; the rest is counted.
const KEPT_MAX: usize = 1024;
/// Most series of one source: a broker may have thousands of topics.
const SERIES_MAX: usize = 512;

/// Readings of one quantity.
#[derive(Debug, Clone, Default)]
pub struct Series {
    /// All readings, or events counted.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// The largest.
    pub max: f64,
    kept: BinaryHeap<Kept>,
}

/// A reading in the sample; the largest hash leaves first.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Kept {
    hash: u64,
    value: f64,
}

impl Eq for Kept {}

impl Ord for Kept {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.hash.cmp(&other.hash).then(self.value.total_cmp(&other.value))
    }
}

impl PartialOrd for Kept {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Series {
    /// Takes a reading; `place` names it and no other.
    pub fn add(&mut self, value: f64, place: u64) {
        if !value.is_finite() {
            return;
        }
        self.max = if self.count == 0 { value } else { self.max.max(value) };
        self.count += 1;
        self.sum += value;
        self.keep(Kept {
            hash: mixed(place),
            value,
        });
    }

    fn keep(&mut self, it: Kept) {
        if self.kept.len() < KEPT_MAX {
            self.kept.push(it);
        } else if self.kept.peek().is_some_and(|largest| it.hash < largest.hash) {
            self.kept.pop();
            self.kept.push(it);
        }
    }

    /// Adds what another part saw.
    pub fn join(&mut self, other: &Series) {
        if other.count > 0 {
            self.max = if self.count == 0 {
                other.max
            } else {
                self.max.max(other.max)
            };
        }
        self.count += other.count;
        self.sum += other.sum;
        other.kept.iter().for_each(|it| self.keep(*it));
    }

    /// The sample in order of size.
    pub fn sorted(&self) -> Vec<f64> {
        let mut values: Vec<f64> = self.kept.iter().map(|it| it.value).collect();
        values.sort_by(f64::total_cmp);
        values
    }
}

/// `splitmix64`: neighbours in a file come out far apart.
fn mixed(place: u64) -> u64 {
    let mut z = place.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// One series of one source.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Index into `Effects::measures`.
    pub measure: usize,
    /// Index of the source.
    pub source: u32,
    /// Values of the measure's `by` fields.
    pub place: String,
    /// The readings.
    pub series: Series,
}

/// Series by measure and place.
type ByPlace = HashMap<(usize, String), Series>;

/// Collects series; without effects (no comparison was asked for) it does nothing.
#[derive(Debug, Default)]
pub(super) struct Collector<'a> {
    effects: Option<&'a Effects>,
    series: ByPlace,
}

impl<'a> Collector<'a> {
    pub(super) fn new(effects: Option<&'a Effects>) -> Self {
        Self {
            effects,
            series: HashMap::new(),
        }
    }

    pub(super) fn event(&mut self, event: &Event, source: &SourceInfo, ports: &Ports) {
        let Some(effects) = self.effects else { return };
        // Means since boot are no readings of this bundle's time.
        if event.fields.num("since_boot").is_some_and(|it| it > 0.0) {
            return;
        }
        let env = Told { event, source, ports };
        for &index in effects.by_kind.get(&*event.kind).into_iter().flatten() {
            let measure = &effects.measures[index];
            let holds = measure.event == *event.kind && measure.condition.as_ref().is_none_or(|c| c.holds(&env));
            match &measure.field {
                None => self.count(index, holds),
                Some(field) if holds => self.read(index, measure, event, field),
                Some(_) => {}
            }
        }
    }

    /// Events that do not count show that somebody was counting.
    fn count(&mut self, index: usize, counts: bool) {
        if let Some(series) = slot(&mut self.series, (index, String::new())) {
            series.count += u64::from(counts);
        }
    }

    fn read(&mut self, index: usize, measure: &Measure, event: &Event, field: &str) {
        let Some(value) = event.fields.num(field) else { return };
        let told = measure
            .by
            .iter()
            .filter_map(|name| event.fields.get(name))
            .map(|value| value.to_text());
        let place = told.filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ");
        if let Some(series) = slot(&mut self.series, (index, place)) {
            series.add(value, u64::from(event.span.source.0) << 32 | u64::from(event.span.line));
        }
    }

    /// Adds what a later part of the source saw.
    pub(super) fn absorb(&mut self, part: Collector<'_>) {
        for (key, series) in part.series {
            if let Some(own) = slot(&mut self.series, key) {
                own.join(&series);
            }
        }
    }

    pub(super) fn finish(self, source: u32) -> Vec<Measured> {
        let one = |((measure, place), series)| Measured {
            measure,
            source,
            place,
            series,
        };
        let mut all: Vec<Measured> = self.series.into_iter().map(one).collect();
        all.sort_by(|a, b| (a.measure, &a.place).cmp(&(b.measure, &b.place)));
        all
    }
}

fn slot(series: &mut ByPlace, key: (usize, String)) -> Option<&mut Series> {
    let full = series.len() >= SERIES_MAX;
    match series.entry(key) {
        Entry::Occupied(slot) => Some(slot.into_mut()),
        Entry::Vacant(slot) if !full => Some(slot.insert(Series::default())),
        Entry::Vacant(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_does_not_depend_on_order_or_parts() {
        let readings: Vec<(u64, f64)> = (0..5_000).map(|at| (at, (at % 1_000) as f64)).collect();
        let of = |it: &mut dyn Iterator<Item = &(u64, f64)>| {
            let mut series = Series::default();
            it.for_each(|(place, value)| series.add(*value, *place));
            series
        };
        let whole = of(&mut readings.iter());
        let mut parts = of(&mut readings[3_000..].iter().rev());
        parts.join(&of(&mut readings[..3_000].iter()));
        assert_eq!((whole.count, whole.max, whole.sum), (parts.count, parts.max, parts.sum));
        let sample = whole.sorted();
        assert_eq!(sample, parts.sorted());
        assert_eq!(sample.len(), KEPT_MAX);
        let median = sample[KEPT_MAX / 2];
        assert!((440.0..560.0).contains(&median), "{median}");
    }
}

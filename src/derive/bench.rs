//! Runs of the benchmark producer and consumer in their steady state.
//!
//! A consumer that is started after the producer first reads what waits for it. Its B2C times (born to consumed) are then
//! as long as the backlog is old, and fall; S2C (stored to consumed) the same. That is no slow consumer.

use super::{Bundle, Deriver, beside, milli, num};
use crate::model::Event;
use std::collections::BTreeMap;

pub(super) const DERIVER: Deriver = Deriver {
    name: "bench",
    reads: &["bench.producer", "bench.consumer"],
    gives: &["bench.summary"],
    derive,
};

/// Reports fewer than these are no run.
const ROWS_MIN: usize = 3;
/// B2C above this at the begin of a run is the age of a backlog, not a time of travel.
const OLD_MS: f64 = 1000.0;

fn derive(bundle: &Bundle<'_>, give: &mut dyn FnMut(Event)) {
    for (kind, role, rate) in [
        ("bench.producer", "producer", "send_tps"),
        ("bench.consumer", "consumer", "tps"),
    ] {
        let mut runs: BTreeMap<u32, Vec<&Event>> = BTreeMap::new();
        for event in bundle.of(kind) {
            runs.entry(event.span.source.0).or_default().push(event);
        }
        for rows in runs.values() {
            if let Some(event) = summary(rows, role, rate) {
                give(event);
            }
        }
    }
}

fn summary(all: &[&Event], role: &str, rate: &str) -> Option<Event> {
    // The first and last report cover a part of their interval.
    let rows = match all {
        [_, middle @ .., _] if middle.len() >= ROWS_MIN => middle,
        rows if rows.len() >= ROWS_MIN => rows,
        _ => return None,
    };
    let rates: Vec<f64> = rows.iter().filter_map(|row| num(row, rate)).collect();
    let (first, second) = rates.split_at(rates.len() / 2);
    let (first_tps, second_tps) = (mean(first)?, mean(second)?);
    let mut event = beside(rows.last()?, "bench.summary")
        .with("role", role)
        .with("rows", rows.len() as f64)
        .with("tps", milli(mean(&rates)?))
        .with("min_tps", rates.iter().copied().fold(f64::INFINITY, f64::min))
        .with("max_tps", rates.iter().copied().fold(0.0, f64::max))
        .with("first_half_tps", milli(first_tps))
        .with("second_half_tps", milli(second_tps));
    if first_tps > 0.0 {
        event = event.with("change_pct", milli((second_tps - first_tps) / first_tps * 100.0));
    }
    event = event.with("zero_rows", rates.iter().filter(|rate| **rate == 0.0).count() as f64);
    for field in ["avg_rt_ms", "avg_b2c_ms", "avg_s2c_ms"] {
        let values: Vec<f64> = rows.iter().filter_map(|row| num(row, field)).collect();
        if let Some(mean) = mean(&values) {
            event = event.with(field, milli(mean));
        }
    }
    let highest = |field: &str| all.iter().filter_map(|row| num(row, field)).max_by(f64::total_cmp);
    if let Some(max) = highest("max_rt_ms") {
        event = event.with("max_rt_ms", max);
    }
    if let Some(failed) = highest("failed").or(highest("fail")) {
        event = event.with("failed", failed);
    }
    if role == "consumer" {
        event = event.with("late_start", f64::from(u8::from(is_late(all))));
    }
    Some(event)
}

/// Whether a run begins with an old backlog that it works off.
fn is_late(rows: &[&Event]) -> bool {
    let times: Vec<f64> = rows.iter().filter_map(|row| num(row, "avg_b2c_ms")).collect();
    let quarter = times.len().div_ceil(4).max(1);
    let (Some(begin), Some(end)) = (
        mean(&times[..quarter.min(times.len())]),
        mean(&times[times.len().saturating_sub(quarter)..]),
    ) else {
        return false;
    };
    begin > OLD_MS && end < begin / 2.0
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{derive, fact, source};
    use super::*;

    #[test]
    fn producer_and_late_consumer() {
        let sources = ["a/producer.log", "b/consumer.log"].map(source);
        let mut facts = Vec::new();
        for (at, tps) in ["5", "100", "100", "50", "50", "3"].iter().enumerate() {
            let fields = [
                ("send_tps", *tps),
                ("max_rt_ms", "30"),
                ("avg_rt_ms", "2"),
                ("failed", "0"),
            ];
            facts.push(fact(0, at as f64 * 10.0, "bench.producer", &fields));
        }
        for (at, b2c) in ["90000", "60000", "30000", "9", "9", "9"].iter().enumerate() {
            let fields = [("tps", "100"), ("avg_b2c_ms", *b2c)];
            facts.push(fact(1, at as f64 * 10.0, "bench.consumer", &fields));
        }
        assert_eq!(
            derive(&DERIVER, &sources, facts),
            [
                "bench.summary role=producer rows=4 tps=75 min_tps=50 max_tps=100 first_half_tps=100 second_half_tps=50 change_pct=-50 zero_rows=0 avg_rt_ms=2 max_rt_ms=30 failed=0",
                "bench.summary role=consumer rows=4 tps=100 min_tps=100 max_tps=100 first_half_tps=100 second_half_tps=100 change_pct=0 zero_rows=0 avg_b2c_ms=22504.5 late_start=1",
            ]
        );
    }
}

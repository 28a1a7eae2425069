//! Whether the backlog of a group grows: between readings of `consumerProgress`, in one file or in several, and along the
//! five-minute readings of stats.log.

use super::progress::{Rank, Tables};
use super::{Bundle, Deriver, beside, folder, milli, num, text};
use crate::model::Event;
use std::collections::BTreeMap;

pub(super) const DERIVER: Deriver = Deriver {
    name: "lag",
    reads: &["admin.progress", "admin.progress.summary", "rmq.lag"],
    gives: &["lag.growth"],
    derive,
};

/// Readings of stats.log come every five minutes; a hole between them ends a run.
const STEP_MAX_MS: i64 = 11 * 60_000;
/// Steps in a row that must grow.
const STEPS_MIN: usize = 2;
/// Less is the jitter between two pulls.
const BYTES_MIN: f64 = 65_536.0;

fn derive(bundle: &Bundle<'_>, give: &mut dyn FnMut(Event)) {
    progress(bundle, give);
    falls(bundle, give);
}

/// One reading of a backlog in messages.
struct Reading<'b> {
    rank: Rank,
    diff: f64,
    event: &'b Event,
}

fn progress(bundle: &Bundle<'_>, give: &mut dyn FnMut(Event)) {
    let tables = Tables::of(bundle);
    let mut rows: BTreeMap<(String, &str), Vec<Reading<'_>>> = BTreeMap::new();
    for event in bundle.of("admin.progress.summary") {
        let (Some(diff), Some(rank)) = (num(event, "diff_total"), tables.rank(event)) else {
            continue;
        };
        let key = (tables.group(bundle, event).1, text(event, "topic"));
        rows.entry(key).or_default().push(Reading { rank, diff, event });
    }
    for ((_, topic), mut readings) in rows {
        readings.sort_by(|a, b| a.rank.cmp(&b.rank));
        // The same output in two files is one reading.
        readings.dedup_by(|b, a| bundle.utc(a.event).is_some() && (a.diff, a.event.at) == (b.diff, b.event.at));
        let [first, .., last] = &readings[..] else { continue };
        if first.diff == 0.0 && last.diff == 0.0 {
            continue;
        }
        let rising = readings.windows(2).filter(|pair| pair[1].diff > pair[0].diff).count();
        let group = tables.group(bundle, last.event).0;
        let times = (bundle.utc(first.event), bundle.utc(last.event));
        let span_s = match times {
            (Some(from), Some(to)) if to > from => Some((to - from) as f64 / 1000.0),
            _ => None,
        };
        let mut event = growth(last.event, group, topic, (first.diff, last.diff), span_s)
            .with("unit", "messages")
            .with("readings", readings.len() as f64)
            .with("rising", rising as f64);
        if let Some(tps) = num(last.event, "consume_tps") {
            event = event.with("consume_tps", tps);
        }
        give(event);
    }
}

fn growth(proof: &Event, group: &str, topic: &str, (from, to): (f64, f64), span_s: Option<f64>) -> Event {
    let mut event = beside(proof, "lag.growth");
    for (field, value) in [("group", group), ("topic", topic)] {
        if !value.is_empty() {
            event = event.with(field, value);
        }
    }
    event = event.with("from", from).with("to", to);
    match span_s {
        Some(span_s) => event
            .with("per_min", milli((to - from) / span_s * 60.0))
            .with("span_s", milli(span_s)),
        None => event,
    }
}

/// One reading of stats.log.
#[derive(Clone, Copy)]
struct Fall<'b> {
    utc: i64,
    bytes: f64,
    event: &'b Event,
}

/// Runs of readings that grow from one to the next.
fn falls(bundle: &Bundle<'_>, give: &mut dyn FnMut(Event)) {
    let mut rows: BTreeMap<(&str, &str, &str, &str), Vec<Fall<'_>>> = BTreeMap::new();
    for event in bundle.of("rmq.lag") {
        let (Some(utc), Some(bytes), Some(source)) = (bundle.utc(event), num(event, "bytes"), bundle.source(event))
        else {
            continue;
        };
        let key = (
            source.host.as_str(),
            folder(&source.path),
            text(event, "group"),
            text(event, "topic"),
        );
        rows.entry(key).or_default().push(Fall { utc, bytes, event });
    }
    for ((_, _, group, topic), mut falls) in rows {
        falls.sort_by_key(|fall| fall.utc);
        let grows = |a: &Fall<'_>, b: &Fall<'_>| {
            b.bytes > a.bytes && b.utc > a.utc && b.utc.saturating_sub(a.utc) <= STEP_MAX_MS
        };
        for run in falls.chunk_by(grows) {
            let [first, .., last] = run else { continue };
            if run.len() <= STEPS_MIN || last.bytes - first.bytes < BYTES_MIN {
                continue;
            }
            let span_s = last.utc.saturating_sub(first.utc) as f64 / 1000.0;
            give(
                growth(last.event, group, topic, (first.bytes, last.bytes), Some(span_s))
                    .with("unit", "bytes")
                    .with("readings", run.len() as f64)
                    .with("rising", (run.len() - 1) as f64),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{derive, fact, source};
    use super::*;

    #[test]
    fn two_files_by_name() {
        let sources = ["ops/progress-10.txt", "ops/progress-9.txt"].map(source);
        let facts = vec![
            fact(
                0,
                -1.0,
                "admin.progress.summary",
                &[("diff_total", "4000"), ("order", "0")],
            ),
            fact(0, -1.0, "admin.progress", &[("group", "g"), ("order", "0")]),
            fact(
                1,
                -1.0,
                "admin.progress.summary",
                &[
                    ("diff_total", "1000"),
                    ("group", "g"),
                    ("consume_tps", "3"),
                    ("order", "0"),
                ],
            ),
        ];
        assert_eq!(
            derive(&DERIVER, &sources, facts),
            ["lag.growth group=g from=1000 to=4000 unit=messages readings=2 rising=1"]
        );
    }

    #[test]
    fn one_file_with_stamps() {
        let sources = ["ops/progress.txt"].map(source);
        let row = |second: f64, order: &str, diff: &str| {
            let fields = [("diff_total", diff), ("group", "g"), ("order", order)];
            fact(0, second, "admin.progress.summary", &fields)
        };
        let facts = vec![row(0.0, "0", "500"), row(60.0, "1", "400"), row(120.0, "2", "300")];
        assert_eq!(
            derive(&DERIVER, &sources, facts),
            ["lag.growth group=g from=500 to=300 per_min=-100 span_s=120 unit=messages readings=3 rising=0"]
        );
        let same = vec![row(5.0, "0", "500"), row(5.0, "1", "500")];
        assert!(derive(&DERIVER, &sources, same).is_empty());
        let none = vec![row(5.0, "0", "0"), row(9.0, "1", "0")];
        assert!(derive(&DERIVER, &sources, none).is_empty());
    }

    #[test]
    fn bytes_that_grow_for_minutes() {
        let sources = ["a/logs/stats.log"].map(source);
        let check = |bytes: &[f64]| {
            let facts = bytes.iter().enumerate().map(|(at, bytes)| {
                let bytes = bytes.to_string();
                let fields = [("group", "g"), ("topic", "t"), ("bytes", bytes.as_str())];
                fact(0, at as f64 * 300.0, "rmq.lag", &fields)
            });
            derive(&DERIVER, &sources, facts.collect())
        };
        assert_eq!(
            check(&[1e5, 2e5, 3e5, 1e5]),
            [
                "lag.growth group=g topic=t from=100000 to=300000 per_min=20000 span_s=600 unit=bytes readings=3 rising=2"
            ]
        );
        assert!(check(&[100.0, 200.0, 300.0]).is_empty());
        assert!(check(&[1e6, 1e6, 1e6, 2e6]).is_empty());
    }
}

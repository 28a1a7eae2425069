//! The JSON form: figures under names that end in their unit. Absent figures are `null`.

use crate::format::gc::record::{FailureKind, GcLog, Pause};
use crate::format::gc::stats::{Stats, stats};
use crate::model::{Moment, Zone};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How many of the longest pauses are listed.
const LONGEST: usize = 10;

/// One object for one log; for several the sums, with one object per log in `files`.
pub fn json(logs: &[GcLog]) -> Value {
    if let [log] = logs {
        return one(log);
    }
    let sum = |get: fn(&GcLog) -> u64| logs.iter().map(get).sum::<u64>();
    json!({
        "schema": "rmqdoc.gc/1",
        "pauses": sum(|log| log.totals.pauses),
        "full_gcs": sum(|log| log.totals.full),
        "total_pause_s": seconds(logs.iter().map(|log| log.totals.pause_s).sum()),
        "max_pause_s": seconds(logs.iter().map(|log| log.totals.max_pause_s).fold(0.0, f64::max)),
        "files": logs.iter().map(one).collect::<Vec<_>>(),
    })
}

fn one(log: &GcLog) -> Value {
    let stats = stats(log);
    let mut object = json!({
        "schema": "rmqdoc.gc/1",
        "file": log.path,
        "is_gc_log": log.is_gc_log(),
        "process": log.process,
        "collector": log.collector.word(),
        "jdk": log.jdk,
        "lines": log.lines,
        "first": log.first.map(moment),
        "last": log.last.map(moment),
    });
    for (name, value) in figures(log, &stats) {
        object[name] = value;
    }
    object["causes"] = causes(&stats);
    object["failures"] = failures(log);
    object["longest"] = longest(log);
    object
}

fn figures(log: &GcLog, stats: &Stats) -> Vec<(&'static str, Value)> {
    vec![
        ("pauses", json!(stats.pauses)),
        ("full_gcs", json!(stats.full_gcs)),
        ("young_gcs", json!(stats.young_gcs)),
        ("total_pause_s", json!(seconds(stats.total_pause_s))),
        ("max_pause_s", json!(stats.max_pause_s)),
        ("p50_pause_s", json!(stats.p50_s)),
        ("p90_pause_s", json!(stats.p90_s)),
        ("p95_pause_s", json!(stats.p95_s)),
        ("p99_pause_s", json!(stats.p99_s)),
        ("span_s", json!(stats.span_s)),
        ("throughput_pct", json!(stats.throughput_pct)),
        ("young_per_min", json!(stats.young_per_min)),
        ("full_per_min", json!(stats.full_per_min)),
        ("alloc_mb_per_s", json!(stats.alloc_mb_per_s)),
        ("promo_mb_per_s", json!(stats.promo_mb_per_s)),
        ("live_mb", json!(stats.live_mb)),
        ("live_trend_mb_per_h", json!(stats.live_trend_mb_per_h)),
        ("live_samples", json!(stats.live_samples)),
        ("after_full_pct", json!(stats.after_full_pct)),
        ("heap_max_kb", json!(log.heap_max_kb)),
        ("young_mb", json!(stats.young_mb)),
        ("stops", json!(log.totals.stops)),
        ("stopped_total_s", json!(seconds(log.totals.stopped_s))),
        ("max_stopped_s", json!(log.totals.max_stopped_s)),
    ]
}

/// Sums of many seconds, without the dust of binary addition.
fn seconds(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}

fn causes(stats: &Stats) -> Value {
    let row = |row: &crate::format::gc::stats::CauseRow| {
        json!({
            "cause": row.cause,
            "kind": row.kind.word(),
            "count": row.count,
            "total_s": seconds(row.total_s),
            "max_s": row.max_s,
        })
    };
    stats.causes.iter().map(row).collect()
}

fn failures(log: &GcLog) -> Value {
    let mut kinds: BTreeMap<FailureKind, (u64, u32)> = BTreeMap::new();
    for failure in &log.failures {
        kinds.entry(failure.kind).or_insert((0, failure.line)).0 += 1;
    }
    kinds
        .iter()
        .map(|(kind, (count, line))| json!({"what": kind.word(), "count": count, "first_line": line}))
        .collect()
}

fn longest(log: &GcLog) -> Value {
    let row = |pause: &&Pause| {
        json!({
            "line": pause.line,
            "end_line": pause.end_line,
            "end": pause.end.map(moment),
            "pause_s": pause.secs,
            "kind": pause.kind.word(),
            "cause": log.cause(pause.cause),
        })
    };
    super::text::longest(log, LONGEST).iter().map(row).collect()
}

/// `2026-11-22T13:16:35.980Z`, the same without `Z` for an unknown zone, `up 12.345s` for uptime.
fn moment(at: Moment) -> Value {
    json!(match at.zone {
        Zone::Uptime => format!("up {:.3}s", at.ms as f64 / 1e3),
        Zone::Local => super::text::date(at.ms, 'T'),
        Zone::Written | Zone::Gmt8 => format!("{}Z", super::text::date(at.ms, 'T')),
    })
}

//! Hosts and processes that stood still: the same hole in several logs that write all the time, or in the samples of
//! vmstat, sar and the like. Holes in which the process was started anew are left out; how much of a hole garbage
//! collection covers is told, not judged.

use super::{Bundle, Deriver, beside, folder, milli, num, text};
use crate::model::Event;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const DERIVER: Deriver = Deriver {
    name: "stall",
    reads: &[
        "rmq.gap",
        "rmq.boot",
        "rmq.start",
        "gc.pause",
        "gc.stopped",
        "cpu.sample",
    ],
    gives: &["stall"],
    derive,
};

/// How far a line after a start may follow it and still belong to the hole that the start made.
const AFTER_START_MS: i64 = 30_000;
/// How far around a hole steal is looked for.
const AROUND_MS: i64 = 60_000;
/// Samples are regular after so many of them; a hole is three intervals and these seconds longer than one.
const SAMPLES_MIN: usize = 8;
const SAMPLE_HOLE_MS: i64 = 5_000;
/// Most holes of one host that are compared.
const HOLES_MAX: usize = 2000;
/// Tools that were started again leave long holes, or many.
const SAMPLE_HOLE_MAX_MS: i64 = 900_000;
const SAMPLE_HOLES_MAX: usize = 5;

/// A time without lines.
#[derive(Clone, Copy)]
struct Hole<'b> {
    from: i64,
    to: i64,
    log: &'b str,
    event: &'b Event,
}

impl Hole<'_> {
    fn meets(&self, other: &Hole<'_>) -> bool {
        self.from < other.to && other.from < self.to
    }

    fn length(&self) -> i64 {
        self.to.saturating_sub(self.from)
    }
}

fn derive(bundle: &Bundle<'_>, give: &mut dyn FnMut(Event)) {
    let mut hosts: BTreeMap<&str, Vec<Hole<'_>>> = BTreeMap::new();
    for hole in log_holes(bundle).into_iter().chain(sample_holes(bundle)) {
        hosts.entry(bundle.host(hole.event)).or_default().push(hole);
    }
    let pauses = pauses(bundle);
    let steals = steals(bundle);
    for holes in hosts.values_mut() {
        holes.sort_by_key(|hole| (hole.from, hole.to, hole.event.span));
        holes.truncate(HOLES_MAX);
    }
    for (host, holes) in &hosts {
        for hole in holes.iter().filter(|hole| is_told(hole, holes)) {
            let same: BTreeSet<&str> = holes.iter().filter(|o| o.meets(hole)).map(|o| o.log).collect();
            let others = hosts
                .iter()
                .filter(|(other, holes)| *other != host && holes.iter().any(|o| o.meets(hole)))
                .count();
            let gc_ms = covered(hole, pauses.get(host).map_or(&[], Vec::as_slice));
            let samples = same.contains("samples");
            let mut event = beside(hole.event, "stall")
                .with("host", *host)
                .with("gap_s", milli(hole.length() as f64 / 1000.0))
                .with("gc_s", milli(gc_ms as f64 / 1000.0))
                .with(
                    "covered_pct",
                    (gc_ms as f64 / hole.length().max(1) as f64 * 100.0).round().min(100.0),
                )
                .with("logs", (same.len() - usize::from(samples)) as f64)
                .with("samples", f64::from(u8::from(samples)))
                .with("other_hosts", others as f64)
                .with("log", hole.log);
            if let Some(steal) = steal(hole, steals.get(host).map_or(&[], Vec::as_slice)) {
                event = event.with("steal_pct", steal);
            }
            give(event);
        }
    }
}

/// Of holes that meet, the one of the log that writes most often tells the stall: watermark.log by the second.
fn is_told(hole: &Hole<'_>, holes: &[Hole<'_>]) -> bool {
    let order = |h: &Hole<'_>| (h.log != "watermark", h.length(), h.from, h.event.span);
    let meeting = holes.iter().filter(|other| other.meets(hole));
    // Two holes of one log are two stalls, even when a slower log has one hole over both.
    meeting
        .filter(|other| other.log != hole.log || other.event.span.source != hole.event.span.source)
        .all(|other| order(hole) < order(other))
}

/// Holes of logs, without those that a start explains.
fn log_holes<'b>(bundle: &'b Bundle<'_>) -> Vec<Hole<'b>> {
    let mut starts: BTreeMap<(&str, &str), Vec<i64>> = BTreeMap::new();
    for event in bundle.of("rmq.boot").chain(bundle.of("rmq.start")) {
        if let (Some(utc), Some(source)) = (bundle.utc(event), bundle.source(event)) {
            starts
                .entry((&source.host, folder(&source.path)))
                .or_default()
                .push(utc);
        }
    }
    let holes = bundle.of("rmq.gap").filter_map(|event| {
        let (to, gap_s, source) = (bundle.utc(event)?, num(event, "gap_s")?, bundle.source(event)?);
        let from = to.saturating_sub((gap_s * 1000.0) as i64);
        let own = starts.get(&(source.host.as_str(), folder(&source.path)));
        let starting = own.is_some_and(|own| {
            own.iter().any(|start| {
                *start >= from && *start <= to || *start < from && from.saturating_sub(*start) < AFTER_START_MS
            })
        });
        (!starting && from < to).then_some(Hole {
            from,
            to,
            log: text(event, "log"),
            event,
        })
    });
    holes.collect()
}

/// Samples of the whole machine, by source.
fn samples<'b>(bundle: &'b Bundle<'_>) -> BTreeMap<u32, Vec<(i64, &'b Event)>> {
    let mut samples: BTreeMap<u32, Vec<(i64, &Event)>> = BTreeMap::new();
    for event in bundle.of("cpu.sample") {
        let whole = matches!(text(event, "cpu"), "" | "all") && num(event, "cpu").is_none();
        if let Some(utc) = bundle
            .utc(event)
            .filter(|_| whole && num(event, "since_boot") != Some(1.0))
        {
            samples.entry(event.span.source.0).or_default().push((utc, event));
        }
    }
    samples
}

fn sample_holes<'b>(bundle: &'b Bundle<'_>) -> Vec<Hole<'b>> {
    let mut holes = Vec::new();
    for rows in samples(bundle).values_mut() {
        rows.sort_by_key(|(utc, event)| (*utc, event.span));
        let steps = || rows.windows(2).map(|pair| pair[1].0.saturating_sub(pair[0].0));
        let mut sorted: Vec<i64> = steps().collect();
        sorted.sort_unstable();
        let usual = sorted.get(sorted.len() / 2).copied().unwrap_or(0);
        let least = usual.saturating_mul(3).max(usual.saturating_add(SAMPLE_HOLE_MS));
        let found: Vec<Hole<'_>> = rows
            .windows(2)
            .filter(|pair| pair[1].0.saturating_sub(pair[0].0) >= least)
            .map(|pair| Hole {
                from: pair[0].0,
                to: pair[1].0,
                log: "samples",
                event: pair[1].1,
            })
            .collect();
        let stands = found.len() <= SAMPLE_HOLES_MAX && found.iter().all(|hole| hole.length() <= SAMPLE_HOLE_MAX_MS);
        if rows.len() >= SAMPLES_MIN && usual > 0 && stands {
            holes.extend(found);
        }
    }
    holes
}

/// Pauses of the JVMs of each host: begin and end.
fn pauses<'b>(bundle: &'b Bundle<'_>) -> BTreeMap<&'b str, Vec<(i64, i64)>> {
    let mut pauses: BTreeMap<&str, Vec<(i64, i64)>> = BTreeMap::new();
    for (kind, field) in [("gc.pause", "pause_ms"), ("gc.stopped", "stopped_ms")] {
        for event in bundle.of(kind) {
            if let (Some(to), Some(ms)) = (bundle.utc(event), num(event, field)) {
                let from = to.saturating_sub(ms as i64);
                pauses.entry(bundle.host(event)).or_default().push((from, to));
            }
        }
    }
    for of_host in pauses.values_mut() {
        of_host.sort_unstable();
    }
    pauses
}

/// Milliseconds of a hole that pauses cover; stamps of logs are whole seconds.
fn covered(hole: &Hole<'_>, pauses: &[(i64, i64)]) -> i64 {
    const SECOND_MS: i64 = 1000;
    let (mut at, end) = (hole.from.saturating_sub(SECOND_MS), hole.to.saturating_add(SECOND_MS));
    let mut sum = 0i64;
    for (from, to) in pauses {
        let (from, to) = ((*from).max(at), (*to).min(end));
        if from < to {
            sum = sum.saturating_add(to.saturating_sub(from));
            at = to;
        }
    }
    sum.min(hole.length())
}

fn steals<'b>(bundle: &'b Bundle<'_>) -> BTreeMap<&'b str, Vec<(i64, f64)>> {
    let mut steals: BTreeMap<&str, Vec<(i64, f64)>> = BTreeMap::new();
    for (utc, event) in samples(bundle).into_values().flatten() {
        if let Some(steal) = num(event, "steal_pct") {
            steals.entry(bundle.host(event)).or_default().push((utc, steal));
        }
    }
    steals
}

fn steal(hole: &Hole<'_>, steals: &[(i64, f64)]) -> Option<f64> {
    let near = hole.from.saturating_sub(AROUND_MS)..=hole.to.saturating_add(AROUND_MS);
    let near = steals
        .iter()
        .filter(|(utc, _)| near.contains(utc))
        .map(|(_, steal)| *steal);
    near.max_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{derive, fact, source};
    use super::*;

    fn check(facts: Vec<Event>) -> Vec<String> {
        let paths = [
            "a/logs/watermark.log",
            "a/logs/store.log",
            "a/gc.log",
            "a/vmstat.txt",
            "b/logs/watermark.log",
        ];
        derive(&DERIVER, &paths.map(source), facts)
    }

    fn gap(source: u32, end: f64, gap_s: &str, log: &str) -> Event {
        fact(source, end, "rmq.gap", &[("gap_s", gap_s), ("log", log)])
    }

    #[test]
    fn a_hole_with_a_pause_in_it() {
        let facts = vec![
            gap(0, 100.0, "10", "watermark"),
            gap(1, 250.0, "200", "store"),
            gap(4, 95.0, "20", "watermark"),
            fact(2, 99.0, "gc.pause", &[("pause_ms", "8000")]),
            fact(2, 99.0, "gc.stopped", &[("stopped_ms", "8500")]),
        ];
        assert_eq!(
            check(facts),
            [
                "stall host=a gap_s=10 gc_s=8.5 covered_pct=85 logs=2 samples=0 other_hosts=1 log=watermark",
                "stall host=b gap_s=20 gc_s=0 covered_pct=0 logs=1 samples=0 other_hosts=1 log=watermark",
            ]
        );
    }

    #[test]
    fn starts_explain_holes() {
        let boot = |second| fact(1, second, "rmq.boot", &[("process", "broker")]);
        assert!(check(vec![gap(0, 100.0, "30", "watermark"), boot(90.0)]).is_empty());
        assert_eq!(check(vec![gap(0, 100.0, "30", "watermark"), boot(20.0)]).len(), 1);
    }

    #[test]
    fn samples_with_a_hole() {
        let mut facts: Vec<Event> = (0..20)
            .map(|n| {
                fact(
                    3,
                    f64::from(n) * 5.0,
                    "cpu.sample",
                    &[("steal_pct", "3"), ("cpu", "all")],
                )
            })
            .collect();
        assert!(check(facts.clone()).is_empty());
        facts.drain(8..14);
        assert_eq!(
            check(facts),
            ["stall host=a gap_s=35 gc_s=0 covered_pct=0 logs=0 samples=1 other_hosts=0 log=samples steal_pct=3"]
        );
    }
}

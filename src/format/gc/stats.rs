//! Figures of one GC log: how much the application stood still, how fast it allocates, whether the live set grows.
//! Arithmetic only; what is good or bad is for rules to say.

use super::collect::MAX_PAUSES;
use super::record::{Change, GcLog, Live, LiveAfter, Pause, PauseKind};
use crate::model::Moment;

/// See the module's documentation. `None` where the log does not tell enough.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stats {
    /// All pauses.
    pub pauses: u64,
    /// Pauses that collected the whole heap.
    pub full_gcs: u64,
    /// Young and mixed pauses.
    pub young_gcs: u64,
    /// Sum of all pauses.
    pub total_pause_s: f64,
    /// Longest pause.
    pub max_pause_s: f64,
    /// Quantiles of the pauses.
    pub p50_s: Option<f64>,
    /// 90 of 100 pauses are not longer.
    pub p90_s: Option<f64>,
    /// 95 of 100 pauses are not longer.
    pub p95_s: Option<f64>,
    /// 99 of 100 pauses are not longer.
    pub p99_s: Option<f64>,
    /// Time that the stamps cover.
    pub span_s: Option<f64>,
    /// Share of that time that the application could run.
    pub throughput_pct: Option<f64>,
    /// Young and mixed pauses per minute.
    pub young_per_min: Option<f64>,
    /// Full collections per minute.
    pub full_per_min: Option<f64>,
    /// How fast the heap fills between collections.
    pub alloc_mb_per_s: Option<f64>,
    /// How fast objects reach the old generation.
    pub promo_mb_per_s: Option<f64>,
    /// Pauses by cause, the one with most pause time first.
    pub causes: Vec<CauseRow>,
    /// Heap in use after the last collection of the old generation.
    pub live_mb: Option<f64>,
    /// How fast that grows.
    pub live_trend_mb_per_h: Option<f64>,
    /// Number of collections that the trend is built from.
    pub live_samples: usize,
    /// Largest heap.
    pub heap_max_mb: Option<f64>,
    /// Share of the heap in use after the last full collection.
    pub after_full_pct: Option<f64>,
    /// Size of the young generation at the last young collection.
    pub young_mb: Option<f64>,
}

/// Pauses of one cause and kind.
#[derive(Debug, Clone, PartialEq)]
pub struct CauseRow {
    /// Cause as printed; empty when not told.
    pub cause: String,
    /// Kind of the pauses.
    pub kind: PauseKind,
    /// How many.
    pub count: u64,
    /// Their sum.
    pub total_s: f64,
    /// The longest of them.
    pub max_s: f64,
}

/// A rate per minute or second is not told for less time than this: three pasted lines say nothing about a minute.
const RATE_MIN_S: f64 = 5.0;

/// Sums up a log whose pauses are all at hand.
pub fn stats(log: &GcLog) -> Stats {
    let mut sums = Sums::default();
    log.pauses.iter().for_each(|pause| sums.add(pause));
    Stats {
        causes: by_cause(log),
        ..sums.stats(log)
    }
}

/// What pauses add up to, taken one by one, so that none has to be kept.
#[derive(Debug, Clone, Default)]
pub struct Sums {
    young: u64,
    /// Durations, for quantiles.
    secs: Vec<f64>,
    /// What the heap grew between the end of one pause and the start of the next.
    allocated_kb: Option<u64>,
    /// What the young collections say they moved.
    promoted_kb: Option<u64>,
    /// Heap after the pause before.
    after_kb: Option<u64>,
    last_young: Option<Change>,
    last_full: Option<Change>,
}

impl Sums {
    /// Takes the next pause.
    pub fn add(&mut self, pause: &Pause) {
        self.young += u64::from(matches!(pause.kind, PauseKind::Young | PauseKind::Mixed));
        if self.secs.len() < MAX_PAUSES {
            self.secs.push(pause.secs);
        }
        if let Some(heap) = pause.heap {
            if let Some(after) = self.after_kb {
                let grown = heap.before_kb.saturating_sub(after);
                self.allocated_kb = Some(self.allocated_kb.unwrap_or(0).saturating_add(grown));
            }
            self.after_kb = Some(heap.after_kb);
        }
        if let Some(kb) = pause.promoted_kb {
            self.promoted_kb = Some(self.promoted_kb.unwrap_or(0).saturating_add(kb));
        }
        self.last_young = pause.young.or(self.last_young);
        if pause.is_full() {
            self.last_full = pause.heap;
        }
    }

    /// The figures, all but those by cause; `log` needs no pauses.
    pub fn stats(self, log: &GcLog) -> Stats {
        let totals = &log.totals;
        let span_s = (log.covered_ms > 0).then(|| (log.covered_ms as f64 / 1e3).max(totals.pause_s));
        let rated_s = span_s.filter(|span| *span >= RATE_MIN_S);
        let per_min = |count: u64| rated_s.map(|span| count as f64 * 60.0 / span);
        let per_s = |kb: Option<u64>| Some(mb(kb?) / rated_s?);
        let mut stats = Stats {
            pauses: totals.pauses,
            full_gcs: totals.full,
            young_gcs: self.young,
            total_pause_s: totals.pause_s,
            max_pause_s: totals.max_pause_s,
            span_s,
            throughput_pct: span_s.map(|span| 100.0 * (1.0 - totals.pause_s / span).max(0.0)),
            young_per_min: per_min(self.young),
            full_per_min: per_min(totals.full),
            alloc_mb_per_s: per_s(self.allocated_kb),
            promo_mb_per_s: per_s(self.promoted_kb),
            heap_max_mb: log.heap_max_kb.map(mb),
            young_mb: self.last_young.map(|young| mb(young.total_kb.max(young.before_kb))),
            after_full_pct: self
                .last_full
                .filter(|heap| heap.total_kb > 0)
                .map(|heap| 100.0 * heap.after_kb as f64 / heap.total_kb as f64),
            ..Stats::default()
        };
        quantiles(self.secs, &mut stats);
        live_set(log, &mut stats);
        stats
    }
}

/// KiB as MiB.
pub fn mb(kb: u64) -> f64 {
    kb as f64 / 1024.0
}

fn quantiles(mut secs: Vec<f64>, stats: &mut Stats) {
    secs.sort_unstable_by(f64::total_cmp);
    // nearest rank: the smallest pause that this share of all pauses does not exceed
    let rank = |share: f64| {
        let index = (share * secs.len() as f64).ceil() as usize;
        secs.get(index.max(1) - 1).copied()
    };
    stats.p50_s = rank(0.50);
    stats.p90_s = rank(0.90);
    stats.p95_s = rank(0.95);
    stats.p99_s = rank(0.99);
}

fn by_cause(log: &GcLog) -> Vec<CauseRow> {
    const KINDS: usize = 8;
    let mut rows: Vec<Option<CauseRow>> = vec![None; log.causes.len().max(1) * KINDS];
    for pause in &log.pauses {
        let Some(slot) = rows.get_mut(usize::from(pause.cause.0) * KINDS + pause.kind as usize) else {
            continue;
        };
        let row = slot.get_or_insert_with(|| CauseRow {
            cause: log.cause(pause.cause).to_owned(),
            kind: pause.kind,
            count: 0,
            total_s: 0.0,
            max_s: 0.0,
        });
        row.count += 1;
        row.total_s += pause.secs;
        row.max_s = row.max_s.max(pause.secs);
    }
    let mut rows: Vec<CauseRow> = rows.into_iter().flatten().collect();
    rows.sort_by(|a, b| b.total_s.total_cmp(&a.total_s));
    rows
}

/// Samples below which there is no trend.
const TREND_MIN: usize = 3;
/// Hours below which there is none either: warming up fills any heap.
const TREND_MIN_H: f64 = 1.0 / 60.0;

fn live_set(log: &GcLog, stats: &mut Stats) {
    let full: Vec<&Live> = log.live.iter().filter(|live| live.after == LiveAfter::Full).collect();
    // Full collections tell the live set exactly; the others leave garbage behind and only serve when there are too few.
    let samples = if full.len() >= TREND_MIN {
        full
    } else {
        log.live.iter().collect()
    };
    stats.live_mb = samples.last().map(|live| mb(live.after_kb));
    stats.live_samples = samples.len();
    stats.live_trend_mb_per_h = trend(&samples);
}

/// Slope of the line of least squares through the samples since the last restart.
fn trend(samples: &[&Live]) -> Option<f64> {
    let zone = samples.last()?.at?.zone;
    let points: Vec<(f64, f64)> = samples
        .iter()
        .filter_map(|live| {
            Some((
                live.at.filter(|at| at.zone == zone)?.ms as f64 / 3.6e6,
                mb(live.after_kb),
            ))
        })
        .collect();
    let start = points
        .windows(2)
        .rposition(|pair| pair[1].0 < pair[0].0)
        .map_or(0, |at| at + 1);
    let points = &points[start..];
    let (first, last) = (points.first()?, points.last()?);
    if points.len() < TREND_MIN || last.0 - first.0 < TREND_MIN_H {
        return None;
    }
    let n = points.len() as f64;
    let (mean_x, mean_y) = (
        points.iter().map(|p| p.0).sum::<f64>() / n,
        points.iter().map(|p| p.1).sum::<f64>() / n,
    );
    let spread: f64 = points.iter().map(|p| (p.0 - mean_x).powi(2)).sum();
    let joint: f64 = points.iter().map(|p| (p.0 - mean_x) * (p.1 - mean_y)).sum();
    (spread > 0.0).then(|| joint / spread)
}

/// Time between pauses.
#[derive(Debug, Clone, Copy, Default)]
pub struct Gaps {
    before: Option<Moment>,
}

impl Gaps {
    /// Milliseconds between the end of the pause before and the start of this one, where both are known. The end of a
    /// stamp may lie a little before the pause that it follows; such a gap is 0. A step back is a restart: no gap.
    pub fn next_ms(&mut self, pause: &Pause) -> Option<f64> {
        let gap = match (self.before, pause.end, pause.start_ms()) {
            (Some(Moment { ms, zone }), Some(end), Some(start)) if zone == end.zone => {
                Some(start - ms).filter(|gap| *gap > -1000).map(|gap| gap.max(0) as f64)
            }
            _ => None,
        };
        self.before = pause.end.or(self.before);
        gap
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::gc::GcReader;

    fn read(text: &str) -> GcLog {
        let mut reader = GcReader::new("gc.log");
        reader.feed(text.as_bytes());
        reader.finish()
    }

    #[test]
    fn sums_up_a_parallel_log() {
        let log = read(
            "0.000: [GC (Allocation Failure) [PSYoungGen: 1024K->0K(2048K)] 2048K->1024K(10240K), 1.000 secs]\n\
             10.000: [GC (Allocation Failure) [PSYoungGen: 2048K->0K(2048K)] 11264K->10240K(10240K), 1.000 secs]\n\
             20.000: [Full GC (Ergonomics) [PSYoungGen: 0K->0K(2048K)] [ParOldGen: 9K->9K(9K)] 10240K->5120K(10240K), 3.000 secs]\n",
        );
        let stats = stats(&log);
        assert_eq!((stats.pauses, stats.full_gcs, stats.young_gcs), (3, 1, 2));
        assert_eq!((stats.total_pause_s, stats.max_pause_s), (5.0, 3.0));
        assert_eq!((stats.p50_s, stats.p99_s), (Some(1.0), Some(3.0)));
        assert_eq!(stats.span_s, Some(23.0));
        assert_eq!(stats.throughput_pct.map(f64::round), Some(78.0));
        assert_eq!(stats.alloc_mb_per_s, Some(10.0 / 23.0));
        assert_eq!(stats.promo_mb_per_s, Some(1.0 / 23.0));
        assert_eq!(stats.after_full_pct, Some(50.0));
        assert_eq!(stats.live_mb, Some(5.0));
        assert_eq!(stats.causes[0].cause, "Ergonomics");
        let mut gaps = Gaps::default();
        let gaps: Vec<_> = log.pauses.iter().map(|pause| gaps.next_ms(pause)).collect();
        assert_eq!(gaps, [None, Some(9000.0), Some(9000.0)]);
    }

    #[test]
    fn tells_the_trend_of_the_live_set() {
        let text: String = (0..5)
            .map(|hour| {
                let (at, after) = (hour * 3600, 1024 * (10 + 2 * hour));
                format!("{at}.000: [Full GC 90000K->{after}K(100000K), 0.1 secs]\n")
            })
            .collect();
        let trend = stats(&read(&text)).live_trend_mb_per_h.unwrap();
        assert!((trend - 2.0).abs() < 1e-3, "{trend}");
    }

    #[test]
    fn a_restart_does_not_shrink_the_time_covered() {
        let log = read(
            "100.000: [GC 9K->5K(20K), 0.1 secs]\n200.000: [GC 9K->5K(20K), 0.1 secs]\n\
             1.000: [GC 9K->5K(20K), 0.1 secs]\n51.000: [GC 9K->5K(20K), 0.1 secs]\n",
        );
        assert_eq!(log.covered_ms, 100_100 + 50_100);
    }
}

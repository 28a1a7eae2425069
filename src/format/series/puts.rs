//! How long puts took: `[PAGECACHERT]` of store.log, once a minute.
//!
//! ```text
//! 2026-05-02 10:00:12 INFO StoreStatsService - [PAGECACHERT] TotalPut 4426, PutMessageDistributeTime [<=0ms]:3523
//! [0~10ms]:840 [10~50ms]:60 [50~100ms]:2 [100~200ms]:0 [200~500ms]:1 [500ms~1s]:0 [1~2s]:0 … [10s~]:0      (one line)
//! ```

use super::Clock;
use crate::format::Sink;
use crate::model::stamp::{self, Stamp};
use crate::model::{Event, SourceId, Span};

/// What the messages of this series hold.
pub(super) const MARK: &str = "[PAGECACHERT] TotalPut ";

/// One minute of puts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Puts {
    /// When, as printed.
    pub stamp: Option<Stamp>,
    /// All puts.
    pub total: f64,
    /// Lower bound of each bucket in milliseconds, and its count.
    pub buckets: Vec<(f64, f64)>,
}

impl Puts {
    /// Puts that took at least so long.
    pub fn over(&self, ms: f64) -> f64 {
        self.buckets
            .iter()
            .filter(|(from, _)| *from >= ms)
            .map(|(_, count)| count)
            .sum()
    }

    /// Lower bound of the slowest bucket in use.
    pub fn worst_ms(&self) -> f64 {
        self.buckets
            .iter()
            .filter(|(_, count)| *count > 0.0)
            .map(|(from, _)| *from)
            .fold(0.0, f64::max)
    }
}

/// Most buckets of a line.
const BUCKETS_MAX: usize = 40;

/// Reads one line.
pub fn line(line: &str) -> Option<Puts> {
    let at = line.find("[PAGECACHERT] TotalPut ")?;
    let rest = &line[at + "[PAGECACHERT] TotalPut ".len()..];
    let (total, rest) = rest.split_once(',')?;
    let mut buckets = Vec::new();
    for part in rest.split('[').skip(1).take(BUCKETS_MAX) {
        let (label, count) = part.split_once("]:")?;
        buckets.push((lower_ms(label)?, count.trim().parse().ok()?));
    }
    Some(Puts {
        stamp: stamp::stamp(line),
        total: total.trim().parse().ok()?,
        buckets,
    })
}

/// `<=0ms` → 0, `200~500ms` → 200, `500ms~1s` → 500, `1~2s` → 1000, `10s~` → 10000.
fn lower_ms(label: &str) -> Option<f64> {
    if label.starts_with('<') {
        return Some(0.0);
    }
    let (from, to) = label.split_once('~')?;
    let digits = from.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &from[digits.len()..];
    let seconds = match unit {
        "" => !to.ends_with("ms"),
        unit => unit == "s",
    };
    let number: f64 = digits.parse().ok()?;
    Some(if seconds { number * 1000.0 } else { number })
}

/// How a row of quick puts ends.
const QUICK: &str = "[100~200ms]:0 [200~500ms]:0 [500ms~1s]:0 [1~2s]:0 [2~3s]:0 [3~4s]:0 [4~5s]:0 [5~10s]:0 [10s~]:0 ";
/// Of so many quick rows of a big log one is told.
const THIN: u32 = 10;

/// A row a minute that has puts.
#[derive(Debug)]
pub struct PutSeries {
    source: SourceId,
    clock: Clock,
    thin: bool,
    rows: u32,
}

impl PutSeries {
    /// An empty series.
    pub fn new(source: SourceId, clock: Clock) -> Self {
        Self {
            source,
            clock,
            thin: false,
            rows: 0,
        }
    }

    /// Of quick puts only each tenth row is told: a big log has one a minute for months.
    pub(super) fn thin(&mut self) {
        self.thin = true;
    }

    /// Takes a line; false when it is none of this series.
    pub fn push(&mut self, line_no: u32, text: &str, out: &mut dyn Sink) -> bool {
        if self.thin && !self.rows.is_multiple_of(THIN) && text.ends_with(QUICK) {
            self.rows = self.rows.wrapping_add(1);
            return true;
        }
        let Some(puts) = line(text) else { return false };
        self.rows = self.rows.wrapping_add(1);
        let told = !self.thin || self.rows % THIN == 1 || puts.over(100.0) > 0.0;
        if puts.total > 0.0 && told {
            let slow_pct = (puts.over(200.0) / puts.total * 100_000.0).round() / 1000.0;
            out.event(
                Event::new("rmq.put", Span::line(self.source, line_no), text)
                    .at(puts.stamp.map(|stamp| self.clock.at(stamp)))
                    .with("total", puts.total)
                    .with("over_100ms", puts.over(100.0))
                    .with("over_200ms", puts.over(200.0))
                    .with("over_500ms", puts.over(500.0))
                    .with("over_1s", puts.over(1000.0))
                    .with("over_3s", puts.over(3000.0))
                    .with("worst_ms", puts.worst_ms())
                    .with("slow_pct", slow_pct),
            );
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets() {
        for (label, expect) in [
            ("<=0ms", 0.0),
            ("0~10ms", 0.0),
            ("200~500ms", 200.0),
            ("500ms~1s", 500.0),
            ("1~2s", 1000.0),
            ("10s~", 10_000.0),
        ] {
            assert_eq!(lower_ms(label), Some(expect), "{label}");
        }
        let puts =
            line("x - [PAGECACHERT] TotalPut 10, PutMessageDistributeTime [<=0ms]:7 [200~500ms]:2 [1~2s]:1 ").unwrap();
        assert_eq!(
            (puts.over(200.0), puts.over(1000.0), puts.worst_ms()),
            (3.0, 1.0, 1000.0)
        );
    }
}

//! What is more than noise.
//!
//! Two samples are compared by the *probability of superiority*: of all pairs of a reading before and a reading after, the
//! share in which the one after is higher (0.5 when both sides are alike, 0 or 1 when they do not overlap). It needs no
//! unit and no shape: one outlier moves it little, and a tail as latencies have it not at all. A difference is told when
//!
//! - 80 of 100 pairs point the same way (90 where the medians differ by less than a tenth), and
//! - chance would not do that with so few readings (Mann and Whitney's z is 3 or more), and
//! - the medians differ by 2 % and by what the measure calls `least`.
//!
//! With fewer than seven readings on a side chance cannot be excluded that way. There the sides must not overlap, and their
//! medians lie three standard deviations of the noisier side apart, or one is three times the other; with fewer than three
//! readings they lie 30 % apart.
//!
//! Counted events are compared by their rate: twice as often or half as often, and beyond three standard deviations of
//! what Poisson's law allows.

use crate::model::comparison::Figure;

/// Share of pairs that must point one way.
const SUPERIOR: f64 = 0.8;
/// The same for a small difference of medians.
const SUPERIOR_SMALL: f64 = 0.9;
/// A difference of medians under this is small.
const SMALL: f64 = 0.1;
/// Least relative difference of medians.
const LEAST: f64 = 0.02;
/// Standard deviations.
const SIGMAS: f64 = 3.0;
/// Readings from which chance can be excluded by their number.
const ENOUGH: usize = 7;
/// Relative difference of medians when one is three times the other.
const MANIFOLD: f64 = 2.0 / 3.0;
/// Least relative difference where the spread is not known.
const LEAST_FEW: f64 = 0.3;

/// A comparison of two samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Contrast {
    /// Share of pairs in which the reading after is higher.
    pub(super) superiority: f64,
    /// Whether the difference is more than noise.
    pub(super) told: bool,
}

/// Compares two samples in order of size.
pub(super) fn contrast(before: &[f64], after: &[f64], least: f64) -> Contrast {
    let superiority = superiority(before, after);
    let (old, new) = (quantile(before, 0.5), quantile(after, 0.5));
    let apart = (new - old).abs();
    let relative = apart / old.abs().max(new.abs()).max(f64::MIN_POSITIVE);
    let one_way = superiority.max(1.0 - superiority);
    let (n, m) = (before.len() as f64, after.len() as f64);
    let clear = if before.len().min(after.len()) >= ENOUGH {
        let needed = if relative < SMALL { SUPERIOR_SMALL } else { SUPERIOR };
        let z = (one_way - 0.5) / ((n + m + 1.0) / (12.0 * n * m)).sqrt();
        one_way >= needed && z >= SIGMAS
    } else if before.len().min(after.len()) >= 3 {
        let far = apart >= SIGMAS * deviation(before).max(deviation(after)) || relative >= MANIFOLD;
        one_way >= 1.0 && far
    } else {
        one_way >= 1.0 && relative >= LEAST_FEW
    };
    Contrast {
        superiority,
        told: clear && relative >= LEAST && apart >= least,
    }
}

/// Whether `new` events in a time differ from `old` events in another, in hours.
pub(super) fn rates_differ(old: u64, old_hours: f64, new: u64, new_hours: f64) -> bool {
    let (old_hours, new_hours) = (old_hours.max(1.0 / 60.0), new_hours.max(1.0 / 60.0));
    let (a, b) = (old as f64 / old_hours, new as f64 / new_hours);
    // One event more than seen, so that nothing in a short time does not count as certainly nothing.
    let variance = (old as f64 + 1.0) / old_hours.powi(2) + (new as f64 + 1.0) / new_hours.powi(2);
    a.max(b) >= 2.0 * a.min(b) && (a - b).abs() >= SIGMAS * variance.sqrt()
}

/// Of all pairs, the share in which the one of `after` is higher; equal ones count half.
fn superiority(before: &[f64], after: &[f64]) -> f64 {
    let (mut below, mut equal_to, mut wins) = (0, 0, 0.0);
    for value in after {
        while below < before.len() && before[below] < *value {
            below += 1;
        }
        equal_to = equal_to.max(below);
        while equal_to < before.len() && before[equal_to] <= *value {
            equal_to += 1;
        }
        wins += below as f64 + (equal_to - below) as f64 / 2.0;
    }
    match before.len() * after.len() {
        0 => 0.5,
        pairs => wins / pairs as f64,
    }
}

fn deviation(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / values.len().saturating_sub(1).max(1) as f64).sqrt()
}

/// A quantile of values in order of size, between neighbours.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0.0;
    };
    let at = share * last as f64;
    let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    low + (high - low) * at.fract()
}

/// The figure of a sample in order of size; `None` of nothing.
pub(super) fn figure(sorted: &[f64], count: u64, sum: f64, max: f64) -> Option<Figure> {
    (!sorted.is_empty()).then(|| Figure {
        median: quantile(sorted, 0.5),
        low: quantile(sorted, 0.1),
        high: quantile(sorted, 0.9),
        mean: sum / count.max(1) as f64,
        p99: quantile(sorted, 0.99),
        max,
        count,
    })
}

/// The figure of counted events: their rate, and what the next such run may show.
pub(super) fn rate(count: u64, hours: f64) -> Figure {
    let hours = hours.max(1.0 / 60.0);
    let rate = count as f64 / hours;
    let spread = 1.28 * (count as f64).sqrt() / hours;
    let (low, high) = ((rate - spread).max(0.0), rate + spread);
    Figure {
        median: rate,
        low,
        high,
        mean: rate,
        p99: high,
        max: high,
        count,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Readings that swing around a middle without chance.
    fn around(middle: f64, swing: f64, count: usize) -> Vec<f64> {
        let mut values: Vec<f64> = (0..count)
            .map(|at| middle + swing * (at as f64 * 2.399).sin())
            .collect();
        values.sort_by(f64::total_cmp);
        values
    }

    #[test]
    fn differences_are_told_apart_from_noise() {
        let cases = [
            (
                "a tenth more with a small swing",
                around(40e3, 500.0, 30),
                around(42e3, 500.0, 30),
                true,
            ),
            (
                "the swing is larger",
                around(40e3, 5e3, 30),
                around(41e3, 5e3, 30),
                false,
            ),
            (
                "tails overlap, medians do not",
                around(2.0, 1.5, 60),
                around(40.0, 39.0, 60),
                true,
            ),
            (
                "a percent is nothing",
                around(100.0, 0.1, 60),
                around(101.0, 0.1, 60),
                false,
            ),
            (
                "few readings, far apart",
                around(8e3, 100.0, 4),
                around(3e3, 100.0, 4),
                true,
            ),
            (
                "few readings, many times as high",
                vec![5.0, 8.0, 10.0],
                vec![300.0, 1300.0, 2500.0],
                true,
            ),
            (
                "few readings, near",
                around(8e3, 300.0, 4),
                around(7.5e3, 300.0, 4),
                false,
            ),
            ("one reading each, half", vec![8e3], vec![4e3], true),
            ("one reading each, a fifth", vec![8e3], vec![6.4e3], false),
            ("nothing before", vec![], vec![1.0], false),
        ];
        for (what, before, after, want) in cases {
            assert_eq!(contrast(&before, &after, 0.0).told, want, "{what}");
            assert_eq!(contrast(&after, &before, 0.0).told, want, "{what}, turned round");
        }
        assert!(
            !contrast(&around(1.0, 0.1, 30), &around(2.0, 0.1, 30), 5.0).told,
            "least"
        );
    }

    #[test]
    fn rates_need_more_than_chance() {
        let cases = [
            ((0, 1.0, 3, 1.0), false),
            ((0, 1.0, 30, 1.0), true),
            ((100, 1.0, 130, 1.0), false),
        ];
        for ((old, old_hours, new, new_hours), want) in cases {
            assert_eq!(rates_differ(old, old_hours, new, new_hours), want, "{old} {new}");
        }
    }

    proptest! {
        #[test]
        fn superiority_is_a_share(mut a in prop::collection::vec(-9i8..9, 0..40), mut b in prop::collection::vec(-9i8..9, 0..40)) {
            a.sort_unstable();
            b.sort_unstable();
            let (a, b): (Vec<f64>, Vec<f64>) = (a.iter().map(|v| f64::from(*v)).collect(), b.iter().map(|v| f64::from(*v)).collect());
            let share = superiority(&a, &b);
            prop_assert!((0.0..=1.0).contains(&share));
            prop_assert!((share + superiority(&b, &a) - 1.0).abs() < 1e-9);
        }
    }
}

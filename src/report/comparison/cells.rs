//! What stands in the cells and lines of a comparison, whatever form they take.

use crate::model::comparison::{Change, Comparison, Effect, Figure, FindingChange, Trend};
use crate::model::finding::Coverage;
use crate::report::Style;
use crate::report::answer::Phrases;
use crate::report::clock::Clock;
use crate::report::covered::{range, totals};
use crate::report::theme::Symbols;
use crate::report::words::{Words, count, fill, grouped};

/// How many effects are shown before the rest is only counted.
const EFFECTS_SHOWN: usize = 40;

/// Pairs under this are shown with `--verbose`.
const PLAUSIBLE_SHOWN: f64 = 0.1;

/// Changes of one mechanism and what they go with.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) link: String,
    pub(super) why: String,
    pub(super) changes: Vec<String>,
    /// What became of it, in words, 0 to 1.
    pub(super) outcomes: Vec<(Trend, String, f64)>,
}

/// What stands in the cells of both forms.
pub(super) struct Cells {
    pub(super) words: &'static Words,
    pub(super) symbols: &'static Symbols,
    /// Whether there is no room for both ends of a spread.
    pub(super) short: bool,
}

impl Cells {
    pub(super) fn of(style: &Style) -> Self {
        Self {
            words: Words::of(style.lang),
            symbols: Symbols::of(style.ascii),
            short: false,
        }
    }

    pub(super) fn change_head(&self) -> [&'static str; 4] {
        [
            self.words.setting,
            self.words.before,
            self.words.after,
            self.words.place,
        ]
    }

    pub(super) fn changes(&self, it: &Comparison) -> Vec<Vec<String>> {
        let value = |it: &Option<String>| it.clone().unwrap_or_else(|| self.words.not_set.into());
        fn at(it: &Change) -> &str {
            if it.at.1.is_empty() { &it.at.0 } else { &it.at.1 }
        }
        let shared = shared_folders(it.changes.iter().map(at).filter(|it| !it.is_empty()));
        let place = |it: &Change| match at(it) {
            "" => it.place.clone(),
            at => at[shared..].to_owned(),
        };
        let row = |it: &Change| vec![it.key.clone(), value(&it.before), value(&it.after), place(it)];
        it.changes.iter().map(row).collect()
    }

    pub(super) fn effect_head(&self) -> [&'static str; 4] {
        [
            self.words.quantity,
            self.words.before,
            self.words.after,
            self.words.trend,
        ]
    }

    /// Rows of what differs; with `all` also of the rest. And what is to be said of those left out.
    pub(super) fn effects(&self, it: &Comparison, all: bool) -> (Vec<Vec<String>>, Vec<String>) {
        let row = |it: &Effect| {
            vec![
                self.measured(it),
                self.figure(&it.before),
                self.figure(&it.after),
                self.trend(it.trend).to_owned(),
            ]
        };
        if all {
            return (it.effects.iter().map(row).collect(), Vec::new());
        }
        let rows: Vec<Vec<String>> = it.effects.iter().filter(|it| it.differs()).map(row).collect();
        let same = it.effects.iter().filter(|it| it.trend == Trend::Same).count();
        let one_side = it.effects.len() - rows.len() - same;
        let notes = [
            (rows.len().saturating_sub(EFFECTS_SHOWN), self.words.and_more),
            (same, self.words.stayed_same),
            (one_side, self.words.one_side),
        ];
        let notes = notes.into_iter().filter(|(number, _)| *number > 0);
        let notes = notes
            .map(|(number, words)| fill(words, &[&number.to_string()]))
            .collect();
        (rows.into_iter().take(EFFECTS_SHOWN).collect(), notes)
    }

    /// Why there is nothing to tell: a side was empty, or both are alike.
    pub(super) fn nothing(&self, it: &Comparison) -> String {
        let empty = |label: &str| format!("{label}: {}", self.words.nothing_read);
        match (it.before.sources.is_empty(), it.after.sources.is_empty()) {
            (true, _) => empty(self.words.before),
            (_, true) => empty(self.words.after),
            _ => self.words.nothing_changed.to_owned(),
        }
    }

    /// `13 settings · 5 worse · 1 better`
    pub(super) fn summary(&self, it: &Comparison) -> String {
        let mut parts = vec![count(it.changes.len() as u64, self.words.setting_count)];
        let effects = it.effects.iter().filter(|it| it.differs()).map(|it| it.trend);
        let findings = it.findings.iter().map(|it| it.trend).filter(|it| *it != Trend::Same);
        let trends: Vec<Trend> = effects.chain(findings).collect();
        for trend in [Trend::New, Trend::Worse, Trend::Changed, Trend::Better, Trend::Gone] {
            let number = trends.iter().filter(|it| **it == trend).count();
            if number > 0 {
                parts.push(format!("{number} {}", self.trend(trend)));
            }
        }
        parts.join(&format!(" {} ", self.symbols.dot))
    }

    fn measured(&self, it: &Effect) -> String {
        let unit = if it.unit.is_empty() {
            String::new()
        } else {
            format!(", {}", it.unit)
        };
        let place = if it.place.is_empty() {
            String::new()
        } else {
            format!(" {}", it.place)
        };
        format!("{}{place}{unit}", it.what)
    }

    /// `42.1 (20–80)`, or short `42.1 ±30`: half of the distance between the 10th and the 90th percentile.
    fn figure(&self, it: &Option<Figure>) -> String {
        match it {
            None => self.words.not_measured.into(),
            Some(it) if self.short => {
                let half = (it.high - it.low) / 2.0;
                format!("{} {}{}", number(it.median), self.symbols.plus_minus, number(half))
            }
            Some(it) => {
                let (median, low, high) = (number(it.median), number(it.low), number(it.high));
                format!("{median} ({low}{}{high})", self.symbols.dash)
            }
        }
    }

    pub(super) fn trend(&self, trend: Trend) -> &'static str {
        match trend {
            Trend::New => self.words.new,
            Trend::Worse => self.words.worse,
            Trend::Changed => self.words.changed,
            Trend::Same => self.words.same,
            Trend::Better => self.words.better,
            Trend::Gone => self.words.gone,
        }
    }

    pub(super) fn rates(&self, it: &FindingChange) -> String {
        match it.comparable {
            true => fill(self.words.per_hour, &[&number(it.per_hour.0), &number(it.per_hour.1)]),
            false => self.words.not_comparable.to_owned(),
        }
    }

    /// `vm.dirty_ratio 20 → 50`
    pub(super) fn change(&self, change: &Change) -> String {
        let value = |it: &Option<String>| it.clone().unwrap_or_else(|| self.words.not_set.into());
        let (before, after) = (value(&change.before), value(&change.after));
        format!("{} {before} {} {after}", change.key, self.symbols.arrow)
    }

    /// `disk busy broker-a vda 31.2 → 98.7 %`
    pub(super) fn step(&self, effect: &Effect) -> String {
        let median = |it: &Option<Figure>| it.map_or_else(|| self.words.not_measured.into(), |it| number(it.median));
        let place = if effect.place.is_empty() {
            String::new()
        } else {
            format!(" {}", effect.place)
        };
        let step = format!(
            "{} {} {}",
            median(&effect.before),
            self.symbols.arrow,
            median(&effect.after)
        );
        format!("{}{place}  {step} {}", effect.what, effect.unit)
            .trim_end()
            .to_owned()
    }

    /// Pairs by mechanism: the changes of each, and what they go with.
    pub(super) fn groups(&self, it: &Comparison, all: bool) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for pair in it
            .pairs
            .iter()
            .filter(|pair| all || pair.plausibility >= PLAUSIBLE_SHOWN)
        {
            let Some(change) = it.changes.get(pair.change) else {
                continue;
            };
            let measured = pair.effect.and_then(|at| it.effects.get(at));
            let found = pair.finding.and_then(|at| it.findings.get(at));
            let outcome = match (measured, found) {
                (Some(effect), _) => (effect.trend, self.step(effect)),
                (_, Some(finding)) => (finding.trend, finding.title.clone()),
                _ => continue,
            };
            let host = if change.place.is_empty() {
                String::new()
            } else {
                format!(" ({})", change.place)
            };
            let change = format!("{}{host}", self.change(change));
            let at = groups.iter().position(|it| it.link == pair.link).unwrap_or_else(|| {
                groups.push(Group {
                    link: pair.link.clone(),
                    why: pair.why.clone(),
                    ..Group::default()
                });
                groups.len() - 1
            });
            let group = &mut groups[at];
            if !group.changes.contains(&change) {
                group.changes.push(change);
            }
            // Pairs come most plausible first: the first of an outcome stands for its group.
            if !group.outcomes.iter().any(|it| it.1 == outcome.1) {
                group.outcomes.push((outcome.0, outcome.1, pair.plausibility));
            }
        }
        groups
    }

    pub(super) fn covered(&self, coverage: &Coverage) -> String {
        let phrases = Phrases {
            words: self.words,
            symbols: self.symbols,
            clock: Clock::of(coverage),
            end: None,
            day: None,
        };
        let mut parts = vec![totals(coverage, &phrases)];
        parts.extend(range(coverage, &phrases));
        phrases.list(&parts)
    }
}

/// How many bytes at the start of all paths are folders that they share, but for the last folder, which may name the host.
fn shared_folders<'a>(mut paths: impl Iterator<Item = &'a str>) -> usize {
    let Some(first) = paths.next() else { return 0 };
    let alike = |a: usize, path: &str| {
        first
            .bytes()
            .zip(path.bytes())
            .take(a)
            .take_while(|(a, b)| a == b)
            .count()
    };
    let alike = paths.fold(first.len(), alike);
    let folders = first.as_bytes()[..alike]
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, byte)| **byte == b'/');
    folders.map(|(at, _)| at + 1).nth(1).unwrap_or(0)
}

/// Three digits that matter: `42.1`, `0.123`, `1,234`.
fn number(value: f64) -> String {
    match value.abs() {
        size if !size.is_finite() => "?".into(),
        size if (1000.0..1e15).contains(&size) => {
            let sign = if value < 0.0 { "-" } else { "" };
            format!("{sign}{}", grouped(size.round() as u64))
        }
        size if size >= 100.0 || value == value.trunc() => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_that_matter() {
        let cases = [
            (0.0, "0"),
            (0.1234, "0.123"),
            (1.5, "1.50"),
            (42.13, "42.1"),
            (812.4, "812"),
            (-48_211.0, "-48,211"),
            (f64::NAN, "?"),
        ];
        for (value, want) in cases {
            assert_eq!(number(value), want);
        }
    }
}

//! What stands in the cells and lines of a comparison, whatever form they take.

use crate::model::comparison::{Change, Comparison, Effect, Figure, FindingChange, Pair, Trend};
use crate::model::finding::Coverage;
use crate::report::Style;
use crate::report::answer::Phrases;
use crate::report::clock::Clock;
use crate::report::covered::{range, totals};
use crate::report::theme::Symbols;
use crate::report::words::{Words, fill, grouped};

/// What stands in the cells of both forms.
pub(super) struct Cells {
    pub(super) words: &'static Words,
    pub(super) symbols: &'static Symbols,
}

impl Cells {
    pub(super) fn of(style: &Style) -> Self {
        Self {
            words: Words::of(style.lang),
            symbols: Symbols::of(style.ascii),
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
        let place = |it: &Change| match (it.at.1.as_str(), it.at.0.as_str()) {
            ("", "") => it.place.clone(),
            ("", at) | (at, _) => at.to_owned(),
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

    /// Rows of what differs, and how many stayed within their spread; with `all` these are rows as well.
    pub(super) fn effects(&self, it: &Comparison, all: bool) -> (Vec<Vec<String>>, usize) {
        let (same, differ): (Vec<&Effect>, Vec<&Effect>) = it.effects.iter().partition(|it| it.trend() == Trend::Same);
        let row = |it: &&Effect| {
            vec![
                self.measured(it),
                self.figure(&it.before),
                self.figure(&it.after),
                self.trend(it.trend()).to_owned(),
            ]
        };
        match all {
            true => (differ.iter().chain(&same).map(row).collect(), 0),
            false => (differ.iter().map(row).collect(), same.len()),
        }
    }

    pub(super) fn hidden(&self, number: usize) -> String {
        fill(self.words.stayed_same, &[&number.to_string()])
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

    /// `42.1 (20–80)`
    fn figure(&self, it: &Option<Figure>) -> String {
        match it {
            None => self.words.not_measured.into(),
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
        fill(self.words.per_hour, &[&number(it.per_hour.0), &number(it.per_hour.1)])
    }

    /// The change and the effect of a pair in words; nothing for a pair that points nowhere.
    pub(super) fn pair(&self, it: &Comparison, pair: &Pair) -> Option<(String, String)> {
        let change = it.changes.get(pair.change)?;
        let value = |it: &Option<String>| it.clone().unwrap_or_else(|| self.words.not_set.into());
        let arrow = self.symbols.arrow;
        let change = format!(
            "{}: {} {arrow} {}",
            change.key,
            value(&change.before),
            value(&change.after)
        );
        let measured = pair.effect.and_then(|at| it.effects.get(at)).map(|effect| {
            let (before, after) = (self.figure(&effect.before), self.figure(&effect.after));
            format!("{}: {before} {arrow} {after}", self.measured(effect))
        });
        let found = pair.finding.and_then(|at| it.findings.get(at));
        let found = found.map(|finding| format!("{}: {}", self.trend(finding.trend), finding.title));
        Some((change, measured.or(found)?))
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

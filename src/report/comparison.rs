//! Two bundles side by side, as text, Markdown and JSON (`rmqdoc.comparison/1`): what was changed, what became
//! different, what became of the findings, and which change goes with which effect.

use super::Style;
use super::answer::Phrases;
use super::clock::Clock;
use super::covered::{range, totals};
use super::json::{self, Wire};
use super::layout::{Page, ink};
use super::markdown::{code, escape};
use super::table;
use super::theme::{Role, Symbols};
use super::words::{Words, fill};
use crate::model::comparison::{Change, Comparison, Direction, Effect, Figure, FindingChange, Pair, Trend};
use crate::model::finding::Coverage;
use crate::model::{Diagnosis, Severity};
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{Error, Result, Write};

/// Name and version of the schema.
pub const SCHEMA: &str = "rmqdoc.comparison/1";

/// `diff --format json`
#[derive(Debug, Serialize, JsonSchema)]
pub struct Document {
    /// Always `rmqdoc.comparison/1`.
    pub schema: &'static str,
    /// Who wrote this.
    pub tool: json::Tool,
    /// What was read before.
    pub before: json::Coverage,
    /// What was read after.
    pub after: json::Coverage,
    /// What was changed.
    pub changes: Vec<WireChange>,
    /// What became different.
    pub effects: Vec<WireEffect>,
    /// Findings of either side.
    pub findings: Vec<WireFinding>,
    /// Which change goes with which effect, most plausible first.
    pub pairs: Vec<WirePair>,
}

/// One difference in what people set.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Change")]
pub struct WireChange {
    /// `config`, `kernel`, `limit`, `jvm`, `version`, `topology`
    pub kind: &'static str,
    /// Host or file, empty for all.
    #[serde(rename = "where")]
    pub place: String,
    /// Name of the setting.
    pub key: String,
    /// `null` when it was not set.
    pub before: Option<String>,
    /// `null` when it is no longer set.
    pub after: Option<String>,
    /// `file:line` before and after.
    pub at: (String, String),
}

/// One quantity on both sides.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Effect")]
pub struct WireEffect {
    /// What was measured.
    pub what: String,
    /// Its unit.
    pub unit: String,
    /// Host, topic or group, empty for all.
    #[serde(rename = "where")]
    pub place: String,
    /// `higher`, `lower`, `neutral`
    pub better: &'static str,
    /// `new`, `worse`, `changed`, `same`, `better`, `gone`
    pub trend: &'static str,
    /// `null` when it was not measured.
    pub before: Option<WireFigure>,
    /// `null` when it was not measured.
    pub after: Option<WireFigure>,
}

/// A measured quantity over one bundle.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Figure")]
pub struct WireFigure {
    /// Median.
    pub median: f64,
    /// 10th percentile.
    pub p10: f64,
    /// 90th percentile.
    pub p90: f64,
    /// Readings behind it.
    pub count: u64,
}

/// A finding on both sides.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "FindingChange")]
pub struct WireFinding {
    /// Rule id.
    pub rule: String,
    /// Cause id.
    pub cause: String,
    /// `critical`, `warning`, `notice`
    pub severity: &'static str,
    /// One line.
    pub title: String,
    /// `new`, `worse`, `same`, `better`, `gone`
    pub trend: &'static str,
    /// Events per hour before.
    pub per_hour_before: f64,
    /// Events per hour after.
    pub per_hour_after: f64,
}

/// A change and an effect that may belong together.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Pair")]
pub struct WirePair {
    /// Index into `changes`.
    pub change: usize,
    /// Index into `effects`.
    pub effect: Option<usize>,
    /// Index into `findings`.
    pub finding: Option<usize>,
    /// 0 to 1.
    pub plausibility: f64,
    /// Why.
    pub why: String,
}

/// The JSON schema of the document.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Document)
}

/// For programs.
pub fn json(it: &Comparison, _: &Style, out: &mut dyn Write) -> Result<()> {
    serde_json::to_writer_pretty(&mut *out, &document(it)).map_err(Error::from)?;
    out.write_all(b"\n")
}

fn document(it: &Comparison) -> Document {
    let figure = |it: &Figure| WireFigure {
        median: it.median,
        p10: it.low,
        p90: it.high,
        count: it.count,
    };
    let change = |it: &Change| WireChange {
        kind: it.kind.word(),
        place: it.place.clone(),
        key: it.key.clone(),
        before: it.before.clone(),
        after: it.after.clone(),
        at: it.at.clone(),
    };
    let effect = |it: &Effect| WireEffect {
        what: it.what.clone(),
        unit: it.unit.clone(),
        place: it.place.clone(),
        better: match it.direction {
            Direction::HigherIsBetter => "higher",
            Direction::LowerIsBetter => "lower",
            Direction::Neutral => "neutral",
        },
        trend: it.trend().word(),
        before: it.before.as_ref().map(figure),
        after: it.after.as_ref().map(figure),
    };
    let finding = |it: &FindingChange| WireFinding {
        rule: it.rule.clone(),
        cause: it.cause.clone(),
        severity: it.severity.word(),
        title: it.title.clone(),
        trend: it.trend.word(),
        per_hour_before: it.per_hour.0,
        per_hour_after: it.per_hour.1,
    };
    let pair = |it: &Pair| WirePair {
        change: it.change,
        effect: it.effect,
        finding: it.finding,
        plausibility: it.plausibility,
        why: it.why.clone(),
    };
    Document {
        schema: SCHEMA,
        tool: json::tool(&Diagnosis::default()),
        before: Wire::over(&it.before).coverage(&it.before),
        after: Wire::over(&it.after).coverage(&it.after),
        changes: it.changes.iter().map(change).collect(),
        effects: it.effects.iter().map(effect).collect(),
        findings: it.findings.iter().map(finding).collect(),
        pairs: it.pairs.iter().map(pair).collect(),
    }
}

/// For people.
pub fn text(it: &Comparison, style: &Style, out: &mut dyn Write) -> Result<()> {
    let mut page = Page::new(style, out);
    let cells = Cells::of(style);
    let words = page.words;
    page.line(&[ink(Role::Strong, words.changes)])?;
    match it.changes.is_empty() {
        true => page.paragraph(2, &[ink(Role::Plain, words.no_changes)])?,
        false => table::write(&mut page, &cells.change_head(), &cells.changes(it))?,
    }
    page.blank()?;
    page.line(&[ink(Role::Strong, words.effects)])?;
    let (shown, hidden) = cells.effects(it, style.verbose);
    match shown.is_empty() {
        true => page.paragraph(2, &[ink(Role::Plain, words.no_effects)])?,
        false => table::write(&mut page, &cells.effect_head(), &shown)?,
    }
    if hidden > 0 {
        page.paragraph(2, &[ink(Role::Muted, cells.hidden(hidden))])?;
    }
    if !it.findings.is_empty() {
        page.blank()?;
        page.line(&[ink(Role::Strong, words.findings)])?;
        for finding in &it.findings {
            write_finding(&mut page, &cells, finding)?;
        }
    }
    if !it.pairs.is_empty() {
        page.blank()?;
        page.line(&[ink(Role::Strong, words.goes_with)])?;
        for pair in &it.pairs {
            write_pair(&mut page, &cells, it, pair)?;
        }
    }
    page.blank()?;
    for (label, coverage) in [(words.before, &it.before), (words.after, &it.after)] {
        let columns = super::layout::width(words.before).max(super::layout::width(words.after)) + 2;
        page.labelled(
            0,
            &ink(Role::Muted, label),
            columns,
            &[ink(Role::Plain, cells.covered(coverage))],
        )?;
    }
    Ok(())
}

fn write_finding(page: &mut Page<'_>, cells: &Cells, it: &FindingChange) -> Result<()> {
    let bad = matches!(it.trend, Trend::New | Trend::Worse) && it.severity > Severity::Notice;
    let role = if bad { it.severity.into() } else { Role::Muted };
    let line = vec![
        ink(Role::Plain, "  "),
        ink(role, cells.trend(it.trend)),
        ink(Role::Plain, format!("  {}", it.title)),
    ];
    page.edges(line, &ink(Role::Muted, format!("{}  {}", it.rule, cells.rates(it))))
}

fn write_pair(page: &mut Page<'_>, cells: &Cells, it: &Comparison, pair: &Pair) -> Result<()> {
    let Some((change, effect)) = cells.pair(it, pair) else {
        return Ok(());
    };
    let arrow = page.symbols.arrow;
    let said = fill(page.words.plausible, &[&Phrases::percent(pair.plausibility)]);
    page.paragraph(2, &[ink(Role::Strong, change)])?;
    page.paragraph(
        4,
        &[
            ink(Role::Plain, format!("{arrow} {effect}")),
            ink(Role::Muted, format!("  {said}")),
        ],
    )?;
    match pair.why.is_empty() {
        true => Ok(()),
        false => page.paragraph(4, &[ink(Role::Muted, &pair.why)]),
    }
}

/// For issues and chats.
pub fn markdown(it: &Comparison, style: &Style, out: &mut dyn Write) -> Result<()> {
    let cells = Cells::of(style);
    let words = cells.words;
    writeln!(out, "# {}\n\n## {}\n", words.compared, words.changes)?;
    match it.changes.is_empty() {
        true => writeln!(out, "{}", words.no_changes)?,
        false => markdown_table(&cells.change_head(), &cells.changes(it), out)?,
    }
    writeln!(out, "\n## {}\n", words.effects)?;
    let (shown, hidden) = cells.effects(it, style.verbose);
    match shown.is_empty() {
        true => writeln!(out, "{}", words.no_effects)?,
        false => markdown_table(&cells.effect_head(), &shown, out)?,
    }
    if hidden > 0 {
        writeln!(out, "\n{}", cells.hidden(hidden))?;
    }
    if !it.findings.is_empty() {
        writeln!(out, "\n## {}\n", words.findings)?;
        for finding in &it.findings {
            let (trend, rates) = (cells.trend(finding.trend), cells.rates(finding));
            writeln!(
                out,
                "- **{trend}** {} {} {rates}",
                escape(&finding.title),
                code(&finding.rule)
            )?;
        }
    }
    if !it.pairs.is_empty() {
        writeln!(out, "\n## {}\n", words.goes_with)?;
        for pair in &it.pairs {
            if let Some((change, effect)) = cells.pair(it, pair) {
                let said = fill(words.plausible, &[&Phrases::percent(pair.plausibility)]);
                let arrow = cells.symbols.arrow;
                writeln!(
                    out,
                    "- {} {arrow} {} ({said}) {}",
                    escape(&change),
                    escape(&effect),
                    escape(&pair.why)
                )?;
            }
        }
    }
    writeln!(out, "\n## {}\n", words.covered)?;
    for (label, coverage) in [(words.before, &it.before), (words.after, &it.after)] {
        writeln!(out, "- **{label}** {}", escape(&cells.covered(coverage)))?;
    }
    Ok(())
}

fn markdown_table(head: &[&str], rows: &[Vec<String>], out: &mut dyn Write) -> Result<()> {
    writeln!(out, "| {} |", head.join(" | "))?;
    writeln!(out, "|{}", " --- |".repeat(head.len()))?;
    rows.iter().try_for_each(|row| {
        let cells: Vec<String> = row.iter().map(|cell| escape(cell)).collect();
        writeln!(out, "| {} |", cells.join(" | "))
    })
}

/// What stands in the cells of both forms.
struct Cells {
    words: &'static Words,
    symbols: &'static Symbols,
}

impl Cells {
    fn of(style: &Style) -> Self {
        Self {
            words: Words::of(style.lang),
            symbols: Symbols::of(style.ascii),
        }
    }

    fn change_head(&self) -> [&'static str; 4] {
        [
            self.words.setting,
            self.words.before,
            self.words.after,
            self.words.place,
        ]
    }

    fn changes(&self, it: &Comparison) -> Vec<Vec<String>> {
        let value = |it: &Option<String>| it.clone().unwrap_or_else(|| self.words.not_set.into());
        let place = |it: &Change| match (it.at.1.as_str(), it.at.0.as_str()) {
            ("", "") => it.place.clone(),
            ("", at) | (at, _) => at.to_owned(),
        };
        let row = |it: &Change| vec![it.key.clone(), value(&it.before), value(&it.after), place(it)];
        it.changes.iter().map(row).collect()
    }

    fn effect_head(&self) -> [&'static str; 4] {
        [
            self.words.quantity,
            self.words.before,
            self.words.after,
            self.words.trend,
        ]
    }

    /// Rows of what differs, and how many stayed within their spread; with `all` these are rows as well.
    fn effects(&self, it: &Comparison, all: bool) -> (Vec<Vec<String>>, usize) {
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

    fn hidden(&self, number: usize) -> String {
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

    fn trend(&self, trend: Trend) -> &'static str {
        match trend {
            Trend::New => self.words.new,
            Trend::Worse => self.words.worse,
            Trend::Changed => self.words.changed,
            Trend::Same => self.words.same,
            Trend::Better => self.words.better,
            Trend::Gone => self.words.gone,
        }
    }

    fn rates(&self, it: &FindingChange) -> String {
        fill(self.words.per_hour, &[&number(it.per_hour.0), &number(it.per_hour.1)])
    }

    /// The change and the effect of a pair in words; nothing for a pair that points nowhere.
    fn pair(&self, it: &Comparison, pair: &Pair) -> Option<(String, String)> {
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

    fn covered(&self, coverage: &Coverage) -> String {
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
        size if size >= 1000.0 && size < 1e15 => {
            let sign = if value < 0.0 { "-" } else { "" };
            format!("{sign}{}", super::words::grouped(size.round() as u64))
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

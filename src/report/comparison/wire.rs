//! The JSON document `rmqdoc.comparison/1`. Written by hand, under the same promise as `json`.

use crate::model::Diagnosis;
use crate::model::comparison::{Change, Comparison, Direction, Effect, Figure, FindingChange, Pair};
use crate::report::Style;
use crate::report::json::{self, Wire};
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
    /// Indexes into `effects`: different, and no change explains it.
    pub unexplained: Vec<usize>,
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
    /// What lint says of the line after, `null` for nothing.
    pub verdict: Option<WireJudgement>,
}

/// What lint says of one changed line.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Judgement")]
pub struct WireJudgement {
    /// Id of the check.
    pub check: String,
    /// `error`, `warning`, `info`
    pub severity: String,
    /// One line.
    pub title: String,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub fix: String,
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
    /// Share of all pairs of readings in which the one after is higher, 0 to 1; `null` without both sides.
    pub superiority: Option<f64>,
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
    /// 99th percentile.
    pub p99: f64,
    /// Largest.
    pub max: f64,
    /// Mean.
    pub mean: f64,
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
    /// Whether the side without it read the kind of file that would have shown it.
    pub comparable: bool,
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
    /// Name of the mechanism.
    pub mechanism: String,
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
        p99: it.p99,
        max: it.max,
        mean: it.mean,
        count: it.count,
    };
    let change = |it: &Change| WireChange {
        kind: it.kind.word(),
        place: it.place.clone(),
        key: it.key.clone(),
        before: it.before.clone(),
        after: it.after.clone(),
        at: it.at.clone(),
        verdict: it.verdict.as_ref().map(|it| WireJudgement {
            check: it.check.clone(),
            severity: it.severity.clone(),
            title: it.title.clone(),
            why: it.why.clone(),
            fix: it.fix.clone(),
        }),
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
        trend: it.trend.word(),
        before: it.before.as_ref().map(figure),
        after: it.after.as_ref().map(figure),
        superiority: it.superiority,
    };
    let finding = |it: &FindingChange| WireFinding {
        rule: it.rule.clone(),
        cause: it.cause.clone(),
        severity: it.severity.word(),
        title: it.title.clone(),
        trend: it.trend.word(),
        per_hour_before: it.per_hour.0,
        per_hour_after: it.per_hour.1,
        comparable: it.comparable,
    };
    let pair = |it: &Pair| WirePair {
        change: it.change,
        effect: it.effect,
        finding: it.finding,
        mechanism: it.link.clone(),
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
        unexplained: it.unexplained(),
    }
}

//! The JSON document `rmqdoc.diagnosis/1`, a promise to programs: within schema 1 fields are only added, a field keeps
//! its meaning and unit, and enumerations may grow. The types are written by hand, so that a change of the model cannot
//! change the wire by accident.
//!
//! ```json
//! {"schema":"rmqdoc.diagnosis/1","tool":{"name":"rmqdoc","version":"0.1.0"},"inputs":["logs/"],"coverage":{…},"findings":[…]}
//! ```

mod wire;

pub(super) use wire::{Wire, advice};

use super::Style;
use crate::model::Diagnosis;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{Result, Write};

/// Name and version of the schema.
pub const SCHEMA: &str = "rmqdoc.diagnosis/1";

/// One diagnosis.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Document {
    /// Always `rmqdoc.diagnosis/1`.
    pub schema: &'static str,
    /// Who wrote this.
    pub tool: Tool,
    /// The paths that the run was given.
    pub inputs: Vec<String>,
    /// What was read.
    pub coverage: Coverage,
    /// Worst first.
    pub findings: Vec<Finding>,
    /// Symptoms for which no cause won.
    pub unexplained: Vec<Unexplained>,
    /// What happened, in order of time; only with `--timeline`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub timeline: Vec<Happening>,
}

/// Who wrote the document.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Tool {
    /// `rmqdoc`
    pub name: &'static str,
    /// Version of the program.
    pub version: &'static str,
    /// How many rules were weighed.
    pub rules: usize,
}

/// What was read.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Coverage {
    /// Number of sources (files, archive members, standard input).
    pub files: usize,
    /// Lines read.
    pub lines: u64,
    /// Decoded bytes read.
    pub bytes: u64,
    /// Hosts told apart.
    pub hosts: Vec<String>,
    /// First settled time of all sources, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// Last settled time of all sources, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// Versions told.
    pub versions: Vec<Version>,
    /// Assumptions on clocks, one sentence each.
    pub assumptions: Vec<String>,
    /// Every source that was read.
    pub sources: Vec<Source>,
    /// Sources that could not be used, or only in part.
    pub problems: Vec<Problem>,
}

/// A version that the input tells.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Version {
    /// `rocketmq`, `client`, `jdk`, `kernel`, …
    pub component: String,
    /// As written.
    pub version: String,
    /// `file:line`
    #[serde(rename = "where")]
    pub place: String,
}

/// A source that was read.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Source {
    /// Path; members of archives as `bundle.tar.gz!/broker.log`.
    pub path: String,
    /// Host label, empty when unknown.
    pub host: String,
    /// `namesrv`, `broker`, `proxy`, `controller`, `client`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<&'static str>,
    /// Format that read it; `unknown` when none did.
    pub format: &'static str,
    /// For text logs: which one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<&'static str>,
    /// Decoded size.
    pub bytes: u64,
    /// Lines read.
    pub lines: u64,
    /// First settled time, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// Last settled time, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
}

/// A source that could not be used, or only in part.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Problem {
    /// Path.
    pub path: String,
    /// What happened, one phrase.
    pub what: String,
}

/// A cause with verdict proved or likely.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Finding {
    /// Rule id.
    pub rule: String,
    /// Cause id.
    pub cause: String,
    /// `proved`, `likely`
    pub verdict: &'static str,
    /// `critical`, `warning`, `notice`
    pub severity: &'static str,
    /// 0 to 1.
    pub confidence: f64,
    /// One line.
    pub title: String,
    /// The mechanism.
    pub why: String,
    /// What would overturn the verdict.
    pub overturn: String,
    /// First event, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// Last event, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// Worst moment, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worst: Option<String>,
    /// `assumed` when the zone behind these times was not written in the input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<&'static str>,
    /// Whether it still went on at the end of the logs.
    pub ongoing: bool,
    /// Events behind the finding.
    pub count: u64,
    /// What it does to messages.
    pub data: DataRisk,
    /// Runs of minutes.
    pub episodes: Vec<Episode>,
    /// Where it holds.
    pub scope: Scope,
    /// Proof, strongest first.
    pub evidence: Vec<Evidence>,
    /// Titles of the symptoms that it explains.
    pub symptoms: Vec<String>,
    /// Cause ids of consequences seen in the input; they are not repeated at top level.
    pub explains: Vec<String>,
    /// Rivals.
    pub alternatives: Vec<Alternative>,
    /// Contradicted candidates.
    pub ruled_out: Vec<RuledOut>,
    /// Candidates without data.
    pub not_checked: Vec<NotChecked>,
    /// What changed or happened shortly before the onset.
    pub before: Vec<Evidence>,
    /// What to do, in order.
    pub advice: Vec<Advice>,
    /// The sum behind the confidence.
    pub weights: Vec<Weight>,
    /// Where to read more.
    pub references: Vec<String>,
}

/// What a cause does to messages; a missing field means that the input does not tell.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DataRisk {
    /// Acknowledged messages may be lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<bool>,
    /// Messages may be stored or consumed twice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicates: Option<bool>,
}

/// A run of minutes in which the events of a finding stand together.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Episode {
    /// RFC 3339.
    pub first: Option<String>,
    /// RFC 3339.
    pub last: Option<String>,
    /// Minute with the most events, RFC 3339.
    pub worst: Option<String>,
    /// Events.
    pub count: u64,
}

/// Where a finding holds.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Scope {
    /// Hosts with evidence.
    pub hosts: Vec<String>,
    /// Names by kind: `topic`, `group`, `broker`, `addr`, `client`, …; at most 20 of a kind.
    #[serde(flatten)]
    pub names: BTreeMap<String, Vec<String>>,
}

/// A proving line.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Evidence {
    /// Path.
    pub file: String,
    /// The byte from which lines are counted, when only a part of a big file was read (`--since`, `--until`, `--at`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_byte: Option<u64>,
    /// 1-based, in that file after decompression.
    pub line: u32,
    /// Last line, when the record has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<u32>,
    /// Host label, empty when unknown.
    pub host: String,
    /// That line.
    pub text: String,
    /// What it shows.
    pub note: String,
    /// Byte range of `text` that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mark: Option<(usize, usize)>,
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// How many events this line stands for.
    pub count: u64,
}

/// A rival that was not chosen.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Alternative {
    /// Cause id.
    pub cause: String,
    /// 0 to 1.
    pub confidence: f64,
    /// The one observation that would separate it.
    pub separated_by: String,
}

/// A candidate that the evidence contradicts.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RuledOut {
    /// Cause id.
    pub cause: String,
    /// Why, one phrase.
    pub why: String,
    /// What was looked at.
    pub evidence: Vec<Evidence>,
}

/// A candidate for which nothing was there to look at.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NotChecked {
    /// Cause id.
    pub cause: String,
    /// The command that would settle it.
    pub command: String,
}

/// One action.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Advice {
    /// The exact key, command or change.
    pub action: String,
    /// Where to do it.
    #[serde(rename = "where")]
    pub place: String,
    /// `none`, `broker`, `namesrv`, `client`, `host`
    pub restart: String,
    /// What it costs.
    pub price: String,
    /// How to go back.
    pub undo: String,
    /// How to see that it worked.
    pub verify: String,
}

/// One entry of the sum behind a confidence.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Weight {
    /// `prior`, the name of an evidence, …
    pub what: String,
    /// +10 makes the cause ten times as likely.
    pub decibans: f64,
    /// Whether it counted, or a stronger member of its group did.
    pub counted: bool,
}

/// A symptom for which no cause won.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Unexplained {
    /// Symptom id.
    pub symptom: String,
    /// Its title.
    pub title: String,
    /// Events.
    pub count: u64,
    /// Sample lines.
    pub evidence: Vec<Evidence>,
    /// Candidates in order.
    pub candidates: Vec<Alternative>,
    /// WARN and ERROR lines that are new, or ten times as frequent, since the onset.
    pub templates: Vec<Evidence>,
    /// What to collect.
    pub collect: Vec<NotChecked>,
}

/// Something that happened.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Happening {
    /// RFC 3339.
    pub at: Option<String>,
    /// One line.
    pub what: String,
    /// The line.
    pub evidence: Evidence,
}

/// Writes the document, indented, with a line end.
pub fn write(diagnosis: &Diagnosis, style: &Style, out: &mut dyn Write) -> Result<()> {
    let mut document = document(diagnosis);
    if !style.timeline {
        document.timeline.clear();
    }
    serde_json::to_writer_pretty(&mut *out, &document).map_err(std::io::Error::from)?;
    out.write_all(b"\n")
}

/// The wire form of a diagnosis.
pub fn document(diagnosis: &Diagnosis) -> Document {
    let wire = Wire::of(diagnosis);
    Document {
        schema: SCHEMA,
        tool: tool(diagnosis),
        inputs: diagnosis.inputs.clone(),
        coverage: wire.coverage(&diagnosis.coverage),
        findings: diagnosis.findings.iter().map(|it| wire.finding(it)).collect(),
        unexplained: diagnosis.unexplained.iter().map(|it| wire.unexplained(it)).collect(),
        timeline: diagnosis.timeline.iter().map(|it| wire.happening(it)).collect(),
    }
}

pub(super) fn tool(diagnosis: &Diagnosis) -> Tool {
    Tool {
        name: "rmqdoc",
        version: env!("CARGO_PKG_VERSION"),
        rules: diagnosis.rule_count,
    }
}

/// The JSON schema of the document.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Document)
}

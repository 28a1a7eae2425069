//! What a diagnosis says: findings with their proof, and what was covered.

use super::source::SourceInfo;
use super::span::Span;
use std::collections::{BTreeMap, BTreeSet};

/// The language of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
pub enum Lang {
    /// English
    #[default]
    En,
    /// Chinese
    Zh,
}

/// Harm, never confidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing, nothing is hurt.
    Notice,
    /// Degraded, or will be.
    Warning,
    /// Sending or consumption stops, or acknowledged data is at risk.
    Critical,
}

impl Severity {
    /// The word used in rules and reports.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Notice => "notice",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }
}

/// What is said of a candidate cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// The evidence contradicts it.
    RuledOut,
    /// Nothing was there to look at.
    NotChecked,
    /// Named as an alternative (60 % or less).
    Possible,
    /// Over 60 %.
    Likely,
    /// Over 90 %.
    Proved,
}

impl Verdict {
    /// The word used in reports.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::RuledOut => "ruled_out",
            Verdict::NotChecked => "not_checked",
            Verdict::Possible => "possible",
            Verdict::Likely => "likely",
            Verdict::Proved => "proved",
        }
    }
}

/// What happens to messages while a cause holds. `None` where the evidence does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DataRisk {
    /// Messages that the broker acknowledged may be lost.
    pub loss: Option<bool>,
    /// Messages may be stored or consumed twice.
    pub duplicates: Option<bool>,
}

/// A proving line.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// Where it stands; `span.source` indexes `Diagnosis::sources`.
    pub span: Span,
    /// The byte from which lines are counted, when the start of the file was not read.
    pub from_byte: Option<u64>,
    /// Path as shown to people.
    pub file: String,
    /// Host it came from, empty when unknown.
    pub host: String,
    /// The line.
    pub text: String,
    /// Byte range of `text` to underline.
    pub mark: Option<(usize, usize)>,
    /// What it shows, in the report's language.
    pub note: String,
    /// Settled time, milliseconds UTC.
    pub at: Option<i64>,
    /// How many events this line stands for.
    pub count: u64,
}

/// One entry of the sum behind a confidence.
#[derive(Debug, Clone)]
pub struct Weight {
    /// What it is: `prior`, the name of an evidence, …
    pub what: String,
    /// Decibans.
    pub decibans: f64,
    /// Whether it counted, or a stronger member of its group did.
    pub counted: bool,
}

/// One action.
#[derive(Debug, Clone, Default)]
pub struct Advice {
    /// The exact key, command or change.
    pub action: String,
    /// Where to do it.
    pub place: String,
    /// `none`, `broker`, `namesrv`, `client`, `host`.
    pub restart: String,
    /// What it costs.
    pub price: String,
    /// How to go back.
    pub undo: String,
    /// How to see that it worked.
    pub verify: String,
}

/// A rival that was not chosen.
#[derive(Debug, Clone)]
pub struct Alternative {
    /// Its cause id.
    pub cause: String,
    /// 0 to 1.
    pub confidence: f64,
    /// The one observation that would separate it from the finding.
    pub separated_by: String,
}

/// A candidate that the evidence contradicts.
#[derive(Debug, Clone)]
pub struct RuledOut {
    /// Its cause id.
    pub cause: String,
    /// Why, one phrase.
    pub why: String,
    /// What was looked at.
    pub evidence: Vec<Evidence>,
}

/// A candidate for which nothing was there to look at.
#[derive(Debug, Clone)]
pub struct NotChecked {
    /// Its cause id.
    pub cause: String,
    /// The command that would settle it.
    pub command: String,
}

/// A run of minutes in which the events of a finding stand together.
#[derive(Debug, Clone, Copy)]
pub struct Episode {
    /// First event, milliseconds UTC.
    pub first: i64,
    /// Last event.
    pub last: i64,
    /// Minute with the most events.
    pub worst: i64,
    /// Events.
    pub count: u64,
}

/// Where a finding holds.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Hosts with evidence.
    pub hosts: Vec<String>,
    /// Names by kind: `topic`, `group`, `broker`, `addr`, `client`, … at most 20 each.
    pub names: BTreeMap<String, Vec<String>>,
}

/// A cause with verdict proved or likely.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Rule id (file stem).
    pub rule: String,
    /// Cause id.
    pub cause: String,
    /// Proved or likely.
    pub verdict: Verdict,
    /// Harm.
    pub severity: Severity,
    /// 0 to 1.
    pub confidence: f64,
    /// One line.
    pub title: String,
    /// The mechanism.
    pub why: String,
    /// What would overturn the verdict.
    pub overturn: String,
    /// First event, milliseconds UTC.
    pub first: Option<i64>,
    /// Last event.
    pub last: Option<i64>,
    /// Worst moment.
    pub worst: Option<i64>,
    /// Whether the zone behind these times was assumed.
    pub zone_assumed: bool,
    /// Whether it still went on at the end of the logs.
    pub ongoing: bool,
    /// What it does to messages.
    pub data: DataRisk,
    /// Runs of minutes.
    pub episodes: Vec<Episode>,
    /// Events behind the finding.
    pub count: u64,
    /// Where it holds.
    pub scope: Scope,
    /// Proof, strongest first.
    pub evidence: Vec<Evidence>,
    /// Titles of the symptoms it explains.
    pub symptoms: Vec<String>,
    /// Cause ids of consequences seen in the bundle.
    pub explains: Vec<String>,
    /// Rivals.
    pub alternatives: Vec<Alternative>,
    /// Contradicted candidates.
    pub ruled_out: Vec<RuledOut>,
    /// Candidates without data.
    pub not_checked: Vec<NotChecked>,
    /// What changed or happened in the 20 minutes before the onset.
    pub before: Vec<Evidence>,
    /// What to do, in order.
    pub advice: Vec<Advice>,
    /// The sum behind the confidence.
    pub weights: Vec<Weight>,
    /// Where to read more.
    pub references: Vec<String>,
}

/// A symptom for which no cause won.
#[derive(Debug, Clone)]
pub struct Unexplained {
    /// Symptom id.
    pub symptom: String,
    /// Its title.
    pub title: String,
    /// Sample lines.
    pub evidence: Vec<Evidence>,
    /// Events.
    pub count: u64,
    /// Candidates in order, with the observation that would separate each from the next.
    pub candidates: Vec<Alternative>,
    /// Templates of WARN and ERROR lines that are new or ten times as frequent since the onset.
    pub templates: Vec<Evidence>,
    /// What to collect.
    pub collect: Vec<NotChecked>,
}

/// A source that could not be used, or only in part.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Path as shown to people.
    pub path: String,
    /// What happened, one phrase.
    pub what: String,
}

/// What was read.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    /// Every source that was read.
    pub sources: Vec<SourceInfo>,
    /// First and last settled time per source index, milliseconds UTC.
    pub spans: BTreeMap<u32, (i64, i64)>,
    /// Unreadable, broken, truncated or capped.
    pub problems: Vec<Problem>,
    /// Assumptions on clocks, one sentence each.
    pub assumptions: Vec<String>,
    /// Offset from UTC, in minutes, of the clock that times are shown in: that of the logs.
    pub offset_min: i32,
    /// Versions told: component, version, where (`file:line`).
    pub versions: Vec<(String, String, String)>,
    /// Bytes and lines read.
    pub bytes: u64,
    /// Lines read.
    pub lines: u64,
    /// First and last time that were asked for, milliseconds UTC; open ends are far away. `None` when everything counts.
    pub window: Option<(i64, i64)>,
}

impl Coverage {
    /// Whether any source has a format that is known.
    pub fn understood(&self) -> bool {
        self.sources.iter().any(|source| source.format != "unknown")
    }

    /// Whether all times that were read lie outside of the window that was asked for.
    pub fn missed(&self) -> bool {
        let (Some((from, to)), Some((first, last))) = (self.window, self.range()) else {
            return false;
        };
        from > to || to < first || from > last
    }

    /// First and last settled time of all sources.
    pub fn range(&self) -> Option<(i64, i64)> {
        let first = self.spans.values().map(|span| span.0).min()?;
        let last = self.spans.values().map(|span| span.1).max()?;
        Some((first, last))
    }

    /// Hosts told apart, in order of their first source.
    pub fn hosts(&self) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let named = self.sources.iter().filter(|source| !source.host.is_empty());
        let fresh = named.filter(|source| seen.insert(source.host.as_str()));
        fresh.map(|source| source.host.clone()).collect()
    }
}

/// Something that happened, for `--timeline`.
#[derive(Debug, Clone)]
pub struct Happening {
    /// Milliseconds UTC.
    pub at: i64,
    /// One line.
    pub what: String,
    /// The line.
    pub evidence: Evidence,
}

/// The whole answer.
#[derive(Debug, Clone, Default)]
pub struct Diagnosis {
    /// The paths that the run was given.
    pub inputs: Vec<String>,
    /// How many rules were weighed.
    pub rule_count: usize,
    /// Ranked, worst first.
    pub findings: Vec<Finding>,
    /// Symptoms without a cause.
    pub unexplained: Vec<Unexplained>,
    /// Ids of rules that any evidence speaks for, whatever came of them.
    pub considered: Vec<String>,
    /// What was read.
    pub coverage: Coverage,
    /// In order of time.
    pub timeline: Vec<Happening>,
}

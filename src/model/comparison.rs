//! `Comparison`: what differs between two bundles, what it did, and which change goes with which effect.

use super::finding::{Coverage, Severity};

/// Two bundles side by side.
#[derive(Debug, Clone, Default)]
pub struct Comparison {
    /// What was read before.
    pub before: Coverage,
    /// What was read after.
    pub after: Coverage,
    /// What was changed.
    pub changes: Vec<Change>,
    /// What became different.
    pub effects: Vec<Effect>,
    /// Findings of either bundle.
    pub findings: Vec<FindingChange>,
    /// Which change goes with which effect, most plausible first.
    pub pairs: Vec<Pair>,
}

impl Comparison {
    /// Whether both sides held something to look at.
    pub fn is_read(&self) -> bool {
        !self.before.sources.is_empty() && !self.after.sources.is_empty()
    }

    /// Whether both sides are alike in all that was looked at.
    pub fn is_empty(&self) -> bool {
        let same = |it: &FindingChange| it.trend == Trend::Same;
        self.changes.is_empty() && self.findings.iter().all(same) && !self.effects.iter().any(Effect::differs)
    }

    /// Effects that differ and that no change explains.
    pub fn unexplained(&self) -> Vec<usize> {
        let paired = |at: usize| self.pairs.iter().any(|pair| pair.effect == Some(at));
        (0..self.effects.len())
            .filter(|at| self.effects[*at].differs() && !paired(*at))
            .collect()
    }
}

/// What kind of thing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// A key of a broker, name server, proxy or client configuration.
    Config,
    /// A kernel setting.
    Kernel,
    /// A limit (ulimit, limits.conf, systemd).
    Limit,
    /// A JVM flag.
    Jvm,
    /// A version of RocketMQ, the JDK, the kernel …
    Version,
    /// Hosts, disks, addresses.
    Topology,
}

impl ChangeKind {
    /// The word used in reports.
    pub fn word(self) -> &'static str {
        match self {
            ChangeKind::Config => "config",
            ChangeKind::Kernel => "kernel",
            ChangeKind::Limit => "limit",
            ChangeKind::Jvm => "jvm",
            ChangeKind::Version => "version",
            ChangeKind::Topology => "topology",
        }
    }
}

/// One difference in what people set.
#[derive(Debug, Clone)]
pub struct Change {
    /// What kind of setting.
    pub kind: ChangeKind,
    /// Host or file it holds for, empty for all.
    pub place: String,
    /// Name of the setting.
    pub key: String,
    /// Value before; `None` when it was not set.
    pub before: Option<String>,
    /// Value after; `None` when it is no longer set.
    pub after: Option<String>,
    /// Where it stands: `file:line` before and after, empty when absent.
    pub at: (String, String),
    /// What lint says of the line after; `None` when it has nothing to say.
    pub verdict: Option<Judgement>,
}

/// What lint says of one changed line.
#[derive(Debug, Clone)]
pub struct Judgement {
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

/// Which way is better for a measured quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Rates.
    HigherIsBetter,
    /// Latencies, pauses, usage.
    LowerIsBetter,
    /// Neither.
    Neutral,
}

/// A measured quantity over one bundle.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Figure {
    /// Median.
    pub median: f64,
    /// 10th percentile.
    pub low: f64,
    /// 90th percentile.
    pub high: f64,
    /// Mean.
    pub mean: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Largest.
    pub max: f64,
    /// Readings behind it.
    pub count: u64,
}

/// One quantity that became different.
#[derive(Debug, Clone)]
pub struct Effect {
    /// What was measured: rates, latencies, GC, disk …
    pub what: String,
    /// Unit, empty for none.
    pub unit: String,
    /// Host, topic or group it was measured on, empty for all.
    pub place: String,
    /// Which way is better.
    pub direction: Direction,
    /// Before; `None` when it was not measured.
    pub before: Option<Figure>,
    /// After; `None` when it was not measured.
    pub after: Option<Figure>,
    /// Of all pairs of a reading before and a reading after, the share in which the one after is higher (0 to 1).
    pub superiority: Option<f64>,
    /// What became of it: `Same` within the spread, `New` and `Gone` when one side was not measured.
    pub trend: Trend,
}

/// Whether an effect is good news.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trend {
    /// It was not there before.
    New,
    /// More or worse than before.
    Worse,
    /// Different, and nobody can say which is better.
    Changed,
    /// Within the spread.
    Same,
    /// Less or better than before.
    Better,
    /// It is not there any more.
    Gone,
}

impl Trend {
    /// The word used in reports.
    pub fn word(self) -> &'static str {
        match self {
            Trend::New => "new",
            Trend::Worse => "worse",
            Trend::Changed => "changed",
            Trend::Same => "same",
            Trend::Better => "better",
            Trend::Gone => "gone",
        }
    }
}

impl Effect {
    /// Whether both sides were measured and the difference is more than noise.
    pub fn differs(&self) -> bool {
        matches!(self.trend, Trend::Worse | Trend::Changed | Trend::Better)
    }
}

/// A finding on both sides.
#[derive(Debug, Clone)]
pub struct FindingChange {
    /// Rule id.
    pub rule: String,
    /// Cause id.
    pub cause: String,
    /// The worse of both.
    pub severity: Severity,
    /// One line.
    pub title: String,
    /// What became of it.
    pub trend: Trend,
    /// Events per hour before and after.
    pub per_hour: (f64, f64),
    /// Whether the side without it read the kind of file that would have shown it.
    pub comparable: bool,
}

/// A change and an effect that may belong together.
#[derive(Debug, Clone)]
pub struct Pair {
    /// Index into `changes`.
    pub change: usize,
    /// Index into `effects`; `None` when the effect is a finding.
    pub effect: Option<usize>,
    /// Index into `findings`; `None` when the effect is a figure.
    pub finding: Option<usize>,
    /// Name of the mechanism (`rules/effects.toml`); pairs of one mechanism belong together.
    pub link: String,
    /// 0 to 1.
    pub plausibility: f64,
    /// Why, one sentence.
    pub why: String,
}

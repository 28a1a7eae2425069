//! The TOML of rule files as written. Unknown keys are errors that name file, line and what would be accepted.

use serde::Deserialize;
use std::collections::BTreeMap;

/// A text in both languages.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BothFile {
    /// English
    pub en: String,
    /// Chinese
    pub zh: String,
}

/// One text or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// `"a"`
    One(String),
    /// `["a", "b"]`
    Many(Vec<String>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        OneOrMany::Many(Vec::new())
    }
}

impl OneOrMany {
    /// As a list.
    pub fn list(&self) -> Vec<String> {
        match self {
            OneOrMany::One(one) => vec![one.clone()],
            OneOrMany::Many(many) => many.clone(),
        }
    }
}

/// `rules/signals/*.toml`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalsFile {
    /// The signals.
    #[serde(default)]
    pub signal: Vec<SignalFile>,
}

/// One log message.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalFile {
    /// Lower-case words with dashes, no dot.
    pub name: String,
    /// At least one of these literals stands in the record.
    #[serde(rename = "match")]
    pub literals: OneOrMany,
    /// Each of these stands in it.
    #[serde(default)]
    pub all: OneOrMany,
    /// None of these does.
    #[serde(default)]
    pub not: OneOrMany,
    /// Must match; named groups become fields.
    #[serde(default)]
    pub regex: Option<String>,
    /// Only in these logs.
    #[serde(rename = "in", default)]
    pub logs: OneOrMany,
    /// Condition on fields.
    #[serde(rename = "where", default)]
    pub condition: Option<String>,
    /// What it says.
    #[serde(default)]
    pub doc: String,
    /// Told in the timeline, and as what happened before an onset; `{field}` is filled.
    #[serde(default)]
    pub timeline: Option<BothFile>,
}

/// `rules/symptoms.toml`
pub type SymptomsFile = BTreeMap<String, SymptomFile>;

/// What users feel.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SymptomFile {
    /// One line.
    pub title: BothFile,
    /// Signals and kinds that make it present.
    pub events: Vec<String>,
    /// Prior of an unknown cause, decibans.
    #[serde(default)]
    pub unknown: f64,
}

/// One rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    /// An id of causes.toml.
    pub cause: String,
    /// Versions it holds for.
    #[serde(default)]
    pub versions: String,
    /// `critical`, `warning` or `notice`.
    pub severity: SeverityFile,
    /// Severity by what is hurt: condition, severity.
    #[serde(default)]
    pub raise: Vec<(String, SeverityFile)>,
    /// Decibans before any evidence.
    #[serde(default)]
    pub prior: Option<f64>,
    /// Contests and what is added when that symptom is present.
    #[serde(default)]
    pub symptoms: BTreeMap<String, f64>,
    /// Consequences, as causes.
    #[serde(default)]
    pub explains: Vec<String>,
    /// What it does to messages.
    #[serde(default)]
    pub data: DataFile,
    /// Where to read more.
    #[serde(default)]
    pub references: Vec<String>,
    /// Former ids.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// For and against.
    #[serde(default)]
    pub evidence: Vec<EvidenceFile>,
    /// English texts.
    pub en: TextsFile,
    /// Chinese texts.
    pub zh: TextsFile,
}

/// `data = { loss = false, duplicates = true }`; what is left out is not known.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataFile {
    /// Acknowledged messages may be lost.
    pub loss: Option<bool>,
    /// Messages may be stored or consumed twice.
    pub duplicates: Option<bool>,
}

/// `critical`, `warning`, `notice`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SeverityFile {
    /// `critical`
    Critical,
    /// `warning`
    Warning,
    /// `notice`
    Notice,
}

/// One piece of evidence.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceFile {
    /// Name for texts.
    #[serde(default)]
    pub id: Option<String>,
    /// A kind or signal …
    #[serde(default)]
    pub event: Option<String>,
    /// … or a message in place.
    #[serde(rename = "match", default)]
    pub literals: OneOrMany,
    /// As in a signal.
    #[serde(default)]
    pub all: OneOrMany,
    /// As in a signal.
    #[serde(default)]
    pub not: OneOrMany,
    /// As in a signal.
    #[serde(default)]
    pub regex: Option<String>,
    /// As in a signal.
    #[serde(rename = "in", default)]
    pub logs: OneOrMany,
    /// Condition on the fields of one event.
    #[serde(rename = "where", default)]
    pub condition: Option<String>,
    /// Only near events of this symptom, signal or kind.
    #[serde(default)]
    pub near: Option<String>,
    /// Only away from events of this symptom, signal or kind.
    #[serde(default)]
    pub far: Option<String>,
    /// How near, or from where on it is far: `5s`, `2m`.
    #[serde(default)]
    pub within: Option<String>,
    /// Only from hosts with one of these roles.
    #[serde(default)]
    pub role: OneOrMany,
    /// `host`: the near event must be on the same host.
    #[serde(default)]
    pub same: Option<String>,
    /// Decibans.
    #[serde(default)]
    pub weight: Option<f64>,
    /// Condition over all events, decibans; the first that holds counts.
    #[serde(default)]
    pub steps: Vec<(String, f64)>,
    /// Pieces that are not independent.
    #[serde(default)]
    pub group: Option<String>,
    /// Printed under the line.
    #[serde(default)]
    pub note: Option<BothFile>,
    /// Holds when nothing was found although the source was read.
    #[serde(default)]
    pub absent: bool,
    /// The source that must have been read.
    #[serde(default)]
    pub needs: Option<String>,
    /// What would settle it when the source is missing.
    #[serde(default)]
    pub check: Option<BothFile>,
}

/// Texts of one language.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextsFile {
    /// One line.
    pub title: String,
    /// The mechanism.
    pub why: String,
    /// What would overturn the verdict.
    #[serde(default)]
    pub overturn: String,
    /// Actions in order.
    #[serde(default)]
    pub advice: Vec<AdviceFile>,
}

/// One action.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdviceFile {
    /// The exact key, command or change.
    pub action: String,
    /// Where to do it.
    #[serde(rename = "where", default)]
    pub place: String,
    /// `none`, `broker`, `namesrv`, `client`, `host`
    #[serde(default)]
    pub restart: String,
    /// What it costs.
    #[serde(default)]
    pub price: String,
    /// How to go back.
    #[serde(default)]
    pub undo: String,
    /// How to see that it worked.
    #[serde(default)]
    pub verify: String,
}

/// Reads a TOML text; the error names file, line and what would be accepted.
///
/// # Errors
/// `<path>:<line>: <what>`
pub fn read<T: serde::de::DeserializeOwned>(path: &str, text: &str) -> Result<T, String> {
    toml::from_str(text).map_err(|e| {
        let line = e
            .span()
            .map_or(1, |s| text[..s.start.min(text.len())].matches('\n').count() + 1);
        format!("{path}:{line}: {}", e.message().replace('\n', " "))
    })
}

//! The TOML of rule files as written. Unknown keys are errors that name file, line and what would be accepted.
//!
//! The build script reads `rules/` with this very file and packs what it read, so that a start reads no TOML: nothing
//! here may need more than serde and toml. Not here: what the words mean (`compile`).

use serde::de::{Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A file of a rule folder, read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReadFile {
    /// Path below the folder, for names and errors: `jvm/gc-long-pause.toml`.
    pub path: String,
    /// What it holds.
    pub content: Content,
}

/// What the name and the folder of a file say it holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Content {
    /// `causes.toml`: area → cause id → one line.
    Causes(BTreeMap<String, BTreeMap<String, String>>),
    /// `symptoms.toml`
    Symptoms(SymptomsFile),
    /// `effects.toml`
    Effects(Box<EffectsFile>),
    /// `signals/*.toml`
    Signals(SignalsFile),
    /// Any other.
    Rule(Box<RuleFile>),
}

impl ReadFile {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// `<path>:<line>: <what>`
    pub fn parse(path: &str, text: &str) -> Result<ReadFile, String> {
        let mut parts = path.rsplit('/');
        let (name, folder) = (parts.next().unwrap_or(path), parts.next().unwrap_or(""));
        let content = match (folder, name) {
            (_, "causes.toml") => Content::Causes(read(path, text)?),
            (_, "symptoms.toml") => Content::Symptoms(read(path, text)?),
            (_, "effects.toml") => Content::Effects(read(path, text)?),
            ("signals", _) => Content::Signals(read(path, text)?),
            _ => Content::Rule(read(path, text)?),
        };
        Ok(ReadFile {
            path: path.to_string(),
            content,
        })
    }

    /// The name without `.toml`, which is the id of a rule.
    pub fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        name.strip_suffix(".toml").unwrap_or(name)
    }
}

/// A text in both languages.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BothFile {
    /// English
    pub en: String,
    /// Chinese
    pub zh: String,
}

/// Texts: `"a"` or `["a", "b"]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct List(pub Vec<String>);

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        // What the build script packed is a plain list.
        match from.is_human_readable() {
            true => from.deserialize_any(OneOrMany),
            false => Vec::deserialize(from).map(List),
        }
    }
}

struct OneOrMany;

impl<'de> Visitor<'de> for OneOrMany {
    type Value = List;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a text or a list of texts")
    }

    fn visit_str<E>(self, one: &str) -> Result<List, E> {
        Ok(List(vec![one.to_string()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<List, A::Error> {
        let mut many = Vec::new();
        while let Some(text) = from.next_element()? {
            many.push(text);
        }
        Ok(List(many))
    }
}

/// `rules/signals/*.toml`
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SignalsFile {
    /// The signals.
    #[serde(default)]
    pub signal: Vec<SignalFile>,
}

/// Declares a table that describes a message beside what is its own. (`serde(flatten)` would lose the line of a mistake
/// and the keys that would be accepted.)
macro_rules! with_message {
    ($(#[$about:meta])* pub struct $name:ident { $($own:tt)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Default, Deserialize, Serialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($own)*
            /// Each of these stands in the record.
            #[serde(default)]
            pub all: List,
            /// None of these does.
            #[serde(default)]
            pub not: List,
            /// Must match; named groups become fields.
            #[serde(default)]
            pub regex: Option<String>,
            /// Only in these logs.
            #[serde(rename = "in", default)]
            pub logs: List,
            /// Condition on the fields of one event.
            #[serde(rename = "where", default)]
            pub condition: Option<String>,
        }

        impl $name {
            /// The message that it describes.
            pub fn message(&self) -> Message<'_> {
                Message {
                    literals: &self.literals.0,
                    all: &self.all.0,
                    not: &self.not.0,
                    regex: self.regex.as_deref(),
                    logs: &self.logs.0,
                    condition: self.condition.as_deref(),
                }
            }
        }
    };
}

/// How a message is told from others, in a signal or in a piece of evidence.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// At least one of these literals stands in the record.
    pub literals: &'a [String],
    /// Each of these stands in it.
    pub all: &'a [String],
    /// None of these does.
    pub not: &'a [String],
    /// Must match; named groups become fields.
    pub regex: Option<&'a str>,
    /// Only in these logs.
    pub logs: &'a [String],
    /// Condition on fields.
    pub condition: Option<&'a str>,
}

with_message! {
    /// One log message.
    pub struct SignalFile {
        /// Lower-case words with dashes, no dot.
        pub name: String,
        /// At least one of these literals stands in the record.
        #[serde(rename = "match")]
        pub literals: List,
        /// What it says.
        #[serde(default)]
        pub doc: String,
        /// Told in the timeline, and as what happened before an onset; `{field}` is filled.
        #[serde(default)]
        pub timeline: Option<BothFile>,
    }
}

/// `rules/symptoms.toml`
pub type SymptomsFile = BTreeMap<String, SymptomFile>;

/// What users feel.
#[derive(Debug, Clone, Deserialize, Serialize)]
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
#[derive(Debug, Clone, Deserialize, Serialize)]
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
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DataFile {
    /// Acknowledged messages may be lost.
    pub loss: Option<bool>,
    /// Messages may be stored or consumed twice.
    pub duplicates: Option<bool>,
}

/// `critical`, `warning`, `notice`
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SeverityFile {
    /// `critical`
    Critical,
    /// `warning`
    Warning,
    /// `notice`
    Notice,
}

with_message! {
    /// One piece of evidence.
    pub struct EvidenceFile {
        /// Name for texts.
        #[serde(default)]
        pub id: Option<String>,
        /// A kind or signal …
        #[serde(default)]
        pub event: Option<String>,
        /// … or a message in place, as in a signal.
        #[serde(rename = "match", default)]
        pub literals: List,
        /// Only near events of these symptoms, signals or kinds.
        #[serde(default)]
        pub near: List,
        /// Only away from events of these symptoms, signals or kinds.
        #[serde(default)]
        pub far: List,
        /// How near, or from where on it is far: `5s`, `2m`.
        #[serde(default)]
        pub within: Option<String>,
        /// Only from hosts with one of these roles.
        #[serde(default)]
        pub role: List,
        /// `host`: the near event must be on the same host; `addr`: it must not tell another address.
        #[serde(default)]
        pub same: Option<String>,
        /// `after`: the near event must come after this one.
        #[serde(default)]
        pub order: Option<String>,
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
}

/// Texts of one language.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
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
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
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

/// `rules/effects.toml`
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EffectsFile {
    /// What is measured.
    #[serde(default)]
    pub measure: Vec<MeasureFile>,
    /// The mechanisms.
    #[serde(default)]
    pub link: Vec<LinkFile>,
    /// What a setting is when nobody sets it.
    #[serde(default)]
    pub defaults: BTreeMap<String, String>,
    /// Kernel settings that are counters.
    #[serde(default)]
    pub volatile: Vec<String>,
    /// Why a finding goes with a change that is its proof.
    #[serde(default)]
    pub proof: Option<BothFile>,
}

/// A quantity.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MeasureFile {
    /// Its name in `moves`.
    pub id: String,
    /// Kind of event.
    pub event: String,
    /// The number; without it the events are counted.
    #[serde(default)]
    pub field: Option<String>,
    /// Fields that tell series apart.
    #[serde(default)]
    pub by: Vec<String>,
    /// Which events count.
    #[serde(rename = "where", default)]
    pub condition: Option<String>,
    /// Kind of event that shows that somebody was counting.
    #[serde(default)]
    pub needs: Option<String>,
    /// Unit as shown.
    #[serde(default)]
    pub unit: String,
    /// Which way is better.
    pub better: Better,
    /// A smaller difference means nothing.
    #[serde(default)]
    pub least: f64,
    /// Only what is changed on the same host moves it.
    #[serde(default)]
    pub local: bool,
    /// Its name for people.
    pub title: BothFile,
}

/// `higher`, `lower`, `neither`
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// `higher`
    Higher,
    /// `lower`
    Lower,
    /// `neither`
    Neither,
}

/// A mechanism.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LinkFile {
    /// Its name.
    pub id: String,
    /// What kind of change.
    pub kind: KindFile,
    /// Settings.
    pub keys: Vec<String>,
    /// Which way the number goes.
    #[serde(default)]
    pub when: Option<Way>,
    /// Words that the setting is changed to.
    #[serde(default)]
    pub to: Vec<String>,
    /// Only where the larger value is at least this.
    #[serde(default)]
    pub over: Option<f64>,
    /// Measure id → which way it goes.
    #[serde(default)]
    pub moves: BTreeMap<String, Way>,
    /// Causes that come with it.
    #[serde(default)]
    pub causes: Vec<String>,
    /// How often it is the reason.
    pub strength: f64,
    /// One sentence.
    pub why: BothFile,
}

/// Which way a value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// It grows.
    Up,
    /// It shrinks.
    Down,
    /// It changes.
    Any,
}

/// `config`, `kernel`, `limit`, `jvm`, `version`, `topology`
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KindFile {
    /// `config`
    Config,
    /// `kernel`
    Kernel,
    /// `limit`
    Limit,
    /// `jvm`
    Jvm,
    /// `version`
    Version,
    /// `topology`
    Topology,
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

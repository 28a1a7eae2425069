//! `RuleCard`: one rule as `explain` and `rules list` show it. Plain words; how a rule is matched stays in `rule`.

use super::finding::{Advice, Lang, Severity};

/// One rule, ready to be read by a person.
#[derive(Debug, Clone)]
pub struct RuleCard {
    /// File stem.
    pub id: String,
    /// Folder: `network`, `jvm`, …
    pub area: String,
    /// Cause id.
    pub cause: String,
    /// The sentence of `causes.toml`.
    pub cause_text: String,
    /// As written, empty for all versions.
    pub versions: String,
    /// Default severity.
    pub severity: Severity,
    /// Symptom ids with the decibans that each adds when it is present.
    pub symptoms: Vec<(String, f64)>,
    /// What is looked at, in the order of the file.
    pub evidence: Vec<EvidenceCard>,
    /// Cause ids of consequences.
    pub explains: Vec<String>,
    /// Texts per language; English always stands.
    pub texts: Vec<CardText>,
    /// Where to read more.
    pub references: Vec<String>,
    /// File of the rule: embedded path, or the user's.
    pub file: String,
}

impl RuleCard {
    /// The text in that language, else the first one.
    pub fn text(&self, lang: Lang) -> Option<&CardText> {
        self.texts
            .iter()
            .find(|text| text.lang == lang)
            .or_else(|| self.texts.first())
    }
}

/// One `[[evidence]]` of a rule.
#[derive(Debug, Clone, Default)]
pub struct EvidenceCard {
    /// Event kind or signal name; the literals of a message that is defined in place.
    pub event: String,
    /// Its condition, empty for none.
    pub condition: String,
    /// Whether it is the absence that counts.
    pub absent: bool,
    /// Conditions on all events with their decibans; a plain weight has an empty condition.
    pub steps: Vec<(String, f64)>,
    /// Note per language, as written.
    pub notes: Vec<(Lang, String)>,
}

/// Texts of a rule in one language, placeholders as written.
#[derive(Debug, Clone)]
pub struct CardText {
    /// Which language.
    pub lang: Lang,
    /// One line.
    pub title: String,
    /// The mechanism.
    pub why: String,
    /// What would overturn the verdict.
    pub overturn: String,
    /// What to do, in order.
    pub advice: Vec<Advice>,
}

/// Something wrong with a rule file.
#[derive(Debug, Clone)]
pub struct RuleProblem {
    /// The file.
    pub file: String,
    /// 1-based, 0 when it concerns the whole file.
    pub line: u32,
    /// What is wrong and what would be accepted.
    pub what: String,
}

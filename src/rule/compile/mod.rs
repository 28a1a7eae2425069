//! Rule files → `RuleBook`: conditions parsed, names resolved, literals collected. Every mistake is an error that names
//! file and, where known, line. Here stands what comes out; `builder` makes it.

mod builder;
mod names;

use super::effects::Effects;
use super::expr::Expr;
use super::file::{self, ReadFile};
use super::literals::Literals;
use super::pattern::{Needle, Pattern};
use super::range::Range;
use super::tally::Wants;
use crate::model::finding::DataRisk;
use crate::model::{Role, Severity};
use builder::Builder;
pub use names::{log_bit, log_name, role_name};
use std::collections::{BTreeMap, HashMap};

/// One file of a rule folder.
#[derive(Debug, Clone)]
pub struct RuleText {
    /// Path below the folder, for names and errors: `jvm/gc-long-pause.toml`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// Whether the regular expressions of a file are known to be some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patterns {
    /// They stand in the program, whose tests compiled each of them.
    Checked,
    /// Nobody has compiled them yet.
    New,
}

impl Patterns {
    pub(super) fn pattern(self, source: &str) -> Result<Pattern, String> {
        let pattern = Pattern::new(source);
        if self == Patterns::New {
            pattern.check()?;
        }
        Ok(pattern)
    }

    pub(super) fn condition(self, text: &str) -> Result<Expr, String> {
        let condition = Expr::parse(text)?;
        if self == Patterns::New {
            condition.check_patterns()?;
        }
        Ok(condition)
    }
}

/// Fields that every event has.
pub(super) const COMMON_FIELDS: &[&str] = &[
    "level", "thread", "logger", "log", "line", "host", "role", "file", "format",
];

/// Bits of kinds of log.
pub type LogMask = u32;

/// A log message.
#[derive(Debug)]
pub struct Signal {
    /// Its name.
    pub name: String,
    /// Any of these.
    pub literals: Vec<String>,
    /// All of these.
    pub all: Vec<Needle>,
    /// None of these.
    pub not: Vec<Needle>,
    /// Must match; its named groups become fields.
    pub regex: Option<Pattern>,
    /// Only in these logs; 0 = all.
    pub logs: LogMask,
    /// Condition on fields.
    pub condition: Option<Expr>,
    /// What it says.
    pub doc: String,
    /// Told in the timeline, and as what happened before an onset.
    pub timeline: Option<Both>,
    /// What is done with it when it comes again and again.
    pub flood: Flood,
    captures: Vec<String>,
}

/// What is done with a message that stands in a part of a log hundreds of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flood {
    /// Each is read: rules ask for figures or conditions.
    Read,
    /// Some are read, for the values that differ, and all are counted.
    Sample,
    /// They are counted: rules ask only how many there are and when.
    Count,
}

/// Where a watch's events come from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A kind of `model::kind`.
    Kind(String),
    /// Index of a signal.
    Signal(usize),
}

/// A counted class of events.
#[derive(Debug)]
pub struct Watch {
    /// Where its events come from.
    pub origin: Origin,
    /// Which of them count.
    pub condition: Option<Expr>,
    /// What to keep.
    pub wants: Wants,
}

/// Restricts evidence to events near others, or away from them.
#[derive(Debug, Clone)]
pub struct Near {
    /// Watches whose times count.
    pub targets: Vec<usize>,
    /// How near.
    pub within_ms: i64,
    /// On the same host.
    pub same_host: bool,
    /// Of the same address; one without an address may be of any.
    pub same_addr: bool,
    /// Only those that come after.
    pub after: bool,
    /// Away from them instead.
    pub far: bool,
}

/// A text in both languages.
#[derive(Debug, Clone, Default)]
pub struct Both {
    /// English
    pub en: String,
    /// Chinese
    pub zh: String,
}

impl From<file::BothFile> for Both {
    fn from(both: file::BothFile) -> Self {
        Self {
            en: both.en,
            zh: both.zh,
        }
    }
}

/// One piece of evidence.
#[derive(Debug)]
pub struct Evidence {
    /// Name for texts and sums.
    pub id: String,
    /// Its events.
    pub watch: usize,
    /// All events of its origin, for `total` and `share`.
    pub base: usize,
    /// Restriction.
    pub near: Option<Near>,
    /// Only hosts with one of these roles.
    pub roles: Vec<Role>,
    /// First that holds.
    pub steps: Vec<(Expr, f64)>,
    /// Group of pieces that are not independent.
    pub group: String,
    /// Printed under the line.
    pub note: Option<Both>,
    /// Holds when nothing was found under coverage.
    pub absent: bool,
    /// Format or log that must have been read.
    pub needs: Option<String>,
    /// What would settle it.
    pub check: Option<Both>,
    /// As written, for people: event or literals, condition, steps.
    pub written: Written,
}

/// A piece of evidence as its file has it.
#[derive(Debug, Clone, Default)]
pub struct Written {
    /// Event kind or signal, or the literals of a message in place.
    pub event: String,
    /// Its condition, empty for none.
    pub condition: String,
    /// Conditions on all events with their decibans.
    pub steps: Vec<(String, f64)>,
}

/// A diagnosis.
#[derive(Debug)]
pub struct Rule {
    /// File stem.
    pub id: String,
    /// Folder.
    pub area: String,
    /// Path of the file, for errors.
    pub path: String,
    /// Cause id.
    pub cause: String,
    /// Versions it holds for, as written.
    pub versions_text: String,
    /// The same, compiled.
    pub versions: Range,
    /// Harm.
    pub severity: Severity,
    /// Harm by what is hurt.
    pub raise: Vec<(Expr, Severity)>,
    /// Decibans.
    pub prior: f64,
    /// Symptom index, decibans.
    pub symptoms: Vec<(usize, f64)>,
    /// Consequences.
    pub explains: Vec<String>,
    /// What it does to messages.
    pub data: DataRisk,
    /// Where to read more.
    pub references: Vec<String>,
    /// Former ids.
    pub aliases: Vec<String>,
    /// For and against.
    pub evidence: Vec<Evidence>,
    /// Texts.
    pub en: file::TextsFile,
    /// Texts.
    pub zh: file::TextsFile,
}

/// What users feel.
#[derive(Debug)]
pub struct Symptom {
    /// Its id.
    pub id: String,
    /// One line.
    pub title: Both,
    /// Watches of its events.
    pub watches: Vec<usize>,
    /// Prior of unknown, decibans.
    pub unknown: f64,
}

/// All rules, compiled.
#[derive(Debug)]
pub struct RuleBook {
    /// The rules, by id.
    pub rules: Vec<Rule>,
    /// The symptoms.
    pub symptoms: Vec<Symptom>,
    /// Cause id → one line.
    pub causes: BTreeMap<String, String>,
    /// Cause id → all causes it explains, transitively.
    pub explains: BTreeMap<String, Vec<String>>,
    /// The signals.
    pub signals: Vec<Signal>,
    /// The watches.
    pub watches: Vec<Watch>,
    /// What all signals look for.
    pub literals: Literals,
    /// Watches of each kind.
    pub by_kind: HashMap<String, Vec<usize>>,
    /// Watches of each signal.
    pub by_signal: Vec<Vec<usize>>,
    /// What is measured, and what moves it.
    pub effects: Effects,
}

impl RuleBook {
    /// Compiles the rules that are packed into the program (none for an empty list) and the files of folders; a later
    /// rule of the same id replaces an earlier one. Patterns of packed rules are compiled at their first use.
    ///
    /// # Errors
    /// All mistakes found, one line each: `<path>[:line]: <what>`.
    pub fn load(packed: Vec<ReadFile>, texts: &[RuleText]) -> Result<RuleBook, Vec<String>> {
        let mut builder = Builder::default();
        packed.into_iter().for_each(|file| builder.add(file, Patterns::Checked));
        texts.iter().for_each(|text| builder.read(text));
        builder.finish()
    }

    /// The same, but every pattern is compiled. Gives all mistakes.
    pub fn check(packed: Vec<ReadFile>, texts: &[RuleText]) -> Vec<String> {
        let mut builder = Builder::default();
        packed.into_iter().for_each(|file| builder.add(file, Patterns::New));
        texts.iter().for_each(|text| builder.read(text));
        builder.finish().err().unwrap_or_default()
    }

    /// The rule of this id or former id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules
            .iter()
            .find(|r| r.id == id || r.aliases.iter().any(|a| a == id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::embedded::embedded;

    fn book(patterns: Patterns) -> RuleBook {
        let mut builder = Builder::default();
        embedded().into_iter().for_each(|file| builder.add(file, patterns));
        builder
            .finish()
            .unwrap_or_else(|mistakes| panic!("{}", mistakes.join("\n")))
    }

    /// What `Patterns::Checked` stands for: each embedded pattern is one, and its names are read right without it.
    #[test]
    fn embedded_patterns_are_sound() {
        let (checked, new) = (book(Patterns::Checked), book(Patterns::New));
        for (one, other) in checked.signals.iter().zip(&new.signals) {
            assert_eq!(one.captures, other.captures, "{}", one.name);
        }
    }

    /// A start must cost next to nothing.
    #[test]
    fn a_start_compiles_no_embedded_pattern() {
        let book = RuleBook::load(embedded(), &[]).unwrap();
        assert!(
            book.signals
                .iter()
                .filter_map(|it| it.regex.as_ref())
                .all(|it| !it.is_compiled())
        );
    }

    #[test]
    fn mistakes_of_users_are_told_at_once() {
        let rule = |evidence: &str| {
            let texts = "title = 'a'\nwhy = 'b'";
            format!(
                "cause = 'gc-long-pause'\nseverity = 'notice'\n[[evidence]]\n{evidence}\n[en]\n{texts}\n[zh]\n{texts}\n"
            )
        };
        for (path, text, want) in [
            ("jvm/a.toml", rule("match = 'abc'\nweight = 1"), ""),
            ("jvm/a.toml", rule("match = ['abc', 'def']\nweight = 1"), ""),
            (
                "jvm/a.toml",
                rule("match = 3\nweight = 1"),
                "jvm/a.toml:4: invalid type: integer `3`, expected a text or a list of texts",
            ),
            (
                "jvm/a.toml",
                rule("match = 'abc'\nwieght = 1"),
                "jvm/a.toml:5: unknown field `wieght`, expected one of `id`",
            ),
            (
                "jvm/a.toml",
                rule("match = 'abc'\nregex = '('\nweight = 1"),
                "jvm/a.toml:5: `regex` of `a#1`: regex parse error",
            ),
            (
                "jvm/a.toml",
                rule("match = 'abc'\nwhere = \"line =~ '('\"\nweight = 1"),
                "jvm/a.toml:3: evidence 1: cannot read the pattern",
            ),
            (
                "jvm/a.toml",
                rule("event = 'gc.pauze'\nweight = 1"),
                "jvm/a.toml:4: evidence 1: no event `gc.pauze`, did you mean `gc.pause`?",
            ),
            (
                "jvm/a.toml",
                rule(
                    "event = 'gc.pause'\nweight = 1\n[[evidence]]\nevent = 'gc.pause'\nwhere = 'pause_msx > 1'\nweight = 1",
                ),
                "jvm/a.toml:8: evidence 2: no field `pause_msx`, did you mean `pause_ms`?",
            ),
            (
                "jvm/a.toml",
                rule("event = 'gc.pause'\nweight = 1") + "[[zh.advice]]\naction = 'a'\nrestart = 'nobody'\n",
                "jvm/a.toml:14: `restart`: unknown `nobody`, expected none, broker",
            ),
            (
                "signals/a.toml",
                "[[signal]]\nname = 'a'\n".to_string(),
                "signals/a.toml:1: missing field `match`",
            ),
            (
                "signals/a.toml",
                "[[signal]]\nname = 'a'\nmatch = 'abc'\nregex = '(?P<b>'\n".to_string(),
                "signals/a.toml:2: `regex` of `a`: regex parse error",
            ),
            (
                "effects.toml",
                "[[measure]]\nidd = 'a'".to_string(),
                "effects.toml:2: unknown field `idd`, expected one of `id`",
            ),
        ] {
            let user = RuleText {
                path: path.to_string(),
                text,
            };
            let mistakes = RuleBook::load(embedded(), std::slice::from_ref(&user))
                .err()
                .unwrap_or_default()
                .join("\n");
            assert!(
                mistakes.contains(want) && mistakes.is_empty() == want.is_empty(),
                "{}\n{mistakes}",
                user.text
            );
        }
    }
}

//! Rule files → `RuleBook`: one automaton over all literals, conditions parsed, names resolved. Every mistake is an
//! error that names file and, where known, line.

use super::effects::Effects;
use super::expr::Expr;
use super::file::{self, EvidenceFile, RuleFile, SignalFile, SymptomsFile};
use super::tally::Wants;
use super::version::Range;
use crate::model::finding::DataRisk;
use crate::model::kind;
use crate::model::{LogKind, Role, Severity};
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

/// One file of a rule folder.
#[derive(Debug, Clone)]
pub struct RuleText {
    /// Path below the folder, for names and errors: `jvm/gc-long-pause.toml`.
    pub path: String,
    /// Its text.
    pub text: String,
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
    pub all: Vec<String>,
    /// None of these.
    pub not: Vec<String>,
    regex_source: Option<String>,
    regex: OnceLock<Option<regex::Regex>>,
    /// Only in these logs; 0 = all.
    pub logs: LogMask,
    /// Condition on fields.
    pub condition: Option<Expr>,
    /// What it says.
    pub doc: String,
    /// Told in the timeline, and as what happened before an onset.
    pub timeline: Option<Both>,
    captures: Vec<String>,
}

impl Signal {
    /// The regex, compiled at its first use: most runs need few of them.
    pub fn regex(&self) -> Option<&regex::Regex> {
        let source = self.regex_source.as_ref()?;
        self.regex.get_or_init(|| compile_regex(source).ok()).as_ref()
    }

    /// Whether the signal has a regex at all.
    pub fn has_regex(&self) -> bool {
        self.regex_source.is_some()
    }
}

fn compile_regex(source: &str) -> Result<regex::Regex, regex::Error> {
    regex::RegexBuilder::new(source)
        .size_limit(4 << 20)
        .dfa_size_limit(4 << 20)
        .build()
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
    /// Over all literals.
    pub automaton: AhoCorasick,
    /// The literals, by the automaton's pattern index.
    pub literals: Vec<String>,
    /// Signals of each literal.
    pub literal_signals: Vec<Vec<u32>>,
    /// Watches of each kind.
    pub by_kind: HashMap<String, Vec<usize>>,
    /// Watches of each signal.
    pub by_signal: Vec<Vec<usize>>,
    /// What is measured, and what moves it.
    pub effects: Effects,
}

/// The bit of a kind of log.
pub fn log_bit(log: LogKind) -> LogMask {
    1 << log as u32
}

/// The name of a kind of log in rule files.
pub fn log_name(log: LogKind) -> &'static str {
    LOG_NAMES
        .iter()
        .find(|(_, l)| *l == log)
        .map_or("app", |(name, _)| name)
}

const LOG_NAMES: &[(&str, LogKind)] = &[
    ("broker", LogKind::Broker),
    ("store", LogKind::Store),
    ("storeerror", LogKind::StoreError),
    ("remoting", LogKind::Remoting),
    ("watermark", LogKind::Watermark),
    ("stats", LogKind::Stats),
    ("transaction", LogKind::Transaction),
    ("namesrv", LogKind::Namesrv),
    ("controller", LogKind::Controller),
    ("proxy", LogKind::Proxy),
    ("broker-other", LogKind::BrokerOther),
    ("client", LogKind::Client),
    ("app", LogKind::App),
    ("tools", LogKind::Tools),
    ("system", LogKind::System),
];

fn log_mask(names: &[String]) -> Result<LogMask, String> {
    let mut mask = 0;
    for name in names {
        mask |= match name.as_str() {
            "any-broker" => [
                LogKind::Broker,
                LogKind::Store,
                LogKind::StoreError,
                LogKind::Remoting,
                LogKind::Watermark,
                LogKind::Stats,
                LogKind::Transaction,
                LogKind::BrokerOther,
            ]
            .into_iter()
            .map(log_bit)
            .fold(0, |a, b| a | b),
            "any-client" => log_bit(LogKind::Client) | log_bit(LogKind::App) | log_bit(LogKind::Tools),
            other => {
                let names: Vec<&str> = LOG_NAMES.iter().map(|(n, _)| *n).collect();
                let (_, log) = LOG_NAMES.iter().find(|(n, _)| *n == other).ok_or_else(|| {
                    format!(
                        "`in`: unknown log `{other}`, expected one of {}, any-broker, any-client",
                        names.join(", ")
                    )
                })?;
                log_bit(*log)
            }
        };
    }
    Ok(mask)
}

/// The name of a role in rule files.
pub fn role_name(role: Role) -> &'static str {
    match role {
        Role::Namesrv => "namesrv",
        Role::Broker => "broker",
        Role::Proxy => "proxy",
        Role::Controller => "controller",
        Role::Client => "client",
    }
}

fn parse_role(name: &str) -> Result<Role, String> {
    [Role::Namesrv, Role::Broker, Role::Proxy, Role::Controller, Role::Client]
        .into_iter()
        .find(|r| role_name(*r) == name)
        .ok_or_else(|| format!("unknown role `{name}`, expected namesrv, broker, proxy, controller or client"))
}

fn parse_ms(text: &str) -> Result<i64, String> {
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let number: f64 = text[..split]
        .trim()
        .parse()
        .map_err(|_| format!("`{text}` is not a duration such as 5s"))?;
    let factor = match &text[split..] {
        "ms" => 1.0,
        "s" => 1000.0,
        "m" => 60_000.0,
        "h" => 3_600_000.0,
        _ => return Err(format!("`{text}` is not a duration such as 500ms, 5s, 2m or 1h")),
    };
    Ok((number * factor) as i64)
}

impl RuleBook {
    /// Compiles the files of one or more rule folders; a later rule of the same id replaces an earlier one.
    ///
    /// # Errors
    /// All mistakes found, one line each: `<path>[:line]: <what>`.
    pub fn load(files: &[RuleText]) -> Result<RuleBook, Vec<String>> {
        let mut builder = Builder::default();
        for f in files {
            builder.read(f);
        }
        builder.finish()
    }

    /// The rule of this id or former id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules
            .iter()
            .find(|r| r.id == id || r.aliases.iter().any(|a| a == id))
    }
}

#[derive(Default)]
struct Builder {
    errors: Vec<String>,
    causes: BTreeMap<String, String>,
    symptoms: SymptomsFile,
    effect_files: Vec<RuleText>,
    signal_files: Vec<(String, SignalFile)>,
    rule_files: BTreeMap<String, (String, RuleFile)>,
    signals: Vec<Signal>,
    signal_ids: HashMap<String, usize>,
    watches: Vec<Watch>,
    watch_ids: HashMap<(Origin, String), usize>,
}

impl Builder {
    fn read(&mut self, f: &RuleText) {
        let name = f.path.rsplit('/').next().unwrap_or(&f.path);
        let folder = f.path.rsplit('/').nth(1).unwrap_or("");
        if name == "causes.toml" {
            match file::read::<BTreeMap<String, BTreeMap<String, String>>>(&f.path, &f.text) {
                Ok(areas) => self.causes.extend(areas.into_values().flatten()),
                Err(e) => self.errors.push(e),
            }
        } else if name == "symptoms.toml" {
            match file::read::<SymptomsFile>(&f.path, &f.text) {
                Ok(symptoms) => self.symptoms.extend(symptoms),
                Err(e) => self.errors.push(e),
            }
        } else if name == "effects.toml" {
            self.effect_files.push(f.clone());
        } else if folder == "signals" {
            match file::read::<file::SignalsFile>(&f.path, &f.text) {
                Ok(signals) => self
                    .signal_files
                    .extend(signals.signal.into_iter().map(|s| (f.path.clone(), s))),
                Err(e) => self.errors.push(e),
            }
        } else if let Some(id) = name.strip_suffix(".toml") {
            match file::read::<RuleFile>(&f.path, &f.text) {
                Ok(rule) => {
                    self.rule_files.insert(id.to_string(), (f.path.clone(), rule));
                }
                Err(e) => self.errors.push(e),
            }
        }
    }

    fn error(&mut self, path: &str, what: impl std::fmt::Display) {
        self.errors.push(format!("{path}: {what}"));
    }

    fn finish(mut self) -> Result<RuleBook, Vec<String>> {
        for (path, signal) in std::mem::take(&mut self.signal_files) {
            if signal.name.is_empty() || signal.name.contains(['.', ' ']) {
                self.error(
                    &path,
                    format!("signal name `{}` must be words with dashes, without dots", signal.name),
                );
                continue;
            }
            if let Some(old) = self.signal_ids.get(&signal.name) {
                let old = *old;
                match self.signal(&path, &signal) {
                    Some(new) => self.signals[old] = new,
                    None => continue,
                }
            } else if let Some(new) = self.signal(&path, &signal) {
                self.signal_ids.insert(signal.name.clone(), self.signals.len());
                self.signals.push(new);
            }
        }
        for signal in 0..self.signals.len() {
            if self.signals[signal].timeline.is_some() {
                let watch = self.watch(Origin::Signal(signal), None);
                self.watches[watch].wants.events = true;
            }
        }
        let symptoms = self.compile_symptoms();
        let mut rules = Vec::new();
        for (id, (path, rule)) in std::mem::take(&mut self.rule_files) {
            match self.rule(&id, &path, rule, &symptoms) {
                Ok(rule) => rules.push(rule),
                Err(e) => self.error(&path, e),
            }
        }
        let explains = self.explain_graph(&rules);
        let effects = self.effects();
        let (automaton, literals, literal_signals) = self.automaton();
        if !self.errors.is_empty() {
            self.errors.sort();
            self.errors.dedup();
            return Err(self.errors);
        }
        let mut by_kind: HashMap<String, Vec<usize>> = HashMap::new();
        let mut by_signal = vec![Vec::new(); self.signals.len()];
        for (index, watch) in self.watches.iter().enumerate() {
            match &watch.origin {
                Origin::Kind(name) => by_kind.entry(name.clone()).or_default().push(index),
                Origin::Signal(signal) => by_signal[*signal].push(index),
            }
        }
        Ok(RuleBook {
            rules,
            symptoms,
            causes: self.causes,
            explains,
            signals: self.signals,
            watches: self.watches,
            automaton: automaton.expect("checked above: an error was recorded when it could not be built"),
            literals,
            literal_signals,
            by_kind,
            effects,
            by_signal,
        })
    }

    fn signal(&mut self, path: &str, s: &SignalFile) -> Option<Signal> {
        let literals = s.literals.list();
        if literals.is_empty() || literals.iter().any(|l| l.trim().len() < 3) {
            self.error(
                path,
                format!("`match` of `{}` needs literals of at least three characters", s.name),
            );
            return None;
        }
        let mut captures = Vec::new();
        if let Some(source) = &s.regex {
            match compile_names(source) {
                Ok(names) => captures = names,
                Err(e) => {
                    self.error(path, format!("`regex` of `{}`: {e}", s.name));
                    return None;
                }
            }
        }
        let condition = match s.condition.as_deref().map(Expr::parse).transpose() {
            Ok(condition) => condition,
            Err(e) => {
                self.error(path, e);
                return None;
            }
        };
        if let Some(condition) = &condition {
            for field in condition.fields() {
                if !captures.contains(&field) && !COMMON_FIELDS.contains(&field.as_str()) {
                    self.error(path, format!("`where` of `{}`: no field `{field}`", s.name));
                }
            }
        }
        let logs = match log_mask(&s.logs.list()) {
            Ok(mask) => mask,
            Err(e) => {
                self.error(path, e);
                return None;
            }
        };
        Some(Signal {
            name: s.name.clone(),
            literals,
            all: s.all.list(),
            not: s.not.list(),
            regex_source: s.regex.clone(),
            regex: OnceLock::new(),
            logs,
            condition,
            doc: s.doc.clone(),
            timeline: s.timeline.clone().map(Both::from),
            captures,
        })
    }

    /// Read last: they name causes of any file.
    fn effects(&mut self) -> Effects {
        let mut effects = Effects::default();
        for f in std::mem::take(&mut self.effect_files) {
            let errors = effects.read(&f.path, &f.text, &|cause| self.causes.contains_key(cause));
            self.errors.extend(errors);
        }
        effects
    }

    fn compile_symptoms(&mut self) -> Vec<Symptom> {
        let mut symptoms = Vec::new();
        for (id, s) in std::mem::take(&mut self.symptoms) {
            let mut watches = Vec::new();
            for event in &s.events {
                match self.origin(event) {
                    Ok(origin) => watches.push(self.watch(origin, None)),
                    Err(e) => self.error("symptoms.toml", format!("{id}: {e}")),
                }
            }
            symptoms.push(Symptom {
                id,
                title: s.title.into(),
                watches,
                unknown: s.unknown,
            });
        }
        symptoms
    }

    fn origin(&self, name: &str) -> Result<Origin, String> {
        if let Some(signal) = self.signal_ids.get(name) {
            return Ok(Origin::Signal(*signal));
        }
        if kind::kind(name).is_some() {
            return Ok(Origin::Kind(name.to_string()));
        }
        let names = kind::KINDS
            .iter()
            .map(|k| k.name)
            .chain(self.signal_ids.keys().map(String::as_str));
        Err(format!("no event `{name}`{}", suggest(name, names)))
    }

    fn watch(&mut self, origin: Origin, condition: Option<&str>) -> usize {
        let key = (origin, condition.unwrap_or("").to_string());
        if let Some(index) = self.watch_ids.get(&key) {
            return *index;
        }
        let condition = condition.and_then(|c| Expr::parse(c).ok());
        self.watches.push(Watch {
            origin: key.0.clone(),
            condition,
            wants: Wants::default(),
        });
        self.watch_ids.insert(key, self.watches.len() - 1);
        self.watches.len() - 1
    }

    fn rule(&mut self, id: &str, path: &str, r: RuleFile, symptoms: &[Symptom]) -> Result<Rule, String> {
        if !self.causes.contains_key(&r.cause) {
            let causes = self.causes.keys().map(String::as_str);
            return Err(format!(
                "cause `{}` is not in causes.toml{}",
                r.cause,
                suggest(&r.cause, causes)
            ));
        }
        for cause in &r.explains {
            if !self.causes.contains_key(cause) {
                let causes = self.causes.keys().map(String::as_str);
                return Err(format!(
                    "explains `{cause}`, which is not in causes.toml{}",
                    suggest(cause, causes)
                ));
            }
        }
        let mut contests = Vec::new();
        for (name, prior) in &r.symptoms {
            let index = symptoms.iter().position(|s| s.id == *name).ok_or_else(|| {
                format!(
                    "no symptom `{name}`{}",
                    suggest(name, symptoms.iter().map(|s| s.id.as_str()))
                )
            })?;
            contests.push((index, *prior));
        }
        let mut evidence = Vec::new();
        for (index, e) in r.evidence.iter().enumerate() {
            let number = index + 1;
            evidence.push(
                self.evidence(id, path, number, e, symptoms)
                    .map_err(|what| format!("evidence {number}: {what}"))?,
            );
        }
        if evidence.is_empty() {
            return Err("a rule needs at least one [[evidence]]".into());
        }
        let severity = |s: file::SeverityFile| match s {
            file::SeverityFile::Critical => Severity::Critical,
            file::SeverityFile::Warning => Severity::Warning,
            file::SeverityFile::Notice => Severity::Notice,
        };
        let mut raise = Vec::new();
        for (condition, to) in &r.raise {
            raise.push((Expr::parse(condition)?, severity(*to)));
        }
        for (lang, texts) in [("en", &r.en), ("zh", &r.zh)] {
            if texts.title.is_empty() || texts.why.is_empty() {
                return Err(format!("[{lang}] needs a title and a why"));
            }
        }
        Ok(Rule {
            id: id.to_string(),
            area: path.split('/').next().unwrap_or("").to_string(),
            path: path.to_string(),
            cause: r.cause,
            versions: Range::parse(&r.versions)?,
            versions_text: r.versions,
            severity: severity(r.severity),
            raise,
            prior: r.prior.unwrap_or(-15.0),
            symptoms: contests,
            explains: r.explains,
            data: DataRisk {
                loss: r.data.loss,
                duplicates: r.data.duplicates,
            },
            references: r.references,
            aliases: r.aliases,
            evidence,
            en: r.en,
            zh: r.zh,
        })
    }

    fn evidence(
        &mut self,
        rule: &str,
        path: &str,
        number: usize,
        e: &EvidenceFile,
        symptoms: &[Symptom],
    ) -> Result<Evidence, String> {
        let inline = !e.literals.list().is_empty();
        let origin = match (&e.event, inline) {
            (Some(event), false) => self.origin(event)?,
            (None, true) => {
                let signal = SignalFile {
                    name: format!("{rule}#{number}"),
                    literals: e.literals.clone(),
                    all: e.all.clone(),
                    not: e.not.clone(),
                    regex: e.regex.clone(),
                    logs: e.logs.clone(),
                    condition: None,
                    doc: String::new(),
                    timeline: None,
                };
                let signal = self.signal(path, &signal).ok_or("see above")?;
                self.signals.push(signal);
                Origin::Signal(self.signals.len() - 1)
            }
            _ => return Err("needs either `event` or `match`".into()),
        };
        let fields = self.fields_of(&origin);
        let check_field = |name: &str| {
            if fields.iter().any(|f| f == name) || COMMON_FIELDS.contains(&name) {
                return Ok(());
            }
            let known = fields.iter().map(String::as_str).chain(COMMON_FIELDS.iter().copied());
            Err(format!("no field `{name}`{}", suggest(name, known)))
        };
        if let Some(condition) = &e.condition {
            Expr::parse(condition)?
                .fields()
                .iter()
                .try_for_each(|f| check_field(f))?;
        }
        let mut steps = Vec::new();
        for (condition, weight) in &e.steps {
            steps.push((Expr::parse(condition)?, *weight));
        }
        match (e.weight, steps.is_empty()) {
            (Some(weight), true) => steps.push((Expr::Num(1.0), weight)),
            (None, false) => {}
            _ => return Err("needs either `weight` or `steps`".into()),
        }
        let base = self.watch(origin.clone(), None);
        let watch = self.watch(origin, e.condition.as_deref());
        for (condition, _) in &steps {
            self.want(watch, condition, &check_field)?;
        }
        let near = match (&e.near, &e.far) {
            (None, None) => None,
            (Some(_), Some(_)) => return Err("takes either `near` or `far`".into()),
            (Some(target), None) | (None, Some(target)) => {
                let targets = match symptoms.iter().find(|s| s.id == *target) {
                    Some(symptom) => symptom.watches.clone(),
                    None => {
                        let origin = self.origin(target)?;
                        vec![self.watch(origin, None)]
                    }
                };
                for target in &targets {
                    self.watches[*target].wants.times = true;
                }
                self.watches[watch].wants.events = true;
                let within_ms = parse_ms(e.within.as_deref().unwrap_or("5s"))?;
                Some(Near {
                    targets,
                    within_ms,
                    same_host: e.same.as_deref() == Some("host"),
                    far: e.far.is_some(),
                })
            }
        };
        Ok(Evidence {
            id: e
                .id
                .clone()
                .unwrap_or_else(|| e.event.clone().unwrap_or_else(|| format!("#{number}"))),
            watch,
            base,
            near,
            roles: e.role.list().iter().map(|r| parse_role(r)).collect::<Result<_, _>>()?,
            steps,
            group: e.group.clone().unwrap_or_else(|| format!("#{number}")),
            note: e.note.clone().map(Both::from),
            absent: e.absent,
            needs: e.needs.clone(),
            check: e.check.clone().map(Both::from),
            written: Written {
                event: e.event.clone().unwrap_or_else(|| e.literals.list().join(" | ")),
                condition: e.condition.clone().unwrap_or_default(),
                steps: match e.weight {
                    Some(weight) => vec![(String::new(), weight)],
                    None => e.steps.clone(),
                },
            },
        })
    }

    fn want(
        &mut self,
        watch: usize,
        condition: &Expr,
        check_field: &dyn Fn(&str) -> Result<(), String>,
    ) -> Result<(), String> {
        const COUNTS: &[&str] = &[
            "count", "minutes", "per_min", "span_s", "hosts", "sources", "total", "share",
        ];
        let wants = &mut self.watches[watch].wants;
        let mut stats: Vec<String> = condition.aggregated();
        for name in condition.fields() {
            // Inside an aggregate the name was walked too; a bare field means its maximum.
            if !COUNTS.contains(&name.as_str()) {
                stats.push(name);
            }
        }
        for name in stats {
            check_field(&name)?;
            if !wants.stats.contains(&name) {
                wants.stats.push(name.clone());
            }
            if !wants.distinct.contains(&name) {
                wants.distinct.push(name);
            }
        }
        Ok(())
    }

    fn fields_of(&self, origin: &Origin) -> Vec<String> {
        match origin {
            Origin::Kind(name) => {
                kind::kind(name).map_or(Vec::new(), |k| k.fields.iter().map(|f| (*f).to_string()).collect())
            }
            Origin::Signal(index) => self.signals[*index].captures.clone(),
        }
    }

    fn explain_graph(&mut self, rules: &[Rule]) -> BTreeMap<String, Vec<String>> {
        let mut direct: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for rule in rules {
            for cause in &rule.explains {
                let list = direct.entry(&rule.cause).or_default();
                if !list.contains(&cause.as_str()) {
                    list.push(cause);
                }
            }
        }
        let mut all = BTreeMap::new();
        let mut errors = Vec::new();
        for cause in direct.keys() {
            let mut reached: Vec<&str> = Vec::new();
            let mut open = direct[cause].clone();
            while let Some(next) = open.pop() {
                if !reached.contains(&next) {
                    reached.push(next);
                    open.extend(direct.get(next).into_iter().flatten());
                }
            }
            if reached.contains(cause) {
                errors.push(format!("rules: `explains` goes round in a circle through {cause}"));
            }
            all.insert((*cause).to_string(), reached.into_iter().map(str::to_string).collect());
        }
        self.errors.extend(errors);
        all
    }

    fn automaton(&mut self) -> (Option<AhoCorasick>, Vec<String>, Vec<Vec<u32>>) {
        let mut literals: Vec<String> = Vec::new();
        let mut index: HashMap<String, usize> = HashMap::new();
        let mut signals: Vec<Vec<u32>> = Vec::new();
        for (id, signal) in self.signals.iter().enumerate() {
            for literal in &signal.literals {
                let at = *index.entry(literal.clone()).or_insert_with(|| {
                    literals.push(literal.clone());
                    signals.push(Vec::new());
                    literals.len() - 1
                });
                signals[at].push(id as u32);
            }
        }
        match AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).build(&literals) {
            Ok(automaton) => (Some(automaton), literals, signals),
            Err(e) => {
                self.errors.push(format!("rules: {e}"));
                (None, literals, signals)
            }
        }
    }
}

fn compile_names(source: &str) -> Result<Vec<String>, String> {
    // Parsing tells the names and all mistakes; compiling is left for the first use.
    let regex = compile_regex(source).map_err(|e| e.to_string().replace('\n', " "))?;
    Ok(regex.capture_names().flatten().map(str::to_string).collect())
}

/// `, did you mean …?` for the nearest name.
fn suggest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    known
        .map(|k| (distance(name, k), k))
        .filter(|(d, k)| *d <= 2.max(k.len() / 4))
        .min()
        .map_or(String::new(), |(_, k)| format!(", did you mean `{k}`?"))
}

/// Edit distance (Levenshtein) of two short names.
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let next = (diagonal + usize::from(x != *y)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], next);
        }
    }
    row[b.len()]
}

//! `Builder`: names are resolved, conditions parsed, evidence of the same events joined to one watch.

use super::names::{check_restart, line_of, log_mask, parse_ms, parse_role, suggest};
use super::{
    Both, COMMON_FIELDS, Evidence, Flood, Near, Origin, Patterns, Rule, RuleBook, RuleText, Signal, Symptom, Watch,
    Written,
};
use crate::model::finding::DataRisk;
use crate::model::{Severity, kind};
use crate::rule::effects::Effects;
use crate::rule::expr::Expr;
use crate::rule::file::{
    Content, EffectsFile, EvidenceFile, Message, ReadFile, RuleFile, SeverityFile, SignalFile, SymptomsFile,
};
use crate::rule::literals::Literals;
use crate::rule::pattern::{Pattern, needle};
use crate::rule::range::Range;
use crate::rule::tally::{SCOPE_FIELDS, Wants};
use std::collections::{BTreeMap, HashMap};

/// What has been read so far, and what has been made of it.
#[derive(Default)]
pub(super) struct Builder {
    errors: Vec<String>,
    /// Files of users, to tell the lines of mistakes.
    texts: HashMap<String, String>,
    causes: BTreeMap<String, String>,
    symptoms: SymptomsFile,
    effect_files: Vec<(Place, EffectsFile)>,
    signal_files: Vec<(Place, SignalFile)>,
    rule_files: BTreeMap<String, (Place, RuleFile)>,
    signals: Vec<Signal>,
    signal_ids: HashMap<String, usize>,
    watches: Vec<Watch>,
    watch_ids: HashMap<(Origin, String), usize>,
}

/// The file that something stands in.
#[derive(Debug, Clone)]
struct Place {
    path: String,
    patterns: Patterns,
}

impl Builder {
    /// Takes a file of a user.
    pub(super) fn read(&mut self, f: &RuleText) {
        match ReadFile::parse(&f.path, &f.text) {
            Ok(file) => {
                self.texts.insert(file.path.clone(), f.text.clone());
                self.add(file, Patterns::New);
            }
            Err(e) => self.errors.push(e),
        }
    }

    /// Takes a file that has been read.
    pub(super) fn add(&mut self, file: ReadFile, patterns: Patterns) {
        let id = file.stem().to_string();
        let place = Place {
            path: file.path,
            patterns,
        };
        match file.content {
            Content::Causes(areas) => self.causes.extend(areas.into_values().flatten()),
            Content::Symptoms(symptoms) => self.symptoms.extend(symptoms),
            Content::Effects(effects) => self.effect_files.push((place, *effects)),
            Content::Signals(signals) => {
                let placed = signals.signal.into_iter().map(|signal| (place.clone(), signal));
                self.signal_files.extend(placed);
            }
            Content::Rule(rule) => {
                self.rule_files.insert(id, (place, *rule));
            }
        }
    }

    fn error(&mut self, path: &str, what: impl std::fmt::Display) {
        let what = what.to_string();
        self.errors.push(match self.texts.get(path) {
            Some(text) => format!("{path}:{}: {what}", line_of(text, &what)),
            None => format!("{path}: {what}"),
        });
    }

    /// Makes the book.
    ///
    /// # Errors
    /// All mistakes found.
    pub(super) fn finish(mut self) -> Result<RuleBook, Vec<String>> {
        for (place, signal) in std::mem::take(&mut self.signal_files) {
            self.add_signal(&place, signal);
        }
        for signal in 0..self.signals.len() {
            if self.signals[signal].timeline.is_some() {
                let watch = self.watch_all(Origin::Signal(signal));
                self.watches[watch].wants.events = true;
            }
        }
        let symptoms = self.compile_symptoms();
        let mut rules = Vec::new();
        for (id, (place, rule)) in std::mem::take(&mut self.rule_files) {
            match self.rule(&id, &place, rule, &symptoms) {
                Ok(rule) => rules.push(rule),
                Err(e) => self.error(&place.path, e),
            }
        }
        let explains = self.explain_graph(&rules);
        let effects = self.effects();
        let literals = match Literals::new(self.signals.iter().map(|signal| signal.literals.as_slice())) {
            Ok(literals) if self.errors.is_empty() => literals,
            more => {
                self.errors.extend(more.err().map(|e| format!("rules: {e}")));
                self.errors.sort();
                self.errors.dedup();
                return Err(self.errors);
            }
        };
        let mut by_kind: HashMap<String, Vec<usize>> = HashMap::new();
        let mut by_signal = vec![Vec::new(); self.signals.len()];
        for (index, watch) in self.watches.iter().enumerate() {
            match &watch.origin {
                Origin::Kind(name) => by_kind.entry(name.clone()).or_default().push(index),
                Origin::Signal(signal) => by_signal[*signal].push(index),
            }
        }
        for watch in 0..self.watches.len() {
            let fields = self.fields_of(&self.watches[watch].origin);
            let scope = SCOPE_FIELDS
                .iter()
                .copied()
                .filter(|name| fields.iter().any(|f| f == name));
            self.watches[watch].wants.scope = scope.collect();
        }
        for (signal, watches) in self.signals.iter_mut().zip(&by_signal) {
            let all = |is: &dyn Fn(&Wants) -> bool| {
                let fits = |watch: &Watch| watch.condition.is_none() && is(&watch.wants);
                signal.condition.is_none() && watches.iter().all(|w| fits(&self.watches[*w]))
            };
            signal.flood = match () {
                () if all(&|wants| wants.only_count() && wants.distinct.is_empty()) => Flood::Count,
                () if all(&Wants::only_count) => Flood::Sample,
                () => Flood::Read,
            };
        }
        Ok(RuleBook {
            rules,
            symptoms,
            causes: self.causes,
            explains,
            signals: self.signals,
            watches: self.watches,
            literals,
            by_kind,
            effects,
            by_signal,
        })
    }

    fn add_signal(&mut self, place: &Place, written: SignalFile) {
        let name = &written.name;
        if name.is_empty() || name.contains(['.', ' ']) {
            let what = format!("signal name `{name}` must be words with dashes, without dots");
            return self.error(&place.path, what);
        }
        let Some(mut signal) = self.signal(place, name, written.message()) else {
            return;
        };
        signal.doc = written.doc;
        signal.timeline = written.timeline.map(Both::from);
        match self.signal_ids.get(&signal.name) {
            Some(old) => self.signals[*old] = signal,
            None => {
                self.signal_ids.insert(signal.name.clone(), self.signals.len());
                self.signals.push(signal);
            }
        }
    }

    /// `None` when a mistake was found, and recorded.
    fn signal(&mut self, place: &Place, name: &str, message: Message<'_>) -> Option<Signal> {
        match self.compile_signal(place, name, message) {
            Ok(signal) => Some(signal),
            Err(e) => {
                self.error(&place.path, e);
                None
            }
        }
    }

    fn compile_signal(&mut self, place: &Place, name: &str, message: Message<'_>) -> Result<Signal, String> {
        let literals = message.literals;
        if literals.is_empty() || literals.iter().any(|l| l.trim().len() < 3) {
            return Err(format!(
                "`match` of `{name}` needs literals of at least three characters"
            ));
        }
        let regex = message.regex.map(|source| place.patterns.pattern(source)).transpose();
        let regex = regex.map_err(|e| format!("`regex` of `{name}`: {e}"))?;
        let captures = regex.as_ref().map(Pattern::names).unwrap_or_default();
        let condition = message
            .condition
            .map(|text| place.patterns.condition(text))
            .transpose()?;
        for field in condition.iter().flat_map(Expr::fields) {
            if !captures.contains(&field) && !COMMON_FIELDS.contains(&field.as_str()) {
                self.error(&place.path, format!("`where` of `{name}`: no field `{field}`"));
            }
        }
        Ok(Signal {
            name: name.to_string(),
            literals: literals.to_vec(),
            all: message.all.iter().map(needle).collect(),
            not: message.not.iter().map(needle).collect(),
            regex,
            logs: log_mask(message.logs)?,
            condition,
            doc: String::new(),
            timeline: None,
            flood: Flood::Read,
            captures,
        })
    }

    /// Read last: they name causes of any file.
    fn effects(&mut self) -> Effects {
        let mut effects = Effects::default();
        for (place, file) in std::mem::take(&mut self.effect_files) {
            let errors = effects.add(&place.path, file, place.patterns, &|cause| {
                self.causes.contains_key(cause)
            });
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
                    Ok(origin) => watches.push(self.watch_all(origin)),
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

    /// The watch of these events; `written` is the condition's text.
    fn watch(&mut self, origin: Origin, written: &str, condition: Option<Expr>) -> usize {
        let key = (origin, written.to_string());
        if let Some(index) = self.watch_ids.get(&key) {
            return *index;
        }
        self.watches.push(Watch {
            origin: key.0.clone(),
            condition,
            wants: Wants::default(),
        });
        self.watch_ids.insert(key, self.watches.len() - 1);
        self.watches.len() - 1
    }

    /// The watch of all events of this origin.
    fn watch_all(&mut self, origin: Origin) -> usize {
        self.watch(origin, "", None)
    }

    fn rule(&mut self, id: &str, place: &Place, r: RuleFile, symptoms: &[Symptom]) -> Result<Rule, String> {
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
                self.evidence(id, place, number, e, symptoms)
                    .map_err(|what| format!("evidence {number}: {what}"))?,
            );
        }
        if evidence.is_empty() {
            return Err("a rule needs at least one [[evidence]]".into());
        }
        let severity = |s: SeverityFile| match s {
            SeverityFile::Critical => Severity::Critical,
            SeverityFile::Warning => Severity::Warning,
            SeverityFile::Notice => Severity::Notice,
        };
        let mut raise = Vec::new();
        for (condition, to) in &r.raise {
            raise.push((place.patterns.condition(condition)?, severity(*to)));
        }
        for (lang, texts) in [("en", &r.en), ("zh", &r.zh)] {
            if texts.title.is_empty() || texts.why.is_empty() {
                return Err(format!("[{lang}] needs a title and a why"));
            }
            for advice in &texts.advice {
                check_restart(&advice.restart)?;
            }
        }
        Ok(Rule {
            id: id.to_string(),
            area: place.path.split('/').next().unwrap_or("").to_string(),
            path: place.path.clone(),
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

    /// What evidence says of events near the watched ones.
    fn near(&mut self, e: &EvidenceFile, watch: usize, symptoms: &[Symptom]) -> Result<Option<Near>, String> {
        let names = match (e.near.0.as_slice(), e.far.0.as_slice()) {
            ([], []) => return Ok(None),
            (names, []) | ([], names) => names,
            _ => return Err("takes either `near` or `far`".into()),
        };
        let mut targets = Vec::new();
        for name in names {
            match symptoms.iter().find(|s| s.id == *name) {
                Some(symptom) => targets.extend(&symptom.watches),
                None => {
                    let origin = self.origin(name)?;
                    targets.push(self.watch_all(origin));
                }
            }
        }
        let (same_host, same_addr) = match e.same.as_deref() {
            None => (false, false),
            Some("host") => (true, false),
            Some("addr") => (false, true),
            Some(other) => return Err(format!("`same` is `host` or `addr`, not `{other}`")),
        };
        let after = match e.order.as_deref() {
            None => false,
            Some("after") => true,
            Some(other) => return Err(format!("`order` is `after`, not `{other}`")),
        };
        for target in &targets {
            let wants = &mut self.watches[*target].wants;
            wants.times = true;
            wants.events |= same_addr;
        }
        self.watches[watch].wants.events = true;
        Ok(Some(Near {
            targets,
            within_ms: parse_ms(e.within.as_deref().unwrap_or("5s"))?,
            same_host,
            same_addr,
            after,
            far: !e.far.0.is_empty(),
        }))
    }

    fn evidence(
        &mut self,
        rule: &str,
        place: &Place,
        number: usize,
        e: &EvidenceFile,
        symptoms: &[Symptom],
    ) -> Result<Evidence, String> {
        let inline = !e.literals.0.is_empty();
        let origin = match (&e.event, inline) {
            (Some(event), false) => self.origin(event)?,
            (None, true) => {
                let message = Message {
                    condition: None,
                    ..e.message()
                };
                let signal = self
                    .signal(place, &format!("{rule}#{number}"), message)
                    .ok_or("see above")?;
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
        let condition = e
            .condition
            .as_deref()
            .map(|text| place.patterns.condition(text))
            .transpose()?;
        condition
            .iter()
            .flat_map(Expr::fields)
            .try_for_each(|field| check_field(&field))?;
        let mut steps = Vec::new();
        for (condition, weight) in &e.steps {
            steps.push((place.patterns.condition(condition)?, *weight));
        }
        match (e.weight, steps.is_empty()) {
            (Some(weight), true) => steps.push((Expr::Num(1.0), weight)),
            (None, false) => {}
            _ => return Err("needs either `weight` or `steps`".into()),
        }
        let base = self.watch_all(origin.clone());
        let watch = self.watch(origin, e.condition.as_deref().unwrap_or(""), condition);
        for (condition, _) in &steps {
            self.want(watch, condition, &check_field)?;
        }
        let near = self.near(e, watch, symptoms)?;
        Ok(Evidence {
            id: e
                .id
                .clone()
                .unwrap_or_else(|| e.event.clone().unwrap_or_else(|| format!("#{number}"))),
            watch,
            base,
            near,
            roles: e.role.0.iter().map(|r| parse_role(r)).collect::<Result<_, _>>()?,
            steps,
            group: e.group.clone().unwrap_or_else(|| format!("#{number}")),
            note: e.note.clone().map(Both::from),
            absent: e.absent,
            needs: e.needs.clone(),
            check: e.check.clone().map(Both::from),
            written: Written {
                event: e.event.clone().unwrap_or_else(|| e.literals.0.join(" | ")),
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
        let aggregated = condition.aggregated();
        let mut bare: Vec<String> = condition.fields();
        bare.retain(|name| !COUNTS.contains(&name.as_str()));
        let (distinct, mut stats): (Vec<_>, Vec<_>) = aggregated.into_iter().partition(|(f, _)| f == "distinct");
        // Names inside aggregates were walked too; a bare field means its maximum.
        for (_, name) in distinct.iter().chain(&stats) {
            if let Some(at) = bare.iter().position(|b| b == name) {
                bare.remove(at);
            }
        }
        stats.extend(bare.into_iter().map(|name| ("max".to_string(), name)));
        for (names, wanted) in [(stats, &mut wants.stats), (distinct, &mut wants.distinct)] {
            for (_, name) in names {
                check_field(&name)?;
                if !wanted.contains(&name) {
                    wanted.push(name);
                }
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
}

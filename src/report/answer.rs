//! The answer in five lines: what is broken, who is hurt, since when and whether it goes on, what happens to data, and
//! what to do first. Text and Markdown both begin with it.

use super::clock::{Clock, lasting};
use super::theme::Symbols;
use super::words::{Noun, Words, count, fill, grouped};
use crate::model::finding::{Advice, Coverage, DataRisk, Finding, Scope, Unexplained};
use crate::model::{Diagnosis, Severity};

/// The five lines, without labels.
#[derive(Debug)]
pub(super) struct Answer {
    /// `None` when the cause is not known.
    pub(super) severity: Option<Severity>,
    pub(super) what: String,
    /// 0 to 1.
    pub(super) confidence: Option<f64>,
    pub(super) hurt: String,
    pub(super) since: String,
    pub(super) data: String,
    pub(super) first: String,
}

/// What stands in the place of an answer when nothing is wrong.
#[derive(Debug)]
pub(super) enum Quiet {
    /// Something was read, and nothing of it is wrong.
    Healthy(String),
    /// Nothing was read that could tell.
    Unknown(String),
}

/// What turns parts of a diagnosis into phrases.
#[derive(Debug, Clone, Copy)]
pub(super) struct Phrases {
    pub(super) words: &'static Words,
    pub(super) symbols: &'static Symbols,
    pub(super) clock: Clock,
    /// End of the logs.
    pub(super) end: Option<i64>,
    /// The day that times are shown without their date on.
    pub(super) day: Option<i64>,
}

/// How many names are listed before the rest is only counted.
const NAMES_SHOWN: usize = 3;
/// The model keeps at most this many names of a kind.
const NAMES_KEPT: usize = 20;

impl Phrases {
    pub(super) fn of(diagnosis: &Diagnosis, words: &'static Words, symbols: &'static Symbols) -> Self {
        let range = diagnosis.coverage.range();
        let worst = diagnosis.findings.first().and_then(|finding| finding.first);
        Self {
            words,
            symbols,
            clock: Clock::of(&diagnosis.coverage),
            end: range.map(|(_, last)| last),
            day: worst.or(range.map(|(_, last)| last)),
        }
    }

    /// The answer; `None` when nothing is wrong.
    pub(super) fn answer(&self, diagnosis: &Diagnosis) -> Option<Answer> {
        let worst = diagnosis
            .findings
            .iter()
            .find(|finding| finding.severity > Severity::Notice);
        match (worst, diagnosis.unexplained.first()) {
            (Some(finding), _) => Some(self.known(finding)),
            (None, Some(symptom)) => Some(self.not_known(symptom)),
            (None, None) => None,
        }
    }

    fn known(&self, finding: &Finding) -> Answer {
        let mut hurt = finding.symptoms.clone();
        if finding.count > 0 {
            hurt.push(count(finding.count, self.words.event));
        }
        hurt.push(
            self.scope(&finding.scope)
                .unwrap_or_else(|| self.words.nobody_named.into()),
        );
        Answer {
            severity: Some(finding.severity),
            what: finding.title.clone(),
            confidence: Some(finding.confidence),
            hurt: self.list(&hurt),
            since: self.since(finding),
            data: self.data(finding.data, finding.first.zip(finding.last)),
            first: match (finding.advice.first(), finding.not_checked.first()) {
                (Some(advice), _) => self.action(advice),
                (None, Some(open)) => open.command.clone(),
                (None, None) => self.words.nothing_to_do.into(),
            },
        }
    }

    fn not_known(&self, symptom: &Unexplained) -> Answer {
        let times = || symptom.evidence.iter().filter_map(|line| line.at);
        let since = match (times().min(), times().max()) {
            (Some(first), Some(last)) if last > first => self.between(first, last),
            (Some(first), _) => self.clock.full(first),
            _ => self.words.no_time.into(),
        };
        Answer {
            severity: None,
            what: fill(self.words.cause_unknown, &[&symptom.title]),
            confidence: None,
            hurt: count(symptom.count, self.words.event),
            since,
            data: self.words.data_unknown.into(),
            first: match (symptom.collect.first(), symptom.candidates.first()) {
                (Some(open), _) => format!("{} {}", self.words.collect, open.command),
                (None, Some(rival)) => rival.separated_by.clone(),
                (None, None) => self.words.nothing_to_do.into(),
            },
        }
    }

    /// What stands in the place of an answer when nothing is wrong.
    pub(super) fn quiet(&self, coverage: &Coverage) -> Quiet {
        if !coverage.understood() {
            return Quiet::Unknown(self.words.nothing_read.into());
        }
        match coverage.window.zip(coverage.range()) {
            Some(_) if coverage.missed() => Quiet::Unknown(self.words.nothing_in_window.into()),
            Some((window, range)) => {
                let (from, to) = (window.0.max(range.0), window.1.min(range.1));
                Quiet::Healthy(fill(self.words.healthy_in_window, &[&self.between(from, to)]))
            }
            None => Quiet::Healthy(self.words.healthy.into()),
        }
    }

    /// `2024-05-01 14:00:00 – 16:02:11`
    pub(super) fn between(&self, first: i64, last: i64) -> String {
        let clock = self.clock;
        format!(
            "{} {} {}",
            clock.full(first),
            self.symbols.dash,
            clock.short(last, Some(first))
        )
    }

    /// `topic order-topic, 2 brokers (broker-a, broker-b)`
    pub(super) fn scope(&self, scope: &Scope) -> Option<String> {
        let words = self.words;
        let kinds = [
            ("topic", words.topic),
            ("group", words.group),
            ("client", words.client),
            ("broker", words.broker),
            ("addr", words.address),
        ];
        let named = kinds
            .into_iter()
            .filter_map(|(kind, noun)| Some((scope.names.get(kind)?, noun)));
        let hosts = std::iter::once((&scope.hosts, words.host))
            .filter(|_| !scope.names.contains_key("broker") && !scope.names.contains_key("client"));
        let parts: Vec<String> = named
            .chain(hosts)
            .filter(|(names, _)| !names.is_empty())
            .map(|(names, noun)| self.named(names, noun))
            .collect();
        (!parts.is_empty()).then(|| parts.join(self.words.comma))
    }

    fn named(&self, names: &[String], noun: Noun) -> String {
        if let [name] = names {
            return format!("{} {name}", noun.bare);
        }
        let more = if names.len() >= NAMES_KEPT { "+" } else { "" };
        let word = noun.many;
        let shown = names.iter().take(NAMES_SHOWN).cloned().collect::<Vec<_>>().join(", ");
        let cut = if names.len() > NAMES_SHOWN {
            format!(", {}", self.symbols.cut)
        } else {
            String::new()
        };
        format!("{}{more} {word} ({shown}{cut})", grouped(names.len() as u64))
    }

    fn since(&self, finding: &Finding) -> String {
        let words = self.words;
        let (Some(first), Some(last)) = (finding.first, finding.last) else {
            return words.no_time.into();
        };
        let mut parts = vec![self.clock.full(first)];
        if finding.zone_assumed {
            parts[0] = format!("{} ({})", parts[0], words.zone_assumed);
        }
        if finding.episodes.len() > 1 {
            let worst = finding
                .worst
                .map_or_else(String::new, |worst| self.clock.short(worst, Some(first)));
            let episodes = count(finding.episodes.len() as u64, words.episode);
            parts.push(fill(words.episodes_since, &[&episodes, &worst]));
        } else if last.saturating_sub(first) >= 1000 {
            parts.push(fill(words.lasted, &[&lasting(last.saturating_sub(first), words)]));
        }
        if let Some(end) = self.end {
            let ending = if finding.ongoing { words.ongoing } else { words.over };
            parts.push(fill(ending, &[&self.clock.short(end, Some(first))]));
        }
        parts.join(words.comma)
    }

    pub(super) fn data(&self, risk: DataRisk, span: Option<(i64, i64)>) -> String {
        let words = self.words;
        let loss = risk.loss.map(|loss| match (loss, span) {
            (false, _) => words.no_loss.to_owned(),
            (true, None) => words.loss.to_owned(),
            (true, Some((first, last))) => fill(
                words.loss_between,
                &[&self.clock.short(first, self.day), &self.clock.short(last, self.day)],
            ),
        });
        let twice = risk
            .duplicates
            .map(|twice| if twice { words.duplicates } else { words.no_duplicates }.to_owned());
        let parts: Vec<String> = loss.into_iter().chain(twice).collect();
        if parts.is_empty() {
            words.data_unknown.into()
        } else {
            parts.join(words.comma)
        }
    }

    fn action(&self, advice: &Advice) -> String {
        match self.restart(advice) {
            Some(restart) => format!("{} ({restart})", advice.action),
            None => advice.action.clone(),
        }
    }

    /// `no restart`, `restart broker`; nothing when the advice does not say.
    pub(super) fn restart(&self, advice: &Advice) -> Option<String> {
        match advice.restart.as_str() {
            "" => None,
            "none" => Some(self.words.restart_none.into()),
            what => Some(fill(self.words.restart_of, &[self.words.process(what)])),
        }
    }

    /// Place, restart, price and way back of an advice.
    pub(super) fn terms(&self, advice: &Advice) -> String {
        let words = self.words;
        let said = |label: &str, text: &str| (!text.is_empty()).then(|| format!("{label}: {text}"));
        let parts = [
            said(words.place, &advice.place),
            self.restart(advice),
            said(words.price, &advice.price),
            said(words.undo, &advice.undo),
        ];
        self.list(&parts.into_iter().flatten().collect::<Vec<_>>())
    }

    /// Items with a dot between them.
    pub(super) fn list(&self, items: &[String]) -> String {
        items.join(&format!(" {} ", self.symbols.dot))
    }

    /// `86`
    pub(super) fn percent(share: f64) -> String {
        format!("{:.0}", (share * 100.0).clamp(0.0, 100.0))
    }

    /// How many findings of each severity, and how many symptoms nobody can explain: `1 critical · 2 warnings`.
    pub(super) fn tally(&self, diagnosis: &Diagnosis) -> String {
        let of = |severity| {
            diagnosis
                .findings
                .iter()
                .filter(|finding| finding.severity == severity)
                .count()
        };
        let severities = [Severity::Critical, Severity::Warning, Severity::Notice];
        let counted = severities
            .into_iter()
            .map(|severity| (of(severity) as u64, self.words.counted(severity)));
        let mut parts: Vec<String> = counted
            .filter(|(n, _)| *n > 0)
            .map(|(n, noun)| count(n, noun))
            .collect();
        if !diagnosis.unexplained.is_empty() {
            parts.push(count(diagnosis.unexplained.len() as u64, self.words.symptom));
        }
        self.list(&parts)
    }
}

//! Where commands get rules from: the one place that joins `cli` with `rule`.

use crate::diagnose;
use crate::model::RuleCard;
use crate::model::card::{CardText, EvidenceCard, RuleProblem};
use crate::model::finding::{Advice, Lang};
use crate::rule::compile::{Evidence, Rule, RuleBook};
use crate::rule::embedded::{RULES, embedded};
use crate::rule::file::TextsFile;
use crate::rule::text::unfilled;
use anyhow::Result;
use std::path::PathBuf;

/// All rules: the embedded ones and those of these folders.
pub(super) fn cards(rules_dirs: &[PathBuf]) -> Result<Vec<RuleCard>> {
    let book = diagnose::rulebook(rules_dirs)?;
    Ok(book.rules.iter().map(|rule| card(&book, rule)).collect())
}

/// What is wrong with the rule files of these folders (of the embedded ones when there is none).
pub(super) fn problems(rules_dirs: &[PathBuf]) -> Result<Vec<RuleProblem>> {
    let mut files = Vec::new();
    for dir in rules_dirs {
        files.extend(diagnose::rule_files(dir)?);
    }
    Ok(RuleBook::check(embedded(), &files).iter().map(|e| problem(e)).collect())
}

/// How many rules are built in, for `--version`.
pub(super) fn embedded_count() -> usize {
    RULES
}

/// `<file>[:line]: <what>`
fn problem(text: &str) -> RuleProblem {
    let (file, rest) = text.split_once(':').unwrap_or((text, ""));
    let numbered = rest
        .split_once(':')
        .and_then(|(line, what)| line.parse().ok().map(|line| (line, what)));
    let (line, what) = numbered.unwrap_or((0, rest));
    RuleProblem {
        file: file.into(),
        line,
        what: what.trim().into(),
    }
}

fn card(book: &RuleBook, rule: &Rule) -> RuleCard {
    RuleCard {
        id: rule.id.clone(),
        area: rule.area.clone(),
        cause: rule.cause.clone(),
        cause_text: book.causes.get(&rule.cause).cloned().unwrap_or_default(),
        versions: rule.versions_text.clone(),
        severity: rule.severity,
        symptoms: rule
            .symptoms
            .iter()
            .map(|(s, w)| (book.symptoms[*s].id.clone(), *w))
            .collect(),
        evidence: rule.evidence.iter().map(evidence).collect(),
        explains: rule.explains.clone(),
        texts: vec![texts(Lang::En, &rule.en), texts(Lang::Zh, &rule.zh)],
        references: rule.references.clone(),
        file: rule.path.clone(),
    }
}

fn evidence(e: &Evidence) -> EvidenceCard {
    let notes = e
        .note
        .iter()
        .flat_map(|n| [(Lang::En, unfilled(&n.en)), (Lang::Zh, unfilled(&n.zh))])
        .collect();
    EvidenceCard {
        event: e.written.event.clone(),
        condition: e.written.condition.clone(),
        absent: e.absent,
        steps: e.written.steps.clone(),
        notes,
    }
}

fn texts(lang: Lang, t: &TextsFile) -> CardText {
    let advice = t.advice.iter().map(|a| Advice {
        action: unfilled(&a.action),
        place: unfilled(&a.place),
        restart: a.restart.clone(),
        price: unfilled(&a.price),
        undo: unfilled(&a.undo),
        verify: unfilled(&a.verify),
    });
    CardText {
        lang,
        title: unfilled(&t.title),
        why: unfilled(&t.why),
        overturn: unfilled(&t.overturn),
        advice: advice.collect(),
    }
}

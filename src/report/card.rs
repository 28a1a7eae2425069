//! A rule as `explain` shows it, a line per rule for `rules list`, and both as JSON (values, not sentences).

use super::Style;
use super::json;
use super::layout::{Ink, Page, ink, pad, width};
use super::theme::Role;
use super::words::count;
use crate::model::card::{CardText, EvidenceCard, RuleCard};
use crate::model::finding::Advice;
use crate::model::{Lang, Severity};
use serde_json::{Value, json};
use std::io::{Error, Result, Write};

/// Explains these rules, one after the other.
pub fn explain(cards: &[&RuleCard], style: &Style, out: &mut dyn Write) -> Result<()> {
    let mut page = Page::new(style, out);
    for (row, card) in cards.iter().enumerate() {
        if row > 0 {
            page.blank()?;
        }
        write_card(&mut page, card)?;
    }
    Ok(())
}

fn write_card(page: &mut Page<'_>, card: &RuleCard) -> Result<()> {
    let words = page.words;
    let head = vec![
        ink(card.severity.into(), words.severity(card.severity)),
        ink(Role::Strong, format!("  {}", card.id)),
    ];
    page.edges(head, &ink(Role::Muted, format!("{} {}", words.area, card.area)))?;
    let text = card.text(page.style.lang);
    if let Some(text) = text {
        page.paragraph(2, &[ink(Role::Strong, &text.title)])?;
        page.paragraph(2, &[ink(Role::Plain, &text.why)])?;
    }
    let versions = if card.versions.is_empty() {
        words.all_versions
    } else {
        &card.versions
    };
    let symptoms: Vec<String> = card
        .symptoms
        .iter()
        .map(|(id, decibans)| format!("{id} {decibans:+}"))
        .collect();
    row(page, words.cause, &format!("{}: {}", card.cause, card.cause_text))?;
    row(page, words.versions, versions)?;
    row(page, words.symptoms, &symptoms.join(", "))?;
    row(page, words.explains, &card.explains.join(", "))?;
    for (at, evidence) in card.evidence.iter().enumerate() {
        write_evidence(page, evidence, if at == 0 { words.evidence } else { "" })?;
    }
    for (at, advice) in text.iter().flat_map(|text| &text.advice).enumerate() {
        write_advice(page, advice, if at == 0 { words.todo } else { "" }, at + 1)?;
    }
    row(page, words.overturned_by, text.map_or("", |text| &text.overturn))?;
    for (at, link) in card.references.iter().enumerate() {
        row(page, if at == 0 { words.see } else { "" }, link)?;
    }
    row(page, words.rule, &card.file)
}

/// Columns of the labels.
fn columns(page: &Page<'_>) -> usize {
    let words = page.words;
    let labels = [
        words.versions,
        words.symptoms,
        words.explains,
        words.evidence,
        words.overturned_by,
    ];
    labels.map(width).into_iter().max().unwrap_or_default() + 2
}

fn row(page: &mut Page<'_>, label: &str, text: &str) -> Result<()> {
    match text.is_empty() {
        true => Ok(()),
        false => labelled(page, label, &[ink(Role::Plain, text)]),
    }
}

fn labelled(page: &mut Page<'_>, label: &str, inks: &[Ink]) -> Result<()> {
    page.labelled(2, &ink(Role::Muted, label), columns(page), inks)
}

fn write_evidence(page: &mut Page<'_>, evidence: &EvidenceCard, label: &str) -> Result<()> {
    let absent = if evidence.absent {
        format!("{} ", page.words.absent)
    } else {
        String::new()
    };
    let condition = if evidence.condition.is_empty() {
        String::new()
    } else {
        format!(", {}", evidence.condition)
    };
    labelled(
        page,
        label,
        &[ink(Role::Plain, format!("{absent}{}{condition}", evidence.event))],
    )?;
    for (condition, decibans) in &evidence.steps {
        let text = format!("{:>6}  {condition}", format!("{decibans:+}"));
        page.paragraph(columns(page), &[ink(Role::Muted, text)])?;
    }
    let lang = page.style.lang;
    let note = evidence
        .notes
        .iter()
        .find(|(it, _)| *it == lang)
        .or(evidence.notes.first());
    match note {
        Some((_, note)) => page.paragraph(columns(page) + 4, &[ink(Role::Mark, note)]),
        None => Ok(()),
    }
}

fn write_advice(page: &mut Page<'_>, advice: &Advice, label: &str, number: usize) -> Result<()> {
    let columns = columns(page);
    let number = format!("{number}. ");
    let head = ink(Role::Muted, format!("{}{number}", pad(label, columns)));
    page.labelled(2, &head, columns + number.len(), &[ink(Role::Action, &advice.action)])?;
    let words = page.words;
    let terms = [
        (words.place, advice.place.as_str()),
        (words.restart, words.process(&advice.restart).trim()),
        (words.price, &advice.price),
        (words.undo, &advice.undo),
        (words.verify, &advice.verify),
    ];
    for (label, text) in terms.into_iter().filter(|(_, text)| !text.is_empty()) {
        page.paragraph(
            2 + columns + number.len(),
            &[ink(Role::Muted, format!("{label}: {text}"))],
        )?;
    }
    Ok(())
}

/// One line per rule: severity, id, title.
pub fn list(cards: &[&RuleCard], style: &Style, out: &mut dyn Write) -> Result<()> {
    let mut page = Page::new(style, out);
    let ids = cards
        .iter()
        .map(|card| width(&card.id))
        .max()
        .unwrap_or_default()
        .min(40);
    let words = page.words;
    let severities = [Severity::Critical, Severity::Warning, Severity::Notice];
    let columns = severities
        .map(|it| width(words.severity(it)))
        .into_iter()
        .max()
        .unwrap_or_default();
    let mut area = "";
    for card in cards {
        if card.area != area {
            area = &card.area;
            page.line(&[ink(Role::Strong, area)])?;
        }
        let title = card.text(style.lang).map_or("", |text| &text.title);
        let line = vec![
            ink(
                card.severity.into(),
                format!("  {}", pad(words.severity(card.severity), columns)),
            ),
            ink(Role::Plain, format!("  {}  ", pad(&card.id, ids))),
            ink(Role::Muted, title),
        ];
        let line = page.fitted(line, style.width);
        page.line(&line)?;
    }
    page.paragraph(0, &[ink(Role::Muted, count(cards.len() as u64, words.rule_file))])
}

/// An array of rules.
pub fn json(cards: &[&RuleCard], out: &mut dyn Write) -> Result<()> {
    let cards: Vec<Value> = cards.iter().map(|card| wire(card)).collect();
    serde_json::to_writer_pretty(&mut *out, &cards).map_err(Error::from)?;
    out.write_all(b"\n")
}

fn wire(card: &RuleCard) -> Value {
    let symptoms: serde_json::Map<String, Value> =
        card.symptoms.iter().map(|(id, it)| (id.clone(), json!(it))).collect();
    let mut wire = json!({
        "rule": card.id,
        "area": card.area,
        "cause": card.cause,
        "versions": card.versions,
        "severity": card.severity.word(),
        "symptoms": symptoms,
        "evidence": card.evidence.iter().map(wire_evidence).collect::<Vec<_>>(),
        "explains": card.explains,
        "references": card.references,
        "file": card.file,
    });
    for text in &card.texts {
        wire[lang_word(text.lang)] = wire_text(text);
    }
    wire
}

fn wire_evidence(evidence: &EvidenceCard) -> Value {
    let steps = evidence
        .steps
        .iter()
        .map(|(condition, decibans)| json!({"when": condition, "decibans": decibans}));
    json!({
        "event": evidence.event,
        "condition": evidence.condition,
        "absent": evidence.absent,
        "steps": steps.collect::<Vec<_>>(),
    })
}

fn wire_text(text: &CardText) -> Value {
    json!({
        "title": text.title,
        "why": text.why,
        "overturn": text.overturn,
        "advice": text.advice.iter().map(json::advice).collect::<Vec<_>>(),
    })
}

fn lang_word(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "en",
        Lang::Zh => "zh",
    }
}

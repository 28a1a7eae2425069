//! For people: the answer in five lines, then every finding with its proof, then what was covered. 80 columns are the
//! design size; wider terminals get wider lines.
//!
//! ```text
//! ✖ critical  Garbage collection stops the broker for 3.2 s            confidence 97 %
//!   hurt      Sends time out · 412 events · topic order-topic, broker broker-a
//!   since     2024-05-01 14:02:11, for 3 min, over when the logs end (16:00:00)
//!   data      no acknowledged message is lost, duplicates possible
//!   do first  set -Xmn to …
//! ```

mod finding;
pub(super) mod frame;
mod unexplained;

use super::Style;
use super::answer::{Answer, Phrases, Quiet};
use super::covered::{covered, summary};
use super::layout::{Ink, Page, clean, cut_end, cut_middle, ink, pad, width};
use super::theme::Role;
use super::words::fill;
use crate::model::finding::Happening;
use crate::model::{Diagnosis, Severity};
use std::io::{Result, Write};

/// Writes the report.
pub fn write(diagnosis: &Diagnosis, style: &Style, out: &mut dyn Write) -> Result<()> {
    let mut page = Page::new(style, out);
    let phrases = Phrases::of(diagnosis, page.words, page.symbols);
    match phrases.answer(diagnosis) {
        Some(answer) => write_answer(&mut page, &answer)?,
        None => write_healthy(&mut page, diagnosis, &phrases)?,
    }
    let loud = diagnosis
        .findings
        .iter()
        .filter(|finding| finding.severity > Severity::Notice);
    let quiet = diagnosis
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Notice);
    if diagnosis.findings.len() + diagnosis.unexplained.len() > 1 {
        page.blank()?;
        page.paragraph(2, &[ink(Role::Muted, phrases.tally(diagnosis))])?;
    }
    for it in loud {
        page.blank()?;
        finding::write(&mut page, &phrases, it)?;
    }
    for it in &diagnosis.unexplained {
        page.blank()?;
        unexplained::write(&mut page, &phrases, it)?;
    }
    for (row, it) in quiet.enumerate() {
        if row == 0 {
            page.blank()?;
        }
        finding::write_notice(&mut page, it)?;
    }
    if style.timeline && !diagnosis.timeline.is_empty() {
        page.blank()?;
        write_timeline(&mut page, &phrases, &diagnosis.timeline)?;
    }
    page.blank()?;
    write_coverage(&mut page, diagnosis, &phrases)
}

/// Symbol and word of a severity; unknown when there is none.
pub(super) fn badge(page: &Page<'_>, severity: Option<Severity>) -> Vec<Ink> {
    let (symbol, word, role) = match severity {
        Some(severity) => (
            page.symbols.severity(severity),
            page.words.severity(severity),
            severity.into(),
        ),
        None => (page.symbols.unknown, page.words.unknown, Role::Warning),
    };
    vec![ink(role, format!("{symbol} {word}"))]
}

/// Columns of the label in front of the answer's lines: symbol, longest severity word, two blanks.
fn answer_columns(page: &Page<'_>) -> usize {
    let words = page.words;
    let badges = [words.critical, words.warning, words.notice, words.unknown].map(|word| width(word) + 2);
    let labels = [words.hurt, words.since, words.data, words.do_first].map(|label| width(label) + 2);
    badges.into_iter().chain(labels).max().unwrap_or_default() + 2
}

fn write_answer(page: &mut Page<'_>, answer: &Answer) -> Result<()> {
    let columns = answer_columns(page);
    let mut head = badge(page, answer.severity);
    let used: usize = head.iter().map(|it| width(&it.text)).sum();
    head.push(ink(Role::Plain, " ".repeat(columns.saturating_sub(used))));
    head.push(ink(Role::Strong, &answer.what));
    let said = answer
        .confidence
        .map(|it| fill(page.words.confidence, &[&Phrases::percent(it)]));
    let needs: usize = head.iter().map(|it| width(&it.text)).sum();
    match said {
        Some(said) if needs + width(&said) + 2 <= page.style.width => page.edges(head, &ink(Role::Muted, said))?,
        // The finding below tells the confidence again; the title has nowhere else to be seen first.
        _ => {
            let head = page.fitted(head, page.style.width);
            page.line(&head)?;
        }
    }
    let words = page.words;
    let rows = [
        (words.hurt, &answer.hurt, Role::Plain),
        (words.since, &answer.since, Role::Plain),
        (words.data, &answer.data, Role::Plain),
        (words.do_first, &answer.first, Role::Action),
    ];
    for (label, text, role) in rows {
        let line = vec![ink(Role::Muted, pad(&format!("  {label}"), columns)), ink(role, text)];
        let line = page.fitted(line, page.style.width);
        page.line(&line)?;
    }
    Ok(())
}

/// One line: nothing is wrong, in what.
fn write_healthy(page: &mut Page<'_>, diagnosis: &Diagnosis, phrases: &Phrases) -> Result<()> {
    let words = page.words;
    let healthy = match phrases.quiet(&diagnosis.coverage) {
        Quiet::Healthy(healthy) => healthy,
        Quiet::Unknown(why) => {
            return page.line(&[
                ink(Role::Warning, format!("{} {}", page.symbols.unknown, words.unknown)),
                ink(Role::Plain, format!("  {why}")),
            ]);
        }
    };
    let parts = [healthy, summary(&diagnosis.coverage, phrases)];
    let head = format!("{} {}", page.symbols.ok, words.ok);
    let columns = width(&head) + 2;
    page.labelled(
        0,
        &ink(Role::Strong, head),
        columns,
        &[ink(Role::Plain, phrases.list(&parts))],
    )
}

fn write_timeline(page: &mut Page<'_>, phrases: &Phrases, happenings: &[Happening]) -> Result<()> {
    page.line(&[ink(Role::Strong, page.words.timeline)])?;
    let mut day = None;
    for it in happenings {
        let time = phrases.clock.short(it.at, day);
        day = Some(it.at);
        let room = page.style.width.saturating_sub(width(&time) + 4);
        // What happened matters more than the folders of the file.
        let place = clean(&frame::place(&it.evidence));
        let place = match width(&place) > room / 2 {
            true => place.rsplit('/').next().unwrap_or_default(),
            false => &place,
        };
        let place = cut_middle(place, room / 3, page.symbols.cut);
        let host = if it.evidence.host.is_empty() {
            String::new()
        } else {
            format!("{}  ", it.evidence.host)
        };
        let what = cut_end(
            &clean(&format!("{host}{}", it.what)),
            room.saturating_sub(width(&place) + 2),
            page.symbols.cut,
        );
        page.line(&[
            ink(Role::Muted, format!("  {time}  ")),
            ink(Role::Plain, what),
            ink(Role::Muted, format!("  {place}")),
        ])?;
    }
    Ok(())
}

fn write_coverage(page: &mut Page<'_>, diagnosis: &Diagnosis, phrases: &Phrases) -> Result<()> {
    let lines = covered(&diagnosis.coverage, phrases, page.style.verbose);
    let columns = lines.iter().map(|line| width(line.label)).max().unwrap_or_default() + 2;
    for line in lines {
        for (row, value) in line.values.iter().enumerate() {
            let label = if row == 0 { line.label } else { "" };
            page.labelled(0, &ink(Role::Muted, label), columns, &[ink(Role::Plain, value)])?;
        }
    }
    Ok(())
}

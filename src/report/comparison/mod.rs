//! Two bundles side by side, as text, Markdown and JSON: what was changed, what became different, what became of the
//! findings, and which change goes with which effect.

mod cells;
mod wire;

pub use wire::{Document, SCHEMA, WireChange, WireEffect, WireFigure, WireFinding, WirePair, json, schema};

use super::Style;
use super::answer::Phrases;
use super::layout::{Page, ink, width};
use super::markdown::{code, escape};
use super::table;
use super::theme::Role;
use super::words::fill;
use crate::model::Severity;
use crate::model::comparison::{Comparison, FindingChange, Trend};
use cells::Cells;
use std::io::{Result, Write};

/// Columns from which tables have room for both ends of a spread.
const WIDE: usize = 110;

/// For people.
pub fn text(it: &Comparison, style: &Style, out: &mut dyn Write) -> Result<()> {
    let mut page = Page::new(style, out);
    let cells = Cells {
        short: style.width < WIDE,
        ..Cells::of(style)
    };
    let words = page.words;
    if !it.is_read() || it.is_empty() {
        page.paragraph(0, &[ink(Role::Strong, cells.nothing(it))])?;
        page.blank()?;
        if style.verbose && it.is_read() {
            write_effects(&mut page, &cells, it)?;
        }
        return write_covered(&mut page, &cells, it);
    }
    page.paragraph(0, &[ink(Role::Strong, cells.summary(it))])?;
    page.blank()?;
    page.line(&[ink(Role::Strong, words.changes)])?;
    match it.changes.is_empty() {
        true => page.paragraph(2, &[ink(Role::Plain, words.no_changes)])?,
        false => table::write(&mut page, &cells.change_head(), &cells.changes(it))?,
    }
    page.blank()?;
    write_effects(&mut page, &cells, it)?;
    write_findings(&mut page, &cells, it)?;
    write_groups(&mut page, &cells, it)?;
    write_verdicts(&mut page, it)?;
    write_covered(&mut page, &cells, it)
}

fn write_effects(page: &mut Page<'_>, cells: &Cells, it: &Comparison) -> Result<()> {
    page.line(&[ink(Role::Strong, page.words.effects)])?;
    let (shown, notes) = cells.effects(it, page.style.verbose);
    match shown.is_empty() {
        true => page.paragraph(2, &[ink(Role::Plain, page.words.no_effects)])?,
        false => table::write(page, &cells.effect_head(), &shown)?,
    }
    for note in notes {
        page.paragraph(2, &[ink(Role::Muted, note)])?;
    }
    page.blank()
}

fn write_findings(page: &mut Page<'_>, cells: &Cells, it: &Comparison) -> Result<()> {
    if it.findings.is_empty() {
        return Ok(());
    }
    page.line(&[ink(Role::Strong, page.words.findings)])?;
    for finding in &it.findings {
        write_finding(page, cells, finding)?;
    }
    page.blank()
}

/// Which change goes with which effect, by mechanism, and what none of them explains.
fn write_groups(page: &mut Page<'_>, cells: &Cells, it: &Comparison) -> Result<()> {
    let groups = cells.groups(it, page.style.verbose);
    let unexplained = it.unexplained();
    if groups.is_empty() && (unexplained.is_empty() || it.changes.is_empty()) {
        return Ok(());
    }
    page.line(&[ink(Role::Strong, page.words.goes_with)])?;
    if groups.is_empty() {
        page.paragraph(2, &[ink(Role::Plain, page.words.all_unexplained)])?;
        return page.blank();
    }
    for group in &groups {
        for change in &group.changes {
            page.paragraph(2, &[ink(Role::Strong, change)])?;
        }
        if !group.why.is_empty() {
            page.paragraph(4, &[ink(Role::Muted, &group.why)])?;
        }
        for (trend, outcome, plausibility) in &group.outcomes {
            let arrow = page.symbols.arrow;
            let line = vec![ink(
                Role::Plain,
                format!("    {arrow} {}: {outcome}", cells.trend(*trend)),
            )];
            let said = fill(page.words.plausible, &[&Phrases::percent(*plausibility)]);
            page.edges(line, &ink(Role::Muted, said))?;
        }
    }
    if !unexplained.is_empty() {
        page.paragraph(2, &[ink(Role::Strong, page.words.unexplained)])?;
        for effect in unexplained.iter().filter_map(|at| it.effects.get(*at)) {
            let text = format!("{}: {}", cells.trend(effect.trend), cells.step(effect));
            page.paragraph(4, &[ink(Role::Plain, text)])?;
        }
    }
    page.blank()
}

/// What lint says of each changed line.
fn write_verdicts(page: &mut Page<'_>, it: &Comparison) -> Result<()> {
    let judged: Vec<_> = it.changes.iter().filter_map(|change| change.verdict.as_ref()).collect();
    if judged.is_empty() {
        return Ok(());
    }
    page.line(&[ink(Role::Strong, page.words.line_verdicts)])?;
    for verdict in judged {
        let (role, word) = match verdict.severity.as_str() {
            "error" => (Severity::Critical.into(), page.words.critical),
            "warning" => (Severity::Warning.into(), page.words.warning),
            _ => (Role::Muted, page.words.notice),
        };
        page.paragraph(2, &[ink(role, word), ink(Role::Plain, format!("  {}", verdict.title))])?;
        page.paragraph(4, &[ink(Role::Muted, format!("{} {}", verdict.why, verdict.fix))])?;
    }
    page.blank()
}

fn write_covered(page: &mut Page<'_>, cells: &Cells, it: &Comparison) -> Result<()> {
    let words = page.words;
    for (label, coverage) in [(words.before, &it.before), (words.after, &it.after)] {
        let columns = width(words.before).max(width(words.after)) + 2;
        page.labelled(
            0,
            &ink(Role::Muted, label),
            columns,
            &[ink(Role::Plain, cells.covered(coverage))],
        )?;
    }
    Ok(())
}

fn write_finding(page: &mut Page<'_>, cells: &Cells, it: &FindingChange) -> Result<()> {
    let bad = matches!(it.trend, Trend::New | Trend::Worse) && it.severity > Severity::Notice;
    let role = if bad { it.severity.into() } else { Role::Muted };
    let line = vec![
        ink(Role::Plain, "  "),
        ink(role, cells.trend(it.trend)),
        ink(Role::Plain, format!("  {}", it.title)),
    ];
    page.edges(line, &ink(Role::Muted, format!("{}  {}", it.rule, cells.rates(it))))
}

/// For issues and chats.
pub fn markdown(it: &Comparison, style: &Style, out: &mut dyn Write) -> Result<()> {
    let cells = Cells::of(style);
    let words = cells.words;
    writeln!(out, "# {}\n", words.compared)?;
    match !it.is_read() || it.is_empty() {
        true => writeln!(out, "{}", cells.nothing(it))?,
        false => markdown_body(it, &cells, style, out)?,
    }
    writeln!(out, "\n## {}\n", words.covered)?;
    for (label, coverage) in [(words.before, &it.before), (words.after, &it.after)] {
        writeln!(out, "- **{label}** {}", escape(&cells.covered(coverage)))?;
    }
    Ok(())
}

fn markdown_body(it: &Comparison, cells: &Cells, style: &Style, out: &mut dyn Write) -> Result<()> {
    let words = cells.words;
    writeln!(out, "{}\n\n## {}\n", cells.summary(it), words.changes)?;
    match it.changes.is_empty() {
        true => writeln!(out, "{}", words.no_changes)?,
        false => markdown_table(&cells.change_head(), &cells.changes(it), out)?,
    }
    writeln!(out, "\n## {}\n", words.effects)?;
    let (shown, notes) = cells.effects(it, style.verbose);
    match shown.is_empty() {
        true => writeln!(out, "{}", words.no_effects)?,
        false => markdown_table(&cells.effect_head(), &shown, out)?,
    }
    notes.iter().try_for_each(|note| writeln!(out, "\n{note}"))?;
    if !it.findings.is_empty() {
        writeln!(out, "\n## {}\n", words.findings)?;
    }
    for finding in &it.findings {
        let (trend, rates) = (cells.trend(finding.trend), cells.rates(finding));
        writeln!(
            out,
            "- **{trend}** {} {} {rates}",
            escape(&finding.title),
            code(&finding.rule)
        )?;
    }
    markdown_groups(it, cells, style, out)?;
    let judged: Vec<_> = it.changes.iter().filter_map(|change| change.verdict.as_ref()).collect();
    if !judged.is_empty() {
        writeln!(out, "\n## {}\n", words.line_verdicts)?;
    }
    for verdict in judged {
        let said = format!("{} {}", verdict.why, verdict.fix);
        writeln!(out, "- **{}** {}", escape(&verdict.title), escape(&said))?;
    }
    Ok(())
}

fn markdown_groups(it: &Comparison, cells: &Cells, style: &Style, out: &mut dyn Write) -> Result<()> {
    let (groups, unexplained) = (cells.groups(it, style.verbose), it.unexplained());
    if !groups.is_empty() {
        writeln!(out, "\n## {}\n", cells.words.goes_with)?;
    }
    for group in groups {
        let changes: Vec<String> = group.changes.iter().map(|it| format!("**{}**", escape(it))).collect();
        writeln!(out, "- {} {}", changes.join(", "), escape(&group.why))?;
        for (trend, outcome, plausibility) in group.outcomes {
            let said = fill(cells.words.plausible, &[&Phrases::percent(plausibility)]);
            writeln!(out, "  - {}: {} ({said})", cells.trend(trend), escape(&outcome))?;
        }
    }
    if !unexplained.is_empty() && !it.changes.is_empty() {
        writeln!(out, "\n{}\n", cells.words.unexplained)?;
        for effect in unexplained.iter().filter_map(|at| it.effects.get(*at)) {
            writeln!(out, "- {}: {}", cells.trend(effect.trend), escape(&cells.step(effect)))?;
        }
    }
    Ok(())
}

fn markdown_table(head: &[&str], rows: &[Vec<String>], out: &mut dyn Write) -> Result<()> {
    writeln!(out, "| {} |", head.join(" | "))?;
    writeln!(out, "|{}", " --- |".repeat(head.len()))?;
    rows.iter().try_for_each(|row| {
        let cells: Vec<String> = row.iter().map(|cell| escape(cell)).collect();
        writeln!(out, "| {} |", cells.join(" | "))
    })
}

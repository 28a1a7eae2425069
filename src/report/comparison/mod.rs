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
use crate::model::comparison::{Comparison, FindingChange, Pair, Trend};
use cells::Cells;
use std::io::{Result, Write};

/// For people.
pub fn text(it: &Comparison, style: &Style, out: &mut dyn Write) -> Result<()> {
    let mut page = Page::new(style, out);
    let cells = Cells::of(style);
    let words = page.words;
    page.line(&[ink(Role::Strong, words.changes)])?;
    match it.changes.is_empty() {
        true => page.paragraph(2, &[ink(Role::Plain, words.no_changes)])?,
        false => table::write(&mut page, &cells.change_head(), &cells.changes(it))?,
    }
    page.blank()?;
    page.line(&[ink(Role::Strong, words.effects)])?;
    let (shown, hidden) = cells.effects(it, style.verbose);
    match shown.is_empty() {
        true => page.paragraph(2, &[ink(Role::Plain, words.no_effects)])?,
        false => table::write(&mut page, &cells.effect_head(), &shown)?,
    }
    if hidden > 0 {
        page.paragraph(2, &[ink(Role::Muted, cells.hidden(hidden))])?;
    }
    if !it.findings.is_empty() {
        page.blank()?;
        page.line(&[ink(Role::Strong, words.findings)])?;
        for finding in &it.findings {
            write_finding(&mut page, &cells, finding)?;
        }
    }
    if !it.pairs.is_empty() {
        page.blank()?;
        page.line(&[ink(Role::Strong, words.goes_with)])?;
        for pair in &it.pairs {
            write_pair(&mut page, &cells, it, pair)?;
        }
    }
    page.blank()?;
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

fn write_pair(page: &mut Page<'_>, cells: &Cells, it: &Comparison, pair: &Pair) -> Result<()> {
    let Some((change, effect)) = cells.pair(it, pair) else {
        return Ok(());
    };
    let arrow = page.symbols.arrow;
    let said = fill(page.words.plausible, &[&Phrases::percent(pair.plausibility)]);
    page.paragraph(2, &[ink(Role::Strong, change)])?;
    page.paragraph(
        4,
        &[
            ink(Role::Plain, format!("{arrow} {effect}")),
            ink(Role::Muted, format!("  {said}")),
        ],
    )?;
    match pair.why.is_empty() {
        true => Ok(()),
        false => page.paragraph(4, &[ink(Role::Muted, &pair.why)]),
    }
}

/// For issues and chats.
pub fn markdown(it: &Comparison, style: &Style, out: &mut dyn Write) -> Result<()> {
    let cells = Cells::of(style);
    let words = cells.words;
    writeln!(out, "# {}\n\n## {}\n", words.compared, words.changes)?;
    match it.changes.is_empty() {
        true => writeln!(out, "{}", words.no_changes)?,
        false => markdown_table(&cells.change_head(), &cells.changes(it), out)?,
    }
    writeln!(out, "\n## {}\n", words.effects)?;
    let (shown, hidden) = cells.effects(it, style.verbose);
    match shown.is_empty() {
        true => writeln!(out, "{}", words.no_effects)?,
        false => markdown_table(&cells.effect_head(), &shown, out)?,
    }
    if hidden > 0 {
        writeln!(out, "\n{}", cells.hidden(hidden))?;
    }
    if !it.findings.is_empty() {
        writeln!(out, "\n## {}\n", words.findings)?;
        for finding in &it.findings {
            let (trend, rates) = (cells.trend(finding.trend), cells.rates(finding));
            writeln!(
                out,
                "- **{trend}** {} {} {rates}",
                escape(&finding.title),
                code(&finding.rule)
            )?;
        }
    }
    if !it.pairs.is_empty() {
        writeln!(out, "\n## {}\n", words.goes_with)?;
        for pair in &it.pairs {
            if let Some((change, effect)) = cells.pair(it, pair) {
                let said = fill(words.plausible, &[&Phrases::percent(pair.plausibility)]);
                let arrow = cells.symbols.arrow;
                writeln!(
                    out,
                    "- {} {arrow} {} ({said}) {}",
                    escape(&change),
                    escape(&effect),
                    escape(&pair.why)
                )?;
            }
        }
    }
    writeln!(out, "\n## {}\n", words.covered)?;
    for (label, coverage) in [(words.before, &it.before), (words.after, &it.after)] {
        writeln!(out, "- **{label}** {}", escape(&cells.covered(coverage)))?;
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

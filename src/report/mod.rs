//! One file per output form: a finished `Diagnosis` in, bytes out. Nothing here reads files, asks for the time or
//! decides anything: what a report says was decided before.

pub mod card;
pub mod comparison;
pub mod inspection;
pub mod json;
pub mod jsonl;
pub mod junit;
pub mod markdown;
pub mod sarif;
pub mod text;

mod answer;
mod clock;
mod covered;
mod layout;
mod table;
mod theme;
mod words;

use crate::model::{Diagnosis, Lang};
use std::io::{Result, Write};

/// How a report is to look.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Language of the fixed words; the texts inside a diagnosis have their language already.
    pub lang: Lang,
    /// Columns, for forms that are laid out.
    pub width: usize,
    /// Whether to send colour codes.
    pub color: bool,
    /// Whether to keep to ASCII symbols.
    pub ascii: bool,
    /// Whether to show weights, references and all evidence.
    pub verbose: bool,
    /// Whether to show what happened in order of time.
    pub timeline: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            lang: Lang::En,
            width: 80,
            color: false,
            ascii: false,
            verbose: false,
            timeline: false,
        }
    }
}

/// A way of writing a diagnosis.
#[derive(Clone, Copy)]
pub struct Report {
    /// Its name for `--format`.
    pub name: &'static str,
    /// Whether a program reads it: no progress line, no colour.
    pub machine: bool,
    /// Writes it.
    pub write: fn(&Diagnosis, &Style, &mut dyn Write) -> Result<()>,
}

impl std::fmt::Debug for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Report")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

const fn report(
    name: &'static str,
    machine: bool,
    write: fn(&Diagnosis, &Style, &mut dyn Write) -> Result<()>,
) -> Report {
    Report { name, machine, write }
}

/// All ways of writing a diagnosis.
pub const REPORTS: &[Report] = &[
    report("text", false, text::write),
    report("markdown", false, markdown::write),
    report("json", true, json::write),
    report("jsonl", true, jsonl::write),
    report("sarif", true, sarif::write),
    report("junit", true, junit::write),
];

/// The report of that name.
pub fn named(name: &str) -> Option<&'static Report> {
    REPORTS.iter().find(|report| report.name == name)
}

//! A symptom for which no cause won: told as unknown, with what would help to find out.

use super::finding::{Labels, not_checked, rivals, write_evidence};
use super::{badge, frame};
use crate::model::finding::Unexplained;
use crate::report::answer::Phrases;
use crate::report::layout::{Page, ink};
use crate::report::theme::Role;
use crate::report::words::count;
use std::io::Result;

/// Templates that are shown without `--verbose`.
const TEMPLATES_SHOWN: usize = 5;

/// Writes the symptom.
pub(super) fn write(page: &mut Page<'_>, phrases: &Phrases, it: &Unexplained) -> Result<()> {
    let words = page.words;
    let mut head = badge(page, None);
    head.push(ink(Role::Strong, format!("  {}", it.title)));
    page.edges(head, &ink(Role::Muted, count(it.count, words.event)))?;
    page.paragraph(2, &[ink(Role::Plain, words.no_cause_won)])?;
    write_evidence(page, &it.evidence)?;
    if !it.templates.is_empty() {
        page.paragraph(2, &[ink(Role::Plain, words.new_lines)])?;
        let shown = if page.style.verbose {
            usize::MAX
        } else {
            TEMPLATES_SHOWN
        };
        for line in it.templates.iter().take(shown) {
            frame::write(page, line)?;
        }
    }
    let mut labels = Labels::of(page);
    labels.rows(page, words.candidates, &rivals(phrases, &it.candidates))?;
    labels.rows(page, words.collect, &not_checked(&it.collect))
}

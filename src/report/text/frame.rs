//! A proving line in its frame, marked like a compiler marks source code.
//!
//! ```text
//!   ┌ app.log:1184  app-1  37 times
//!   │ Send [3] times, still failed, cost [5037]ms, Topic: order-topic, BrokersSent: [broker-b]
//!   │                               ^^^^^^^^^^^^^ the whole budget
//! ```

use crate::model::finding::Evidence;
use crate::report::layout::{Ink, Page, clean, cut_around, cut_middle, ink, width, wrap};
use crate::report::theme::Role;
use crate::report::words::{fill, grouped};
use std::io::Result;

/// `app.log:1184`, `app.log:1184-1190`; `app.log@734003200:17` counts lines from that byte on
/// (`tail -c +734003201 app.log | sed -n 17p`).
pub(crate) fn place(evidence: &Evidence) -> String {
    let span = evidence.span;
    let from = evidence.from_byte.map_or(String::new(), |byte| format!("@{byte}"));
    match (evidence.file.is_empty(), span.line, span.end > span.line) {
        (true, ..) => String::new(),
        (_, 0, _) => evidence.file.clone(),
        (_, line, false) => format!("{}{from}:{line}", evidence.file),
        (_, line, true) => format!("{}{from}:{line}-{}", evidence.file, span.end),
    }
}

/// Writes the frame.
pub(crate) fn write(page: &mut Page<'_>, evidence: &Evidence) -> Result<()> {
    let side = format!("  {} ", page.symbols.side);
    let room = page.style.width.saturating_sub(width(&side));
    write_place(page, evidence)?;
    let cut = cut_around(&evidence.text, evidence.mark, room, page.symbols.cut);
    if !cut.text.is_empty() {
        let mut line = vec![ink(Role::Muted, &side)];
        line.extend(lit(&cut.text, cut.mark));
        page.line(&line)?;
    }
    match cut.mark {
        Some(mark) => write_mark(page, &side, room, mark, &evidence.note),
        None if evidence.note.is_empty() => Ok(()),
        None => {
            for (row, line) in wrap(&[ink(Role::Mark, &evidence.note)], room.saturating_sub(2))
                .into_iter()
                .enumerate()
            {
                let lead = if row == 0 { "= " } else { "  " };
                beside(page, &side, ink(Role::Muted, lead), line)?;
            }
            Ok(())
        }
    }
}

fn write_place(page: &mut Page<'_>, evidence: &Evidence) -> Result<()> {
    let mut rest = String::new();
    if !evidence.host.is_empty() && !evidence.file.contains(&evidence.host) {
        rest = format!("  {}", evidence.host);
    }
    if evidence.count > 1 {
        rest = format!("{rest}  {}", fill(page.words.times, &[&grouped(evidence.count)]));
    }
    let corner = format!("  {} ", page.symbols.corner);
    let room = page.style.width.saturating_sub(width(&corner) + width(&rest));
    let place = cut_middle(&clean(&place(evidence)), room, page.symbols.cut);
    let head = page.fitted(
        vec![ink(Role::Muted, format!("{corner}{place}{rest}"))],
        page.style.width,
    );
    page.line(&head)
}

/// The line with its marked part in the colour of the mark.
fn lit(text: &str, mark: Option<(usize, usize)>) -> Vec<Ink> {
    let Some((from, count)) = mark else {
        return vec![ink(Role::Plain, text)];
    };
    let mut inks = [String::new(), String::new(), String::new()];
    let mut column = 0;
    for c in text.chars() {
        let part = usize::from(column >= from) + usize::from(column >= from + count);
        inks[part].push(c);
        column += width(c.encode_utf8(&mut [0; 4]));
    }
    let [before, marked, after] = inks;
    vec![
        ink(Role::Plain, before),
        ink(Role::Mark, marked),
        ink(Role::Plain, after),
    ]
}

/// Carets under the marked part; the note behind or before them, or under them when it is too long.
fn write_mark(page: &mut Page<'_>, side: &str, room: usize, mark: (usize, usize), note: &str) -> Result<()> {
    let (from, count) = mark;
    let carets = "^".repeat(count.max(1));
    let blank = ink(Role::Plain, " ".repeat(from));
    let note = ink(Role::Mark, note);
    if from + carets.len() + 1 + width(&note.text) <= room {
        let text = format!("{carets} {}", note.text);
        return beside(page, side, blank, vec![ink(Role::Mark, text)]);
    }
    if width(&note.text) < from {
        let gap = " ".repeat(from - width(&note.text) - 1);
        let text = format!("{} {carets}", note.text);
        return beside(page, side, ink(Role::Plain, gap), vec![ink(Role::Mark, text)]);
    }
    beside(page, side, blank, vec![ink(Role::Mark, carets)])?;
    // Under the carets if there is room for a sentence, further left otherwise.
    let indent = from.min(room / 3);
    for line in wrap(&[note], room - indent) {
        beside(page, side, ink(Role::Plain, " ".repeat(indent)), line)?;
    }
    Ok(())
}

fn beside(page: &mut Page<'_>, side: &str, lead: Ink, rest: Vec<Ink>) -> Result<()> {
    let mut line = vec![ink(Role::Muted, side), lead];
    line.extend(rest);
    page.line(&line)
}

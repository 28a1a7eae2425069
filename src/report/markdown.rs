//! Markdown for issues, chats and post-mortems: the same order as the text report, proving lines in code blocks.

use super::Style;
use super::answer::{Answer, Phrases, Quiet};
use super::covered::{covered, range, totals};
use super::layout::clean;
use super::text::frame::place;
use super::theme::Symbols;
use super::words::{Words, count, fill};
use crate::model::finding::{Alternative, Evidence, Finding, NotChecked, Unexplained};
use crate::model::{Diagnosis, Severity};
use std::io::{Result, Write};

/// Writes the report.
pub fn write(diagnosis: &Diagnosis, style: &Style, out: &mut dyn Write) -> Result<()> {
    let phrases = Phrases::of(diagnosis, Words::of(style.lang), Symbols::of(style.ascii));
    let page = Markdown { phrases: &phrases };
    match phrases.answer(diagnosis) {
        Some(answer) => page.answer(&answer, out)?,
        None => page.healthy(diagnosis, out)?,
    }
    for it in diagnosis.findings.iter().filter(|it| it.severity > Severity::Notice) {
        page.finding(it, out)?;
    }
    for it in &diagnosis.unexplained {
        page.unexplained(it, out)?;
    }
    let notices: Vec<&Finding> = diagnosis
        .findings
        .iter()
        .filter(|it| it.severity == Severity::Notice)
        .collect();
    if !notices.is_empty() {
        writeln!(out, "\n## {}\n", phrases.words.notice)?;
        for it in notices {
            writeln!(out, "- {} {}", escape(&it.title), code(&it.rule))?;
        }
    }
    if style.timeline && !diagnosis.timeline.is_empty() {
        writeln!(out, "\n## {}\n", phrases.words.timeline)?;
        for it in &diagnosis.timeline {
            let place = place(&it.evidence);
            writeln!(
                out,
                "- {} {} {}",
                phrases.clock.full(it.at),
                escape(&it.what),
                code(&place)
            )?;
        }
    }
    writeln!(out, "\n## {}\n", phrases.words.covered)?;
    for line in covered(&diagnosis.coverage, &phrases, style.verbose) {
        for value in &line.values {
            writeln!(out, "- **{}** {}", line.label, escape(value))?;
        }
    }
    Ok(())
}

/// A text that stands for itself: what Markdown would read as markup is escaped.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in clean(text).trim().chars() {
        if matches!(
            c,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '$' | '!'
        ) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Inline code, with a fence longer than any in the text; nothing for nothing.
pub(super) fn code(text: &str) -> String {
    let text = clean(text);
    let fence = "`".repeat(longest_run(&text) + 1);
    match text.trim() {
        "" => String::new(),
        text if fence.len() == 1 => format!("`{text}`"),
        text => format!("{fence} {text} {fence}"),
    }
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

struct Markdown<'a> {
    phrases: &'a Phrases,
}

impl Markdown<'_> {
    fn answer(&self, answer: &Answer, out: &mut dyn Write) -> Result<()> {
        let words = self.phrases.words;
        let word = answer
            .severity
            .map_or(words.unknown, |severity| words.severity(severity));
        writeln!(out, "# {word}: {}\n", escape(&answer.what))?;
        let rows = [
            (words.hurt, &answer.hurt),
            (words.since, &answer.since),
            (words.data, &answer.data),
            (words.do_first, &answer.first),
        ];
        for (label, text) in rows {
            writeln!(out, "- **{label}** {}", escape(text))?;
        }
        Ok(())
    }

    fn healthy(&self, diagnosis: &Diagnosis, out: &mut dyn Write) -> Result<()> {
        let words = self.phrases.words;
        let healthy = match self.phrases.quiet(&diagnosis.coverage) {
            Quiet::Healthy(healthy) => healthy,
            Quiet::Unknown(why) => return writeln!(out, "# {}: {why}", words.unknown),
        };
        let mut parts = vec![totals(&diagnosis.coverage, self.phrases)];
        parts.extend(range(&diagnosis.coverage, self.phrases));
        writeln!(
            out,
            "# {}: {}\n\n{}",
            words.ok,
            escape(&healthy),
            escape(&self.phrases.list(&parts))
        )
    }

    fn finding(&self, it: &Finding, out: &mut dyn Write) -> Result<()> {
        let words = self.phrases.words;
        let said = fill(words.confidence, &[&Phrases::percent(it.confidence)]);
        writeln!(out, "\n## {}: {}\n", words.severity(it.severity), escape(&it.title))?;
        let cause = if it.cause == it.rule {
            String::new()
        } else {
            format!(" ({} {})", words.cause, code(&it.cause))
        };
        writeln!(out, "{}{cause}, {said}", code(&it.rule))?;
        if !it.why.is_empty() {
            writeln!(out, "\n{}", escape(&it.why))?;
        }
        self.lines(&it.evidence, out)?;
        let rows = [
            (words.explains, it.explains.iter().map(|cause| code(cause)).collect()),
            (
                words.ruled_out,
                it.ruled_out
                    .iter()
                    .map(|rival| format!("{}: {}", code(&rival.cause), escape(&rival.why)))
                    .collect(),
            ),
            (words.not_checked, open(&it.not_checked)),
            (
                words.before_it,
                it.before.iter().map(|line| self.before(line)).collect(),
            ),
            (words.or_else, self.rivals(&it.alternatives)),
        ];
        for (label, values) in rows {
            list(label, &values, out)?;
        }
        self.advice(it, out)?;
        if !it.overturn.is_empty() {
            list(words.overturned_by, &[escape(&it.overturn)], out)?;
        }
        list(
            words.see,
            &it.references
                .iter()
                .map(|link| format!("<{}>", clean(link)))
                .collect::<Vec<_>>(),
            out,
        )
    }

    fn advice(&self, it: &Finding, out: &mut dyn Write) -> Result<()> {
        let words = self.phrases.words;
        if it.advice.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n**{}**\n", words.todo)?;
        for (row, advice) in it.advice.iter().enumerate() {
            let terms = self.phrases.terms(advice);
            let verify = match advice.verify.is_empty() {
                true => String::new(),
                false => format!("\n   {}: {}", words.verify, escape(&advice.verify)),
            };
            let terms = if terms.is_empty() {
                terms
            } else {
                format!("\n   {}", escape(&terms))
            };
            writeln!(out, "{}. {}{terms}{verify}", row + 1, escape(&advice.action))?;
        }
        Ok(())
    }

    fn unexplained(&self, it: &Unexplained, out: &mut dyn Write) -> Result<()> {
        let words = self.phrases.words;
        writeln!(out, "\n## {}: {}\n", words.unknown, escape(&it.title))?;
        writeln!(out, "{} {}", words.no_cause_won, count(it.count, words.event))?;
        self.lines(&it.evidence, out)?;
        if !it.templates.is_empty() {
            writeln!(out, "\n{}", words.new_lines)?;
            self.lines(&it.templates, out)?;
        }
        list(words.candidates, &self.rivals(&it.candidates), out)?;
        list(words.collect, &open(&it.collect), out)
    }

    /// Each proving line in a code block under its place.
    fn lines(&self, evidence: &[Evidence], out: &mut dyn Write) -> Result<()> {
        for line in evidence {
            let note = if line.note.is_empty() {
                String::new()
            } else {
                format!(": {}", escape(&line.note))
            };
            writeln!(out, "\n{}{note}", code(&place(line)))?;
            let text = clean(&line.text);
            if !text.trim().is_empty() {
                let fence = "`".repeat((longest_run(&text) + 1).max(3));
                writeln!(out, "\n{fence}text\n{text}\n{fence}")?;
            }
        }
        Ok(())
    }

    fn before(&self, line: &Evidence) -> String {
        let time = line
            .at
            .map(|at| self.phrases.clock.short(at, self.phrases.day))
            .unwrap_or_default();
        let what = if line.note.is_empty() { &line.text } else { &line.note };
        format!("{time} {} {}", escape(what), code(&place(line)))
    }

    fn rivals(&self, rivals: &[Alternative]) -> Vec<String> {
        let said = |it: &Alternative| {
            let head = format!("{} {} %", code(&it.cause), Phrases::percent(it.confidence));
            match it.separated_by.is_empty() {
                true => head,
                false => format!(
                    "{head}, {}",
                    fill(self.phrases.words.separated_by, &[&escape(&it.separated_by)])
                ),
            }
        };
        rivals.iter().map(said).collect()
    }
}

fn open(candidates: &[NotChecked]) -> Vec<String> {
    candidates
        .iter()
        .map(|it| format!("{} {}", code(&it.cause), code(&it.command)))
        .collect()
}

/// `**label** value` for one, a list for several, nothing for none.
pub(super) fn list(label: &str, values: &[String], out: &mut dyn Write) -> Result<()> {
    match values {
        [] => Ok(()),
        [value] => writeln!(out, "\n**{label}** {}", value.trim()),
        _ => {
            writeln!(out, "\n**{label}**\n")?;
            values.iter().try_for_each(|value| writeln!(out, "- {}", value.trim()))
        }
    }
}

//! JUnit XML for CI systems: one test case per finding. Notices pass with their text as output; a run without findings
//! is one case that passes, so that the report is never empty.

use super::Style;
use super::answer::Phrases;
use super::covered::totals;
use super::text::frame::place;
use super::theme::Symbols;
use super::words::Words;
use crate::model::finding::{Finding, Unexplained};
use crate::model::{Diagnosis, Severity};
use std::io::{Result, Write};

/// Writes the suite.
pub fn write(diagnosis: &Diagnosis, style: &Style, out: &mut dyn Write) -> Result<()> {
    let phrases = Phrases::of(diagnosis, Words::of(style.lang), Symbols::of(style.ascii));
    let loud = diagnosis
        .findings
        .iter()
        .filter(|finding| finding.severity > Severity::Notice)
        .count();
    let failures = loud + diagnosis.unexplained.len();
    let tests = (diagnosis.findings.len() + diagnosis.unexplained.len()).max(1);
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"rmqdoc\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">"
    )?;
    writeln!(
        out,
        "  <testsuite name=\"rmqdoc\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">"
    )?;
    for finding in &diagnosis.findings {
        known(finding, &phrases, out)?;
    }
    for symptom in &diagnosis.unexplained {
        unknown(symptom, phrases.words, out)?;
    }
    if diagnosis.findings.is_empty() && diagnosis.unexplained.is_empty() {
        writeln!(
            out,
            "    <testcase classname=\"rmqdoc\" name=\"{}\"/>",
            escape(phrases.words.healthy)
        )?;
    }
    writeln!(
        out,
        "    <system-out>{}</system-out>",
        escape(&totals(&diagnosis.coverage, &phrases))
    )?;
    writeln!(out, "  </testsuite>\n</testsuites>")
}

fn known(finding: &Finding, phrases: &Phrases, out: &mut dyn Write) -> Result<()> {
    let mut body = vec![finding.title.clone()];
    body.extend(Some(finding.why.clone()).filter(|why| !why.is_empty()));
    body.extend(
        finding
            .evidence
            .iter()
            .map(|line| format!("{}: {}", place(line), line.text)),
    );
    body.extend(
        finding
            .advice
            .iter()
            .map(|advice| format!("{}: {}", phrases.words.todo, advice.action)),
    );
    let (class, name) = (escape(&finding.cause), escape(&finding.rule));
    writeln!(out, "    <testcase classname=\"{class}\" name=\"{name}\">")?;
    let text = escape(&body.join("\n"));
    match finding.severity {
        Severity::Notice => writeln!(out, "      <system-out>{text}</system-out>")?,
        severity => {
            let message = escape(&finding.title);
            writeln!(
                out,
                "      <failure type=\"{}\" message=\"{message}\">{text}</failure>",
                severity.word()
            )?;
        }
    }
    writeln!(out, "    </testcase>")
}

fn unknown(symptom: &Unexplained, words: &Words, out: &mut dyn Write) -> Result<()> {
    let body: Vec<String> = symptom
        .evidence
        .iter()
        .map(|line| format!("{}: {}", place(line), line.text))
        .collect();
    writeln!(
        out,
        "    <testcase classname=\"unknown\" name=\"{}\">",
        escape(&symptom.symptom)
    )?;
    let message = escape(&format!("{}. {}", symptom.title, words.no_cause_won));
    writeln!(
        out,
        "      <failure type=\"unknown\" message=\"{message}\">{}</failure>",
        escape(&body.join("\n"))
    )?;
    writeln!(out, "    </testcase>")
}

/// Escapes markup, and replaces what XML 1.0 does not allow at all.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push('\n'),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

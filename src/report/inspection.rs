//! What lint says, in every form: as text grouped by file with the key underlined, as JSON of its own
//! (`rmqdoc.lint/1`), and through the writers of diagnoses for the forms of other tools.
//!
//! ```text
//! conf/broker-a.conf
//!   ✖ critical  ip-loopback
//!   12 │ brokerIP1=127.0.0.1
//!      │ ^^^^^^^^^ clients on other hosts cannot reach this address
//!      = better: the address of the network card that clients reach
//! ```

use super::json::{self, Wire};
use super::layout::{Page, cut_around, ink, width, wrap};
use super::theme::{Role, Symbols};
use super::words::{Words, count, fill};
use super::{Report, Style, jsonl, markdown};
use crate::model::finding::{Advice, DataRisk, Evidence, Scope};
use crate::model::{Diagnosis, Event, Finding, Inspection, Severity, Verdict};
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{Error, Result, Write};

/// Name and version of the schema.
pub const SCHEMA: &str = "rmqdoc.lint/1";

/// `lint --format json`
#[derive(Debug, Serialize, JsonSchema)]
pub struct Document {
    /// Always `rmqdoc.lint/1`.
    pub schema: &'static str,
    /// Who wrote this.
    pub tool: json::Tool,
    /// The paths that the run was given.
    pub inputs: Vec<String>,
    /// What was read.
    pub coverage: json::Coverage,
    /// In the order of their files and lines.
    pub items: Vec<Item>,
}

/// One objection.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Item {
    /// Id of the check.
    pub check: String,
    /// `critical`, `warning`, `notice`
    pub severity: &'static str,
    /// `stops-start`, `data`, `availability`, `speed`, `none`
    pub harm: String,
    /// Cause id that it leads to, empty for none.
    pub cause: String,
    /// The key.
    pub key: String,
    /// Its value as written.
    pub value: String,
    /// What is wrong.
    pub detail: String,
    /// What would be better.
    pub suggestion: String,
    /// Path.
    pub file: String,
    /// 1-based; 0 when it concerns the whole file.
    pub line: u32,
    /// That line.
    pub text: String,
}

/// Severity of a lint event.
pub fn severity(item: &Event) -> Severity {
    match item.fields.str("severity") {
        Some("error" | "critical") => Severity::Critical,
        Some("warning") => Severity::Warning,
        _ => Severity::Notice,
    }
}

/// Writes an inspection in the form of that report.
pub fn write(inspection: &Inspection, report: &Report, style: &Style, out: &mut dyn Write) -> Result<()> {
    match report.name {
        "text" => text(inspection, style, out),
        "markdown" => in_markdown(inspection, style, out),
        "json" => {
            serde_json::to_writer_pretty(&mut *out, &document(inspection)).map_err(Error::from)?;
            out.write_all(b"\n")
        }
        "jsonl" => in_lines(inspection, out),
        _ => (report.write)(&as_diagnosis(inspection), style, out),
    }
}

/// The JSON schema of the document.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Document)
}

/// What is wrong: the title of the check in the report's language, else the bare detail.
fn wrong(item: &Event) -> String {
    let title = field(item, "title");
    if title.is_empty() { field(item, "detail") } else { title }
}

/// What would be better: what the check found for this very value, else its general advice.
fn better(item: &Event) -> String {
    let suggestion = field(item, "suggestion");
    if suggestion.is_empty() {
        field(item, "fix")
    } else {
        suggestion
    }
}

fn field(item: &Event, name: &str) -> String {
    item.fields.get(name).map(|value| value.to_text()).unwrap_or_default()
}

/// The file that an item stands in.
fn file<'a>(inspection: &'a Inspection, item: &Event) -> &'a str {
    let source = inspection.coverage.sources.get(item.span.source.0 as usize);
    source.map_or("", |source| &source.path)
}

/// Items by file and line, worst first on one line.
fn in_order(inspection: &Inspection) -> Vec<&Event> {
    let mut items: Vec<&Event> = inspection.items.iter().collect();
    items.sort_by_key(|item| (item.span.source, item.span.line, std::cmp::Reverse(severity(item))));
    items
}

fn document(inspection: &Inspection) -> Document {
    Document {
        schema: SCHEMA,
        tool: json::tool(&Diagnosis {
            rule_count: inspection.rule_count,
            ..Diagnosis::default()
        }),
        inputs: inspection.inputs.clone(),
        coverage: Wire::over(&inspection.coverage).coverage(&inspection.coverage),
        items: in_order(inspection)
            .into_iter()
            .map(|item| wire(inspection, item))
            .collect(),
    }
}

fn wire(inspection: &Inspection, item: &Event) -> Item {
    Item {
        check: field(item, "check"),
        severity: severity(item).word(),
        harm: field(item, "harm"),
        cause: field(item, "cause"),
        key: field(item, "key"),
        value: field(item, "value"),
        detail: wrong(item),
        suggestion: better(item),
        file: file(inspection, item).to_owned(),
        line: item.span.line,
        text: item.text.to_string(),
    }
}

fn in_lines(inspection: &Inspection, out: &mut dyn Write) -> Result<()> {
    let document = document(inspection);
    let begin = serde_json::json!({"schema": SCHEMA, "tool": document.tool, "inputs": document.inputs});
    jsonl::line(out, "begin", &begin)?;
    for item in &document.items {
        jsonl::line(out, "item", item)?;
    }
    let end = serde_json::json!({"items": document.items.len(), "files": document.coverage.files});
    jsonl::line(out, "end", &end)
}

fn text(inspection: &Inspection, style: &Style, out: &mut dyn Write) -> Result<()> {
    let mut page = Page::new(style, out);
    let mut shown: Option<&str> = None;
    for item in in_order(inspection) {
        let file = file(inspection, item);
        if shown != Some(file) {
            if shown.is_some() {
                page.blank()?;
            }
            page.paragraph(0, &[ink(Role::Strong, file)])?;
            shown = Some(file);
        }
        write_item(&mut page, item)?;
    }
    if shown.is_some() {
        page.blank()?;
    }
    let summary = summary(inspection, page.words, page.symbols);
    page.paragraph(0, &[ink(Role::Muted, summary)])
}

fn write_item(page: &mut Page<'_>, item: &Event) -> Result<()> {
    let words = page.words;
    let severity = severity(item);
    let cause = field(item, "cause");
    let mut head = vec![
        ink(Role::Plain, "  "),
        ink(
            severity.into(),
            format!("{} {}", page.symbols.severity(severity), words.severity(severity)),
        ),
        ink(Role::Strong, format!("  {}", field(item, "check"))),
    ];
    if !cause.is_empty() {
        head.push(ink(Role::Muted, format!("  ({} {cause})", words.cause)));
    }
    let head = page.fitted(head, page.style.width);
    page.line(&head)?;
    let number = if item.span.line == 0 {
        String::new()
    } else {
        item.span.line.to_string()
    };
    let margin = format!("  {} ", " ".repeat(number.len().max(2)));
    write_line(page, item, &number, &margin)?;
    let harm = words.harmed(&field(item, "harm")).to_owned();
    let remarks = [(words.suggestion, better(item)), (words.harm, harm)];
    for (label, text) in remarks.into_iter().filter(|(_, text)| !text.is_empty()) {
        let lead = format!("{margin}= {label}: ");
        page.labelled(0, &ink(Role::Muted, &lead), width(&lead), &[ink(Role::Action, text)])?;
    }
    Ok(())
}

/// The line with the key underlined, and what is wrong with it.
fn write_line(page: &mut Page<'_>, item: &Event, number: &str, margin: &str) -> Result<()> {
    let detail = wrong(item);
    let side = page.symbols.side;
    let room = page.style.width.saturating_sub(width(margin) + 2);
    let mut lead = format!("{margin}{side} ");
    let mut mark = None;
    if !item.text.trim().is_empty() {
        let cut = cut_around(&item.text, key_in(item), room, page.symbols.cut);
        mark = cut.mark;
        let numbered = format!("  {number:>0$} {side} ", width(margin) - 3);
        page.line(&[ink(Role::Muted, numbered), ink(Role::Plain, cut.text)])?;
    }
    let (from, carets) = mark.map_or((0, String::new()), |(from, count)| (from, "^".repeat(count) + " "));
    lead.push_str(&" ".repeat(from));
    // A detail that does not fit beside the carets goes below them.
    let indent = from + width(&carets);
    if indent + width(&detail) <= room {
        return page.line(&[ink(Role::Muted, lead), ink(Role::Mark, format!("{carets}{detail}"))]);
    }
    if !carets.is_empty() {
        page.line(&[ink(Role::Muted, lead), ink(Role::Mark, carets)])?;
    }
    for mut line in wrap(&[ink(Role::Mark, detail)], room) {
        line.insert(0, ink(Role::Muted, format!("{margin}{side} ")));
        page.line(&line)?;
    }
    Ok(())
}

fn key_in(item: &Event) -> Option<(usize, usize)> {
    let key = field(item, "key");
    let at = item.text.find(key.as_str()).filter(|_| !key.is_empty())?;
    Some((at, at + key.len()))
}

/// `2 critical · 1 warning · 4 files checked`
fn summary(inspection: &Inspection, words: &'static Words, symbols: &'static Symbols) -> String {
    let of = |wanted| inspection.items.iter().filter(|item| severity(item) == wanted).count();
    let severities = [Severity::Critical, Severity::Warning, Severity::Notice];
    let counted = severities
        .into_iter()
        .map(|severity| (of(severity) as u64, words.counted(severity)));
    let mut parts: Vec<String> = counted
        .filter(|(n, _)| *n > 0)
        .map(|(n, noun)| count(n, noun))
        .collect();
    match (parts.is_empty(), inspection.checked) {
        (true, 0) => parts.push(format!("{} {}", symbols.unknown, words.lint_nothing)),
        (true, _) => parts.push(words.lint_clean.into()),
        (false, _) => {}
    }
    let read = count(inspection.coverage.sources.len() as u64, words.file);
    parts.push(match inspection.checked {
        0 => read,
        checked => fill(words.checked, &[&count(checked as u64, words.file)]),
    });
    parts.join(&format!(" {} ", symbols.dot))
}

fn in_markdown(inspection: &Inspection, style: &Style, out: &mut dyn Write) -> Result<()> {
    let words = Words::of(style.lang);
    writeln!(out, "# {}", summary(inspection, words, Symbols::of(style.ascii)))?;
    let mut shown: Option<&str> = None;
    for item in in_order(inspection) {
        let file = file(inspection, item);
        if shown != Some(file) {
            writeln!(out, "\n## {}\n", markdown::escape(file))?;
            shown = Some(file);
        }
        let (word, check) = (words.severity(severity(item)), markdown::code(&field(item, "check")));
        let line = markdown::code(&format!("{}: {}", item.span.line, item.text));
        let detail = markdown::escape(&wrong(item));
        writeln!(out, "- **{word}** {check} {line} {detail}")?;
        let suggestion = better(item);
        if !suggestion.is_empty() {
            writeln!(out, "  - {}: {}", words.suggestion, markdown::escape(&suggestion))?;
        }
    }
    Ok(())
}

/// Each objection as a finding, for forms that other tools read.
fn as_diagnosis(inspection: &Inspection) -> Diagnosis {
    Diagnosis {
        inputs: inspection.inputs.clone(),
        rule_count: inspection.rule_count,
        findings: in_order(inspection)
            .into_iter()
            .map(|item| as_finding(inspection, item))
            .collect(),
        coverage: inspection.coverage.clone(),
        ..Diagnosis::default()
    }
}

fn as_finding(inspection: &Inspection, item: &Event) -> Finding {
    let proof = Evidence {
        span: item.span,
        from_byte: None,
        file: file(inspection, item).to_owned(),
        host: String::new(),
        text: item.text.to_string(),
        mark: key_in(item),
        note: String::new(),
        at: None,
        count: 1,
    };
    let suggestion = Advice {
        action: better(item),
        ..Advice::default()
    };
    Finding {
        rule: field(item, "check"),
        cause: field(item, "cause"),
        verdict: Verdict::Proved,
        severity: severity(item),
        confidence: 1.0,
        title: wrong(item),
        why: field(item, "why"),
        overturn: String::new(),
        first: None,
        last: None,
        worst: None,
        zone_assumed: false,
        ongoing: true,
        data: DataRisk::default(),
        episodes: Vec::new(),
        count: 1,
        scope: Scope::default(),
        evidence: vec![proof],
        symptoms: Vec::new(),
        explains: Vec::new(),
        alternatives: Vec::new(),
        ruled_out: Vec::new(),
        not_checked: Vec::new(),
        before: Vec::new(),
        advice: Some(suggestion)
            .filter(|it| !it.action.is_empty())
            .into_iter()
            .collect(),
        weights: Vec::new(),
        references: Vec::new(),
    }
}

//! SARIF 2.1.0 for code scanning and editors: one result per finding, its strongest line as the location, the others as
//! related locations.

use super::json::Wire;
use super::{Style, json};
use crate::model::finding::{Evidence, Finding};
use crate::model::{Diagnosis, Severity};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{Error, Result, Write};

/// Writes the log.
pub fn write(diagnosis: &Diagnosis, _: &Style, out: &mut dyn Write) -> Result<()> {
    serde_json::to_writer_pretty(&mut *out, &log(diagnosis)).map_err(Error::from)?;
    out.write_all(b"\n")
}

fn log(diagnosis: &Diagnosis) -> Value {
    let wire = Wire::of(diagnosis);
    let mut seen = BTreeSet::new();
    let fresh = diagnosis.findings.iter().filter(|finding| seen.insert(&finding.rule));
    let rules: Vec<Value> = fresh.map(rule).collect();
    let results: Vec<Value> = diagnosis
        .findings
        .iter()
        .map(|finding| result(finding, &wire))
        .collect();
    let problems = diagnosis.coverage.problems.iter();
    let notifications: Vec<Value> = problems
        .map(|problem| json!({"level": "warning", "message": {"text": format!("{}: {}", problem.path, problem.what)}}))
        .collect();
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "rmqdoc",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "invocations": [{"executionSuccessful": true, "toolExecutionNotifications": notifications}],
            "results": results,
            "columnKind": "unicodeCodePoints",
        }],
    })
}

fn rule(finding: &Finding) -> Value {
    let mut rule = json!({
        "id": finding.rule,
        "shortDescription": {"text": finding.title},
        "defaultConfiguration": {"level": level(finding.severity)},
        "properties": {"cause": finding.cause},
    });
    if !finding.why.is_empty() {
        rule["fullDescription"] = json!({"text": finding.why});
    }
    if let Some(link) = finding.references.first() {
        rule["helpUri"] = json!(link);
    }
    let actions: Vec<&str> = finding.advice.iter().map(|advice| advice.action.as_str()).collect();
    if !actions.is_empty() {
        rule["help"] = json!({"text": actions.join("\n")});
    }
    rule
}

fn result(finding: &Finding, wire: &Wire) -> Value {
    let wired = wire.finding(finding);
    let mut text = vec![finding.title.as_str()];
    text.extend(Some(finding.why.as_str()).filter(|why| !why.is_empty()));
    let locations: Vec<Value> = finding
        .evidence
        .iter()
        .filter(|line| !line.file.is_empty())
        .map(location)
        .collect();
    let advice: Vec<json::Advice> = finding.advice.iter().map(json::advice).collect();
    json!({
        "ruleId": finding.rule,
        "level": level(finding.severity),
        "message": {"text": text.join("\n")},
        "locations": locations.iter().take(1).collect::<Vec<_>>(),
        "relatedLocations": locations.iter().skip(1).collect::<Vec<_>>(),
        "partialFingerprints": {"rule/v1": fingerprint(finding)},
        "properties": {
            "cause": finding.cause,
            "verdict": wired.verdict,
            "confidence": finding.confidence,
            "first": wired.first,
            "last": wired.last,
            "ongoing": finding.ongoing,
            "advice": advice,
        },
    })
}

/// What stays the same when the logs grow: the rule and whom it is about.
fn fingerprint(finding: &Finding) -> String {
    let mut parts = vec![finding.rule.as_str()];
    parts.extend(finding.scope.hosts.iter().map(String::as_str));
    parts.join("/")
}

fn location(line: &Evidence) -> Value {
    let mut region = json!({"startLine": line.span.line.max(1), "snippet": {"text": line.text}});
    if line.span.end > line.span.line {
        region["endLine"] = json!(line.span.end);
    }
    let marked = line
        .mark
        .and_then(|(from, to)| Some((line.text.get(..from)?, line.text.get(from..to)?)));
    if let Some((before, shown)) = marked {
        let start = before.chars().count() + 1;
        region["startColumn"] = json!(start);
        region["endColumn"] = json!(start + shown.chars().count());
    }
    let mut location = json!({
        "physicalLocation": {"artifactLocation": {"uri": uri(&line.file)}, "region": region},
    });
    // Lines that are not counted from the start of the file are no region of it.
    if let Some(byte) = line.from_byte {
        location["physicalLocation"]["region"] = json!({"byteOffset": byte, "snippet": {"text": line.text}});
    }
    if !line.note.is_empty() {
        location["message"] = json!({"text": line.note});
    }
    location
}

/// A path as a relative URI: everything that a URI reserves is percent-encoded.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' | b'!' => uri.push(byte.into()),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "error",
        Severity::Warning => "warning",
        Severity::Notice => "note",
    }
}

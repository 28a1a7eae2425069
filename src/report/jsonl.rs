//! JSON lines for streams: one object per line with `type` `begin`, `finding`, `unexplained`, `happening`, `source` or
//! `end`. The bodies are those of `json.rs`.
//!
//! ```json
//! {"type":"begin","schema":"rmqdoc.diagnosis/1","tool":{…},"inputs":["logs/"]}
//! {"type":"finding","rule":"gc-long-pause",…}
//! {"type":"end","findings":1,"unexplained":0,"files":3,"lines":4096,"bytes":300000,"problems":[]}
//! ```

use super::Style;
use super::json::{self, Wire};
use crate::model::Diagnosis;
use serde::Serialize;
use serde_json::json;
use std::io::{Result, Write};

/// Writes begin, findings, symptoms, happenings, sources, end.
pub fn write(diagnosis: &Diagnosis, style: &Style, out: &mut dyn Write) -> Result<()> {
    let wire = Wire::of(diagnosis);
    let begin = json!({"schema": json::SCHEMA, "tool": json::tool(diagnosis), "inputs": diagnosis.inputs});
    line(out, "begin", &begin)?;
    for it in &diagnosis.findings {
        line(out, "finding", &wire.finding(it))?;
    }
    for it in &diagnosis.unexplained {
        line(out, "unexplained", &wire.unexplained(it))?;
    }
    for it in diagnosis.timeline.iter().filter(|_| style.timeline) {
        line(out, "happening", &wire.happening(it))?;
    }
    let coverage = wire.coverage(&diagnosis.coverage);
    for it in &coverage.sources {
        line(out, "source", it)?;
    }
    let end = json!({
        "findings": diagnosis.findings.len(),
        "unexplained": diagnosis.unexplained.len(),
        "files": coverage.files,
        "lines": coverage.lines,
        "bytes": coverage.bytes,
        "hosts": coverage.hosts,
        "first": coverage.first,
        "last": coverage.last,
        "versions": coverage.versions,
        "assumptions": coverage.assumptions,
        "problems": coverage.problems,
    });
    line(out, "end", &end)
}

/// A body with its type in front.
#[derive(Serialize)]
struct Tagged<'a, T> {
    r#type: &'a str,
    #[serde(flatten)]
    body: &'a T,
}

pub(super) fn line<T: Serialize>(out: &mut dyn Write, kind: &str, body: &T) -> Result<()> {
    let tagged = Tagged { r#type: kind, body };
    serde_json::to_writer(&mut *out, &tagged).map_err(std::io::Error::from)?;
    out.write_all(b"\n")
}

//! Interim command line until `cli` stands: `rmqdoc analyze --format json [--rules DIR] PATH…`, `rmqdoc rules check`.

mod cli;

use rmqdoc::diagnose::engine::{Input, diagnose};
use rmqdoc::model::Lang;
use rmqdoc::rule::{RuleBook, RuleText};
use serde_json::json;
use std::path::Path;

fn walk(path: &Path, out: &mut Vec<std::path::PathBuf>) {
    if path.is_dir() {
        let mut list: Vec<_> = std::fs::read_dir(path)
            .into_iter()
            .flatten()
            .flatten()
            .map(|e| e.path())
            .collect();
        list.sort();
        list.iter().for_each(|p| walk(p, out));
    } else {
        out.push(path.into());
    }
}

fn main() -> std::process::ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|command| command == "gc") {
        return cli::gc::run(&args[1..]);
    }
    let mut rules = rmqdoc::rule::embedded::embedded();
    let mut paths = Vec::new();
    let mut lang = Lang::En;
    let mut it = args.iter().skip(1);
    while let Some(arg) = it.next() {
        match arg.as_str() {
            "--format" => drop(it.next()),
            "--lang" => {
                lang = if it.next().is_some_and(|l| l == "zh") {
                    Lang::Zh
                } else {
                    Lang::En
                }
            }
            "--rules" => {
                let dir = it.next().cloned().unwrap_or_default();
                let mut files = Vec::new();
                walk(Path::new(&dir), &mut files);
                for f in files.iter().filter(|f| f.extension().is_some_and(|e| e == "toml")) {
                    rules.push(RuleText {
                        path: f.strip_prefix(&dir).unwrap_or(f).display().to_string(),
                        text: std::fs::read_to_string(f).unwrap_or_default(),
                    });
                }
            }
            other => paths.push(other.to_string()),
        }
    }
    let book = match RuleBook::load(&rules) {
        Ok(book) => book,
        Err(errors) => {
            errors.iter().for_each(|e| eprintln!("{e}"));
            std::process::exit(2);
        }
    };
    if args.first().is_some_and(|a| a == "rules") {
        println!(
            "{} rules, {} signals, {} literals: fine",
            book.rules.len(),
            book.signals.len(),
            book.literals.len()
        );
        return std::process::ExitCode::SUCCESS;
    }
    let mut inputs = Vec::new();
    for root in &paths {
        let mut files = Vec::new();
        walk(Path::new(root), &mut files);
        for file in files {
            let bytes = std::fs::read(&file).unwrap_or_default();
            let bytes = if bytes.starts_with(&[0x1f, 0x8b]) {
                let mut out = Vec::new();
                let _ = std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(&bytes[..]), &mut out);
                out
            } else {
                bytes
            };
            let below = file.strip_prefix(root).unwrap_or(&file);
            let parts: Vec<_> = below
                .components()
                .map(|c| c.as_os_str().to_string_lossy().to_string())
                .collect();
            let host = if parts.len() > 1 && !matches!(parts[0].as_str(), "logs" | "conf" | "system") {
                parts[0].clone()
            } else {
                String::new()
            };
            inputs.push(Input {
                path: file.display().to_string(),
                host,
                body: String::from_utf8_lossy(&bytes).into_owned(),
            });
        }
    }
    let d = diagnose(&book, &inputs, Vec::new(), lang);
    let ev = |e: &rmqdoc::model::finding::Evidence| json!({"file": e.file, "line": e.span.line, "text": e.text, "note": e.note, "count": e.count, "host": e.host});
    let findings: Vec<_> = d.findings.iter().map(|f| json!({
        "rule": f.rule, "cause": f.cause, "verdict": f.verdict.word(), "severity": f.severity.word(), "confidence": f.confidence,
        "title": f.title, "why": f.why, "first": f.first, "last": f.last, "evidence": f.evidence.iter().map(ev).collect::<Vec<_>>(),
        "explains": f.explains, "ruled_out": f.ruled_out.iter().map(|r| json!({"cause": r.cause, "why": r.why})).collect::<Vec<_>>(),
        "alternatives": f.alternatives.iter().map(|a| json!({"cause": a.cause, "confidence": a.confidence})).collect::<Vec<_>>(),
        "not_checked": f.not_checked.iter().map(|a| json!({"cause": a.cause, "command": a.command})).collect::<Vec<_>>(),
        "advice": f.advice.iter().map(|a| json!({"action": a.action, "where": a.place, "restart": a.restart, "price": a.price, "undo": a.undo, "verify": a.verify})).collect::<Vec<_>>(),
        "weights": f.weights.iter().map(|w| json!([w.what, w.decibans, w.counted])).collect::<Vec<_>>(),
    })).collect();
    let unexplained: Vec<_> = d.unexplained.iter().map(|u| json!({"symptom": u.symptom, "count": u.count,
        "candidates": u.candidates.iter().map(|a| json!({"cause": a.cause, "confidence": a.confidence})).collect::<Vec<_>>()})).collect();
    println!(
        "{}",
        json!({"findings": findings, "unexplained": unexplained, "assumptions": d.coverage.assumptions,
        "sources": d.coverage.sources.iter().map(|s| json!([s.path, s.format, format!("{:?}", s.log), s.host])).collect::<Vec<_>>()})
    );
    std::process::ExitCode::SUCCESS
}

//! Every folder under `samples/`: rules fire where they should and stay quiet where they should, a healthy cluster gives
//! nothing, incidents come out as their `case.toml` says.

use crate::support::diagnose;
use rmqdoc::model::{Diagnosis, Severity};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

pub(crate) fn folders(dir: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.is_dir())
        .collect();
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn told(d: &Diagnosis) -> String {
    let list: Vec<String> = d
        .findings
        .iter()
        .map(|f| format!("{} ({}, {:.0} %)", f.rule, f.severity.word(), f.confidence * 100.0))
        .collect();
    list.join(", ")
}

#[test]
fn rules_fire_on_their_samples_and_not_on_the_near_misses() {
    let mut wrong = Vec::new();
    for folder in folders(&samples().join("rules")) {
        let rule = name(&folder);
        let fires = diagnose(&[folder.join("fires")]);
        if !fires.findings.iter().any(|f| f.rule == rule) {
            wrong.push(format!("{rule}: not found in fires/, got {}", told(&fires)));
        }
        let quiet = diagnose(&[folder.join("quiet")]);
        if quiet
            .findings
            .iter()
            .any(|f| f.rule == rule && f.severity > Severity::Notice)
        {
            wrong.push(format!("{rule}: found in quiet/"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_healthy_cluster_gives_nothing() {
    for folder in folders(&samples().join("healthy")) {
        let d = diagnose(std::slice::from_ref(&folder));
        let loud = d.findings.iter().filter(|f| f.severity > Severity::Notice).count();
        assert_eq!(loud, 0, "{}: {}", folder.display(), told(&d));
        assert!(d.unexplained.is_empty(), "{}: {:?}", folder.display(), d.unexplained);
    }
}

#[derive(Deserialize)]
struct Case {
    causes: Vec<String>,
    #[serde(default)]
    explained: Vec<String>,
    #[serde(default)]
    ruled_out: Vec<String>,
}

#[test]
fn incidents_come_out_as_told() {
    for folder in folders(&samples().join("incidents")) {
        let case: Case = toml::from_str(&fs::read_to_string(folder.join("case.toml")).unwrap()).unwrap();
        let d = diagnose(&[folder.join("input")]);
        let first = d.findings.first();
        let first_cause = first.map(|f| f.cause.as_str());
        assert_eq!(
            first_cause,
            case.causes.first().map(String::as_str),
            "{}: {}",
            name(&folder),
            told(&d)
        );
        let first = first.unwrap();
        for cause in &case.explained {
            assert!(
                first.explains.contains(cause),
                "{}: {cause} is not explained: {:?}",
                name(&folder),
                first.explains
            );
        }
        for cause in &case.ruled_out {
            let out: Vec<&str> = first.ruled_out.iter().map(|r| r.cause.as_str()).collect();
            assert!(
                out.contains(&cause.as_str()),
                "{}: {cause} is not ruled out: {out:?}",
                name(&folder)
            );
        }
        assert!(
            !first.evidence.is_empty() && !first.advice.is_empty(),
            "{}",
            name(&folder)
        );
        as_expected(&folder.join("expect.txt"), &outline(&d));
    }
}

/// What `expect.txt` shows of a diagnosis: each finding with its neighbours, by name.
fn outline(d: &Diagnosis) -> String {
    let mut out = String::new();
    for f in &d.findings {
        out += &format!(
            "{} {} (cause {}), {:?}\n",
            f.severity.word(),
            f.rule,
            f.cause,
            f.verdict
        );
        let names: [(&str, Vec<&str>); 4] = [
            ("explains", f.explains.iter().map(String::as_str).collect()),
            ("ruled out", f.ruled_out.iter().map(|x| x.cause.as_str()).collect()),
            ("not checked", f.not_checked.iter().map(|x| x.cause.as_str()).collect()),
            ("or else", f.alternatives.iter().map(|x| x.cause.as_str()).collect()),
        ];
        for (what, causes) in names.iter().filter(|(_, causes)| !causes.is_empty()) {
            out += &format!("  {what}: {}\n", causes.join(", "));
        }
        for change in &f.before {
            out += &format!("  before: {}\n", change.note.lines().next().unwrap_or_default());
        }
    }
    out
}

/// `UPDATE=1` rewrites the file.
fn as_expected(file: &Path, now: &str) {
    if std::env::var_os("UPDATE").is_some() {
        fs::write(file, now).unwrap();
    }
    assert_eq!(fs::read_to_string(file).unwrap_or_default(), now, "{}", file.display());
}

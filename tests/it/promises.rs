//! What readers and users of the repository rely on, beyond what single tests show.

use crate::support::program;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which module may import which others. Each may import itself; `main` stands outside the library. `cli` sees `format`
/// only for `gc`, which shows what that format reads and asks no rule.
const IMPORTS: [(&str, &[&str]); 11] = [
    (
        "cli",
        &[
            "diagnose", "compare", "lint", "report", "format", "top", "rule", "input", "model",
        ],
    ),
    ("top", &["diagnose", "rule", "model"]),
    ("diagnose", &["input", "format", "derive", "lint", "rule", "model"]),
    ("compare", &["diagnose", "lint", "rule", "model"]),
    ("lint", &["model"]),
    ("format", &["input", "model"]),
    ("derive", &["model"]),
    ("rule", &["model"]),
    ("report", &["model"]),
    ("input", &["model"]),
    ("model", &[]),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All files under a folder, hidden ones and build output left out, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return found;
    };
    for entry in entries.map(|entry| entry.unwrap().path()) {
        let name = entry.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with('.') || name == "target" {
            continue;
        }
        match entry.is_dir() {
            true => found.extend(files(&entry)),
            false => found.push(entry),
        }
    }
    found.sort();
    found
}

fn with_ending(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = files(&root().join(folder));
    found.retain(|path| path.extension().is_some_and(|it| it == ending));
    found
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn modules_import_in_one_direction() {
    let mut wrong = Vec::new();
    for path in with_ending("src", "rs") {
        let inside = path.strip_prefix(root().join("src")).unwrap();
        let module = inside.iter().next().unwrap().to_string_lossy().replace(".rs", "");
        if ["lib", "main", "build"].contains(&module.as_str()) {
            continue;
        }
        let allowed = IMPORTS.iter().find(|(name, _)| *name == module);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("src/{module} has no row in IMPORTS"));
        for (number, line) in read(&path).lines().enumerate() {
            for other in imported(line).filter(|other| *other != module && !allowed.contains(other)) {
                wrong.push(format!(
                    "{}:{}: {module} must not import {other}",
                    inside.display(),
                    number + 1
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Modules of ours that a line of code names: `crate::model::Event` names `model`.
fn imported(line: &str) -> impl Iterator<Item = &str> {
    let code = if line.trim_start().starts_with("//") { "" } else { line };
    let parts = code.split("crate::").skip(1);
    parts
        .filter_map(|part| part.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next())
        .filter(|name| !name.is_empty())
}

/// Rule id → the file as TOML.
fn rules() -> BTreeMap<String, toml::Table> {
    let areas = with_ending("rules", "toml").into_iter().filter(|path| {
        let area = path.parent().unwrap();
        area != root().join("rules") && !area.ends_with("signals")
    });
    areas
        .map(|path| {
            let id = path.file_stem().unwrap().to_string_lossy().into_owned();
            let table = read(&path)
                .parse()
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (id, table)
        })
        .collect()
}

fn causes() -> BTreeSet<String> {
    let areas: toml::Table = read(&root().join("rules/causes.toml")).parse().unwrap();
    areas
        .values()
        .filter_map(|area| area.as_table())
        .flat_map(|area| area.keys().cloned())
        .collect()
}

#[test]
fn every_rule_names_a_known_cause() {
    let causes = causes();
    let mut wrong = Vec::new();
    for (id, rule) in rules() {
        let named = rule.get("cause").and_then(|cause| cause.as_str()).unwrap_or("none");
        let explained = rule
            .get("explains")
            .and_then(|it| it.as_array())
            .into_iter()
            .flatten()
            .filter_map(|it| it.as_str());
        wrong.extend(
            explained
                .chain([named])
                .filter(|cause| !causes.contains(*cause))
                .map(|cause| format!("{id}: {cause}")),
        );
    }
    assert!(wrong.is_empty(), "not in rules/causes.toml:\n{}", wrong.join("\n"));
}

#[test]
fn every_cause_has_a_rule() {
    let with_rule: BTreeSet<String> = rules()
        .values()
        .filter_map(|rule| rule.get("cause")?.as_str().map(str::to_owned))
        .collect();
    let missing: Vec<String> = causes().difference(&with_rule).cloned().collect();
    assert!(missing.is_empty(), "causes without a rule: {}", missing.join(", "));
}

#[test]
fn every_rule_has_a_sample_that_fires_and_one_that_does_not() {
    let rules = rules();
    let mut wrong = Vec::new();
    for id in rules.keys() {
        for side in ["fires", "quiet"] {
            let folder = format!("samples/rules/{id}/{side}");
            if files(&root().join(&folder)).is_empty() {
                wrong.push(format!("{folder} is missing"));
            }
        }
    }
    let folders = std::fs::read_dir(root().join("samples/rules")).into_iter().flatten();
    let sampled = folders.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    wrong.extend(
        sampled
            .filter(|id| !rules.contains_key(id))
            .map(|id| format!("samples/rules/{id} is of no rule")),
    );
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_format_has_a_sample() {
    let names = rmqdoc::format::formats().map(|format| format!("samples/formats/{}", format.name));
    let missing: Vec<String> = names.filter(|folder| files(&root().join(folder)).is_empty()).collect();
    assert!(missing.is_empty(), "missing: {}", missing.join(", "));
}

fn readmes() -> Vec<PathBuf> {
    files(&root())
        .into_iter()
        .filter(|path| path.file_name().unwrap() == "README.md")
        .collect()
}

#[test]
fn links_in_readmes_exist() {
    let mut broken = Vec::new();
    for path in readmes() {
        for target in read(&path)
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split([')', ' ', '#']).next())
        {
            let outside = target.is_empty() || target.contains("://") || target.starts_with("mailto:");
            if !outside && !path.parent().unwrap().join(target).exists() {
                broken.push(format!("{}: {target}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn readmes_show_what_the_program_prints() {
    let mut wrong = Vec::new();
    for path in readmes() {
        for (command, shown) in sessions(&read(&path)) {
            let printed = printed(&command);
            if !matches(&shown, &printed) {
                wrong.push(format!("{}\n$ {command}\nprints\n{printed}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n\n"));
}

/// Commands of code blocks that begin with `$ rmqdoc`, each with the lines shown under it.
fn sessions(text: &str) -> Vec<(String, Vec<String>)> {
    let mut sessions: Vec<(String, Vec<String>)> = Vec::new();
    for block in text.split("\n```").skip(1).step_by(2) {
        let lines: Vec<&str> = block.lines().skip(1).collect();
        if !lines.first().is_some_and(|line| line.starts_with("$ rmqdoc")) {
            continue;
        }
        for line in lines {
            match (line.strip_prefix("$ "), sessions.last_mut()) {
                (Some(command), _) => sessions.push((command.to_owned(), Vec::new())),
                (None, Some((_, shown))) => shown.push(line.trim_end().to_owned()),
                (None, None) => {}
            }
        }
    }
    // A command alone shows how to call the program, not what it prints.
    sessions.retain(|(_, shown)| !shown.is_empty());
    sessions
}

fn printed(command: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_rmqdoc"));
    let mut shell = Command::new("sh");
    shell
        .args(["-c", command])
        .env_clear()
        .env("LC_ALL", "C.UTF-8")
        .env("XDG_CONFIG_HOME", "/nonexistent");
    let path = std::env::var("PATH").unwrap_or_default();
    shell
        .env("PATH", format!("{}:{path}", program.parent().unwrap().display()))
        .current_dir(root());
    program::run(shell, "").stdout
}

/// A line `…` stands for any number of lines.
fn matches(shown: &[String], printed: &str) -> bool {
    let printed: Vec<&str> = printed.lines().map(str::trim_end).collect();
    let mut parts = shown.split(|line| line == "…");
    let (Some(first), rest) = (parts.next(), parts.collect::<Vec<_>>()) else {
        return false;
    };
    if rest.is_empty() {
        return printed == first;
    }
    if !printed.starts_with(&first.iter().map(String::as_str).collect::<Vec<_>>()) {
        return false;
    }
    let mut at = first.len();
    for (number, part) in rest.iter().enumerate() {
        let part: Vec<&str> = part.iter().map(String::as_str).collect();
        let last = number + 1 == rest.len();
        let found = match (last, part.is_empty()) {
            (_, true) => Some(at),
            (true, _) => printed
                .len()
                .checked_sub(part.len())
                .filter(|from| *from >= at && printed[*from..] == part[..]),
            (false, _) => (at..printed.len()).find(|from| printed[*from..].starts_with(&part)),
        };
        let Some(found) = found else { return false };
        at = found + part.len();
    }
    true
}

#[test]
fn sessions_are_read_and_compared() {
    let text = "x\n\n```console\n$ rmqdoc a\none\n…\nthree\n$ rmqdoc b\n```\n\n```sh\n$ ls\n```\n";
    let sessions = sessions(text);
    assert_eq!(
        sessions,
        [("rmqdoc a".to_owned(), ["one", "…", "three"].map(str::to_owned).to_vec())]
    );
    let shown = &sessions[0].1;
    assert!(matches(shown, "one\ntwo\nthree\n"));
    assert!(matches(shown, "one\nthree\n"));
    assert!(!matches(shown, "one\ntwo\n"));
    assert!(!matches(shown, "one\nthree\nfour\n"));
}

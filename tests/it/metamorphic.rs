//! What must not change a diagnosis does not, and what must, does: cheap, and hard to fool. Every incident of
//! `samples/incidents` is tried.

use crate::samples::folders;
use crate::support::diagnose;
use rmqdoc::model::{Diagnosis, Severity};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

fn incidents() -> Vec<PathBuf> {
    folders(&root().join("incidents"))
        .into_iter()
        .map(|f| f.join("input"))
        .collect()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut open = vec![dir.to_path_buf()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { out.push(path) }
        }
    }
    out.sort();
    out
}

/// Causes above notice, in order.
fn causes(d: &Diagnosis) -> Vec<String> {
    d.findings
        .iter()
        .filter(|f| f.severity > Severity::Notice)
        .map(|f| f.cause.clone())
        .collect()
}

/// A copy of a bundle in which each file is written by `write`, which gets its path below the bundle and its bytes.
fn copy(bundle: &Path, write: &dyn Fn(&Path, &Path, &[u8])) -> TempDir {
    let dir = TempDir::new().unwrap();
    for file in files(bundle) {
        let below = file.strip_prefix(bundle).unwrap();
        let target = dir.path().join(below);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        write(below, &target, &fs::read(&file).unwrap());
    }
    dir
}

fn same_after(what: &str, change: &dyn Fn(&Path) -> TempDir) {
    for bundle in incidents() {
        let before = causes(&diagnose(std::slice::from_ref(&bundle)));
        let changed = change(&bundle);
        assert_eq!(
            causes(&diagnose(&[changed.path().to_path_buf()])),
            before,
            "{what}: {}",
            bundle.display()
        );
    }
}

/// Archives inside a bundle stay as they are when its lines are changed.
fn text(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

fn is_log(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "log") && !path.to_string_lossy().contains("gc")
}

#[test]
fn gzip_changes_nothing() {
    same_after("gzip", &|bundle| {
        copy(bundle, &|_, target, bytes| {
            let mut name = target.as_os_str().to_owned();
            name.push(".gz");
            let mut gz = flate2::write::GzEncoder::new(fs::File::create(name).unwrap(), flate2::Compression::fast());
            gz.write_all(bytes).unwrap();
            gz.finish().unwrap();
        })
    });
}

#[test]
fn rotation_changes_nothing() {
    same_after("rotation", &|bundle| {
        copy(bundle, &|_, target, bytes| {
            let Some(text) = text(bytes) else {
                return fs::write(target, bytes).unwrap();
            };
            let lines: Vec<&str> = text.split_inclusive('\n').collect();
            // Cut where a record begins, as log4j and logback do.
            let middle = (lines.len() / 2..lines.len()).find(|i| lines[*i].starts_with("20"));
            match middle.filter(|_| is_log(target)) {
                Some(middle) => {
                    let mut old = target.as_os_str().to_owned();
                    old.push(".1");
                    fs::write(old, lines[..middle].concat()).unwrap();
                    fs::write(target, lines[middle..].concat()).unwrap();
                }
                None => fs::write(target, bytes).unwrap(),
            }
        })
    });
}

#[test]
fn names_of_hosts_change_nothing() {
    same_after("renamed folders", &|bundle| {
        let dir = TempDir::new().unwrap();
        for file in files(bundle) {
            let below = file.strip_prefix(bundle).unwrap();
            let mut parts: Vec<String> = below.iter().map(|p| p.to_string_lossy().into_owned()).collect();
            if parts.len() > 1 {
                parts[0] = format!("node-{}", parts[0].bytes().map(u32::from).sum::<u32>());
            }
            let target = dir.path().join(parts.iter().collect::<PathBuf>());
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::copy(&file, target).unwrap();
        }
        dir
    });
}

#[test]
fn line_ends_and_a_mark_change_nothing() {
    same_after("CRLF and a byte order mark", &|bundle| {
        copy(bundle, &|_, target, bytes| {
            let Some(text) = text(bytes) else {
                return fs::write(target, bytes).unwrap();
            };
            let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
            fs::write(target, format!("\u{FEFF}{text}")).unwrap();
        })
    });
}

#[test]
fn lines_printed_twice_change_nothing() {
    same_after("duplicated lines", &|bundle| {
        copy(bundle, &|_, target, bytes| {
            let Some(text) = text(bytes) else {
                return fs::write(target, bytes).unwrap();
            };
            let stamped = text.lines().filter(|l| l.starts_with("20")).count();
            let plain = is_log(target) && stamped == text.lines().count();
            let twice: String = text
                .split_inclusive('\n')
                .map(|l| if plain { l.repeat(2) } else { l.to_string() })
                .collect();
            fs::write(target, twice).unwrap();
        })
    });
}

#[test]
fn logs_of_a_healthy_cluster_beside_it_change_nothing() {
    let Some(healthy) = folders(&root().join("healthy")).into_iter().next() else {
        return;
    };
    for bundle in incidents() {
        let before = causes(&diagnose(std::slice::from_ref(&bundle)));
        let after = causes(&diagnose(&[bundle.clone(), healthy.clone()]));
        assert_eq!(after.first(), before.first(), "{}", bundle.display());
    }
}

#[test]
fn without_its_proving_lines_a_finding_is_gone() {
    for bundle in incidents() {
        let d = diagnose(std::slice::from_ref(&bundle));
        let Some(first) = d.findings.first() else { continue };
        assert!(
            !stands_without_lines(&bundle, &first.rule, 8),
            "{}: {}",
            bundle.display(),
            first.rule
        );
    }
}

/// Whether a finding is still there after the lines that it shows are gone, and those it shows then, and so on. What is
/// proved by figures (GC pauses, iostat) has no literals to strip.
fn stands_without_lines(bundle: &Path, rule: &str, rounds: usize) -> bool {
    let d = diagnose(&[bundle.to_path_buf()]);
    let Some(finding) = d.findings.iter().find(|f| f.rule == rule) else {
        return false;
    };
    if rounds == 0 {
        return true;
    }
    if finding.evidence.iter().any(|e| e.mark.is_none()) {
        return false;
    }
    let marks: Vec<String> = finding
        .evidence
        .iter()
        .filter_map(|e| e.mark.map(|(a, b)| e.text[a..b].to_string()))
        .collect();
    let stripped = copy(bundle, &|_, target, bytes| {
        let Some(text) = text(bytes) else {
            return fs::write(target, bytes).unwrap();
        };
        let kept: String = text
            .split_inclusive('\n')
            .filter(|l| !marks.iter().any(|m| l.contains(m)))
            .collect();
        fs::write(target, kept).unwrap();
    });
    stands_without_lines(stripped.path(), rule, rounds - 1)
}

#[test]
fn without_the_gc_log_gc_is_not_checked_instead_of_ruled_out() {
    let mut tried = 0;
    for bundle in incidents() {
        let d = diagnose(std::slice::from_ref(&bundle));
        let Some(first) = d.findings.first() else { continue };
        if !first.ruled_out.iter().any(|r| r.cause == "gc-long-pause") {
            continue;
        }
        // Inside an archive it stays.
        if !files(&bundle).iter().any(|f| f.to_string_lossy().contains("gc")) {
            continue;
        }
        tried += 1;
        let without = copy(&bundle, &|below, target, bytes| {
            if !below.to_string_lossy().contains("gc") {
                fs::write(target, bytes).unwrap();
            }
        });
        let after = diagnose(&[without.path().to_path_buf()]);
        let first = after.findings.first().unwrap();
        assert!(
            !first.ruled_out.iter().any(|r| r.cause == "gc-long-pause"),
            "{}",
            bundle.display()
        );
        assert!(
            first.not_checked.iter().any(|n| n.cause == "gc-long-pause"),
            "{}",
            bundle.display()
        );
    }
    assert!(tried > 0, "no incident rules GC out");
}

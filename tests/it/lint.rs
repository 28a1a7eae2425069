//! Bundles of configuration under `samples/lint/`, read by all formats and checked by lint.

use rmqdoc::format::formats;
use rmqdoc::lint::lint;
use rmqdoc::model::{Event, SourceId, SourceInfo, Text};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// All files below a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            out.extend(files(&path));
        } else if path.file_name().is_some_and(|name| name != "expect.txt") {
            out.push(path);
        }
    }
    out.sort();
    out
}

/// What lint says of a bundle with one folder per host.
fn findings(folder: &Path) -> String {
    let mut events: Vec<Event> = Vec::new();
    let mut sources: Vec<SourceInfo> = Vec::new();
    for path in files(folder) {
        let body = std::fs::read_to_string(&path).unwrap();
        let shown = path.strip_prefix(folder).unwrap().display().to_string();
        let text = Text::new(SourceId(u32::try_from(sources.len()).unwrap()), &shown, &body);
        for format in formats().filter(|format| (format.score)(&text) > 0) {
            (format.parse)(&text, &mut events);
        }
        sources.push(SourceInfo {
            host: shown.split('/').next().unwrap().to_owned(),
            path: shown,
            role: None,
            format: "",
            log: None,
            bytes: body.len() as u64,
            lines: body.lines().count() as u64,
            skipped: None,
        });
    }
    let mut found = lint(&events, &sources);
    found.sort_by_key(|event| (event.span.source, event.span.line));
    let mut out = String::new();
    for event in found {
        let field = |name: &str| event.fields.get(name).map(|value| value.to_text()).unwrap_or_default();
        let path = &sources[event.span.source.0 as usize].path;
        let _ = write!(
            out,
            "{path}:{} {} {}",
            event.span.line,
            field("severity"),
            field("check")
        );
        let _ = write!(out, " {}={}", field("key"), field("value").trim_end());
        if !field("suggestion").is_empty() {
            let _ = write!(out, " → {}", field("suggestion"));
        }
        out.push('\n');
    }
    out
}

#[test]
fn bundles_give_what_is_expected() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/lint");
    for name in ["2m-2s-messy", "2m-2s-sound"] {
        let folder = root.join(name);
        let found = findings(&folder);
        let expect = folder.join("expect.txt");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&expect, &found).unwrap();
        }
        assert_eq!(found, std::fs::read_to_string(&expect).unwrap_or_default(), "{name}");
    }
    let sound = findings(&root.join("2m-2s-sound"));
    assert!(!sound.contains(" error ") && !sound.contains(" warning "), "{sound}");
}

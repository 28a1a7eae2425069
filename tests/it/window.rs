//! `--since`, `--until`: of a big log only what is asked for is read, and what is found there can be found by people.
//!
//! `RMQDOC_SLOW=1` takes a file of 1 GiB.

use crate::support::program::{Measured, measured, rmqdoc};
use std::fs::{self, File};
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use tempfile::TempDir;

/// The most that may be read of it for one minute.
const MOST_READ_BYTES: u64 = 8 << 20;

fn size() -> u64 {
    match std::env::var_os("RMQDOC_SLOW") {
        Some(_) => 1 << 30,
        None => 160 << 20,
    }
}

/// A day's log of this size with one refused request at noon.
fn day(folder: &TempDir, size: u64) -> std::path::PathBuf {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/rules/acl-denied/fires/app.log");
    let trouble = fs::read_to_string(sample).unwrap();
    let stamp = &trouble[..19].to_owned();
    let trouble = trouble.replace(stamp, "2024-05-02 12:00:30");
    let path = folder.path().join("app.log");
    let mut to = BufWriter::new(File::create(&path).unwrap());
    let rest = "x".repeat(160);
    let per_second = size / 86_400 / (rest.len() as u64 + 55);
    for second in 0..86_400 {
        if second == 12 * 3600 + 30 {
            to.write_all(trouble.as_bytes()).unwrap();
        }
        for number in 0..per_second.max(1) {
            // Threads take turns badly: every other stamp is of the second before.
            let at = second - number % 2 * second.min(1);
            let (hour, minute, second) = (at / 3600, at / 60 % 60, at % 60);
            writeln!(
                to,
                "2024-05-02 {hour:02}:{minute:02}:{second:02}.000 INFO 1 --- [main] c.e.Order : sent {rest}"
            )
            .unwrap();
        }
    }
    to.flush().unwrap();
    path
}

fn analyse(path: &Path, more: &[&str]) -> Measured {
    let mut command = rmqdoc(&["analyze", "--threads", "2", "--format", "json"]);
    command.args(more).arg(path);
    measured(command, |_| {})
}

/// Where the proof stands, as a user would look it up: byte to count from, line, text.
fn proof(report: &str) -> (u64, usize, String) {
    let report: serde_json::Value = serde_json::from_str(report).unwrap();
    let proof = &report["findings"][0]["evidence"][0];
    let line = usize::try_from(proof["line"].as_u64().unwrap()).unwrap();
    let text = proof["text"].as_str().unwrap().to_owned();
    (proof["from_byte"].as_u64().unwrap_or(0), line, text)
}

fn line_of(path: &Path, from_byte: u64, line: usize) -> String {
    let mut file = File::open(path).unwrap();
    file.seek(SeekFrom::Start(from_byte)).unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    text.lines().nth(line - 1).unwrap().to_owned()
}

#[test]
fn one_minute_of_a_day_reads_little() {
    let folder = tempfile::tempdir().unwrap();
    let path = day(&folder, size());
    let bytes = path.metadata().unwrap().len();
    let minute = ["--since", "2024-05-02 12:00", "--until", "2024-05-02 12:01"];
    let narrow = analyse(&path, &minute);
    let read = narrow.read_bytes.unwrap_or(0);
    assert!(read < MOST_READ_BYTES, "read {read} bytes of {bytes}");
    assert_eq!(narrow.run.code, Some(1), "{}", narrow.run.stderr);
    let (from_byte, line, text) = proof(&narrow.run.stdout);
    assert!(from_byte > bytes / 3, "{from_byte}");
    assert_eq!(line_of(&path, from_byte, line), text);
    let shown = measured(
        {
            let mut command = rmqdoc(&["analyze"]);
            command.args(minute).arg(&path);
            command
        },
        |_| {},
    );
    let place = format!("app.log@{from_byte}:{line}");
    assert!(shown.run.stdout.contains(&place), "{place}\n{}", shown.run.stdout);
    // Before and after it nothing happened, and a window outside the log is as cheap.
    for (since, until) in [("11:00", "11:01"), ("13:00", "13:01")] {
        let (since, until) = (format!("2024-05-02 {since}"), format!("2024-05-02 {until}"));
        assert_eq!(
            analyse(&path, &["--since", &since, "--until", &until]).run.code,
            Some(0)
        );
    }
    let outside = analyse(&path, &["--since", "2024-05-04 00:00"]);
    assert_eq!(outside.run.code, Some(0), "{}", outside.run.stderr);
    assert!(outside.read_bytes.unwrap_or(0) < MOST_READ_BYTES);
}

#[test]
fn a_log_put_together_is_read_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = day(&folder, 80 << 20);
    // Yesterday's log behind today's: the stamps jump back.
    let text = fs::read(&path).unwrap();
    let yesterday = String::from_utf8(text.clone())
        .unwrap()
        .replace("2024-05-02", "2024-05-01");
    fs::write(&path, [text, yesterday.into_bytes()].concat()).unwrap();
    let minute = ["--since", "2024-05-01 12:00", "--until", "2024-05-01 12:01"];
    let narrow = analyse(&path, &minute);
    assert_eq!(narrow.run.code, Some(1), "{}", narrow.run.stderr);
    let (from_byte, line, text) = proof(&narrow.run.stdout);
    assert_eq!((from_byte, line_of(&path, 0, line)), (0, text));
}

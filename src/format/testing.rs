//! Checks that every format shares: samples with their expected events, and random and damaged input.
//!
//! `samples/formats/<format>/<file>` stands beside `<file>.expect`, one event a line:
//!
//! ```text
//! 7 disk.sample at=2026-11-24T18:27:44 device=vda util_pct=3.69
//! 3-5 mem.sample total_mb=24105
//! ```
//!
//! A stamp without a zone ends bare, one with a known offset in `Z`, one in RocketMQ's GMT+8 in `[gmt8]`; time since
//! the start is `+1.5s`. `UPDATE=1 cargo test` writes the files anew.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::format::{Format, pieces};
use crate::model::{Event, Moment, SourceId, Text, Value, Zone, kind};

/// Compares the events of all samples of a format with what their `.expect` files list.
pub(crate) fn check_samples(format: &Format) {
    let samples = samples(format);
    assert!(samples.len() >= 2, "{}: at least two samples are wanted", format.name);
    let mut told = false;
    for path in samples {
        let events = events_of(format, &path, &body(&path));
        let found: String = events.iter().map(show).collect();
        let expect = PathBuf::from(format!("{}.expect", path.display()));
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&expect, &found).expect("samples are writable");
        }
        let wanted = fs::read_to_string(&expect).unwrap_or_default();
        told |= !found.is_empty();
        for (n, (found, wanted)) in found.lines().zip(wanted.lines()).enumerate() {
            assert_eq!(found, wanted, "{}:{}", expect.display(), n + 1);
        }
        assert_eq!(
            found.lines().count(),
            wanted.lines().count(),
            "{}: number of events",
            expect.display()
        );
    }
    assert!(told, "{}: no sample gives an event", format.name);
}

/// Runs a format over random text and over damaged samples; any panic fails.
pub(crate) fn never_panics(format: &Format) {
    let bodies: Vec<String> = samples(format).iter().map(|path| body(path)).collect();
    let mut runner = TestRunner::new(Config {
        cases: 64,
        failure_persistence: None,
        ..Config::default()
    });
    let damaged = (
        proptest::sample::select(bodies),
        any::<(u16, u16, u16)>(),
        "[ -~\n\t:年月日时，：µ%/=]{0,12}",
    );
    runner
        .run(&damaged, |(body, places, insert)| {
            run(format, &damage(&body, places, &insert));
            Ok(())
        })
        .expect("a damaged sample must not panic");
    runner
        .run(&"(?s).{0,400}", |text| {
            run(format, &text);
            Ok(())
        })
        .expect("random text must not panic");
}

/// Reads all samples of a format in pieces of at least so many bytes; the events must be those of the whole text.
pub(crate) fn pieces_tell_the_same(format: &'static Format, bytes: usize) {
    for path in samples(format) {
        let body = body(&path);
        let name = path.display().to_string();
        let mut events: Vec<Event> = Vec::new();
        let mut reader = pieces::reader(format, &name);
        let (mut from, mut to, mut line) = (0, 0, 1);
        for part in body.split_inclusive('\n') {
            to += part.len();
            let cut = pieces::cut(format)
                .place(&body[from..to])
                .filter(|_| to - from >= bytes);
            if let Some(cut) = cut.map(|cut| from + cut) {
                let piece = &body[from..cut];
                reader.piece(&Text::starting_at(SourceId(0), &name, piece, line), &mut events);
                line += piece.matches('\n').count() as u32;
                from = cut;
            }
        }
        reader.piece(&Text::starting_at(SourceId(0), &name, &body[from..], line), &mut events);
        reader.finish(&mut events);
        let mut whole = events_of(format, &path, &body);
        for list in [&mut events, &mut whole] {
            // Which collector wrote a log may show only later.
            let collectors = list.iter_mut().filter(|e| e.fields.get("collector").is_some());
            collectors.for_each(|e| e.fields.set("collector", ""));
            list.sort_by(|a, b| (&a.kind, a.span).cmp(&(&b.kind, b.span)));
        }
        for (piece, whole) in events.iter().zip(&whole) {
            assert_eq!(piece, whole, "{name}");
        }
        assert_eq!(events.len(), whole.len(), "{name}");
    }
}

fn run(format: &Format, body: &str) {
    let text = Text::new(SourceId(0), "console.txt", body);
    let mut events: Vec<Event> = Vec::new();
    (format.score)(&text);
    (format.parse)(&text, &mut events);
}

/// Cuts a piece out of a text, puts it elsewhere and writes something between.
fn damage(body: &str, (a, b, c): (u16, u16, u16), insert: &str) -> String {
    let chars: Vec<char> = body.chars().collect();
    let place = |n: u16| usize::from(n) * chars.len() / 65536;
    let (from, to) = (place(a.min(b)), place(a.max(b)));
    let mut left: Vec<char> = chars[..from].to_vec();
    left.extend(&chars[to..]);
    let at = place(c).min(left.len());
    let moved = if c % 2 == 0 { &chars[from..to] } else { &[] };
    left.splice(at..at, insert.chars().chain(moved.iter().copied()));
    left.into_iter().collect()
}

fn samples(format: &Format) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("samples/formats")
        .join(format.name);
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|err| panic!("{}: {err}", folder.display()))
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.is_file() && path.extension().is_none_or(|ext| ext != "expect"))
        .collect();
    paths.sort();
    paths
}

fn body(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).expect("a readable sample")).into_owned()
}

fn events_of(format: &Format, path: &Path, body: &str) -> Vec<Event> {
    let name = path.display().to_string();
    let text = Text::new(SourceId(0), &name, body);
    assert!(
        (format.score)(&text) > 0,
        "{name}: the format does not claim its own sample"
    );
    let mut events = Vec::new();
    (format.parse)(&text, &mut events);
    for event in &events {
        let known = kind::kind(&event.kind).unwrap_or_else(|| panic!("{name}: kind {} is not listed", event.kind));
        for (field, _) in event.fields.iter() {
            assert!(
                known.fields.contains(&field),
                "{name}: {} has no field {field}",
                known.name
            );
        }
    }
    events
}

fn show(event: &Event) -> String {
    let mut line = if event.span.end == event.span.line {
        event.span.line.to_string()
    } else {
        format!("{}-{}", event.span.line, event.span.end)
    };
    let _ = write!(line, " {}", event.kind);
    if let Some(at) = event.at {
        let _ = write!(line, " at={}", show_moment(at));
    }
    for (name, value) in event.fields.iter() {
        let text = value.to_text();
        let quoted = matches!(value, Value::Str(_)) && (text.is_empty() || text.contains([' ', '"', '\t']));
        let _ = if quoted {
            write!(line, " {name}={text:?}")
        } else {
            write!(line, " {name}={text}")
        };
    }
    line.push('\n');
    line
}

fn show_moment(at: Moment) -> String {
    if at.zone == Zone::Uptime {
        return format!("+{}s", at.ms as f64 / 1000.0);
    }
    let stamp = jiff::Timestamp::from_millisecond(at.ms).expect("a stamp of a sample");
    let civil = jiff::tz::TimeZone::UTC.to_datetime(stamp);
    let mark = match at.zone {
        Zone::Written => "Z",
        Zone::Gmt8 => "[gmt8]",
        _ => "",
    };
    format!("{civil}{mark}")
}

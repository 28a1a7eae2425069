//! Formats, the reader of GC logs, lint.

use super::random::Random;
use super::{Corpus, hunt, mutate};
use rmqdoc::format::gc::GcReader;
use rmqdoc::format::gc::report;
use rmqdoc::format::{Format, admin, conf, gc, host, jvm};
use rmqdoc::lint::lint;
use rmqdoc::model::{Event, SourceId, SourceInfo, Text};

/// Cases are made of the samples of some formats and read by all of these.
fn read_by(name: &str, formats: &'static [Format]) {
    let folders: Vec<String> = formats
        .iter()
        .map(|format| format!("samples/formats/{}", format.name))
        .collect();
    let corpus = Corpus::new(&folders.iter().map(String::as_str).collect::<Vec<_>>());
    hunt(
        name,
        |random| mutate::case(&corpus, random),
        |bytes, random| {
            let body = String::from_utf8_lossy(bytes);
            let text = Text::new(SourceId(0), path(random), &body);
            for format in formats {
                let mut events: Vec<Event> = Vec::new();
                let score = (format.score)(&text);
                assert!(score <= 100, "{} is {score} % sure", format.name);
                (format.parse)(&text, &mut events);
                check(format, &events, text.lines().len());
            }
        },
    );
}

/// Names that readers take hints from.
fn path(random: &mut Random) -> &'static str {
    const PATHS: &[&str] = &[
        "",
        "x.txt",
        "a/broker.conf",
        "gc.log.0.current",
        "rmq-proxy.json",
        "plain_acl.yml",
        "mq-1/top.txt",
    ];
    PATHS[random.below(PATHS.len())]
}

fn check(format: &Format, events: &[Event], lines: usize) {
    for event in events {
        let last = event.span.end as usize;
        assert!(
            event.span.line >= 1 && event.span.line <= event.span.end,
            "{}: lines out of order",
            format.name
        );
        assert!(last <= lines.max(1), "{}: an event behind the last line", format.name);
    }
}

#[test]
fn formats_gc() {
    const FORMATS: &[Format] = &[gc::FORMAT];
    read_by("formats_gc", FORMATS);
}

#[test]
fn formats_host() {
    read_by("formats_host", host::HOST_FORMATS);
}

#[test]
fn formats_jvm() {
    read_by("formats_jvm", jvm::JVM_FORMATS);
}

#[test]
fn formats_conf() {
    read_by("formats_conf", conf::CONF_FORMATS);
}

#[test]
fn formats_admin() {
    read_by("formats_admin", admin::ADMIN_FORMATS);
}

#[test]
fn gc_reader() {
    let corpus = Corpus::new(&["samples/formats/gc"]);
    hunt(
        "gc_reader",
        |random| mutate::case(&corpus, random),
        |bytes, random| {
            let mut reader = GcReader::new("gc.log");
            let mut left = bytes;
            while !left.is_empty() {
                let (piece, rest) = left.split_at(1 + random.below(left.len().min(4096)));
                reader.feed(piece);
                left = rest;
            }
            let logs = [reader.finish()];
            let style = report::Style {
                lang: Default::default(),
                ascii: random.one_in(2),
            };
            report::text(&logs, style);
            report::json(&logs);
        },
    );
}

#[test]
fn lint_of_configurations() {
    let corpus = Corpus::new(&[
        "samples/lint",
        "samples/formats/rocketmq-conf",
        "samples/formats/jvm-flags",
    ]);
    hunt(
        "lint_of_configurations",
        |random| mutate::case(&corpus, random),
        |bytes, random| {
            let body = String::from_utf8_lossy(bytes);
            let mut facts: Vec<Event> = Vec::new();
            let mut sources = Vec::new();
            // The same text as two files, so that checks between files have something to compare.
            for (number, path) in ["broker-a/conf/broker.conf", path(random)].into_iter().enumerate() {
                let text = Text::new(SourceId(number as u32), path, &body);
                for format in conf::CONF_FORMATS
                    .iter()
                    .chain(jvm::JVM_FORMATS)
                    .chain(host::HOST_FORMATS)
                {
                    if (format.score)(&text) > 0 {
                        (format.parse)(&text, &mut facts);
                    }
                }
                sources.push(SourceInfo {
                    path: path.to_owned(),
                    host: format!("mq-{number}"),
                    role: None,
                    format: "rocketmq-conf",
                    log: None,
                    bytes: bytes.len() as u64,
                    lines: 1,
                    skipped: None,
                });
            }
            // As many as the engine keeps of one source.
            facts.truncate(12_000);
            lint(&facts, &sources);
        },
    );
}

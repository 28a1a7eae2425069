//! Command lines: what the shell makes of them.

use super::facts::{Entry, Facts};
use super::hit::{Hit, Hits};

pub(super) fn check(facts: &Facts<'_>, hits: &mut Hits) {
    for file in facts.of_class("shell") {
        for entry in &file.entries {
            match entry.key {
                "cut-off" => cut_off(entry, hits),
                "mkdir" => made(entry, hits),
                _ => {}
            }
        }
    }
}

/// `-n a:9876;b:9876`: the shell ends the command at `;` and runs `b:9876` as the next one.
fn cut_off(entry: &Entry<'_>, hits: &mut Hits) {
    if !is_address(entry.raw.split_whitespace().next().unwrap_or("")) {
        return;
    }
    let text = entry.event.text.trim();
    let quoted = text
        .split_whitespace()
        .find(|word| word.contains(';'))
        .map(|word| match word.split_once('=') {
            Some((name, value)) => format!("{name}=\"{value}\""),
            None => format!("\"{word}\""),
        });
    hits.add(Hit::new("shell-semicolon-unquoted", entry.event).suggestion(quoted.unwrap_or_default()));
}

fn is_address(word: &str) -> bool {
    word.rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

/// Folders of the store that RocketMQ makes itself, below its root or beside it by a slip.
fn made(entry: &Entry<'_>, hits: &mut Hits) {
    const OWN: [&str; 5] = ["commitlog", "consumequeue", "index", "config", "abort"];
    let path = entry.raw.trim_end_matches('/');
    if let Some(at) = glued_at(path) {
        hits.add(Hit::new("mkdir-glued-path", entry.event).suggestion(format!("{}/{}", &path[..at], &path[at..])));
        return;
    }
    let top = path.strip_prefix('/').unwrap_or("");
    if OWN.contains(&top) || top == "store" {
        hits.add(Hit::new("mkdir-at-root", entry.event).suggestion(format!("storePathRootDir/{top}")));
    } else if path.ends_with("/abort") || path.ends_with("/checkpoint") {
        hits.add(Hit::new("mkdir-for-a-file", entry.event));
    }
}

/// Where `rocketmq-4.9.2store` lacks its slash.
fn glued_at(path: &str) -> Option<usize> {
    const PARTS: [&str; 5] = ["store", "commitlog", "consumequeue", "index", "logs"];
    PARTS.iter().find_map(|part| {
        let at = path
            .find(&format!("{part}/"))
            .or_else(|| path.ends_with(part).then(|| path.len() - part.len()))?;
        let before = path[..at].rsplit('/').next()?;
        let version = before.ends_with(|c: char| c.is_ascii_digit()) && before.contains("rocketmq");
        let word = before.ends_with("store") && *part != "store";
        (version || word).then_some(at)
    })
}

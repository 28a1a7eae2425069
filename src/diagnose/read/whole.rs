//! A source that is read whole: every format may find something in it, and what is left may be a log.

use super::gather::Gather;
use super::part::LogPart;
use super::{ALL_MINE, Read, Reading, info};
use crate::format::formats;
use crate::format::log::template::Templates;
use crate::format::log::{Scan, which, which_log};
use crate::input::{Source, Whole};
use crate::model::{Event, LogKind, Role, SourceId, Text};

/// Text up to this size is also read across broken lines: it may be a paste.
const FOLD_MAX: usize = 2 << 20;

pub(super) fn read_whole(reading: Reading<'_>, source: &Source, id: SourceId, host: &str, whole: &Whole) -> Read {
    let body = whole.text.as_str();
    let text = Text::new(id, &source.path, body);
    let mut events: Vec<Event> = Vec::new();
    let mut best: (u8, &'static str) = (0, "");
    for format in formats() {
        let score = (format.score)(&text);
        if score > 0 {
            (format.parse)(&text, &mut events);
            if score > best.0 {
                best = (score, format.name);
            }
        }
    }
    let log = which_log(&source.path, head_of(body));
    let readable = body.trim().is_empty() || is_text(body);
    // A file that one format claims whole is no log, unless it is small enough to be a paste of several things.
    let is_log = readable && (best.0 < ALL_MINE || log != LogKind::App || body.len() <= FOLD_MAX);
    let known = best.0 >= 50 && (log == LogKind::App || best.0 >= ALL_MINE);
    let mut info = info(
        source,
        host,
        if known {
            best.1
        } else if readable {
            "log"
        } else {
            "unknown"
        },
    );
    info.role = which::role_of(log).or_else(|| role_of_events(&events));
    info.log = is_log.then_some(log);
    info.bytes = whole.outcome.bytes.max(body.len() as u64);
    info.lines = whole.outcome.lines.max(text.lines().len() as u64);
    let mut gather = Gather::new(reading);
    for event in &events {
        gather.event(event, &info);
    }
    let mut templates = Templates::default();
    if is_log {
        let scan = Scan {
            source: id,
            automaton: reading.automaton,
            placed: reading.placed,
            server: which::is_server(log),
            fold: body.len() <= FOLD_MAX,
            sieve: reading.sieves.of(log),
        };
        let mut part = LogPart::new(&mut gather, &info, id, log);
        if scan.sieve.is_none() {
            part.text(body);
        }
        let stats = scan.run(body, 0..body.len(), 1, &mut part);
        part.finish();
        gather.note(stats.first);
        gather.note(stats.last);
        if events.is_empty() && stats.stamped == 0 && gather.matcher.tallies.is_empty() && log == LogKind::App {
            info.format = "unknown";
        }
        templates = stats.templates;
    }
    gather.seen(id, &info, text.lines().first().unwrap_or(&""));
    Read {
        info,
        tallies: gather.matcher.tallies,
        facts: gather.facts,
        measured: gather.collector.finish(id.0),
        ends: gather.ends,
        templates,
        problems: whole.outcome.problems.clone(),
    }
}

/// What tells the kind of a log.
pub(super) fn head_of(body: &str) -> &str {
    let mut at = body.len().min(256 * 1024);
    while !body.is_char_boundary(at) {
        at -= 1;
    }
    &body[..at]
}

/// Whether most of the head is text.
fn is_text(body: &str) -> bool {
    let head = head_of(body);
    let bad = head
        .chars()
        .filter(|c| c.is_control() && !c.is_whitespace() || *c == '\u{FFFD}')
        .count();
    bad * 4 <= head.chars().count()
}

/// The role that configurations and processes tell.
pub(super) fn role_of_events(events: &[Event]) -> Option<Role> {
    events
        .iter()
        .find_map(|e| match e.fields.str("process").or(e.fields.str("class")) {
            Some("broker") => Some(Role::Broker),
            Some("namesrv") => Some(Role::Namesrv),
            Some("proxy") => Some(Role::Proxy),
            Some("controller") => Some(Role::Controller),
            Some("client") => Some(Role::Client),
            _ => None,
        })
}

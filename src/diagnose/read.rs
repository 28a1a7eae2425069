//! First half of a run: every source is read once or twice, events are gathered and literals counted.

use crate::derive::clocks::Ends;
use crate::format::log::template::Templates;
use crate::format::log::{Scan, which_log};
use crate::format::{formats, log::which};
use crate::model::{Event, LogKind, Role, SourceId, SourceInfo, Text};
use crate::rule::matcher::Ports;
use crate::rule::tally::Tally;
use crate::rule::{Matcher, RuleBook};
use std::collections::HashMap;

/// Text sources up to this size are also read across broken lines.
const FOLD_MAX: usize = 2 << 20;
/// A text of which less than this share is bytes of text is called binary.
const BINARY_SHARE: f64 = 0.3;

/// Kinds of events that are facts about the cluster: few, needed as a whole by lint and derivers.
const FACTS: &[&str] = &[
    "conf.key",
    "jvm.flag",
    "sysctl",
    "limit",
    "hosts",
    "env",
    "mem.sample",
    "disk.usage",
    "version",
    "rmq.start",
    "admin.progress.summary",
    "admin.progress",
    "admin.connection",
    "admin.subscription",
    "rmq.gap",
    "gc.stopped",
    "gc.pause",
    "cpu.sample",
];
/// Most facts kept of one source and kind.
const FACTS_MAX: usize = 4000;

/// What reading one source gives.
#[derive(Debug)]
pub(super) struct Read {
    /// The source, with format, log, role and counts filled in.
    pub(super) info: SourceInfo,
    /// Events of formats, in order.
    pub(super) tallies: HashMap<(u32, u32), Tally>,
    /// Events that lint and derivers need whole.
    pub(super) facts: Vec<Event>,
    /// First and last stamps.
    pub(super) ends: Ends,
    /// Shapes of WARN and ERROR records.
    pub(super) templates: Templates,
}

/// What is learnt before any log is scanned.
#[derive(Debug)]
pub(super) struct Structured {
    pub(super) info: SourceInfo,
    pub(super) events: Vec<Event>,
    pub(super) is_log: bool,
}

/// Tries every format on a decoded source, and tells whether it is (also) a text log.
pub(super) fn structured(id: SourceId, path: &str, host: &str, body: &str) -> Structured {
    let text = Text::new(id, path, body);
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
    let log = which_log(path, &body[..floor(body, 256 * 1024)]);
    let readable = body.is_empty() || printable(body.as_bytes()) > BINARY_SHARE;
    // A file that one format claims whole needs no search for log messages, unless it is a paste.
    let is_log = readable && (best.0 < 90 || log != LogKind::App || body.len() <= FOLD_MAX);
    let role = which::role_of(log).or_else(|| role_of_events(&events));
    let info = SourceInfo {
        path: path.to_string(),
        host: host.to_string(),
        role,
        format: if best.0 >= 50 {
            best.1
        } else if readable {
            "log"
        } else {
            "unknown"
        },
        log: is_log.then_some(log),
        bytes: body.len() as u64,
        lines: text.lines().len() as u64,
    };
    Structured { info, events, is_log }
}

fn floor(body: &str, mut at: usize) -> usize {
    at = at.min(body.len());
    while !body.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn printable(bytes: &[u8]) -> f64 {
    let head = &bytes[..bytes.len().min(64 * 1024)];
    let good = head
        .iter()
        .filter(|b| b.is_ascii_graphic() || matches!(b, b' ' | b'\n' | b'\t' | b'\r') || **b >= 0xC0)
        .count();
    good as f64 / head.len().max(1) as f64
}

fn role_of_events(events: &[Event]) -> Option<Role> {
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

/// Scans a source for the literals of rules and counts its events.
pub(super) fn scan(book: &RuleBook, ports: &Ports, found: Structured, id: SourceId, body: &str) -> Read {
    let Structured {
        mut info,
        events,
        is_log,
    } = found;
    let mut matcher = Matcher::new(book, ports);
    let mut ends = Ends::new();
    let mut note = |at: Option<crate::model::Moment>| {
        if let Some(at) = at {
            let slot = ends.entry(at.zone).or_insert((at.ms, at.ms));
            *slot = (slot.0.min(at.ms), slot.1.max(at.ms));
        }
    };
    let mut facts = Vec::new();
    let mut kept: HashMap<&str, usize> = HashMap::new();
    for event in &events {
        matcher.event(event, &info);
        note(event.at);
        if let Some(kind) = FACTS.iter().find(|k| **k == &*event.kind) {
            let count = kept.entry(kind).or_default();
            *count += 1;
            if *count <= FACTS_MAX {
                facts.push(event.clone());
            }
        }
    }
    let mut templates = Templates::default();
    if is_log {
        let server = info.log.is_some_and(which::is_server);
        let fold = body.len() <= FOLD_MAX;
        let scan = Scan {
            source: id,
            automaton: &book.automaton,
            server,
            fold,
        };
        let stats = scan.run(body.as_bytes(), 1, &mut |record| {
            note(record.at);
            matcher.record(record, &info);
        });
        note(stats.first);
        note(stats.last);
        templates = stats.templates;
    }
    let mut seen = Event::new(
        "source",
        crate::model::Span::line(id, 1),
        body.lines().next().unwrap_or(""),
    );
    seen.fields.set("format", info.format);
    seen.fields
        .set("log", info.log.map_or("", crate::rule::compile::log_name));
    seen.fields
        .set("role", info.role.map_or("", crate::rule::compile::role_name));
    seen.fields.set("host", info.host.as_str());
    seen.fields.set("file", info.path.as_str());
    seen.fields.set("lines", info.lines as f64);
    matcher.event(&seen, &info);
    if !is_log && info.format == "log" {
        info.format = "unknown";
    }
    Read {
        info,
        tallies: matcher.tallies,
        facts,
        ends,
        templates,
    }
}

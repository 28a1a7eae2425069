//! `Matcher`: rules at work while the scan runs. Takes records and events, keeps bounded tallies.

use super::compile::{Origin, RuleBook, Signal, log_bit, log_name, role_name};
use super::expr::{Env, Val};
use super::tally::Tally;
use crate::model::{Event, Fields, LogKind, LogRecord, SourceInfo, Span, Value};
use std::collections::HashMap;

/// Ports named by configurations in the bundle, so that a neighbour of any `listenPort` is known for what it is.
#[derive(Debug, Clone, Default)]
pub struct Ports {
    /// `listenPort` values read.
    pub listen: Vec<u32>,
    /// Name server ports read.
    pub namesrv: Vec<u32>,
}

impl Ports {
    /// Both.
    pub fn join(mut self, other: Ports) -> Ports {
        self.listen.extend(other.listen);
        self.namesrv.extend(other.namesrv);
        self
    }

    /// What a port is for.
    pub fn kind(&self, port: u32) -> &'static str {
        if self.namesrv.contains(&port) || port == 9876 {
            "namesrv"
        } else if self.listen.contains(&port) || port == 10911 {
            "broker"
        } else if self.listen.contains(&(port + 2)) || port == 10909 {
            "vip"
        } else if self.listen.contains(&(port.saturating_sub(1))) || port == 10912 {
            "ha"
        } else if matches!(port, 8080 | 8081) {
            "proxy"
        } else {
            match (port >= 10_000, port % 100, port % 10) {
                (_, 76, _) => "namesrv",
                (true, 11..=91, 1) => "broker",
                (true, 9..=89, 9) => "vip",
                (true, 12..=92, 2) => "ha",
                _ => "other",
            }
        }
    }
}

/// The tallies of one scan, or of a part of it.
#[derive(Debug)]
pub struct Matcher<'r> {
    book: &'r RuleBook,
    ports: &'r Ports,
    /// By watch and source.
    pub tallies: HashMap<(u32, u32), Tally>,
}

/// What the names of a condition mean for one event.
#[derive(Debug)]
pub struct EventEnv<'a> {
    /// Fields of the event.
    pub fields: &'a Fields,
    /// The source it stands in.
    pub source: &'a SourceInfo,
    /// For `port_kind`.
    pub ports: &'a Ports,
}

impl Env for EventEnv<'_> {
    fn name(&self, name: &str) -> Option<Val<'_>> {
        if let Some(value) = self.fields.get(name) {
            return Some(Val::from(value));
        }
        let text = match name {
            "host" => self.source.host.as_str(),
            "role" => self.source.role.map_or("", role_name),
            "file" => self.source.path.as_str(),
            "format" => self.source.format,
            "log" => self.source.log.map_or("", log_name),
            _ => return None,
        };
        Some(Val::Str(text.into()))
    }
    fn aggregate(&self, _: &str, field: &str) -> Option<f64> {
        self.fields.num(field)
    }
    fn port_kind(&self, port: u32) -> &'static str {
        self.ports.kind(port)
    }
}

impl<'r> Matcher<'r> {
    /// Nothing seen yet.
    pub fn new(book: &'r RuleBook, ports: &'r Ports) -> Self {
        Self {
            book,
            ports,
            tallies: HashMap::new(),
        }
    }

    /// Counts an event of a format, deriver or lint.
    pub fn event(&mut self, event: &Event, source: &SourceInfo) {
        let Some(watches) = self.book.by_kind.get(&*event.kind) else {
            return;
        };
        self.count(watches, event, source);
    }

    fn count(&mut self, watches: &[usize], event: &Event, source: &SourceInfo) {
        let env = EventEnv {
            fields: &event.fields,
            source,
            ports: self.ports,
        };
        for &index in watches {
            let watch = &self.book.watches[index];
            if watch.condition.as_ref().is_none_or(|c| c.holds(&env)) {
                self.tallies
                    .entry((index as u32, event.span.source.0))
                    .or_default()
                    .add(event, &watch.wants);
            }
        }
    }

    /// Counts the signals of a record.
    pub fn record(&mut self, record: &LogRecord<'_>, source: &SourceInfo) {
        let mut seen: Vec<u32> = Vec::with_capacity(8);
        let log = source.log.map_or(0, log_bit);
        for &(literal, offset) in record.hits {
            for &signal in &self.book.literals.signals[literal as usize] {
                if seen.contains(&signal) {
                    continue;
                }
                let watches = &self.book.by_signal[signal as usize];
                let s = &self.book.signals[signal as usize];
                if watches.is_empty() || (s.logs != 0 && s.logs & log == 0 && !pasted(source)) {
                    seen.push(signal);
                    continue;
                }
                if let Some(event) = self.signal_event(s, record, source, offset, literal) {
                    seen.push(signal);
                    self.count(watches, &event, source);
                }
            }
        }
    }

    fn signal_event(
        &self,
        s: &Signal,
        record: &LogRecord<'_>,
        source: &SourceInfo,
        offset: u32,
        literal: u32,
    ) -> Option<Event> {
        let offset = offset as usize;
        let literal = self.book.literals.texts[literal as usize].as_str();
        let in_text = record.text.get(offset..).is_some_and(|t| t.starts_with(literal));
        let body = if in_text { record.text } else { record.folded? };
        let has =
            |l: &String| record.text.contains(l.as_str()) || record.folded.is_some_and(|f| f.contains(l.as_str()));
        if !s.all.iter().all(has) || s.not.iter().any(has) {
            return None;
        }
        let mut fields = Fields::new();
        if let Some(pattern) = &s.regex {
            let regex = pattern.regex()?;
            let captures = regex
                .captures(body)
                .or_else(|| record.folded.filter(|_| in_text).and_then(|f| regex.captures(f)))?;
            for name in regex.capture_names().flatten() {
                if let Some(m) = captures.name(name)
                    && !m.as_str().is_empty()
                {
                    fields.set(name, Value::Str(m.as_str().into()));
                }
            }
        }
        let (line_index, line) = if in_text {
            line_at(record.text, offset)
        } else {
            folded_line(record, literal)
        };
        fields.set("level", record.level.word());
        fields.set("thread", record.thread);
        fields.set("logger", record.logger);
        fields.set("line", crate::model::event::clip(line));
        if let Some(condition) = &s.condition
            && !condition.holds(&EventEnv {
                fields: &fields,
                source,
                ports: self.ports,
            })
        {
            return None;
        }
        let mut event = Event::new(&s.name, Span::line(record.source, record.line + line_index), line).at(record.at);
        event.record = record.line;
        event.fields = fields;
        Some(event)
    }

    /// Adds what a later part saw; `lines` is how many lines stand before that part in its source.
    pub fn absorb(&mut self, part: HashMap<(u32, u32), Tally>, lines: u32) {
        for (key, mut tally) in part {
            tally.shift_lines(lines);
            match self.tallies.entry(key) {
                std::collections::hash_map::Entry::Vacant(slot) => {
                    slot.insert(tally);
                }
                std::collections::hash_map::Entry::Occupied(mut slot) => slot.get_mut().merge(&tally),
            }
        }
    }

    /// Tallies of one watch, by source.
    pub fn of_watch(&self, watch: usize) -> impl Iterator<Item = (u32, &Tally)> {
        self.tallies
            .iter()
            .filter(move |((w, _), _)| *w as usize == watch)
            .map(|((_, s), t)| (*s, t))
    }

    /// Whether any event of this origin was counted.
    pub fn saw(&self, origin: &Origin) -> bool {
        self.tallies
            .keys()
            .any(|(w, _)| self.book.watches[*w as usize].origin == *origin)
    }
}

/// Pasted text may hold lines of any log, so `in` does not bind there.
fn pasted(source: &SourceInfo) -> bool {
    source.log == Some(LogKind::App)
}

/// Index (from 0) and text of the line of a record that holds this byte.
fn line_at(text: &str, offset: usize) -> (u32, &str) {
    let start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    let end = text[offset..].find('\n').map_or(text.len(), |at| offset + at);
    (
        text[..start].matches('\n').count() as u32,
        text[start..end].trim_end_matches('\r'),
    )
}

/// The line of a record in which a literal that is cut by line breaks begins.
fn folded_line<'a>(record: &LogRecord<'a>, literal: &str) -> (u32, &'a str) {
    let mut best = (0, record.text.lines().next().unwrap_or(""));
    let mut best_len = 0;
    for (index, line) in record.text.lines().enumerate() {
        let tail = line.trim_end();
        let shared = (1..=literal.len().min(tail.len()))
            .rev()
            .find(|n| literal.is_char_boundary(*n) && tail.ends_with(&literal[..*n]))
            .unwrap_or(0);
        if shared > best_len {
            (best, best_len) = ((index as u32, line), shared);
        }
    }
    best
}

//! `Occurrence`: one event as rules see it before anything of it is kept. Events of formats exist already; a message of a
//! log becomes an event only where a tally keeps it, for of a million equal lines a handful is kept.

use super::compile::{Signal, log_name, role_name};
use super::expr::{Env, Val};
use super::matcher::Ports;
use crate::model::event::clip;
use crate::model::{Event, Fields, LogRecord, Moment, SourceInfo, Span, Value};
use std::borrow::Cow;

/// Something that happened or was measured, for conditions and tallies.
pub trait Occurrence: Env {
    /// When, as its source says.
    fn at(&self) -> Option<Moment>;
    /// The number in a field.
    fn num(&self, field: &str) -> Option<f64>;
    /// A field as text.
    fn text(&self, field: &str) -> Option<Cow<'_, str>>;
    /// A field that is text.
    fn str(&self, field: &str) -> Option<&str>;
    /// All of it, to keep.
    fn event(&self) -> Event;
}

/// What the names of a condition mean in a source, beside fields.
fn of_source<'s>(source: &'s SourceInfo, name: &str) -> Option<&'s str> {
    Some(match name {
        "host" => source.host.as_str(),
        "role" => source.role.map_or("", role_name),
        "file" => source.path.as_str(),
        "format" => source.format,
        "log" => source.log.map_or("", log_name),
        _ => return None,
    })
}

/// An event of a format, deriver or lint.
#[derive(Debug)]
pub struct Told<'a> {
    /// The event.
    pub event: &'a Event,
    /// The source it stands in.
    pub source: &'a SourceInfo,
    /// For `port_kind`.
    pub ports: &'a Ports,
}

impl Env for Told<'_> {
    fn name(&self, name: &str) -> Option<Val<'_>> {
        match self.event.fields.get(name) {
            Some(value) => Some(Val::from(value)),
            None => of_source(self.source, name).map(|text| Val::Str(text.into())),
        }
    }
    fn aggregate(&self, _: &str, field: &str) -> Option<f64> {
        self.event.fields.num(field)
    }
    fn port_kind(&self, port: u32) -> &'static str {
        self.ports.kind(port)
    }
}

impl Occurrence for Told<'_> {
    fn at(&self) -> Option<Moment> {
        self.event.at
    }
    fn num(&self, field: &str) -> Option<f64> {
        self.event.fields.num(field)
    }
    fn text(&self, field: &str) -> Option<Cow<'_, str>> {
        Some(match self.event.fields.get(field)? {
            Value::Str(text) => Cow::Borrowed(text),
            number => Cow::Owned(number.to_text()),
        })
    }
    fn str(&self, field: &str) -> Option<&str> {
        self.event.fields.str(field)
    }
    fn event(&self) -> Event {
        self.event.clone()
    }
}

/// A message of a log that a signal names.
#[derive(Debug)]
pub struct Message<'a> {
    /// The signal.
    pub signal: &'a Signal,
    /// The record it stands in.
    pub record: &'a LogRecord<'a>,
    /// The source of the record.
    pub source: &'a SourceInfo,
    /// For `port_kind`.
    pub ports: &'a Ports,
    /// Named groups of the signal's pattern, those that hold something.
    pub groups: &'a [(&'a str, &'a str)],
    /// The line of the record that tells it, counted from 0, and its text.
    pub line: (u32, &'a str),
}

impl Message<'_> {
    fn field(&self, name: &str) -> Option<&str> {
        Some(match name {
            "level" => self.record.level.word(),
            "thread" => self.record.thread,
            "logger" => self.record.logger,
            "line" => clip(self.line.1),
            _ => {
                return self
                    .groups
                    .iter()
                    .find(|(group, _)| *group == name)
                    .map(|(_, text)| *text);
            }
        })
    }
}

impl Env for Message<'_> {
    fn name(&self, name: &str) -> Option<Val<'_>> {
        let text = self.field(name).or_else(|| of_source(self.source, name))?;
        Some(Val::Str(text.into()))
    }
    fn aggregate(&self, _: &str, field: &str) -> Option<f64> {
        self.num(field)
    }
    fn port_kind(&self, port: u32) -> &'static str {
        self.ports.kind(port)
    }
}

impl Occurrence for Message<'_> {
    fn at(&self) -> Option<Moment> {
        self.record.at
    }
    fn num(&self, field: &str) -> Option<f64> {
        self.field(field)?.trim().parse().ok()
    }
    fn text(&self, field: &str) -> Option<Cow<'_, str>> {
        self.field(field).map(Cow::Borrowed)
    }
    fn str(&self, field: &str) -> Option<&str> {
        self.field(field)
    }
    fn event(&self) -> Event {
        let mut fields = Fields::new();
        for (name, text) in self.groups {
            fields.set(name, *text);
        }
        for name in ["level", "thread", "logger", "line"] {
            fields.set(name, self.field(name).unwrap_or(""));
        }
        let (index, line) = self.line;
        let span = Span::line(self.record.source, self.record.line + index);
        let mut event = Event::new(&self.signal.name, span, line).at(self.record.at);
        event.record = self.record.line;
        event.fields = fields;
        event
    }
}

//! `Event`: one thing that a source says happened or was measured.

use super::moment::Moment;
use super::span::Span;

/// The value of one field. Numbers carry the unit that the field's name ends in (`pause_ms`, `used_pct`).
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number in the unit of the field's name.
    Num(f64),
    /// Text as the source prints it.
    Str(Box<str>),
}

impl Value {
    /// The number, or the text read as a number.
    pub fn as_num(&self) -> Option<f64> {
        match self {
            Value::Num(n) => Some(*n),
            Value::Str(s) => s.trim().parse().ok(),
        }
    }

    /// The text; numbers are formatted without a needless `.0`.
    pub fn to_text(&self) -> String {
        match self {
            Value::Num(n) => n.to_string(),
            Value::Str(s) => s.to_string(),
        }
    }
}

impl From<f64> for Value {
    fn from(n: f64) -> Self {
        Value::Num(n)
    }
}
impl From<&str> for Value {
    fn from(s: &str) -> Self {
        Value::Str(s.into())
    }
}
impl From<String> for Value {
    fn from(s: String) -> Self {
        Value::Str(s.into_boxed_str())
    }
}

/// Named fields, in the order the format gives them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fields(Vec<(Box<str>, Value)>);

impl Fields {
    /// No fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field (builder style).
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.set(name, value);
        self
    }

    /// Adds or replaces a field.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        match self.0.iter_mut().find(|(n, _)| &**n == name) {
            Some(slot) => slot.1 = value,
            None => self.0.push((name.into(), value)),
        }
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(n, _)| &**n == name).map(|(_, v)| v)
    }

    /// The number in a field.
    pub fn num(&self, name: &str) -> Option<f64> {
        self.get(name).and_then(Value::as_num)
    }

    /// The text in a field, if it is text.
    pub fn str(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Value::Str(s)) => Some(s),
            _ => None,
        }
    }

    /// All fields in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(n, v)| (&**n, v))
    }
}

/// One thing that happened or was measured, with its proof.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// A name of `kind::KINDS`, or the name of a signal that a rule file defines.
    pub kind: Box<str>,
    /// When, if the source says so. For a measured interval: its end.
    pub at: Option<Moment>,
    /// What was measured or named.
    pub fields: Fields,
    /// Where it stands.
    pub span: Span,
    /// First line of the log record it belongs to (a stack trace is one record); the span's own line elsewhere.
    pub record: u32,
    /// The proving line as the source prints it (lossy UTF-8, at most `TEXT_MAX` bytes).
    pub text: Box<str>,
}

/// Longest line text kept with an event.
pub const TEXT_MAX: usize = 2000;

impl Event {
    /// An event without a time and without fields.
    pub fn new(kind: &str, span: Span, text: &str) -> Self {
        Self {
            kind: kind.into(),
            at: None,
            fields: Fields::new(),
            record: span.line,
            span,
            text: clip(text).into(),
        }
    }

    /// Sets the time.
    #[must_use]
    pub fn at(mut self, at: Option<Moment>) -> Self {
        self.at = at;
        self
    }

    /// Adds a field.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.set(name, value);
        self
    }
}

/// Cuts a line to `TEXT_MAX` bytes at a character boundary.
pub fn clip(text: &str) -> &str {
    clip_to(text, TEXT_MAX)
}

/// Cuts a text to at most `max` bytes at a character boundary.
pub fn clip_to(text: &str, max: usize) -> &str {
    if text.len() <= max {
        return text;
    }
    let mut end = max;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

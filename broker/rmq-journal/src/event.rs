//! One structured event: its name, how grave it is, and its fields in the order they are given.

use rmq_protocol::json::{Dialect, Writer};

/// How grave an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Requests fail or data is in danger.
    Critical,
    /// It will hurt if it goes on.
    Warning,
    /// Worth knowing.
    Notice,
}

impl Severity {
    fn name(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

#[derive(Debug, Clone)]
enum Value {
    Text(String),
    Number(i64),
    Double(f64),
    Boolean(bool),
}

/// An event on its way to `diagnostics.jsonl`.
#[derive(Debug, Clone)]
pub struct Event {
    stamp: String,
    name: &'static str,
    severity: Severity,
    fields: Vec<(&'static str, Value)>,
}

impl Event {
    /// An event of this moment.
    pub fn new(name: &'static str, severity: Severity) -> Self {
        Self {
            stamp: crate::event_stamp(),
            name,
            severity,
            fields: Vec::new(),
        }
    }

    /// Adds a text.
    pub fn text(self, field: &'static str, value: impl Into<String>) -> Self {
        self.with(field, Value::Text(value.into()))
    }

    /// Adds a whole number.
    pub fn number(self, field: &'static str, value: i64) -> Self {
        self.with(field, Value::Number(value))
    }

    /// Adds a number with a fraction.
    pub fn double(self, field: &'static str, value: f64) -> Self {
        self.with(field, Value::Double(value))
    }

    /// Adds a boolean.
    pub fn boolean(self, field: &'static str, value: bool) -> Self {
        self.with(field, Value::Boolean(value))
    }

    /// Names the line by which the Java server tells the same, so that rules treat both alike.
    pub fn java_line(self, line: impl Into<String>) -> Self {
        self.text("java_line", line)
    }

    fn with(mut self, field: &'static str, value: Value) -> Self {
        self.fields.push((field, value));
        self
    }

    pub(crate) fn into_line(self, node: &str) -> String {
        let mut writer = Writer::new(Dialect::Fastjson);
        writer.object(|writer| {
            writer.key("ts").text(&self.stamp);
            writer.key("ev").text(self.name);
            writer.key("sev").text(self.severity.name());
            writer.key("node").text(node);
            for (field, value) in &self.fields {
                let writer = writer.key(field);
                match value {
                    Value::Text(text) => writer.text(text),
                    Value::Number(number) => writer.number(*number),
                    Value::Double(number) => writer.double(*number),
                    Value::Boolean(value) => writer.boolean(*value),
                }
            }
        });
        writer.into_string() + "\n"
    }
}

//! `Hit`: one finding of lint on its way to becoming an event.

use super::texts;
use crate::model::Event;
use std::collections::HashSet;

/// A finding, built up by a check.
#[derive(Debug)]
#[must_use]
pub(crate) struct Hit<'e> {
    check: &'static str,
    event: &'e Event,
    fields: Vec<(&'static str, String)>,
}

impl<'e> Hit<'e> {
    /// A finding of this check on the line of this event. Severity, cause and harm come from the check's entry in
    /// `texts.toml`; key and value from the event.
    pub(crate) fn new(check: &'static str, event: &'e Event) -> Self {
        Self {
            check,
            event,
            fields: Vec::new(),
        }
    }

    fn set(mut self, name: &'static str, value: impl ToString) -> Self {
        self.fields.push((name, value.to_string()));
        self
    }

    pub(crate) fn severity(self, severity: &str) -> Self {
        self.set("severity", severity)
    }
    pub(crate) fn harm(self, harm: &str) -> Self {
        self.set("harm", harm)
    }
    pub(crate) fn key(self, key: &str) -> Self {
        self.set("key", key)
    }
    pub(crate) fn value(self, value: impl ToString) -> Self {
        self.set("value", value)
    }
    /// What to write instead.
    pub(crate) fn suggestion(self, suggestion: impl ToString) -> Self {
        self.set("suggestion", suggestion)
    }
    /// A fact without language.
    pub(crate) fn detail(self, detail: impl ToString) -> Self {
        self.set("detail", detail)
    }
    /// The other side of a contradiction: a file, a host, a value.
    pub(crate) fn other(self, other: impl ToString) -> Self {
        self.set("other", other)
    }
    pub(crate) fn version(self, version: impl ToString) -> Self {
        self.set("version", version)
    }
}

/// Most findings of one run.
const MAX_HITS: usize = 5_000;

/// Takes findings; the same finding on the same line is kept once.
#[derive(Debug, Default)]
pub(crate) struct Hits {
    out: Vec<Event>,
    seen: HashSet<(&'static str, u32, u32, String)>,
}

impl Hits {
    /// Takes a finding.
    pub(crate) fn add(&mut self, hit: Hit<'_>) {
        let known = texts::check(hit.check);
        debug_assert!(known.is_some(), "texts.toml lacks {}", hit.check);
        let Some(check) = known else { return };
        let from = |names: [&str; 3]| {
            names
                .iter()
                .find_map(|name| hit.event.fields.get(name))
                .map(|value| value.to_text())
                .unwrap_or_default()
        };
        let mut event = Event::new("lint", hit.event.span, &hit.event.text)
            .with("check", hit.check)
            .with("severity", check.severity.as_str())
            .with("key", from(["key", "flag", "what"]))
            .with("value", from(["value", "soft", "raw"]))
            .with("detail", "")
            .with("suggestion", "")
            .with("cause", check.cause.as_str())
            .with("harm", check.harm.as_str());
        for (name, value) in &hit.fields {
            event.fields.set(name, value.as_str());
        }
        let key = event.fields.str("key").unwrap_or("").to_owned();
        let place = (hit.check, hit.event.span.source.0, hit.event.span.line, key);
        if self.out.len() < MAX_HITS && self.seen.insert(place) {
            self.out.push(event);
        }
    }

    pub(crate) fn into_events(self) -> Vec<Event> {
        self.out
    }
}

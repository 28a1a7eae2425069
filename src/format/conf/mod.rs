//! Configuration as people keep it: properties files, rmq-proxy.json, ACL and Spring YAML, docker and Kubernetes
//! manifests, command lines, and the `key=value` dump that servers print at start. Every reader gives `conf.key` events
//! with the value exactly as the program would see it (trailing blanks included) and the line it stands on.
//!
//! Not here: what is right or wrong about a value (`lint/`), and JVM options, sysctls, limits and /etc/hosts, which have
//! formats of their own.

mod acl;
mod client;
mod docker;
mod dump;
mod json;
mod manifest;
mod properties;
mod proxy;
mod secret;
mod server;
mod shell;
mod spring;
mod tls;
mod words;
mod yaml;

pub use dump::{dump_event, start_dump_line};

use super::{Format, Sink};
use crate::model::{Event, Text};

/// All readers of configuration.
pub const CONF_FORMATS: &[Format] = &[
    server::FORMAT,
    proxy::FORMAT,
    acl::FORMAT,
    spring::FORMAT,
    client::FORMAT,
    tls::FORMAT,
    manifest::FORMAT,
    docker::FORMAT,
    shell::FORMAT,
];

/// Most events that one source may give: configuration is small, hostile input is not.
const MAX_KEYS: usize = 20_000;

/// Texts of more lines are logs: what configuration they hold comes through [`start_dump_line`].
const MAX_LINES: usize = 50_000;

/// Whether a text is too long for configuration, so that big logs cost nothing here.
fn is_too_long(text: &Text<'_>) -> bool {
    text.lines().len() > MAX_LINES
}

/// Gives the `conf.key` events of one source, all of one class.
struct Keys<'t, 's> {
    text: &'t Text<'t>,
    sink: &'s mut dyn Sink,
    file: String,
    given: usize,
}

impl<'t, 's> Keys<'t, 's> {
    fn new(text: &'t Text<'t>, sink: &'s mut dyn Sink) -> Self {
        let file = text.path.rsplit(['/', '\\', '!']).next().unwrap_or(text.path);
        Self {
            text,
            sink,
            file: file.to_owned(),
            given: 0,
        }
    }

    /// One key. `index` is the line in `text.lines()`; secrets in value and line are masked.
    fn give(&mut self, place: Place<'_>, key: &str, value: &str, index: usize) {
        if self.given >= MAX_KEYS {
            return;
        }
        self.given += 1;
        let line = self.text.lines().get(index).copied().unwrap_or("");
        let line = secret::masked(crate::model::event::clip(line));
        let value = crate::model::event::clip(value);
        let value = if secret::is_secret_key(key) {
            secret::stars(value)
        } else {
            secret::masked(value).into_owned()
        };
        let event = Event::new("conf.key", self.text.span(index), &line)
            .with("key", crate::model::event::clip(key))
            .with("value", value)
            .with("class", place.class)
            .with("file", self.file.as_str())
            .with("form", place.form)
            .with("unit", place.unit);
        self.sink.event(event);
    }
}

/// Which configuration a key belongs to.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    class: &'a str,
    form: &'a str,
    unit: &'a str,
}

/// Whether the text is one that a format may claim by its name: the last part of the path ends in one of these.
fn named(text: &Text<'_>, endings: &[&str]) -> bool {
    let name = text.file_name();
    endings.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests;

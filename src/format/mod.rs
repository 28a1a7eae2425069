//! One file per kind of input: a decoded text in, events out. A format never sees a rule.
//!
//! Formats are tolerant: of a small source **every** format is tried, since people paste a GC log, an iostat table and
//! a stack trace into one file; each takes what it recognises and leaves the rest. A big source is read in pieces
//! (`pieces`), by the formats that its start belongs to.

pub mod admin;
pub mod conf;
pub mod gc;
pub mod host;
pub mod jvm;
pub mod log;
pub mod pieces;
pub mod series;
#[cfg(test)]
pub(crate) mod testing;

use crate::model::{Event, Text};

/// Where formats put what they find.
pub trait Sink {
    /// Takes one event.
    fn event(&mut self, event: Event);
}

impl Sink for Vec<Event> {
    fn event(&mut self, event: Event) {
        self.push(event);
    }
}

/// A kind of input.
pub struct Format {
    /// Name in coverage and in `samples/formats/<name>/`.
    pub name: &'static str,
    /// How sure the format is that (a part of) this text is its own: 0 = nothing of it here, 100 = all of it.
    /// Must look at content, may look at the file name; must be cheap: it gets the first and last 64 KiB of big files.
    pub score: fn(&Text<'_>) -> u8,
    /// Reads what it recognises. Never panics, never allocates more than a small multiple of the text.
    pub parse: fn(&Text<'_>, &mut dyn Sink),
}

impl std::fmt::Debug for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Format")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// All formats but the log format, which is read as a stream (`log`).
pub fn formats() -> impl Iterator<Item = &'static Format> {
    [&gc::FORMAT]
        .into_iter()
        .chain(host::HOST_FORMATS)
        .chain(jvm::JVM_FORMATS)
        .chain(conf::CONF_FORMATS)
        .chain(admin::ADMIN_FORMATS)
}

//! `LogRecord`: one log line with its continuation lines, in which at least one literal of a rule was found.

use super::moment::Moment;
use super::source::SourceId;

/// Level as printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Level {
    /// Not printed.
    #[default]
    None,
    /// TRACE and DEBUG.
    Debug,
    /// INFO.
    Info,
    /// WARN.
    Warn,
    /// ERROR, FATAL, SEVERE.
    Error,
}

impl Level {
    /// The word in rule conditions.
    pub fn word(self) -> &'static str {
        match self {
            Level::None => "",
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        }
    }
}

/// A record with hits.
#[derive(Debug)]
pub struct LogRecord<'a> {
    /// Its source.
    pub source: SourceId,
    /// Line number of its first line.
    pub line: u32,
    /// When, if a stamp was read.
    pub at: Option<Moment>,
    /// Level as printed.
    pub level: Level,
    /// Thread as printed, may be empty.
    pub thread: &'a str,
    /// Logger as printed, may be empty.
    pub logger: &'a str,
    /// All of it, line ends included.
    pub text: &'a str,
    /// The same with line breaks folded to nothing or one blank, for literals that copy and paste cut; small files only.
    pub folded: Option<&'a str>,
    /// Literals found: index in the rule book's automaton, byte offset in `text` (or in `folded` when `text` lacks it).
    pub hits: &'a [(u32, u32)],
}

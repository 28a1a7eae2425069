//! What `rmqdoc gc` shows of one or several GC logs: text of 80 columns for people, one JSON object for programs.
//! Pure functions; who calls decides where the bytes go.

mod chart;
mod json;
mod text;
mod words;

pub use json::json;
pub use text::text;

use super::record::GcLog;
use crate::model::Lang;

/// How the text is written.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    /// Language of the words.
    pub lang: Lang,
    /// No characters beyond ASCII in charts (Chinese words stay Chinese).
    pub ascii: bool,
}

/// Both forms of the report.
#[derive(Debug, Clone)]
pub struct Report {
    /// For people.
    pub text: String,
    /// For programs.
    pub json: serde_json::Value,
}

/// Reports on logs in the order given.
pub fn report(logs: &[GcLog], style: Style) -> Report {
    Report {
        text: text(logs, style),
        json: json(logs),
    }
}

//! What `rmqdoc gc` shows of one or several GC logs: text of 80 columns for people, one JSON object for programs.
//! Pure functions from logs, in the order given; who calls decides where the bytes go.

mod chart;
mod json;
mod text;
mod words;

pub use json::json;
pub use text::text;

use crate::model::Lang;

/// How the text is written.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    /// Language of the words.
    pub lang: Lang,
    /// No characters beyond ASCII in charts (Chinese words stay Chinese).
    pub ascii: bool,
}

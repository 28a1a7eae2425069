//! Big texts are read in pieces, so that memory does not grow with them: where each format likes a text to be cut, and
//! what it carries from piece to piece.
//!
//! A format stands in `ROWS` when a piece means more together with those before it: the heading of a table, the day that
//! times of day belong to, sums. Any other reads every piece by itself, which is right where a blank line ends what
//! belongs together. Not here: how pieces are read and cut to size (`diagnose/read/pieces.rs`).

use super::{Format, Sink, conf, gc, host, jvm};
use crate::model::Text;

/// A format that reads one text in pieces.
pub trait Pieces {
    /// Reads the next lines. They are the same whole lines that follow those of the piece before.
    fn piece(&mut self, text: &Text<'_>, sink: &mut dyn Sink);

    /// Tells what was held back, when there are no more lines.
    fn finish(self: Box<Self>, sink: &mut dyn Sink);
}

/// Where a format likes a text to be cut.
#[derive(Debug, Clone, Copy)]
pub enum Cut {
    /// At any line end.
    Anywhere,
    /// Behind a blank line.
    Blank,
    /// Where this function finds that something new begins last.
    Last(fn(&str) -> Option<usize>),
    /// Nowhere: what it says holds together.
    Never,
}

impl Cut {
    /// Where a text of whole lines is best cut: the last such place in it. `None` if there is none but its start.
    pub fn place(self, text: &str) -> Option<usize> {
        let bytes = text.as_bytes();
        let ends = || memchr::memrchr_iter(b'\n', bytes);
        let place = match self {
            Cut::Anywhere => ends().next().map(|at| at + 1),
            Cut::Blank => {
                let is_blank = |at: &usize| matches!(bytes[..*at], [.., b'\n'] | [.., b'\n', b'\r']);
                ends().find(is_blank).map(|at| at + 1)
            }
            Cut::Last(find) => find(text),
            Cut::Never => None,
        };
        place.filter(|at| *at > 0)
    }
}

/// Starts reading the text of that path.
type Start = fn(&str) -> Box<dyn Pieces>;

/// Formats that carry something, or are particular about cuts.
const ROWS: &[(&str, Cut, Option<Start>)] = &[
    ("gc", Cut::Anywhere, Some(gc::in_pieces)),
    ("iostat", Cut::Blank, Some(host::iostat_in_pieces)),
    ("vmstat", Cut::Anywhere, Some(host::vmstat_in_pieces)),
    ("mpstat", Cut::Blank, Some(host::mpstat_in_pieces)),
    ("pidstat", Cut::Blank, Some(host::pidstat_in_pieces)),
    ("sar", Cut::Blank, Some(host::sar_in_pieces)),
    ("top", Cut::Last(host::last_screen), None),
    ("threads", Cut::Last(jvm::threads::last_dump), None),
];

/// Where this format likes a text to be cut.
pub fn cut(format: &Format) -> Cut {
    match row(format) {
        Some((_, cut, _)) => *cut,
        None if conf::CONF_FORMATS.iter().any(|other| other.name == format.name) => Cut::Never,
        None => Cut::Blank,
    }
}

/// Starts reading a text in pieces.
pub fn reader(format: &'static Format, path: &str) -> Box<dyn Pieces> {
    match row(format) {
        Some((_, _, Some(start))) => start(path),
        _ => Box::new(Apart { format }),
    }
}

fn row(format: &Format) -> Option<&'static (&'static str, Cut, Option<Start>)> {
    ROWS.iter().find(|(name, ..)| *name == format.name)
}

/// Reads every piece by itself.
struct Apart {
    format: &'static Format,
}

impl Pieces for Apart {
    fn piece(&mut self, text: &Text<'_>, sink: &mut dyn Sink) {
        (self.format.parse)(text, sink);
    }

    fn finish(self: Box<Self>, _: &mut dyn Sink) {}
}

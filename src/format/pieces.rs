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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::formats;
    use crate::format::testing::pieces_tell_the_same;

    #[test]
    fn cuts_where_a_format_likes_it() {
        let dump = "x\n\n2026-11-24 17:20:15\nFull thread dump OpenJDK\n\n\"a\" #1\n";
        for (cut, text, want) in [
            (Cut::Anywhere, "a\nb\n", Some(4)),
            (Cut::Blank, "a\n\nb\nc\n", Some(3)),
            (Cut::Blank, "a\r\n\r\nb\r\n", Some(5)),
            (Cut::Blank, "a\nb\n", None),
            (Cut::Last(host::last_screen), "top - 1\n\ntop - 2\n", Some(9)),
            (Cut::Last(host::last_screen), "top - 1\n\n", None),
            (Cut::Last(jvm::threads::last_dump), dump, Some(3)),
            (Cut::Never, "a\n\n", None),
        ] {
            assert_eq!(cut.place(text), want, "{text}");
        }
    }

    #[test]
    fn pieces_of_any_size_tell_the_same() {
        for (name, ..) in ROWS.iter().filter(|(.., start)| start.is_some()) {
            let format = formats()
                .find(|format| format.name == *name)
                .expect("a row names a format");
            for bytes in [1, 100, 1000, 5000] {
                pieces_tell_the_same(format, bytes);
            }
        }
    }
}

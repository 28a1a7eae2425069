//! `Text`: a whole small source decoded to UTF-8 and cut into lines, for formats that look at many lines at once.

use super::source::SourceId;
use super::span::Span;

/// A decoded source, or a part of one. Line `n` of a whole source (1-based) is `lines()[n - 1]`, without its line end.
///
/// `\n`, `\r\n` and a bare `\r` end a line, so that numbers agree with what editors show.
#[derive(Debug)]
pub struct Text<'a> {
    /// Which source this is.
    pub source: SourceId,
    /// Path of the source as shown to people; use its last part for hints only, never as proof.
    pub path: &'a str,
    lines: Vec<&'a str>,
    first: u32,
}

impl<'a> Text<'a> {
    /// Cuts `body` into lines.
    pub fn new(source: SourceId, path: &'a str, body: &'a str) -> Self {
        Self::starting_at(source, path, body, 1)
    }

    /// Cuts a part of a source that starts at line `first`.
    pub fn starting_at(source: SourceId, path: &'a str, body: &'a str, first: u32) -> Self {
        let mut lines = Vec::new();
        let bytes = body.as_bytes();
        let mut from = 0;
        while let Some(at) = memchr::memchr2(b'\n', b'\r', &bytes[from..]) {
            let end = from + at;
            lines.push(&body[from..end]);
            from = end
                + if bytes[end] == b'\r' && bytes.get(end + 1) == Some(&b'\n') {
                    2
                } else {
                    1
                };
        }
        if from < bytes.len() {
            lines.push(&body[from..]);
        }
        Self {
            source,
            path,
            lines,
            first,
        }
    }

    /// All lines in order.
    pub fn lines(&self) -> &[&'a str] {
        &self.lines
    }

    /// Number of the first line.
    pub fn first_line(&self) -> u32 {
        self.first
    }

    /// The line of that number, if it stands in here.
    pub fn line(&self, number: u32) -> Option<&'a str> {
        self.lines.get(number.checked_sub(self.first)? as usize).copied()
    }

    /// The span of the line with this index in `lines()` (0-based).
    pub fn span(&self, index: usize) -> Span {
        Span::line(self.source, self.first + index as u32)
    }

    /// The last part of the path, lower case, without archive and rotation endings.
    pub fn file_name(&self) -> String {
        let name = self.path.rsplit(['/', '!']).next().unwrap_or(self.path);
        name.to_ascii_lowercase()
    }
}

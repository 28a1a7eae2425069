//! `Span`: where a proof stands. Every finding points at its proof through spans.

use super::source::SourceId;

/// Lines of one source, numbered from 1 **after** decompression and decoding of that source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file (or archive member, or stdin) the lines stand in.
    pub source: SourceId,
    /// First line, 1-based.
    pub line: u32,
    /// Last line, 1-based, inclusive; equal to `line` for a single line.
    pub end: u32,
}

impl Span {
    /// A single line.
    pub fn line(source: SourceId, line: u32) -> Self {
        Self {
            source,
            line,
            end: line,
        }
    }
}

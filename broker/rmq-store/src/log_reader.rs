//! Walks the commit log record by record: what recovery and dispatch have in common.

use crate::record::{self, BLANK_BYTES, Broken, Check, Parsed, Record};
use crate::segments::Segments;

/// Bytes read at once.
const CHUNK_BYTES: u64 = 256 * 1024;

/// What lies at a place.
#[derive(Debug)]
pub(crate) enum Found<'a> {
    /// A record.
    Record(Record<'a>),
    /// Nothing more in this file; goes on at the start of the next.
    NextFile(u64),
    /// No file, or the limit.
    End,
    /// No record.
    Broken(Broken),
    /// The system could not read.
    Unreadable(std::io::Error),
}

/// A reader with its buffer.
#[derive(Debug)]
pub(crate) struct LogReader<'a> {
    segments: &'a Segments,
    buf: Vec<u8>,
    buf_at: u64,
}

impl<'a> LogReader<'a> {
    pub(crate) fn new(segments: &'a Segments) -> Self {
        LogReader {
            segments,
            buf: Vec::new(),
            buf_at: 0,
        }
    }

    /// Looks at `at`, knowing nothing at or behind `limit`.
    pub(crate) fn at(&mut self, at: u64, limit: u64, check: Check) -> Found<'_> {
        let Some(first) = self.segments.holding(at) else {
            return Found::End;
        };
        let file_end = first + self.segments.size_bytes();
        if file_end - at < BLANK_BYTES as u64 {
            return Found::NextFile(file_end);
        }
        let known = limit.min(file_end).saturating_sub(at);
        if known == 0 {
            return Found::End;
        }
        if let Err(error) = self.fill(at, known.min(BLANK_BYTES as u64), known) {
            return Found::Unreadable(error);
        }
        let claimed = self
            .slice(at)
            .get(..4)
            .map_or(0, |four| four.iter().fold(0, |sum, &byte| (sum << 8) | u64::from(byte)));
        if claimed <= known
            && let Err(error) = self.fill(at, claimed, known)
        {
            return Found::Unreadable(error);
        }
        match record::parse(self.slice(at), check) {
            Ok(Parsed::Record(record)) if record.log_offset != at => {
                Found::Broken(Broken::Elsewhere(record.log_offset))
            }
            Ok(Parsed::Record(record)) => Found::Record(record),
            Ok(Parsed::Blank) => Found::NextFile(file_end),
            Err(broken) => Found::Broken(broken),
        }
    }

    /// Makes the buffer hold `need` bytes from `at`, and some more of the `known` ones.
    fn fill(&mut self, at: u64, need: u64, known: u64) -> std::io::Result<()> {
        let held = self.buf_at + self.buf.len() as u64;
        if at >= self.buf_at && at + need <= held {
            return Ok(());
        }
        let count = need.max(CHUNK_BYTES.min(known));
        self.buf.resize(count as usize, 0);
        self.buf_at = at;
        let result = self.segments.read_at(&mut self.buf, at);
        if result.is_err() {
            self.buf.clear();
        }
        result
    }

    fn slice(&self, at: u64) -> &[u8] {
        &self.buf[(at - self.buf_at) as usize..]
    }
}

//! `Reader`: a source as chunks of whole lines, each with its line number. One reader may serve several threads.
//!
//! Bytes that can be read at any offset are cut in ranges of equal size: a thread takes the next range, reads it, and
//! owns the lines that *start* in it. Only the line count passes from range to range, so reading, cleaning and scanning
//! all run in parallel (`ranges.rs`). Everything else is a stream, read by one thread at a time (`stream.rs`).

use super::lines;
use super::peel::{Peel, Peeler, repair};
use super::ranges::Ranges;
use super::stream::Stream;
use crate::model::Moment;
use crate::model::finding::Problem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Memory that a thread reads into, again and again.
#[derive(Debug, Default)]
pub struct Buffer {
    /// Raw bytes; what counts is `raw[from..to]`.
    pub(super) raw: Vec<u8>,
    pub(super) from: usize,
    pub(super) to: usize,
    repaired: String,
    peeled: String,
    stamps: Vec<Option<Moment>>,
}

impl Buffer {
    /// An empty buffer; it grows on first use to a little more than a chunk.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes room for `len` raw bytes.
    pub(super) fn reserve(&mut self, len: usize) {
        if self.raw.len() < len {
            self.raw.resize(len, 0);
        }
    }
}

/// Whole lines of a source. Lines end with `\n` (a `\r` may stand before it; a bare `\r` has become `\n`); only the last
/// line of a source may lack it. NUL bytes, terminal colours and what containers put around lines are gone.
#[derive(Debug, Clone, Copy)]
pub struct Chunk<'b> {
    /// The lines.
    pub text: &'b str,
    /// Number of the first line, from 1.
    pub first_line: u32,
    /// How many lines.
    pub lines: u32,
    /// Decoded byte offset of the first line; for streams with NUL runs it is the nearest known.
    pub offset: u64,
    /// Grows from chunk to chunk (not always by one): the order in which results belong.
    pub order: u64,
    /// One entry per line if something was peeled off, else empty: the stamp of the container or journal, where the
    /// line itself has no time of day.
    pub stamps: &'b [Option<Moment>],
}

impl<'b> Chunk<'b> {
    /// Each line without its end, with its number.
    pub fn numbered_lines(&self) -> impl Iterator<Item = (u32, &'b str)> + use<'b> {
        let first = self.first_line;
        self.text
            .split_inclusive('\n')
            .enumerate()
            .map(move |(i, line)| (first.saturating_add(i as u32), line.trim_end_matches(['\n', '\r'])))
    }
}

/// What a reader gave in all.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Decoded bytes, before peeling.
    pub bytes: u64,
    /// Lines.
    pub lines: u64,
    /// Lines that were longer than `Limits::max_line_bytes` and cut.
    pub cut_lines: u64,
    /// What went wrong, one line each; what was read before it counts all the same.
    pub problems: Vec<Problem>,
}

/// Where a chunk belongs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed {
    pub(super) first_line: u32,
    pub(super) lines: u32,
    pub(super) offset: u64,
    pub(super) order: u64,
    pub(super) last: bool,
}

/// Sums that ranges and streams keep.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) bytes: AtomicU64,
    pub(super) lines: AtomicU64,
    pub(super) cut_lines: AtomicU64,
    first_cut: AtomicU64,
    problem: Mutex<Option<String>>,
}

impl Tally {
    /// Keeps the first thing that went wrong.
    pub(super) fn problem(&self, what: impl FnOnce() -> String) {
        let mut problem = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        if problem.is_none() {
            *problem = Some(what());
        }
    }

    /// Counts a chunk.
    pub(super) fn chunk(&self, bytes: u64, lines: u32) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.lines.fetch_add(u64::from(lines), Ordering::Relaxed);
    }

    /// Counts a line that was too long.
    pub(super) fn cut(&self, line: u32) {
        self.cut_lines.fetch_add(1, Ordering::Relaxed);
        // 0 stands for "none yet", so the smallest line is kept as its complement's maximum.
        self.first_cut
            .fetch_max(u64::from(u32::MAX - line) + 1, Ordering::Relaxed);
    }
}

/// How a source gives its bytes.
#[derive(Debug)]
pub(super) enum Mode {
    Ranges(Ranges),
    Stream(Mutex<Stream>),
}

/// A source being read.
#[derive(Debug)]
pub struct Reader {
    path: String,
    mode: Mode,
    peeler: Option<Mutex<Peeler>>,
    tally: Tally,
    max_line_bytes: usize,
    /// A broken archive was told already.
    quiet: bool,
}

impl Reader {
    pub(super) fn new(path: &str, mode: Mode, peel: &Peel, max_line_bytes: usize, quiet: bool) -> Self {
        Self {
            path: path.to_owned(),
            mode,
            peeler: (!peel.is_plain()).then(|| Mutex::new(Peeler::new(peel, max_line_bytes))),
            tally: Tally::default(),
            max_line_bytes,
            quiet,
        }
    }

    /// The next chunk, or nothing at the end. Each thread brings a buffer of its own.
    pub fn next<'b>(&self, buffer: &'b mut Buffer) -> Option<Chunk<'b>> {
        // Peeling joins lines across chunks: reading and peeling must keep one order.
        let mut peeler = self
            .peeler
            .as_ref()
            .map(|peeler| peeler.lock().unwrap_or_else(PoisonError::into_inner));
        let placed = match &self.mode {
            Mode::Ranges(ranges) => ranges.next(buffer, &self.tally)?,
            Mode::Stream(stream) => stream
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .next(buffer, &self.tally)?,
        };
        let raw = &mut buffer.raw[buffer.from..buffer.to];
        let len = lines::drop_escapes(raw);
        let text = match std::str::from_utf8(&raw[..len]) {
            Ok(text) => text,
            Err(_) => {
                repair(&raw[..len], &mut buffer.repaired);
                &buffer.repaired
            }
        };
        buffer.stamps.clear();
        let text = match &mut peeler {
            None => text,
            Some(peeler) => {
                peeler.chunk(text, placed.last, &mut buffer.peeled, &mut buffer.stamps);
                &buffer.peeled
            }
        };
        Some(Chunk {
            text,
            first_line: placed.first_line,
            lines: placed.lines,
            offset: placed.offset,
            order: placed.order,
            stamps: &buffer.stamps,
        })
    }

    /// What was read and what went wrong; call it when `next` gave nothing.
    pub fn finish(self) -> Outcome {
        let tally = self.tally;
        let cut_lines = tally.cut_lines.into_inner();
        let mut problems = Vec::new();
        let mut tell = |what: String| {
            problems.push(Problem {
                path: self.path.clone(),
                what,
            });
        };
        if let Some(what) = tally.problem.into_inner().unwrap_or_else(PoisonError::into_inner)
            && !self.quiet
        {
            tell(what);
        }
        if cut_lines > 0 {
            let first = u64::from(u32::MAX) + 1 - tally.first_cut.into_inner();
            let most = super::unpack::size(self.max_line_bytes as u64);
            tell(match cut_lines {
                1 => format!("line {first} is longer than {most}; the rest of it was skipped"),
                n => format!("{n} lines are longer than {most} (first: line {first}); the rest of each was skipped"),
            });
        }
        Outcome {
            bytes: tally.bytes.into_inner(),
            lines: tally.lines.into_inner(),
            cut_lines,
            problems,
        }
    }
}

//! Chunks of bytes that can be read at any offset; several threads take them at once.
//!
//! A range owns the lines that start after a line end inside it. So every thread finds the first line of its range by
//! itself, reads over the end of the range to the end of its last line, and waits for nobody but for the line count.

use super::lines;
use super::reader::{Buffer, Placed, Tally};
use super::stored::Stored;
use super::unpack::{explain, size};
use memchr::memrchr2;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

/// Read with every range, so that the end of its last line mostly comes with the same call.
const OVERLAP_BYTES: usize = 4 << 10;
/// Read at once when the last line is longer than that.
const EXTEND_BYTES: usize = 64 << 10;

/// The state that threads share.
#[derive(Debug)]
pub(super) struct Ranges {
    bytes: Stored,
    len: u64,
    range_bytes: usize,
    max_line_bytes: usize,
    /// Where not all is read: what is.
    parts: Option<Parts>,
    next: AtomicU64,
    counted: Mutex<Counted>,
    counted_more: Condvar,
}

/// What is read of bytes of which not all is wanted: the start, and one part behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// How many bytes from the start.
    pub head_bytes: u64,
    /// The other part; a line begins at its first byte.
    pub window: Range<u64>,
}

impl Parts {
    /// The start up to `head_bytes`, and `window`. A few bytes more are read at both ends.
    pub fn new(head_bytes: u64, window: Range<u64>) -> Self {
        Self { head_bytes, window }
    }

    /// Where reading goes on behind what was left out.
    pub fn skipped_to(&self) -> Option<u64> {
        (self.head_bytes < self.window.start).then_some(self.window.start)
    }
}

/// How far lines are counted.
#[derive(Debug, Default)]
struct Counted {
    ranges: u64,
    lines: u32,
    /// Bytes could not be read: what comes after has no line number.
    stopped: bool,
}

/// What a thread found in its range.
#[derive(Default)]
struct Found {
    /// Offset of the first line from the start of the range.
    skipped: usize,
    /// Bytes of lines before cleaning.
    bytes: usize,
    cut: bool,
}

impl Ranges {
    pub(super) fn new(bytes: Stored, range_bytes: usize, max_line_bytes: usize) -> Self {
        Self {
            len: bytes.len(),
            bytes,
            range_bytes,
            max_line_bytes,
            parts: None,
            next: AtomicU64::new(0),
            counted: Mutex::default(),
            counted_more: Condvar::new(),
        }
    }

    /// Tells how long the bytes were when they were found, so that what is missing since is noticed.
    pub(super) fn found_with(mut self, len: u64) -> Self {
        self.len = self.len.max(len);
        self
    }

    /// Leaves out what is not in these parts.
    pub(super) fn only(mut self, parts: Option<Parts>) -> Self {
        self.parts = parts;
        self
    }

    /// Where the range with this number starts.
    fn start(&self, order: u64) -> Option<u64> {
        let range = self.range_bytes as u64;
        let (start, end) = match &self.parts {
            None => (order.checked_mul(range)?, self.len),
            Some(parts) => {
                let head = parts.head_bytes.min(parts.window.start).div_ceil(range);
                match order.checked_sub(head) {
                    None => (order * range, self.len),
                    Some(order) => {
                        let start = parts.window.start.checked_add(order.checked_mul(range)?)?;
                        (start, self.len.min(parts.window.end))
                    }
                }
            }
        };
        (start < end).then_some(start)
    }

    /// Whether a line is known to begin at this start of a range.
    fn begins_line(&self, start: u64) -> bool {
        start == 0 || self.parts.as_ref().is_some_and(|parts| parts.window.start == start)
    }

    pub(super) fn next(&self, buffer: &mut Buffer, tally: &Tally) -> Option<Placed> {
        loop {
            let order = self.next.fetch_add(1, Ordering::Relaxed);
            let start = self.start(order)?;
            let result = self.read(buffer, start, tally);
            let raw = &buffer.raw[buffer.from..buffer.to];
            let lines = if result.is_ok() { lines::count(raw) } else { 0 };
            let first_line = self.number(order, lines, result.is_err());
            let found = match result {
                Ok(found) => found,
                Err(error) => {
                    tally.problem(|| format!("{} at byte {start}; read up to there", explain(&error)));
                    continue;
                }
            };
            let Some(first_line) = first_line.filter(|_| lines > 0) else {
                continue;
            };
            tally.chunk(found.bytes as u64, lines);
            if found.cut {
                tally.cut(first_line.saturating_add(lines - 1));
            }
            return Some(Placed {
                first_line,
                lines,
                offset: start + found.skipped as u64,
                order,
                last: self.start(order + 1).is_none(),
            });
        }
    }

    /// Waits until all ranges before this one are counted, then counts it. Gives its first line number, unless a range
    /// before could not be read.
    fn number(&self, order: u64, lines: u32, failed: bool) -> Option<u32> {
        let lock = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let mut counted = self
            .counted_more
            .wait_while(lock, |counted| counted.ranges != order)
            .unwrap_or_else(PoisonError::into_inner);
        let first_line = (!counted.stopped).then(|| counted.lines.saturating_add(1));
        counted.ranges += 1;
        counted.lines = counted.lines.saturating_add(lines);
        counted.stopped |= failed;
        drop(counted);
        self.counted_more.notify_all();
        first_line
    }

    /// Reads the lines that start in the range at `start` and leaves them in the buffer.
    fn read(&self, buffer: &mut Buffer, start: u64, tally: &Tally) -> io::Result<Found> {
        (buffer.from, buffer.to) = (0, 0);
        buffer.reserve(self.range_bytes + OVERLAP_BYTES);
        let want = self.range_bytes + OVERLAP_BYTES;
        let (mut filled, mut at_end) = self.fill(buffer, 0, want, start, tally)?;
        let Some(first) = self.first_line(&buffer.raw[..filled], start, at_end) else {
            return Ok(Found::default());
        };
        let mut found = Found {
            skipped: first,
            ..Found::default()
        };
        let range_end = self.range_bytes.min(filled);
        let last = memrchr2(b'\n', b'\r', &buffer.raw[first..range_end]).map_or(first, |at| first + at + 1);
        let mut read_to = start + filled as u64;
        let mut searched = self.range_bytes;
        let mut dropped = 0;
        // The last line may go on behind the range; NUL bytes do not count towards its length.
        let end = loop {
            if at_end && filled <= searched {
                break filled;
            }
            if let Some(end) = lines::after_first_end(&buffer.raw[..filled], searched, at_end) {
                break end;
            }
            if at_end {
                break filled;
            }
            let kept = last + lines::drop_nuls(&mut buffer.raw[last..filled]);
            dropped += filled - kept;
            filled = kept;
            if filled - last > self.max_line_bytes {
                break filled;
            }
            // A `\r` in last place is looked at again.
            searched = filled.saturating_sub(1).max(last);
            let (got, ended) = self.fill(buffer, filled, EXTEND_BYTES, read_to, tally)?;
            read_to += (got - filled) as u64;
            (filled, at_end) = (got, ended);
        };
        found.bytes = end - first + dropped;
        self.clean(buffer, first, last, end, &mut found);
        Ok(found)
    }

    /// Reads up to `want` bytes behind `filled`; gives the new length and whether the source ends there.
    fn fill(
        &self,
        buffer: &mut Buffer,
        filled: usize,
        want: usize,
        offset: u64,
        tally: &Tally,
    ) -> io::Result<(usize, bool)> {
        let left = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let want = want.min(left);
        buffer.reserve(filled + want);
        let got = self.bytes.read_at(&mut buffer.raw[filled..filled + want], offset)?;
        let reached = offset + got as u64;
        if got < want {
            tally.problem(|| {
                let (was, now) = (size(self.len), size(reached));
                format!("shrank from {was} to {now} or less while it was read; read up to there")
            });
        }
        Ok((filled + got, got < want || reached >= self.len))
    }

    /// Where the first line of a range starts, if one starts in it.
    fn first_line(&self, bytes: &[u8], start: u64, at_end: bool) -> Option<usize> {
        const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";
        if self.begins_line(start) {
            return Some(if start == 0 && bytes.starts_with(UTF8_MARK) {
                UTF8_MARK.len()
            } else {
                0
            });
        }
        lines::after_first_end(bytes, 0, at_end).filter(|at| *at <= self.range_bytes && *at < bytes.len())
    }

    /// Cuts the last line if it is too long, takes NUL bytes out and unifies line ends.
    fn clean(&self, buffer: &mut Buffer, first: usize, last: usize, end: usize, found: &mut Found) {
        let mut end = end;
        if end - last > self.max_line_bytes {
            let body = last + lines::drop_nuls(&mut buffer.raw[last..end]);
            let text = &buffer.raw[last..body];
            let text_len = text.len() - usize::from(text.ends_with(b"\n")) - usize::from(text.ends_with(b"\r\n"));
            end = body;
            if text_len > self.max_line_bytes {
                end = last + lines::cut_at_char(text, self.max_line_bytes);
                buffer.reserve(end + 1);
                buffer.raw[end] = b'\n';
                end += 1;
                found.cut = true;
            }
        }
        (buffer.from, buffer.to) = (first, end);
        let raw = &mut buffer.raw[first..end];
        if lines::needs_care(raw) {
            let len = lines::drop_nuls(raw);
            lines::unify(&mut raw[..len], true);
            buffer.to = first + len;
        }
    }
}

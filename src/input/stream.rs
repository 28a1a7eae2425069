//! Chunks of bytes that come in one order only: unpacked members, standard input, decoded UTF-16.

use super::lines;
use super::reader::{Buffer, Placed, Tally};
use super::unpack::explain;
use std::io::{self, Read};

/// A stream and what was read of it but not given yet.
pub(super) struct Stream {
    from: Box<dyn Read + Send>,
    /// The start of a line whose end has not come.
    carry: Vec<u8>,
    chunk_bytes: usize,
    max_line_bytes: usize,
    /// Raw bytes read so far.
    taken: u64,
    next_line: u32,
    order: u64,
    ended: bool,
    /// The rest of a line that was cut is passed by.
    skipping: bool,
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream")
            .field("taken", &self.taken)
            .finish_non_exhaustive()
    }
}

impl Stream {
    pub(super) fn new(from: Box<dyn Read + Send>, chunk_bytes: usize, max_line_bytes: usize) -> Self {
        Self {
            from,
            carry: Vec::new(),
            chunk_bytes,
            max_line_bytes,
            taken: 0,
            next_line: 1,
            order: 0,
            ended: false,
            skipping: false,
        }
    }

    pub(super) fn next(&mut self, buffer: &mut Buffer, tally: &Tally) -> Option<Placed> {
        let mut filled = self.carry.len();
        buffer.reserve(self.chunk_bytes.max(filled));
        buffer.raw[..filled].copy_from_slice(&self.carry);
        self.carry.clear();
        let mut want = self.chunk_bytes;
        let (end, cut) = loop {
            filled = self.fill(buffer, filled, want, tally);
            if self.skipping {
                filled = self.skip(&mut buffer.raw[..filled]);
            }
            lines::unify(&mut buffer.raw[..filled], self.ended);
            if self.ended {
                break (filled, false);
            }
            if let Some(end) = lines::after_last_feed(&buffer.raw[..filled]) {
                break (end, false);
            }
            if filled > self.max_line_bytes {
                break (filled, true);
            }
            want = filled + self.chunk_bytes;
        };
        self.give(buffer, filled, end, cut, tally)
    }

    /// Hands out `raw[..end]` and carries the rest.
    fn give(&mut self, buffer: &mut Buffer, filled: usize, end: usize, cut: bool, tally: &Tally) -> Option<Placed> {
        let mut end = end;
        self.carry.extend_from_slice(&buffer.raw[end..filled]);
        let offset = self.taken.saturating_sub(filled as u64);
        let bytes = end as u64;
        // Only a line alone in its chunk can be too long.
        let first_end = memchr::memchr(b'\n', &buffer.raw[..end]).unwrap_or(end);
        let alone = first_end + 1 >= end;
        if cut || (alone && first_end > self.max_line_bytes) {
            // The rest of the line, and a `\r` that may be half of its end, are passed by.
            self.skipping = cut;
            if cut && buffer.raw[end - 1] == b'\r' {
                self.carry.push(b'\r');
            }
            end = lines::cut_at_char(&buffer.raw[..end], self.max_line_bytes);
            buffer.reserve(end + 1);
            buffer.raw[end] = b'\n';
            end += 1;
            tally.cut(self.next_line);
        }
        if end == 0 {
            // More than the mark of an encoding was read, and nothing is left of it.
            if self.order == 0 && self.taken > 4 {
                tally.problem(|| super::sniff::ONLY_NULS.to_owned());
            }
            return None;
        }
        (buffer.from, buffer.to) = (0, end);
        let lines = lines::count(&buffer.raw[..end]);
        let placed = Placed {
            first_line: self.next_line,
            lines,
            offset,
            order: self.order,
            last: self.ended,
        };
        tally.chunk(bytes, lines);
        self.next_line = self.next_line.saturating_add(lines);
        self.order += 1;
        Some(placed)
    }

    /// Reads until `want` bytes are there or the stream ends; NUL bytes are dropped at once.
    fn fill(&mut self, buffer: &mut Buffer, filled: usize, want: usize, tally: &Tally) -> usize {
        const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";
        let mut filled = filled;
        buffer.reserve(want);
        while filled < want && !self.ended {
            match self.from.read(&mut buffer.raw[filled..want]) {
                Ok(0) => self.ended = true,
                Ok(got) => {
                    let first = self.taken == 0;
                    self.taken += got as u64;
                    filled += lines::drop_nuls(&mut buffer.raw[filled..filled + got]);
                    if first && buffer.raw[..filled].starts_with(UTF8_MARK) {
                        buffer.raw.copy_within(UTF8_MARK.len()..filled, 0);
                        filled -= UTF8_MARK.len();
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.ended = true;
                    tally.problem(|| explain(&error));
                }
            }
        }
        filled
    }

    /// Drops the rest of a cut line; gives the new length.
    fn skip(&mut self, raw: &mut [u8]) -> usize {
        match lines::after_first_end(raw, 0, self.ended) {
            Some(end) => {
                self.skipping = false;
                raw.copy_within(end.., 0);
                raw.len() - end
            }
            None if raw.last() == Some(&b'\r') => {
                raw[0] = b'\r';
                1
            }
            None => 0,
        }
    }
}

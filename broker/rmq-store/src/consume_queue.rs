//! The index of one queue: for each message where it lies in the commit log, how long it is, and its tag code.
//!
//! ```text
//! consumequeue/<topic>/<queue id>/00000000000000000000     unit n at byte 20·n:
//!     0 log offset 8 │ 8 size 4 │ 12 tag code 8
//! ```
//!
//! The units before the first one of a queue that does not start at 0 are fillers: offset 0, size 0x7FFFFFFF, tag 0.
//! Everything here can be built again from the commit log. One thread writes (`dispatch`), any may read.

use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::disk::read_exact_at;
use crate::segments::Segments;
use crate::sync::lock;

/// Bytes of one unit.
pub const UNIT_BYTES: u64 = 20;
/// Size that marks a filler.
const FILLER_SIZE: u32 = i32::MAX as u32;

/// One message in a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    /// Where the record lies in the commit log.
    pub log_offset: u64,
    /// Length of the record.
    pub size_bytes: u32,
    /// Hash of the tags; the delivery time in the queues of delayed messages.
    pub tag_code: i64,
}

impl Unit {
    const FILLER: Unit = Unit {
        log_offset: 0,
        size_bytes: FILLER_SIZE,
        tag_code: 0,
    };

    fn to_bytes(self) -> [u8; UNIT_BYTES as usize] {
        let mut out = [0; UNIT_BYTES as usize];
        out[..8].copy_from_slice(&self.log_offset.to_be_bytes());
        out[8..12].copy_from_slice(&self.size_bytes.to_be_bytes());
        out[12..].copy_from_slice(&self.tag_code.to_be_bytes());
        out
    }

    /// `None` for what is no unit: Java's test is offset ≥ 0 and size > 0.
    fn from_bytes(bytes: &[u8]) -> Option<Unit> {
        let log_offset = u64::from_be_bytes(bytes.get(..8)?.try_into().ok()?);
        let size_bytes = u32::from_be_bytes(bytes.get(8..12)?.try_into().ok()?);
        let tag_code = i64::from_be_bytes(bytes.get(12..20)?.try_into().ok()?);
        let is_unit = log_offset <= i64::MAX as u64 && size_bytes > 0 && size_bytes <= i32::MAX as u32;
        is_unit.then_some(Unit {
            log_offset,
            size_bytes,
            tag_code,
        })
    }

    fn is_filler(&self) -> bool {
        self.size_bytes == FILLER_SIZE
    }

    /// First byte behind the record; 0 for a filler.
    pub fn log_end(&self) -> u64 {
        if self.is_filler() {
            0
        } else {
            self.log_offset + u64::from(self.size_bytes)
        }
    }
}

/// What became of a unit that was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Put {
    /// Taken.
    Taken,
    /// The queue has that number already.
    Known,
    /// The queue has numbers missing in between; they were filled.
    Gap {
        /// How many.
        missing: i64,
    },
    /// A number that no queue can have reached; not taken.
    Absurd,
}

/// More missing numbers than this are no gap but damage.
const GAP_MAX: i64 = 300_000;
/// Numbers from here on have no byte offset.
const NUMBER_MAX: i64 = i64::MAX / 64;

#[derive(Debug, Default)]
struct Pending {
    /// Number of the first pending unit.
    start: i64,
    bytes: Vec<u8>,
    /// Bytes before this are synced.
    synced_bytes: u64,
}

/// One queue.
#[derive(Debug)]
pub(crate) struct ConsumeQueue {
    segments: Segments,
    pending: Mutex<Pending>,
    /// Number behind the last readable unit.
    end: AtomicI64,
    /// First number whose record is still there.
    min: AtomicI64,
    /// Number of the next message, moved under the append lock of the commit log.
    next: AtomicI64,
}

impl ConsumeQueue {
    /// A queue over its files, which are not looked at yet.
    pub(crate) fn new(segments: Segments) -> Self {
        ConsumeQueue {
            segments,
            pending: Mutex::default(),
            end: AtomicI64::new(0),
            min: AtomicI64::new(0),
            next: AtomicI64::new(0),
        }
    }

    /// The files.
    pub(crate) fn segments(&self) -> &Segments {
        &self.segments
    }

    /// Number behind the last readable message.
    pub(crate) fn end(&self) -> i64 {
        self.end.load(Ordering::Acquire)
    }

    /// First number whose record is still there.
    pub(crate) fn min(&self) -> i64 {
        self.min.load(Ordering::Acquire)
    }

    /// Number the next message gets; may be ahead of [`end`](Self::end) by what is not dispatched.
    pub(crate) fn next(&self) -> i64 {
        self.next.load(Ordering::Acquire)
    }

    /// Moves the number of the next message. Only under the append lock, or in recovery.
    pub(crate) fn set_next(&self, next: i64) {
        self.next.store(next, Ordering::Release);
    }

    /// Raises the number of the next message to the end; for a slave, whose messages are numbered by its master.
    pub(crate) fn raise_next(&self) {
        self.next.fetch_max(self.end(), Ordering::AcqRel);
    }

    /// Reads units from `start` into `out`, at most `max`, not across a file end and not behind the queue's end.
    pub(crate) fn read(&self, start: i64, max: usize, out: &mut Vec<Unit>) -> io::Result<()> {
        out.clear();
        let end = self.end();
        if start < 0 || start >= end {
            return Ok(());
        }
        let byte = start as u64 * UNIT_BYTES;
        let in_file = (self.segments.size_bytes() - byte % self.segments.size_bytes()) / UNIT_BYTES;
        let count = (max as u64).min(in_file).min((end - start) as u64) as usize;
        let mut bytes = vec![0; count * UNIT_BYTES as usize];
        self.segments.read_at(&mut bytes, byte)?;
        for unit in bytes.chunks_exact(UNIT_BYTES as usize) {
            // Damage reads as a filler: nothing is there, and the reader goes on behind it.
            out.push(Unit::from_bytes(unit).unwrap_or(Unit::FILLER));
        }
        Ok(())
    }

    /// The unit of one number.
    pub(crate) fn unit(&self, number: i64) -> io::Result<Option<Unit>> {
        let mut out = Vec::with_capacity(1);
        self.read(number, 1, &mut out)?;
        Ok(out.pop().filter(|unit| !unit.is_filler()))
    }

    /// Hands over a unit; it is written and readable after [`write_pending`](Self::write_pending).
    pub(crate) fn put(&self, number: i64, unit: Unit) -> Put {
        let expected = self.expected();
        if number < expected {
            return Put::Known;
        }
        let mut pending = lock(&self.pending);
        if pending.bytes.is_empty() {
            pending.start = expected;
        }
        let missing = number - expected;
        let is_first = expected == 0;
        if number > NUMBER_MAX || (missing > GAP_MAX && !is_first) {
            return Put::Absurd;
        }
        // The fillers of a queue that starts late go back to the start of its file only.
        let per_file = (self.segments.size_bytes() / UNIT_BYTES) as i64;
        let fillers = if is_first { number % per_file } else { missing };
        if is_first {
            pending.start = number - fillers;
        }
        for _ in 0..fillers {
            pending.bytes.extend_from_slice(&Unit::FILLER.to_bytes());
        }
        pending.bytes.extend_from_slice(&unit.to_bytes());
        if missing > 0 && !is_first {
            Put::Gap { missing }
        } else {
            Put::Taken
        }
    }

    /// Writes what was handed over and makes it readable. After an error everything not written stays pending.
    pub(crate) fn write_pending(&self) -> io::Result<()> {
        let mut pending = lock(&self.pending);
        let size = self.segments.size_bytes();
        while !pending.bytes.is_empty() {
            let byte = pending.start as u64 * UNIT_BYTES;
            let first = byte - byte % size;
            let file = if self.segments.holding(byte).is_some() {
                self.segments.file(first)?
            } else {
                self.segments.create(first, true)?
            };
            let count = pending.bytes.len().min((first + size - byte) as usize);
            file.write_at(&pending.bytes[..count], byte - first)?;
            if self.segments.first() == Some(first) && self.end() == 0 {
                // Fillers are no messages.
                let fillers = pending.bytes[..count]
                    .chunks_exact(UNIT_BYTES as usize)
                    .take_while(|unit| Unit::from_bytes(unit).is_some_and(|unit| unit.is_filler()))
                    .count();
                self.min.store(pending.start + fillers as i64, Ordering::Release);
            }
            pending.bytes.drain(..count);
            pending.start += (count as u64 / UNIT_BYTES) as i64;
            self.end.store(pending.start, Ordering::Release);
        }
        Ok(())
    }

    /// Number that [`put`](Self::put) expects next.
    pub(crate) fn expected(&self) -> i64 {
        let pending = lock(&self.pending);
        match pending.bytes.len() as u64 / UNIT_BYTES {
            0 => self.end(),
            units => pending.start + units as i64,
        }
    }

    /// Whether units wait to be written.
    pub(crate) fn has_pending(&self) -> bool {
        !lock(&self.pending).bytes.is_empty()
    }

    /// Bytes written and not synced.
    pub(crate) fn unsynced_bytes(&self) -> u64 {
        (self.end() as u64 * UNIT_BYTES).saturating_sub(lock(&self.pending).synced_bytes)
    }

    /// Syncs what was readable when it began.
    pub(crate) fn sync(&self) -> io::Result<()> {
        let to = self.end() as u64 * UNIT_BYTES;
        let from = lock(&self.pending).synced_bytes;
        if from < to {
            self.segments.sync(from, to)?;
            lock(&self.pending).synced_bytes = to;
        }
        Ok(())
    }

    /// Finds the end after a clean stop: the first place of the last file that holds no unit.
    pub(crate) fn find_end(&self) -> io::Result<()> {
        let mut end = 0;
        for first in self.segments.firsts().into_iter().rev() {
            end = self.scan(first, |_| true)?;
            if end > first {
                break;
            }
        }
        self.set_end(end);
        Ok(())
    }

    /// Ends the queue before the first unit that lies at or behind `log_offset`, or is none. Units before that are
    /// known to be whole; a file is looked at only if it may hold the border.
    pub(crate) fn end_before(&self, log_offset: u64) -> io::Result<()> {
        let mut end = self.segments.first().unwrap_or(0);
        for first in self.segments.firsts().into_iter().rev() {
            let found = self.scan(first, |unit| unit.is_filler() || unit.log_offset < log_offset)?;
            if found > first {
                end = found;
                break;
            }
        }
        self.set_end(end);
        self.cut_files(end)
    }

    /// Ends the queue behind the last unit that `is_right`, looking back from the end.
    pub(crate) fn drop_wrong_tail(&self, mut is_right: impl FnMut(i64, &Unit) -> bool) -> io::Result<()> {
        let begin = self.segments.first().unwrap_or(0) / UNIT_BYTES;
        let mut end = self.end();
        while end > begin as i64 && !self.unit(end - 1)?.is_some_and(|unit| is_right(end - 1, &unit)) {
            end -= 1;
            self.end.store(end, Ordering::Release);
        }
        let bytes = end as u64 * UNIT_BYTES;
        self.set_end(bytes);
        self.cut_files(bytes)
    }

    fn cut_files(&self, end_bytes: u64) -> io::Result<()> {
        if self.segments.first().is_some_and(|first| end_bytes <= first) {
            self.set_end(0);
            return self.segments.remove_from(0);
        }
        self.segments.cut(end_bytes, true)
    }

    fn set_end(&self, end_bytes: u64) {
        let end = (end_bytes / UNIT_BYTES) as i64;
        self.end.store(end, Ordering::Release);
        self.next.store(end, Ordering::Release);
        self.min.store(0, Ordering::Release);
        *lock(&self.pending) = Pending {
            start: end,
            bytes: Vec::new(),
            synced_bytes: end_bytes,
        };
    }

    /// Walks the units of one file while `goes_on`; the byte offset behind the last.
    fn scan(&self, first: u64, goes_on: impl Fn(&Unit) -> bool) -> io::Result<u64> {
        let file = self.segments.file(first)?;
        let size = self.segments.size_bytes() / UNIT_BYTES * UNIT_BYTES;
        let mut at = 0;
        // Most queues are short: start small, then read more at once.
        let mut chunk = 100 * UNIT_BYTES;
        let mut buf = Vec::new();
        while at < size {
            let count = chunk.min(size - at);
            buf.resize(count as usize, 0);
            read_exact_at(file.as_ref(), &mut buf, at)?;
            for bytes in buf.chunks_exact(UNIT_BYTES as usize) {
                if !Unit::from_bytes(bytes).is_some_and(|unit| goes_on(&unit)) {
                    return Ok(first + at);
                }
                at += UNIT_BYTES;
            }
            chunk = (chunk * 4).min(3200 * UNIT_BYTES);
        }
        Ok(first + size)
    }

    /// The last unit, if any.
    pub(crate) fn last_unit(&self) -> io::Result<Option<Unit>> {
        self.unit(self.end() - 1)
    }

    /// First number in `from..to` for which `is_at_or_behind` holds, which must be false and then true along the queue.
    pub(crate) fn partition(
        &self,
        from: i64,
        to: i64,
        mut is_at_or_behind: impl FnMut(&Unit) -> io::Result<bool>,
    ) -> io::Result<i64> {
        let (mut low, mut high) = (from, to);
        while low < high {
            let middle = low + (high - low) / 2;
            let behind = match self.unit(middle)? {
                Some(unit) => is_at_or_behind(&unit)?,
                None => false,
            };
            if behind { high = middle } else { low = middle + 1 }
        }
        Ok(low)
    }

    /// Moves the minimum to the first unit at or behind `log_min`, and removes files that hold nothing behind it.
    /// Gives the number of files removed.
    pub(crate) fn forget_before(&self, log_min: u64) -> io::Result<usize> {
        let mut removed = 0;
        let per_file = (self.segments.size_bytes() / UNIT_BYTES) as i64;
        while let (Some(first), Some(last)) = (self.segments.first(), self.segments.last()) {
            // The last file stays: it knows the number of the next message.
            let last_in_file = first as i64 / UNIT_BYTES as i64 + per_file - 1;
            if first == last || self.unit(last_in_file)?.is_some_and(|unit| unit.log_offset >= log_min) {
                break;
            }
            self.segments.remove_first()?;
            removed += 1;
        }
        let begin = (self.segments.first().unwrap_or(0) / UNIT_BYTES) as i64;
        let from = begin.max(self.min());
        let is_there = self.unit(from)?.is_some_and(|unit| unit.log_offset >= log_min);
        let min = if is_there {
            from
        } else {
            self.partition(from, self.end(), |unit| Ok(unit.log_offset >= log_min))?
        };
        self.min.store(min, Ordering::Release);
        Ok(removed)
    }

    /// Removes every file.
    pub(crate) fn destroy(&self) -> io::Result<()> {
        self.segments.remove_from(0)?;
        self.set_end(0);
        Ok(())
    }
}

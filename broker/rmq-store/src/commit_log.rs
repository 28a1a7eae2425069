//! The append path: one lock, one write, and a new file when the current one is full.
//!
//! Every record of the store goes through [`CommitLog::append`]. Under the lock a message gets its place, its number
//! in the queue and its store time, and is written with one `pwrite`. Nothing is moved before that write succeeded: a
//! disk that fills up leaves the log as it was.
//!
//! ```text
//!   … record │ record │ size, blank magic ┆ rest of the file     next file: record │ …
//!                     └ when record + 8 does not fit
//! ```
//!
//! Not here: making the bytes durable (`flush`), telling the queues (`dispatch`), the start (`recover`).

use std::io;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::config::Clock;
use crate::consume_queue::ConsumeQueue;
use crate::disk::{DiskFile, is_no_room};
use crate::event::{Observer, StoreEvent};
use crate::record::{self, BLANK_BYTES, HEAD_BYTES};
use crate::segments::Segments;
use crate::sync::lock;

/// Where a message, or the first of a batch, was put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Log offset of each record, in order.
    pub log_offsets: Vec<u64>,
    /// Bytes of all records.
    pub size_bytes: u64,
    /// Number of the first in its queue.
    pub queue_offset: i64,
    /// Store time of all.
    pub store_ms: i64,
}

impl Placed {
    /// First byte behind the last record: what must be flushed or replicated before this is safe.
    pub fn log_end(&self) -> u64 {
        self.log_offsets.first().unwrap_or(&0) + self.size_bytes
    }
}

/// Stages of an append, by a monotonic clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AppendTimes {
    /// Waiting for the append lock.
    pub lock: Duration,
    /// Under the lock: placing and writing.
    pub append: Duration,
    /// Part of `append`: making a new file.
    pub roll: Duration,
}

/// Why nothing was appended.
#[derive(Debug)]
pub(crate) enum AppendError {
    /// Does not fit into a file of the log.
    TooLong,
    /// No room.
    NoRoom(io::Error),
    /// Anything else.
    Io(io::Error),
}

impl From<io::Error> for AppendError {
    fn from(error: io::Error) -> Self {
        if is_no_room(&error) {
            AppendError::NoRoom(error)
        } else {
            AppendError::Io(error)
        }
    }
}

#[derive(Debug)]
struct Tail {
    file: Option<Arc<dyn DiskFile>>,
    /// First byte of the current file.
    first: u64,
    /// Next byte within it.
    at: u64,
    /// Room is taken up to here.
    reserved: u64,
    last_store_ms: i64,
}

/// The log.
pub(crate) struct CommitLog {
    segments: Segments,
    tail: Mutex<Tail>,
    /// First byte that is not written.
    end: AtomicU64,
    /// First byte that is not synced.
    flushed: AtomicU64,
    /// Store time of the last record written.
    last_store_ms: AtomicI64,
    /// When the lock was taken, by `clock`; 0 when free. A watchdog reads it.
    locked_since_ms: AtomicI64,
    reserve_bytes: u64,
    clock: Clock,
    observer: Arc<dyn Observer>,
}

impl std::fmt::Debug for CommitLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CommitLog")
            .field("end", &self.end())
            .field("flushed", &self.flushed())
            .finish_non_exhaustive()
    }
}

impl CommitLog {
    pub(crate) fn new(segments: Segments, reserve_bytes: u64, clock: Clock, observer: Arc<dyn Observer>) -> Self {
        CommitLog {
            segments,
            tail: Mutex::new(Tail {
                file: None,
                first: 0,
                at: 0,
                reserved: 0,
                last_store_ms: 0,
            }),
            end: AtomicU64::new(0),
            flushed: AtomicU64::new(0),
            last_store_ms: AtomicI64::new(0),
            locked_since_ms: AtomicI64::new(0),
            reserve_bytes,
            clock,
            observer,
        }
    }

    pub(crate) fn segments(&self) -> &Segments {
        &self.segments
    }

    /// First byte that is not written.
    pub(crate) fn end(&self) -> u64 {
        self.end.load(Ordering::Acquire)
    }

    /// First byte that is there.
    pub(crate) fn min(&self) -> u64 {
        self.segments.first().unwrap_or(0)
    }

    /// First byte that is not synced.
    pub(crate) fn flushed(&self) -> u64 {
        self.flushed.load(Ordering::Acquire)
    }

    /// Store time of the last record.
    pub(crate) fn last_store_ms(&self) -> i64 {
        self.last_store_ms.load(Ordering::Acquire)
    }

    /// Tells of a record that came by [`append_raw`](Self::append_raw).
    pub(crate) fn note_store_ms(&self, store_ms: i64) {
        self.last_store_ms.fetch_max(store_ms, Ordering::AcqRel);
    }

    /// How long the append lock has been held by its present holder.
    pub(crate) fn locked_for(&self) -> Duration {
        match self.locked_since_ms.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            since => Duration::from_millis(u64::try_from(self.clock.now_ms() - since).unwrap_or(0)),
        }
    }

    /// Continues at `end`, everything before it being synced. For recovery, and for a slave that is cut back.
    pub(crate) fn set_end(&self, end: u64, last_store_ms: i64) -> io::Result<()> {
        let mut tail = lock(&self.tail);
        // At the end of a file the next one is made by the append that needs it.
        let current = match end.checked_sub(1).and_then(|last| self.segments.holding(last)) {
            Some(first) => Some(first),
            None => self.segments.holding(end),
        };
        tail.file = current.map(|first| self.segments.file(first)).transpose()?;
        tail.first = current.unwrap_or(end);
        tail.at = end - tail.first;
        tail.reserved = 0;
        tail.last_store_ms = last_store_ms;
        self.last_store_ms.store(last_store_ms, Ordering::Release);
        self.flushed.store(end, Ordering::Release);
        self.end.store(end, Ordering::Release);
        Ok(())
    }

    /// Puts encoded records, which lie one behind the other in `bytes`, into one file, with numbers from `queue`.
    pub(crate) fn append(
        &self,
        bytes: &mut [u8],
        sizes: &[usize],
        queue: &ConsumeQueue,
        is_queued: bool,
    ) -> Result<(Placed, AppendTimes), AppendError> {
        if (bytes.len() + BLANK_BYTES) as u64 > self.segments.size_bytes() {
            return Err(AppendError::TooLong);
        }
        let asked = Instant::now();
        let mut tail = lock(&self.tail);
        let entered = Instant::now();
        let now_ms = self.clock.now_ms();
        self.locked_since_ms.store(now_ms, Ordering::Relaxed);
        let result = self.append_locked(&mut tail, now_ms, bytes, sizes, queue, is_queued);
        self.locked_since_ms.store(0, Ordering::Relaxed);
        drop(tail);
        let left = Instant::now();
        result.map(|(placed, roll)| {
            (
                placed,
                AppendTimes {
                    lock: entered - asked,
                    append: left - entered,
                    roll,
                },
            )
        })
    }

    fn append_locked(
        &self,
        tail: &mut Tail,
        now_ms: i64,
        bytes: &mut [u8],
        sizes: &[usize],
        queue: &ConsumeQueue,
        is_queued: bool,
    ) -> Result<(Placed, Duration), AppendError> {
        let roll = self.make_room(tail, bytes.len())?;
        // Store times never go back, whatever the clock does: recovery and lookup by time rely on it.
        let store_ms = now_ms.max(tail.last_store_ms);
        let queue_offset = if is_queued { queue.next() } else { 0 };
        let start = tail.first + tail.at;
        let mut log_offsets = Vec::with_capacity(sizes.len());
        let mut at = 0;
        for (number, &size) in sizes.iter().enumerate() {
            let log_offset = start + at as u64;
            let number = if is_queued { queue_offset + number as i64 } else { 0 };
            record::place(&mut bytes[at..at + size], number, log_offset, store_ms);
            log_offsets.push(log_offset);
            at += size;
        }
        self.write_at_tail(tail, bytes)?;
        tail.last_store_ms = store_ms;
        if is_queued {
            queue.set_next(queue_offset + sizes.len() as i64);
        }
        // The end before the time: whoever reads the time and then the end has both.
        self.end.store(tail.first + tail.at, Ordering::Release);
        self.last_store_ms.store(store_ms, Ordering::Release);
        Ok((
            Placed {
                log_offsets,
                size_bytes: bytes.len() as u64,
                queue_offset,
                store_ms,
            },
            roll,
        ))
    }

    /// Goes to a new file unless `len` bytes and a blank fit into this one. The old one is closed with a blank.
    fn make_room(&self, tail: &mut Tail, len: usize) -> Result<Duration, AppendError> {
        let size = self.segments.size_bytes();
        let left = if tail.file.is_some() { size - tail.at } else { 0 };
        if (len + BLANK_BYTES) as u64 <= left {
            return Ok(Duration::ZERO);
        }
        let begun = Instant::now();
        let next = if tail.file.is_some() {
            tail.first + size
        } else {
            tail.first
        };
        // A try that failed behind this point has left the file; it is empty.
        let fresh = match self.segments.holding(next) {
            Some(first) => self.segments.file(first)?,
            None => self.segments.create(next, false)?,
        };
        if let Some(old) = tail.file.as_ref().filter(|_| left >= BLANK_BYTES as u64) {
            let left = u32::try_from(left).map_err(|_| AppendError::TooLong)?;
            old.write_at(&record::blank(left), tail.at)?;
        }
        *tail = Tail {
            file: Some(fresh),
            first: next,
            at: 0,
            reserved: 0,
            last_store_ms: tail.last_store_ms,
        };
        let took = begun.elapsed();
        self.observer.event(&StoreEvent::FileRoll { first: next, took });
        Ok(took)
    }

    fn write_at_tail(&self, tail: &mut Tail, bytes: &[u8]) -> Result<(), AppendError> {
        let Some(file) = &tail.file else {
            return Err(AppendError::Io(io::ErrorKind::NotFound.into()));
        };
        let behind = tail.at + bytes.len() as u64;
        if behind > tail.reserved {
            let ahead = (behind - tail.at)
                .max(self.reserve_bytes)
                .min(self.segments.size_bytes() - tail.at);
            // Near the end of a disk a whole step may not fit where this message still does.
            if file.reserve(tail.at, ahead).is_ok() {
                tail.reserved = tail.at + ahead;
            } else {
                file.reserve(tail.at, behind - tail.at)?;
                tail.reserved = behind;
            }
        }
        file.write_at(bytes, tail.at)?;
        tail.at = behind;
        Ok(())
    }

    /// Appends what a master sent, which begins at `offset`. `false` unless that is the end of this log.
    pub(crate) fn append_raw(&self, offset: u64, mut bytes: &[u8]) -> Result<bool, AppendError> {
        let mut tail = lock(&self.tail);
        if tail.file.is_none() && self.segments.first().is_none() {
            // A slave begins where its master's oldest file does.
            tail.first = offset - offset % self.segments.size_bytes();
            tail.at = offset - tail.first;
            if tail.at > 0 {
                return Ok(false);
            }
        }
        if offset != tail.first + tail.at {
            return Ok(false);
        }
        let size = self.segments.size_bytes();
        while !bytes.is_empty() {
            if tail.file.is_none() || tail.at == size {
                let next = tail.first + tail.at;
                let fresh = match self.segments.holding(next) {
                    Some(first) => self.segments.file(first)?,
                    None => self.segments.create(next, false)?,
                };
                *tail = Tail {
                    file: Some(fresh),
                    first: next,
                    at: 0,
                    reserved: 0,
                    ..*tail
                };
            }
            let (now, rest) = bytes.split_at(bytes.len().min((size - tail.at) as usize));
            self.write_at_tail(&mut tail, now)?;
            self.end.store(tail.first + tail.at, Ordering::Release);
            bytes = rest;
        }
        Ok(true)
    }

    /// Syncs everything written so far. Gives the bytes that became safe, and the store time up to which they are.
    /// Only one thread at a time may call this.
    pub(crate) fn flush(&self) -> io::Result<(u64, i64)> {
        // The time first: a record that raises it afterwards may be behind the end that is synced.
        let store_ms = self.last_store_ms();
        let to = self.end();
        let from = self.flushed();
        if from < to {
            self.segments.sync(from, to)?;
            self.flushed.store(to, Ordering::Release);
        }
        Ok((to.saturating_sub(from), store_ms))
    }

    /// Copies `size` bytes from `offset`; `None` when they are not there.
    pub(crate) fn read(&self, offset: u64, size: usize, out: &mut Vec<u8>) -> Option<()> {
        if offset.checked_add(size as u64)? > self.end() || size as u64 > self.segments.size_bytes() {
            return None;
        }
        let from = out.len();
        out.resize(from + size, 0);
        if self.segments.read_at(&mut out[from..], offset).is_err() {
            out.truncate(from);
            return None;
        }
        Some(())
    }

    /// Appends to `out` the record at `offset`, which must be one of `size` bytes.
    pub(crate) fn read_record(&self, offset: u64, size: usize, out: &mut Vec<u8>) -> Option<()> {
        let from = out.len();
        // Whoever claims a long record must have one, before room is made for it.
        if size > 64 * 1024 {
            self.read(offset, HEAD_BYTES, out)?;
            let claimed = record::size_and_log_offset(&out[from..]);
            out.truncate(from);
            claimed.filter(|&claimed| claimed == (size as u32, offset))?;
        }
        self.read(offset, size, out)?;
        // Nobody gets what the disk has changed: a client would throw away the whole answer.
        let is_whole = match record::parse(&out[from..], record::Check::Crc) {
            Ok(record::Parsed::Record(record)) => record.bytes.len() == size && record.log_offset == offset,
            _ => false,
        };
        if !is_whole {
            out.truncate(from);
            return None;
        }
        Some(())
    }

    /// The record at `offset`, if one begins there. Any offset may be asked for: a client's message id holds one.
    pub(crate) fn record_at(&self, offset: u64, max_bytes: usize) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        self.read(offset, HEAD_BYTES, &mut out)?;
        let (size, log_offset) = record::size_and_log_offset(&out)?;
        let size = usize::try_from(size)
            .ok()
            .filter(|&size| size >= HEAD_BYTES && size <= max_bytes)?;
        if log_offset != offset {
            return None;
        }
        out.clear();
        self.read(offset, size, &mut out)?;
        matches!(record::parse(&out, record::Check::Crc), Ok(record::Parsed::Record(_))).then_some(out)
    }

    /// Store time of the record at `offset`.
    pub(crate) fn store_ms(&self, offset: u64) -> Option<i64> {
        if offset < self.min() {
            return None;
        }
        let mut head = Vec::with_capacity(HEAD_BYTES);
        self.read(offset, HEAD_BYTES, &mut head)?;
        record::store_ms_of_head(&head)
    }
}

//! Reading and finding: queues by number and time, records by offset and key, and the store's own figures.

use std::io;
use std::time::Duration;

use super::Store;
use crate::index::KeyHits;
use crate::read::{self, Get, GetRequest, GetStatus, MessageFilter};

/// `maxMsgsNumBatch`: hits of one lookup by key.
const KEY_HITS_MAX: usize = 64;

/// Which end of a run of equal times is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Boundary {
    /// The first message at or after the time.
    Lower,
    /// The last message at or before the time.
    Upper,
}
impl Store {
    /// Log bytes from `log_offset` for a slave: at most `max_bytes`, not across a file end. Empty at the end; `None`
    /// when they are gone or were never there.
    pub fn read_log(&self, log_offset: u64, max_bytes: usize) -> Option<Vec<u8>> {
        let (log, end) = (&self.inner.log, self.inner.log.end());
        if log_offset == end {
            return Some(Vec::new());
        }
        let file_end = log.segments().holding(log_offset)? + log.segments().size_bytes();
        let count = end.min(file_end).checked_sub(log_offset)?.min(max_bytes as u64) as usize;
        let mut out = Vec::new();
        log.read(log_offset, count, &mut out).map(|()| out)
    }

    /// Reads a queue.
    pub fn get(&self, request: &GetRequest<'_>, filter: &dyn MessageFilter) -> Get {
        match self.inner.queues.get(request.topic, request.queue_id) {
            Some(queue) => read::get(&self.inner.config, &self.inner.log, &queue, request, filter),
            None => {
                let next = if self.inner.config.is_slave { request.offset } else { 0 };
                Get::nothing(GetStatus::NoMatchedLogicQueue, next, 0, 0)
            }
        }
    }

    /// The record that begins at a log offset. Any offset may be asked for.
    pub fn record_at(&self, log_offset: u64) -> Option<Vec<u8>> {
        self.inner
            .log
            .record_at(log_offset, self.inner.config.log_file_bytes as usize)
    }

    /// The newest `max` records with a key, in the order of the log, and what the index last saw. Other keys of the
    /// same hash may be among them.
    pub fn find_by_key(
        &self,
        topic: &str,
        key: &str,
        max: usize,
        begin_ms: i64,
        end_ms: i64,
    ) -> io::Result<(Vec<Vec<u8>>, KeyHits)> {
        let Some(index) = &self.inner.index else {
            return Ok((Vec::new(), KeyHits::default()));
        };
        let mut hits = index.find(topic, key, max.min(KEY_HITS_MAX), begin_ms, end_ms)?;
        hits.log_offsets.sort_unstable();
        let records = hits
            .log_offsets
            .iter()
            .filter_map(|&offset| self.record_at(offset))
            .collect();
        Ok((records, hits))
    }

    /// Number in a queue by store time, within its minimum and maximum.
    pub fn offset_by_time(&self, topic: &str, queue_id: i32, time_ms: i64, boundary: Boundary) -> io::Result<i64> {
        let Some(queue) = self.inner.queues.get(topic, queue_id) else {
            return Ok(0);
        };
        let (min, max) = (queue.min(), queue.end());
        let log = &self.inner.log;
        let is_behind = |ms: i64| match boundary {
            Boundary::Lower => ms >= time_ms,
            Boundary::Upper => ms > time_ms,
        };
        let found = queue.partition(min, max, |unit| {
            Ok(log.store_ms(unit.log_offset).is_some_and(is_behind))
        })?;
        match boundary {
            Boundary::Lower => Ok(found),
            Boundary::Upper => Ok((found - 1).max(min)),
        }
    }

    /// Store time of a message of a queue.
    pub fn store_ms(&self, topic: &str, queue_id: i32, offset: i64) -> Option<i64> {
        let unit = self.inner.queues.get(topic, queue_id)?.unit(offset).ok()??;
        self.inner.log.store_ms(unit.log_offset)
    }

    /// Store time of the first message that is left in a queue.
    pub fn earliest_ms(&self, topic: &str, queue_id: i32) -> Option<i64> {
        self.store_ms(topic, queue_id, self.min_offset(topic, queue_id))
    }

    /// First number of a queue; 0 when it is not known.
    pub fn min_offset(&self, topic: &str, queue_id: i32) -> i64 {
        self.inner.queues.get(topic, queue_id).map_or(0, |queue| queue.min())
    }

    /// Number behind the last readable message; 0 when the queue is not known.
    pub fn max_offset(&self, topic: &str, queue_id: i32) -> i64 {
        self.inner.queues.get(topic, queue_id).map_or(0, |queue| queue.end())
    }

    /// Number the next message gets.
    pub fn next_offset(&self, topic: &str, queue_id: i32) -> i64 {
        self.inner.queues.get(topic, queue_id).map_or(0, |queue| queue.next())
    }

    /// Whether a message is near enough to the log's end to be in memory.
    pub fn is_in_memory(&self, topic: &str, queue_id: i32, offset: i64) -> bool {
        let unit = self
            .inner
            .queues
            .get(topic, queue_id)
            .and_then(|queue| queue.unit(offset).ok()?);
        unit.is_some_and(|unit| self.inner.log.end() - unit.log_offset <= self.inner.config.memory_bytes)
    }

    /// Every queue that has a folder or had a message.
    pub fn queues(&self) -> Vec<(String, i32)> {
        self.inner
            .queues
            .all()
            .into_iter()
            .map(|(topic, id, _)| (topic, id))
            .collect()
    }

    /// Removes the queues of topics that `is_wanted` does not want. Their records go with the log.
    pub fn clean_unused_topics(&self, is_wanted: impl Fn(&str) -> bool) -> io::Result<Vec<String>> {
        let unwanted: Vec<String> = self
            .inner
            .queues
            .topics()
            .into_iter()
            .filter(|topic| !is_wanted(topic))
            .collect();
        for topic in &unwanted {
            self.inner.queues.destroy(topic)?;
        }
        Ok(unwanted)
    }

    /// First byte of the log that is left.
    pub fn log_min(&self) -> u64 {
        self.inner.log.min()
    }

    /// First byte of the log that is not written.
    pub fn log_end(&self) -> u64 {
        self.inner.log.end()
    }

    /// First byte of the log that is not synced.
    pub fn log_flushed(&self) -> u64 {
        self.inner.log.flushed()
    }

    /// Store time of the last message.
    pub fn last_store_ms(&self) -> i64 {
        self.inner.log.last_store_ms()
    }

    /// Bytes that are written and not yet told to the queues.
    pub fn dispatch_behind_bytes(&self) -> u64 {
        self.inner.log.end().saturating_sub(self.inner.dispatcher.position())
    }

    /// How long the append lock has been held by its present holder: more than `osPageCacheBusyTimeOutMills` means
    /// that the disk holds up everybody.
    pub fn append_locked_for(&self) -> Duration {
        self.inner.log.locked_for()
    }

    /// Whether messages are taken.
    pub fn is_writable(&self) -> bool {
        self.inner.flags.is_writable()
    }

    /// RocketMQ's running flags, as its log prints them.
    pub fn flag_bits(&self) -> u32 {
        self.inner.flags.bits()
    }

    /// Ratios in use of the disks of log and queues; −1 when unknown.
    pub fn disk_ratios(&self) -> (f64, f64) {
        (
            self.inner.ratio(&self.inner.config.log_dir()),
            self.inner.ratio(&self.inner.config.queues_dir()),
        )
    }

    /// Bytes of all files, holes included.
    pub fn total_bytes(&self) -> u64 {
        let index = self.inner.index.as_ref().map_or(0, |index| index.total_bytes());
        self.inner.log.segments().total_bytes() + self.inner.queues.total_bytes() + index
    }
}

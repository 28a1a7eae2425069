//! Lookup of messages by key: hash files, each good for twenty million entries.
//!
//! ```text
//! index/yyyyMMddHHmmssSSS
//!     header 40: begin time 8 │ end time 8 │ begin log offset 8 │ end log offset 8 │ slots used 4 │ entries + 1 4
//!     slots  4 × 5,000,000: number of the newest entry with this hash
//!     entries 20 × 20,000,000: key hash 4 │ log offset 8 │ seconds since begin 4 │ previous entry of the slot 4
//! ```
//!
//! Entry 0 is never used. After a crash only what the checkpoint vouches for is believed: the entries up to its index
//! time. The slots are built again from them, and the messages behind come again from the log.

use std::cmp::Ordering;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use crate::disk::{Disk, DiskFile, OpenMode, read_exact_at};
use crate::record::java_hash;
use crate::sync::{read, write};

const HEADER_BYTES: u64 = 40;
const SLOT_BYTES: u64 = 4;
const ENTRY_BYTES: u64 = 20;

/// How many slots and entries a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexSize {
    /// `maxHashSlotNum`.
    pub slots: u32,
    /// `maxIndexNum`.
    pub entries: u32,
}

impl Default for IndexSize {
    fn default() -> Self {
        IndexSize {
            slots: 5_000_000,
            entries: 20_000_000,
        }
    }
}

impl IndexSize {
    fn file_bytes(self) -> u64 {
        HEADER_BYTES + u64::from(self.slots) * SLOT_BYTES + u64::from(self.entries) * ENTRY_BYTES
    }

    fn slot_at(self, hash: u32) -> u64 {
        HEADER_BYTES + u64::from(hash % self.slots.max(1)) * SLOT_BYTES
    }

    fn entry_at(self, number: u32) -> u64 {
        HEADER_BYTES + u64::from(self.slots) * SLOT_BYTES + u64::from(number) * ENTRY_BYTES
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Header {
    begin_ms: i64,
    end_ms: i64,
    begin_log: i64,
    end_log: i64,
    slots_used: u32,
    /// Number of the next entry; 1 in an empty file.
    next_entry: u32,
}

impl Header {
    fn to_bytes(self) -> [u8; HEADER_BYTES as usize] {
        let mut out = [0; HEADER_BYTES as usize];
        out[..8].copy_from_slice(&self.begin_ms.to_be_bytes());
        out[8..16].copy_from_slice(&self.end_ms.to_be_bytes());
        out[16..24].copy_from_slice(&self.begin_log.to_be_bytes());
        out[24..32].copy_from_slice(&self.end_log.to_be_bytes());
        out[32..36].copy_from_slice(&self.slots_used.to_be_bytes());
        out[36..].copy_from_slice(&self.next_entry.to_be_bytes());
        out
    }

    fn from_bytes(bytes: &[u8; HEADER_BYTES as usize], size: IndexSize) -> Header {
        let long = |at: usize| {
            bytes[at..at + 8]
                .iter()
                .fold(0i64, |sum, &byte| (sum << 8) | i64::from(byte))
        };
        let int = |at: usize| {
            bytes[at..at + 4]
                .iter()
                .fold(0u32, |sum, &byte| (sum << 8) | u32::from(byte))
        };
        Header {
            begin_ms: long(0),
            end_ms: long(8),
            begin_log: long(16),
            end_log: long(24),
            slots_used: int(32),
            next_entry: int(36).clamp(1, size.entries.max(1)),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    hash: u32,
    log_offset: i64,
    seconds: i32,
    previous: u32,
}

impl Entry {
    fn to_bytes(self) -> [u8; ENTRY_BYTES as usize] {
        let mut out = [0; ENTRY_BYTES as usize];
        out[..4].copy_from_slice(&self.hash.to_be_bytes());
        out[4..12].copy_from_slice(&self.log_offset.to_be_bytes());
        out[12..16].copy_from_slice(&self.seconds.to_be_bytes());
        out[16..].copy_from_slice(&self.previous.to_be_bytes());
        out
    }

    fn from_bytes(bytes: &[u8]) -> Entry {
        let int = |at: usize| {
            bytes[at..at + 4]
                .iter()
                .fold(0u32, |sum, &byte| (sum << 8) | u32::from(byte))
        };
        let long = bytes[4..12]
            .iter()
            .fold(0i64, |sum, &byte| (sum << 8) | i64::from(byte));
        Entry {
            hash: int(0),
            log_offset: long,
            seconds: int(12) as i32,
            previous: int(16),
        }
    }
}

#[derive(Debug)]
struct IndexFile {
    path: PathBuf,
    file: Arc<dyn DiskFile>,
    header: Header,
    /// Entries not written yet; the first has number `header.next_entry - pending / 20`.
    pending: Vec<u8>,
    dirty: bool,
}

/// What a lookup found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyHits {
    /// Log offsets, newest first; other keys of the same hash may be among them.
    pub log_offsets: Vec<u64>,
    /// Store time of the last message indexed.
    pub last_update_ms: i64,
    /// Log offset of the last message indexed.
    pub last_update_log: u64,
}

/// All index files.
#[derive(Debug)]
pub(crate) struct Index {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    size: IndexSize,
    files: RwLock<Vec<IndexFile>>,
}

/// RocketMQ's hash of an index key.
fn key_hash(topic: &str, key: &str) -> u32 {
    let hash = java_hash(&format!("{topic}#{key}"));
    // `Math.abs` of the smallest number is negative; Java then takes 0.
    hash.checked_abs().unwrap_or(0) as u32
}

impl Index {
    /// Over a folder that need not exist yet.
    pub(crate) fn new(disk: Arc<dyn Disk>, dir: PathBuf, size: IndexSize) -> Self {
        Index {
            disk,
            dir,
            size,
            files: RwLock::default(),
        }
    }

    /// Opens the files. After a crash what is newer than `synced_ms`, the index time of the checkpoint, is forgotten.
    pub(crate) fn load(&self, clean: bool, synced_ms: i64) -> io::Result<()> {
        let mut files: Vec<IndexFile> = Vec::new();
        let mut is_cut = false;
        let listed = self.disk.list(&self.dir)?;
        let mut names = listed
            .iter()
            .filter(|entry| !entry.is_dir && is_index_name(&entry.name))
            .peekable();
        while let Some(entry) = names.next() {
            let path = self.dir.join(&entry.name);
            // A file is made with its length: another one is half a creation, or another configuration.
            if entry.len_bytes == 0 || is_cut {
                self.remove(&path)?;
            }
            if entry.len_bytes != self.size.file_bytes() || is_cut {
                continue;
            }
            let mut one = self.open(path)?;
            if !clean && (one.header.end_ms > synced_ms || names.peek().is_none()) {
                is_cut = self.rebuild_slots(&mut one, synced_ms)?;
                if one.header.next_entry == 1 {
                    self.remove(&one.path)?;
                    continue;
                }
            }
            files.push(one);
        }
        *write(&self.files) = files;
        Ok(())
    }

    /// Removes a file for good: one that comes back after a power cut would be believed.
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.disk.remove_file(path)?;
        self.disk.sync_dir(&self.dir)
    }

    fn open(&self, path: PathBuf) -> io::Result<IndexFile> {
        let file = self.disk.open(&path, OpenMode::Existing)?;
        let mut bytes = [0; HEADER_BYTES as usize];
        read_exact_at(file.as_ref(), &mut bytes, 0)?;
        let header = Header::from_bytes(&bytes, self.size);
        Ok(IndexFile {
            path,
            file,
            header,
            pending: Vec::new(),
            dirty: false,
        })
    }

    /// Believes the entries up to `synced_ms` as far as they are in order, and points the slots at them. Whether
    /// entries were forgotten.
    fn rebuild_slots(&self, one: &mut IndexFile, synced_ms: i64) -> io::Result<bool> {
        let mut slots = vec![0u8; self.size.slots as usize * SLOT_BYTES as usize];
        let (mut number, mut used) = (1, 0);
        let mut last_log = i64::MIN;
        let mut end_ms = one.header.begin_ms;
        // Entries know whole seconds: what may be younger counts as younger.
        let seconds_max = synced_ms.saturating_sub(one.header.begin_ms).div_euclid(1000) - 1;
        let mut buf = Vec::new();
        'entries: while number < one.header.next_entry {
            let count = (one.header.next_entry - number).min(16 * 1024);
            buf.resize(count as usize * ENTRY_BYTES as usize, 0);
            read_exact_at(one.file.as_ref(), &mut buf, self.size.entry_at(number))?;
            for bytes in buf.chunks_exact(ENTRY_BYTES as usize) {
                let entry = Entry::from_bytes(bytes);
                let in_order = entry.log_offset >= last_log.max(0) && entry.log_offset <= one.header.end_log;
                let is_safe = entry.seconds >= 0 && i64::from(entry.seconds) <= seconds_max;
                if !in_order || !is_safe || entry.previous >= number || entry.hash > i32::MAX as u32 {
                    break 'entries;
                }
                last_log = entry.log_offset;
                end_ms = one.header.begin_ms.saturating_add(i64::from(entry.seconds) * 1000);
                let at = (self.size.slot_at(entry.hash) - HEADER_BYTES) as usize;
                if slots[at..at + 4] == [0; 4] {
                    used += 1;
                }
                slots[at..at + 4].copy_from_slice(&number.to_be_bytes());
                number += 1;
            }
        }
        if number < one.header.next_entry {
            one.header.end_log = last_log.max(0);
            one.header.end_ms = end_ms;
        }
        let is_cut = number < one.header.next_entry;
        one.header.next_entry = number;
        one.header.slots_used = used;
        one.file.write_at(&slots, HEADER_BYTES)?;
        one.dirty = true;
        Ok(is_cut)
    }

    /// Forgets messages at or behind `log_end`, which the log has lost.
    pub(crate) fn end_before(&self, log_end: u64) -> io::Result<()> {
        let log_end = log_end as i64;
        let mut files = write(&self.files);
        while let Some(last) = files.last_mut().filter(|last| last.header.end_log >= log_end) {
            if last.header.next_entry > 1 && last.header.begin_log < log_end {
                last.header.end_log = log_end - 1;
                return self.rebuild_slots(last, i64::MAX).map(drop);
            }
            self.remove(&last.path)?;
            files.pop();
        }
        Ok(())
    }

    /// Adds the keys of a message. They are readable at once and written by [`write_pending`](Self::write_pending).
    pub(crate) fn put<'a>(
        &self,
        topic: &str,
        keys: impl Iterator<Item = &'a str>,
        log_offset: u64,
        store_ms: i64,
        name: impl Fn() -> String,
    ) -> io::Result<()> {
        let mut files = write(&self.files);
        // A message that is indexed already, met again after a restart.
        let is_known = |header: &Header| match (log_offset as i64).cmp(&header.end_log) {
            Ordering::Less => true,
            // Of the last message of a full file some keys may have gone to the next one.
            Ordering::Equal => header.next_entry > 1 && header.next_entry < self.size.entries,
            Ordering::Greater => false,
        };
        if files.last().is_some_and(|last| is_known(&last.header)) {
            return Ok(());
        }
        for key in keys {
            let is_full = files
                .last()
                .is_none_or(|last| last.header.next_entry >= self.size.entries);
            if is_full {
                if let Some(last) = files.last_mut() {
                    self.flush_file(last)?;
                }
                let fresh = self.create(&name(), files.last().map(|last| last.header))?;
                files.push(fresh);
            }
            let Some(last) = files.last_mut() else { continue };
            self.put_key(last, key_hash(topic, key), log_offset, store_ms)?;
        }
        Ok(())
    }

    fn create(&self, name: &str, previous: Option<Header>) -> io::Result<IndexFile> {
        self.disk.create_dir_all(&self.dir)?;
        let mut path = self.dir.join(name);
        // Two files within one millisecond: names must stay in order, so the later one is moved on.
        let mut suffix = name.parse::<u64>().unwrap_or(0);
        while self.disk.exists(&path)? {
            suffix += 1;
            path = self.dir.join(format!("{suffix:017}"));
        }
        let file = self.disk.open(&path, OpenMode::Create)?;
        let (ms, log) = previous.map_or((0, 0), |header| (header.end_ms, header.end_log));
        let header = Header {
            begin_ms: ms,
            end_ms: ms,
            begin_log: log,
            end_log: log,
            slots_used: 0,
            next_entry: 1,
        };
        let made = file.set_len(self.size.file_bytes());
        let made = made
            .and_then(|()| file.write_at(&header.to_bytes(), 0))
            .and_then(|()| file.sync());
        if let Err(error) = made.and_then(|()| self.disk.sync_dir(&self.dir)) {
            self.disk.remove_file(&path).ok();
            return Err(error);
        }
        Ok(IndexFile {
            path,
            file,
            header,
            pending: Vec::new(),
            dirty: true,
        })
    }

    fn put_key(&self, one: &mut IndexFile, hash: u32, log_offset: u64, store_ms: i64) -> io::Result<()> {
        let slot_at = self.size.slot_at(hash);
        let mut slot = [0; 4];
        read_exact_at(one.file.as_ref(), &mut slot, slot_at)?;
        let number = one.header.next_entry;
        let previous = Some(u32::from_be_bytes(slot))
            .filter(|&previous| previous < number)
            .unwrap_or(0);
        let header = &mut one.header;
        let seconds = match header.begin_ms {
            ..=0 => 0,
            begin_ms => (store_ms.saturating_sub(begin_ms) / 1000).clamp(0, i64::from(i32::MAX)) as i32,
        };
        one.file.write_at(&number.to_be_bytes(), slot_at)?;
        one.pending.extend_from_slice(
            &Entry {
                hash,
                log_offset: log_offset as i64,
                seconds,
                previous,
            }
            .to_bytes(),
        );
        if number <= 1 {
            header.begin_log = log_offset as i64;
            header.begin_ms = store_ms;
        }
        if previous == 0 {
            header.slots_used += 1;
        }
        header.next_entry += 1;
        header.end_log = log_offset as i64;
        header.end_ms = store_ms;
        one.dirty = true;
        Ok(())
    }

    /// Writes the entries that wait.
    pub(crate) fn write_pending(&self) -> io::Result<()> {
        write(&self.files)
            .iter_mut()
            .rev()
            .take(2)
            .try_for_each(|one| self.write_entries(one))
    }

    fn write_entries(&self, one: &mut IndexFile) -> io::Result<()> {
        if !one.pending.is_empty() {
            let count = (one.pending.len() as u64 / ENTRY_BYTES) as u32;
            one.file
                .write_at(&one.pending, self.size.entry_at(one.header.next_entry - count))?;
            // A Java broker believes the header at once, as its mapped file would have it.
            one.file.write_at(&one.header.to_bytes(), 0)?;
            one.pending.clear();
        }
        Ok(())
    }

    fn flush_file(&self, one: &mut IndexFile) -> io::Result<()> {
        if one.dirty {
            self.write_entries(one)?;
            one.file.write_at(&one.header.to_bytes(), 0)?;
            one.file.sync()?;
            one.dirty = false;
        }
        Ok(())
    }

    /// Syncs everything. Gives the store time up to which the index is safe.
    pub(crate) fn flush(&self) -> io::Result<i64> {
        let mut files = write(&self.files);
        for one in files.iter_mut() {
            self.flush_file(one)?;
        }
        Ok(files.last().map_or(0, |last| last.header.end_ms))
    }

    /// Messages with this key between two store times, newest first.
    pub(crate) fn find(&self, topic: &str, key: &str, max: usize, begin_ms: i64, end_ms: i64) -> io::Result<KeyHits> {
        self.write_pending()?;
        let files = read(&self.files);
        let hash = key_hash(topic, key);
        let mut hits = KeyHits::default();
        if let Some(last) = files.last() {
            hits.last_update_ms = last.header.end_ms;
            hits.last_update_log = last.header.end_log.max(0) as u64;
        }
        for one in files.iter().rev() {
            let header = &one.header;
            if begin_ms <= header.end_ms && end_ms >= header.begin_ms {
                self.find_in(one, hash, max, begin_ms, end_ms, &mut hits.log_offsets)?;
            }
            if header.begin_ms < begin_ms || hits.log_offsets.len() >= max {
                break;
            }
        }
        Ok(hits)
    }

    fn find_in(
        &self,
        one: &IndexFile,
        hash: u32,
        max: usize,
        begin_ms: i64,
        end_ms: i64,
        out: &mut Vec<u64>,
    ) -> io::Result<()> {
        let mut slot = [0; 4];
        read_exact_at(one.file.as_ref(), &mut slot, self.size.slot_at(hash))?;
        let mut number = u32::from_be_bytes(slot);
        // The chain goes down, so it ends.
        let mut bound = one.header.next_entry;
        while number > 0 && number < bound && out.len() < max {
            let mut bytes = [0; ENTRY_BYTES as usize];
            read_exact_at(one.file.as_ref(), &mut bytes, self.size.entry_at(number))?;
            let entry = Entry::from_bytes(&bytes);
            if entry.seconds < 0 {
                break;
            }
            // Entries know whole seconds only; Java compares them as if they were exact.
            let at_ms = one.header.begin_ms.saturating_add(i64::from(entry.seconds) * 1000);
            if entry.hash == hash && (begin_ms..=end_ms).contains(&at_ms) && entry.log_offset >= 0 {
                out.push(entry.log_offset as u64);
            }
            if at_ms < begin_ms {
                break;
            }
            bound = number;
            number = entry.previous;
        }
        Ok(())
    }

    /// Removes the files that tell only of what lies before `log_min`; the last one stays.
    pub(crate) fn forget_before(&self, log_min: u64) -> io::Result<usize> {
        let mut files = write(&self.files);
        let mut removed = 0;
        while files.len() > 1 && (files[0].header.end_log.max(0) as u64) < log_min {
            let one = files.remove(0);
            self.remove(&one.path)?;
            removed += 1;
        }
        Ok(removed)
    }

    /// Removes every file.
    pub(crate) fn destroy(&self) -> io::Result<()> {
        for one in write(&self.files).drain(..) {
            self.remove(&one.path)?;
        }
        Ok(())
    }

    /// Bytes of all files together, holes included.
    pub(crate) fn total_bytes(&self) -> u64 {
        read(&self.files).len() as u64 * self.size.file_bytes()
    }
}

fn is_index_name(name: &str) -> bool {
    name.len() == 17 && name.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_as_java_does() {
        // "polygenelubricants".hashCode() is Integer.MIN_VALUE.
        assert_eq!(java_hash("polygenelubricants"), i32::MIN);
        assert_eq!(java_hash("TopicTest#k"), {
            "TopicTest#k"
                .bytes()
                .fold(0i32, |hash, byte| hash.wrapping_mul(31).wrapping_add(i32::from(byte)))
        });
        assert_eq!(IndexSize::default().file_bytes(), 420_000_040);
    }
}

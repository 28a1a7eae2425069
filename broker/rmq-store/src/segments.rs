//! A row of files of one size, each named by the offset of its first byte: what commit log and consume queues are.
//!
//! ```text
//! commitlog/00000000000000000000          1 GiB
//! commitlog/00000000001073741824          1 GiB
//! ```
//!
//! Files are opened when they are first touched and closed when too many are open. What lies in them is for others.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use crate::disk::{Disk, DiskFile, OpenMode, read_exact_at};
use crate::sync::{lock, read, write};

/// Digits of a file name.
const NAME_DIGITS: usize = 20;

/// Folders that may be new with a file: queue, topic, `consumequeue`; one above holds the name of the last.
const NEW_FOLDERS: usize = 4;

/// Name of the file that starts at `first`.
pub(crate) fn file_name(first: u64) -> String {
    format!("{first:0NAME_DIGITS$}")
}

fn parse_name(name: &str) -> Option<u64> {
    (name.len() == NAME_DIGITS && name.bytes().all(|byte| byte.is_ascii_digit())).then(|| name.parse().ok())?
}

/// Open files, shared by many rows: the oldest are closed when there are too many.
#[derive(Debug)]
pub(crate) struct Handles {
    cap: usize,
    next_owner: AtomicU64,
    open: Mutex<HashMap<(u64, u64), Held>>,
    clock: AtomicU64,
}

#[derive(Debug)]
struct Held {
    file: Arc<dyn DiskFile>,
    used: u64,
}

impl Handles {
    /// Keeps at most `cap` files open.
    pub(crate) fn new(cap: usize) -> Arc<Self> {
        Arc::new(Handles {
            cap,
            next_owner: AtomicU64::new(0),
            open: Mutex::default(),
            clock: AtomicU64::new(0),
        })
    }

    fn get(
        &self,
        key: (u64, u64),
        open: impl FnOnce() -> io::Result<Arc<dyn DiskFile>>,
    ) -> io::Result<Arc<dyn DiskFile>> {
        let used = self.clock.fetch_add(1, Ordering::Relaxed);
        let mut held = lock(&self.open);
        if let Some(one) = held.get_mut(&key) {
            one.used = used;
            return Ok(Arc::clone(&one.file));
        }
        let file = open()?;
        if held.len() >= self.cap {
            // Half at once, so that the sorting is paid rarely.
            let mut ages: Vec<u64> = held.values().map(|one| one.used).collect();
            let middle = ages.len() / 2;
            let (_, &mut median, _) = ages.select_nth_unstable(middle);
            held.retain(|_, one| one.used > median);
        }
        held.insert(
            key,
            Held {
                file: Arc::clone(&file),
                used,
            },
        );
        Ok(file)
    }

    fn forget(&self, key: (u64, u64)) {
        lock(&self.open).remove(&key);
    }
}

/// Why a row of files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// The system said no.
    #[error("{path}: {source}")]
    Io {
        /// What was touched.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// RocketMQ: "length not matched message store config value, please check it manually".
    #[error(
        "{path}\t{len_bytes} length not matched message store config value {expected_bytes}, please check it manually"
    )]
    Length {
        /// The file.
        path: PathBuf,
        /// Its length.
        len_bytes: u64,
        /// The configured length.
        expected_bytes: u64,
    },
    /// A file is missing in the middle.
    #[error("{dir}: the file that starts at {missing} is missing")]
    Gap {
        /// The folder.
        dir: PathBuf,
        /// First byte of the missing file.
        missing: u64,
    },
}

/// The row.
#[derive(Debug)]
pub(crate) struct Segments {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    size_bytes: u64,
    handles: Arc<Handles>,
    owner: u64,
    /// First offsets, ascending and without gaps.
    firsts: RwLock<Vec<u64>>,
    has_unsynced_names: AtomicBool,
}

impl Segments {
    /// An empty row in a folder that need not exist yet.
    pub(crate) fn new(disk: Arc<dyn Disk>, dir: PathBuf, size_bytes: u64, handles: Arc<Handles>) -> Self {
        let owner = handles.next_owner.fetch_add(1, Ordering::Relaxed);
        Segments {
            disk,
            dir,
            size_bytes: size_bytes.max(1),
            handles,
            owner,
            firsts: RwLock::default(),
            has_unsynced_names: AtomicBool::new(false),
        }
    }

    /// Finds the files that are there. Empty files at the end, which a crash leaves, are removed.
    pub(crate) fn load(&self) -> Result<(), RowError> {
        let mut found = Vec::new();
        for entry in self.at(&self.dir, self.disk.list(&self.dir))? {
            if let (Some(first), false) = (parse_name(&entry.name), entry.is_dir) {
                found.push((first, entry.len_bytes));
            }
        }
        found.sort_unstable();
        while let Some(&(first, 0)) = found.last() {
            let path = self.path(first);
            self.at(&path, self.disk.remove_file(&path))?;
            found.pop();
        }
        let mut expected = None;
        for &(first, len_bytes) in &found {
            if len_bytes != self.size_bytes {
                return Err(RowError::Length {
                    path: self.path(first),
                    len_bytes,
                    expected_bytes: self.size_bytes,
                });
            }
            if first % self.size_bytes != 0 || expected.is_some_and(|expected| expected != first) {
                let missing = expected.unwrap_or(first - first % self.size_bytes);
                return Err(RowError::Gap {
                    dir: self.dir.clone(),
                    missing,
                });
            }
            expected = first.checked_add(self.size_bytes);
            if expected.is_none_or(|end| i64::try_from(end).is_err()) {
                return Err(RowError::Gap {
                    dir: self.dir.clone(),
                    missing: 0,
                });
            }
        }
        *write(&self.firsts) = found.into_iter().map(|(first, _)| first).collect();
        Ok(())
    }

    fn at<T>(&self, path: &Path, result: io::Result<T>) -> Result<T, RowError> {
        result.map_err(|source| RowError::Io {
            path: path.to_owned(),
            source,
        })
    }

    /// Bytes of each file.
    pub(crate) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// The folder.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Path of the file that starts at `first`.
    pub(crate) fn path(&self, first: u64) -> PathBuf {
        self.dir.join(file_name(first))
    }

    /// First offsets of all files.
    pub(crate) fn firsts(&self) -> Vec<u64> {
        read(&self.firsts).clone()
    }

    /// First offset of the row, if it has a file.
    pub(crate) fn first(&self) -> Option<u64> {
        read(&self.firsts).first().copied()
    }

    /// First offset of the last file.
    pub(crate) fn last(&self) -> Option<u64> {
        read(&self.firsts).last().copied()
    }

    /// First offset of the file that holds `offset`, if there is one.
    pub(crate) fn holding(&self, offset: u64) -> Option<u64> {
        let first = offset - offset % self.size_bytes;
        read(&self.firsts).binary_search(&first).ok().map(|_| first)
    }

    /// The open file that starts at `first`.
    pub(crate) fn file(&self, first: u64) -> io::Result<Arc<dyn DiskFile>> {
        self.handles.get((self.owner, first), || {
            self.disk.open(&self.path(first), OpenMode::Existing)
        })
    }

    /// Fills `buf` from `offset`, which must not cross the end of a file. `NotFound` when no file holds it.
    pub(crate) fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        let first = self.holding(offset).ok_or(io::ErrorKind::NotFound)?;
        if offset - first + buf.len() as u64 > self.size_bytes {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        read_exact_at(self.file(first)?.as_ref(), buf, offset - first)
    }

    /// Adds the file that starts at `first`; it is full of zeros and takes no room. A row that has files can only be
    /// continued. With `lazily` the first file of a row need not survive a power cut before [`sync`](Self::sync):
    /// thousands of new queues must not wait for a disk each.
    pub(crate) fn create(&self, first: u64, lazily: bool) -> io::Result<Arc<dyn DiskFile>> {
        let last = self.last();
        if last.is_some_and(|last| first != last + self.size_bytes) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "not the next file of the row",
            ));
        }
        self.disk.create_dir_all(&self.dir)?;
        let path = self.path(first);
        let file = self.disk.open(&path, OpenMode::Create)?;
        let is_lazy = lazily && last.is_none();
        let made = file.set_len(self.size_bytes).and_then(|()| {
            if is_lazy {
                return Ok(());
            }
            // A file must not survive one before it.
            if let Some(last) = last.filter(|_| lazily) {
                self.file(last)?.sync()?;
            }
            file.sync()?;
            self.disk.sync_dir(&self.dir)
        });
        if let Err(error) = made {
            // Half a file would be in the way of the next try and of the next start.
            self.disk.remove_file(&path).ok();
            return Err(error);
        }
        self.has_unsynced_names.store(true, Ordering::Release);
        write(&self.firsts).push(first);
        self.handles.get((self.owner, first), || Ok(Arc::clone(&file)))
    }

    fn remove(&self, first: u64) -> io::Result<()> {
        self.handles.forget((self.owner, first));
        self.disk.remove_file(&self.path(first))?;
        // One by one: a power cut must not bring back a file before one that stays away.
        self.disk.sync_dir(&self.dir)
    }

    /// Removes the first file.
    pub(crate) fn remove_first(&self) -> io::Result<()> {
        if let Some(first) = self.first() {
            write(&self.firsts).remove(0);
            self.remove(first)?;
        }
        Ok(())
    }

    /// Removes every file that starts at or behind `offset`, the last first.
    pub(crate) fn remove_from(&self, offset: u64) -> io::Result<()> {
        while let Some(last) = self.last().filter(|&last| last >= offset) {
            self.remove(last)?;
            write(&self.firsts).pop();
        }
        Ok(())
    }

    /// Makes everything from `offset` to the end of its file zeros again and removes the files behind; synced.
    ///
    /// Zeros are written where something else is: cutting the file and lengthening it again would leave a short file
    /// if the power went in between. With `lazily` the first 64 KiB of zeros end the search.
    pub(crate) fn cut(&self, offset: u64, lazily: bool) -> io::Result<()> {
        const CHUNK_BYTES: u64 = 64 * 1024;
        self.remove_from(offset.next_multiple_of(self.size_bytes))?;
        let Some(first) = self.holding(offset) else {
            return Ok(());
        };
        let file = self.file(first)?;
        let mut buf = vec![0; CHUNK_BYTES as usize];
        let zeros = vec![0; CHUNK_BYTES as usize];
        let mut at = offset - first;
        let mut is_dirty = false;
        while at < self.size_bytes {
            let chunk = (self.size_bytes - at).min(CHUNK_BYTES) as usize;
            read_exact_at(file.as_ref(), &mut buf[..chunk], at)?;
            if buf[..chunk] != zeros[..chunk] {
                file.write_at(&zeros[..chunk], at)?;
                is_dirty = true;
            } else if lazily && chunk == zeros.len() {
                break;
            }
            at += chunk as u64;
        }
        // Thousands of queues are cut after a crash, and hardly one of them has anything to cut.
        if is_dirty { file.sync() } else { Ok(()) }
    }

    /// When the file that starts at `first` was last written.
    pub(crate) fn modified_ms(&self, first: u64) -> io::Result<i64> {
        self.disk.modified_ms(&self.path(first))
    }

    /// Syncs every file that holds a byte of `from..to`, and the names of new ones up to the store's folder.
    pub(crate) fn sync(&self, from: u64, to: u64) -> io::Result<()> {
        let mut first = from - from % self.size_bytes;
        while first < to {
            if self.holding(first).is_some() {
                self.file(first)?.sync()?;
            }
            first += self.size_bytes;
        }
        if self.has_unsynced_names.swap(false, Ordering::AcqRel) {
            let synced = self
                .dir
                .ancestors()
                .take(NEW_FOLDERS)
                .try_for_each(|dir| self.disk.sync_dir(dir));
            if synced.is_err() {
                self.has_unsynced_names.store(true, Ordering::Release);
            }
            return synced;
        }
        Ok(())
    }

    /// Bytes of all files together.
    pub(crate) fn total_bytes(&self) -> u64 {
        read(&self.firsts).len() as u64 * self.size_bytes
    }
}

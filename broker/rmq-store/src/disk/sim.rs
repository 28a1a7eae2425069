//! A disk in memory that can lose power, run full and refuse to sync: the ground the store's promises are tested on.
//!
//! The model is pessimistic, within what disks and file systems do:
//!
//! * a 512-byte sector that was written and not synced survives or not, each by its own coin;
//! * the length of a file, and each name that was made, moved or removed, survives or not until synced;
//! * the operation that meets the power cut is half done.
//!
//! What it does not do: damage what was synced.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Disk, DiskFile, Entry, LockGuard, OpenMode, Space};

/// Bytes that a disk writes as one.
const SECTOR_BYTES: usize = 512;

/// A small generator, so that a round is repeated by its seed.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// The same seed gives the same throws.
    pub fn new(seed: u64) -> Self {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next 64 bits (xorshift64*).
    pub fn next_u64(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        (self.next_u64() >> 11) % bound.max(1)
    }

    /// One of two.
    pub fn coin(&mut self) -> bool {
        self.below(2) == 0
    }
}

#[derive(Debug, Default)]
struct Inode {
    current: Vec<u8>,
    synced: Vec<u8>,
    dirty_sectors: BTreeSet<usize>,
    roomed_sectors: BTreeSet<usize>,
    modified_ms: i64,
}

impl Inode {
    /// What is left after a power cut.
    fn survive(&mut self, dice: &mut Dice) {
        let len = if dice.coin() {
            self.synced.len()
        } else {
            self.current.len()
        };
        let mut left = std::mem::take(&mut self.synced);
        left.resize(len, 0);
        for &sector in &self.dirty_sectors {
            let start = sector * SECTOR_BYTES;
            let end = (start + SECTOR_BYTES).min(len).min(self.current.len());
            if start < end && dice.coin() {
                left[start..end].copy_from_slice(&self.current[start..end]);
            }
        }
        self.dirty_sectors.clear();
        self.current.clone_from(&left);
        self.synced = left;
    }
}

type Shared = Arc<Mutex<Inode>>;

#[derive(Debug, Default)]
struct State {
    names: BTreeMap<PathBuf, Shared>,
    synced_names: BTreeMap<PathBuf, Shared>,
    dirs: BTreeSet<PathBuf>,
    locks: BTreeSet<PathBuf>,
}

#[derive(Debug)]
struct Board {
    state: Mutex<State>,
    /// Counts power cycles: a handle of an older life is dead.
    life: AtomicU64,
    operations: AtomicU64,
    cut_at_operation: AtomicU64,
    off: AtomicBool,
    refuse_sync: AtomicBool,
    capacity_bytes: AtomicU64,
    roomed_bytes: AtomicU64,
    now_ms: AtomicI64,
}

/// The disk; clones are the same disk.
#[derive(Debug, Clone)]
pub struct SimDisk(Arc<Board>);

#[derive(Debug)]
struct SimFile {
    board: Arc<Board>,
    inode: Shared,
    life: u64,
}

#[derive(Debug)]
struct SimLock {
    board: Arc<Board>,
    path: PathBuf,
    life: u64,
}

impl LockGuard for SimLock {}

impl Drop for SimLock {
    fn drop(&mut self) {
        if self.board.life.load(Ordering::SeqCst) == self.life {
            locked(&self.board.state).locks.remove(&self.path);
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn no_power() -> io::Error {
    io::Error::other("the power is off")
}

impl Board {
    /// Counts an operation. `Err` when the power is off; `Ok(true)` when it goes off within this operation.
    fn tick(&self) -> io::Result<bool> {
        if self.off.load(Ordering::SeqCst) {
            return Err(no_power());
        }
        let number = self.operations.fetch_add(1, Ordering::SeqCst);
        let cut = number >= self.cut_at_operation.load(Ordering::SeqCst);
        if cut {
            self.off.store(true, Ordering::SeqCst);
        }
        Ok(cut)
    }

    /// Takes room for sectors `from..to` that have none yet.
    fn room(&self, inode: &mut Inode, from: usize, to: usize) -> io::Result<()> {
        let fresh: Vec<usize> = (from..to)
            .filter(|sector| !inode.roomed_sectors.contains(sector))
            .collect();
        let bytes = (fresh.len() * SECTOR_BYTES) as u64;
        let taken = self.roomed_bytes.fetch_add(bytes, Ordering::SeqCst);
        if taken + bytes > self.capacity_bytes.load(Ordering::SeqCst) {
            self.roomed_bytes.fetch_sub(bytes, Ordering::SeqCst);
            return Err(io::ErrorKind::StorageFull.into());
        }
        inode.roomed_sectors.extend(fresh);
        Ok(())
    }
}

impl Default for SimDisk {
    fn default() -> Self {
        Self::new()
    }
}

impl SimDisk {
    /// An empty disk without a limit.
    pub fn new() -> Self {
        SimDisk(Arc::new(Board {
            state: Mutex::default(),
            life: AtomicU64::new(0),
            operations: AtomicU64::new(0),
            cut_at_operation: AtomicU64::new(u64::MAX),
            off: AtomicBool::new(false),
            refuse_sync: AtomicBool::new(false),
            capacity_bytes: AtomicU64::new(u64::MAX / 2),
            roomed_bytes: AtomicU64::new(0),
            now_ms: AtomicI64::new(0),
        }))
    }

    /// Operations since the disk was made.
    pub fn operations(&self) -> u64 {
        self.0.operations.load(Ordering::SeqCst)
    }

    /// The power goes off within the operation that comes after `operations` more.
    pub fn cut_power_after(&self, operations: u64) {
        self.0
            .cut_at_operation
            .store(self.operations().saturating_add(operations), Ordering::SeqCst);
    }

    /// Whether the power is off.
    pub fn is_off(&self) -> bool {
        self.0.off.load(Ordering::SeqCst)
    }

    /// Switches off now and on again: what was not synced survives or not, as the dice fall.
    pub fn power_cycle(&self, dice: &mut Dice) {
        self.0.off.store(true, Ordering::SeqCst);
        let mut state = locked(&self.0.state);
        self.0.life.fetch_add(1, Ordering::SeqCst);
        let mut left = BTreeMap::new();
        let paths: BTreeSet<PathBuf> = state.names.keys().chain(state.synced_names.keys()).cloned().collect();
        for path in paths {
            let (now, synced) = (state.names.get(&path), state.synced_names.get(&path));
            let settled = matches!((now, synced), (Some(a), Some(b)) if Arc::ptr_eq(a, b));
            let chosen = if settled || dice.coin() { now } else { synced };
            if let Some(inode) = chosen {
                left.insert(path, Arc::clone(inode));
            }
        }
        let mut roomed_bytes = 0;
        for inode in left.values() {
            let mut inode = locked(inode);
            inode.survive(dice);
            roomed_bytes += inode.roomed_sectors.len() * SECTOR_BYTES;
        }
        self.0.roomed_bytes.store(roomed_bytes as u64, Ordering::SeqCst);
        state.names = left.clone();
        state.synced_names = left;
        state.locks.clear();
        drop(state);
        self.0.cut_at_operation.store(u64::MAX, Ordering::SeqCst);
        self.0.off.store(false, Ordering::SeqCst);
    }

    /// The process is killed and the machine stays: handles die, locks are freed, what was written remains.
    pub fn kill_process(&self) {
        let mut state = locked(&self.0.state);
        self.0.life.fetch_add(1, Ordering::SeqCst);
        state.locks.clear();
    }

    /// From now on the disk holds this much; less than is in use means full.
    pub fn set_capacity_bytes(&self, bytes: u64) {
        self.0.capacity_bytes.store(bytes, Ordering::SeqCst);
    }

    /// Bytes that files take, reservations included.
    pub fn used_bytes(&self) -> u64 {
        self.0.roomed_bytes.load(Ordering::SeqCst)
    }

    /// Makes every sync fail, or work again.
    pub fn refuse_sync(&self, refuse: bool) {
        self.0.refuse_sync.store(refuse, Ordering::SeqCst);
    }

    /// The time that files written from now on carry.
    pub fn set_now_ms(&self, now_ms: i64) {
        self.0.now_ms.store(now_ms, Ordering::SeqCst);
    }

    /// The content of a file as a reader sees it now.
    pub fn peek(&self, path: &Path) -> Option<Vec<u8>> {
        locked(&self.0.state)
            .names
            .get(path)
            .map(|inode| locked(inode).current.clone())
    }

    /// Puts a file there, synced.
    pub fn plant(&self, path: &Path, bytes: &[u8]) {
        let mut state = locked(&self.0.state);
        let inode = Arc::new(Mutex::new(Inode {
            current: bytes.to_vec(),
            synced: bytes.to_vec(),
            ..Inode::default()
        }));
        state.names.insert(path.to_owned(), Arc::clone(&inode));
        state.synced_names.insert(path.to_owned(), inode);
        for dir in path.ancestors().skip(1) {
            state.dirs.insert(dir.to_owned());
        }
    }

    /// Every file, by path.
    pub fn paths(&self) -> Vec<PathBuf> {
        locked(&self.0.state).names.keys().cloned().collect()
    }
}

impl SimFile {
    fn tick(&self) -> io::Result<bool> {
        if self.board.life.load(Ordering::SeqCst) != self.life {
            return Err(no_power());
        }
        self.board.tick()
    }
}

fn index(offset: u64) -> io::Result<usize> {
    usize::try_from(offset).map_err(|_| io::ErrorKind::InvalidInput.into())
}

impl DiskFile for SimFile {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        if self.tick()? {
            return Err(no_power());
        }
        let inode = locked(&self.inode);
        let start = index(offset)?.min(inode.current.len());
        let count = buf.len().min(inode.current.len() - start);
        buf[..count].copy_from_slice(&inode.current[start..start + count]);
        Ok(count)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let cut = self.tick()?;
        let mut inode = locked(&self.inode);
        let start = index(offset)?;
        let end = start + bytes.len();
        let (first, last) = (start / SECTOR_BYTES, end.div_ceil(SECTOR_BYTES));
        self.board.room(&mut inode, first, last)?;
        if inode.current.len() < end {
            inode.current.resize(end, 0);
        }
        inode.current[start..end].copy_from_slice(bytes);
        inode.dirty_sectors.extend(first..last);
        inode.modified_ms = self.board.now_ms.load(Ordering::SeqCst);
        if cut { Err(no_power()) } else { Ok(()) }
    }

    fn set_len(&self, len_bytes: u64) -> io::Result<()> {
        let cut = self.tick()?;
        let mut inode = locked(&self.inode);
        let len = index(len_bytes)?;
        let old = inode.current.len();
        inode.current.resize(len, 0);
        // The zeros behind a cut are as unsure as any other unsynced byte.
        inode
            .dirty_sectors
            .extend(len.min(old) / SECTOR_BYTES..len.max(old).div_ceil(SECTOR_BYTES));
        let gone: Vec<usize> = inode
            .roomed_sectors
            .range(len.div_ceil(SECTOR_BYTES)..)
            .copied()
            .collect();
        for sector in &gone {
            inode.roomed_sectors.remove(sector);
        }
        self.board
            .roomed_bytes
            .fetch_sub((gone.len() * SECTOR_BYTES) as u64, Ordering::SeqCst);
        if cut { Err(no_power()) } else { Ok(()) }
    }

    fn reserve(&self, offset: u64, len_bytes: u64) -> io::Result<()> {
        if self.tick()? {
            return Err(no_power());
        }
        let (first, last) = (
            index(offset)? / SECTOR_BYTES,
            index(offset + len_bytes)?.div_ceil(SECTOR_BYTES),
        );
        self.board.room(&mut locked(&self.inode), first, last)
    }

    fn len_bytes(&self) -> io::Result<u64> {
        if self.tick()? {
            return Err(no_power());
        }
        Ok(locked(&self.inode).current.len() as u64)
    }

    fn sync(&self) -> io::Result<()> {
        if self.tick()? {
            return Err(no_power());
        }
        if self.board.refuse_sync.load(Ordering::SeqCst) {
            return Err(io::Error::other("the disk refuses to sync"));
        }
        let mut inode = locked(&self.inode);
        let inode = &mut *inode;
        inode.synced.resize(inode.current.len(), 0);
        for &sector in &inode.dirty_sectors {
            let start = (sector * SECTOR_BYTES).min(inode.current.len());
            let end = (start + SECTOR_BYTES).min(inode.current.len());
            inode.synced[start..end].copy_from_slice(&inode.current[start..end]);
        }
        inode.dirty_sectors.clear();
        Ok(())
    }
}

impl SimDisk {
    fn tick(&self) -> io::Result<()> {
        if self.0.tick()? { Err(no_power()) } else { Ok(()) }
    }
}

impl Disk for SimDisk {
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>> {
        self.tick()?;
        let mut state = locked(&self.0.state);
        let inode = match state.names.get(path) {
            Some(inode) => Arc::clone(inode),
            None if mode == OpenMode::Create => {
                let now_ms = self.0.now_ms.load(Ordering::SeqCst);
                let inode = Arc::new(Mutex::new(Inode {
                    modified_ms: now_ms,
                    ..Inode::default()
                }));
                state.names.insert(path.to_owned(), Arc::clone(&inode));
                inode
            }
            None => return Err(io::ErrorKind::NotFound.into()),
        };
        Ok(Arc::new(SimFile {
            board: Arc::clone(&self.0),
            inode,
            life: self.0.life.load(Ordering::SeqCst),
        }))
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<Entry>> {
        self.tick()?;
        let state = locked(&self.0.state);
        let mut entries = BTreeMap::new();
        for (path, inode) in &state.names {
            let Ok(rest) = path.strip_prefix(dir) else { continue };
            let mut parts = rest.components();
            let Some(name) = parts.next() else { continue };
            let name = name.as_os_str().to_string_lossy().into_owned();
            let is_dir = parts.next().is_some();
            let len_bytes = if is_dir { 0 } else { locked(inode).current.len() as u64 };
            entries.insert(
                name.clone(),
                Entry {
                    name,
                    is_dir,
                    len_bytes,
                },
            );
        }
        Ok(entries.into_values().collect())
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        self.tick()?;
        let state = locked(&self.0.state);
        Ok(state.names.contains_key(path) || state.dirs.contains(path))
    }

    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        self.tick()?;
        let mut state = locked(&self.0.state);
        for dir in dir.ancestors() {
            state.dirs.insert(dir.to_owned());
        }
        Ok(())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.tick()?;
        if let Some(inode) = locked(&self.0.state).names.remove(path) {
            let freed = std::mem::take(&mut locked(&inode).roomed_sectors).len() * SECTOR_BYTES;
            self.0.roomed_bytes.fetch_sub(freed as u64, Ordering::SeqCst);
        }
        Ok(())
    }

    fn remove_dir(&self, dir: &Path) -> io::Result<()> {
        self.tick()?;
        locked(&self.0.state).dirs.remove(dir);
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.tick()?;
        let mut state = locked(&self.0.state);
        let inode = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        state.names.insert(to.to_owned(), inode);
        Ok(())
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.tick()?;
        let mut state = locked(&self.0.state);
        let state = &mut *state;
        state
            .synced_names
            .retain(|path, _| path.parent() != Some(dir) || state.names.contains_key(path));
        for (path, inode) in &state.names {
            if path.parent() == Some(dir) {
                state.synced_names.insert(path.clone(), Arc::clone(inode));
            }
        }
        Ok(())
    }

    fn modified_ms(&self, path: &Path) -> io::Result<i64> {
        self.tick()?;
        let state = locked(&self.0.state);
        let inode = state.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(locked(inode).modified_ms)
    }

    fn space(&self, _path: &Path) -> io::Result<Space> {
        self.tick()?;
        let total_bytes = self.0.capacity_bytes.load(Ordering::SeqCst);
        let used_bytes = self.used_bytes();
        Ok(Space {
            used_bytes,
            usable_bytes: total_bytes.saturating_sub(used_bytes),
            total_bytes,
        })
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn LockGuard>> {
        self.tick()?;
        if !locked(&self.0.state).locks.insert(path.to_owned()) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let life = self.0.life.load(Ordering::SeqCst);
        Ok(Box::new(SimLock {
            board: Arc::clone(&self.0),
            path: path.to_owned(),
            life,
        }))
    }
}

//! What the store asks of a disk, as two traits, so that tests and faults can stand in for one.
//!
//! [`RealDisk`] is the operating system. [`SimDisk`](sim::SimDisk) keeps files in memory and forgets, at a power cut,
//! what nobody synced. Nothing above this module calls `std::fs`.
//!
//! There is no memory mapping here. A write to a mapped file on a full disk, or a read behind a truncation, is a
//! SIGBUS that takes the process; the same through `pread` and `pwrite` is an error that somebody can answer. Reads
//! still come from the page cache.

mod real;
pub mod sim;

use std::fmt::Debug;
use std::io;
use std::path::Path;
use std::sync::Arc;

pub use real::RealDisk;

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenMode {
    /// Must exist; read and write.
    Existing,
    /// Created when missing; read and write; never truncated.
    Create,
}

/// One name in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// File name without the folder.
    pub name: String,
    /// Whether it is a folder.
    pub is_dir: bool,
    /// Length in bytes; 0 for folders.
    pub len_bytes: u64,
}

/// How full the file system under a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// Bytes in use.
    pub used_bytes: u64,
    /// Bytes an ordinary user may still write.
    pub usable_bytes: u64,
    /// Bytes in all, with those reserved for root.
    pub total_bytes: u64,
}

impl Space {
    /// Share in use, 0 to 1, in whole per cent rounded up, as `UtilAll.getDiskPartitionSpaceUsedPercent` has it.
    pub fn used_ratio(&self) -> f64 {
        let whole = u128::from(self.used_bytes) + u128::from(self.usable_bytes);
        if whole == 0 {
            return -1.0;
        }
        let percent = (u128::from(self.used_bytes) * 100).div_ceil(whole);
        f64::from(u32::try_from(percent).unwrap_or(100)) / 100.0
    }
}

/// A lock that is held until it is dropped.
pub trait LockGuard: Send + Sync + Debug {}

/// One open file. Every method may be called from several threads at once.
pub trait DiskFile: Send + Sync + Debug {
    /// Reads up to `buf.len()` bytes at `offset`; less only at the end of the file.
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes all of `bytes` at `offset`. After an error any part of it may have been written.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Cuts the file, or lengthens it with zeros that take no room.
    fn set_len(&self, len_bytes: u64) -> io::Result<()>;
    /// Takes room for a range, so that later writes into it cannot fail for want of room. What it held stays.
    fn reserve(&self, offset: u64, len_bytes: u64) -> io::Result<()>;
    /// Current length.
    fn len_bytes(&self) -> io::Result<u64>;
    /// Returns when everything written to this file, and its length, will survive a power cut.
    fn sync(&self) -> io::Result<()>;
}

/// A file system.
pub trait Disk: Send + Sync + Debug + 'static {
    /// Opens a file.
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>>;
    /// Names in a folder, sorted; empty when there is no such folder.
    fn list(&self, dir: &Path) -> io::Result<Vec<Entry>>;
    /// Whether a file or folder is there.
    fn exists(&self, path: &Path) -> io::Result<bool>;
    /// Makes a folder and those above it.
    fn create_dir_all(&self, dir: &Path) -> io::Result<()>;
    /// Removes a file; no error when it is not there.
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    /// Removes an empty folder; no error when it is not there.
    fn remove_dir(&self, dir: &Path) -> io::Result<()>;
    /// Renames a file over another.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Returns when the names in this folder will survive a power cut.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// When the file was last written, in milliseconds since 1970.
    fn modified_ms(&self, path: &Path) -> io::Result<i64>;
    /// How full the file system under `path` is.
    fn space(&self, path: &Path) -> io::Result<Space>;
    /// Takes the lock of a store for this process, or fails with [`io::ErrorKind::WouldBlock`].
    fn lock(&self, path: &Path) -> io::Result<Box<dyn LockGuard>>;
}

/// Whether an error says that there is no room: a full disk, a full quota, or a file beyond the limit.
pub fn is_no_room(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

/// Reads exactly `buf.len()` bytes, or fails with [`io::ErrorKind::UnexpectedEof`].
pub fn read_exact_at(file: &dyn DiskFile, mut buf: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !buf.is_empty() {
        let got = file.read_at(buf, offset)?;
        if got == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        buf = &mut buf[got..];
        offset += got as u64;
    }
    Ok(())
}

/// Reads a whole small file, `None` when it is not there. Longer than `cap_bytes` is an error.
pub fn read_file(disk: &dyn Disk, path: &Path, cap_bytes: u64) -> io::Result<Option<Vec<u8>>> {
    if !disk.exists(path)? {
        return Ok(None);
    }
    let file = disk.open(path, OpenMode::Existing)?;
    let len = file.len_bytes()?;
    if len > cap_bytes {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "file is longer than it may be",
        ));
    }
    let mut bytes = vec![0; usize::try_from(len).map_err(|_| io::ErrorKind::InvalidData)?];
    read_exact_at(file.as_ref(), &mut bytes, 0)?;
    Ok(Some(bytes))
}

/// Puts `bytes` in the place of a file so that a power cut leaves the old content or the new, never a mixture.
pub fn replace_file(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    let fresh = Path::new(&name);
    disk.remove_file(fresh)?;
    let file = disk.open(fresh, OpenMode::Create)?;
    file.write_at(bytes, 0)?;
    file.sync()?;
    disk.rename(fresh, path)?;
    match path.parent() {
        Some(dir) => disk.sync_dir(dir),
        None => Ok(()),
    }
}

//! Bytes that can be read at any offset: a file on disk, or memory. Files are read gently, since this may be the
//! broker's own host: no memory maps, no access times written, no read-ahead, and the page cache is left as it was.
//!
//! How the cache is left alone: each read first asks for what is cached (`preadv2` with `RWF_NOWAIT`). What that gives
//! was there before and stays. Only the rest is read from disk, and exactly those pages are given back
//! (`POSIX_FADV_DONTNEED`). Read-ahead is off (`POSIX_FADV_RANDOM`), so that pages we did not ask for, and would take
//! for cached ones later, never come in. `mincore` would need a memory map. Where `RWF_NOWAIT` is not supported
//! (network file systems), everything read is given back.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes with positions.
#[derive(Debug, Clone)]
pub(super) enum Stored {
    File(Arc<GentleFile>),
    Memory(Arc<[u8]>),
}

impl Stored {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self::File(Arc::new(GentleFile::open(path)?)))
    }

    /// Length when it was opened; a file may have shrunk since.
    pub(super) fn len(&self) -> u64 {
        match self {
            Stored::File(file) => file.len,
            Stored::Memory(bytes) => bytes.len() as u64,
        }
    }

    /// Fills `buf` from `offset`; gives less only at the end.
    pub(super) fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        match self {
            Stored::File(file) => file.read_at(buf, offset),
            Stored::Memory(bytes) => {
                let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                let len = buf.len().min(bytes.len() - from);
                buf[..len].copy_from_slice(&bytes[from..from + len]);
                Ok(len)
            }
        }
    }
}

/// A file opened for gentle reading.
#[derive(Debug)]
pub(super) struct GentleFile {
    file: File,
    len: u64,
}

impl GentleFile {
    fn open(path: &Path) -> io::Result<Self> {
        let file = open_quietly(path)?;
        let len = file.metadata()?.len();
        Ok(Self { file, len })
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let want = buf.len().min(left);
        let buf = &mut buf[..want];
        let mut done = read_cached(&self.file, buf, offset);
        if done == want {
            return Ok(done);
        }
        let cold = offset + done as u64;
        while done < want {
            match read_once(&self.file, &mut buf[done..], offset + done as u64) {
                Ok(0) => break,
                Ok(got) => done += got,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        give_back(&self.file, cold, offset + done as u64);
        Ok(done)
    }
}

#[cfg(target_os = "linux")]
fn open_quietly(path: &Path) -> io::Result<File> {
    use rustix::fs::{Advice, Mode, OFlags, fadvise};
    // NONBLOCK: a fifo that took the file's place must not hang us.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let fd = match rustix::fs::open(path, flags | OFlags::NOATIME, Mode::empty()) {
        // Only the owner may ask for untouched access times.
        Err(rustix::io::Errno::PERM) => rustix::fs::open(path, flags, Mode::empty())?,
        other => other?,
    };
    // A file system that does not know advice reads all the same.
    let _ = fadvise(&fd, 0, None, Advice::Random);
    Ok(File::from(fd))
}

#[cfg(target_os = "linux")]
fn read_cached(file: &File, buf: &mut [u8], offset: u64) -> usize {
    use rustix::io::{ReadWriteFlags, preadv2};
    preadv2(file, &mut [io::IoSliceMut::new(buf)], offset, ReadWriteFlags::NOWAIT).unwrap_or(0)
}

#[cfg(target_os = "linux")]
fn give_back(file: &File, from: u64, to: u64) {
    use rustix::fs::{Advice, fadvise};
    const PAGE: u64 = 4096;
    let from = from / PAGE * PAGE;
    let len = to.next_multiple_of(PAGE).saturating_sub(from);
    if let Some(len) = std::num::NonZeroU64::new(len) {
        let _ = fadvise(file, from, Some(len), Advice::DontNeed);
    }
}

#[cfg(not(target_os = "linux"))]
fn open_quietly(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(not(target_os = "linux"))]
fn read_cached(_: &File, _: &mut [u8], _: u64) -> usize {
    0
}

#[cfg(not(target_os = "linux"))]
fn give_back(_: &File, _: u64, _: u64) {}

#[cfg(unix)]
fn read_once(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buf, offset)
}

#[cfg(windows)]
fn read_once(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buf, offset)
}

/// A reading position in stored bytes; counts how far it came, so that bombs can be told by their ratio.
#[derive(Debug)]
pub(super) struct Cursor {
    bytes: Stored,
    at: u64,
    taken: Arc<AtomicU64>,
}

impl Cursor {
    pub(super) fn new(bytes: Stored, taken: Arc<AtomicU64>) -> Self {
        Self { bytes, at: 0, taken }
    }
}

impl Read for Cursor {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let got = self.bytes.read_at(buf, self.at)?;
        self.at += got as u64;
        self.taken.fetch_max(self.at, Ordering::Relaxed);
        Ok(got)
    }
}

impl Seek for Cursor {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.bytes.len().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

//! Bytes that can be read at any offset: a file on disk, or memory. Files are read gently, since this may be the
//! broker's own host: no memory maps, no access times written, no read-ahead, and the page cache is left as it was.
//!
//! How the cache is left alone: from Linux 6.14 on, `RWF_DONTCACHE` does just that. Before, the kernel's count of bytes
//! fetched from storage for this thread tells: a range for which nothing was fetched was cached before and stays; a
//! range of which most was fetched is given back (`POSIX_FADV_DONTNEED`). Two things make that less simple:
//!
//! - Another reader's read-ahead mark makes the kernel read ahead for us even under `POSIX_FADV_RANDOM`. So what lies
//!   within twice the surplus behind a range is taken for fetched too.
//! - It does so in folios larger than a range, which are only dropped as a whole. So neighbouring ranges that were
//!   fetched are joined, and each is given back with what lies around it in that run.
//!
//! Asking page by page is not possible: `mincore` needs a memory map, and `RWF_NOWAIT` itself starts to fetch what is
//! missing and now and then finds it there. Where nothing can be told, everything read is given back.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

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

    /// A file at hand.
    pub(super) fn of(file: File) -> io::Result<Self> {
        Ok(Self::File(Arc::new(GentleFile::of(file)?)))
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
    /// Whether the kernel can read past the cache.
    keeps_cache: AtomicBool,
    fetched: Mutex<Fetched>,
}

/// What was fetched from storage and is not wanted in the cache.
#[derive(Debug, Default)]
struct Fetched {
    /// The run of neighbouring ranges that were fetched last.
    run: Range<u64>,
    /// Up to here the kernel read ahead for us.
    ahead: u64,
}

/// No folio of the page cache is larger.
const MAX_FOLIO_BYTES: u64 = 4 << 20;

impl GentleFile {
    fn open(path: &Path) -> io::Result<Self> {
        Self::of(open_quietly(path)?)
    }

    fn of(file: File) -> io::Result<Self> {
        let len = file.metadata()?.len();
        Ok(Self {
            file,
            len,
            keeps_cache: AtomicBool::new(true),
            fetched: Mutex::default(),
        })
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let want = buf.len().min(left);
        let buf = &mut buf[..want];
        if self.keeps_cache.load(Ordering::Relaxed) {
            match fill(buf, |part, done| read_past_cache(&self.file, part, offset + done)) {
                Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                    self.keeps_cache.store(false, Ordering::Relaxed);
                }
                result => return result,
            }
        }
        let before = fetch_count::of_this_thread();
        let done = fill(buf, |part, done| read_once(&self.file, part, offset + done))?;
        let fetched = match (before, fetch_count::of_this_thread()) {
            (Some(before), Some(after)) => after.saturating_sub(before),
            _ => done as u64,
        };
        self.give_back(offset..offset + done as u64, fetched);
        Ok(done)
    }

    /// Gives a range back if most of it was fetched, with the folios that reach over its ends into what was fetched
    /// before.
    fn give_back(&self, range: Range<u64>, fetched_bytes: u64) {
        let len = range.end - range.start;
        let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        let was_read_ahead = range.end <= fetched.ahead && range.start >= fetched.run.start;
        if fetched_bytes > len + MAX_OVERREAD_BYTES {
            let surplus = (fetched_bytes - len).saturating_mul(2);
            fetched.ahead = fetched.ahead.max(range.end.saturating_add(surplus));
        }
        if len == 0 || (fetched_bytes < len.div_ceil(2) && !was_read_ahead) {
            return;
        }
        let near = |a: u64, b: u64| a <= b.saturating_add(MAX_FOLIO_BYTES);
        let run = &fetched.run;
        let run = match near(range.start, run.end) && near(run.start, range.end) {
            true => run.start.min(range.start)..run.end.max(range.end),
            false => range.clone(),
        };
        let from = run.start.max(range.start.saturating_sub(MAX_FOLIO_BYTES));
        let to = run.end.min(range.end.saturating_add(MAX_FOLIO_BYTES));
        fetched.run = run;
        drop(fetched);
        advise_drop(&self.file, from, to);
    }
}

/// Fetched beyond the range itself without being read-ahead: the pages at its edges.
const MAX_OVERREAD_BYTES: u64 = 128 << 10;

/// Reads until `buf` is full or nothing comes; `read` is given the rest of it and how much is done.
fn fill(buf: &mut [u8], read: impl Fn(&mut [u8], u64) -> io::Result<usize>) -> io::Result<usize> {
    let mut done = 0;
    while done < buf.len() {
        match read(&mut buf[done..], done as u64) {
            Ok(0) => break,
            Ok(got) => done += got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// Reads what is cached from the cache, and the rest without leaving it there.
#[cfg(target_os = "linux")]
fn read_past_cache(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    use rustix::io::{Errno, ReadWriteFlags, preadv2};
    /// `RWF_DONTCACHE`, not named by rustix yet.
    const DONTCACHE: ReadWriteFlags = ReadWriteFlags::from_bits_retain(0x80);
    match preadv2(file, &mut [io::IoSliceMut::new(buf)], offset, DONTCACHE) {
        Err(Errno::OPNOTSUPP | Errno::INVAL | Errno::NOSYS) => Err(io::ErrorKind::Unsupported.into()),
        other => Ok(other?),
    }
}

#[cfg(not(target_os = "linux"))]
fn read_past_cache(_: &File, _: &mut [u8], _: u64) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
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

/// How many bytes the kernel fetched from storage for this thread.
#[cfg(target_os = "linux")]
mod fetch_count {
    use std::fs::File;
    use std::os::unix::fs::FileExt;

    thread_local! {
        static COUNTS: Option<File> = File::open("/proc/thread-self/io").ok();
    }

    pub(super) fn of_this_thread() -> Option<u64> {
        const KEY: &[u8] = b"\nread_bytes: ";
        COUNTS.with(|counts| {
            let mut text = [0; 256];
            let len = counts.as_ref()?.read_at(&mut text, 0).ok()?;
            let at = memchr::memmem::find(&text[..len], KEY)? + KEY.len();
            let digits = text[at..len].iter().take_while(|b| b.is_ascii_digit());
            Some(digits.fold(0, |n: u64, b| n.wrapping_mul(10).wrapping_add(u64::from(b - b'0'))))
        })
    }
}

#[cfg(not(target_os = "linux"))]
mod fetch_count {
    pub(super) fn of_this_thread() -> Option<u64> {
        None
    }
}

#[cfg(target_os = "linux")]
fn advise_drop(file: &File, from: u64, to: u64) {
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
fn advise_drop(_: &File, _: u64, _: u64) {}

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

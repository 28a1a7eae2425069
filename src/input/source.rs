//! `Source`: a named stream of bytes, and the ways to read it.

use super::archive::Archive;
use super::limits::Limits;
use super::peel::{Peel, Peeler, Utf16, Utf16Read, utf16};
use super::ranges::{Parts, Ranges};
use super::reader::{Buffer, Chunk, Mode, Outcome, Reader};
use super::stored::{Cursor, Stored};
use super::stream::Stream;
use super::unpack::{explain, size};
use crate::model::Moment;
use crate::model::finding::Problem;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// First bytes that decide on encoding and prefixes, and that `Source::head` gives.
pub const HEAD_BYTES: usize = 64 << 10;

/// How a source is kept, as far as a reader of it needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A plain file: any part of it can be read, by several threads at once.
    File,
    /// Held in memory: a small member of an archive, or standard input.
    Memory,
    /// A compressed file or a large member: one stream, unpacked while it is read. Members of one archive (`archive`
    /// is the same number) share a pass when they are read to their ends one after the other, in the order of
    /// `Collected::sources`; any other order is right, but unpacks the archive once more.
    Packed {
        /// Number of the archive in this run.
        archive: u32,
    },
    /// Standard input or a pipe that is too large to hold: can be read once.
    Pipe,
}

/// Where the bytes are.
#[derive(Debug)]
pub(super) enum Store {
    File(PathBuf),
    Memory(Arc<[u8]>),
    Member {
        archive: Arc<Archive>,
        number: u32,
        ordinal: usize,
        /// First bytes, if they were kept.
        head: Option<Vec<u8>>,
    },
    Pipe {
        head: Arc<[u8]>,
        rest: Mutex<Option<Pipe>>,
    },
}

/// What is left of a pipe.
pub(super) struct Pipe(pub(super) Box<dyn Read + Send>);

impl std::fmt::Debug for Pipe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pipe")
    }
}

/// A named stream of bytes: a file, a member of an archive, or standard input.
#[derive(Debug)]
pub struct Source {
    /// As the user can find it: `logs/broker.log`, `bundle.tar.gz!/broker-a/logs/broker.log`, `-`. A file that is only
    /// compressed keeps its own name.
    pub path: String,
    /// Decoded bytes; for compressed files the packed size, until they were read.
    pub size: u64,
    /// Whether `size` is exact.
    pub size_is_exact: bool,
    /// When it was last written, milliseconds UTC (zip members: local time read as UTC).
    pub modified_ms: Option<i64>,
    pub(super) store: Store,
    /// A problem of its bytes was told when it was collected.
    pub(super) flawed: bool,
    pub(super) limits: Arc<Limits>,
    pub(super) plan: OnceLock<Plan>,
}

/// How the bytes are to be read.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    utf16: Option<Utf16>,
    peel: Peel,
}

/// The first lines of a source, as `Reader` will give them.
#[derive(Debug)]
pub struct Head {
    /// Decoded and peeled lines; the last one may be cut off.
    pub text: String,
    /// Whether this is all of the source.
    pub is_whole: bool,
    /// Host or container that prefixes name, or empty.
    pub origin: String,
}

/// A whole source in memory.
#[derive(Debug)]
pub struct Whole {
    /// Decoded and peeled lines.
    pub text: String,
    /// One entry per line if something was peeled off, else empty (see `Chunk::stamps`).
    pub stamps: Vec<Option<Moment>>,
    /// What was read and what went wrong.
    pub outcome: Outcome,
}

impl Source {
    /// How it is kept.
    pub fn kind(&self) -> Kind {
        match &self.store {
            Store::File(_) => Kind::File,
            Store::Memory(_) => Kind::Memory,
            Store::Member { number, .. } => Kind::Packed { archive: *number },
            Store::Pipe { .. } => Kind::Pipe,
        }
    }

    /// The first `HEAD_BYTES` as text, for telling formats apart.
    pub fn head(&self) -> Result<Head, Problem> {
        let plan = self.plan()?;
        let raw = self.raw_head().map_err(|e| self.problem(&e))?;
        let is_whole = raw.len() < HEAD_BYTES && !self.head_is_short();
        Ok(Head {
            text: self.peeled(self.decoded(&raw, plan.utf16), &plan.peel),
            is_whole,
            origin: plan.peel.origin.clone(),
        })
    }

    /// The last `bytes` as text, from a line start; `None` if the source cannot be read from its end. Joined parts of
    /// container logs stay apart.
    pub fn tail(&self, bytes: usize) -> Option<String> {
        let stored = match &self.store {
            Store::File(path) => Stored::open(path).ok()?,
            Store::Memory(bytes) => Stored::Memory(Arc::clone(bytes)),
            Store::Member { .. } | Store::Pipe { .. } => return None,
        };
        let plan = self.plan().ok()?;
        if plan.utf16.is_some() {
            return None;
        }
        let from = stored.len().saturating_sub(bytes as u64);
        let mut raw = vec![0; usize::try_from(stored.len() - from).ok()?];
        let got = stored.read_at(&mut raw, from).ok()?;
        raw.truncate(got);
        let cut = match from {
            0 => 0,
            _ => super::lines::after_first_end(&raw, 0, true).unwrap_or(raw.len()),
        };
        Some(self.peeled(self.decoded(&raw[cut..], None), &plan.peel))
    }

    /// Raw bytes as the lines a reader gives, but for what is peeled.
    fn decoded(&self, raw: &[u8], utf16: Option<Utf16>) -> String {
        let mut unpacked = Vec::new();
        let raw = match utf16 {
            Some(order) => {
                // Reading memory does not fail.
                let _ = Utf16Read::new(raw, order).read_to_end(&mut unpacked);
                &unpacked
            }
            None => raw,
        };
        let ranges = Ranges::new(Stored::Memory(raw.into()), raw.len().max(1), raw.len().max(1));
        let reader = Reader::new("", Mode::Ranges(ranges), &Peel::default(), raw.len().max(1), true);
        let mut buffer = Buffer::new();
        reader
            .next(&mut buffer)
            .map(|chunk| chunk.text.to_owned())
            .unwrap_or_default()
    }

    fn peeled(&self, text: String, peel: &Peel) -> String {
        if peel.is_plain() {
            return text;
        }
        let (mut peeled, mut stamps) = (String::new(), Vec::new());
        Peeler::new(peel, self.limits.max_line_bytes).chunk(&text, true, &mut peeled, &mut stamps);
        peeled
    }

    /// Lines that begin in these bytes, each with its place; the last one may be cut off. `None` if the source cannot be
    /// read from any place.
    pub fn lines_at(&self, from: u64, bytes: usize) -> Option<Vec<(u64, String)>> {
        let Store::File(path) = &self.store else { return None };
        let plan = self.plan().ok()?;
        if plan.utf16.is_some() {
            return None;
        }
        // The byte before tells whether a line begins at the first.
        let read_from = from.saturating_sub(1);
        let mut raw = vec![0; bytes];
        let got = Stored::open(path).ok()?.read_at(&mut raw, read_from).ok()?;
        raw.truncate(got);
        let mut at = match from {
            0 => 0,
            _ => super::lines::after_first_end(&raw, 0, true).unwrap_or(raw.len()),
        };
        let mut lines = Vec::new();
        while at < raw.len() {
            let end = super::lines::after_first_end(&raw, at, true).unwrap_or(raw.len());
            let text = self.decoded(&raw[at..end], None);
            lines.push((read_from + at as u64, self.peeled(text, &plan.peel)));
            at = end;
        }
        Some(lines)
    }

    /// Starts reading from the first line.
    pub fn open(&self) -> Result<Reader, Problem> {
        self.open_parts(None)
    }

    /// Starts reading parts of a source that can be read from any place; of any other, all.
    pub fn open_parts(&self, parts: Option<Parts>) -> Result<Reader, Problem> {
        let plan = self.plan()?;
        let (chunk, max_line) = (self.limits.chunk(), self.limits.max_line_bytes);
        let stream = |from: Box<dyn Read + Send>| {
            let from = match plan.utf16 {
                Some(order) => Box::new(Utf16Read::new(from, order)),
                None => from,
            };
            Mode::Stream(Mutex::new(Stream::new(from, chunk, max_line)))
        };
        let stored = |bytes: Stored| match plan.utf16 {
            Some(_) => stream(Box::new(Cursor::new(bytes, Arc::default()))),
            None => Mode::Ranges(
                Ranges::new(bytes, chunk, max_line)
                    .found_with(self.size)
                    .only(parts.clone()),
            ),
        };
        let mode = match &self.store {
            Store::File(path) => stored(Stored::open(path).map_err(|e| self.problem(&e))?),
            Store::Memory(bytes) => stored(Stored::Memory(Arc::clone(bytes))),
            Store::Member { archive, ordinal, .. } => {
                let member = archive.member(*ordinal).map_err(|e| self.problem(&e))?;
                stream(Box::new(member))
            }
            Store::Pipe { head, rest } => {
                let rest = rest.lock().unwrap_or_else(PoisonError::into_inner).take();
                let Pipe(rest) = rest.ok_or_else(|| Problem {
                    path: self.path.clone(),
                    what: "a pipe can be read only once".to_owned(),
                })?;
                stream(Box::new(io::Cursor::new(Arc::clone(head)).chain(rest)))
            }
        };
        Ok(Reader::new(&self.path, mode, &plan.peel, max_line, self.flawed))
    }

    /// Gives every chunk in order to `take`, on this thread.
    pub fn chunks(&self, mut take: impl FnMut(Chunk<'_>)) -> Result<Outcome, Problem> {
        let reader = self.open()?;
        let mut buffer = Buffer::new();
        while let Some(chunk) = reader.next(&mut buffer) {
            take(chunk);
        }
        Ok(reader.finish())
    }

    /// Reads the lines of the first `max_bytes` into memory; what is more is a problem in the outcome.
    pub fn read_all(&self, max_bytes: usize) -> Result<Whole, Problem> {
        let reader = self.open()?;
        let mut buffer = Buffer::new();
        let mut text = String::new();
        let mut stamps = Vec::new();
        let mut full = false;
        while let Some(chunk) = reader.next(&mut buffer) {
            let left = max_bytes - text.len();
            if chunk.text.len() > left {
                full = true;
                let whole_lines = super::lines::after_last_feed(&chunk.text.as_bytes()[..left]).unwrap_or(0);
                let part = &chunk.text[..whole_lines];
                text.push_str(part);
                stamps.extend(chunk.stamps.iter().take(part.split_inclusive('\n').count()));
                break;
            }
            text.push_str(chunk.text);
            stamps.extend_from_slice(chunk.stamps);
        }
        let mut outcome = reader.finish();
        if full {
            let most = size(max_bytes as u64);
            outcome.problems.push(Problem {
                path: self.path.clone(),
                what: format!("larger than the {most} that files of its kind may have; only the first part was read"),
            });
        }
        Ok(Whole { text, stamps, outcome })
    }

    fn problem(&self, error: &io::Error) -> Problem {
        Problem {
            path: self.path.clone(),
            what: explain(error),
        }
    }

    /// Looks at the first bytes once.
    fn plan(&self) -> Result<&Plan, Problem> {
        if let Some(plan) = self.plan.get() {
            return Ok(plan);
        }
        let raw = self.raw_head().map_err(|e| self.problem(&e))?;
        let utf16 = utf16(&raw);
        let peel = Peel::detect(&self.decoded(&raw, utf16), self.modified_ms);
        Ok(self.plan.get_or_init(|| Plan { utf16, peel }))
    }

    /// Whether the kept head is less than the usual, so that its length tells nothing.
    fn head_is_short(&self) -> bool {
        match &self.store {
            Store::Member { head: Some(head), .. } => !self.size_is_exact || (head.len() as u64) < self.size,
            _ => false,
        }
    }

    fn raw_head(&self) -> io::Result<Vec<u8>> {
        let from_stored = |bytes: &Stored| {
            let mut raw = vec![0; HEAD_BYTES.min(usize::try_from(bytes.len()).unwrap_or(HEAD_BYTES))];
            let got = bytes.read_at(&mut raw, 0)?;
            raw.truncate(got);
            Ok(raw)
        };
        match &self.store {
            Store::File(path) => from_stored(&Stored::open(path)?),
            Store::Memory(bytes) => Ok(bytes[..bytes.len().min(HEAD_BYTES)].to_vec()),
            Store::Member { head: Some(head), .. } => Ok(head.clone()),
            Store::Member { archive, ordinal, .. } => {
                let mut raw = Vec::new();
                let read = archive.member(*ordinal)?.take(HEAD_BYTES as u64).read_to_end(&mut raw);
                // A flaw behind the first bytes is told when they are read.
                read.or_else(|error| if raw.is_empty() { Err(error) } else { Ok(0) })?;
                Ok(raw)
            }
            Store::Pipe { head, .. } => Ok(head[..head.len().min(HEAD_BYTES)].to_vec()),
        }
    }
}

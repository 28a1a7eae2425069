//! `collect`: from the paths a user names to the sources of a run.

use super::archive::{Archive, Packed};
use super::limits::Limits;
use super::sniff::{Content, ONLY_NULS, SNIFF_BYTES, sniff};
use super::source::{HEAD_BYTES, Kind, Pipe, Source, Store};
use super::spool::{Spooled, spool};
use super::stored::{Cursor, Stored};
use super::unpack::{Decoder, Meter, Taken, explain};
use super::walk::{Leaf, Visitor, is_noise, walk};
use crate::model::finding::Problem;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::UNIX_EPOCH;

/// What a run has to read.
#[derive(Debug, Default)]
pub struct Collected {
    /// Every source with text, in a fixed order: paths as given, folders by name, archives in their own order.
    pub sources: Vec<Source>,
    /// What could not be used, one line each.
    pub problems: Vec<Problem>,
}

/// Finds all sources in `paths`: files, folders with everything in them, archives with everything in them; `-` is
/// standard input. Reads first bytes only, but for archives, which are unpacked once to list them; small members
/// stay in memory, so they are not unpacked again.
pub fn collect(paths: &[PathBuf], limits: &Limits) -> Collected {
    let mut collector = Collector::new(limits);
    for path in paths {
        if path.as_os_str() == "-" {
            collector.pipe("-", Box::new(io::stdin()));
        } else {
            collector.named(path);
        }
    }
    collector.finish()
}

/// The same for bytes at hand, as if they were a file of that name.
pub fn collect_bytes(name: &str, bytes: Vec<u8>, limits: &Limits) -> Collected {
    let mut collector = Collector::new(limits);
    collector.memory(name, bytes);
    collector.finish()
}

struct Collector {
    limits: Arc<Limits>,
    found: Collected,
    /// Device and number of files and folders seen, so that links are not followed twice.
    seen: BTreeSet<(u64, u64)>,
    archives: u32,
    keep_left: usize,
    heads_left: usize,
    full: bool,
}

impl Collector {
    fn new(limits: &Limits) -> Self {
        Self {
            limits: Arc::new(limits.clone()),
            found: Collected::default(),
            seen: BTreeSet::new(),
            archives: 0,
            keep_left: limits.keep_total_bytes,
            heads_left: limits.keep_heads_bytes,
            full: false,
        }
    }

    fn finish(mut self) -> Collected {
        merge_alike(&mut self.found.problems);
        self.found
    }

    fn problem(&mut self, path: impl Into<String>, what: impl Into<String>) {
        self.found.problems.push(Problem {
            path: path.into(),
            what: what.into(),
        });
    }

    /// A path that the user named: links and pipes are meant.
    fn named(&mut self, path: &Path) {
        match fs::metadata(path) {
            Err(error) => self.problem(show(path), explain(&error)),
            Ok(meta) if meta.is_dir() => self.folder(path),
            Ok(meta) if meta.is_file() => self.file(path, &meta),
            Ok(meta) if is_pipe(&meta) => match fs::File::open(path) {
                Ok(pipe) => self.pipe(&show(path), Box::new(pipe)),
                Err(error) => self.problem(show(path), explain(&error)),
            },
            Ok(_) => self.problem(show(path), "neither a file nor a folder, not read"),
        }
    }

    /// Everything in a folder. Keeps its own stack, so that deep trees cannot exhaust the thread's.
    fn folder(&mut self, top: &Path) {
        let mut open = vec![(top.to_owned(), 0)];
        while let Some((path, depth)) = open.pop() {
            if self.full {
                return;
            }
            let meta = match fs::metadata(&path) {
                Ok(meta) => meta,
                Err(error) => {
                    let is_link = path.is_symlink();
                    let what = if is_link {
                        "link to nothing".to_owned()
                    } else {
                        explain(&error)
                    };
                    self.problem(show(&path), what);
                    continue;
                }
            };
            if meta.is_file() {
                self.file(&path, &meta);
            } else if !meta.is_dir() {
                self.problem(show(&path), "neither a file nor a folder, not read");
            } else if depth > self.limits.max_folder_depth {
                let most = self.limits.max_folder_depth;
                self.problem(
                    show(&path),
                    format!("folders more than {most} deep, not read from here on"),
                );
            } else if self.is_new(&meta) {
                match entries(&path) {
                    // The stack gives the last one first.
                    Ok(names) => open.extend(names.into_iter().rev().map(|name| (path.join(name), depth + 1))),
                    Err(error) => self.problem(show(&path), explain(&error)),
                }
            }
        }
    }

    /// Whether a file or folder was not met before under another name.
    fn is_new(&mut self, meta: &Metadata) -> bool {
        identity(meta).is_none_or(|id| self.seen.insert(id))
    }

    fn file(&mut self, path: &Path, meta: &Metadata) {
        if self.full || is_noise(&show(path)) || !self.is_new(meta) {
            return;
        }
        let name = show(path);
        let looked = self.open(path).and_then(|bytes| Ok((look(&bytes)?, bytes)));
        match looked {
            Err(error) => self.problem(name, explain(&error)),
            Ok((Content::Binary(what), _)) => self.problem(name, what),
            Ok((Content::Packed(_), bytes)) => self.packed(&name, bytes, Packed::File(path.to_owned()), modified(meta)),
            Ok((Content::Text | Content::Hole, bytes)) => {
                let size = bytes.len();
                let store = match bytes {
                    Stored::Memory(bytes) => {
                        self.keep_left -= bytes.len();
                        Store::Memory(bytes)
                    }
                    Stored::File(_) => Store::File(path.to_owned()),
                };
                self.add(name, store, size, true, modified(meta));
            }
        }
    }

    /// Opens a file; a small one is read at once and kept, instead of once for each look at it.
    fn open(&self, path: &Path) -> io::Result<Stored> {
        let file = Stored::open(path)?;
        if file.len() > (HEAD_BYTES as u64).min(self.keep_left as u64) {
            return Ok(file);
        }
        let mut bytes = vec![0; usize::try_from(file.len()).unwrap_or(HEAD_BYTES)];
        let got = file.read_at(&mut bytes, 0)?;
        bytes.truncate(got);
        Ok(Stored::Memory(bytes.into()))
    }

    fn add(&mut self, path: String, store: Store, size: u64, size_is_exact: bool, modified_ms: Option<i64>) {
        if self.found.sources.len() >= self.limits.max_sources {
            if !self.full {
                let most = self.limits.max_sources;
                self.problem(
                    path,
                    format!("more than {most} files; this one and all after it are not read"),
                );
            }
            self.full = true;
            return;
        }
        self.found.sources.push(Source {
            path,
            size,
            size_is_exact,
            modified_ms,
            store,
            flawed: false,
            limits: Arc::clone(&self.limits),
            plan: OnceLock::new(),
        });
    }

    /// A pipe can be read once. Its first bytes decide how much of it is held: of text enough to try every format, of a
    /// binary file nothing. A compressed text is unpacked as it comes; an archive is kept, since its members are looked
    /// at before they are read.
    fn pipe(&mut self, name: &str, mut from: Box<dyn Read + Send>) {
        let mut head = Vec::new();
        let read = (&mut from).take(SNIFF_BYTES as u64).read_to_end(&mut head);
        if let Err(error) = read {
            self.problem(name, cut_short(&error));
            return self.memory(name, head);
        }
        match sniff(&head) {
            Content::Binary(what) => self.problem(name, what),
            Content::Text | Content::Hole => self.text_pipe(name, head, from),
            Content::Packed(_) => self.packed_pipe(name, head, from),
        }
    }

    fn text_pipe(&mut self, name: &str, mut head: Vec<u8>, mut from: Box<dyn Read + Send>) {
        let most = self.limits.pipe_text_bytes.max(head.len());
        let more = (most - head.len()) as u64;
        let read = (&mut from).take(more).read_to_end(&mut head);
        if let Err(error) = &read {
            self.problem(name, cut_short(error));
        }
        if read.is_err() || head.len() < most {
            return self.memory(name, head);
        }
        if is_hole(&head) {
            return self.problem(name, "starts with nothing but NUL bytes, not read");
        }
        let size = head.len() as u64;
        let (head, rest) = (head.into(), Mutex::new(Some(Pipe(from))));
        self.add(name.to_owned(), Store::Pipe { head, rest }, size, false, None);
    }

    fn packed_pipe(&mut self, name: &str, mut head: Vec<u8>, mut from: Box<dyn Read + Send>) {
        let most = self.limits.spool_memory_bytes.max(head.len());
        let more = (most - head.len()) as u64;
        let read = (&mut from).take(more).read_to_end(&mut head);
        let is_whole = read.is_err() || head.len() < most;
        let held = Stored::Memory(head.as_slice().into());
        if !is_whole && one_text(&held, &self.limits).is_some() {
            drop(held);
            let raw: Box<dyn Read + Send> = Box::new(io::Cursor::new(head).chain(from));
            return match unpacked(raw, &self.limits) {
                Ok(text) => self.text_pipe(name, Vec::new(), text),
                Err(error) => self.problem(name, explain(&error)),
            };
        }
        drop(held);
        let spooled = match read {
            Err(error) => Ok(Spooled {
                bytes: Stored::Memory(head.into()),
                failed: Some(error),
            }),
            Ok(_) => spool(head, &mut from, &self.limits),
        };
        match spooled {
            Err(error) => self.problem(name, explain(&error)),
            Ok(Spooled { bytes, failed }) => {
                if let Some(error) = failed {
                    self.problem(name, cut_short(&error));
                }
                self.packed(name, bytes.clone(), Packed::Held(bytes), None);
            }
        }
    }

    fn memory(&mut self, name: &str, bytes: Vec<u8>) {
        let bytes: Arc<[u8]> = bytes.into();
        match sniff(&bytes[..bytes.len().min(SNIFF_BYTES)]) {
            Content::Binary(what) => self.problem(name, what),
            Content::Hole if is_hole(&bytes) => self.problem(name, ONLY_NULS),
            Content::Packed(_) => {
                let bytes = Stored::Memory(bytes);
                self.packed(name, bytes.clone(), Packed::Held(bytes), None);
            }
            Content::Text | Content::Hole => {
                let size = bytes.len() as u64;
                self.add(name.to_owned(), Store::Memory(bytes), size, true, None);
            }
        }
    }

    /// A compressed file is one source; an archive is unpacked once to list its members.
    fn packed(&mut self, name: &str, bytes: Stored, packed: Packed, modified_ms: Option<i64>) {
        let number = self.archives;
        self.archives += 1;
        let archive = Archive::new(packed, &self.limits);
        if let Some(One { head, is_whole }) = one_text(&bytes, &self.limits) {
            if is_whole && is_hole(&head) {
                return self.problem(name, ONLY_NULS);
            }
            if is_whole && head.len() <= self.keep_left {
                self.keep_left -= head.len();
                let size = head.len() as u64;
                self.add(name.to_owned(), Store::Memory(head.into()), size, true, modified_ms);
                return;
            }
            let fits = self.heads_left >= head.len();
            self.heads_left -= if fits { head.len() } else { 0 };
            let store = Store::Member {
                archive,
                number,
                ordinal: 0,
                head: fits.then_some(head),
            };
            self.add(name.to_owned(), store, bytes.len(), false, modified_ms);
            return;
        }
        let limits = Arc::clone(&self.limits);
        let mut lister = Lister {
            collector: self,
            archive: Arc::clone(&archive),
            number,
            ordinal: 0,
            streamed: BTreeSet::new(),
        };
        walk(bytes, name, modified_ms, &limits, &mut lister);
        let streamed = lister.streamed;
        archive.will_stream(streamed);
    }
}

/// The visitor that turns members into sources.
struct Lister<'c> {
    collector: &'c mut Collector,
    archive: Arc<Archive>,
    number: u32,
    ordinal: usize,
    streamed: BTreeSet<usize>,
}

impl Visitor for Lister<'_> {
    fn leaf(&mut self, leaf: Leaf<'_>) -> ControlFlow<(), io::Result<()>> {
        let keep = self.collector.limits.keep_member_bytes.min(self.collector.keep_left);
        let mut bytes = Vec::new();
        let read = leaf.read.take(keep as u64 + 1).read_to_end(&mut bytes);
        let mut size = bytes.len() as u64;
        let fits = bytes.len() <= keep;
        let mut result = read.map(|_| ());
        if fits && is_hole(&bytes) {
            self.ordinal += 1;
            self.problem(leaf.path, ONLY_NULS.to_owned());
            return ControlFlow::Continue(result);
        }
        let store = if fits {
            self.collector.keep_left -= bytes.len();
            Store::Memory(bytes.into())
        } else {
            let head = self.head(&bytes, leaf.read);
            if result.is_ok() {
                result = io::copy(leaf.read, &mut io::sink()).map(|more| size += more);
            }
            size = size.max(head.len() as u64);
            self.streamed.insert(self.ordinal);
            Store::Member {
                archive: Arc::clone(&self.archive),
                number: self.number,
                ordinal: self.ordinal,
                head: Some(head),
            }
        };
        self.ordinal += 1;
        self.collector
            .add(leaf.path.to_owned(), store, size, result.is_ok(), leaf.modified_ms);
        if self.collector.full {
            return ControlFlow::Break(());
        }
        if result.is_err()
            && let Some(source) = self.collector.found.sources.last_mut()
        {
            source.flawed = true;
        }
        ControlFlow::Continue(result)
    }

    fn problem(&mut self, path: &str, what: String) {
        self.collector.problem(path, what);
    }
}

impl Lister<'_> {
    /// The head that is kept of a member which is not: shorter when there are very many.
    fn head(&mut self, bytes: &[u8], rest: &mut dyn Read) -> Vec<u8> {
        const SHORT_HEAD_BYTES: usize = 4 << 10;
        let left = self.collector.heads_left;
        let len = if left >= HEAD_BYTES {
            HEAD_BYTES
        } else {
            SHORT_HEAD_BYTES
        };
        let mut head = bytes[..bytes.len().min(len)].to_vec();
        if head.len() < len {
            // What fails here fails again when the rest is read.
            let _ = rest.take((len - head.len()) as u64).read_to_end(&mut head);
        }
        self.collector.heads_left = left.saturating_sub(len);
        head
    }
}

/// One text in one or more compressions.
struct One {
    /// Its first `HEAD_BYTES`.
    head: Vec<u8>,
    /// Whether that is all.
    is_whole: bool,
}

/// Tells by the first bytes whether a packed file is one text and not an archive.
fn one_text(bytes: &Stored, limits: &Limits) -> Option<One> {
    let mut stream: Box<dyn Read + '_> = Box::new(Cursor::new(bytes.clone(), Arc::default()));
    for _ in 0..=limits.max_nesting {
        let mut head = Vec::new();
        let mut result = (&mut stream).take(SNIFF_BYTES as u64).read_to_end(&mut head);
        match sniff(&head) {
            Content::Text | Content::Hole => {
                if result.is_ok() {
                    let more = (HEAD_BYTES - head.len()) as u64;
                    result = (&mut stream).take(more).read_to_end(&mut head);
                }
                let is_whole = result.is_ok() && head.len() < HEAD_BYTES;
                return (result.is_ok() || !head.is_empty()).then_some(One { head, is_whole });
            }
            Content::Packed(packing) if packing.is_single() => {
                stream = Box::new(Decoder::new(packing, io::Cursor::new(head).chain(stream)).ok()?);
            }
            Content::Packed(_) | Content::Binary(_) => return None,
        }
    }
    None
}

fn cut_short(error: &io::Error) -> String {
    let what = explain(error);
    match what.ends_with(" there") {
        true => what,
        false => format!("{what}; read up to there"),
    }
}

/// One text as it comes out of its compressions.
fn unpacked(raw: Box<dyn Read + Send>, limits: &Limits) -> io::Result<Box<dyn Read + Send>> {
    let taken = Arc::default();
    let meter = Meter::new(limits, Arc::clone(&taken));
    let mut stream: Box<dyn Read + Send> = Box::new(Taken { from: raw, taken });
    for _ in 0..=limits.max_nesting {
        let mut head = Vec::new();
        (&mut stream).take(SNIFF_BYTES as u64).read_to_end(&mut head)?;
        let content = sniff(&head);
        stream = Box::new(io::Cursor::new(head).chain(stream));
        match content {
            Content::Packed(packing) if packing.is_single() => {
                stream = Box::new(meter.guard(Decoder::new(packing, stream)?));
            }
            _ => break,
        }
    }
    Ok(stream)
}

fn is_hole(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&byte| byte == 0)
}

/// What a file is. A file that starts with a hole may be all hole (preallocated by a store) or a log with text behind.
fn look(bytes: &Stored) -> io::Result<Content> {
    let mut head = vec![0; SNIFF_BYTES];
    let got = bytes.read_at(&mut head, 0)?;
    let content = sniff(&head[..got]);
    if content != Content::Hole || got < SNIFF_BYTES {
        return Ok(if content == Content::Hole {
            Content::Binary(ONLY_NULS)
        } else {
            content
        });
    }
    let last = bytes.len().saturating_sub(SNIFF_BYTES as u64);
    let got = bytes.read_at(&mut head, last)?;
    Ok(match sniff(&head[..got]) {
        Content::Hole => Content::Binary("starts and ends with NUL bytes, not read"),
        Content::Packed(_) => Content::Binary("binary file, not read"),
        other => other,
    })
}

fn entries(path: &Path) -> io::Result<Vec<std::ffi::OsString>> {
    let mut names = fs::read_dir(path)?
        .map(|entry| entry.map(|e| e.file_name()))
        .collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

/// A path for people: no control characters.
fn show(path: &Path) -> String {
    path.to_string_lossy()
        .chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect()
}

fn modified(meta: &Metadata) -> Option<i64> {
    let since = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}

#[cfg(unix)]
fn identity(meta: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((meta.dev(), meta.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<(u64, u64)> {
    None
}

#[cfg(unix)]
fn is_pipe(meta: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    let kind = meta.file_type();
    kind.is_fifo() || kind.is_char_device() || kind.is_socket()
}

#[cfg(not(unix))]
fn is_pipe(_: &Metadata) -> bool {
    false
}

/// A store folder has thousands of binary files: the same problem of many files in one folder becomes one line.
fn merge_alike(problems: &mut Vec<Problem>) {
    const SHOWN: usize = 3;
    let folder = |path: &str| path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for problem in problems.iter() {
        *counts.entry((folder(&problem.path), problem.what.clone())).or_default() += 1;
    }
    let mut told: BTreeSet<(String, String)> = BTreeSet::new();
    problems.retain_mut(|problem| {
        let key = (folder(&problem.path), problem.what.clone());
        let count = counts.get(&key).copied().unwrap_or(1);
        if count <= SHOWN {
            return true;
        }
        problem.what = format!("{} (and {} more files in this folder)", problem.what, count - 1);
        told.insert(key)
    });
}

impl Collected {
    /// Sources that should be read one after the other by one thread, each group in order: the members of one
    /// archive together, every other source alone.
    pub fn passes(&self) -> Vec<Vec<usize>> {
        let mut passes: Vec<Vec<usize>> = Vec::new();
        let mut archives: BTreeMap<u32, usize> = BTreeMap::new();
        for (index, source) in self.sources.iter().enumerate() {
            match source.kind() {
                Kind::Packed { archive } => match archives.get(&archive) {
                    Some(&pass) => passes[pass].push(index),
                    None => {
                        archives.insert(archive, passes.len());
                        passes.push(vec![index]);
                    }
                },
                Kind::File | Kind::Memory | Kind::Pipe => passes.push(vec![index]),
            }
        }
        passes
    }
}

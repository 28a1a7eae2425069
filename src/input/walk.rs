//! One pass over a packed file: opens what is nested in it and shows every member that is text to a visitor, in the
//! order in which they stand. Nothing is written anywhere.

use super::limits::Limits;
use super::sniff::{Content, Packing, SNIFF_BYTES, sniff};
use super::spool::{Spooled, spool};
use super::stored::{Cursor, Stored};
use super::unpack::{Decoder, Meter, explain, explain_packed, size, stop};
use std::cell::Cell;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;

/// A member of text.
pub(super) struct Leaf<'a> {
    pub(super) path: &'a str,
    pub(super) modified_ms: Option<i64>,
    /// What it comes out of, for messages.
    pub(super) inside: &'static str,
    pub(super) read: &'a mut dyn Read,
}

/// Who is shown the members.
pub(super) trait Visitor {
    /// Takes a member. What it does not read is skipped. An error it met while reading it should return.
    fn leaf(&mut self, leaf: Leaf<'_>) -> ControlFlow<(), io::Result<()>>;
    /// Takes note of something that could not be used.
    fn problem(&mut self, path: &str, what: String);
}

/// What surrounds the bytes at hand.
#[derive(Debug, Clone)]
struct Place {
    path: String,
    modified_ms: Option<i64>,
    depth: usize,
    /// What the bytes come out of, for messages.
    inside: &'static str,
}

/// Bytes to look into.
enum Feed<'a> {
    Seekable(Stored),
    Stream(&'a mut dyn Read),
}

/// Walks over everything in `bytes`, which people know as `path`.
pub(super) fn walk(bytes: Stored, path: &str, modified_ms: Option<i64>, limits: &Limits, visitor: &mut dyn Visitor) {
    let taken = Arc::default();
    let meter = Meter::new(limits, Arc::clone(&taken));
    let mut walk = Walk {
        limits,
        visitor,
        taken,
        meter,
        broken: 0,
    };
    let place = Place {
        path: path.to_owned(),
        modified_ms,
        depth: 0,
        inside: "file",
    };
    // Whether the visitor had enough does not matter at the top.
    let _ = walk.open(Feed::Seekable(bytes), &place);
}

struct Walk<'v> {
    limits: &'v Limits,
    visitor: &'v mut dyn Visitor,
    taken: Arc<std::sync::atomic::AtomicU64>,
    meter: Meter,
    /// Texts that broke off, each of which was told.
    broken: usize,
}

/// Break: the visitor wants no more.
type Flow = ControlFlow<()>;

impl Walk<'_> {
    fn open(&mut self, feed: Feed<'_>, place: &Place) -> Flow {
        match feed {
            Feed::Seekable(bytes) => {
                let mut head = vec![0; SNIFF_BYTES];
                let got = match bytes.read_at(&mut head, 0) {
                    Ok(got) => got,
                    Err(error) => return self.problem(place, explain(&error)),
                };
                if let Content::Packed(Packing::Zip) = sniff(&head[..got]) {
                    return self.zip(bytes, place);
                }
                // A file in memory that stands inside another was metered when it was read.
                let taken = if place.depth == 0 {
                    Arc::clone(&self.taken)
                } else {
                    Arc::default()
                };
                self.open(Feed::Stream(&mut Cursor::new(bytes, taken)), place)
            }
            Feed::Stream(stream) => {
                let (head, failed) = read_head(stream);
                if let Some(error) = &failed
                    && head.is_empty()
                {
                    return self.problem(place, explain_packed(place.inside, error));
                }
                let content = sniff(&head);
                let mut whole = io::Cursor::new(head).chain(Failed(failed).chain(stream));
                self.stream(content, &mut whole, place)
            }
        }
    }

    fn stream(&mut self, content: Content, stream: &mut dyn Read, place: &Place) -> Flow {
        match content {
            Content::Binary(what) => self.problem(place, what.to_owned()),
            Content::Text | Content::Hole => {
                let leaf = Leaf {
                    path: &place.path,
                    modified_ms: place.modified_ms,
                    inside: place.inside,
                    read: stream,
                };
                match self.visitor.leaf(leaf)? {
                    Ok(()) => Flow::Continue(()),
                    Err(error) => {
                        self.broken += 1;
                        self.problem(place, explain_packed(place.inside, &error))
                    }
                }
            }
            Content::Packed(packing) if place.depth >= self.limits.max_nesting => {
                let most = self.limits.max_nesting;
                let what = format!(
                    "more than {most} archives inside each other: this {} is not opened",
                    packing.name()
                );
                self.problem(place, what)
            }
            Content::Packed(Packing::Tar) => self.tar(stream, place),
            // Its list of members is at its end.
            Content::Packed(Packing::Zip) => match spool(Vec::new(), stream, self.limits) {
                Ok(Spooled { bytes, failed: None }) => self.zip(bytes, place),
                Ok(Spooled {
                    failed: Some(error), ..
                })
                | Err(error) => self.problem(place, explain_packed(place.inside, &error)),
            },
            Content::Packed(single) => match Decoder::new(single, stream) {
                Ok(unpacked) => {
                    let inner = Place {
                        depth: place.depth + 1,
                        inside: single.name(),
                        ..place.clone()
                    };
                    let mut guarded = self.meter.guard(unpacked);
                    self.open(Feed::Stream(&mut guarded), &inner)
                }
                Err(error) => self.problem(place, explain_packed(single.name(), &error)),
            },
        }
    }

    fn tar(&mut self, stream: &mut dyn Read, place: &Place) -> Flow {
        let fuse = Rc::new(Cell::new(0));
        let mut archive = tar::Archive::new(Fused {
            inner: stream,
            left: Rc::clone(&fuse),
        });
        let mut escapes = Escapes::default();
        let flow = match archive.entries() {
            Ok(entries) => self.tar_entries(entries, &fuse, place, &mut escapes),
            Err(error) => self.problem(place, explain_packed("tar", &error)),
        };
        if let Some(what) = escapes.message() {
            self.visitor.problem(&place.path, what);
        }
        flow
    }

    fn tar_entries<R: Read>(
        &mut self,
        mut entries: tar::Entries<'_, R>,
        fuse: &Cell<u64>,
        place: &Place,
        escapes: &mut Escapes,
    ) -> Flow {
        loop {
            fuse.set(MAX_TAR_HEADER_BYTES);
            let mut entry = match entries.next() {
                None => return Flow::Continue(()),
                Some(Ok(entry)) => entry,
                Some(Err(error)) => return self.problem(place, explain_packed("tar", &error)),
            };
            fuse.set(u64::MAX);
            let kind = entry.header().entry_type();
            let told = entry.size();
            let mut read = 0;
            let mut flow = Flow::Continue(());
            let broken_before = self.broken;
            let raw_name = entry.path_bytes().into_owned();
            let inner = self.member(place, &raw_name, entry.header().mtime().ok(), "tar", escapes);
            let is_file = kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse();
            if is_file && !is_noise(&inner.path) {
                let mut counted = Counted {
                    inner: &mut entry,
                    read: &mut read,
                };
                flow = if kind.is_gnu_sparse() {
                    // Holes cost the archive nothing.
                    let mut guarded = self.meter.guard(counted);
                    self.open(Feed::Stream(&mut guarded), &inner)
                } else {
                    self.open(Feed::Stream(&mut counted), &inner)
                };
            }
            flow?;
            let drained = match io::copy(&mut entry, &mut io::sink()) {
                Ok(more) => read + more,
                // What broke the member breaks the archive, and was told with the member's name.
                Err(_) if self.broken > broken_before => return Flow::Continue(()),
                Err(error) => return self.problem(place, explain_packed("tar", &error)),
            };
            if drained < told {
                let what = format!(
                    "broken {}: the archive ends inside this member, {} of {} read",
                    "tar",
                    size(drained),
                    size(told)
                );
                return self.problem(&inner, what);
            }
        }
    }

    fn zip(&mut self, bytes: Stored, place: &Place) -> Flow {
        let taken = if place.depth == 0 {
            Arc::clone(&self.taken)
        } else {
            Arc::default()
        };
        let mut archive = match zip::ZipArchive::new(Cursor::new(bytes, taken)) {
            Ok(archive) => archive,
            Err(error) => return self.problem(place, explain_packed("zip", &error.into())),
        };
        if let Some(what) = document_kind(&archive) {
            return self.problem(place, what.to_owned());
        }
        let mut escapes = Escapes::default();
        let mut flow = Flow::Continue(());
        for index in 0..archive.len() {
            flow = self.zip_member(&mut archive, index, place, &mut escapes);
            if flow.is_break() {
                break;
            }
        }
        if let Some(what) = escapes.message() {
            self.visitor.problem(&place.path, what);
        }
        flow
    }

    fn zip_member(
        &mut self,
        archive: &mut zip::ZipArchive<Cursor>,
        index: usize,
        place: &Place,
        escapes: &mut Escapes,
    ) -> Flow {
        let error = match archive.by_index(index) {
            Ok(member) => return self.zip_file(member, place, escapes),
            Err(error) => error,
        };
        let raw_name = archive
            .by_index_raw(index)
            .map(|raw| raw.name_raw().to_vec())
            .unwrap_or_default();
        let inner = self.member(place, &raw_name, None, "zip", escapes);
        let what = match error {
            zip::result::ZipError::UnsupportedArchive(what) => format!("not read: {what}"),
            other => explain_packed("zip", &other.into()),
        };
        self.problem(&inner, what)
    }

    fn zip_file(&mut self, member: zip::read::ZipFile<'_, Cursor>, place: &Place, escapes: &mut Escapes) -> Flow {
        let modified = member.last_modified().map(|at| {
            crate::model::moment::civil_ms(
                i64::from(at.year()),
                u32::from(at.month()),
                u32::from(at.day()),
                u32::from(at.hour()),
                u32::from(at.minute()),
                u32::from(at.second()),
                0,
            )
        });
        let raw_name = member.name_raw().to_vec();
        let mut inner = self.member(place, &raw_name, None, "zip", escapes);
        inner.modified_ms = modified;
        if member.is_dir() || member.is_symlink() || is_noise(&inner.path) {
            return Flow::Continue(());
        }
        let mut guarded = self.meter.guard(member);
        self.open(Feed::Stream(&mut guarded), &inner)
    }

    fn member(
        &self,
        place: &Place,
        raw_name: &[u8],
        modified_s: Option<u64>,
        inside: &'static str,
        escapes: &mut Escapes,
    ) -> Place {
        let name = escapes.clean(raw_name);
        Place {
            path: format!("{}!/{name}", place.path),
            modified_ms: modified_s
                .and_then(|s| i64::try_from(s).ok())
                .and_then(|s| s.checked_mul(1000)),
            depth: place.depth + 1,
            inside,
        }
    }

    fn problem(&mut self, place: &Place, what: String) -> Flow {
        self.visitor.problem(&place.path, what);
        Flow::Continue(())
    }
}

/// First bytes of a stream, and the error that ended them.
fn read_head(stream: &mut dyn Read) -> (Vec<u8>, Option<io::Error>) {
    let mut head = Vec::with_capacity(SNIFF_BYTES);
    let failed = stream.take(SNIFF_BYTES as u64).read_to_end(&mut head).err();
    (head, failed)
}

/// Gives an error once, then nothing: keeps an error in its place behind the bytes that came before it.
struct Failed(Option<io::Error>);

impl Read for Failed {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// Bytes that one tar header with its extensions (long names, pax records) may take.
const MAX_TAR_HEADER_BYTES: u64 = 4 << 20;

/// Stops the tar crate, which holds header extensions in memory, from reading one of hostile size.
struct Fused<'a> {
    inner: &'a mut dyn Read,
    left: Rc<Cell<u64>>,
}

impl Read for Fused<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let left = self.left.get();
        if left == 0 {
            return Err(stop("a tar header of more than 4 MiB, stopped there"));
        }
        let most = buf.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let got = self.inner.read(&mut buf[..most])?;
        if left != u64::MAX {
            self.left.set(left - got as u64);
        }
        Ok(got)
    }
}

/// Counts what was read of a member.
struct Counted<'a, R> {
    inner: &'a mut R,
    read: &'a mut u64,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buf)?;
        *self.read += got as u64;
        Ok(got)
    }
}

/// Member names that lead out of their archive.
#[derive(Debug, Default)]
struct Escapes {
    count: usize,
    first: String,
}

impl Escapes {
    /// A name that is safe to show: no `..`, not absolute, no control characters, not endless.
    fn clean(&mut self, raw: &[u8]) -> String {
        const LONGEST: usize = 1024;
        let text: String = super::peel::decode_line(raw)
            .chars()
            .take(LONGEST)
            .map(|c| if c.is_control() { '?' } else { c })
            .collect();
        let parts: Vec<&str> = text.split(['/', '\\']).filter(|p| !p.is_empty() && *p != ".").collect();
        let drive = |part: &&str| part.len() == 2 && part.ends_with(':');
        if parts.contains(&"..") || text.starts_with(['/', '\\']) || parts.first().is_some_and(drive) {
            self.count += 1;
            if self.count == 1 {
                self.first.clone_from(&text);
            }
        }
        let kept: Vec<&str> = parts.into_iter().filter(|p| *p != "..").collect();
        if kept.is_empty() {
            "?".to_owned()
        } else {
            kept.join("/")
        }
    }

    fn message(&self) -> Option<String> {
        let first = &self.first;
        match self.count {
            0 => None,
            1 => Some(format!(
                "a name leads out of the archive ({first}); nothing is written, it is read as if inside"
            )),
            n => Some(format!(
                "{n} names lead out of the archive (first: {first}); nothing is written, they are read as if inside"
            )),
        }
    }
}

/// Files that systems leave behind and nobody means to give.
pub(super) fn is_noise(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.starts_with("._") || name == ".DS_Store" || name == "Thumbs.db" || path.contains("/__MACOSX/")
}

/// A zip that is really something else.
fn document_kind(archive: &zip::ZipArchive<Cursor>) -> Option<&'static str> {
    archive.file_names_raw().take(64).find_map(|name| match name {
        b"META-INF/MANIFEST.MF" | b"META-INF/" => Some("Java archive, not read"),
        b"[Content_Types].xml" => Some("office document, not read: save it as text first"),
        b"AndroidManifest.xml" => Some("Android package, not read"),
        _ => None,
    })
}

//! A big source that a format claims, such as a GC log of weeks: it is read in pieces cut where the format likes it, and
//! events are counted as they come, so that memory does not grow with the input. Lines keep the numbers of the whole
//! source. What formats carry from piece to piece is theirs (`format/pieces.rs`).
//!
//! Every format that finds something in the first piece reads all of them. What belongs to none is also read as a log,
//! unless the format that claims the source is sure that nothing is left.

use super::gather::Gather;
use super::merge::Merge;
use super::whole::role_of_events;
use super::{Opened, Read, Reading, info};
use crate::format::log::template::Templates;
use crate::format::pieces::{Cut, Pieces, cut, reader};
use crate::format::{Format, Sink, formats};
use crate::input::{Buffer, Reader, Source};
use crate::model::{Event, LogKind, Role, SourceId, SourceInfo, Text};

/// Pieces are about this big.
const PIECE_BYTES: usize = if cfg!(test) { 64 << 10 } else { 4 << 20 };
/// A piece grows up to this while there is no place to cut it.
const PIECE_MAX: usize = 4 * PIECE_BYTES;

/// A format that claims a big source, and how sure it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim {
    pub(super) format: &'static Format,
    pub(super) score: u8,
}

/// Reads a source in pieces.
pub(super) fn read_pieces(
    reading: Reading<'_>,
    source: &Source,
    id: SourceId,
    host: &str,
    opened: Opened,
    claim: Claim,
) -> Read {
    let head = source.head().map(|head| head.text).unwrap_or_default();
    let mut info = info(source, host, claim.format.name);
    let is_log = claim.score < super::ALL_MINE;
    info.role = role_of(claim.format, &Text::new(id, &source.path, &head));
    info.log = is_log.then_some(LogKind::App);
    let mut gather = Gather::new(reading);
    let mut templates = Templates::default();
    let log = is_log.then(|| Merge::new(reading, id, LogKind::App, &info, &head));
    let mut formats = Formats::default();
    let mut cutter = Cutter::new(cut(claim.format), opened);
    while let Some((body, first_line)) = cutter.next() {
        let text = Text::starting_at(id, &source.path, body, first_line);
        let lines = text.lines().len() as u32;
        let mut count = Count {
            gather: &mut gather,
            info: &info,
        };
        formats.piece(&text, &mut count);
        if let Some(log) = &log {
            drop(text);
            log.part(body, first_line, lines);
        }
    }
    formats.finish(&mut Count {
        gather: &mut gather,
        info: &info,
    });
    if let Some(log) = log {
        let (found, shapes) = log.finish();
        gather.join(found);
        templates = shapes;
    }
    let outcome = cutter.reader.finish();
    let info = SourceInfo {
        bytes: outcome.bytes,
        lines: outcome.lines,
        ..info
    };
    gather.seen(id, &info, head.lines().next().unwrap_or(""));
    Read {
        info,
        tallies: gather.matcher.tallies,
        facts: gather.facts,
        measured: gather.collector.finish(id.0),
        ends: gather.ends,
        templates,
        problems: outcome.problems,
    }
}

/// The role that the start of a source tells.
fn role_of(format: &Format, head: &Text<'_>) -> Option<Role> {
    let mut events: Vec<Event> = Vec::new();
    (format.parse)(head, &mut events);
    role_of_events(&events)
}

/// Counts events as they come.
struct Count<'g, 'a> {
    gather: &'g mut Gather<'a>,
    info: &'g SourceInfo,
}

impl Sink for Count<'_, '_> {
    fn event(&mut self, event: Event) {
        self.gather.event(&event, self.info);
    }
}

/// The formats that read a source; settled by its first piece.
#[derive(Default)]
struct Formats {
    begun: bool,
    readers: Vec<Box<dyn Pieces>>,
}

impl Formats {
    fn piece(&mut self, text: &Text<'_>, sink: &mut dyn Sink) {
        if !std::mem::replace(&mut self.begun, true) {
            let found = formats().filter(|format| (format.score)(text) > 0);
            self.readers = found.map(|format| reader(format, text.path)).collect();
        }
        for reader in &mut self.readers {
            reader.piece(text, sink);
        }
    }

    fn finish(self, sink: &mut dyn Sink) {
        for reader in self.readers {
            reader.finish(sink);
        }
    }
}

/// Cuts what a reader gives into pieces.
struct Cutter {
    cut: Cut,
    reader: Reader,
    buffer: Buffer,
    /// What was read and not yet given, behind the piece that was given last.
    text: String,
    first_line: u32,
    /// Bytes and lines of the piece that was given last.
    given: (usize, u32),
}

impl Cutter {
    fn new(cut: Cut, opened: Opened) -> Self {
        Self {
            cut,
            reader: opened.reader,
            buffer: Buffer::new(),
            text: opened.first,
            first_line: 1,
            given: (0, 0),
        }
    }

    /// The next piece and the number of its first line.
    fn next(&mut self) -> Option<(&str, u32)> {
        let (bytes, lines) = std::mem::take(&mut self.given);
        self.text.drain(..bytes);
        self.first_line += lines;
        let mut wanted = PIECE_BYTES;
        let end = loop {
            while self.text.len() < wanted {
                let Some(chunk) = self.reader.next(&mut self.buffer) else {
                    wanted = usize::MAX;
                    break;
                };
                self.text.push_str(chunk.text);
            }
            if wanted == usize::MAX {
                break self.text.len();
            }
            if let Some(end) = self.cut.place(&self.text) {
                break end;
            }
            if wanted >= PIECE_MAX {
                break Cut::Anywhere.place(&self.text).unwrap_or(self.text.len());
            }
            wanted *= 2;
        };
        if end == 0 {
            return None;
        }
        let lines = memchr::memchr_iter(b'\n', &self.text.as_bytes()[..end]).count();
        self.given = (end, lines as u32);
        Some((&self.text[..end], self.first_line))
    }
}

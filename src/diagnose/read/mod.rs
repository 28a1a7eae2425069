//! First half of a run: every source is read once; formats give events, logs are searched for the literals of rules.
//!
//! A source of up to `WHOLE_MAX` is read whole: every format may find something in it. A bigger one is read as a stream
//! of chunks, by all threads where it is a plain file, and only as a log, unless one format claims all of its head.

mod gather;
mod merge;
mod part;
mod ports;
mod sieves;
mod stream;
mod whole;

use super::measure::Measured;
use super::seek;
use super::window::Window;
use crate::derive::clocks::Ends;
use crate::format::formats;
use crate::format::log::template::Templates;
use crate::format::log::which_log;
use crate::input::{Buffer, Kind, Parts, Reader, Source, Whole};
use crate::model::finding::Problem;
use crate::model::{Event, LogKind, SourceId, SourceInfo, Text};
use crate::rule::RuleBook;
use crate::rule::effects::Effects;
use crate::rule::matcher::{Ports, Tallies};
use aho_corasick::AhoCorasick;
pub(super) use ports::ports_of;
pub(super) use sieves::Sieves;
use stream::read_stream;
use whole::read_whole;

/// Sources up to this size are read whole.
const WHOLE_MAX: usize = 8 << 20;
/// Sources of this size and more are read by all threads together.
pub(super) const SHARED_MIN: u64 = 16 << 20;
/// A big source that a format claims may be this big.
const STRUCTURED_MAX: usize = 512 << 20;
/// A format that is this sure of the head of a big source gets all of it.
const SURE: u8 = 60;

/// What reading one source gives.
#[derive(Debug)]
pub(super) struct Read {
    /// The source, with format, log, role and counts filled in.
    pub(super) info: SourceInfo,
    /// What rules count.
    pub(super) tallies: Tallies,
    /// Events that lint and derivers need whole.
    pub(super) facts: Vec<Event>,
    /// What was measured, when a comparison asked for it.
    pub(super) measured: Vec<Measured>,
    /// First and last stamps.
    pub(super) ends: Ends,
    /// Shapes of WARN and ERROR records.
    pub(super) templates: Templates,
    /// What went wrong.
    pub(super) problems: Vec<Problem>,
}

/// What all reading shares.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) book: &'a RuleBook,
    pub(super) ports: &'a Ports,
    /// Finds the literals of rules; the one that suits the size of the input.
    pub(super) automaton: &'a AhoCorasick,
    pub(super) threads: usize,
    /// Tell lines of which no rule speaks.
    pub(super) sieves: &'a Sieves<'a>,
    /// Only what happened in it counts.
    pub(super) window: Option<&'a Window>,
    /// Which quantities to follow; `None` outside comparisons.
    pub(super) effects: Option<&'a Effects>,
}

/// Reads one source.
pub(super) fn read(reading: Reading<'_>, source: &Source, id: SourceId, host: &str) -> Read {
    let unread = |problem: Problem| Read {
        info: info(source, host, "unknown"),
        tallies: Tallies::default(),
        facts: Vec::new(),
        measured: Vec::new(),
        ends: Ends::new(),
        templates: Templates::default(),
        problems: vec![problem],
    };
    match start(reading, source, id) {
        Ok(Start::Whole(whole)) => read_whole(reading, source, id, host, &whole),
        Ok(Start::Stream(stream)) => read_stream(reading, source, id, host, *stream),
        Err(problem) => unread(problem),
    }
}

/// A source of which the first part was read.
enum Start {
    Whole(Whole),
    Stream(Box<Opened>),
}

/// A big source: an open reader, and what was read already to find out that it is big.
struct Opened {
    reader: Reader,
    first: String,
    lines: u32,
    /// Where reading goes on behind what was left out.
    skipped_to: Option<u64>,
}

/// Reads a source until it ends or proves to be big. Nothing is read twice: an archive or a pipe may allow it only once.
fn start(reading: Reading<'_>, source: &Source, id: SourceId) -> Result<Start, Problem> {
    let mut limit = WHOLE_MAX;
    if source.kind() == Kind::File && source.size > WHOLE_MAX as u64 {
        let head = source.head()?.text;
        let text = Text::new(SourceId(0), &source.path, &head);
        // The start of a broker's log holds its configuration, and a paste of anything may stand in it: a log stays one.
        let is_log = which_log(&source.path, &head) != LogKind::App;
        if is_log || formats().map(|f| (f.score)(&text)).max().unwrap_or(0) < SURE {
            let parts = reading.window.and_then(|window| seek::parts(source, id, window));
            let skipped_to = parts.as_ref().and_then(Parts::skipped_to);
            return Ok(Start::Stream(Box::new(Opened {
                reader: source.open_parts(parts)?,
                first: String::new(),
                lines: 0,
                skipped_to,
            })));
        }
        limit = STRUCTURED_MAX;
    }
    let reader = source.open()?;
    let mut buffer = Buffer::new();
    let (mut text, mut stamps, mut lines) = (String::new(), Vec::new(), 0);
    while let Some(chunk) = reader.next(&mut buffer) {
        text.push_str(chunk.text);
        stamps.extend_from_slice(chunk.stamps);
        lines += chunk.lines;
        if text.len() > limit {
            return Ok(Start::Stream(Box::new(Opened {
                reader,
                first: text,
                lines,
                skipped_to: None,
            })));
        }
    }
    Ok(Start::Whole(Whole {
        text,
        stamps,
        outcome: reader.finish(),
    }))
}

fn info(source: &Source, host: &str, format: &'static str) -> SourceInfo {
    SourceInfo {
        path: source.path.clone(),
        host: host.to_string(),
        role: None,
        format,
        log: None,
        bytes: 0,
        lines: 0,
        skipped: None,
    }
}

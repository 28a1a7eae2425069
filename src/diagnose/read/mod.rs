//! First half of a run: every source is read once; formats give events, logs are searched for the literals of rules.
//!
//! A source of up to `WHOLE_MAX` is read whole: every format may find something in it (`whole.rs`). Of a bigger one the
//! first lines decide: what a format claims is read in pieces by that format (`pieces.rs`), all else is a log and read as
//! a stream of chunks, by all threads where it is a plain file (`stream.rs`). Memory does not grow with the input.

mod gather;
mod merge;
mod part;
mod pieces;
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
use pieces::{Claim, read_pieces};
pub(super) use ports::ports_of;
pub(super) use sieves::Sieves;
use stream::read_stream;
use whole::read_whole;

/// Sources up to this size are read whole.
const WHOLE_MAX: usize = 8 << 20;
/// Sources of this size and more are read by all threads together.
pub(super) const SHARED_MIN: u64 = 16 << 20;
/// A format that is this sure of the head of a big source gets all of it.
const SURE: u8 = 60;
/// A format that is this sure of a source leaves nothing for others to read as a log.
const ALL_MINE: u8 = 90;

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
    /// Of its literals, those that look for a place in a file behind the name of a method.
    pub(super) placed: &'a [String],
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
        Ok(Start::Stream(opened)) => read_stream(reading, source, id, host, *opened),
        Ok(Start::Pieces(opened, claim)) => read_pieces(reading, source, id, host, *opened, claim),
        Err(problem) => unread(problem),
    }
}

/// A source of which the first part was read.
enum Start {
    Whole(Whole),
    Stream(Box<Opened>),
    Pieces(Box<Opened>, Claim),
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
    if source.kind() == Kind::File && source.size > WHOLE_MAX as u64 {
        return start_big(reading, source, id);
    }
    let reader = source.open()?;
    let mut buffer = Buffer::new();
    let (mut text, mut stamps, mut lines) = (String::new(), Vec::new(), 0);
    while let Some(chunk) = reader.next(&mut buffer) {
        text.push_str(chunk.text);
        stamps.extend_from_slice(chunk.stamps);
        lines += chunk.lines;
        if text.len() > WHOLE_MAX {
            let claim = claim(&source.path, whole::head_of(&text));
            let opened = Box::new(Opened {
                reader,
                first: text,
                lines,
                skipped_to: None,
            });
            return Ok(match claim {
                Some(claim) => Start::Pieces(opened, claim),
                None => Start::Stream(opened),
            });
        }
    }
    Ok(Start::Whole(Whole {
        text,
        stamps,
        outcome: reader.finish(),
    }))
}

/// Starts reading a plain file whose size says that it is big.
fn start_big(reading: Reading<'_>, source: &Source, id: SourceId) -> Result<Start, Problem> {
    let opened = |parts: Option<Parts>| {
        Ok(Box::new(Opened {
            skipped_to: parts.as_ref().and_then(Parts::skipped_to),
            reader: source.open_parts(parts)?,
            first: String::new(),
            lines: 0,
        }))
    };
    if let Some(claim) = claim(&source.path, &source.head()?.text) {
        return Ok(Start::Pieces(opened(None)?, claim));
    }
    let parts = reading.window.and_then(|window| seek::parts(source, id, window));
    Ok(Start::Stream(opened(parts)?))
}

/// The format that claims a big source with that head.
fn claim(path: &str, head: &str) -> Option<Claim> {
    // The start of a broker's log holds its configuration, and a paste of anything may stand in it: a log stays one.
    if which_log(path, head) != LogKind::App {
        return None;
    }
    let text = Text::new(SourceId(0), path, head);
    let scored = formats().map(|format| Claim {
        score: (format.score)(&text),
        format,
    });
    let best = scored.reduce(|best, next| if next.score > best.score { next } else { best });
    best.filter(|claim| claim.score >= SURE)
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

//! Lines to dumps: which thread a frame belongs to, where a dump starts and ends, and the printed deadlock section.
//!
//! Tolerant of what paste and logs do to a dump: blank lines between frames, wrapped headers, log lines in between,
//! several dumps after each other, two or three threads without any title.

use super::doing::{self, Doing, Hints};
use super::frames;
use super::line::{self, Header, Hold, Line, Lock, State};
use crate::model::stamp::{self, Stamp};
use crate::model::{Moment, Text};
use std::collections::HashSet;

/// One thread of a dump.
#[derive(Debug, Clone)]
pub(super) struct Thread<'a> {
    /// Its first line.
    pub(super) header: Header<'a>,
    /// State.
    pub(super) state: State,
    /// Cleaned frames, top first.
    pub(super) frames: Vec<&'a str>,
    /// Index of the line of each frame.
    pub(super) frame_lines: Vec<usize>,
    /// Lock lines in order.
    pub(super) locks: Vec<Lock<'a>>,
    /// Index of the first line.
    pub(super) first: usize,
    /// Index of the last line.
    pub(super) last: usize,
    /// What it does; told when the thread is complete.
    pub(super) doing: Doing,
}

impl<'a> Thread<'a> {
    fn new(header: Header<'a>, at: usize) -> Self {
        Self {
            header,
            state: header.state,
            frames: Vec::new(),
            frame_lines: Vec::new(),
            locks: header.lock.into_iter().collect(),
            first: at,
            last: at,
            doing: Doing::Idle,
        }
    }

    /// Thread name.
    pub(super) fn name(&self) -> &'a str {
        self.header.name
    }

    /// The first application frame.
    pub(super) fn user_frame(&self) -> Option<&'a str> {
        frames::user_frame(&self.frames)
    }

    /// The frame that tells most of what it is at.
    pub(super) fn telling_frame(&self) -> Option<&'a str> {
        self.frames.get(frames::telling(&self.frames)).copied()
    }

    /// Index of the line that shows it; the first line for a thread without frames.
    pub(super) fn proof_line(&self) -> usize {
        self.frame_lines
            .get(frames::telling(&self.frames))
            .copied()
            .unwrap_or(self.first)
    }

    /// The lock it waits for.
    pub(super) fn wanted(&self) -> Option<&Lock<'a>> {
        self.locks
            .iter()
            .find(|lock| matches!(lock.hold, Hold::Wants | Hold::Parks | Hold::WaitsOn))
    }

    fn finish(&mut self) {
        let wants = self.locks.iter().any(|lock| lock.hold == Hold::Wants);
        let top = self.frames.first().map_or("", |frame| frames::method(frame));
        let wants_class = self.locks.iter().any(|lock| lock.hold == Hold::WantsClass);
        let hints = Hints {
            blocked: self.state == State::Blocked || wants,
            waiting: matches!(self.state, State::Waiting | State::TimedWaiting),
            class_init: wants_class
                || (self.state == State::Runnable
                    && self.header.in_wait
                    && !top.is_empty()
                    && !top.starts_with("java.lang.Object.wait")),
        };
        self.doing = doing::doing(&self.frames, hints);
    }
}

/// A deadlock as the JVM prints it.
#[derive(Debug, Clone, Default)]
pub(super) struct PrintedDeadlock<'a> {
    /// Index of the title line.
    pub(super) first: usize,
    /// Index of the last line of the list.
    pub(super) last: usize,
    /// Thread names.
    pub(super) names: Vec<&'a str>,
    /// Classes of the locks.
    pub(super) classes: Vec<&'a str>,
}

/// One dump, or a fragment of one.
#[derive(Debug, Clone)]
pub(super) struct Dump<'a> {
    /// When it was taken.
    pub(super) at: Option<Moment>,
    /// The JVM's name and version, as printed.
    pub(super) jvm: &'a str,
    /// Index of its first line.
    pub(super) first: usize,
    /// Its threads.
    pub(super) threads: Vec<Thread<'a>>,
    /// Printed deadlocks.
    pub(super) deadlocks: Vec<PrintedDeadlock<'a>>,
}

/// Reads all dumps of a text.
pub(super) fn read<'a>(text: &Text<'a>) -> Vec<Dump<'a>> {
    let mut reader = Reader::default();
    let lines = text.lines();
    for (at, raw) in lines.iter().enumerate() {
        reader.line(at, raw, &lines[at + 1..]);
    }
    reader.close();
    let mut dumps = reader.dumps;
    dumps.retain(|dump| !dump.threads.is_empty() || !dump.deadlocks.is_empty());
    dumps
}

/// A stamp counts for a dump that starts at most this many lines below it.
const STAMP_REACH: usize = 4;

#[derive(Default)]
struct Reader<'a> {
    dumps: Vec<Dump<'a>>,
    open: Option<Thread<'a>>,
    /// Name and key of the threads of the dump that is open, to see where a second one starts without a title.
    seen: HashSet<(&'a str, &'a str)>,
    stamp: Option<(usize, Stamp)>,
    in_deadlock: bool,
    in_synchronizers: bool,
}

impl<'a> Reader<'a> {
    fn line(&mut self, at: usize, raw: &'a str, below: &[&'a str]) {
        if self.own_frame(at, raw) {
            return;
        }
        let body = self.without_stamp(at, raw);
        match line::classify(body) {
            Line::DumpStart(jvm) => self.start_dump(at, jvm, body),
            Line::Header(header) => self.start_thread(at, header),
            Line::Frame(frame) => self.frame(at, frame),
            Line::State(state) => self.state(at, state),
            Line::Lock(lock) => self.lock(at, lock),
            Line::Synchronizers => self.in_synchronizers = true,
            Line::Deadlock => self.start_deadlock(at),
            Line::Listed(name) => self.listed(at, name),
            Line::DeadlockEdge(text) => self.edge(at, text),
            Line::Close => {
                self.close();
                self.in_deadlock = false;
            }
            Line::Blank => {}
            Line::Other => self.other(at, raw, body, below),
        }
    }

    /// A line of a log is over for the thread above it; what follows the stamp is read as usual.
    fn without_stamp(&mut self, at: usize, raw: &'a str) -> &'a str {
        let Some(stamp) = stamp::stamp(raw) else { return raw };
        self.stamp = Some((at, stamp));
        self.close();
        raw[stamp.len..].trim_start_matches([' ', '-'])
    }

    /// A frame of RocketMQ's own layout: the thread's name, blanks, the frame.
    fn own_frame(&mut self, at: usize, raw: &'a str) -> bool {
        let Some(thread) = &mut self.open else { return false };
        if !thread.header.own_layout {
            return false;
        }
        let Some(frame) = raw.trim_start().strip_prefix(thread.header.name) else {
            return false;
        };
        let frame = frames::clean(frame);
        if !frame.ends_with(')') || frame.contains("TID: ") {
            return false;
        }
        thread.frames.push(frame);
        thread.frame_lines.push(at);
        thread.last = at;
        true
    }

    fn start_dump(&mut self, at: usize, jvm: &'a str, body: &str) {
        self.close();
        self.in_deadlock = false;
        self.seen.clear();
        let from_log = line::LOG_MARKERS.iter().any(|marker| body.trim_end().ends_with(marker));
        let moment = self.near_stamp(at).map(|s| if from_log { s.gmt8() } else { s.local() });
        self.dumps.push(Dump {
            at: moment,
            jvm: jvm.trim_end_matches(':'),
            first: at,
            threads: Vec::new(),
            deadlocks: Vec::new(),
        });
    }

    fn near_stamp(&self, at: usize) -> Option<Stamp> {
        self.stamp
            .filter(|(line, _)| at - line <= STAMP_REACH)
            .map(|(_, stamp)| stamp)
    }

    fn start_thread(&mut self, at: usize, header: Header<'a>) {
        self.close();
        self.in_deadlock = false;
        let again = !header.key.is_empty() && !self.seen.insert((header.name, header.key));
        if self.dumps.is_empty() || again {
            self.start_dump(at, "", "");
            self.seen.insert((header.name, header.key));
        }
        self.open = Some(Thread::new(header, at));
    }

    fn frame(&mut self, at: usize, frame: &'a str) {
        if let Some(thread) = &mut self.open {
            thread.frames.push(frame);
            thread.frame_lines.push(at);
            thread.last = at;
        }
    }

    fn state(&mut self, at: usize, state: State) {
        if let Some(thread) = &mut self.open
            && thread.frames.is_empty()
        {
            thread.state = state;
            thread.last = at;
        }
    }

    fn lock(&mut self, at: usize, lock: Lock<'a>) {
        let Some(thread) = &mut self.open else { return };
        let hold = if self.in_synchronizers {
            Hold::Synchronizer
        } else {
            lock.hold
        };
        thread.locks.push(Lock { hold, ..lock });
        thread.last = at;
    }

    fn start_deadlock(&mut self, at: usize) {
        self.close();
        if self.dumps.is_empty() {
            self.start_dump(at, "", "");
        }
        self.in_deadlock = true;
        if let Some(dump) = self.dumps.last_mut() {
            dump.deadlocks.push(PrintedDeadlock {
                first: at,
                last: at,
                ..PrintedDeadlock::default()
            });
        }
    }

    fn listed(&mut self, at: usize, name: &'a str) {
        self.close();
        if let Some(deadlock) = self.open_deadlock() {
            deadlock.last = at;
            if !deadlock.names.contains(&name) && deadlock.names.len() < 64 {
                deadlock.names.push(name);
            }
        }
    }

    fn edge(&mut self, at: usize, text: &'a str) {
        let Some(deadlock) = self.open_deadlock() else { return };
        deadlock.last = at;
        let class = text
            .rfind(", a ")
            .map(|from| &text[from + 4..])
            .or_else(|| text.find("(a ").map(|from| &text[from + 3..]));
        if let Some(class) = class {
            let class = class.trim_end_matches(['.', ',', ')', ' ']);
            if !deadlock.classes.contains(&class) && deadlock.classes.len() < 64 {
                deadlock.classes.push(class);
            }
        }
    }

    fn open_deadlock(&mut self) -> Option<&mut PrintedDeadlock<'a>> {
        if !self.in_deadlock {
            return None;
        }
        self.dumps.last_mut()?.deadlocks.last_mut()
    }

    /// A line of no known form: a bare name above a state, a frame without `at`, a wrapped line, or foreign text.
    fn other(&mut self, at: usize, raw: &'a str, body: &'a str, below: &[&'a str]) {
        let text = body.trim();
        if let Some(name) = bare_name(text)
            && announces_thread(below)
        {
            let header = Header {
                name,
                ..Header::default()
            };
            self.start_thread(at, header);
            return;
        }
        if self.in_synchronizers && text.starts_with("- ") {
            return;
        }
        if is_bare_frame(raw, text) {
            self.frame(at, frames::clean(text));
            return;
        }
        let wrapped = text.ends_with([')', ']', '}', '>']);
        let has_frames = self.open.as_ref().is_some_and(|thread| !thread.frames.is_empty());
        if has_frames && !wrapped {
            self.close();
        }
    }

    fn close(&mut self) {
        self.in_synchronizers = false;
        let Some(mut thread) = self.open.take() else { return };
        thread.finish();
        if let Some(dump) = self.dumps.last_mut() {
            dump.threads.push(thread);
        }
    }
}

/// `"ConsumeMessageThread_1"` alone on its line.
fn bare_name(text: &str) -> Option<&str> {
    let name = text.strip_prefix('"')?.strip_suffix('"')?;
    (!name.is_empty() && !name.contains('"')).then_some(name)
}

/// Whether one of the next lines can only follow the first line of a thread.
fn announces_thread(below: &[&str]) -> bool {
    below
        .iter()
        .take(3)
        .any(|raw| matches!(line::classify(raw), Line::State(_)))
}

/// `      java.base/java.lang.Thread.sleep(Thread.java:509)` of `jcmd Thread.dump_to_file`, indented.
fn is_bare_frame(raw: &str, text: &str) -> bool {
    let indented = raw.starts_with([' ', '\t']);
    let whole = !text.contains(' ') || text.ends_with("(Native Method)") || text.ends_with("(Unknown Source)");
    indented
        && text.ends_with(')')
        && whole
        && frames::method(frames::clean(text)).matches('.').count() >= 1
        && !text.starts_with('(')
}

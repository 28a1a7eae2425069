//! GC logs of JDK 5 to 8 (`-XX:+PrintGC`, `-XX:+PrintGCDetails` and their many companions).
//!
//! ```text
//! 2014-03-12T21:18:26.029-0500: 13295.637: [GC 13295.637: [ParNew (promotion failed)
//! Desired survivor size 208764928 bytes, new threshold 15 (max 15)
//! : 6906246K->6819243K(6932288K), 2.73 secs]13298.367: [CMS13300.980: [CMS-concurrent-sweep: 16.2/20.7 secs]
//!  (concurrent mode failure): 23591969K->23342845K(25165824K), 127.2 secs] 30431568K->23342845K(32098112K), 129.9 secs]
//! 0.230: [GC pause (young)0.235:  (initial-mark), 0.00430038 secs]
//! ```
//!
//! A record is a tree of brackets that other threads and other flags write into at any place, so it is not read line by
//! line: a stack follows the brackets over line ends. Only brackets that close with seconds of their own live on the
//! stack; everything else is balanced within its line or forgotten at the end of it. A record ends at `, N secs]`.
//!
//! Cut input is common (rotation, copy and paste), so nothing on the stack is trusted for ever: a record that two others
//! were opened and closed in, or that is thousands of lines old, is given up, and what was found inside counts by itself.

pub mod bracket;
mod complete;
mod record;
mod tail;

use super::collect::{Collect, Draft};
use super::record::{Collector, PauseKind};
use super::scan::{change, closing_number, trim};
use super::stamp::{Stamp, before_record};
use bracket::{Head, Opens, Part, opens};
use complete::{concurrent, g1_heap, is_g1_detail, late_metaspace, shenandoah};
use memchr::memmem;
use record::OpenRecord;
use tail::Tail;

/// Deepest stack that is followed; real records need 5.
const MAX_DEPTH: usize = 24;
/// Records inside of one record before that one is taken for cut. A remark holds at most one young collection.
const MAX_INNER: usize = 2;
/// Lines after which an open record is taken for cut; tables of statistics inside of one take a few hundred.
const MAX_LINES_OPEN: u32 = 3000;

/// A record whose end is lost counts as a pause when its parts alone took this long: it is what people look for, and
/// the rest cannot have been shorter.
const LONG_PARTS_S: f64 = 1.0;

const SECS: [&[u8]; 3] = [b"secs", b"sec", b"seconds"];

/// A bracket that is open over line ends.
#[derive(Debug)]
enum Frame {
    Record(Box<OpenRecord>),
    Part { part: Part, line: u32 },
}

/// Follows the brackets of a classic log; see the module's documentation.
#[derive(Debug, Default)]
pub struct Classic {
    stack: Vec<Frame>,
    tail: Tail,
    /// Last stamp on a line whose record was written without one.
    spare_stamp: (u32, Stamp),
    headless: Headless,
    /// Line on which a bracket that should be complete was not: mail broke it, the rest is on the next line.
    broken: u32,
}

/// What the pieces of a record whose head is lost have told on this line.
#[derive(Debug, Default)]
struct Headless {
    remark: bool,
    old_collected: bool,
    proved: bool,
}

/// One pass over one line.
struct Pass<'a> {
    no: u32,
    line: &'a [u8],
    /// Where the text after the last bracket begins.
    from: usize,
    /// Brackets open on this line that the stack does not follow.
    others: u32,
    /// The line can only be of a GC log.
    known: bool,
    /// The line fits one.
    detail: bool,
}

impl Classic {
    /// Reads one line without its line end.
    pub fn line(&mut self, no: u32, line: &[u8], out: &mut Collect) {
        if is_g1_detail(line) {
            out.saw_detail();
            return;
        }
        let mut pass = Pass {
            no,
            line,
            from: 0,
            others: 0,
            known: false,
            detail: false,
        };
        let mut at = 0;
        while let Some(found) = memchr::memchr2(b'[', b']', &line[at..]) {
            at += found;
            self.text(&pass, &line[pass.from..at], out);
            at = if line[at] == b'[' {
                self.open(&mut pass, at, out)
            } else {
                self.close(&mut pass, at, out)
            };
            pass.from = at;
        }
        self.end_of_line(&mut pass, out);
        if pass.known {
            out.saw_classic();
        } else if !self.stack.is_empty() || pass.detail {
            out.saw_detail();
        }
    }

    /// Bytes were lost here (a run of NUL bytes): nothing that is open will be closed.
    pub fn cut(&mut self, out: &mut Collect) {
        self.give_up(0, out);
        self.tail.clear();
    }

    /// No more lines.
    pub fn finish(&mut self, no: u32, out: &mut Collect) {
        self.settle_pending(no, out);
        self.give_up(0, out);
    }

    fn text(&mut self, pass: &Pass<'_>, text: &[u8], out: &mut Collect) {
        if text.len() < 2 || pass.others > 0 {
            return;
        }
        match self.stack.last() {
            Some(Frame::Record(_)) => {
                if let Some(Frame::Record(record)) = self.stack.last_mut() {
                    record.text(text, out);
                }
            }
            Some(Frame::Part { part, .. }) => {
                let part = *part;
                if let Some(record) = self.record() {
                    record.part_text(part, text, out);
                }
            }
            None => {}
        }
    }

    /// The innermost open record.
    fn record(&mut self) -> Option<&mut OpenRecord> {
        self.stack.iter_mut().rev().find_map(|frame| match frame {
            Frame::Record(record) => Some(&mut **record),
            Frame::Part { .. } => None,
        })
    }

    /// Reads the bracket that opens at `at`; gives back where to go on.
    fn open(&mut self, pass: &mut Pass<'_>, at: usize, out: &mut Collect) -> usize {
        let line = pass.line;
        let rest = &line[at + 1..];
        match opens(rest) {
            Opens::Record(head) => {
                self.open_record(pass, head, at, out);
                at + 1 + head_len(head)
            }
            Opens::Timed(part) => {
                self.open_part(pass, part, out);
                at + 1
            }
            Opens::Other => {
                pass.others += 1;
                at + 1
            }
            Opens::G1Detail => {
                pass.detail = true;
                pass.others += 1;
                at + 1
            }
            Opens::Address => at + 1,
            single_line => {
                let Some(len) = memchr::memchr(b']', rest) else {
                    self.broken = pass.no;
                    return at + 1;
                };
                self.single(pass, single_line, at, &rest[..len], out);
                at + 1 + len + 1
            }
        }
    }

    fn open_record(&mut self, pass: &mut Pass<'_>, head: Head, at: usize, out: &mut Collect) {
        self.settle_pending(pass.no, out);
        self.give_up_stale(pass.no, out);
        let mut stamp = before_record(&pass.line[pass.from..at]);
        if stamp.is_empty() {
            // Two threads printed at once: the stamp went to the line before.
            let (line, spare) = std::mem::take(&mut self.spare_stamp);
            if pass.no - line <= 2 {
                stamp = spare;
            }
        }
        if matches!(head, Head::G1Pause | Head::G1Remark | Head::G1Cleanup) {
            out.saw_collector(Collector::G1);
        }
        self.stack
            .push(Frame::Record(Box::new(OpenRecord::new(pass.no, head, stamp))));
    }

    fn open_part(&mut self, pass: &Pass<'_>, part: Part, out: &mut Collect) {
        match self.record() {
            Some(record) => record.part(part, out),
            None => {
                self.headless.proved = true;
                self.headless.old_collected |= matches!(part, Part::Old(_));
            }
        }
        if self.stack.len() < MAX_DEPTH {
            self.stack.push(Frame::Part { part, line: pass.no });
        }
    }

    /// A bracket that is complete on its line.
    fn single(&mut self, pass: &mut Pass<'_>, what: Opens, at: usize, content: &[u8], out: &mut Collect) {
        match what {
            Opens::Concurrent => {
                let stamp = before_record(&pass.line[pass.from..at]);
                concurrent(pass, stamp, content, out);
                self.spare_stamp = (pass.no, stamp);
            }
            Opens::Shenandoah { pause } => {
                let stamp = before_record(&pass.line[pass.from..at]);
                shenandoah(pass, pause, stamp, content, out);
            }
            Opens::Space(part) => self.space(pass, part, content, out),
            Opens::YoungOccupancy => self.cms_mark(pass, true, out),
            Opens::CmsMark { remark } => self.cms_mark(pass, remark, out),
            Opens::Metaspace => {
                if let Some(space) = change(content) {
                    match self.record() {
                        Some(record) => record.metaspace(space),
                        None => late_metaspace(space, out),
                    }
                }
            }
            Opens::G1Heap => {
                pass.known = true;
                g1_heap(content, out);
            }
            Opens::G1HeapShort => {
                if let (Some((newest, _)), Some(heap)) = (out.newest(), change(content)) {
                    newest.heap.get_or_insert(heap);
                }
            }
            Opens::Times => pass.known |= memmem::find(content, b"real=").is_some(),
            _ => {}
        }
    }

    fn space(&mut self, pass: &mut Pass<'_>, part: Part, content: &[u8], out: &mut Collect) {
        pass.known |= change(content).is_some();
        match self.record() {
            Some(record) => {
                record.part(part, out);
                record.part_text(part, content, out);
            }
            None => {
                self.headless.proved = true;
                self.headless.old_collected |= matches!(part, Part::Old(_));
            }
        }
    }

    fn cms_mark(&mut self, pass: &mut Pass<'_>, remark: bool, out: &mut Collect) {
        pass.known = true;
        out.saw_collector(Collector::Cms);
        match self.record() {
            Some(record) => record.mark(remark),
            None => {
                self.headless.proved = true;
                self.headless.remark |= remark;
            }
        }
    }

    /// Reads the bracket that closes at `at`; gives back where to go on.
    fn close(&mut self, pass: &mut Pass<'_>, at: usize, out: &mut Collect) -> usize {
        if pass.others > 0 {
            pass.others -= 1;
            return at + 1;
        }
        if pass.from == 0 && self.is_rest_of_broken(pass.no, &pass.line[..at]) {
            return at + 1;
        }
        let secs = self.seconds_before(pass, at);
        match self.stack.last_mut() {
            None => {
                if let Some(secs) = secs {
                    self.close_headless(pass, at, secs, out);
                }
            }
            Some(Frame::Part { line, .. }) => {
                // Without seconds only what opened on this line can close here, or a space whose name was broken
                // (`[CMS ⏎ Perm : a->b(c)]`); the rest of a cut bracket can not.
                let text = &pass.line[pass.from..at];
                if secs.is_some() || *line == pass.no || change(text).is_some() {
                    pass.known |= secs.is_some();
                    self.stack.pop();
                    if let (Some(secs), Some(Frame::Record(record))) = (secs, self.stack.last_mut()) {
                        record.parts_s += secs;
                    }
                }
            }
            Some(Frame::Record(record)) => {
                if !record.proved {
                    // `[GC Monitor]`: somebody else's text
                    if record.line == pass.no {
                        self.stack.pop();
                    }
                } else if let Some(secs) = secs.or(record.pending_s) {
                    pass.known = true;
                    self.close_record(pass.no, secs, out);
                }
            }
        }
        at + 1
    }

    /// Whether a closing bracket belongs to one that was broken at the end of the line before. The tail of a record
    /// begins with a mark (`, 0.5 secs]`, `: 10K->5K(20K), 0.5 secs]`), the rest of a broken bracket in mid-sentence.
    fn is_rest_of_broken(&mut self, no: u32, before: &[u8]) -> bool {
        let broken = std::mem::take(&mut self.broken);
        broken > 0 && broken + 1 == no && !matches!(before.trim_ascii_start().first(), None | Some(b',' | b':'))
    }

    /// Seconds right before a closing bracket; the number may stand on the line before.
    fn seconds_before(&self, pass: &Pass<'_>, at: usize) -> Option<f64> {
        let text = &pass.line[pass.from..at];
        closing_number(text, &SECS).or_else(|| {
            (pass.from == 0 && trim(text).len() <= 12)
                .then(|| closing_number(&self.tail.with(text), &SECS))
                .flatten()
        })
    }

    fn close_record(&mut self, no: u32, secs: f64, out: &mut Collect) {
        let Some(Frame::Record(record)) = self.stack.pop() else {
            return;
        };
        let draft = record.close(no, secs);
        match self.record() {
            Some(outer) => outer.inner.push(draft),
            None => out.pause(draft),
        }
    }

    /// `, N secs]` that nothing is open for: the tail of a record whose head was cut off, if what follows looks like the
    /// end of a record.
    fn close_headless(&mut self, pass: &mut Pass<'_>, at: usize, secs: f64, out: &mut Collect) {
        let before = &pass.line[pass.from..at];
        let after = trim(&pass.line[at + 1..]);
        let ends = after.is_empty() || after.starts_with(b"[Times:");
        let proved = self.headless.proved
            || change(before).is_some()
            || (pass.from == 0 && before.trim_ascii_start().starts_with(b","));
        if !ends || !proved {
            self.headless.proved |= memmem::find(before, b"->").is_some();
            return;
        }
        let headless = std::mem::take(&mut self.headless);
        pass.known = true;
        out.pause(Draft {
            line: pass.no,
            end_line: pass.no,
            secs,
            kind: Some(match headless {
                Headless {
                    old_collected: true, ..
                } => PauseKind::Full,
                Headless { remark: true, .. } => PauseKind::Remark,
                _ => PauseKind::Young,
            }),
            heap: change(before),
            ..Draft::default()
        });
    }

    fn end_of_line(&mut self, pass: &mut Pass<'_>, out: &mut Collect) {
        let text = &pass.line[pass.from..];
        if pass.others == 0 {
            self.text(pass, text, out);
            if let Some(Frame::Record(record)) = self.stack.last_mut()
                && let Some(secs) = closing_number(text, &SECS)
            {
                record.pending_s = Some(secs);
            }
        }
        if pass.others > 0 && !self.stack.is_empty() {
            self.broken = pass.no;
        }
        self.headless = Headless::default();
        if self.stack.is_empty() && text.ends_with(b": ") {
            self.spare_stamp = (pass.no, before_record(text));
        }
        self.tail.push(text, pass.from > 0);
    }

    /// A record whose seconds were told at the end of a line, but whose bracket never came, is complete.
    fn settle_pending(&mut self, no: u32, out: &mut Collect) {
        let pending = self.stack.iter().rposition(|frame| matches!(frame, Frame::Record(_)));
        let Some(index) = pending else { return };
        let Frame::Record(record) = &self.stack[index] else {
            return;
        };
        if let Some(secs) = record.pending_s
            && record.proved
        {
            self.stack.truncate(index + 1);
            self.close_record(no.saturating_sub(1), secs, out);
        }
    }

    /// Gives up records that will not be closed any more.
    fn give_up_stale(&mut self, no: u32, out: &mut Collect) {
        let stale = self.stack.iter().rposition(|frame| match frame {
            Frame::Record(record) => record.inner.len() >= MAX_INNER || no.saturating_sub(record.line) > MAX_LINES_OPEN,
            Frame::Part { line, .. } => no.saturating_sub(*line) > MAX_LINES_OPEN,
        });
        if let Some(index) = stale {
            let kept = self.stack.split_off(index + 1);
            self.give_up(0, out);
            self.stack = kept;
        }
        if self.stack.len() >= MAX_DEPTH {
            self.give_up(0, out);
        }
    }

    /// Gives up everything open from `index` on; pauses found inside count by themselves.
    fn give_up(&mut self, index: usize, out: &mut Collect) {
        for frame in self.stack.drain(index..) {
            if let Frame::Record(mut record) = frame {
                let inner = std::mem::take(&mut record.inner);
                if inner.is_empty() && record.parts_s >= LONG_PARTS_S {
                    let secs = record.parts_s;
                    let line = record.line;
                    out.pause(record.close(line, secs));
                }
                for draft in inner {
                    out.pause(draft);
                }
            }
        }
    }
}

fn head_len(head: Head) -> usize {
    match head {
        Head::Gc => 2,
        Head::Full => 7,
        Head::G1Pause => 8,
        Head::G1Remark => 9,
        Head::G1Cleanup => 10,
    }
}

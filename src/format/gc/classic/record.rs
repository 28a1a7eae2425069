//! An open pause record of a classic log: what its pieces have told so far.

use super::bracket::{Head, Owner, Part};
use crate::format::gc::collect::{Collect, Draft};
use crate::format::gc::record::{CauseId, Change, Collector, FailureKind, PauseKind};
use crate::format::gc::scan::{change, used_of_total};
use crate::format::gc::stamp::Stamp;
use memchr::memmem::Finder;
use std::sync::LazyLock;

static DASHES: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"--"));

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct OpenRecord {
    /// Line of the head.
    pub(super) line: u32,
    head: Head,
    stamp: Stamp,
    cause: CauseId,
    heap: Option<Change>,
    young: Option<Change>,
    metaspace_kb: Option<(u64, u64)>,
    failures: Vec<FailureKind>,
    old_collected: bool,
    remark: bool,
    initial_mark: bool,
    mixed: bool,
    /// A part of a GC record was seen in it; text such as `[GC Monitor]` has none.
    pub(super) proved: bool,
    /// Seconds told at the end of a line without the closing bracket.
    pub(super) pending_s: Option<f64>,
    /// Seconds of its closed parts.
    pub(super) parts_s: f64,
    /// Records that were opened and closed inside.
    pub(super) inner: Vec<Draft>,
}

impl OpenRecord {
    /// A record whose head stands on that line.
    pub(super) fn new(line: u32, head: Head, stamp: Stamp) -> Self {
        Self {
            line,
            head,
            stamp,
            cause: CauseId::default(),
            heap: None,
            young: None,
            metaspace_kb: None,
            failures: Vec::new(),
            old_collected: false,
            remark: head == Head::G1Remark,
            initial_mark: false,
            mixed: false,
            proved: matches!(head, Head::G1Pause | Head::G1Remark | Head::G1Cleanup),
            pending_s: None,
            parts_s: 0.0,
            inner: Vec::new(),
        }
    }

    /// Text that stands in the record itself.
    pub(super) fn text(&mut self, text: &[u8], out: &mut Collect) {
        if let Some(heap) = change(text) {
            self.heap = Some(heap);
            self.proved = true;
        } else if self.heap.is_none()
            && let Some(heap) = used_of_total(text)
        {
            self.heap = Some(heap);
            self.proved = true;
            // `[GC 2548071K(3028408K), 0.07 secs]`: only the initial mark of CMS prints the heap like this.
            self.initial_mark |= self.head == Head::Gc && !self.remark;
        }
        self.marks(text, out);
    }

    /// Text that stands in a part of the record.
    pub(super) fn part_text(&mut self, part: Part, text: &[u8], out: &mut Collect) {
        if let Part::Young(_) = part
            && let Some(young) = change(text)
        {
            self.young = Some(young);
        }
        self.marks(text, out);
    }

    /// A part opened.
    pub(super) fn part(&mut self, part: Part, out: &mut Collect) {
        self.proved = true;
        match part {
            Part::Young(owner) => out.saw_collector(collector(owner)),
            Part::Old(owner) => {
                out.saw_collector(collector(owner));
                self.old_collected = true;
            }
            Part::Phase => {}
        }
    }

    /// A CMS mark, or a remark's occupancy line.
    pub(super) fn mark(&mut self, remark: bool) {
        self.proved = true;
        self.remark |= remark;
        self.initial_mark |= !remark;
    }

    /// Metaspace in use after, and its size.
    pub(super) fn metaspace(&mut self, space: Change) {
        self.metaspace_kb = Some((space.after_kb, space.total_kb));
    }

    /// Words in parentheses and the `--` of a failed promotion.
    fn marks(&mut self, text: &[u8], out: &mut Collect) {
        if let Some(at) = DASHES.find(text)
            && (at == 0 || text[at - 1] != b'-')
            && matches!(text.get(at + 2), None | Some(b' '))
        {
            let g1 = self.head == Head::G1Pause;
            self.failed(if g1 {
                FailureKind::ToSpaceExhausted
            } else {
                FailureKind::PromotionFailed
            });
        }
        let mut rest = text;
        while let Some(open) = memchr::memchr(b'(', rest) {
            rest = &rest[open + 1..];
            let Some(close) = closing_paren(rest) else { break };
            self.word(&rest[..close], out);
            rest = &rest[close + 1..];
        }
    }

    fn word(&mut self, word: &[u8], out: &mut Collect) {
        match word {
            b"young" => {}
            b"mixed" | b"partial" => self.mixed = true,
            b"initial-mark" => {}
            b"to-space exhausted" | b"to-space overflow" => self.failed(FailureKind::ToSpaceExhausted),
            b"promotion failed" => self.failed(FailureKind::PromotionFailed),
            b"concurrent mode failure" | b"concurrent mode interrupted" => {
                self.failed(FailureKind::ConcurrentModeFailure);
            }
            b"CMS Initial Mark" => self.initial_mark = true,
            b"CMS Final Remark" => self.remark = true,
            b"System" => self.cause = out.cause("System.gc()"),
            _ => self.maybe_cause(word, out),
        }
    }

    fn maybe_cause(&mut self, word: &[u8], out: &mut Collect) {
        let looks = word.first().is_some_and(u8::is_ascii_alphabetic)
            && word.len() <= 60
            && word.iter().all(|b| b.is_ascii_alphanumeric() || b" .()_-".contains(b))
            && word.iter().any(u8::is_ascii_uppercase);
        if looks
            && self.cause == CauseId::default()
            && self.heap.is_none()
            && let Ok(name) = std::str::from_utf8(word)
        {
            self.cause = out.cause(name);
        }
    }

    fn failed(&mut self, kind: FailureKind) {
        if !self.failures.contains(&kind) {
            self.failures.push(kind);
        }
    }

    fn kind(&self) -> PauseKind {
        if self.head == Head::Full || self.old_collected {
            PauseKind::Full
        } else if self.head == Head::G1Cleanup {
            PauseKind::Cleanup
        } else if self.remark {
            PauseKind::Remark
        } else if self.initial_mark {
            PauseKind::InitialMark
        } else if self.mixed {
            PauseKind::Mixed
        } else {
            PauseKind::Young
        }
    }

    /// The pause it stands for, closed on that line.
    pub(super) fn close(self, end_line: u32, secs: f64) -> Draft {
        Draft {
            line: self.line,
            end_line,
            stamp: self.stamp,
            stamped_at_start: true,
            secs,
            kind: Some(self.kind()),
            cause: self.cause,
            heap: self.heap,
            young: self.young,
            promoted_kb: None,
            metaspace_kb: self.metaspace_kb,
            failures: self.failures,
        }
    }
}

/// Where the parenthesis closes, over one nested pair (`System.gc()`).
fn closing_paren(text: &[u8]) -> Option<usize> {
    let mut depth = 0;
    for (at, byte) in text.iter().enumerate().take(80) {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return Some(at),
            b')' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn collector(owner: Owner) -> Collector {
    match owner {
        Owner::Serial => Collector::Serial,
        Owner::ParNew => Collector::ParNew,
        Owner::Cms => Collector::Cms,
        Owner::Parallel => Collector::Parallel,
    }
}

//! Names what a bracket of a classic log opens, by the bytes behind it. No state.

/// What `[` opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opens {
    /// A pause record.
    Record(Head),
    /// A part of a record that closes with its own seconds and may span lines.
    Timed(Part),
    /// A concurrent phase: `[CMS-concurrent-mark: …]`, `[GC concurrent-mark-end, …]`.
    Concurrent,
    /// `[PSYoungGen: a->b(c)]`, `[ParOldGen: …]` and the like, on one line.
    Space(Part),
    /// `[YG occupancy: …]`: the record is a CMS remark.
    YoungOccupancy,
    /// `[1 CMS-initial-mark: …]` or `[1 CMS-remark: …]`.
    CmsMark {
        /// Remark, else initial mark.
        remark: bool,
    },
    /// `[Metaspace: a->b(c)]`
    Metaspace,
    /// `[Eden: … Survivors: … Heap: a(b)->c(d)]`
    G1Heap,
    /// `[ 255M->181M(256M)]` of JDK 6 and early 7.
    G1HeapShort,
    /// `[Times: user=…]`
    Times,
    /// A Shenandoah line of JDK 8: `[Pause Init Mark, 1.9 ms]`, `[Concurrent cleanup 36M->36M(38M), 0.1 ms]`.
    Shenandoah {
        /// A pause, else a concurrent phase.
        pause: bool,
    },
    /// A detail line of a G1 record.
    G1Detail,
    /// An address, which closes with a parenthesis.
    Address,
    /// Anything else.
    Other,
}

/// Which record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head {
    /// `[GC`: a young collection, or a mark or remark of CMS.
    Gc,
    /// `[Full GC`
    Full,
    /// `[GC pause`
    G1Pause,
    /// `[GC remark`
    G1Remark,
    /// `[GC cleanup`
    G1Cleanup,
}

/// Which part of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// ParNew, DefNew, PSYoungGen: the young generation; the collector it belongs to.
    Young(Owner),
    /// CMS, Tenured, ParOldGen, PSOldGen: the old generation was collected with the application stopped.
    Old(Owner),
    /// A phase: Rescan, weak refs processing, SoftReference …
    Phase,
}

/// Whose generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// DefNew, Tenured.
    Serial,
    /// ParNew.
    ParNew,
    /// CMS.
    Cms,
    /// PSYoungGen, ParOldGen, PSOldGen.
    Parallel,
}

/// What the bracket before `rest` opens.
pub fn opens(rest: &[u8]) -> Opens {
    let is = |word: &[u8]| rest.starts_with(word);
    match rest.first() {
        Some(b'G') => gc(rest),
        Some(b'F') if is(b"Full GC") && ends_word(&rest[7..]) => Opens::Record(Head::Full),
        Some(b'F') if is(b"FinalReference") || is(b"Finalize Marking") => Opens::Timed(Part::Phase),
        Some(b'C') if !is(b"Class") => concurrent_or_cms(rest),
        Some(b'P') => named_p(rest),
        Some(b'D') if is(b"DefNew") => Opens::Timed(Part::Young(Owner::Serial)),
        Some(b'A') if is(b"ASParNew") => Opens::Timed(Part::Young(Owner::ParNew)),
        Some(b'A') if is(b"ASCMS-concurrent") => Opens::Concurrent,
        Some(b'A') if is(b"ASCMS") && !is(b"ASCMS Perm") => Opens::Timed(Part::Old(Owner::Cms)),
        Some(b'T') if is(b"Tenured") => Opens::Timed(Part::Old(Owner::Serial)),
        Some(b'T') if is(b"Times: ") => Opens::Times,
        Some(b'Y') if is(b"YG occupancy") => Opens::YoungOccupancy,
        Some(b'M') if is(b"Metaspace") => Opens::Metaspace,
        Some(b'E') if is(b"Eden: ") => Opens::G1Heap,
        Some(b'1') if is(b"1 CMS-initial-mark") || is(b"1 ASCMS-initial-mark") => Opens::CmsMark { remark: false },
        Some(b'1') if is(b"1 CMS-remark") || is(b"1 ASCMS-remark") => Opens::CmsMark { remark: true },
        Some(b' ') if rest.get(1).is_some_and(u8::is_ascii_digit) => Opens::G1HeapShort,
        Some(b'0') if is(b"0x") => Opens::Address,
        Some(_) if is_phase(rest) => Opens::Timed(Part::Phase),
        _ => Opens::Other,
    }
}

/// Whether `Full GC` or `GC` ends here: not a longer word such as `GCInspector`. Text may be glued on: a stamp, a cause,
/// `GC--`, `GCBefore GC:`, `GCDesired survivor size`, `GCAdaptiveSizePolicy`, `GC{Heap before`.
fn ends_word(after: &[u8]) -> bool {
    match after.first() {
        None | Some(b' ' | b'(' | b'[' | b'-' | b':' | b'{' | b'\t' | b'0'..=b'9') => true,
        Some(b'D' | b'A' | b'B' | b'C' | b'T') => [&b"Desired"[..], b"Adaptive", b"Before GC", b"CMS", b"TLAB"]
            .iter()
            .any(|word| after.starts_with(word)),
        _ => false,
    }
}

fn gc(rest: &[u8]) -> Opens {
    let Some(after) = rest.strip_prefix(b"GC") else {
        return Opens::Other;
    };
    let is = |word: &[u8]| after.starts_with(word);
    if is(b" concurrent-") {
        Opens::Concurrent
    } else if is(b" ref-proc") {
        Opens::Timed(Part::Phase)
    } else if is(b" Worker") || is(b" Termination") {
        Opens::G1Detail
    } else if is(b" pause") {
        Opens::Record(Head::G1Pause)
    } else if is(b" remark") {
        Opens::Record(Head::G1Remark)
    } else if is(b" cleanup") {
        Opens::Record(Head::G1Cleanup)
    } else if ends_word(after) {
        Opens::Record(Head::Gc)
    } else {
        Opens::Other
    }
}

fn concurrent_or_cms(rest: &[u8]) -> Opens {
    let is = |word: &[u8]| rest.starts_with(word);
    if is(b"CMS-concurrent") {
        Opens::Concurrent
    } else if is(b"Concurrent ") {
        Opens::Shenandoah { pause: false }
    } else if is(b"CMS Perm") {
        Opens::Other
    } else if let Some(after) = rest.strip_prefix(b"CMS") {
        // `[CMS: a->b`, `[CMS (concurrent mode failure)`, `[CMS2014-…: `, `[CMSCMS: Large block`, `[CMS [9 iterations`
        match after.first() {
            None | Some(b':' | b' ' | b'(' | b'[' | b'C' | b'0'..=b'9') => Opens::Timed(Part::Old(Owner::Cms)),
            _ => Opens::Other,
        }
    } else {
        Opens::Other
    }
}

fn named_p(rest: &[u8]) -> Opens {
    let is = |word: &[u8]| rest.starts_with(word);
    if is(b"ParNew") {
        Opens::Timed(Part::Young(Owner::ParNew))
    } else if is(b"PSYoungGen") {
        Opens::Space(Part::Young(Owner::Parallel))
    } else if is(b"ParOldGen") || is(b"PSOldGen") {
        Opens::Space(Part::Old(Owner::Parallel))
    } else if is(b"PhantomReference") || is(b"Preclean ") {
        Opens::Timed(Part::Phase)
    } else if is(b"Pause ") {
        Opens::Shenandoah { pause: true }
    } else {
        Opens::Other
    }
}

/// Parts that close with their own seconds. All that can be interrupted by other lines must be here: what is not known
/// is forgotten at the end of its line.
fn is_phase(rest: &[u8]) -> bool {
    const PHASES: [&[u8]; 24] = [
        b"Heap Dump (",
        b"Class Histogram (",
        b"visit unhandled CLDs",
        b"dirty klass scan",
        b"reference processing",
        b"marking phase",
        b"par mark",
        b"summary phase",
        b"adjust roots",
        b"compaction phase",
        b"par compact",
        b"post compact",
        b"pre compact",
        b"SoftReference",
        b"Scavenge-Before-Remark",
        b"Rescan",
        b"root rescan",
        b"grey object rescan",
        b"weak refs",
        b"class unloading",
        b"scrub ",
        b"WeakReference",
        b"JNI Weak Reference",
        b"Unloading,",
    ];
    PHASES.iter().any(|phase| rest.starts_with(phase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_brackets() {
        for (rest, opens_what) in [
            ("GC 0.162: [DefNew", Opens::Record(Head::Gc)),
            ("GC", Opens::Record(Head::Gc)),
            ("GC--", Opens::Record(Head::Gc)),
            ("GCDesired survivor size 1", Opens::Record(Head::Gc)),
            ("GCInspector]", Opens::Other),
            ("GCBefore GC:", Opens::Record(Head::Gc)),
            ("GC pause (young)", Opens::Record(Head::G1Pause)),
            ("GC concurrent-mark-start]", Opens::Concurrent),
            ("GC Worker Start (ms): 1]", Opens::G1Detail),
            ("Full GC (System.gc())", Opens::Record(Head::Full)),
            ("Full GC107.248: [GC", Opens::Record(Head::Full)),
            ("CMS: 1K->1K(2K)", Opens::Timed(Part::Old(Owner::Cms))),
            ("CMS Perm : 1K->1K(2K)]", Opens::Other),
            ("CMS CMS: abort preclean", Opens::Timed(Part::Old(Owner::Cms))),
            ("CMS-concurrent-sweep: 1/2 secs]", Opens::Concurrent),
            ("ASCMS-concurrent-mark-start]", Opens::Concurrent),
            ("0x00007f4ba8000000, 0x", Opens::Address),
            ("Unloading class xyz]", Opens::Other),
            ("main] INFO", Opens::Other),
        ] {
            assert_eq!(opens(rest.as_bytes()), opens_what, "{rest}");
        }
    }
}

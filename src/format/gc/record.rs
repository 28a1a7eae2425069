//! What a GC log says, whichever JVM wrote it: pauses, stops, concurrent phases, failures. Plain data; the readers in
//! `classic/` and `unified/` fill it, `stats.rs` sums it up, `events.rs` turns it into events.

use crate::model::Moment;

/// The garbage collector that wrote a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Collector {
    /// Nothing told it.
    #[default]
    Unknown,
    /// DefNew and Tenured, one thread.
    Serial,
    /// ParNew without CMS.
    ParNew,
    /// PSYoungGen and ParOldGen / PSOldGen.
    Parallel,
    /// ParNew (or DefNew) with Concurrent Mark Sweep.
    Cms,
    /// Garbage first.
    G1,
    /// ZGC, with or without generations.
    Zgc,
    /// Shenandoah.
    Shenandoah,
}

impl Collector {
    /// The word used in events and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Collector::Unknown => "unknown",
            Collector::Serial => "serial",
            Collector::ParNew => "parnew",
            Collector::Parallel => "parallel",
            Collector::Cms => "cms",
            Collector::G1 => "g1",
            Collector::Zgc => "zgc",
            Collector::Shenandoah => "shenandoah",
        }
    }
}

/// The kind of a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PauseKind {
    /// Young collection (G1: also the one that starts a concurrent cycle).
    Young,
    /// G1: young collection that also cleans old regions.
    Mixed,
    /// The whole heap was collected while the application stood still.
    Full,
    /// CMS initial mark, or G1's of JDK 9 and 10.
    InitialMark,
    /// CMS or G1 remark.
    Remark,
    /// G1 cleanup.
    Cleanup,
    /// One of the short phases of ZGC and Shenandoah.
    Phase,
    /// Shenandoah finished a concurrent cycle with the application stopped.
    Degenerated,
}

impl PauseKind {
    /// The word used in events and JSON.
    pub fn word(self) -> &'static str {
        match self {
            PauseKind::Young => "young",
            PauseKind::Mixed => "mixed",
            PauseKind::Full => "full",
            PauseKind::InitialMark => "initial-mark",
            PauseKind::Remark => "remark",
            PauseKind::Cleanup => "cleanup",
            PauseKind::Phase => "phase",
            PauseKind::Degenerated => "degenerated",
        }
    }
}

/// `before->after(total)` in KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Change {
    /// In use before.
    pub before_kb: u64,
    /// In use after.
    pub after_kb: u64,
    /// Size of the space; 0 when not printed.
    pub total_kb: u64,
}

/// Index into `GcLog::causes`; 0 is "not told".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CauseId(pub u16);

/// One stop-the-world pause.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pause {
    /// Line of the record's head.
    pub line: u32,
    /// Line that gives the duration.
    pub end_line: u32,
    /// When it ended.
    pub end: Option<Moment>,
    /// Duration as printed.
    pub secs: f64,
    /// What was done.
    pub kind: PauseKind,
    /// Why.
    pub cause: CauseId,
    /// The heap around it.
    pub heap: Option<Change>,
    /// The young generation around it.
    pub young: Option<Change>,
    /// What moved to the old generation, when the record tells.
    pub promoted_kb: Option<u64>,
}

impl Pause {
    /// When it began, in the milliseconds of `end`.
    pub fn start_ms(&self) -> Option<i64> {
        self.end.map(|end| end.ms - super::scan::whole_ms(self.secs))
    }

    /// Whether the whole heap was collected.
    pub fn is_full(&self) -> bool {
        self.kind == PauseKind::Full
    }
}

/// A concurrent phase or cycle that ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Concurrent {
    /// Where it is told.
    pub line: u32,
    /// When it ended.
    pub end: Option<Moment>,
    /// Its name, without `-end`.
    pub what: Box<str>,
    /// How long it took, when told.
    pub took_ms: Option<f64>,
}

/// Application threads were stopped (for a collection or any other VM operation).
#[derive(Debug, Clone, PartialEq)]
pub struct Stopped {
    /// Where it is told.
    pub line: u32,
    /// When it ended.
    pub end: Option<Moment>,
    /// How long the application stood still.
    pub stopped_ms: f64,
    /// Time until every thread had reached the safepoint.
    pub reach_ms: Option<f64>,
    /// Part of it that GC pauses since the stop before cover.
    pub gc_ms: f64,
    /// VM operation, when named.
    pub operation: Option<Box<str>>,
}

/// A collection that could not do its work as planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailureKind {
    /// G1 found no free region to copy into.
    ToSpaceExhausted,
    /// A young collection found no room in the old generation.
    PromotionFailed,
    /// CMS did not finish in time (or was interrupted) and collected with the application stopped.
    ConcurrentModeFailure,
    /// G1 of JDK 18 and later: regions could not be evacuated.
    EvacuationFailure,
    /// A collection caused by an object of half a region or more.
    Humongous,
    /// ZGC: a thread waited for memory.
    AllocationStall,
    /// Shenandoah: a concurrent cycle had to be finished with the application stopped.
    Degenerated,
}

impl FailureKind {
    /// The word used in events and JSON.
    pub fn word(self) -> &'static str {
        match self {
            FailureKind::ToSpaceExhausted => "to-space-exhausted",
            FailureKind::PromotionFailed => "promotion-failed",
            FailureKind::ConcurrentModeFailure => "concurrent-mode-failure",
            FailureKind::EvacuationFailure => "evacuation-failure",
            FailureKind::Humongous => "humongous",
            FailureKind::AllocationStall => "allocation-stall",
            FailureKind::Degenerated => "degenerated",
        }
    }
}

/// One failure with its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Failure {
    /// Where it is told.
    pub line: u32,
    /// When, if told.
    pub at: Option<Moment>,
    /// What failed.
    pub kind: FailureKind,
}

/// Metaspace around a collection that the metadata threshold caused.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metaspace {
    /// Where the collection is told.
    pub line: u32,
    /// When it ended.
    pub at: Option<Moment>,
    /// Cause of the collection.
    pub cause: CauseId,
    /// In use after it.
    pub used_kb: Option<u64>,
    /// Committed (JDK 16 and later) or reserved for it.
    pub committed_kb: Option<u64>,
}

/// Which collection left a live-set sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveAfter {
    /// A full collection: exact.
    Full,
    /// A mixed collection, a sweep or a concurrent cycle: an upper bound.
    Old,
}

/// Heap in use after a collection of the old generation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Live {
    /// Where.
    pub line: u32,
    /// When.
    pub at: Option<Moment>,
    /// Heap in use.
    pub after_kb: u64,
    /// What collected.
    pub after: LiveAfter,
}

/// Counts that go on when the lists are full.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Totals {
    /// All pauses.
    pub pauses: u64,
    /// Those that collected the whole heap.
    pub full: u64,
    /// Sum of all pauses.
    pub pause_s: f64,
    /// Longest pause.
    pub max_pause_s: f64,
    /// All stops told by safepoint lines.
    pub stops: u64,
    /// Their sum.
    pub stopped_s: f64,
    /// The longest of them.
    pub max_stopped_s: f64,
}

/// Everything that was read from one GC log.
#[derive(Debug, Clone, Default)]
pub struct GcLog {
    /// Path as given.
    pub path: String,
    /// Process guess by file name: `broker`, `namesrv`, `client` or `unknown`.
    pub process: &'static str,
    /// The collector that wrote most of it.
    pub collector: Collector,
    /// JDK version as the header tells it, or a bound told by the line shapes (`<=8`, `9+`).
    pub jdk: Option<String>,
    /// Pauses in the order of their ends, at most `MAX_PAUSES`.
    pub pauses: Vec<Pause>,
    /// Counts over all pauses and stops, also those beyond the caps.
    pub totals: Totals,
    /// Names of causes; index 0 is empty.
    pub causes: Vec<Box<str>>,
    /// Concurrent phases and cycles that ended.
    pub concurrent: Vec<Concurrent>,
    /// Stops told by safepoint lines.
    pub stops: Vec<Stopped>,
    /// Failures.
    pub failures: Vec<Failure>,
    /// Collections caused by metadata.
    pub metaspace: Vec<Metaspace>,
    /// Live-set samples.
    pub live: Vec<Live>,
    /// Largest total heap printed with an event, or the maximum told by the header.
    pub heap_max_kb: Option<u64>,
    /// First and last stamp seen.
    pub first: Option<Moment>,
    /// Last stamp seen.
    pub last: Option<Moment>,
    /// Time from the first stamp to the last, without the steps back of restarts.
    pub covered_ms: u64,
    /// Line with the JDK version, when told.
    pub jdk_line: Option<u32>,
    /// Lines read.
    pub lines: u64,
    /// Lines that are not blank.
    pub text_lines: u64,
    /// Lines that belong to a GC log.
    pub gc_lines: u64,
    /// What the text is when it holds nothing of a GC log.
    pub foreign: Option<Foreign>,
}

/// What a file without any GC line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// Not one byte, or only blanks.
    Empty,
    /// `Full thread dump …`
    ThreadDump,
    /// `# A fatal error has been detected by the Java Runtime Environment`
    CrashReport,
    /// A heap histogram.
    Histogram,
    /// Something else.
    Other,
}

impl GcLog {
    /// The name of a cause; empty when not told.
    pub fn cause(&self, id: CauseId) -> &str {
        self.causes.get(usize::from(id.0)).map_or("", |name| name)
    }

    /// Whether there is anything of a GC log in it.
    pub fn is_gc_log(&self) -> bool {
        self.gc_lines > 0
    }
}

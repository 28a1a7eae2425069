//! Collects what the line readers find into a `GcLog`: names causes, places stamps on one time line, holds back the
//! newest pause while lines behind it may still add to it, and keeps counting when the lists are full.

use super::record::{
    CauseId, Change, Collector, Concurrent, Failure, FailureKind, GcLog, Live, LiveAfter, Metaspace, Pause, PauseKind,
    Stopped,
};
use super::scan::whole_ms;
use super::stamp::Stamp;
use crate::model::{Moment, Zone};

/// Most pauses that are kept; later ones are only counted.
pub const MAX_PAUSES: usize = 2_000_000;
/// Most stops, phases, failures and samples that are kept, each.
const MAX_OTHERS: usize = 500_000;
/// Most different causes; HotSpot knows about 30.
const MAX_CAUSES: usize = 256;
/// Longest cause kept.
const MAX_CAUSE_LEN: usize = 80;

/// A pause as a line reader sees it.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// Line of the head.
    pub line: u32,
    /// Line with the duration.
    pub end_line: u32,
    /// Stamp of the record.
    pub stamp: Stamp,
    /// Classic records are stamped at their start, unified ones at their end.
    pub stamped_at_start: bool,
    /// Duration.
    pub secs: f64,
    /// What was done; `None` counts as young.
    pub kind: Option<PauseKind>,
    /// Why.
    pub cause: CauseId,
    /// Whole heap.
    pub heap: Option<Change>,
    /// Young generation.
    pub young: Option<Change>,
    /// What moved to the old generation, when told directly.
    pub promoted_kb: Option<u64>,
    /// Metaspace: used after, and its committed or reserved size.
    pub metaspace_kb: Option<(u64, u64)>,
    /// What went wrong.
    pub failures: Vec<FailureKind>,
}

/// Evidence for a collector, as a bit set.
#[derive(Debug, Clone, Copy, Default)]
struct Evidence(u16);

/// See the module's documentation.
#[derive(Debug, Default)]
pub struct Collect {
    log: GcLog,
    held: Option<(Pause, Draft)>,
    evidence: Evidence,
    /// Wall clock minus uptime of the last record that had both.
    wall_offset: Option<(i64, Zone)>,
    /// End and duration of the pauses since the last line that told a stop; only the newest can lie inside of the next.
    since_stop: Vec<(Option<Moment>, f64)>,
    /// A sweep ended: the next young collection shows what it left.
    swept: bool,
    /// Lines that only a GC log has.
    classic_lines: u64,
    unified_lines: u64,
    /// Lines that other texts may have too; they count when there are lines of the sure kind.
    weak_lines: u64,
    /// Latest stamp so far, and the time covered up to it.
    high_water: Option<Moment>,
}

/// Most pauses inside of one stop that are remembered; a stop holds one or two.
const MAX_IN_STOP: usize = 8;
/// A pause belongs to a stop when it ended after the stop began; stamps are this exact.
const STOP_SLACK_MS: i64 = 50;

/// A stamp this far behind the latest one means that the clock was set back or the JVM started again.
const RESTART_MS: i64 = 60_000;

impl Collect {
    /// An empty log of that path.
    pub fn new(path: &str) -> Self {
        let log = GcLog {
            path: path.to_owned(),
            process: process_of(path),
            causes: vec!["".into()],
            ..GcLog::default()
        };
        Self { log, ..Self::default() }
    }

    /// Counts a line; `blank` lines do not weigh in the score.
    pub fn saw_line(&mut self, blank: bool) {
        self.log.lines += 1;
        self.log.text_lines += u64::from(!blank);
    }

    /// The current line belongs to a classic log.
    pub fn saw_classic(&mut self) {
        self.classic_lines += 1;
    }

    /// The current line belongs to a unified log.
    pub fn saw_unified(&mut self) {
        self.unified_lines += 1;
    }

    /// The current line fits a GC log but proves nothing: a table, a heap listing, a detail.
    pub fn saw_detail(&mut self) {
        self.weak_lines += 1;
    }

    /// Something names the collector.
    pub fn saw_collector(&mut self, collector: Collector) {
        self.evidence.0 |= 1 << collector as u16;
    }

    /// The header names the JDK.
    pub fn saw_jdk(&mut self, version: &str, line: u32) {
        if self.log.jdk.is_none() {
            self.log.jdk = Some(version.chars().take(40).collect());
            self.log.jdk_line = Some(line);
        }
    }

    /// The header tells the largest heap.
    pub fn saw_heap_max(&mut self, kb: u64) {
        self.log.heap_max_kb = self.log.heap_max_kb.max(Some(kb));
    }

    /// The id of a cause.
    pub fn cause(&mut self, name: &str) -> CauseId {
        let name = name.trim();
        if let Some(at) = self.log.causes.iter().position(|known| &**known == name) {
            return CauseId(at as u16);
        }
        if self.log.causes.len() >= MAX_CAUSES || name.len() > MAX_CAUSE_LEN {
            return CauseId(0);
        }
        self.log.causes.push(name.into());
        CauseId((self.log.causes.len() - 1) as u16)
    }

    /// The name of a cause.
    pub fn cause_name(&self, id: CauseId) -> &str {
        self.log.cause(id)
    }

    /// A stamp on the log's time line: the wall clock when told or when an earlier record ties it to the uptime.
    pub fn place(&mut self, stamp: Stamp) -> Option<Moment> {
        let uptime_ms = stamp.uptime_s.map(whole_ms);
        let moment = match (stamp.wall, uptime_ms) {
            (Some(wall), Some(uptime)) => {
                self.wall_offset = Some((wall.ms - uptime, wall.zone));
                wall
            }
            (Some(wall), None) => wall,
            (None, Some(uptime)) => match self.wall_offset {
                Some((offset, zone)) => Moment {
                    ms: offset + uptime,
                    zone,
                },
                None => Moment {
                    ms: uptime,
                    zone: Zone::Uptime,
                },
            },
            (None, None) => return None,
        };
        self.advance(moment);
        Some(moment)
    }

    /// Moves the log's clock on. Stamps run back a little when threads print out of order, and a lot on a restart.
    fn advance(&mut self, moment: Moment) {
        self.log.first.get_or_insert(moment);
        self.log.last = Some(moment);
        match self.high_water {
            Some(high) if high.zone == moment.zone && moment.ms >= high.ms - RESTART_MS => {
                if moment.ms > high.ms {
                    self.log.covered_ms = self.log.covered_ms.saturating_add((moment.ms - high.ms) as u64);
                    self.high_water = Some(moment);
                }
            }
            _ => self.high_water = Some(moment),
        }
    }

    /// A pause ended.
    pub fn pause(&mut self, draft: Draft) {
        self.commit();
        let at = self.place(draft.stamp);
        let end = at.map(|at| Moment {
            ms: at.ms
                + if draft.stamped_at_start {
                    whole_ms(draft.secs)
                } else {
                    0
                },
            ..at
        });
        if let Some(end) = end {
            self.advance(end);
        }
        let pause = Pause {
            line: draft.line,
            end_line: draft.end_line,
            end,
            secs: draft.secs,
            kind: draft.kind.unwrap_or(PauseKind::Young),
            cause: draft.cause,
            heap: draft.heap,
            young: draft.young,
            promoted_kb: draft.promoted_kb,
        };
        if self.since_stop.len() >= MAX_IN_STOP {
            self.since_stop.remove(0);
        }
        self.since_stop.push((end, draft.secs));
        self.held = Some((pause, draft));
    }

    /// The pause that was told last lies inside this one: it counts once, with the longer time.
    pub fn pause_around_last(&mut self, draft: Draft) {
        if let Some((inner, held)) = self.held.take() {
            self.since_stop.pop();
            let mut outer = draft;
            outer.line = inner.line.min(outer.line);
            outer.kind = Some(inner.kind);
            outer.metaspace_kb = outer.metaspace_kb.or(held.metaspace_kb);
            outer.failures.extend(held.failures);
            if outer.cause == CauseId::default() {
                outer.cause = inner.cause;
            }
            self.pause(outer);
        } else {
            self.pause(draft);
        }
    }

    /// The newest pause, for lines that tell more of it.
    pub fn newest(&mut self) -> Option<(&mut Pause, &mut Draft)> {
        self.held.as_mut().map(|(pause, draft)| (pause, draft))
    }

    fn commit(&mut self) {
        let Some((mut pause, draft)) = self.held.take() else {
            return;
        };
        if pause.promoted_kb.is_none() && matches!(pause.kind, PauseKind::Young | PauseKind::Mixed) {
            pause.promoted_kb = promoted(pause.heap, pause.young);
        }
        let totals = &mut self.log.totals;
        totals.pauses += 1;
        totals.full += u64::from(pause.is_full());
        totals.pause_s += pause.secs;
        totals.max_pause_s = totals.max_pause_s.max(pause.secs);
        if let Some(heap) = pause.heap
            && heap.total_kb > 0
        {
            self.log.heap_max_kb = self.log.heap_max_kb.max(Some(heap.total_kb));
        }
        self.sample_live(&pause);
        self.tell_failures(&pause, &draft);
        self.tell_metaspace(&pause, &draft);
        if self.log.pauses.len() < MAX_PAUSES {
            self.log.pauses.push(pause);
        }
    }

    fn sample_live(&mut self, pause: &Pause) {
        let after = match pause.kind {
            PauseKind::Full => LiveAfter::Full,
            PauseKind::Mixed | PauseKind::Cleanup => LiveAfter::Old,
            PauseKind::Young if self.swept => LiveAfter::Old,
            _ => return,
        };
        self.swept = false;
        if let Some(heap) = pause.heap {
            self.live(Live {
                line: pause.end_line,
                at: pause.end,
                after_kb: heap.after_kb,
                after,
            });
        }
    }

    fn tell_failures(&mut self, pause: &Pause, draft: &Draft) {
        let mut kinds = draft.failures.clone();
        if self.log.cause(pause.cause) == "G1 Humongous Allocation" {
            kinds.push(FailureKind::Humongous);
        }
        if pause.kind == PauseKind::Degenerated {
            kinds.push(FailureKind::Degenerated);
        }
        kinds.sort_unstable();
        kinds.dedup();
        for kind in kinds {
            self.failure_at(pause.line, pause.end, kind);
        }
    }

    fn tell_metaspace(&mut self, pause: &Pause, draft: &Draft) {
        let cause = self.log.cause(pause.cause);
        let by_metadata = cause.starts_with("Metadata GC") || cause.eq_ignore_ascii_case("last ditch collection");
        if by_metadata && self.log.metaspace.len() < MAX_OTHERS {
            self.log.metaspace.push(Metaspace {
                line: pause.end_line,
                at: pause.end,
                cause: pause.cause,
                used_kb: draft.metaspace_kb.map(|(used, _)| used),
                committed_kb: draft.metaspace_kb.map(|(_, committed)| committed),
            });
        }
    }

    /// A live-set sample.
    pub fn live(&mut self, live: Live) {
        if self.log.live.len() < MAX_OTHERS {
            self.log.live.push(live);
        }
    }

    /// Something failed outside of a pause record.
    pub fn failure(&mut self, line: u32, stamp: Stamp, kind: FailureKind) {
        let at = self.place(stamp);
        self.failure_at(line, at, kind);
    }

    fn failure_at(&mut self, line: u32, at: Option<Moment>, kind: FailureKind) {
        if self.log.failures.len() < MAX_OTHERS {
            self.log.failures.push(Failure { line, at, kind });
        }
    }

    /// A concurrent phase or cycle ended.
    pub fn concurrent(&mut self, line: u32, stamp: Stamp, what: &str, took_ms: Option<f64>) {
        let end = self.place(stamp);
        if what.eq_ignore_ascii_case("CMS-concurrent-sweep") || what == "Concurrent Sweep" {
            self.swept = true;
        }
        if self.log.concurrent.len() < MAX_OTHERS {
            self.log.concurrent.push(Concurrent {
                line,
                end,
                what: what.into(),
                took_ms,
            });
        }
    }

    /// A line tells how long application threads were stopped.
    pub fn stopped(&mut self, stamp: Stamp, mut stopped: Stopped) {
        stopped.end = self.place(stamp);
        let begin = |end: Moment| end.ms - stopped.stopped_ms.min(1e12) as i64 - STOP_SLACK_MS;
        let inside = |at: Option<Moment>| match (at, stopped.end) {
            (Some(at), Some(end)) if at.zone == end.zone => at.ms >= begin(end),
            _ => true,
        };
        let gc_s: f64 = self
            .since_stop
            .drain(..)
            .filter(|(at, _)| inside(*at))
            .map(|(_, secs)| secs)
            .sum();
        stopped.gc_ms = ((gc_s * 1e9).round() / 1e6).clamp(0.0, stopped.stopped_ms) + 0.0;
        let totals = &mut self.log.totals;
        totals.stops += 1;
        totals.stopped_s += stopped.stopped_ms / 1000.0;
        totals.max_stopped_s = totals.max_stopped_s.max(stopped.stopped_ms / 1000.0);
        if self.log.stops.len() < MAX_OTHERS {
            self.log.stops.push(stopped);
        }
    }

    /// The log as far as it was read, without the newest pause; its lists may be emptied. `None` before anything proves
    /// that it is one.
    pub fn so_far(&mut self) -> Option<&mut GcLog> {
        self.log.collector = self.collector();
        (self.sure_lines() > 0).then_some(&mut self.log)
    }

    fn sure_lines(&self) -> u64 {
        self.classic_lines + self.unified_lines
    }

    /// The log, when all lines were read.
    pub fn finish(mut self) -> GcLog {
        self.commit();
        let sure = self.sure_lines();
        self.log.gc_lines = if sure > 0 { sure + self.weak_lines } else { 0 };
        self.log.collector = self.collector();
        if self.log.jdk.is_none() && self.log.gc_lines > 0 {
            let bound = if self.unified_lines >= self.classic_lines {
                "9+"
            } else {
                "<=8"
            };
            self.log.jdk = Some(bound.to_owned());
        }
        self.log
    }

    fn collector(&self) -> Collector {
        let has = |collector: Collector| self.evidence.0 & (1 << collector as u16) != 0;
        [
            Collector::Shenandoah,
            Collector::Zgc,
            Collector::G1,
            Collector::Cms,
            Collector::Parallel,
            Collector::ParNew,
            Collector::Serial,
        ]
        .into_iter()
        .find(|c| has(*c))
        .unwrap_or_default()
    }
}

/// What a young collection moved out of the young generation: what vanished there but not from the heap.
fn promoted(heap: Option<Change>, young: Option<Change>) -> Option<u64> {
    let (heap, young) = (heap?, young?);
    let left_young = young.before_kb.checked_sub(young.after_kb)?;
    let freed = heap.before_kb.saturating_sub(heap.after_kb);
    Some(left_young.saturating_sub(freed))
}

/// The process that writes a GC log of that name. RocketMQ's scripts name it `rmq_srv_gc…` (name server, also proxy and
/// controller), `rmq_bk_gc…`, `rmq_broker_gc…` or, in old versions, `mq_gc…` (broker).
fn process_of(path: &str) -> &'static str {
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit(['/', '\\', '!']).next().unwrap_or_default();
    let is = |marks: &[&str]| marks.iter().any(|mark| name.contains(mark));
    if is(&["rmq_bk_gc", "broker"]) || name.starts_with("mq_gc") {
        "broker"
    } else if is(&["rmq_srv_gc", "namesrv", "nameserver", "name-server"]) {
        "namesrv"
    } else if is(&["client", "producer", "consumer"]) {
        "client"
    } else {
        "unknown"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_the_process_by_file_name() {
        for (path, process) in [
            ("/dev/shm/rmq_srv_gc_17_2026-11-24_10-20-12.log", "namesrv"),
            ("rmq_bk_gc.log.0", "broker"),
            ("a.zip!/logs/rmq_broker_gc_9_2026.log", "broker"),
            ("mq_gc_4711.log", "broker"),
            ("order-consumer-gc.log", "client"),
            ("broker-a/gc.log", "unknown"),
        ] {
            assert_eq!(process_of(path), process, "{path}");
        }
    }

    #[test]
    fn ties_uptime_to_the_wall_clock() {
        let mut collect = Collect::new("gc.log");
        let alone = Stamp {
            wall: None,
            uptime_s: Some(1.5),
        };
        assert_eq!(collect.place(alone).unwrap().zone, Zone::Uptime);
        let both = Stamp {
            wall: Some(Moment::utc(10_000)),
            uptime_s: Some(2.0),
        };
        collect.place(both);
        assert_eq!(collect.place(alone), Some(Moment::utc(9_500)));
    }
}

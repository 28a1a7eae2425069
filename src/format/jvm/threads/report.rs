//! Dumps to events: one per dump, per pool, per contended lock, per cycle.

use super::doing::Doing;
use super::line::State;
use super::locks::{Contention, Locks};
use super::pools::{self, Pool};
use super::read::{Dump, Thread};
use crate::format::Sink;
use crate::model::{Event, Span, Text};
use std::collections::{BTreeMap, HashMap};

/// Most pools told per dump.
const GROUPS_MAX: usize = 60;
/// Most contended locks told per dump.
const CONTENTIONS_MAX: usize = 20;
/// In a paste of at most this many threads every thread and every waiter is worth telling.
const FRAGMENT_THREADS: usize = 5;

/// Tells everything about one dump.
pub(super) fn dump(text: &Text<'_>, dump: &Dump<'_>, out: &mut dyn Sink) {
    let locks = Locks::new(dump);
    let cycles = if dump.deadlocks.is_empty() {
        locks.cycles()
    } else {
        Vec::new()
    };
    let deadlocks = dump.deadlocks.len() + cycles.len();
    if !dump.threads.is_empty() {
        overview(text, dump, deadlocks, out);
    }
    for printed in &dump.deadlocks {
        let span = Span {
            end: text.span(printed.last).line,
            ..text.span(printed.first)
        };
        out.event(
            Event::new("threads.deadlock", span, text.lines()[printed.first])
                .at(dump.at)
                .with("threads", printed.names.len() as f64)
                .with("classes", printed.classes.join(", "))
                .with("names", printed.names.join(", ")),
        );
    }
    for cycle in &cycles {
        let names: Vec<&str> = cycle.threads.iter().map(|thread| thread.name()).collect();
        let first = cycle.threads[0];
        out.event(
            thread_event("threads.deadlock", text, dump, first)
                .with("threads", names.len() as f64)
                .with("classes", cycle.classes.join(", "))
                .with("names", names.join(", ")),
        );
    }
    groups(text, dump, out);
    busy_threads(text, dump, out);
    hot(text, dump, out);
    let least = if dump.threads.len() <= FRAGMENT_THREADS { 1 } else { 2 };
    for contention in locks.contentions(least).into_iter().take(CONTENTIONS_MAX) {
        self::contention(text, dump, &contention, out);
    }
}

/// An event that points at the telling frame of a thread.
pub(super) fn thread_event(kind: &str, text: &Text<'_>, dump: &Dump<'_>, thread: &Thread<'_>) -> Event {
    let proof = thread.proof_line();
    let span = Span {
        end: text.span(proof).line,
        ..text.span(thread.first)
    };
    Event::new(kind, span, text.lines()[proof].trim_start()).at(dump.at)
}

/// Threads the JVM itself runs have no frames; they are not counted as runnable.
fn is_java(thread: &Thread<'_>) -> bool {
    !thread.frames.is_empty()
}

fn overview(text: &Text<'_>, dump: &Dump<'_>, deadlocks: usize, out: &mut dyn Sink) {
    let count = |test: fn(&Thread<'_>) -> bool| dump.threads.iter().filter(|thread| test(thread)).count() as f64;
    let last = dump.threads.last().map_or(dump.first, |thread| thread.last);
    let span = Span {
        end: text.span(last).line,
        ..text.span(dump.first)
    };
    out.event(
        Event::new("threads.dump", span, text.lines()[dump.first])
            .at(dump.at)
            .with("threads", dump.threads.len() as f64)
            .with("deadlocks", deadlocks as f64)
            .with("blocked", count(|t| t.state == State::Blocked))
            .with(
                "runnable",
                count(|t| t.state == State::Runnable && is_java(t) && t.doing != Doing::Idle),
            )
            .with(
                "waiting",
                count(|t| matches!(t.state, State::Waiting | State::TimedWaiting)),
            )
            .with("process", pools::process(dump.threads.iter().map(Thread::name))),
    );
}

/// How busy a pool is.
#[derive(Default)]
struct Group<'d, 'a> {
    threads: Vec<&'d Thread<'a>>,
}

impl<'d, 'a> Group<'d, 'a> {
    fn busy(&self) -> impl Iterator<Item = &'d Thread<'a>> {
        self.threads
            .iter()
            .copied()
            .filter(|thread| thread.doing != Doing::Idle)
    }

    fn count(&self, test: impl Fn(&Thread<'a>) -> bool) -> f64 {
        self.busy().filter(|thread| test(thread)).count() as f64
    }

    /// What most busy threads do, and the first of them.
    fn mostly(&self) -> Option<(Doing, &'d Thread<'a>)> {
        let mut counts: BTreeMap<Doing, (usize, &'d Thread<'a>)> = BTreeMap::new();
        for thread in self.busy() {
            counts.entry(thread.doing).or_insert((0, thread)).0 += 1;
        }
        let best = counts
            .into_iter()
            .max_by_key(|(doing, (count, _))| (*count, *doing != Doing::Run))?;
        Some((best.0, best.1.1))
    }

    /// The application frame that most busy threads stand in, and the first of them.
    fn user(&self, doing: Doing) -> Option<(&'a str, &'d Thread<'a>)> {
        let mut counts: HashMap<&'a str, (usize, &'d Thread<'a>)> = HashMap::new();
        for thread in self.busy().filter(|thread| thread.doing == doing) {
            if let Some(frame) = thread.user_frame() {
                counts.entry(frame).or_insert((0, thread)).0 += 1;
            }
        }
        let best = counts
            .into_iter()
            .max_by_key(|(frame, (count, _))| (*count, std::cmp::Reverse(*frame)))?;
        Some((best.0, best.1.1))
    }
}

fn groups(text: &Text<'_>, dump: &Dump<'_>, out: &mut dyn Sink) {
    let mut groups: BTreeMap<(Pool, &str), Group<'_, '_>> = BTreeMap::new();
    for thread in dump
        .threads
        .iter()
        .filter(|thread| is_java(thread) || pools::pool(thread.name()) != Pool::Other)
    {
        let key = (pools::pool(thread.name()), pools::group(thread.name()));
        groups.entry(key).or_default().threads.push(thread);
    }
    let common = groups
        .iter()
        .find(|((pool, _), _)| *pool == Pool::Common)
        .map(|(_, group)| (group.threads.len() as f64, group.busy().count() as f64));
    let small = dump.threads.len() <= FRAGMENT_THREADS;
    let worth = |pool: Pool, group: &Group<'_, '_>| {
        let blocked = group.count(|t| t.doing == Doing::Lock || t.doing == Doing::ClassInit) > 0.0;
        let busy = group.busy().count();
        !matches!(pool, Pool::Other | Pool::Netty | Pool::Client)
            || (group.threads.len() >= 2 && busy > 0)
            || blocked
            || small
    };
    for ((pool, name), group) in groups
        .iter()
        .filter(|((pool, _), group)| worth(*pool, group))
        .take(GROUPS_MAX)
    {
        self::group(text, dump, *pool, name, group, common, out);
    }
}

fn group(
    text: &Text<'_>,
    dump: &Dump<'_>,
    pool: Pool,
    name: &str,
    group: &Group<'_, '_>,
    common: Option<(f64, f64)>,
    out: &mut dyn Sink,
) {
    let busy = group.busy().count() as f64;
    let count = group.threads.len() as f64;
    let mostly = group.mostly();
    let user = mostly.and_then(|(doing, _)| group.user(doing));
    let Some(sample) = user
        .map(|(_, thread)| thread)
        .or(mostly.map(|(_, thread)| thread))
        .or(group.threads.first().copied())
    else {
        return;
    };
    let mut event = thread_event("threads.group", text, dump, sample)
        .with("group", name)
        .with("pool", pool.word())
        .with("count", count)
        .with("busy", busy)
        .with("idle", count - busy)
        .with(
            "blocked",
            group.count(|t| t.doing == Doing::Lock || t.doing == Doing::ClassInit),
        )
        .with(
            "waiting",
            group.count(|t| matches!(t.state, State::Waiting | State::TimedWaiting)),
        )
        .with("in_io", group.count(|t| t.doing.is_io()));
    if let Some((doing, thread)) = mostly {
        event = event.with("what", doing.word());
        event = event.with("what_count", group.count(|t| t.doing == doing));
        if let Some(frame) = thread.frames.first() {
            event = event.with("top_frame", *frame);
        }
        if let Some(lock) = sample.wanted().filter(|lock| !lock.class.is_empty()) {
            event = event.with("lock", lock.class);
        }
    }
    if let Some((frame, _)) = user {
        event = event.with("user_frame", frame);
    }
    if let Some((workers, at_work)) = common.filter(|_| mostly.is_some_and(|(doing, _)| doing == Doing::FutureGet)) {
        event = event.with("common_count", workers).with("common_busy", at_work);
    }
    out.event(event.with("process", pools::process(dump.threads.iter().map(Thread::name))));
}

/// Busy threads of the pools that serve requests and listeners, so that dumps in several files can be compared: equal
/// `thread`, `key` and `stack` in two of them mean that the thread has not moved.
fn busy_threads(text: &Text<'_>, dump: &Dump<'_>, out: &mut dyn Sink) {
    const BUSY_MAX: usize = 80;
    let serving = |thread: &&Thread<'_>| {
        let pool = pools::pool(thread.name());
        thread.doing != Doing::Idle && !matches!(pool, Pool::Other | Pool::Netty | Pool::Client)
    };
    for thread in dump.threads.iter().filter(serving).take(BUSY_MAX) {
        let frame = thread.telling_frame().unwrap_or("");
        out.event(
            thread_event("threads.busy", text, dump, thread)
                .with("thread", thread.name())
                .with("key", thread.header.key)
                .with("pool", pools::pool(thread.name()).word())
                .with("what", thread.doing.word())
                .with("frame", frame)
                .with("stack", format!("{:016x}", stack_id(&thread.frames))),
        );
    }
}

/// FNV-1a over the frames: the same on every build, unlike the standard library's hashers.
fn stack_id(frames: &[&str]) -> u64 {
    frames
        .iter()
        .flat_map(|frame| frame.bytes().chain([b'\n']))
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
}

/// Threads for which arthas counted processor time.
fn hot(text: &Text<'_>, dump: &Dump<'_>, out: &mut dyn Sink) {
    const HOT_PCT: f64 = 10.0;
    for thread in &dump.threads {
        let Some(cpu_pct) = thread.header.cpu_pct.filter(|pct| *pct >= HOT_PCT) else {
            continue;
        };
        let mut event = thread_event("threads.hot", text, dump, thread)
            .with("thread", thread.name())
            .with("cpu_pct", cpu_pct);
        if let Some(frame) = thread.telling_frame() {
            event = event.with("frame", frame);
        }
        out.event(event);
    }
}

fn contention(text: &Text<'_>, dump: &Dump<'_>, contention: &Contention<'_, '_>, out: &mut dyn Sink) {
    let Some(shown) = contention.holder.or(contention.waiter) else {
        return;
    };
    let mut event = thread_event("threads.contention", text, dump, shown)
        .with("lock_class", contention.class)
        .with("waiters", f64::from(contention.waiters));
    if let Some(waiter) = contention.waiter {
        event = event
            .with("waiter", waiter.name())
            .with("pool", pools::pool(waiter.name()).word());
        if let Some(frame) = waiter.user_frame() {
            event = event.with("user_frame", frame);
        }
    }
    if let Some(holder) = contention.holder {
        event = event
            .with("holder", holder.name())
            .with("holder_what", holder.doing.word());
        if let Some(frame) = holder.telling_frame() {
            event = event.with("holder_frame", frame);
        }
    } else if let Some(owner) = contention
        .waiter
        .map(|waiter| waiter.header.owner)
        .filter(|owner| !owner.is_empty())
    {
        event = event.with("holder", owner);
    }
    out.event(event);
}

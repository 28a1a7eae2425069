//! Threads that stand at the same frames in dumps of one process that follow each other.

use super::doing::Doing;
use super::frames;
use super::pools;
use super::read::{Dump, Thread};
use super::report;
use crate::format::Sink;
use crate::model::Text;
use std::collections::HashMap;

/// Most threads told per text.
const STUCK_MAX: usize = 100;

/// Tells the threads that did not move.
pub(super) fn tell(text: &Text<'_>, dumps: &[Dump<'_>], out: &mut dyn Sink) {
    // Dumps the same thread has stood through, by its identity, as of the dump before.
    let mut runs: HashMap<(&str, &str), u32> = HashMap::new();
    let mut told: HashMap<(&str, &str), (usize, usize, u32)> = HashMap::new();
    for at in 1..dumps.len() {
        let (before, now) = (&dumps[at - 1], &dumps[at]);
        if !same_process(before, now) {
            runs.clear();
            continue;
        }
        let earlier: HashMap<_, _> = before.threads.iter().map(|thread| (identity(thread), thread)).collect();
        let mut next = HashMap::new();
        for (index, thread) in now.threads.iter().enumerate() {
            let key = identity(thread);
            let stands = earlier
                .get(&key)
                .is_some_and(|old| at_work(old) && at_work(thread) && old.frames == thread.frames);
            if stands {
                let count = runs.get(&key).copied().unwrap_or(1) + 1;
                next.insert(key, count);
                told.insert(key, (at, index, count));
            }
        }
        runs = next;
    }
    let mut told: Vec<_> = told.into_values().collect();
    told.sort_unstable_by_key(|(dump, thread, _)| (*dump, *thread));
    for (dump, thread, count) in told.into_iter().take(STUCK_MAX) {
        event(text, &dumps[dump], &dumps[dump].threads[thread], count, out);
    }
}

fn event(text: &Text<'_>, dump: &Dump<'_>, thread: &Thread<'_>, dumps: u32, out: &mut dyn Sink) {
    let frame = thread.telling_frame().unwrap_or("");
    out.event(
        report::thread_event("threads.stuck", text, dump, thread)
            .with("thread", thread.name())
            .with("pool", pools::pool(thread.name()).word())
            .with("frame", frame)
            .with("dumps", f64::from(dumps))
            .with("what", thread.doing.word()),
    );
}

fn identity<'a>(thread: &Thread<'a>) -> (&'a str, &'a str) {
    (thread.header.name, thread.header.key)
}

/// Only threads that somebody waits for: in a task, blocked, or in application code.
fn at_work(thread: &Thread<'_>) -> bool {
    match thread.doing {
        Doing::Idle => false,
        Doing::Lock | Doing::ClassInit => true,
        _ => frames::in_task(&thread.frames),
    }
}

/// Two dumps are of one process when half of their threads agree in name and identity.
fn same_process(a: &Dump<'_>, b: &Dump<'_>) -> bool {
    let (small, large) = if a.threads.len() <= b.threads.len() {
        (a, b)
    } else {
        (b, a)
    };
    let names: std::collections::HashSet<_> = large.threads.iter().map(identity).collect();
    let shared = small
        .threads
        .iter()
        .filter(|thread| names.contains(&identity(thread)))
        .count();
    shared > 0 && shared * 2 >= small.threads.len()
}

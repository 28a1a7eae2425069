//! Who waits for whom: contention on one lock, and cycles.

use super::doing::Doing;
use super::line::Hold;
use super::read::{Dump, Thread};
use std::collections::HashMap;

/// One lock that threads of a dump wait for.
#[derive(Debug)]
pub(super) struct Contention<'d, 'a> {
    /// Class of the lock.
    pub(super) class: &'a str,
    /// Threads that wait, or as many as arthas counts.
    pub(super) waiters: u32,
    /// A waiting thread.
    pub(super) waiter: Option<&'d Thread<'a>>,
    /// The thread that holds it.
    pub(super) holder: Option<&'d Thread<'a>>,
}

/// A cycle of threads, each waiting for a lock that the next one holds.
#[derive(Debug)]
pub(super) struct Cycle<'d, 'a> {
    /// Threads in order.
    pub(super) threads: Vec<&'d Thread<'a>>,
    /// Classes of the locks.
    pub(super) classes: Vec<&'a str>,
}

/// The lock graph of one dump.
#[derive(Debug)]
pub(super) struct Locks<'d, 'a> {
    dump: &'d Dump<'a>,
    /// Lock → index of the thread that holds it.
    holders: HashMap<&'a str, usize>,
    /// Thread name → index, for dumps that name the owner.
    names: HashMap<&'a str, usize>,
}

impl<'d, 'a> Locks<'d, 'a> {
    /// Builds the graph.
    pub(super) fn new(dump: &'d Dump<'a>) -> Self {
        let mut holders = HashMap::new();
        let mut names = HashMap::new();
        for (index, thread) in dump.threads.iter().enumerate() {
            names.insert(thread.name(), index);
            for lock in &thread.locks {
                let held = matches!(lock.hold, Hold::Monitor | Hold::Synchronizer) && !lock.id.is_empty();
                // A monitor given up in Object.wait is listed as locked, too.
                if held && !gave_up(thread, lock.id) {
                    holders.insert(lock.id, index);
                }
            }
        }
        Self { dump, holders, names }
    }

    /// Locks that at least `least` threads wait for, most waiters first.
    pub(super) fn contentions(&self, least: u32) -> Vec<Contention<'d, 'a>> {
        let mut waiting: HashMap<&'a str, Vec<usize>> = HashMap::new();
        let mut counted: HashMap<&'a str, u32> = HashMap::new();
        for (index, thread) in self.dump.threads.iter().enumerate() {
            if let Some(id) = wanted_lock(thread) {
                waiting.entry(id).or_default().push(index);
            }
            for lock in thread.locks.iter().filter(|lock| lock.blocks > 0) {
                counted.insert(lock.id, lock.blocks);
                waiting.entry(lock.id).or_default();
            }
        }
        let mut found: Vec<_> = waiting
            .into_iter()
            .map(|(id, threads)| self.contention(id, &threads, counted.get(id).copied().unwrap_or(0)))
            .filter(|contention| contention.waiters >= least)
            .collect();
        found.sort_by_key(|c| {
            (
                std::cmp::Reverse(c.waiters),
                c.waiter.or(c.holder).map_or(0, |t| t.first),
            )
        });
        found
    }

    fn contention(&self, id: &'a str, threads: &[usize], counted: u32) -> Contention<'d, 'a> {
        let waiter = threads.first().map(|index| &self.dump.threads[*index]);
        let holder = waiter
            .and_then(|thread| self.owner(thread))
            .or_else(|| self.holders.get(id).copied())
            .map(|index| &self.dump.threads[index]);
        let class = waiter
            .or(holder)
            .and_then(|thread| thread.locks.iter().find(|lock| lock.id == id));
        Contention {
            class: class.map_or("", |lock| lock.class),
            waiters: (threads.len() as u32).max(counted),
            waiter,
            holder,
        }
    }

    fn owner(&self, thread: &Thread<'a>) -> Option<usize> {
        let named = self.names.get(thread.header.owner).copied();
        named.or_else(|| self.holders.get(wanted_lock(thread)?).copied())
    }

    /// Cycles, each given once.
    pub(super) fn cycles(&self) -> Vec<Cycle<'d, 'a>> {
        let threads = &self.dump.threads;
        let next: Vec<Option<usize>> = threads
            .iter()
            .enumerate()
            .map(|(index, thread)| {
                wanted_lock(thread)
                    .and_then(|_| self.owner(thread))
                    .filter(|owner| *owner != index)
            })
            .collect();
        // Each thread waits for one other at most, so one walk with colours finds every cycle.
        let mut colour = vec![0usize; threads.len()];
        let mut found = Vec::new();
        for start in 0..threads.len() {
            let mut path = Vec::new();
            let mut at = start;
            while colour[at] == 0 {
                colour[at] = start + 1;
                path.push(at);
                match next[at] {
                    Some(owner) => at = owner,
                    None => break,
                }
            }
            let closed = colour[at] == start + 1 && next[at].is_some();
            if let Some(from) = path.iter().position(|index| *index == at).filter(|_| closed)
                && path.len() - from >= 2
            {
                found.push(self.cycle(&path[from..]));
            }
        }
        found
    }

    fn cycle(&self, path: &[usize]) -> Cycle<'d, 'a> {
        let threads: Vec<_> = path.iter().map(|index| &self.dump.threads[*index]).collect();
        let mut classes: Vec<&'a str> = Vec::new();
        for thread in &threads {
            if let Some(lock) = thread.wanted().filter(|lock| !classes.contains(&lock.class)) {
                classes.push(lock.class);
            }
        }
        Cycle { threads, classes }
    }
}

fn gave_up(thread: &Thread<'_>, id: &str) -> bool {
    thread
        .locks
        .iter()
        .any(|lock| lock.id == id && matches!(lock.hold, Hold::WaitsOn | Hold::Wants))
}

/// The monitor or exclusive lock that the thread waits for; not a condition, latch or queue.
fn wanted_lock<'a>(thread: &Thread<'a>) -> Option<&'a str> {
    let lock = thread.locks.iter().find(|lock| match lock.hold {
        Hold::Wants => true,
        Hold::Parks => thread.doing == Doing::Lock,
        _ => false,
    })?;
    (!lock.id.is_empty()).then_some(lock.id)
}

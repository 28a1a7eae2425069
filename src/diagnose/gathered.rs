//! `Gathered`: what all sources gave, put together while they are read, so that memory does not grow with their number
//! beyond a few hundred bytes each. Caps hold for the whole run and are told when they are reached.
//!
//! Threads are done in any order, but sums are made in one (`Turns`), so that a report does not depend on it.

use super::measure::Measured;
use super::read::Read;
use crate::derive::clocks::Ends;
use crate::format::log::template::Templates;
use crate::model::finding::Problem;
use crate::model::{Event, SourceInfo};
use crate::rule::crowd::Crowd;
use crate::rule::matcher::Tallies;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Most facts of one kind, of all sources.
const FACTS_MAX: usize = 20_000;
/// Most measured series of all sources.
const MEASURED_MAX: usize = 4096;
/// Most message shapes of all sources.
const TEMPLATES_MAX: usize = 20_000;
/// Most problems that are kept one by one.
const PROBLEMS_MAX: usize = 10_000;
/// How many sources may be done before one that is not.
const AHEAD_MAX: usize = 512;

/// What all sources gave. Lists stand in the order of the sources.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// All sources.
    pub(super) infos: Vec<SourceInfo>,
    /// Their first and last stamps.
    pub(super) ends: Vec<Ends>,
    /// What rules count.
    pub(super) tallies: Tallies,
    /// Events that lint and derivers need whole.
    pub(super) facts: Vec<Event>,
    /// What was measured, when a comparison asked for it.
    pub(super) measured: Vec<Measured>,
    /// Shapes of WARN and ERROR records, of sources that have any.
    pub(super) templates: Vec<(u32, Templates)>,
    /// What went wrong.
    pub(super) problems: Vec<Problem>,
}

/// Puts results together as they come.
#[derive(Debug, Default)]
struct Sum {
    parts: Vec<(u32, SourceInfo, Ends)>,
    crowd: Crowd,
    facts: Vec<Event>,
    facts_by_kind: HashMap<Box<str>, usize>,
    measured: Vec<Measured>,
    templates: Vec<(u32, Templates)>,
    templates_count: usize,
    problems: Vec<Problem>,
    problems_left_out: usize,
}

impl Sum {
    fn take(&mut self, index: usize, read: Read) {
        let Read {
            info,
            tallies,
            facts,
            measured,
            ends,
            templates,
            problems,
        } = read;
        self.crowd.take(tallies, &info);
        let mut left_out = BTreeMap::new();
        for fact in facts {
            let count = self.facts_by_kind.entry(fact.kind.clone()).or_default();
            *count += 1;
            match *count {
                0..=FACTS_MAX => self.facts.push(fact),
                over if over == FACTS_MAX + 1 => {
                    left_out.insert(fact.kind, ());
                }
                _ => {}
            }
        }
        for kind in left_out.into_keys() {
            self.problem(Problem {
                path: info.path.clone(),
                what: format!("more than {FACTS_MAX} facts of kind {kind}; what comes from here on is not compared"),
            });
        }
        let room = MEASURED_MAX.saturating_sub(self.measured.len());
        self.measured.extend(measured.into_iter().take(room));
        let shapes = templates.iter().count();
        if shapes > 0 && self.templates_count + shapes <= TEMPLATES_MAX {
            self.templates_count += shapes;
            self.templates.push((index as u32, templates));
        }
        for problem in problems {
            self.problem(problem);
        }
        self.parts.push((index as u32, info, ends));
    }

    fn problem(&mut self, problem: Problem) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(problem);
        } else {
            self.problems_left_out += 1;
        }
    }

    fn finish(mut self) -> Gathered {
        self.parts.sort_by_key(|(index, ..)| *index);
        self.facts.sort_by_key(|fact| fact.span.source);
        self.measured.sort_by_key(|measured| measured.source);
        self.templates.sort_by_key(|(index, _)| *index);
        if self.problems_left_out > 0 {
            let (path, count) = ("…".to_owned(), self.problems_left_out);
            let what = format!("{count} more problems like these");
            self.problems.push(Problem { path, what });
        }
        let (infos, ends) = self.parts.into_iter().map(|(_, info, ends)| (info, ends)).unzip();
        Gathered {
            infos,
            ends,
            tallies: self.crowd.finish(),
            facts: self.facts,
            measured: self.measured,
            templates: self.templates,
            problems: self.problems,
        }
    }
}

/// Hands out turns and takes results in their order, whoever is done first. Who is far ahead waits.
#[derive(Debug, Default)]
pub(super) struct Turns {
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct State {
    sum: Sum,
    next: usize,
    waiting: BTreeMap<usize, (usize, Read)>,
    /// A thread panicked: nobody may wait for its turn.
    broken: bool,
}

impl Turns {
    /// Takes the result of a turn. Turns must be begun in order, so that the one waited for is always under way.
    pub(super) fn take(&self, turn: usize, index: usize, read: Read) {
        let mut state = self.lock();
        while turn > state.next + AHEAD_MAX && !state.broken {
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.waiting.insert(turn, (index, read));
        loop {
            let next = state.next;
            let Some((index, read)) = state.waiting.remove(&next) else {
                break;
            };
            state.sum.take(index, read);
            state.next += 1;
        }
        drop(state);
        self.moved.notify_all();
    }

    /// To be held while a thread works: if it panics, the others do not wait for it.
    pub(super) fn watch(&self) -> Watch<'_> {
        Watch(self)
    }

    /// Everything, once all turns are taken.
    pub(super) fn finish(self) -> Gathered {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        state.sum.finish()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notices a panic.
#[derive(Debug)]
pub(super) struct Watch<'t>(&'t Turns);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.lock().broken = true;
            self.0.moved.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{SourceId, Span};

    fn read(index: usize, facts: usize) -> Read {
        let fact = |line| Event::new("conf.key", Span::line(SourceId(index as u32), line), "");
        Read {
            info: SourceInfo {
                path: index.to_string(),
                format: "log",
                ..SourceInfo::default()
            },
            tallies: Tallies::default(),
            facts: (1..=facts as u32).map(fact).collect(),
            measured: Vec::new(),
            ends: Ends::new(),
            templates: Templates::default(),
            problems: Vec::new(),
        }
    }

    #[test]
    fn results_come_in_order_whoever_is_done_first() {
        let turns = Turns::default();
        let count = 4 * AHEAD_MAX;
        std::thread::scope(|scope| {
            scope.spawn(|| (1..count).for_each(|turn| turns.take(turn, count - 1 - turn, read(count - 1 - turn, 1))));
            std::thread::sleep(std::time::Duration::from_millis(20));
            assert!(turns.lock().waiting.len() <= AHEAD_MAX);
            turns.take(0, count - 1, read(count - 1, 1));
        });
        let gathered = turns.finish();
        let paths: Vec<String> = gathered.infos.into_iter().map(|info| info.path).collect();
        assert_eq!(paths, (0..count).map(|index| index.to_string()).collect::<Vec<_>>());
        assert!(gathered.facts.is_sorted_by_key(|fact| fact.span.source));
    }

    #[test]
    fn nobody_waits_for_a_thread_that_panicked() {
        let turns = Turns::default();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| turns.take(AHEAD_MAX + 1, 0, read(0, 0)));
            let panics = scope.spawn(|| {
                let _watch = turns.watch();
                panic!("told by a test");
            });
            assert!(panics.join().is_err());
            assert!(waiting.join().is_ok());
        });
    }

    #[test]
    fn facts_are_capped_and_it_is_told_once() {
        let mut sum = Sum::default();
        (0..3).for_each(|index| sum.take(index, read(index, FACTS_MAX / 2 + 1)));
        let gathered = sum.finish();
        assert_eq!((gathered.facts.len(), gathered.problems.len()), (FACTS_MAX, 1));
        assert_eq!(gathered.problems[0].path, "1");
    }
}

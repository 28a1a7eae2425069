//! Events → more events, and what holds for the whole bundle: arithmetic only, no judgement.
//!
//! A deriver runs once, after all input was read and all clocks are settled. It sees the facts of the whole bundle (few
//! events, kept whole and capped per source) and what derivers above it in the table gave. Its events stand at the line
//! that proves them best, so that a report can show it.

mod address;
mod bench;
pub mod branches;
mod change;
pub mod clocks;
mod lag;
mod progress;
mod queues;
mod restart;
mod skew;
mod stall;
mod stuck;
#[cfg(test)]
mod testing;

use crate::model::{Event, SourceInfo};
use clocks::Clocks;
use std::collections::BTreeMap;

/// What derivers work on.
#[derive(Debug)]
pub struct Bundle<'a> {
    /// Facts in the order of their sources, then what was derived from them.
    pub facts: Vec<Event>,
    /// All sources.
    pub sources: &'a [SourceInfo],
    /// Settled clocks.
    pub clocks: &'a Clocks,
    /// First and last settled time of each source that has stamps, milliseconds UTC.
    pub spans: &'a BTreeMap<u32, (i64, i64)>,
}

/// One kind of derived knowledge.
#[derive(Debug, Clone, Copy)]
pub struct Deriver {
    /// Its file.
    pub name: &'static str,
    /// Kinds of events it looks at.
    pub reads: &'static [&'static str],
    /// Kinds of events it gives.
    pub gives: &'static [&'static str],
    /// What it does. Never panics, whatever the events hold.
    pub derive: fn(&Bundle<'_>, &mut dyn FnMut(Event)),
}

/// All derivers. Later ones see what earlier ones gave.
pub const DERIVERS: &[Deriver] = &[
    branches::DERIVER,
    address::DERIVER,
    lag::DERIVER,
    queues::DERIVER,
    stuck::DERIVER,
    restart::DERIVER,
    stall::DERIVER,
    skew::DERIVER,
    change::DERIVER,
    bench::DERIVER,
];

/// Most events one deriver gives.
const GIVEN_MAX: usize = 5000;

impl Bundle<'_> {
    /// Runs all derivers; what they gave stands behind the facts. Returns how many events were facts.
    pub fn derive(&mut self) -> usize {
        let facts = self.facts.len();
        for deriver in DERIVERS {
            let mut given = Vec::new();
            (deriver.derive)(self, &mut |event| {
                if given.len() < GIVEN_MAX && self.sources.len() > event.span.source.0 as usize {
                    given.push(event);
                }
            });
            self.facts.extend(given);
        }
        facts
    }

    /// Facts of some kind.
    fn of<'b>(&'b self, kind: &'b str) -> impl Iterator<Item = &'b Event> {
        self.facts.iter().filter(move |event| &*event.kind == kind)
    }

    fn source(&self, event: &Event) -> Option<&SourceInfo> {
        self.sources.get(event.span.source.0 as usize)
    }

    /// The host a fact was read on; empty when the paths tell none.
    fn host(&self, event: &Event) -> &str {
        self.source(event).map_or("", |source| source.host.as_str())
    }

    /// Settled time, milliseconds UTC.
    fn utc(&self, event: &Event) -> Option<i64> {
        self.clocks.utc(event.span.source.0, event.at?)
    }
}

/// A new event at the place and time of the one that proves it.
fn beside(proof: &Event, kind: &str) -> Event {
    let mut event = Event::new(kind, proof.span, &proof.text).at(proof.at);
    event.record = proof.record;
    event
}

/// Text of a field, empty when it is missing.
fn text<'a>(event: &'a Event, field: &str) -> &'a str {
    event.fields.str(field).unwrap_or("")
}

fn num(event: &Event, field: &str) -> Option<f64> {
    event.fields.num(field).filter(|n| n.is_finite())
}

/// Rounded to thousandths, for seconds and rates.
fn milli(n: f64) -> f64 {
    (n * 1000.0).round() / 1000.0
}

/// Folder of a path, with the folder that rotated logs are moved to taken off.
fn folder(path: &str) -> &str {
    let folder = path.rsplit_once(['/', '!']).map_or("", |(folder, _)| folder);
    let folder = folder.trim_end_matches(['/', '!']);
    ["otherdays", "other_days"]
        .iter()
        .find_map(|old| folder.strip_suffix(old))
        .map_or(folder, |parent| parent.trim_end_matches(['/', '!']))
}

/// A path with its numbers padded, so that `-2` sorts before `-10`.
fn natural(path: &str) -> String {
    const WIDTH: usize = 12;
    let mut out = String::with_capacity(path.len() + WIDTH);
    let mut digits = String::new();
    for c in path.chars().chain(['\0']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if !digits.is_empty() {
            let padding = WIDTH.saturating_sub(digits.len());
            out.extend(std::iter::repeat_n('0', padding));
            out.push_str(&digits);
            digits.clear();
        }
        out.push(c);
    }
    out.pop();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (path, want) in [
            ("a/logs/broker.log", "a/logs"),
            ("a/logs/otherdays/broker.1.log.gz", "a/logs"),
            ("b.tar.gz!/x.log", "b.tar.gz"),
            ("x.log", ""),
        ] {
            assert_eq!(folder(path), want, "{path}");
        }
        assert!(natural("jstack-2.txt") < natural("jstack-10.txt"));
        assert!(natural("a") < natural("a1"));
    }

    /// Every kind and field that a deriver names is in the closed list, and nothing is read before it is given.
    #[test]
    fn kinds_are_known() {
        for deriver in DERIVERS {
            for kind in deriver.reads.iter().chain(deriver.gives) {
                assert!(crate::model::kind::kind(kind).is_some(), "{}: {kind}", deriver.name);
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn any_events_never_panic(events in proptest::collection::vec(testing::any_event(), 0..60)) {
            testing::derive_all(events);
        }
    }
}

//! `Crowd`: the tallies of all sources, whatever their number. A watch keeps one tally per source for the first sources;
//! those of later ones are joined by host and role, which is all that weighing tells apart. Clocks allow it: sources of
//! one host share their offset (`derive/clocks.rs`).
//!
//! Not here: what a tally keeps of one source (`tally.rs`).

use super::matcher::Tallies;
use crate::model::{Role, SourceInfo};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Most sources of which a watch keeps tallies of their own.
const OWN_MAX: u32 = 256;
/// Most hosts and roles told apart among the others; what comes later joins the last one.
const GROUPS_MAX: usize = 1024;

/// Sums up sources. What comes out depends on the order in which they are taken.
#[derive(Debug, Default)]
pub struct Crowd {
    tallies: Tallies,
    /// How many sources have a tally of their own, by watch.
    own: HashMap<u32, u32>,
    groups: HashMap<(Box<str>, Option<Role>), usize>,
    /// The source under which a group's tally of a watch stands.
    heads: HashMap<(u32, usize), u32>,
}

impl Crowd {
    /// Takes the tallies of one source.
    pub fn take(&mut self, tallies: Tallies, info: &SourceInfo) {
        if tallies.is_empty() {
            return;
        }
        let group = self.group(info);
        for ((watch, source), tally) in tallies {
            let own = self.own.entry(watch).or_default();
            let head = if *own < OWN_MAX {
                *own += 1;
                source
            } else {
                *self.heads.entry((watch, group)).or_insert(source)
            };
            match self.tallies.entry((watch, head)) {
                Entry::Vacant(slot) => {
                    slot.insert(tally);
                }
                Entry::Occupied(mut slot) => slot.get_mut().join(source, &tally),
            }
        }
    }

    fn group(&mut self, info: &SourceInfo) -> usize {
        let next = self.groups.len();
        let key = (info.host.as_str().into(), info.role);
        match self.groups.entry(key) {
            Entry::Occupied(slot) => *slot.get(),
            Entry::Vacant(_) if next >= GROUPS_MAX => GROUPS_MAX - 1,
            Entry::Vacant(slot) => *slot.insert(next),
        }
    }

    /// All of them.
    pub fn finish(self) -> Tallies {
        self.tallies
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Event, Moment, SourceId, Span};
    use crate::rule::matcher::Ports;
    use crate::rule::occurrence::Told;
    use crate::rule::tally::{Tally, Wants};

    fn add(tally: &mut Tally, event: &Event) {
        let told = Told {
            event,
            source: &info(""),
            ports: &Ports::default(),
        };
        tally.add(&told, &Wants::default());
    }

    fn info(host: &str) -> SourceInfo {
        SourceInfo {
            host: host.into(),
            role: Some(Role::Broker),
            format: "log",
            ..SourceInfo::default()
        }
    }

    #[test]
    fn many_sources_give_few_tallies_and_the_same_sums() {
        let mut crowd = Crowd::default();
        let sources = OWN_MAX + 5000;
        for source in 0..sources {
            let mut tally = Tally::default();
            // Later sources hold earlier events.
            let at = Moment::utc(i64::from(sources - source) * 1000);
            let event = Event::new("x", Span::line(SourceId(source), 1), "t").at(Some(at));
            add(&mut tally, &event);
            let host = if source % 2 == 0 { "a" } else { "b" };
            crowd.take(Tallies::from_iter([((7, source), tally)]), &info(host));
        }
        let tallies = crowd.finish();
        assert_eq!(tallies.len(), OWN_MAX as usize + 2);
        let count: u64 = tallies.values().map(|t| t.count).sum();
        let told: usize = tallies.values().map(|t| 1 + t.others.len()).sum();
        assert_eq!((count, told), (u64::from(sources), sources as usize));
        let first = tallies.values().filter_map(|t| t.samples[0].at).min();
        assert_eq!(first, Some(Moment::utc(1000)), "the earliest event is kept as proof");
    }

    #[test]
    fn hosts_without_number_end_in_one_group() {
        let mut crowd = Crowd::default();
        for source in 0..3 * GROUPS_MAX as u32 {
            let mut tally = Tally::default();
            add(&mut tally, &Event::new("x", Span::line(SourceId(source), 1), "t"));
            crowd.take(Tallies::from_iter([((7, source), tally)]), &info(&source.to_string()));
        }
        assert!(crowd.finish().len() <= OWN_MAX as usize + GROUPS_MAX);
    }
}

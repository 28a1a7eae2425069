//! `View`: the events of a watch over all sources, filtered as one piece of evidence asks, in settled time.

use super::Case;
use crate::model::{Moment, Role, Span};
use crate::rule::compile::{Evidence, Near};
use crate::rule::expr::{Env, Val};
use crate::rule::matcher::Ports;
use crate::rule::occurrence::Told;
use crate::rule::tally::{Sample, Tally};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// In a source of at most so many lines, none of which has a stamp, all stands near all: somebody pasted what belongs
/// together.
const PASTE_LINES: u64 = 200;

/// A proving line with its settled time.
#[derive(Debug, Clone)]
pub(super) struct Proof {
    /// Where it stands.
    pub(super) span: Span,
    /// First line of its record.
    pub(super) record: u32,
    /// The line and its fields.
    pub(super) sample: Sample,
    /// Settled time.
    pub(super) at: Option<i64>,
}

/// Events of one watch, merged over sources.
#[derive(Debug, Default)]
pub(super) struct View {
    /// Events.
    pub(super) count: u64,
    /// Proofs: the worst first where there is one, then the earliest.
    pub(super) samples: Vec<Proof>,
    /// Events per settled minute.
    pub(super) minutes: BTreeMap<i64, u64>,
    /// First settled time.
    pub(super) first: Option<i64>,
    /// Last settled time.
    pub(super) last: Option<i64>,
    /// Sources with events.
    pub(super) sources: BTreeSet<u32>,
    /// Hosts with events.
    pub(super) hosts: BTreeSet<String>,
    /// Figures and names.
    pub(super) tally: Tally,
}

/// Views of all watches and evidence, computed once.
pub(super) struct Views<'a> {
    case: &'a Case<'a>,
    by_watch: HashMap<usize, Vec<(u32, &'a Tally)>>,
    whole: RefCell<HashMap<usize, Rc<View>>>,
}

impl<'a> Views<'a> {
    pub(super) fn new(case: &'a Case<'a>) -> Self {
        let mut by_watch: HashMap<usize, Vec<(u32, &Tally)>> = HashMap::new();
        for ((watch, source), tally) in case.tallies {
            by_watch.entry(*watch as usize).or_default().push((*source, tally));
        }
        by_watch
            .values_mut()
            .for_each(|list| list.sort_by_key(|(source, _)| *source));
        Self {
            case,
            by_watch,
            whole: RefCell::new(HashMap::new()),
        }
    }

    /// All events of a watch.
    pub(super) fn watch(&self, watch: usize) -> Rc<View> {
        if let Some(view) = self.whole.borrow().get(&watch) {
            return view.clone();
        }
        let view = Rc::new(self.build(watch, &[], None));
        self.whole.borrow_mut().insert(watch, view.clone());
        view
    }

    /// The events that count for one piece of evidence.
    pub(super) fn evidence(&self, e: &Evidence) -> Rc<View> {
        if e.roles.is_empty() && e.near.is_none() {
            return self.watch(e.watch);
        }
        Rc::new(self.build(e.watch, &e.roles, e.near.as_ref()))
    }

    fn build(&self, watch: usize, roles: &[Role], near: Option<&Near>) -> View {
        let mut view = View::default();
        // Conditions were asked when the events were counted.
        let ports = Ports::default();
        let targets = near.map(|n| (n, self.targets(n)));
        for (source, tally) in self.by_watch.get(&watch).into_iter().flatten() {
            let host = &self.case.sources[*source as usize].host;
            if !roles.is_empty() && !self.has_role(*source, roles) {
                continue;
            }
            match &targets {
                None => view.add(self.case, *source, host, tally),
                Some((near, targets)) if near.far && targets.is_empty() => view.add(self.case, *source, host, tally),
                Some((near, targets)) => {
                    let mut kept = Tally::default();
                    let wants = &self.case.book.watches[watch].wants;
                    for event in &tally.events {
                        let at = event.at.and_then(|at| (self.case.clock)(*source, at));
                        let reach = event
                            .fields
                            .num("pause_ms")
                            .or(event.fields.num("took_ms"))
                            .unwrap_or(0.0) as i64;
                        let addr = event.fields.str("addr").unwrap_or("");
                        let is_near = match at {
                            Some(at) => is_near(&targets.times, at - reach, at, near, host, addr),
                            None => event.at.is_none() && targets.pasted.contains(source),
                        };
                        if is_near != near.far {
                            let told = Told {
                                event,
                                source: &self.case.sources[*source as usize],
                                ports: &ports,
                            };
                            kept.add(&told, wants);
                        }
                    }
                    if kept.count > 0 {
                        view.add(self.case, *source, host, &kept);
                    }
                }
            }
        }
        view.order();
        view
    }

    fn has_role(&self, source: u32, roles: &[Role]) -> bool {
        let info = &self.case.sources[source as usize];
        match info.role {
            Some(role) => roles.contains(&role),
            None => match self.case.roles.get(&info.host) {
                Some(known) if !info.host.is_empty() => known.iter().any(|r| roles.contains(r)),
                // Nothing tells whose it is: it may count.
                _ => true,
            },
        }
    }

    fn targets(&self, near: &Near) -> Targets<'_> {
        let mut targets = Targets::default();
        for target in &near.targets {
            for (source, tally) in self.by_watch.get(target).into_iter().flatten() {
                let host = self.case.sources[*source as usize].host.as_str();
                let settled = |m: Moment| (self.case.clock)(*source, m);
                if near.same_addr {
                    targets.times.extend(tally.events.iter().filter_map(|event| {
                        let addr = event.fields.str("addr").unwrap_or("");
                        event.at.and_then(settled).map(|at| Target { at, host, addr })
                    }));
                } else {
                    let known = tally.times.iter().copied().filter_map(settled);
                    targets.times.extend(known.map(|at| Target { at, host, addr: "" }));
                }
                if tally.ends.is_empty() && self.is_paste_without_times(*source) {
                    targets.pasted.insert(*source);
                }
            }
        }
        targets.times.sort();
        targets
    }

    fn is_paste_without_times(&self, source: u32) -> bool {
        self.case.sources[source as usize].lines <= PASTE_LINES && !self.case.spans.contains_key(&source)
    }
}

/// What an event may be near to.
#[derive(Debug, Default)]
struct Targets<'t> {
    /// What has a settled time, in order.
    times: Vec<Target<'t>>,
    /// Pastes without times that show a target.
    pasted: BTreeSet<u32>,
}

impl Targets<'_> {
    fn is_empty(&self) -> bool {
        self.times.is_empty() && self.pasted.is_empty()
    }
}

/// An event that others are near to or far from.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Target<'t> {
    at: i64,
    host: &'t str,
    /// Empty when it tells none.
    addr: &'t str,
}

fn is_near(targets: &[Target<'_>], from: i64, to: i64, near: &Near, host: &str, addr: &str) -> bool {
    // What is not told may be the same.
    let same = |a: &str, b: &str| a == b || a.is_empty() || b.is_empty();
    let earliest = if near.after { to } else { from - near.within_ms };
    let start = targets.partition_point(|target| target.at < earliest);
    targets[start..]
        .iter()
        .take_while(|target| target.at <= to + near.within_ms)
        .any(|target| (!near.same_host || same(target.host, host)) && (!near.same_addr || same(target.addr, addr)))
}

impl View {
    fn add(&mut self, case: &Case<'_>, source: u32, host: &str, tally: &Tally) {
        self.count += tally.count;
        self.sources.insert(source);
        self.sources.extend(&tally.others);
        self.hosts.insert(host.to_string());
        for ((zone, minute), count) in &tally.minutes {
            if let Some(at) = (case.clock)(
                source,
                Moment {
                    ms: minute * 60_000,
                    zone: *zone,
                },
            ) {
                *self.minutes.entry(at.div_euclid(60_000)).or_default() += count;
            }
        }
        for (zone, (first, last)) in &tally.ends {
            let settled = |ms: i64| (case.clock)(source, Moment { ms, zone: *zone });
            if let (Some(first), Some(last)) = (settled(*first), settled(*last)) {
                self.first = Some(self.first.map_or(first, |f| f.min(first)));
                self.last = Some(self.last.map_or(last, |l| l.max(last)));
            }
        }
        let proof = |sample: &Sample| Proof {
            span: sample.span,
            record: sample.record,
            at: sample.at.and_then(|at| (case.clock)(sample.span.source.0, at)),
            sample: sample.clone(),
        };
        self.samples.extend(tally.samples.iter().map(proof));
        self.tally.merge(tally);
    }

    /// Puts the worst event first, the others in order of time.
    fn order(&mut self) {
        self.samples.sort_by_key(|p| (p.at.unwrap_or(i64::MAX), p.span));
        if let Some((_, worst)) = &self.tally.worst {
            let found = self.samples.iter().position(|p| p.span == worst.span);
            let proof = match found {
                Some(at) => self.samples.remove(at),
                None => Proof {
                    span: worst.span,
                    record: worst.record,
                    at: None,
                    sample: worst.clone(),
                },
            };
            self.samples.insert(0, proof);
        }
        self.samples.truncate(12);
    }
}

/// Names and aggregates of `steps`.
pub(super) struct ViewEnv<'a> {
    pub(super) view: &'a View,
    pub(super) total: u64,
}

impl Env for ViewEnv<'_> {
    fn name(&self, name: &str) -> Option<Val<'_>> {
        let view = self.view;
        let number = match name {
            "count" => view.count as f64,
            "minutes" => view.minutes.len() as f64,
            "per_min" => view.minutes.values().copied().max().unwrap_or(view.count) as f64,
            "span_s" => match (view.first, view.last) {
                (Some(first), Some(last)) => (last - first) as f64 / 1000.0,
                _ => 0.0,
            },
            "hosts" => view.hosts.len() as f64,
            "sources" => view.sources.len() as f64,
            "total" => self.total as f64,
            "share" if self.total > 0 => view.count as f64 / self.total as f64,
            "share" => 0.0,
            field => view.tally.stats.get(field)?.get("max")?,
        };
        Some(Val::Num(number))
    }

    fn aggregate(&self, function: &str, field: &str) -> Option<f64> {
        if function == "distinct" {
            return Some(self.view.tally.distinct.get(field).map_or(0, BTreeSet::len) as f64);
        }
        self.view.tally.stats.get(field)?.get(function)
    }

    fn port_kind(&self, _: u32) -> &'static str {
        "other"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Event, Lang, SourceId, SourceInfo};
    use crate::rule::RuleBook;
    use crate::rule::embedded::embedded;
    use crate::rule::matcher::Tallies;

    fn source(lines: u64) -> SourceInfo {
        SourceInfo {
            path: "paste.txt".into(),
            host: String::new(),
            role: None,
            format: "log",
            log: None,
            bytes: 0,
            lines,
            skipped: None,
        }
    }

    /// How many untimed events of the second source stand near an untimed target in the source `target`.
    fn near(book: &RuleBook, evidence: &Evidence, lines: u64, target: u32, span: Option<(i64, i64)>) -> u64 {
        let sources = [source(lines), source(lines)];
        let mut tallies = Tallies::default();
        for (watch, source) in [
            (evidence.watch, 1),
            (evidence.near.as_ref().unwrap().targets[0], target),
        ] {
            let event = Event::new("gc.pause", Span::line(SourceId(source), 1), "");
            let told = Told {
                event: &event.with("pause_ms", 900.0),
                source: &sources[source as usize],
                ports: &Ports::default(),
            };
            let tally = tallies.entry((watch as u32, source)).or_default();
            tally.add(&told, &book.watches[watch].wants);
        }
        let case = Case {
            book,
            tallies: &tallies,
            sources: &sources,
            clock: &|_, at| Some(at.ms),
            spans: &span.into_iter().map(|span| (1, span)).collect(),
            roles: &HashMap::new(),
            versions: &[],
            lang: Lang::En,
            zone_assumed: false,
        };
        Views::new(&case).evidence(evidence).count
    }

    #[test]
    fn in_a_short_paste_without_times_all_stands_near_all() {
        let book = RuleBook::load(embedded(), &[]).unwrap();
        let is_near = |e: &&Evidence| e.roles.is_empty() && e.near.as_ref().is_some_and(|near| !near.far);
        let evidence = book.rules.iter().flat_map(|rule| &rule.evidence).find(is_near).unwrap();
        assert_eq!(near(&book, evidence, 40, 1, None), 1);
        // In another source, in one with stamps elsewhere, in one that is no paste.
        assert_eq!(near(&book, evidence, 40, 0, None), 0);
        assert_eq!(near(&book, evidence, 40, 1, Some((0, 1))), 0);
        assert_eq!(near(&book, evidence, 4000, 1, None), 0);
    }
}

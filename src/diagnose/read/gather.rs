//! `Gather`: what one source, or a part of it, gives. Events and records come in one by one; only tallies, bounded
//! lists of facts and the first and last stamps stay. Not here: how a source is cut and read.

use super::Reading;
use crate::derive::branches;
use crate::derive::clocks::Ends;
use crate::diagnose::measure::Collector;
use crate::diagnose::window::Window;
use crate::model::{Event, LogRecord, Moment, SourceId, SourceInfo, Span};
use crate::rule::matcher::Ports;
use crate::rule::{Matcher, compile};
use std::collections::HashMap;

/// Most events of one kind that are kept of one source.
const FACTS_MAX: usize = 6000;
/// Shorter pauses explain no hole in a log.
const LONG_PAUSE_MS: f64 = 300.0;

/// Most events of that kind that one source may give as facts: few, needed as a whole by lint and derivers. 0: none.
fn facts_max(event: &Event) -> usize {
    let long = |field: &str| event.fields.num(field).is_some_and(|ms| ms >= LONG_PAUSE_MS);
    match &*event.kind {
        "conf.key" | "jvm.flag" | "sysctl" | "limit" | "hosts" | "env" | "mem.sample" | "disk.usage" | "version" => {
            FACTS_MAX
        }
        "admin.progress.summary" | "admin.progress" | "admin.connection" | "admin.subscription" => FACTS_MAX,
        "rmq.lag" | "bench.producer" | "bench.consumer" => FACTS_MAX,
        "rmq.gap" | "rmq.boot" | "rmq.start" | "rmq.stop" | "rmq.register" => 2000,
        "threads.busy" | "threads.dump" => 2000,
        "gc.pause" if long("pause_ms") => 2000,
        "gc.stopped" if long("stopped_ms") => 2000,
        // Of the whole machine, with a time: readings of single processors and means since boot tell no hole.
        "cpu.sample" if event.at.is_some() && event.fields.num("cpu").is_none() => FACTS_MAX,
        _ => 0,
    }
}

/// Collects what one source gives.
pub(super) struct Gather<'a> {
    pub(super) matcher: Matcher<'a>,
    pub(super) ends: Ends,
    pub(super) facts: Vec<Event>,
    /// Facts by kind.
    kept: HashMap<Box<str>, usize>,
    pub(super) collector: Collector<'a>,
    ports: &'a Ports,
    window: Option<&'a Window>,
}

impl<'a> Gather<'a> {
    pub(super) fn new(reading: Reading<'a>) -> Self {
        Self {
            matcher: Matcher::new(reading.book, reading.ports),
            ends: Ends::new(),
            facts: Vec::new(),
            kept: HashMap::new(),
            collector: Collector::new(reading.effects),
            ports: reading.ports,
            window: reading.window,
        }
    }

    pub(super) fn note(&mut self, at: Option<Moment>) {
        if let Some(at) = at {
            let slot = self.ends.entry(at.zone).or_insert((at.ms, at.ms));
            *slot = (slot.0.min(at.ms), slot.1.max(at.ms));
        }
    }

    pub(super) fn note_ends(&mut self, ends: &Ends) {
        for (zone, (first, last)) in ends {
            let slot = self.ends.entry(*zone).or_insert((*first, *last));
            *slot = (slot.0.min(*first), slot.1.max(*last));
        }
    }

    fn counts(&self, source: SourceId, at: Option<Moment>) -> bool {
        self.window.is_none_or(|window| window.holds(source.0, at))
    }

    pub(super) fn event(&mut self, event: &Event, info: &SourceInfo) {
        if !self.counts(event.span.source, event.at) {
            return;
        }
        // Options that depend on the JDK are counted when the whole bundle has told it.
        if !branches::is_undecided(event) {
            self.matcher.event(event, info);
        }
        self.collector.event(event, info, self.ports);
        self.note(event.at);
        let most = facts_max(event);
        if most > 0 {
            self.keep(event.clone(), most);
        }
    }

    fn keep(&mut self, fact: Event, most: usize) {
        let kept = self.kept.entry(fact.kind.clone()).or_default();
        if *kept < most {
            *kept += 1;
            self.facts.push(fact);
        }
    }

    pub(super) fn record(&mut self, record: &LogRecord<'_>, info: &SourceInfo) {
        if !self.counts(record.source, record.at) {
            return;
        }
        self.note(record.at);
        self.matcher.record(record, info);
    }

    /// Adds what a later part of the source gave.
    pub(super) fn join(&mut self, part: Gather<'_>) {
        self.matcher.absorb(part.matcher.tallies, 0);
        for fact in part.facts {
            let most = facts_max(&fact);
            self.keep(fact, most);
        }
        self.collector.absorb(part.collector);
        self.note_ends(&part.ends);
    }

    /// The event that says this source was read.
    pub(super) fn seen(&mut self, id: SourceId, info: &SourceInfo, first_line: &str) {
        let mut seen = Event::new("source", Span::line(id, 1), first_line);
        seen.fields.set("format", info.format);
        seen.fields.set("log", info.log.map_or("", compile::log_name));
        seen.fields.set("role", info.role.map_or("", compile::role_name));
        seen.fields.set("host", info.host.as_str());
        seen.fields.set("file", info.path.as_str());
        seen.fields.set("lines", info.lines as f64);
        self.matcher.event(&seen, info);
    }
}

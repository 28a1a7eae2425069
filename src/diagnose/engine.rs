//! Second half of a run: clocks are settled, lint and derivers add their events, everything is weighed.

use super::gathered::{Gathered, Turns};
use super::happenings;
use super::measure::Measured;
use super::read::{Reading, SHARED_MIN, Sieves, ports_of, read};
use super::window::Window;
use super::{Progress, Step, TimePoint};
use crate::derive::clocks::{self, Clocks, Ends};
use crate::derive::{Bundle, branches};
use crate::format::log::frames;
use crate::input::{Hosts, Kind, Source};
use crate::model::finding::{Coverage, Diagnosis, Problem};
use crate::model::{Event, Inspection, Lang, Role, SourceId, SourceInfo, Version, Zone};
use crate::rule::matcher::Ports;
use crate::rule::weigh::{self, Case};
use crate::rule::{Matcher, RuleBook};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

/// Sources that one thread reads in their order: members of one archive, or a single file.
type Batch = Vec<usize>;

/// What a run looks at.
#[derive(Debug)]
pub(super) struct Job<'a> {
    pub(super) book: &'a RuleBook,
    pub(super) sources: &'a [Source],
    pub(super) lang: Lang,
    pub(super) threads: usize,
    pub(super) since: Option<TimePoint>,
    pub(super) until: Option<TimePoint>,
    pub(super) at: Option<TimePoint>,
    /// Whether to follow measured quantities, for a comparison.
    pub(super) measures: bool,
}

/// A diagnosis and what a comparison needs beside it.
#[derive(Debug, Default)]
pub struct Examination {
    /// The answer.
    pub diagnosis: Diagnosis,
    /// Events that tell what people set: keys, flags, kernel settings, limits, versions.
    pub facts: Vec<Event>,
    /// What was measured.
    pub measured: Vec<Measured>,
    /// How long each source lasted by its own stamps, milliseconds.
    pub lasted_ms: Vec<i64>,
}

/// Diagnoses all sources.
pub(super) fn diagnose(job: &Job<'_>, problems: Vec<Problem>, progress: &mut dyn Progress) -> Examination {
    let ports = ports(job.sources);
    let (gathered, window) = read_all(job, &ports, progress);
    let mut examination = conclude(job.book, &ports, gathered, problems, job.lang);
    examination.diagnosis.coverage.window = window;
    examination
}

/// Checks the configuration in all sources: lint events in the order of their files, and what was read.
pub(super) fn inspect(job: &Job<'_>, mut problems: Vec<Problem>, progress: &mut dyn Progress) -> Inspection {
    let Gathered {
        infos: sources,
        ends,
        facts,
        problems: met,
        ..
    } = read_all(job, &Ports::default(), progress).0;
    problems.extend(met);
    let clocks = clocks::settle(&sources, &ends);
    let settings = facts.iter().filter(|fact| is_setting(&fact.kind));
    let checked = settings.map(|fact| fact.span.source).collect::<BTreeSet<_>>().len();
    let facts = with_derived(facts, &sources, &clocks, &settled_spans(&clocks, &ends), &mut |_, _| {});
    let mut items = linted(&facts, &sources, job.lang);
    items.sort_by_key(|e| e.span);
    let coverage = Coverage {
        bytes: sources.iter().map(|s| s.bytes).sum(),
        lines: sources.iter().map(|s| s.lines).sum(),
        sources,
        problems,
        ..Coverage::default()
    };
    Inspection {
        items,
        checked,
        coverage,
        ..Inspection::default()
    }
}

/// Whether facts of this kind tell what people set.
fn is_setting(kind: &str) -> bool {
    ["conf.", "jvm.flag", "sysctl", "limit"]
        .iter()
        .any(|area| kind.starts_with(area))
}

fn ports(sources: &[Source]) -> Ports {
    let one = |(id, source): (usize, &Source)| ports_of(source, SourceId(id as u32));
    sources
        .par_iter()
        .enumerate()
        .map(one)
        .reduce(Ports::default, Ports::join)
}

/// Reads every source once, small ones side by side, big plain files one by one with all threads. Also gives the window
/// that was asked for.
fn read_all(job: &Job<'_>, ports: &Ports, progress: &mut dyn Progress) -> (Gathered, Option<(i64, i64)>) {
    let sources = job.sources;
    let hosts = Hosts::new(sources.iter().map(|s| s.path.as_str()));
    let window = Window::new(job, &hosts);
    let automaton = job.book.literals.automaton(bytes(sources));
    let placed = frames::placed(job.book.literals.texts.iter().map(String::as_str));
    let sieves = Sieves::new(job.book, automaton);
    let reading = Reading {
        book: job.book,
        ports,
        automaton,
        placed: &placed,
        threads: job.threads,
        sieves: &sieves,
        window: window.as_ref(),
        effects: job.measures.then_some(&job.book.effects),
    };
    let steps = Steps::new(sources);
    let progress = Mutex::new(progress);
    let turns = Turns::default();
    let one = |turn: usize, index: usize| {
        if let Ok(mut progress) = progress.try_lock() {
            progress.step(steps.step(sources, index));
        }
        let read = read(
            reading,
            &sources[index],
            SourceId(index as u32),
            &hosts.of(&sources[index].path),
        );
        steps.done(read.info.bytes);
        turns.take(turn, index, read);
    };
    let (small, big) = batches(sources);
    let starts = Mutex::new(small.iter().scan(0, |turn, batch| {
        let first = *turn;
        *turn += batch.len();
        Some((first, batch))
    }));
    let next = || starts.lock().unwrap_or_else(PoisonError::into_inner).next();
    rayon::broadcast(|_| {
        let _watch = turns.watch();
        while let Some((first, batch)) = next() {
            for (turn, index) in (first..).zip(batch) {
                one(turn, *index);
            }
        }
    });
    let first = sources.len() - big.len();
    for (turn, index) in (first..).zip(big) {
        one(turn, index);
    }
    (turns.finish(), window.as_ref().map(Window::range))
}

/// Small sources in batches for one thread each, and big plain files, which all threads read together one by one.
fn batches(sources: &[Source]) -> (Vec<Batch>, Vec<usize>) {
    let mut archives: BTreeMap<u32, Batch> = BTreeMap::new();
    let (mut small, mut big) = (Vec::new(), Vec::new());
    for (index, source) in sources.iter().enumerate() {
        match source.kind() {
            Kind::Packed { archive } => archives.entry(archive).or_default().push(index),
            Kind::File if source.size >= SHARED_MIN => big.push(index),
            _ => small.push(vec![index]),
        }
    }
    small.extend(archives.into_values());
    (small, big)
}

/// How far the run has come, for the progress line.
struct Steps {
    bytes: std::sync::atomic::AtomicU64,
    count: std::sync::atomic::AtomicUsize,
    total: u64,
}

impl Steps {
    fn new(sources: &[Source]) -> Self {
        Self {
            bytes: 0.into(),
            count: 0.into(),
            total: sources.iter().map(|s| s.size).sum(),
        }
    }

    fn done(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, std::sync::atomic::Ordering::Relaxed);
        self.count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }

    fn step<'s>(&self, sources: &'s [Source], index: usize) -> Step<'s> {
        Step {
            source: self.count.load(std::sync::atomic::Ordering::Relaxed) + 1,
            sources: sources.len(),
            path: &sources[index].path,
            bytes: self.bytes.load(std::sync::atomic::Ordering::Relaxed),
            bytes_total: self.total,
        }
    }
}

/// About how many bytes there are to read.
fn bytes(sources: &[Source]) -> u64 {
    /// How much smaller packed logs are.
    const PACKED: u64 = 10;
    let one = |source: &Source| match source.size_is_exact {
        true => source.size,
        false => source.size.saturating_mul(PACKED),
    };
    sources.iter().map(one).fold(0, u64::saturating_add)
}

fn conclude(book: &RuleBook, ports: &Ports, gathered: Gathered, mut problems: Vec<Problem>, lang: Lang) -> Examination {
    let Gathered {
        infos: sources,
        ends,
        tallies,
        facts,
        measured,
        templates,
        problems: met,
    } = gathered;
    problems.extend(met);
    let mut matcher = Matcher::new(book, ports);
    matcher.tallies = tallies;
    let clocks = clocks::settle(&sources, &ends);
    let spans = settled_spans(&clocks, &ends);
    let facts = with_derived(facts, &sources, &clocks, &spans, &mut |event, source| {
        matcher.event(event, source)
    });
    for item in linted(&facts, &sources, lang) {
        matcher.event(&item, &sources[item.span.source.0 as usize]);
    }
    let roles = roles(&sources);
    let versions = versions(&facts, &sources);
    let clock = |source: u32, moment| clocks.utc(source, moment);
    let changes = happenings::changes(book, &matcher.tallies, &sources, &clocks, lang);
    let mut verdicts = weigh::weigh(&Case {
        book,
        tallies: &matcher.tallies,
        sources: &sources,
        clock: &clock,
        spans: &spans,
        roles: &roles,
        versions: &versions
            .iter()
            .filter_map(|(_, v, _)| Version::parse(v))
            .collect::<Vec<_>>(),
        lang,
        zone_assumed: clocks.assumed,
    });
    happenings::before(&mut verdicts.findings, &changes);
    for unexplained in &mut verdicts.unexplained {
        happenings::templates(unexplained, &templates, &sources, &clocks);
    }
    let coverage = Coverage {
        bytes: sources.iter().map(|s| s.bytes).sum(),
        lines: sources.iter().map(|s| s.lines).sum(),
        sources,
        spans,
        problems,
        offset_min: clocks.shown_offset_min(&ends),
        assumptions: clocks.assumptions.iter().map(|it| it.sentence(lang)).collect(),
        versions,
        window: None,
    };
    let mut diagnosis = Diagnosis {
        rule_count: book.rules.len(),
        findings: verdicts.findings,
        unexplained: verdicts.unexplained,
        considered: verdicts.considered,
        coverage,
        ..Diagnosis::default()
    };
    diagnosis.timeline = happenings::timeline(&diagnosis, &changes, lang);
    let lasted_ms = ends.iter().map(lasted_ms).collect();
    Examination {
        diagnosis,
        facts,
        measured,
        lasted_ms,
    }
}

fn lasted_ms(ends: &Ends) -> i64 {
    ends.values()
        .map(|(first, last)| last.saturating_sub(*first))
        .max()
        .unwrap_or(0)
}

/// Facts with what derivers make of them, which is also told one by one. Options of a start script that wait for the JDK
/// are replaced by those that apply.
fn with_derived(
    facts: Vec<Event>,
    sources: &[SourceInfo],
    clocks: &Clocks,
    spans: &BTreeMap<u32, (i64, i64)>,
    tell: &mut dyn FnMut(&Event, &SourceInfo),
) -> Vec<Event> {
    let mut bundle = Bundle {
        facts,
        sources,
        clocks,
        spans,
    };
    let read = bundle.derive();
    let mut facts = bundle.facts;
    let derived = facts.split_off(read);
    for event in &derived {
        tell(event, &sources[event.span.source.0 as usize]);
    }
    facts.retain(|fact| !branches::is_undecided(fact));
    facts.extend(derived);
    facts
}

/// What lint says, with the texts of its checks in the language of the report.
fn linted(facts: &[Event], sources: &[SourceInfo], lang: Lang) -> Vec<Event> {
    let mut items = crate::lint::lint(facts, sources);
    for item in &mut items {
        let Some(check) = item.fields.str("check").and_then(crate::lint::check) else {
            continue;
        };
        let text = check.text(lang);
        for (field, template) in [("title", &text.title), ("why", &text.why), ("fix", &text.fix)] {
            let filled = crate::lint::filled(template, item);
            item.fields.set(field, filled);
        }
    }
    items
}

fn settled_spans(clocks: &Clocks, ends: &[Ends]) -> BTreeMap<u32, (i64, i64)> {
    let mut spans = BTreeMap::new();
    for (id, ends) in ends.iter().enumerate() {
        let settled = |ms, zone| clocks.utc(id as u32, crate::model::Moment { ms, zone });
        for (zone, (first, last)) in ends.iter().filter(|(z, _)| **z != Zone::Uptime) {
            if let (Some(first), Some(last)) = (settled(*first, *zone), settled(*last, *zone)) {
                let span = spans.entry(id as u32).or_insert((first, last));
                *span = (span.0.min(first), span.1.max(last));
            }
        }
    }
    spans
}

fn roles(sources: &[SourceInfo]) -> HashMap<String, BTreeSet<Role>> {
    let mut roles: HashMap<String, BTreeSet<Role>> = HashMap::new();
    for source in sources.iter().filter(|s| !s.host.is_empty()) {
        roles.entry(source.host.clone()).or_default().extend(source.role);
    }
    roles
}

/// Versions of RocketMQ that the bundle tells: component, version, where.
fn versions(facts: &[Event], sources: &[SourceInfo]) -> Vec<(String, String, String)> {
    let mut versions = BTreeMap::new();
    for event in facts.iter().filter(|e| &*e.kind == "version") {
        let (component, version) = (event.fields.str("component"), event.fields.get("version"));
        if let (Some(component), Some(version)) = (component, version)
            && component.starts_with("rocketmq")
        {
            versions
                .entry((component.to_string(), version.to_text()))
                .or_insert_with(|| {
                    let source = &sources[event.span.source.0 as usize];
                    format!("{}:{}", source.path, source.placed(event.span).0.line)
                });
        }
    }
    versions.into_iter().map(|((c, v), at)| (c, v, at)).collect()
}

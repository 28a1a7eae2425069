//! Second half of a run: clocks are settled, lint and derivers add their events, everything is weighed.

use super::happenings;
use super::read::{Read, Structured, scan, structured};
use crate::derive::clocks::{self, Ends};
use crate::model::finding::{Coverage, Diagnosis, Problem};
use crate::model::{Event, Lang, Role, SourceId, SourceInfo, Zone};
use crate::rule::matcher::Ports;
use crate::rule::version::Version;
use crate::rule::weigh::{self, Case};
use crate::rule::{Matcher, RuleBook};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A decoded source.
#[derive(Debug)]
pub struct Input {
    /// Path as shown to people.
    pub path: String,
    /// Host by path, may be empty.
    pub host: String,
    /// Its text.
    pub body: String,
}

/// Diagnoses decoded sources.
pub fn diagnose(book: &RuleBook, inputs: &[Input], problems: Vec<Problem>, lang: Lang) -> Diagnosis {
    let found: Vec<Structured> = inputs
        .par_iter()
        .enumerate()
        .map(|(id, input)| structured(SourceId(id as u32), &input.path, &input.host, &input.body))
        .collect();
    let ports = ports(&found);
    let reads: Vec<Read> = found
        .into_par_iter()
        .zip(inputs.par_iter())
        .enumerate()
        .map(|(id, (found, input))| scan(book, &ports, found, SourceId(id as u32), &input.body))
        .collect();
    conclude(book, &ports, reads, problems, lang)
}

fn ports(found: &[Structured]) -> Ports {
    let mut ports = Ports::default();
    for event in found.iter().flat_map(|f| &f.events).filter(|e| &*e.kind == "conf.key") {
        let value = event.fields.get("value").map(|v| v.to_text()).unwrap_or_default();
        match (event.fields.str("class"), event.fields.str("key")) {
            (Some("namesrv"), Some("listenPort")) => ports.namesrv.extend(value.trim().parse::<u32>().ok()),
            (_, Some("listenPort")) => ports.listen.extend(value.trim().parse::<u32>().ok()),
            (_, Some("namesrvAddr")) => {
                let port = |a: &str| a.trim().rsplit(':').next().and_then(|p| p.parse::<u32>().ok());
                ports.namesrv.extend(value.split([';', ',']).filter_map(port));
            }
            _ => {}
        }
    }
    ports
}

fn conclude(book: &RuleBook, ports: &Ports, mut reads: Vec<Read>, problems: Vec<Problem>, lang: Lang) -> Diagnosis {
    let mut matcher = Matcher::new(book, ports);
    let mut sources: Vec<SourceInfo> = Vec::new();
    let mut ends: Vec<Ends> = Vec::new();
    let mut facts: Vec<Event> = Vec::new();
    for read in &mut reads {
        matcher.absorb(std::mem::take(&mut read.tallies), 0);
        sources.push(read.info.clone());
        ends.push(std::mem::take(&mut read.ends));
        facts.append(&mut read.facts);
    }
    let clocks = clocks::settle(&sources, &ends);
    for event in derived(&facts, &sources) {
        let source = &sources[event.span.source.0 as usize];
        matcher.event(&event, source);
    }
    let spans = settled_spans(&clocks, &ends);
    let roles = roles(&sources);
    let versions = versions(&facts);
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
        happenings::templates(unexplained, &reads, &sources, &clocks);
    }
    let coverage = Coverage {
        bytes: sources.iter().map(|s| s.bytes).sum(),
        lines: sources.iter().map(|s| s.lines).sum(),
        sources,
        spans,
        problems,
        offset_min: clocks.shown_offset_min(&ends),
        assumptions: clocks.assumptions,
        versions,
    };
    let mut diagnosis = Diagnosis {
        findings: verdicts.findings,
        unexplained: verdicts.unexplained,
        coverage,
        ..Diagnosis::default()
    };
    diagnosis.timeline = happenings::timeline(&diagnosis, &changes, lang);
    diagnosis
}

/// Events of derivers and of lint.
fn derived(_facts: &[Event], _sources: &[SourceInfo]) -> Vec<Event> {
    Vec::new()
}

fn settled_spans(clocks: &clocks::Clocks, ends: &[Ends]) -> BTreeMap<u32, (i64, i64)> {
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
fn versions(facts: &[Event]) -> Vec<(String, String, String)> {
    let mut versions = BTreeMap::new();
    for event in facts.iter().filter(|e| &*e.kind == "version") {
        let (component, version) = (event.fields.str("component"), event.fields.get("version"));
        if let (Some(component), Some(version)) = (component, version)
            && component.starts_with("rocketmq")
        {
            versions
                .entry((component.to_string(), version.to_text()))
                .or_insert_with(|| format!("line {}", event.span.line));
        }
    }
    versions.into_iter().map(|((c, v), at)| (c, v, at)).collect()
}

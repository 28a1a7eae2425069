//! What happened in order: starts, stops, changes, and the first and last event of each finding. Also what happened
//! shortly before an onset, and which message shapes are new or far more frequent since.

use crate::derive::clocks::Clocks;
use crate::format::log::template::Templates;
use crate::model::finding::{Diagnosis, Evidence, Finding, Happening, Unexplained};
use crate::model::{Event, Lang, Moment, SourceInfo, Span};
use crate::rule::RuleBook;
use crate::rule::matcher::Tallies;
use crate::rule::text::fill;

/// How long before an onset a change is told; many faults of a new build wait for the first load.
const BEFORE_MS: i64 = 20 * 60_000;
/// Most changes told beside a finding.
const BEFORE_MAX: usize = 6;
/// Most entries of the timeline.
const TIMELINE_MAX: usize = 5_000;
/// Most templates told for an unexplained symptom.
const TEMPLATES_MAX: usize = 8;
/// A template is told when its rate since the onset is this many times the rate before.
const MORE_FREQUENT: f64 = 10.0;

/// Changes of the whole bundle, in order of time.
pub(super) fn changes(
    book: &RuleBook,
    tallies: &Tallies,
    sources: &[SourceInfo],
    clocks: &Clocks,
    lang: Lang,
) -> Vec<Happening> {
    let mut out = Vec::new();
    for (signal, watches) in book.signals.iter().zip(&book.by_signal) {
        let Some(text) = &signal.timeline else { continue };
        let text = match lang {
            Lang::En => &text.en,
            Lang::Zh => &text.zh,
        };
        let Some(watch) = watches.iter().find(|w| book.watches[**w].condition.is_none()) else {
            continue;
        };
        for ((_, source), tally) in tallies.iter().filter(|((w, _), _)| *w as usize == *watch) {
            for event in &tally.events {
                if let Some(at) = event.at.and_then(|at| clocks.utc(*source, at)) {
                    let field = |_: Option<&str>, f: &str| event.fields.get(f).map(|v| v.to_text());
                    out.push(Happening {
                        at,
                        what: fill(text, &field),
                        evidence: proof(event, sources, Some(at)),
                    });
                }
            }
        }
    }
    out.sort_by(|a, b| a.at.cmp(&b.at).then(a.evidence.span.cmp(&b.evidence.span)));
    out.truncate(TIMELINE_MAX);
    out
}

fn proof(event: &Event, sources: &[SourceInfo], at: Option<i64>) -> Evidence {
    line(event.span, event.text.to_string(), sources, at, 1)
}

fn line(span: Span, text: String, sources: &[SourceInfo], at: Option<i64>, count: u64) -> Evidence {
    let source = &sources[span.source.0 as usize];
    let (span, from_byte) = source.placed(span);
    Evidence {
        span,
        from_byte,
        file: source.path.clone(),
        host: source.host.clone(),
        text,
        mark: None,
        note: String::new(),
        at,
        count,
    }
}

/// Tells each finding what happened shortly before it began.
pub(super) fn before(findings: &mut [Finding], changes: &[Happening]) {
    for finding in findings {
        let Some(first) = finding.first else { continue };
        let near = changes.iter().filter(|c| c.at >= first - BEFORE_MS && c.at <= first);
        let fresh = near.filter(|c| !finding.evidence.iter().any(|e| e.span == c.evidence.span));
        let mut last: Vec<&Happening> = fresh.collect();
        let skip = last.len().saturating_sub(BEFORE_MAX);
        last.drain(..skip);
        finding.before = last
            .into_iter()
            .map(|c| Evidence {
                note: c.what.clone(),
                ..c.evidence.clone()
            })
            .collect();
    }
}

/// The timeline: changes and the edges of findings.
pub(super) fn timeline(diagnosis: &Diagnosis, changes: &[Happening], lang: Lang) -> Vec<Happening> {
    let mut out = changes.to_vec();
    for finding in &diagnosis.findings {
        let words = match lang {
            Lang::En => ("begins", "last seen"),
            Lang::Zh => ("开始", "最后一次"),
        };
        for (at, word) in [(finding.first, words.0), (finding.last, words.1)] {
            if let (Some(at), Some(evidence)) = (at, finding.evidence.first()) {
                let what = format!("{} {word}: {}", finding.cause, finding.title);
                out.push(Happening {
                    at,
                    what,
                    evidence: evidence.clone(),
                });
            }
        }
    }
    out.sort_by_key(|h| h.at);
    out
}

/// Message shapes that are new, or ten times as frequent, since the symptom began.
pub(super) fn templates(
    unexplained: &mut Unexplained,
    templates: &[(u32, Templates)],
    sources: &[SourceInfo],
    clocks: &Clocks,
) {
    let Some(onset) = unexplained.evidence.iter().filter_map(|e| e.at).min() else {
        return;
    };
    let onset_minute = onset.div_euclid(60_000);
    let mut found: Vec<(u64, Evidence)> = Vec::new();
    for (source, templates) in templates {
        for template in templates.iter() {
            let (mut before, mut after) = ((0u64, 0u64), (0u64, 0u64));
            for ((zone, minute), count) in &template.minutes {
                let moment = Moment {
                    ms: minute * 60_000,
                    zone: *zone,
                };
                let Some(at) = clocks.utc(*source, moment) else {
                    continue;
                };
                let side = if at.div_euclid(60_000) < onset_minute {
                    &mut before
                } else {
                    &mut after
                };
                *side = (side.0 + u64::from(*count), side.1 + 1);
            }
            let rate = |(count, minutes): (u64, u64)| count as f64 / minutes.max(1) as f64;
            if after.0 > 0 && (before.0 == 0 || rate(after) >= MORE_FREQUENT * rate(before)) {
                let span = Span::line(crate::model::SourceId(*source), template.line);
                found.push((after.0, line(span, template.text.to_string(), sources, None, after.0)));
            }
        }
    }
    found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.span.cmp(&b.1.span)));
    found.truncate(TEMPLATES_MAX);
    unexplained.templates = found.into_iter().map(|(_, e)| e).collect();
}

//! What became of the findings: gone, new, better, worse, by how often their events came.

use super::noise::rates_differ;
use super::side::{Line, Side};
use crate::model::Finding;
use crate::model::comparison::{FindingChange, Trend};
use std::collections::{BTreeMap, BTreeSet};

/// A finding on both sides and what pairs need to know of it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) finding: FindingChange,
    pub(super) hosts: BTreeSet<String>,
    /// Source and line of its proof before and after.
    pub(super) proof: (BTreeSet<Line>, BTreeSet<Line>),
}

/// One rule's findings of one side.
#[derive(Debug, Default)]
struct Sum<'a> {
    all: Vec<&'a Finding>,
    count: u64,
}

/// All findings of either side, news first, worst first.
pub(super) fn findings(before: &Side<'_>, after: &Side<'_>) -> Vec<Found> {
    let (old, new) = (sum(before), sum(after));
    let rules: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    let none = Sum::default();
    let mut found: Vec<Found> = rules
        .into_iter()
        .filter_map(|rule| {
            one(
                (before, old.get(rule).unwrap_or(&none)),
                (after, new.get(rule).unwrap_or(&none)),
            )
        })
        .collect();
    found.sort_by_key(|it| {
        let FindingChange {
            trend, severity, rule, ..
        } = &it.finding;
        (
            *trend == Trend::Same,
            std::cmp::Reverse(*severity),
            *trend,
            rule.clone(),
        )
    });
    found
}

fn sum<'a>(side: &Side<'a>) -> BTreeMap<&'a str, Sum<'a>> {
    let mut sum: BTreeMap<&str, Sum<'_>> = BTreeMap::new();
    for finding in &side.it.diagnosis.findings {
        let slot = sum.entry(&finding.rule).or_default();
        slot.all.push(finding);
        slot.count += finding.count;
    }
    sum
}

fn one(before: (&Side<'_>, &Sum<'_>), after: (&Side<'_>, &Sum<'_>)) -> Option<Found> {
    let ((old_side, old), (new_side, new)) = (before, after);
    let told = new.all.first().or(old.all.first())?;
    let severity = |sum: &Sum<'_>| sum.all.iter().map(|it| it.severity).max();
    let (old_hours, new_hours) = (hours(old_side), hours(new_side));
    let trend = match (severity(old), severity(new)) {
        (None, _) => Trend::New,
        (_, None) => Trend::Gone,
        (Some(a), Some(b)) if a != b => {
            if b > a {
                Trend::Worse
            } else {
                Trend::Better
            }
        }
        _ if !rates_differ(old.count, old_hours, new.count, new_hours) => Trend::Same,
        _ if new.count as f64 / new_hours > old.count as f64 / old_hours => Trend::Worse,
        _ => Trend::Better,
    };
    let lines = |sum: &Sum<'_>| {
        let evidence = sum.all.iter().flat_map(|it| &it.evidence);
        evidence
            .map(|it| (it.span.source.0, it.span.line))
            .collect::<BTreeSet<_>>()
    };
    let proof = (lines(old), lines(new));
    let comparable = match trend {
        Trend::New => has_kinds(old_side, new_side, &proof.1),
        Trend::Gone => has_kinds(new_side, old_side, &proof.0),
        _ => true,
    };
    let per_hour = (old.count as f64 / old_hours, new.count as f64 / new_hours);
    let mut hosts: BTreeSet<String> = proof
        .1
        .iter()
        .map(|(source, _)| new_side.host(*source).to_owned())
        .collect();
    hosts.extend(proof.0.iter().map(|(source, _)| old_side.host(*source).to_owned()));
    Some(Found {
        finding: FindingChange {
            rule: told.rule.clone(),
            cause: told.cause.clone(),
            severity: severity(old).max(severity(new))?,
            title: told.title.clone(),
            trend,
            per_hour,
            comparable,
        },
        hosts,
        proof,
    })
}

/// Whether the other side read every kind of file that the proof stands in.
fn has_kinds(other: &Side<'_>, side: &Side<'_>, proof: &BTreeSet<Line>) -> bool {
    let kinds: BTreeSet<_> = other
        .it
        .diagnosis
        .coverage
        .sources
        .iter()
        .map(|it| (it.format, it.log))
        .collect();
    let sources = proof.iter().filter_map(|(source, _)| side.source(*source));
    sources.into_iter().any(|it| kinds.contains(&(it.format, it.log)))
}

/// How long a side lasted; a moment counts as a minute.
fn hours(side: &Side<'_>) -> f64 {
    let range = side.it.diagnosis.coverage.range();
    range
        .map_or(0.0, |(first, last)| (last - first) as f64 / 3_600_000.0)
        .max(1.0 / 60.0)
}

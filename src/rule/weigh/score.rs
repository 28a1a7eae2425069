//! The score of one rule: prior, symptoms, evidence for and against, with what other findings have taken left out.

use super::view::{View, ViewEnv, Views};
use super::{Case, finding};
use crate::model::finding::{NotChecked, Weight};
use crate::rule::compile::{Evidence, Origin};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Decibans taken away when the bundle tells a version that the rule does not hold for.
const WRONG_VERSION: f64 = -25.0;

/// What findings have explained already.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// Symptoms.
    pub(super) symptoms: BTreeSet<usize>,
    /// Records: source, first line.
    pub(super) records: BTreeSet<(u32, u32)>,
}

impl Taken {
    /// Adds what this rule rests on.
    pub(super) fn take(&mut self, case: &Case<'_>, views: &Views<'_>, s: &Scored) {
        let rule = &case.book.rules[s.rule];
        for (symptom, _) in &rule.symptoms {
            if s.symptoms.contains(symptom) {
                self.symptoms.insert(*symptom);
                for watch in &case.book.symptoms[*symptom].watches {
                    let view = views.watch(*watch);
                    self.records
                        .extend(view.samples.iter().map(|p| (p.span.source.0, p.record)));
                }
            }
        }
        self.records.extend(s.records.iter().copied());
    }
}

/// A piece of evidence that counted.
#[derive(Debug)]
pub(super) struct Fired {
    /// Index in the rule.
    pub(super) index: usize,
    /// Decibans.
    pub(super) weight: f64,
    /// Its events; empty for absence.
    pub(super) view: Rc<View>,
}

/// A rule with its score.
#[derive(Debug)]
pub(super) struct Scored {
    /// Index in the book.
    pub(super) rule: usize,
    /// Decibans.
    pub(super) total: f64,
    /// Whether any evidence speaks for it.
    pub(super) positive: bool,
    /// The sum.
    pub(super) weights: Vec<Weight>,
    /// Evidence that counted, strongest first.
    pub(super) fired: Vec<Fired>,
    /// Its symptoms that are present.
    pub(super) symptoms: BTreeSet<usize>,
    /// Records its evidence stands in.
    pub(super) records: BTreeSet<(u32, u32)>,
    /// Earliest and latest event.
    pub(super) first: Option<i64>,
    pub(super) last: Option<i64>,
    /// Sources that would settle it and are not there.
    pub(super) missing: Vec<NotChecked>,
}

/// Scores a rule.
pub(super) fn score(case: &Case<'_>, views: &Views<'_>, index: usize, taken: &Taken) -> Scored {
    let rule = &case.book.rules[index];
    let mut s = Scored {
        rule: index,
        total: rule.prior,
        positive: false,
        weights: vec![Weight {
            what: "prior".into(),
            decibans: rule.prior,
            counted: true,
        }],
        fired: Vec::new(),
        symptoms: BTreeSet::new(),
        records: BTreeSet::new(),
        first: None,
        last: None,
        missing: Vec::new(),
    };
    let mut best_symptom: Option<(f64, &str)> = None;
    for (symptom, prior) in &rule.symptoms {
        let present = case.book.symptoms[*symptom]
            .watches
            .iter()
            .any(|w| views.watch(*w).count > 0);
        if !present {
            continue;
        }
        s.symptoms.insert(*symptom);
        if !taken.symptoms.contains(symptom) && best_symptom.is_none_or(|(best, _)| *prior > best) {
            best_symptom = Some((*prior, &case.book.symptoms[*symptom].id));
        }
    }
    if let Some((prior, id)) = best_symptom {
        s.total += prior;
        s.weights.push(Weight {
            what: format!("symptom {id}"),
            decibans: prior,
            counted: true,
        });
    }
    if !rule.versions.is_any() && !case.versions.is_empty() && !case.versions.iter().any(|v| rule.versions.contains(*v))
    {
        s.total += WRONG_VERSION;
        s.weights.push(Weight {
            what: "version".into(),
            decibans: WRONG_VERSION,
            counted: true,
        });
    }
    let mut groups: BTreeMap<(&str, bool), (f64, usize)> = BTreeMap::new();
    let mut candidates = Vec::new();
    for (number, e) in rule.evidence.iter().enumerate() {
        let Some((weight, view)) = evidence(case, views, e, taken, &s.symptoms, &mut s.missing, &rule.cause) else {
            continue;
        };
        let slot = groups
            .entry((e.group.as_str(), weight > 0.0))
            .or_insert((weight, candidates.len()));
        if weight.abs() > slot.0.abs() {
            *slot = (weight, candidates.len());
        }
        candidates.push((number, weight, view));
    }
    let chosen: BTreeSet<usize> = groups.values().map(|(_, at)| *at).collect();
    for (at, (number, weight, view)) in candidates.into_iter().enumerate() {
        let counted = chosen.contains(&at);
        s.weights.push(Weight {
            what: rule.evidence[number].id.clone(),
            decibans: weight,
            counted,
        });
        if counted {
            s.total += weight;
        }
        // That a source was read proves nothing by itself.
        let is_source = case.book.watches[rule.evidence[number].watch].origin == Origin::Kind("source".into());
        if weight > 0.0 && view.count > 0 && !is_source {
            s.positive = true;
            s.records
                .extend(view.samples.iter().map(|p| (p.span.source.0, p.record)));
            s.first = min_some(s.first, view.first);
            s.last = s.last.max(view.last);
        }
        s.fired.push(Fired {
            index: number,
            weight,
            view,
        });
    }
    s.fired.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    s
}

fn min_some(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn evidence(
    case: &Case<'_>,
    views: &Views<'_>,
    e: &Evidence,
    taken: &Taken,
    symptoms: &BTreeSet<usize>,
    missing: &mut Vec<NotChecked>,
    cause: &str,
) -> Option<(f64, Rc<View>)> {
    let view = views.evidence(e);
    let covered = e
        .needs
        .as_deref()
        .is_none_or(|needs| covers(case, views, e, needs, symptoms));
    if !covered
        && view.count == 0
        && let Some(check) = &e.check
    {
        missing.push(NotChecked {
            cause: cause.to_string(),
            command: finding::pick_lang(case.lang, check),
        });
    }
    if e.absent {
        // "None near the time-outs" says nothing where there are no time-outs.
        let near_nothing = e
            .near
            .as_ref()
            .is_some_and(|n| n.targets.iter().all(|t| views.watch(*t).count == 0));
        if view.count > 0 || !covered || e.needs.is_none() || near_nothing {
            return None;
        }
        return e.steps.first().map(|(_, weight)| (*weight, view));
    }
    if view.count == 0 {
        return None;
    }
    let total = views.watch(e.base).count;
    let env = ViewEnv { view: &view, total };
    let (_, weight) = e.steps.iter().find(|(condition, _)| condition.holds(&env))?;
    if *weight > 0.0 && all_taken(&view, taken) {
        return None;
    }
    Some((*weight, view))
}

/// Whether other findings rest on all lines at hand.
pub(super) fn all_taken(view: &View, taken: &Taken) -> bool {
    !view.samples.is_empty()
        && view
            .samples
            .iter()
            .all(|p| taken.records.contains(&(p.span.source.0, p.record)))
}

/// Whether a source of that format or log was read, from a host that counts, over the time of the symptoms.
fn covers(case: &Case<'_>, views: &Views<'_>, e: &Evidence, needs: &str, symptoms: &BTreeSet<usize>) -> bool {
    let mut window: Option<(i64, i64)> = None;
    for symptom in symptoms {
        for watch in &case.book.symptoms[*symptom].watches {
            let view = views.watch(*watch);
            if let (Some(first), Some(last)) = (view.first, view.last) {
                window = Some(window.map_or((first, last), |(f, l)| (f.min(first), l.max(last))));
            }
        }
    }
    let in_time = |source: u32| match (window, case.spans.get(&source)) {
        (Some((first, last)), Some((from, to))) => *from <= last + 60_000 && *to >= first - 60_000,
        _ => true,
    };
    if needs.contains('.') {
        let origin = Origin::Kind(needs.to_string());
        let watch = case
            .book
            .watches
            .iter()
            .position(|w| w.origin == origin && w.condition.is_none());
        return watch.is_some_and(|w| views.watch(w).sources.iter().any(|source| in_time(*source)));
    }
    case.sources.iter().enumerate().any(|(index, source)| {
        let kind = source.format == needs || source.log.is_some_and(|l| crate::rule::compile::log_name(l) == needs);
        let role_fits = e.roles.is_empty()
            || source.role.is_none_or(|r| e.roles.contains(&r))
            || case
                .roles
                .get(&source.host)
                .is_some_and(|known| known.iter().any(|r| e.roles.contains(r)));
        kind && role_fits && in_time(index as u32)
    })
}

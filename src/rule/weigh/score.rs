//! The score of one rule: prior, symptoms, evidence for and against, with what other findings have taken left out.

use super::view::{View, ViewEnv, Views};
use super::{Case, finding};
use crate::model::finding::{NotChecked, Weight};
use crate::rule::compile::{Evidence, Origin, Rule};
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
    /// Earliest event.
    pub(super) first: Option<i64>,
    /// Latest event.
    pub(super) last: Option<i64>,
    /// Sources that would settle it and are not there.
    pub(super) missing: Vec<NotChecked>,
}

/// Scores a rule.
pub(super) fn score(case: &Case<'_>, views: &Views<'_>, index: usize, taken: &Taken) -> Scored {
    let rule = &case.book.rules[index];
    let mut s = Scored {
        rule: index,
        total: 0.0,
        positive: false,
        weights: Vec::new(),
        fired: Vec::new(),
        symptoms: BTreeSet::new(),
        records: BTreeSet::new(),
        first: None,
        last: None,
        missing: Vec::new(),
    };
    s.add("prior".into(), rule.prior, true);
    s.claim_symptoms(case, views, rule, taken);
    let known = case.versions;
    if !rule.versions.is_any() && !known.is_empty() && !known.iter().any(|v| rule.versions.contains(*v)) {
        s.add("version".into(), WRONG_VERSION, true);
    }
    s.weigh_evidence(case, views, rule, taken);
    s
}

impl Scored {
    /// Writes a weight down, and adds it unless a stronger one of its group counts.
    fn add(&mut self, what: String, decibans: f64, counted: bool) {
        self.total += if counted { decibans } else { 0.0 };
        self.weights.push(Weight {
            what,
            decibans,
            counted,
        });
    }

    /// Symptoms that are present. The one for which the cause is commonest counts, unless a finding has taken it.
    fn claim_symptoms(&mut self, case: &Case<'_>, views: &Views<'_>, rule: &Rule, taken: &Taken) {
        let mut best: Option<(f64, &str)> = None;
        for (index, prior) in &rule.symptoms {
            let symptom = &case.book.symptoms[*index];
            if symptom.watches.iter().all(|w| views.watch(*w).count == 0) {
                continue;
            }
            self.symptoms.insert(*index);
            if !taken.symptoms.contains(index) && best.is_none_or(|(most, _)| *prior > most) {
                best = Some((*prior, &symptom.id));
            }
        }
        if let Some((prior, id)) = best {
            self.add(format!("symptom {id}"), prior, true);
        }
    }

    /// Evidence for and against; of each group the strongest member on either side counts.
    fn weigh_evidence(&mut self, case: &Case<'_>, views: &Views<'_>, rule: &Rule, taken: &Taken) {
        let mut groups: BTreeMap<(&str, bool), (f64, usize)> = BTreeMap::new();
        let mut candidates = Vec::new();
        for (number, e) in rule.evidence.iter().enumerate() {
            let found = evidence(case, views, e, taken, &self.symptoms, &mut self.missing, &rule.cause);
            let Some((weight, view)) = found else { continue };
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
            let piece = &rule.evidence[number];
            self.add(piece.id.clone(), weight, chosen.contains(&at));
            // That a source was read proves nothing by itself.
            let is_source = case.book.watches[piece.watch].origin == Origin::Kind("source".into());
            if weight > 0.0 && view.count > 0 && !is_source {
                self.rest_on(&view);
            }
            self.fired.push(Fired {
                index: number,
                weight,
                view,
            });
        }
        self.fired.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    }

    /// These events speak for it.
    fn rest_on(&mut self, view: &View) {
        self.positive = true;
        self.records
            .extend(view.samples.iter().map(|p| (p.span.source.0, p.record)));
        self.first = min_some(self.first, view.first);
        self.last = self.last.max(view.last);
    }
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

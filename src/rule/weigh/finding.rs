//! From a scored rule to the finding that a report prints.

use super::score::{Fired, Scored};
use super::view::{Proof, View, Views};
use super::{Case, PROVED, power, rivals};
use crate::model::finding::{Advice, Alternative, Episode, Evidence, NotChecked, RuledOut, Scope};
use crate::model::{Finding, Lang, Severity, Value, Verdict};
use crate::rule::compile::{Both, Rule};
use crate::rule::expr::{Env, Val};
use crate::rule::file::TextsFile;
use crate::rule::text::fill;
use std::collections::{BTreeMap, BTreeSet};

/// Most proving lines of one finding.
const EVIDENCE_MAX: usize = 8;
/// Minutes without events that end an episode.
const EPISODE_GAP_MIN: i64 = 5;
/// Most entries of "not checked" beside a proved finding.
const NOT_CHECKED_PROVED: usize = 5;
/// A consequence with a lower score is not named.
const TOLD: f64 = -10.0;
/// A rival with a lower score is not named: 5 % against "unknown" alone.
const ALTERNATIVE_LEAST: f64 = -12.8;
/// Most entries of "ruled out" and of "not checked".
const ASIDE_MAX: usize = 10;

/// The text of a language.
pub(super) fn pick_lang(lang: Lang, both: &Both) -> String {
    match lang {
        Lang::En => both.en.clone(),
        Lang::Zh => both.zh.clone(),
    }
}

fn texts(rule: &Rule, lang: Lang) -> &TextsFile {
    match lang {
        Lang::En => &rule.en,
        Lang::Zh => &rule.zh,
    }
}

/// A proving line.
pub(super) fn proof(case: &Case<'_>, p: &Proof, count: u64, note: String) -> Evidence {
    let source = &case.sources[p.span.source.0 as usize];
    let (span, from_byte) = source.placed(p.span);
    Evidence {
        span,
        from_byte,
        file: source.path.clone(),
        host: source.host.clone(),
        text: p.sample.text.to_string(),
        mark: mark(case, p),
        note,
        at: p.at,
        count,
    }
}

/// The part of the line to underline: the longest literal of any rule in it.
fn mark(case: &Case<'_>, p: &Proof) -> Option<(usize, usize)> {
    let text = p.sample.text.as_ref();
    case.book
        .literals
        .any()
        .find_overlapping_iter(text.as_bytes())
        .max_by_key(|m| m.end() - m.start())
        .map(|m| (m.start(), m.end()))
        .filter(|(a, b)| text.is_char_boundary(*a) && text.is_char_boundary(*b))
}

fn show(value: &Value) -> String {
    match value {
        Value::Str(s) => s.to_string(),
        Value::Num(n) if n.fract() == 0.0 && n.abs() < 1e15 => format!("{n:.0}"),
        Value::Num(n) => format!("{n:.1}"),
    }
}

/// Looks a placeholder up: in the named evidence, else in all that fired, strongest first.
fn lookup(rule: &Rule, s: &Scored, evidence: Option<&str>, field: &str) -> Option<String> {
    s.fired
        .iter()
        .filter(|f| f.weight > 0.0 && evidence.is_none_or(|id| rule.evidence[f.index].id == id))
        .find_map(|f| from_view(&f.view, field))
}

fn from_view(view: &View, field: &str) -> Option<String> {
    match field {
        "count" => return Some(view.count.to_string()),
        "minutes" => return Some(view.minutes.len().to_string()),
        _ => {}
    }
    let found = view.samples.iter().find_map(|p| p.sample.fields.get(field)).map(show);
    found.or_else(|| match field {
        "host" => view.hosts.iter().find(|h| !h.is_empty()).cloned(),
        _ => None,
    })
}

/// Makes the finding of a winner.
pub(super) fn make(
    case: &Case<'_>,
    views: &Views<'_>,
    s: &Scored,
    sure: f64,
    with_it: &[&Scored],
    all: &[Scored],
) -> Finding {
    let rule = &case.book.rules[s.rule];
    let t = texts(rule, case.lang);
    let look = |e: Option<&str>, f: &str| lookup(rule, s, e, f);
    let minutes = minutes(s);
    let bundle_end = case.spans.values().map(|(_, last)| *last).max();
    // What hardly anything speaks for, or a setting alone, is taken with the root but not worth telling.
    let happened = |c: &Scored| !c.symptoms.is_empty() || c.first.is_some() || s.first.is_none();
    let told = with_it.iter().filter(|c| c.total > TOLD && happened(c));
    let told: Vec<&Scored> = told.copied().collect();
    let explained: BTreeSet<&str> = told.iter().map(|c| case.book.rules[c.rule].cause.as_str()).collect();
    let ruled_out = ruled_out(case, s, with_it, all);
    Finding {
        rule: rule.id.clone(),
        cause: rule.cause.clone(),
        verdict: if sure > PROVED {
            Verdict::Proved
        } else {
            Verdict::Likely
        },
        severity: severity(case, views, rule, s),
        confidence: sure,
        title: fill(&t.title, &look),
        why: fill(&t.why, &look),
        overturn: fill(&t.overturn, &look),
        first: s.first,
        last: s.last,
        worst: minutes.iter().max_by_key(|(m, c)| (**c, -**m)).map(|(m, _)| m * 60_000),
        zone_assumed: case.zone_assumed,
        ongoing: matches!((s.last, bundle_end), (Some(last), Some(end)) if end - last <= 120_000),
        data: rule.data,
        episodes: episodes(&minutes),
        count: s
            .fired
            .iter()
            .filter(|f| f.weight > 0.0)
            .map(|f| f.view.count)
            .max()
            .unwrap_or(0),
        scope: scope(s),
        evidence: evidence(case, rule, s, &told),
        symptoms: s
            .symptoms
            .iter()
            .map(|i| pick_lang(case.lang, &case.book.symptoms[*i].title))
            .collect(),
        explains: explained.into_iter().map(str::to_string).collect(),
        alternatives: alternatives(case, s, all),
        not_checked: not_checked(case, s, sure, with_it, all, &ruled_out),
        ruled_out,
        before: Vec::new(),
        advice: t
            .advice
            .iter()
            .map(|a| Advice {
                action: fill(&a.action, &look),
                place: fill(&a.place, &look),
                restart: a.restart.clone(),
                price: fill(&a.price, &look),
                undo: fill(&a.undo, &look),
                verify: fill(&a.verify, &look),
            })
            .collect(),
        weights: s.weights.clone(),
        references: rule.references.clone(),
    }
}

struct RaiseEnv<'a> {
    case: &'a Case<'a>,
    views: &'a Views<'a>,
    rule: &'a Rule,
    s: &'a Scored,
}

impl Env for RaiseEnv<'_> {
    fn name(&self, name: &str) -> Option<Val<'_>> {
        let (of, what) = name.rsplit_once('.')?;
        if what != "count" {
            return None;
        }
        let count = if let Some(symptom) = self.case.book.symptoms.iter().find(|x| x.id == of) {
            symptom.watches.iter().map(|w| self.views.watch(*w).count).sum()
        } else {
            let fired = self.s.fired.iter().filter(|f| self.rule.evidence[f.index].id == of);
            fired.map(|f| f.view.count).max().unwrap_or(0)
        };
        Some(Val::Num(count as f64))
    }
    fn aggregate(&self, function: &str, field: &str) -> Option<f64> {
        self.s
            .fired
            .iter()
            .find_map(|f| f.view.tally.stats.get(field)?.get(function))
    }
    fn port_kind(&self, _: u32) -> &'static str {
        "other"
    }
}

pub(super) fn severity(case: &Case<'_>, views: &Views<'_>, rule: &Rule, s: &Scored) -> Severity {
    let env = RaiseEnv { case, views, rule, s };
    rule.raise
        .iter()
        .find(|(condition, _)| condition.holds(&env))
        .map_or(rule.severity, |(_, severity)| *severity)
}

fn minutes(s: &Scored) -> BTreeMap<i64, u64> {
    let mut minutes: BTreeMap<i64, u64> = BTreeMap::new();
    for fired in s.fired.iter().filter(|f| f.weight > 0.0) {
        for (minute, count) in &fired.view.minutes {
            let slot = minutes.entry(*minute).or_default();
            *slot = (*slot).max(*count);
        }
    }
    minutes
}

fn episodes(minutes: &BTreeMap<i64, u64>) -> Vec<Episode> {
    let mut out: Vec<Episode> = Vec::new();
    let mut worst = 0;
    for (minute, count) in minutes {
        let at = minute * 60_000;
        match out.last_mut() {
            Some(episode) if at - episode.last <= EPISODE_GAP_MIN * 60_000 => {
                episode.last = at;
                episode.count += count;
                if *count > worst {
                    (episode.worst, worst) = (at, *count);
                }
            }
            _ => {
                out.push(Episode {
                    first: at,
                    last: at,
                    worst: at,
                    count: *count,
                });
                worst = *count;
            }
        }
    }
    out
}

fn scope(s: &Scored) -> Scope {
    let mut scope = Scope::default();
    for fired in s.fired.iter().filter(|f| f.weight > 0.0) {
        for host in fired.view.hosts.iter().filter(|h| !h.is_empty()) {
            if !scope.hosts.contains(host) {
                scope.hosts.push(host.clone());
            }
        }
        for (field, values) in &fired.view.tally.names {
            let names = scope.names.entry((*field).to_string()).or_default();
            for value in values {
                if names.len() < 20 && !names.iter().any(|n| **n == **value) {
                    names.push(value.to_string());
                }
            }
        }
    }
    scope
}

fn evidence(case: &Case<'_>, rule: &Rule, s: &Scored, with_it: &[&Scored]) -> Vec<Evidence> {
    let mut out: Vec<Evidence> = Vec::new();
    let mut push = |case: &Case<'_>, p: &Proof, count: u64, note: String| {
        let place = case.sources[p.span.source.0 as usize].placed(p.span);
        if out.len() < EVIDENCE_MAX && !out.iter().any(|e| (e.span, e.from_byte) == place) {
            out.push(proof(case, p, count, note));
        }
    };
    for fired in s.fired.iter().filter(|f| f.weight > 0.0) {
        let note = rule.evidence[fired.index]
            .note
            .as_ref()
            .map(|n| pick_lang(case.lang, n))
            .unwrap_or_default();
        for (at, p) in fired.view.samples.iter().take(2).enumerate() {
            let fields =
                |_: Option<&str>, f: &str| p.sample.fields.get(f).map(show).or_else(|| from_view(&fired.view, f));
            push(
                case,
                p,
                if at == 0 { fired.view.count } else { 1 },
                fill(&note, &fields),
            );
        }
    }
    for consequence in with_it {
        for fired in consequence.fired.iter().filter(|f| f.weight > 0.0).take(1) {
            for p in fired.view.samples.iter().take(1) {
                push(case, p, fired.view.count, String::new());
            }
        }
    }
    out
}

fn alternatives(case: &Case<'_>, s: &Scored, all: &[Scored]) -> Vec<Alternative> {
    let mut list: Vec<(&Scored, f64)> = all
        .iter()
        .filter(|r| r.positive && rivals(case, s, r))
        .filter(|r| r.total > ALTERNATIVE_LEAST)
        .map(|r| (r, share(r, s)))
        .collect();
    list.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut seen = BTreeSet::new();
    list.retain(|(r, _)| seen.insert(case.book.rules[r.rule].cause.as_str()));
    list.truncate(ASIDE_MAX);
    list.into_iter()
        .map(|(r, c)| Alternative {
            cause: case.book.rules[r.rule].cause.clone(),
            confidence: c,
            separated_by: r.missing.first().map(|m| m.command.clone()).unwrap_or_default(),
        })
        .collect()
}

/// What is left for a rival beside the winner.
fn share(rival: &Scored, winner: &Scored) -> f64 {
    let (rival, winner) = (power(rival.total), power(winner.total));
    (rival / (rival + winner + 1.0)).max(0.01)
}

/// Rules of the same contests, other than the winner's cause and its consequences; the commonest for them first.
fn contestants<'s>(case: &Case<'_>, s: &Scored, with_it: &[&Scored], all: &'s [Scored]) -> Vec<&'s Scored> {
    let cause = &case.book.rules[s.rule].cause;
    let prior = |r: &Scored| {
        let shared = case.book.rules[r.rule]
            .symptoms
            .iter()
            .filter(|(x, _)| s.symptoms.contains(x));
        shared.map(|(_, prior)| *prior).fold(f64::MIN, f64::max)
    };
    let mut list: Vec<&Scored> = all
        .iter()
        .filter(|r| {
            let other = &case.book.rules[r.rule].cause;
            other != cause
                && r.symptoms.iter().any(|x| s.symptoms.contains(x))
                && !with_it.iter().any(|c| case.book.rules[c.rule].cause == *other)
        })
        .collect();
    list.sort_by(|a, b| prior(b).total_cmp(&prior(a)));
    list
}

fn ruled_out(case: &Case<'_>, s: &Scored, with_it: &[&Scored], all: &[Scored]) -> Vec<RuledOut> {
    let mut out: Vec<RuledOut> = Vec::new();
    let mut refuted: Vec<(&Scored, &Fired)> = contestants(case, s, with_it, all)
        .into_iter()
        .filter_map(|r| Some((r, refutation(r)?)))
        .collect();
    // The clearest first.
    refuted.sort_by(|(_, a), (_, b)| a.weight.total_cmp(&b.weight));
    for (r, against) in refuted {
        let rule = &case.book.rules[r.rule];
        if r.positive && r.total > -10.0 || out.iter().any(|o| o.cause == rule.cause) || out.len() >= ASIDE_MAX {
            continue;
        }
        // Another rule of the same cause that still stands keeps the cause from being ruled out.
        if all
            .iter()
            .any(|x| x.total > -5.0 && x.positive && case.book.rules[x.rule].cause == rule.cause)
        {
            continue;
        }
        let note = rule.evidence[against.index]
            .note
            .as_ref()
            .map(|n| pick_lang(case.lang, n))
            .unwrap_or_default();
        let fields = |_: Option<&str>, f: &str| from_view(&against.view, f);
        out.push(RuledOut {
            cause: rule.cause.clone(),
            why: fill(&note, &fields),
            evidence: against
                .view
                .samples
                .iter()
                .take(1)
                .map(|p| proof(case, p, against.view.count, String::new()))
                .collect(),
        });
    }
    out
}

/// The strongest thing that speaks against a rule, if it is strong.
fn refutation(s: &Scored) -> Option<&Fired> {
    s.fired
        .iter()
        .filter(|f| f.weight <= -10.0)
        .min_by(|a, b| a.weight.total_cmp(&b.weight))
}

fn not_checked(
    case: &Case<'_>,
    s: &Scored,
    sure: f64,
    with_it: &[&Scored],
    all: &[Scored],
    ruled_out: &[RuledOut],
) -> Vec<NotChecked> {
    // What is proved needs no more proof, and few rivals are worth a look.
    let proved = sure > PROVED;
    let max = if proved { NOT_CHECKED_PROVED } else { ASIDE_MAX };
    let mut rivals: Vec<&Scored> = contestants(case, s, with_it, all);
    rivals.sort_by(|a, b| settles(case, a).total_cmp(&settles(case, b)));
    let own = Some(s).filter(|_| !proved);
    let mut out: Vec<NotChecked> = Vec::new();
    for missing in own.into_iter().chain(rivals).flat_map(|r| &r.missing) {
        let ruled_out = ruled_out.iter().any(|o| o.cause == missing.cause);
        let known = out
            .iter()
            .any(|o| o.command == missing.command || o.cause == missing.cause);
        if out.len() < max && !ruled_out && !known {
            out.push(missing.clone());
        }
    }
    out
}

/// The most that looking at what is missing could take away from a rule.
fn settles(case: &Case<'_>, s: &Scored) -> f64 {
    let evidence = &case.book.rules[s.rule].evidence;
    let absent = evidence.iter().filter(|e| e.absent && e.check.is_some());
    absent.filter_map(|e| Some(e.steps.first()?.1)).fold(0.0, f64::min)
}

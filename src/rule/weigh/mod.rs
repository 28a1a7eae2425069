//! The weighing: tallies → verdicts. Runs once, after all input is read, so that a config read last still bears on the
//! first log line.
//!
//! Every rule has a score in decibans: its prior, what its symptoms add, and its evidence (each group its strongest
//! member). The best root is taken as a finding; it takes its symptoms, the causes it explains and the very records that
//! prove it; everything else is scored again without them; and so on until nothing is left that is likelier than not.
//! Confidence is the share of `10^(score/10)` among the rivals of the contests a rule stands in, plus 1 for "unknown".

mod finding;
mod score;
mod view;

use super::compile::RuleBook;
use super::matcher::Tallies;
use crate::model::finding::{Alternative, Evidence, NotChecked, Unexplained};
use crate::model::{Finding, Lang, Moment, Role, Severity, SourceInfo, Version};
use score::{Scored, Taken};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use view::Views;

/// Likelier than this, a cause is a finding; up to it, an alternative.
pub const LIKELY: f64 = 0.60;
/// Over this, the verdict is "proved".
const PROVED: f64 = 0.90;
/// A consequence that began earlier has at least this part of its events after that.
const SINCE_ROOT: f64 = 0.5;
/// The cause of lines that need no action.
const HARMLESS: &str = "harmless-notice";
/// Symptoms of one fault may begin this long before its own lines do (clients notice first, logs are sampled).
const BEFORE_ROOT_MS: i64 = 10 * 60_000;

/// Most findings of one run.
const FINDINGS_MAX: usize = 40;
/// Most candidates told for a symptom without a cause, and most things to collect for it.
const CANDIDATES_MAX: usize = 5;
const COLLECT_MAX: usize = 6;
/// A candidate with a lower score is not told.
const CANDIDATE_LEAST: f64 = -25.0;

/// Everything that the weighing looks at.
pub struct Case<'a> {
    /// The rules.
    pub book: &'a RuleBook,
    /// What the scan counted, by watch and source.
    pub tallies: &'a Tallies,
    /// All sources.
    pub sources: &'a [SourceInfo],
    /// Settled time of a moment of a source, milliseconds UTC.
    pub clock: &'a dyn Fn(u32, Moment) -> Option<i64>,
    /// First and last settled time of each source.
    pub spans: &'a BTreeMap<u32, (i64, i64)>,
    /// Roles of each host.
    pub roles: &'a HashMap<String, BTreeSet<Role>>,
    /// Versions of RocketMQ that the bundle tells.
    pub versions: &'a [Version],
    /// Language of texts.
    pub lang: Lang,
    /// Whether a source's zone was assumed.
    pub zone_assumed: bool,
}

impl std::fmt::Debug for Case<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Case")
            .field("sources", &self.sources.len())
            .finish_non_exhaustive()
    }
}

/// What the weighing gives.
#[derive(Debug, Default)]
pub struct Verdicts {
    /// Ranked, worst first.
    pub findings: Vec<Finding>,
    /// Symptoms without a cause.
    pub unexplained: Vec<Unexplained>,
    /// Ids of rules that any evidence speaks for.
    pub considered: Vec<String>,
}

/// Weighs everything.
pub fn weigh(case: &Case<'_>) -> Verdicts {
    let views = Views::new(case);
    let mut taken = Taken::default();
    let mut open: Vec<usize> = (0..case.book.rules.len()).collect();
    let mut findings: Vec<(Severity, f64, Finding)> = Vec::new();
    let mut last_scores: Vec<Scored> = Vec::new();
    let mut considered = None;
    loop {
        let scored: Vec<Scored> = open.iter().map(|&r| score::score(case, &views, r, &taken)).collect();
        considered.get_or_insert_with(|| {
            let spoken_for = scored.iter().filter(|s| s.positive);
            spoken_for
                .map(|s| case.book.rules[s.rule].id.clone())
                .collect::<Vec<_>>()
        });
        let likely: Vec<(&Scored, f64)> = scored
            .iter()
            .map(|s| (s, confidence(case, s, &scored)))
            .filter(|(_, c)| *c > LIKELY)
            .collect();
        let Some((winner, sure)) = pick(case, &views, &likely) else {
            last_scores = scored;
            break;
        };
        let rule = &case.book.rules[winner.rule];
        let with_it = if finding::severity(case, &views, rule, winner) == Severity::Notice {
            Vec::new()
        } else {
            consequences(case, winner, &scored)
        };
        let made = finding::make(case, &views, winner, sure, &with_it, &scored);
        taken.take(case, &views, winner);
        for consequence in &with_it {
            taken.take(case, &views, consequence);
        }
        let gone: BTreeSet<usize> = with_it.iter().map(|s| s.rule).chain([winner.rule]).collect();
        // A cause is named once; notices are told each for itself.
        let same = |r: usize| case.book.rules[r].cause == rule.cause && rule.cause != HARMLESS;
        open.retain(|r| !gone.contains(r) && !same(*r));
        findings.push((made.severity, winner.total, made));
        if findings.len() >= FINDINGS_MAX {
            break;
        }
    }
    findings.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)));
    let unexplained = unexplained(case, &views, &taken, &last_scores);
    Verdicts {
        findings: findings.into_iter().map(|(_, _, f)| f).collect(),
        unexplained,
        considered: considered.unwrap_or_default(),
    }
}

/// The likely rule that no other likely rule explains; the surest of them.
fn pick<'s>(case: &Case<'_>, views: &Views<'_>, likely: &[(&'s Scored, f64)]) -> Option<(&'s Scored, f64)> {
    let explained = |s: &Scored| {
        likely
            .iter()
            .any(|(other, _)| explains(case, other.rule, s.rule) && in_time(other, s) && other.total > 0.0)
    };
    let roots: Vec<_> = likely.iter().filter(|(s, _)| !explained(s)).collect();
    let pool = if roots.is_empty() {
        likely.iter().collect()
    } else {
        roots
    };
    pool.into_iter()
        .max_by(|(a, _), (b, _)| rank(case, views, a).total_cmp(&rank(case, views, b)))
        .map(|(s, c)| (*s, *c))
}

/// Score with the harm as a tie-breaker.
fn rank(case: &Case<'_>, views: &Views<'_>, s: &Scored) -> f64 {
    let rule = &case.book.rules[s.rule];
    // A notice comes last: what hurts must not lose its lines to it.
    let harm = match finding::severity(case, views, rule, s) {
        Severity::Critical => 6.0,
        Severity::Warning => 3.0,
        Severity::Notice => -200.0,
    };
    s.total + harm
}

fn explains(case: &Case<'_>, root: usize, other: usize) -> bool {
    let (root, other) = (&case.book.rules[root], &case.book.rules[other]);
    root.cause != other.cause
        && case
            .book
            .explains
            .get(&root.cause)
            .is_some_and(|e| e.contains(&other.cause))
}

/// A consequence must not begin long before its root, nor only after the root was long over. A few early lines, such as a
/// periodic figure that counts as evidence as a whole, do not make it older.
fn in_time(root: &Scored, other: &Scored) -> bool {
    let (Some(root_first), Some(first), Some(last)) = (root.first, other.first, other.last) else {
        return true;
    };
    let from = root_first - BEFORE_ROOT_MS;
    first >= from || last >= from && (last - first < BEFORE_ROOT_MS * 6 || share_since(other, from) >= SINCE_ROOT)
}

/// Which part of a rule's events lies after a time.
fn share_since(s: &Scored, from: i64) -> f64 {
    let minutes = s.fired.iter().filter(|f| f.weight > 0.0).flat_map(|f| &f.view.minutes);
    let (since, all) = minutes.fold((0, 0), |(since, all), (minute, count)| {
        let inside = if minute * 60_000 >= from { *count } else { 0 };
        (since + inside, all + count)
    });
    since as f64 / all.max(1) as f64
}

fn consequences<'s>(case: &Case<'_>, winner: &Scored, scored: &'s [Scored]) -> Vec<&'s Scored> {
    scored
        .iter()
        .filter(|s| s.rule != winner.rule && s.positive && explains(case, winner.rule, s.rule) && in_time(winner, s))
        .collect()
}

/// Share among rivals and "unknown".
fn confidence(case: &Case<'_>, s: &Scored, all: &[Scored]) -> f64 {
    if !s.positive {
        return 0.0;
    }
    let rule = &case.book.rules[s.rule];
    let unknown = rule
        .symptoms
        .iter()
        .filter(|(symptom, _)| s.symptoms.contains(symptom))
        .map(|(symptom, _)| case.book.symptoms[*symptom].unknown)
        .fold(0.0, f64::max);
    let mut best: BTreeMap<&str, f64> = BTreeMap::new();
    for rival in all
        .iter()
        .filter(|r| r.rule != s.rule && r.positive && rivals(case, s, r))
    {
        let entry = best
            .entry(case.book.rules[rival.rule].cause.as_str())
            .or_insert(f64::MIN);
        *entry = entry.max(rival.total);
    }
    let others: f64 = best.values().map(|r| power(*r)).sum();
    (power(s.total) / (power(s.total) + power(unknown) + others)).min(0.98)
}

/// Two causes compete when both claim a symptom that is present, rest on the same records, and neither explains the other.
/// What is harmless is no rival: it is asked last.
fn rivals(case: &Case<'_>, a: &Scored, b: &Scored) -> bool {
    let harmless = |s: &Scored| case.book.rules[s.rule].cause == HARMLESS;
    !harmless(a)
        && !harmless(b)
        && case.book.rules[a.rule].cause != case.book.rules[b.rule].cause
        && a.symptoms.iter().any(|s| b.symptoms.contains(s))
        && !explains(case, a.rule, b.rule)
        && !explains(case, b.rule, a.rule)
        && a.records.iter().any(|r| b.records.contains(r))
}

fn unexplained(case: &Case<'_>, views: &Views<'_>, taken: &Taken, scored: &[Scored]) -> Vec<Unexplained> {
    let symptoms = case.book.symptoms.iter().enumerate();
    symptoms
        .filter(|(index, _)| !taken.symptoms.contains(index))
        .filter_map(|(index, symptom)| {
            let (count, evidence) = not_taken(case, views, taken, &symptom.watches);
            if count == 0 {
                return None;
            }
            let candidates = candidates(case, index, scored);
            let mut collect: Vec<NotChecked> = Vec::new();
            for missing in candidates.iter().flat_map(|(s, _)| &s.missing) {
                if collect.len() < COLLECT_MAX && !collect.iter().any(|known| known.command == missing.command) {
                    collect.push(missing.clone());
                }
            }
            Some(Unexplained {
                symptom: symptom.id.clone(),
                title: finding::pick_lang(case.lang, &symptom.title),
                evidence,
                count,
                candidates: candidates
                    .iter()
                    .map(|(s, share)| Alternative {
                        cause: case.book.rules[s.rule].cause.clone(),
                        confidence: *share,
                        separated_by: s.missing.first().map(|m| m.command.clone()).unwrap_or_default(),
                    })
                    .collect(),
                templates: Vec::new(),
                collect,
            })
        })
        .collect()
}

/// Events of a symptom that no finding has taken, and some of their lines, each once.
fn not_taken(case: &Case<'_>, views: &Views<'_>, taken: &Taken, watches: &[usize]) -> (u64, Vec<Evidence>) {
    let mut count = 0;
    let mut evidence: Vec<Evidence> = Vec::new();
    for watch in watches {
        let view = views.watch(*watch);
        if view.count == 0 || score::all_taken(&view, taken) {
            continue;
        }
        count += view.count;
        for sample in view.samples.iter().take(2) {
            let line = finding::proof(case, sample, view.count, String::new());
            if !evidence
                .iter()
                .any(|e| (e.span, e.from_byte) == (line.span, line.from_byte))
            {
                evidence.push(line);
            }
        }
    }
    (count, evidence)
}

/// The likeliest causes of a symptom that none of them won, each with its share among them all and "unknown".
fn candidates<'s>(case: &Case<'_>, symptom: usize, scored: &'s [Scored]) -> Vec<(&'s Scored, f64)> {
    let mut list: Vec<&Scored> = scored
        .iter()
        .filter(|s| s.symptoms.contains(&symptom) && s.total > CANDIDATE_LEAST)
        .collect();
    list.sort_by(|a, b| b.total.total_cmp(&a.total));
    let mut seen = BTreeSet::new();
    list.retain(|s| seen.insert(case.book.rules[s.rule].cause.as_str()));
    let unknown = power(case.book.symptoms[symptom].unknown);
    let all = unknown + list.iter().map(|s| power(s.total)).sum::<f64>();
    list.truncate(CANDIDATES_MAX);
    list.into_iter().map(|s| (s, power(s.total) / all)).collect()
}

/// Decibans as odds.
fn power(score: f64) -> f64 {
    10f64.powf(score.min(60.0) / 10.0)
}

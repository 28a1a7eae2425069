//! Which change most plausibly explains which effect.
//!
//! A change and an effect pair when a mechanism of `rules/effects.toml` leads from one to the other *in the direction seen*
//! and the hosts fit. Mechanisms that lead to the same effect contest it, together with "something else", by their odds:
//! one of strength 0.85 (odds 5.7) alone explains it with 85 %, beside another of 0.5 (odds 1) with 74 %. Changes of one
//! mechanism do not weaken each other; of those the larger step counts more.

use super::{changes, effects, findings};
use crate::model::comparison::{Change, ChangeKind, Pair, Trend};
use crate::model::units::parse_bytes;
use crate::model::{Lang, conf_keys};
use crate::rule::compile::Both;
use crate::rule::effects::{Effects, Link, Way, listed};

/// Pairs under this say nothing.
const PLAUSIBLE: f64 = 0.05;
/// Most pairs of one comparison.
const PAIRS_MAX: usize = 2_000;
/// Strength of a change that is the very proof of a finding.
const PROOF: f64 = 0.95;
/// What remains of a mechanism when it is not known that the change and a measure of the host itself are on one host.
const UNSURE: f64 = 0.8;
/// What remains where a change on one host is seen on another: clients feel what their broker does.
const ELSEWHERE: f64 = 0.95;
/// What remains of a mechanism for a step that is next to nothing.
const SMALL_STEP: f64 = 0.4;

/// A mechanism that a change sets going.
struct Going<'a> {
    change: usize,
    link: &'a Link,
    /// Whether against the direction in which the mechanism is written.
    reversed: bool,
    /// 0 to 1.
    step: f64,
}

/// A candidate for one effect.
struct Candidate<'a> {
    change: usize,
    link: &'a str,
    why: &'a Both,
    strength: f64,
    step: f64,
}

/// All pairs, most plausible first.
pub(super) fn pairs(
    changes: &[changes::Found],
    effects: &[effects::Found],
    findings: &[findings::Found],
    known: &Effects,
    lang: Lang,
) -> Vec<Pair> {
    let going = going(changes, known);
    let mut pairs = Vec::new();
    for (at, it) in effects.iter().enumerate().filter(|(_, it)| it.effect.differs()) {
        let candidates = for_effect(&going, changes, it, known);
        pairs.extend(contest(candidates, lang).map(|pair| Pair {
            effect: Some(at),
            ..pair
        }));
    }
    for (at, it) in findings
        .iter()
        .enumerate()
        .filter(|(_, it)| it.finding.trend != Trend::Same)
    {
        let candidates = for_finding(&going, changes, it, known);
        pairs.extend(contest(candidates, lang).map(|pair| Pair {
            finding: Some(at),
            ..pair
        }));
    }
    pairs.sort_by(|a, b| b.plausibility.total_cmp(&a.plausibility).then(a.change.cmp(&b.change)));
    pairs.truncate(PAIRS_MAX);
    pairs
}

fn going<'a>(changes: &[changes::Found], known: &'a Effects) -> Vec<Going<'a>> {
    let mut going = Vec::new();
    for (at, it) in changes.iter().enumerate() {
        let key = it.change.key.split(" (jdk").next().unwrap_or("");
        for link in known
            .links
            .iter()
            .filter(|link| link.kind == it.change.kind && listed(&link.keys, key))
        {
            if let Some((reversed, step)) = goes(link, &it.change, key, known) {
                going.push(Going {
                    change: at,
                    link,
                    reversed,
                    step,
                });
            }
        }
    }
    going
}

/// Whether a change sets a mechanism going: which way, and how far.
fn goes(link: &Link, change: &Change, key: &str, known: &Effects) -> Option<(bool, f64)> {
    let value = |it: &Option<String>| it.clone().or_else(|| default(change.kind, key, known));
    let (old, new) = (value(&change.before), value(&change.after));
    if !link.to.is_empty() {
        let is = |it: &Option<String>| {
            it.as_ref()
                .is_some_and(|it| link.to.iter().any(|to| to.eq_ignore_ascii_case(it)))
        };
        return (is(&old) != is(&new)).then(|| (is(&old), 1.0));
    }
    let (a, b) = (old.as_deref().and_then(number), new.as_deref().and_then(number));
    if let Some(over) = link.over
        && a.into_iter().chain(b).fold(f64::MIN, f64::max) < over
    {
        return None;
    }
    match (a, b, link.when) {
        (_, _, Way::Any) => Some((false, step(a, b))),
        (Some(a), Some(b), when) if a != b => Some(((b > a) != (when == Way::Up), step(Some(a), Some(b)))),
        // Only one side is known: that it is set at all is the step.
        (None, Some(_), when) if change.before.is_none() => Some((when == Way::Down, 1.0)),
        (Some(_), None, when) if change.after.is_none() => Some((when == Way::Up, 1.0)),
        _ => None,
    }
}

fn default(kind: ChangeKind, key: &str, known: &Effects) -> Option<String> {
    let told = known.defaults.get(key).cloned();
    let row = || {
        conf_keys::rows_of(key)
            .first()
            .map(|row| row.default.to_owned())
            .filter(|it| !it.is_empty())
    };
    told.or_else(|| (kind == ChangeKind::Config).then(row).flatten())
}

/// `50`, `8g`, `unlimited`.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    match text {
        "unlimited" => Some(1e18),
        _ => text
            .parse()
            .ok()
            .or_else(|| parse_bytes(text))
            .filter(|it: &f64| it.is_finite()),
    }
}

/// Twice as much or half as much is a whole step.
fn step(a: Option<f64>, b: Option<f64>) -> f64 {
    match (a, b) {
        (Some(a), Some(b)) if a > 0.0 && b > 0.0 => ((b / a).ln().abs() / 2f64.ln()).min(1.0),
        _ => 1.0,
    }
}

fn for_effect<'a>(
    going: &[Going<'a>],
    changes: &[changes::Found],
    it: &effects::Found,
    known: &Effects,
) -> Vec<Candidate<'a>> {
    let measure = &known.measures[it.measure];
    let median = |figure: &Option<crate::model::comparison::Figure>| figure.map_or(0.0, |it| it.median);
    let rose = match it.effect.superiority {
        Some(share) => share > 0.5,
        None => median(&it.effect.after) > median(&it.effect.before),
    };
    let seen = if rose { Way::Up } else { Way::Down };
    let one = |go: &Going<'a>| {
        let way = go.link.moves.get(&measure.id).or_else(|| go.link.moves.get("*"))?;
        let way = if go.reversed { way.reversed() } else { *way };
        let near = nearness(&changes[go.change].host, &it.host, measure.local)?;
        // A mechanism that may move a measure either way says less when it does.
        let sure = if way == Way::Any { 0.8 } else { 1.0 };
        way.fits(seen).then_some(candidate(go, near * sure))
    };
    going.iter().filter_map(one).collect()
}

fn for_finding<'a>(
    going: &[Going<'a>],
    changes: &[changes::Found],
    it: &findings::Found,
    known: &'a Effects,
) -> Vec<Candidate<'a>> {
    let worse = matches!(it.finding.trend, Trend::New | Trend::Worse);
    let mut candidates: Vec<Candidate<'a>> = Vec::new();
    for (change, found) in changes.iter().enumerate() {
        let (line, lines) = if worse {
            (found.spans.1, &it.proof.1)
        } else {
            (found.spans.0, &it.proof.0)
        };
        if line.is_some_and(|line| lines.contains(&line)) {
            candidates.push(Candidate {
                change,
                link: "proof",
                why: &known.proof,
                strength: PROOF,
                step: 1.0,
            });
        }
    }
    for go in going.iter().filter(|go| go.link.causes.contains(&it.finding.cause)) {
        let proved = candidates.iter().any(|other| other.change == go.change);
        let near = it
            .hosts
            .iter()
            .filter_map(|host| nearness(&changes[go.change].host, host, false))
            .reduce(f64::max);
        let fits = go.link.when == Way::Any && go.link.to.is_empty() || go.reversed != worse;
        if let (false, true, Some(near)) = (proved, fits, near.or(Some(ELSEWHERE))) {
            candidates.push(candidate(go, near));
        }
    }
    candidates
}

fn candidate<'a>(go: &Going<'a>, factor: f64) -> Candidate<'a> {
    let step = SMALL_STEP + (1.0 - SMALL_STEP) * go.step;
    Candidate {
        change: go.change,
        link: &go.link.id,
        why: &go.link.why,
        strength: go.link.strength * factor,
        step,
    }
}

/// How much of a mechanism reaches from one host to another; `None` for not at all.
fn nearness(change: &str, effect: &str, local: bool) -> Option<f64> {
    match (change == effect, change.is_empty() || effect.is_empty(), local) {
        (true, ..) => Some(1.0),
        (_, true, true) => Some(UNSURE),
        (_, _, false) => Some(ELSEWHERE),
        _ => None,
    }
}

/// Candidates of one effect share it by the odds of their mechanisms.
fn contest<'a>(candidates: Vec<Candidate<'a>>, lang: Lang) -> impl Iterator<Item = Pair> {
    let of = |link: &str| {
        let all = candidates.iter().filter(|it| it.link == link);
        all.map(|it| it.strength * it.step).fold(0.0, f64::max)
    };
    let odds = |strength: f64| strength / (1.0 - strength.min(0.99));
    let mut links: Vec<&str> = candidates.iter().map(|it| it.link).collect();
    links.sort_unstable();
    links.dedup();
    let strengths: Vec<(String, f64)> = links.iter().map(|link| ((*link).to_owned(), of(link))).collect();
    let total: f64 = 1.0 + strengths.iter().map(|(_, it)| odds(*it)).sum::<f64>();
    let pairs: Vec<Pair> = candidates
        .iter()
        .map(|it| {
            let strongest = strengths
                .iter()
                .find(|(link, _)| link == it.link)
                .map_or(0.0, |(_, it)| *it);
            let share = it.strength * it.step / strongest.max(f64::MIN_POSITIVE);
            Pair {
                change: it.change,
                effect: None,
                finding: None,
                link: it.link.to_owned(),
                plausibility: odds(strongest) / total * share,
                why: match lang {
                    Lang::En => it.why.en.clone(),
                    Lang::Zh => it.why.zh.clone(),
                },
            }
        })
        .collect();
    pairs.into_iter().filter(|pair| pair.plausibility >= PLAUSIBLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(kind: ChangeKind, key: &str, before: Option<&str>, after: Option<&str>) -> Change {
        Change {
            kind,
            place: String::new(),
            key: key.into(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
            at: Default::default(),
            verdict: None,
        }
    }

    #[test]
    fn changes_set_mechanisms_going() {
        let book = crate::rule::RuleBook::load(crate::rule::embedded::embedded(), &[]).unwrap();
        let known = &book.effects;
        use ChangeKind::{Config, Jvm, Kernel, Limit};
        let cases: [(Change, &str, Option<bool>); 9] = [
            (
                change(Kernel, "vm.dirty_ratio", Some("20"), Some("50")),
                "dirty-pages",
                Some(false),
            ),
            (
                change(Kernel, "vm.dirty_ratio", None, Some("50")),
                "dirty-pages",
                Some(false),
            ),
            (
                change(Kernel, "vm.dirty_ratio", Some("50"), Some("20")),
                "dirty-pages",
                Some(true),
            ),
            (change(Kernel, "vm.swappiness", None, Some("1")), "swapping", Some(true)),
            (
                change(Config, "flushDiskType", None, Some("SYNC_FLUSH")),
                "flush-mode",
                Some(false),
            ),
            (
                change(Config, "flushDiskType", Some("SYNC_FLUSH"), None),
                "flush-mode",
                Some(true),
            ),
            (change(Jvm, "-Xmn", Some("4g"), Some("1g")), "young-size", Some(false)),
            (
                change(Limit, "nofile", Some("65535"), Some("655350")),
                "open-files-large",
                Some(false),
            ),
            (
                change(Limit, "nofile", Some("1024"), Some("65535")),
                "open-files-large",
                None,
            ),
        ];
        for (change, link, want) in cases {
            let link = known.links.iter().find(|it| it.id == link).unwrap();
            assert_eq!(
                goes(link, &change, &change.key, known).map(|it| it.0),
                want,
                "{change:?}"
            );
        }
    }

    #[test]
    fn mechanisms_contest_an_effect_and_their_changes_do_not() {
        let why = Both::default();
        let one = |change, link, strength| Candidate {
            change,
            link,
            why: &why,
            strength,
            step: 1.0,
        };
        let alone: Vec<Pair> = contest(vec![one(0, "a", 0.8), one(1, "a", 0.8)], Lang::En).collect();
        assert!(
            alone.iter().all(|pair| (pair.plausibility - 0.8).abs() < 1e-9),
            "{alone:?}"
        );
        let both: Vec<Pair> = contest(vec![one(0, "a", 0.8), one(1, "b", 0.5)], Lang::En).collect();
        assert!(both[0].plausibility > 0.6 && both[1].plausibility < 0.2, "{both:?}");
    }

    #[test]
    fn local_measures_are_moved_on_their_own_host() {
        let cases = [
            (("a", "a", true), Some(1.0)),
            (("a", "b", true), None),
            (("a", "b", false), Some(ELSEWHERE)),
            (("", "b", true), Some(UNSURE)),
            (("", "", true), Some(1.0)),
        ];
        for ((change, effect, local), want) in cases {
            assert_eq!(nearness(change, effect, local), want, "{change} {effect}");
        }
    }
}

//! What was changed: settings of both sides, matched like with like.
//!
//! Settings come in *sheets*: one configuration file, the options of one JVM, the kernel settings of one host. A sheet says
//! where it was read (`origin`), since a file holds what somebody wrote and a dump holds everything. Sheets of one origin
//! are compared key by key; a sheet whose origin the other side lacks, only by what both can know.

mod sheets;

use super::side::{Line, Side};
use crate::lint::{check, filled};
use crate::model::comparison::{Change, ChangeKind, Judgement};
use crate::model::{Event, Lang, conf_keys};
use sheets::{Origin, Setting, Sheet};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Most changes of one comparison.
const CHANGES_MAX: usize = 2_000;

/// A change and what pairs need to know of it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) change: Change,
    /// Host in the names of the report.
    pub(super) host: String,
    /// Source and line before and after.
    pub(super) spans: (Option<Line>, Option<Line>),
}

/// All changes, most telling kinds first.
pub(super) fn changes(before: &Side<'_>, after: &Side<'_>, volatile: &[String], lang: Lang) -> Vec<Found> {
    let (mut old, mut new) = (sheets::read(before, volatile), sheets::read(after, volatile));
    let mut found = hosts(before, after);
    for (at, other) in matched(&old, &new) {
        let (one, other) = (&old[at], &new[other]);
        found.extend(differences(one, other));
    }
    found.extend(lone(&mut old, &mut new));
    let mut found = settled(found);
    let verdicts = verdicts(after, &found, lang);
    for it in &mut found {
        let key = it.change.key.split(' ').next().unwrap_or("").to_owned();
        it.change.verdict = it.spans.1.and_then(|line| verdicts.get(&(line, key)).cloned());
    }
    found.sort_by_key(|it| (it.change.kind, it.host.clone(), it.spans.1.or(it.spans.0)));
    found.truncate(CHANGES_MAX);
    found
}

/// Pairs of sheets of both sides that are one thing, each sheet at most once: of one origin before all, then of the same
/// broker, then of the same file.
fn matched(old: &[Sheet], new: &[Sheet]) -> Vec<(usize, usize)> {
    let mut fits = Vec::new();
    for (a, one) in old.iter().enumerate() {
        for (b, other) in new.iter().enumerate().filter(|(_, other)| one.may_be(other)) {
            fits.push((one.likeness(other), a, b));
        }
    }
    fits.sort_by_key(|(likeness, a, b)| (std::cmp::Reverse(*likeness), *a, *b));
    let (mut used_old, mut used_new) = (vec![false; old.len()], vec![false; new.len()]);
    let mut pairs = Vec::new();
    for (_, a, b) in fits {
        if !used_old[a] && !used_new[b] {
            (used_old[a], used_new[b]) = (true, true);
            pairs.push((a, b));
        }
    }
    pairs
}

/// Keys whose values differ between two sheets of one thing.
fn differences(old: &Sheet, new: &Sheet) -> Vec<Found> {
    let mut keys: Vec<&String> = old.settings.keys().chain(new.settings.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    let found = keys.into_iter().filter_map(|key| {
        let (a, b) = (old.settings.get(key), new.settings.get(key));
        // A sheet that holds everything says nothing of what the other one left out.
        let known = match (a, b) {
            (Some(a), Some(b)) => a.value != b.value,
            (Some(a), None) => old.tells_absence_in(new) && a.value != default(old, key),
            (None, Some(b)) => new.tells_absence_in(old) && b.value != default(new, key),
            (None, None) => false,
        };
        known.then(|| found(new, key, a, b))
    });
    found.collect()
}

/// What holds when a key is not written.
fn default<'k>(sheet: &Sheet, key: &'k str) -> &'k str {
    match sheet.kind {
        ChangeKind::Config => {
            let class = sheet.class.split(' ').next().unwrap_or("");
            conf_keys::row_in_file(class, key)
                .map_or("\0", |row| if row.default.is_empty() { "\0" } else { row.default })
        }
        _ => "\0",
    }
}

/// Sheets that only one side has. A list of settings that somebody wrote was not there before; anything else was only not
/// collected, and says nothing.
fn lone(old: &mut [Sheet], new: &mut [Sheet]) -> Vec<Found> {
    let empty = |sheet: &Sheet| Sheet {
        settings: BTreeMap::new(),
        ..sheet.clone()
    };
    let mut all = Vec::new();
    for sheet in new
        .iter()
        .filter(|sheet| sheet.is_a_list() && !old.iter().any(|it| it.may_be(sheet)))
    {
        all.extend(differences(&empty(sheet), sheet));
    }
    for sheet in old
        .iter()
        .filter(|sheet| sheet.is_a_list() && !new.iter().any(|it| it.may_be(sheet)))
    {
        all.extend(differences(sheet, &empty(sheet)));
    }
    all
}

fn found(sheet: &Sheet, key: &str, before: Option<&Setting>, after: Option<&Setting>) -> Found {
    let shown = |it: Option<&Setting>| it.map(|it| it.shown.clone());
    let at = |it: Option<&Setting>| it.map(|it| it.at.clone()).unwrap_or_default();
    Found {
        change: Change {
            kind: sheet.kind,
            place: sheet.place(),
            key: key.to_owned(),
            before: shown(before),
            after: shown(after),
            at: (at(before), at(after)),
            verdict: None,
        },
        host: sheet.host.clone(),
        spans: (before.map(|it| it.span), after.map(|it| it.span)),
    }
}

/// Hosts that only one side has, where both name hosts.
fn hosts(before: &Side<'_>, after: &Side<'_>) -> Vec<Found> {
    let (old, new) = (before.hosts(), after.hosts());
    let named = |hosts: &BTreeSet<&str>| hosts.iter().filter(|host| !host.is_empty()).count() > 1;
    if !named(&old) && !named(&new) {
        return Vec::new();
    }
    let one = |host: &&str| Found {
        change: Change {
            kind: ChangeKind::Topology,
            place: (*host).to_owned(),
            key: "host".into(),
            before: old.contains(host).then(|| (*host).to_owned()),
            after: new.contains(host).then(|| (*host).to_owned()),
            at: Default::default(),
            verdict: None,
        },
        host: (*host).to_owned(),
        spans: (None, None),
    };
    old.symmetric_difference(&new)
        .filter(|host| !host.is_empty())
        .map(one)
        .collect()
}

/// One change is told once, however many files show it: of those that end alike, the one that also knows the value before.
fn settled(all: Vec<Found>) -> Vec<Found> {
    let mut kept: Vec<Found> = Vec::new();
    let mut places: HashMap<(ChangeKind, String, String), Vec<usize>> = HashMap::new();
    for it in all {
        let name = (it.change.kind, it.host.clone(), it.change.key.clone());
        let same = places.entry(name).or_default();
        let twin = same.iter().copied().find(|at| {
            let old = &kept[*at].change;
            old.after == it.change.after
                && (old.before == it.change.before || old.before.is_none() || it.change.before.is_none())
        });
        match twin {
            Some(at) if kept[at].change.before.is_none() && it.change.before.is_some() => {
                // The place of the list that somebody wrote is where it can be undone.
                let (written, span) = (kept[at].change.at.1.clone(), kept[at].spans.1);
                kept[at] = it;
                if !written.is_empty() {
                    (kept[at].change.at.1, kept[at].spans.1) = (written, span);
                }
            }
            Some(_) => {}
            None => {
                same.push(kept.len());
                kept.push(it);
            }
        }
    }
    one_limit(kept)
}

/// `nofile soft` and `nofile hard` that change alike are `nofile`.
fn one_limit(all: Vec<Found>) -> Vec<Found> {
    let mut kept: Vec<Found> = Vec::new();
    for mut it in all {
        let name = it
            .change
            .key
            .strip_suffix(" hard")
            .or(it.change.key.strip_suffix(" soft"))
            .map(str::to_owned);
        if let (ChangeKind::Limit, Some(name)) = (it.change.kind, name) {
            let twin = kept.iter_mut().find(|old| {
                let starts = old
                    .change
                    .key
                    .strip_prefix(&name)
                    .is_some_and(|rest| matches!(rest, " hard" | " soft"));
                starts
                    && old.host == it.host
                    && old.change.before == it.change.before
                    && old.change.after == it.change.after
            });
            if let Some(twin) = twin {
                // The soft limit is the one that holds: its line and verdict stand for both.
                if it.change.key.ends_with(" soft") {
                    std::mem::swap(twin, &mut it);
                }
                twin.change.key = name;
                continue;
            }
        }
        kept.push(it);
    }
    kept
}

/// The facts after, with every changed kernel setting and limit as a line that somebody wrote: of live values lint only
/// tells those that hurt, but of a change people want to know whether it may stay.
fn as_written(after: &Side<'_>, found: &[Found]) -> Vec<Event> {
    let changed: BTreeSet<Line> = found.iter().filter_map(|it| it.spans.1).collect();
    let mut facts = after.it.facts.clone();
    let live = |event: &&mut Event| {
        let at = (event.span.source.0, event.span.line);
        matches!(&*event.kind, "sysctl" | "limit") && event.fields.str("form") == Some("live") && changed.contains(&at)
    };
    facts
        .iter_mut()
        .filter(live)
        .for_each(|event| event.fields.set("form", "file"));
    facts
}

/// Source, line and key of a setting → what lint says of it.
fn verdicts(after: &Side<'_>, found: &[Found], lang: Lang) -> HashMap<(Line, String), Judgement> {
    let events = crate::lint::lint(&as_written(after, found), &after.it.diagnosis.coverage.sources);
    let text = |event: &Event, name: &str| event.fields.get(name).map(|it| it.to_text()).unwrap_or_default();
    let one = |event: &Event| {
        let id = text(event, "check");
        let texts = check(&id)?.text(lang);
        let key = text(event, "key");
        let judgement = Judgement {
            check: id,
            severity: text(event, "severity"),
            title: filled(&texts.title, event),
            why: filled(&texts.why, event),
            fix: filled(&texts.fix, event),
        };
        let flag = key
            .starts_with(|c: char| c.is_ascii_uppercase())
            .then(|| format!("-XX:{key}"));
        let place = (event.span.source.0, event.span.line);
        Some(
            [Some(key), flag]
                .into_iter()
                .flatten()
                .map(move |key| ((place, key), judgement.clone())),
        )
    };
    // Of several verdicts on one line the first stands: families of checks go from keys to details.
    let mut verdicts = HashMap::new();
    for (place, judgement) in events.iter().filter_map(one).flatten() {
        verdicts.entry(place).or_insert(judgement);
    }
    verdicts
}

impl Sheet {
    /// Whether both may be the same thing on both sides.
    fn may_be(&self, other: &Sheet) -> bool {
        let hosts = self.host == other.host || self.host.is_empty() || other.host.is_empty();
        let any_jvm = self.kind == ChangeKind::Jvm && (self.class.is_empty() || other.class.is_empty());
        let named = !self.broker.is_empty() && !other.broker.is_empty();
        let two_brokers = named && self.broker != other.broker && self.alike_path(other) == 0;
        hosts && self.kind == other.kind && (self.class == other.class || any_jvm) && !two_brokers
    }

    /// How many names at the end of both paths are alike.
    fn alike_path(&self, other: &Sheet) -> usize {
        let names = |path: &'_ str| path.rsplit(['/', '\\']).map(str::to_owned).take(3).collect::<Vec<_>>();
        names(&self.file)
            .iter()
            .zip(names(&other.file))
            .take_while(|(a, b)| *a == b)
            .count()
    }

    fn likeness(&self, other: &Sheet) -> usize {
        let point = |holds: bool, points: usize| if holds { points } else { 0 };
        let broker = !self.broker.is_empty() && self.broker == other.broker;
        point(self.class == other.class, 64)
            + point(self.origin == other.origin, 32)
            + point(broker, 16)
            + point(self.host == other.host, 4)
            + self.alike_path(other)
    }

    /// Whether a key that stands here and not in `other` is not set there.
    fn tells_absence_in(&self, other: &Sheet) -> bool {
        match (self.origin, other.origin) {
            (Origin::Told, _) | (_, Origin::Told) => false,
            _ if self.kind == ChangeKind::Jvm => self.origin == other.origin && self.class == other.class,
            (Origin::Written, _) | (Origin::Running, Origin::Running) => true,
            (Origin::Running, Origin::Written) => false,
        }
    }

    /// A list of settings that somebody wrote for a host.
    fn is_a_list(&self) -> bool {
        self.origin == Origin::Written && matches!(self.kind, ChangeKind::Kernel | ChangeKind::Limit)
    }

    fn place(&self) -> String {
        match self.host.is_empty() {
            false => self.host.clone(),
            true => self.file.rsplit(['/', '\\']).next().unwrap_or("").to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(kind: ChangeKind, origin: Origin, file: &str, keys: &[(&str, &str)]) -> Sheet {
        let setting = |value: &str| Setting {
            value: value.into(),
            shown: value.into(),
            at: format!("{file}:1"),
            span: (0, 1),
        };
        Sheet {
            kind,
            host: "a".into(),
            class: "broker".into(),
            origin,
            file: file.into(),
            broker: String::new(),
            settings: keys
                .iter()
                .map(|(key, value)| ((*key).into(), setting(value)))
                .collect(),
        }
    }

    fn told(old: &Sheet, new: &Sheet) -> Vec<String> {
        let value = |it: &Option<String>| it.clone().unwrap_or_else(|| "-".into());
        let line = |it: Found| {
            format!(
                "{} {} {}",
                it.change.key,
                value(&it.change.before),
                value(&it.change.after)
            )
        };
        differences(old, new).into_iter().map(line).collect()
    }

    #[test]
    fn like_is_compared_with_like() {
        use ChangeKind::{Config, Kernel};
        use Origin::{Running, Written};
        let file = |keys: &[(&str, &str)]| sheet(Config, Written, "broker.conf", keys);
        let dump = |keys: &[(&str, &str)]| sheet(Config, Running, "broker.log", keys);
        let live = |keys: &[(&str, &str)]| sheet(Kernel, Running, "sysctl.txt", keys);
        let list = |keys: &[(&str, &str)]| sheet(Kernel, Written, "os.sh", keys);
        let cases: [(Sheet, Sheet, &[&str]); 6] = [
            (
                file(&[("a", "1"), ("b", "2")]),
                file(&[("a", "1"), ("b", "3"), ("c", "4")]),
                &["b 2 3", "c - 4"],
            ),
            (file(&[]), file(&[("flushDiskType", "ASYNC_FLUSH")]), &[]),
            (file(&[("a", "1")]), dump(&[("a", "2"), ("b", "3")]), &["a 1 2"]),
            (
                dump(&[("a", "1"), ("b", "3")]),
                file(&[("a", "2"), ("c", "9")]),
                &["a 1 2", "c - 9"],
            ),
            (
                live(&[("k", "20"), ("z", "1")]),
                list(&[("k", "50"), ("x", "1")]),
                &["k 20 50", "x - 1"],
            ),
            (list(&[("k", "20")]), list(&[]), &["k 20 -"]),
        ];
        for (old, new, want) in cases {
            assert_eq!(told(&old, &new), want);
        }
    }

    #[test]
    fn sheets_of_one_origin_are_matched_first() {
        let old = [
            sheet(ChangeKind::Config, Origin::Running, "broker.log", &[]),
            sheet(ChangeKind::Config, Origin::Written, "broker.conf", &[]),
        ];
        let new = [
            sheet(ChangeKind::Config, Origin::Written, "broker.conf", &[]),
            sheet(ChangeKind::Config, Origin::Running, "broker.log", &[]),
        ];
        assert_eq!(matched(&old, &new), [(0, 1), (1, 0)]);
    }
}

//! One of the two sides, and which host of one is which host of the other: by name, else by broker name, else by role,
//! else by being the only one left.

use crate::diagnose::Examination;
use crate::model::{Event, SourceInfo};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A source and a line of it.
pub(super) type Line = (u32, u32);

/// One side with its hosts under the names that both sides share.
#[derive(Debug)]
pub(super) struct Side<'a> {
    pub(super) it: &'a Examination,
    /// Host of each source, in the names of the report.
    hosts: Vec<String>,
}

impl<'a> Side<'a> {
    /// Both sides, with their hosts matched.
    pub(super) fn both(before: &'a Examination, after: &'a Examination) -> (Self, Self) {
        let (own_before, own_after) = (own_hosts(before), own_hosts(after));
        let names = matched(&Known::new(before, &own_before), &Known::new(after, &own_after));
        let renamed = own_before
            .into_iter()
            .map(|host| names.get(&host).cloned().unwrap_or(host));
        let renamed = renamed.collect();
        (
            Self {
                it: before,
                hosts: renamed,
            },
            Self {
                it: after,
                hosts: own_after,
            },
        )
    }

    /// The host of a source.
    pub(super) fn host(&self, source: u32) -> &str {
        self.hosts.get(source as usize).map_or("", String::as_str)
    }

    pub(super) fn source(&self, source: u32) -> Option<&'a SourceInfo> {
        self.it.diagnosis.coverage.sources.get(source as usize)
    }

    /// All hosts.
    pub(super) fn hosts(&self) -> BTreeSet<&str> {
        self.hosts.iter().map(String::as_str).collect()
    }

    /// `file:line` of an event.
    pub(super) fn place(&self, event: &Event) -> String {
        let path = self.source(event.span.source.0).map_or("", |it| it.path.as_str());
        format!("{path}:{}", event.span.line)
    }
}

/// The host of each source: its folder's, or where several machines lie in one folder what the file itself says.
fn own_hosts(it: &Examination) -> Vec<String> {
    let mut hosts: Vec<String> = it
        .diagnosis
        .coverage
        .sources
        .iter()
        .map(|source| source.host.clone())
        .collect();
    let named = it
        .facts
        .iter()
        .filter(|e| &*e.kind == "env" && e.fields.str("what") == Some("hostname"));
    let told: Vec<(usize, &str)> = named
        .filter_map(|e| Some((e.span.source.0 as usize, e.fields.str("value")?)))
        .filter(|(source, _)| hosts.get(*source).is_some_and(String::is_empty))
        .collect();
    let several = told.iter().map(|(_, name)| name).collect::<BTreeSet<_>>().len() > 1;
    for (source, name) in told.into_iter().filter(|_| several) {
        name.clone_into(&mut hosts[source]);
    }
    hosts
}

/// What tells hosts apart.
#[derive(Debug, Default)]
struct Known {
    /// Host → broker names with ids, and roles.
    hosts: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)>,
}

impl Known {
    fn new(it: &Examination, hosts: &[String]) -> Self {
        let mut known = Known::default();
        for (source, host) in it
            .diagnosis
            .coverage
            .sources
            .iter()
            .zip(hosts)
            .filter(|(_, host)| !host.is_empty())
        {
            let entry = known.hosts.entry(host.clone()).or_default();
            entry.1.extend(source.role.map(|role| format!("{role:?}")));
        }
        for event in it.facts.iter().filter(|event| &*event.kind == "conf.key") {
            let key = event.fields.str("key").unwrap_or("");
            let entry = hosts
                .get(event.span.source.0 as usize)
                .and_then(|host| known.hosts.get_mut(host));
            if let (Some(entry), "brokerName" | "brokerId") = (entry, key) {
                let value = event.fields.get("value").map(|it| it.to_text()).unwrap_or_default();
                entry.0.insert(format!("{key}={}", value.trim()));
            }
        }
        known
    }
}

/// Hosts before → their names after, for those whose names differ.
fn matched(before: &Known, after: &Known) -> HashMap<String, String> {
    let mut names = HashMap::new();
    let mut left: Vec<&String> = before
        .hosts
        .keys()
        .filter(|host| !after.hosts.contains_key(*host))
        .collect();
    let mut right: Vec<&String> = after
        .hosts
        .keys()
        .filter(|host| !before.hosts.contains_key(*host))
        .collect();
    type Same = fn(&(BTreeSet<String>, BTreeSet<String>), &(BTreeSet<String>, BTreeSet<String>)) -> bool;
    let ways: [Same; 2] = [
        |a, b| !a.0.is_empty() && a.0 == b.0,
        |a, b| !a.1.is_empty() && a.1 == b.1,
    ];
    for same in ways {
        for host in std::mem::take(&mut left) {
            let of = |known: &Known, host: &String| known.hosts.get(host).cloned().unwrap_or_default();
            let own = of(before, host);
            let fits: Vec<usize> = (0..right.len())
                .filter(|at| same(&own, &of(after, right[*at])))
                .collect();
            match fits[..] {
                [only] => {
                    names.insert(host.clone(), right.remove(only).clone());
                }
                _ => left.push(host),
            }
        }
    }
    if let ([host], [other]) = (&left[..], &right[..]) {
        names.insert((*host).clone(), (*other).clone());
    } else if let ([host], true, true) = (&left[..], right.is_empty(), after.hosts.is_empty()) {
        names.insert((*host).clone(), String::new());
    } else if let ([], [other], true) = (&left[..], &right[..], before.hosts.is_empty()) {
        names.insert(String::new(), (*other).clone());
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(hosts: &[(&str, &str, &str)]) -> Known {
        let one = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        Known {
            hosts: hosts
                .iter()
                .map(|(host, names, roles)| ((*host).into(), (one(names), one(roles))))
                .collect(),
        }
    }

    #[test]
    fn hosts_are_matched_by_name_broker_role_and_rest() {
        let before = known(&[
            ("a", "", ""),
            ("b1", "broker-b", "Broker"),
            ("c1", "", "Namesrv"),
            ("d1", "", ""),
        ]);
        let after = known(&[
            ("a", "", ""),
            ("b2", "broker-b", "Broker"),
            ("c2", "", "Namesrv"),
            ("d2", "", ""),
        ]);
        let names = matched(&before, &after);
        let want = [("b1", "b2"), ("c1", "c2"), ("d1", "d2")];
        assert_eq!(names.len(), want.len());
        assert!(
            want.iter()
                .all(|(from, to)| names.get(*from).is_some_and(|it| it == to)),
            "{names:?}"
        );
        assert_eq!(
            matched(&known(&[]), &known(&[("x", "", "")]))
                .get("")
                .map(String::as_str),
            Some("x")
        );
        assert!(matched(&known(&[("p", "", ""), ("q", "", "")]), &known(&[("r", "", "")])).is_empty());
    }
}

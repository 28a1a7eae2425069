//! Options in branches of a start script that ask for the JDK (`jdk` = `<9`, `>=9`): once the bundle tells the JDK of the
//! host, only those of the branch in use are left, without the condition; without knowing it all stay as they are.
//!
//! Such options are held back while sources are read, since only the whole bundle knows the JDK.

use super::{Bundle, Deriver, text};
use crate::model::{Event, Fields, jdk};
use std::collections::BTreeMap;

pub(super) const DERIVER: Deriver = Deriver {
    name: "branches",
    reads: &["jvm.flag", "version"],
    gives: &["jvm.flag"],
    derive,
};

/// Whether an option depends on the JDK.
pub fn is_undecided(event: &Event) -> bool {
    &*event.kind == "jvm.flag" && !text(event, "jdk").is_empty()
}

fn derive(bundle: &Bundle<'_>, give: &mut dyn FnMut(Event)) {
    let majors = majors(bundle);
    let all: Vec<u32> = majors.values().flatten().copied().collect();
    for event in bundle.facts.iter().filter(|event| is_undecided(event)) {
        let own = majors.get(bundle.host(event)).filter(|own| !own.is_empty());
        match one(own.unwrap_or(&all)) {
            Some(major) if jdk::applies(text(event, "jdk"), major) => give(decided(event)),
            Some(_) => {}
            None => give(event.clone()),
        }
    }
}

/// Major versions of the JDK told on each host.
fn majors<'b>(bundle: &'b Bundle<'_>) -> BTreeMap<&'b str, Vec<u32>> {
    let mut majors: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for event in bundle.of("version").filter(|e| text(e, "component") == "jdk") {
        let version = event.fields.get("version").map(|v| v.to_text()).unwrap_or_default();
        if let Some(major) = jdk::major(&version) {
            majors.entry(bundle.host(event)).or_default().push(major);
        }
    }
    majors
}

/// The version, when all readings are on the same side of 9.
fn one(majors: &[u32]) -> Option<u32> {
    let first = *majors.first()?;
    majors.iter().all(|major| (*major < 9) == (first < 9)).then_some(first)
}

fn decided(event: &Event) -> Event {
    let mut fields = Fields::new();
    for (name, value) in event.fields.iter().filter(|(name, _)| *name != "jdk") {
        fields.set(name, value.clone());
    }
    Event {
        fields,
        ..event.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{derive, fact, source};
    use super::*;

    #[test]
    fn the_branch_in_use_is_left() {
        let check = |versions: &[&str]| {
            let sources = ["a/runbroker.sh", "a/gc.log"].map(source);
            let mut facts: Vec<Event> = [("-Xmn", "<9"), ("-Xmx", ">=9"), ("-Xms", "")]
                .iter()
                .map(|(flag, jdk)| fact(0, -1.0, "jvm.flag", &[("flag", flag), ("jdk", jdk)]))
                .collect();
            let version = |v: &&str| fact(1, -1.0, "version", &[("component", "jdk"), ("version", v)]);
            facts.extend(versions.iter().map(version));
            derive(&DERIVER, &sources, facts)
        };
        assert_eq!(check(&["17.0.15"]), ["jvm.flag flag=-Xmx"]);
        assert_eq!(check(&["1.8.0_221"]), ["jvm.flag flag=-Xmn"]);
        let both = ["jvm.flag flag=-Xmn jdk=<9", "jvm.flag flag=-Xmx jdk=>=9"];
        assert_eq!(check(&[]), both);
        assert_eq!(check(&["17.0.15", "1.8.0_221"]), both);
    }
}

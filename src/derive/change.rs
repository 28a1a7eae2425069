//! The same setting of one host with another value in a later reading: start-up dumps of one process, command lines of its
//! JVM, kernel settings read twice, and a configuration file that was edited after the start.

use super::{Bundle, Deriver, beside, folder, natural, text};
use crate::model::Event;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const DERIVER: Deriver = Deriver {
    name: "change",
    reads: &["conf.key", "jvm.flag", "sysctl", "rmq.boot"],
    gives: &["change"],
    derive,
};

/// The key that every start-up dump has near its begin.
const DUMP_BEGINS: &str = "rocketmqHome";
/// A dump cut by rotation or truncation is no reading.
const DUMP_KEYS_MIN: usize = 10;
/// Classes of settings that share a key.
const REPEATS_MAX: usize = 8;
/// Kernel values that change by themselves.
const VOLATILE: &[&str] = &[
    "kernel.random.",
    "kernel.ns_last_pid",
    "kernel.pty.nr",
    "fs.file-nr",
    "fs.inode-nr",
    "fs.inode-state",
    "fs.dentry-state",
    "fs.aio-nr",
    "fs.quota.",
    "net.netfilter.nf_conntrack_count",
];

fn derive(bundle: &Bundle<'_>, give: &mut dyn FnMut(Event)) {
    let dumps = dumps(bundle);
    for runs in dumps.values() {
        for pair in runs.windows(2) {
            compare(bundle, &pair[0], &pair[1], give);
        }
    }
    not_loaded(bundle, &dumps, give);
    flags(bundle, give);
    kernel(bundle, give);
}

/// A change between two readings of one setting.
fn change(bundle: &Bundle<'_>, what: &str, key: &str, (before, after): (&str, &str), proof: &Event) -> Event {
    beside(proof, "change")
        .with("what", what)
        .with("key", key)
        .with("before", before)
        .with("after", after)
        .with("host", bundle.host(proof))
}

/// Values in order of a natural reading of paths and lines.
fn place(bundle: &Bundle<'_>, event: &Event) -> (Option<i64>, String, u32) {
    let source = event.span.source.0;
    let path = natural(bundle.source(event).map_or("", |source| &source.path));
    (bundle.spans.get(&source).map(|span| span.0), path, event.span.line)
}

fn value_of(event: &Event) -> String {
    event
        .fields
        .get("value")
        .map(|v| v.to_text().trim().to_string())
        .unwrap_or_default()
}

/// One start-up dump: several classes of settings one after another, which share some keys; the n-th of a key is compared
/// with the n-th.
#[derive(Debug, Default)]
struct Dump<'b> {
    class: &'b str,
    values: BTreeMap<(&'b str, usize), (String, &'b Event)>,
}

impl<'b> Dump<'b> {
    fn take(&mut self, event: &'b Event) {
        let key = text(event, "key");
        let nth = (0..REPEATS_MAX).find(|n| !self.values.contains_key(&(key, *n)));
        if let Some(nth) = nth {
            self.values.insert((key, nth), (value_of(event), event));
        }
    }

    /// The value of a key that all classes agree on.
    fn only(&self, key: &'b str) -> Option<&str> {
        let mut values = (0..REPEATS_MAX)
            .filter_map(|n| self.values.get(&(key, n)))
            .map(|(value, _)| value.as_str());
        let first = values.next()?;
        values.all(|value| value == first).then_some(first)
    }
}

/// Start-up dumps of each process, in order.
fn dumps<'b>(bundle: &'b Bundle<'_>) -> BTreeMap<(&'b str, &'b str, &'b str), Vec<Dump<'b>>> {
    let mut rows: BTreeMap<(&str, &str, &str), Vec<_>> = BTreeMap::new();
    for event in bundle.of("conf.key").filter(|e| text(e, "form") == "dump") {
        if let Some(source) = bundle.source(event) {
            let process = (source.host.as_str(), folder(&source.path), text(event, "class"));
            rows.entry(process).or_default().push((place(bundle, event), event));
        }
    }
    let mut dumps = BTreeMap::new();
    for (process, mut events) in rows {
        events.sort_by(|a, b| a.0.cmp(&b.0));
        let mut runs: Vec<Dump<'_>> = Vec::new();
        for (_, event) in events {
            let begins = text(event, "key") == DUMP_BEGINS;
            let fresh = runs
                .last()
                .is_none_or(|run| begins && run.values.contains_key(&(DUMP_BEGINS, 0)));
            if fresh {
                runs.push(Dump {
                    class: process.2,
                    ..Dump::default()
                });
            }
            if let Some(run) = runs.last_mut() {
                run.take(event);
            }
        }
        runs.retain(|run| run.values.len() >= DUMP_KEYS_MIN);
        dumps.insert(process, runs);
    }
    dumps
}

fn compare(bundle: &Bundle<'_>, before: &Dump<'_>, after: &Dump<'_>, give: &mut dyn FnMut(Event)) {
    let home = |dump: &Dump<'_>, key| dump.values.get(&(key, 0)).map(|(value, _)| value.clone());
    // Two processes that write into one folder are no change of one.
    if home(before, "listenPort") != home(after, "listenPort") {
        return;
    }
    for (key, (new, event)) in &after.values {
        let Some((old, _)) = before.values.get(key).filter(|(old, _)| old != new) else {
            continue;
        };
        let mut event = change(bundle, "conf.key", key.0, (old, new), event).with("process", after.class);
        event.at = event.at.or_else(|| time_of(bundle, &event));
        give(event);
    }
}

/// Dump lines have no time of their own here: that of the start they belong to.
fn time_of(bundle: &Bundle<'_>, event: &Event) -> Option<crate::model::Moment> {
    let boots = bundle
        .of("rmq.boot")
        .filter(|boot| boot.span.source == event.span.source);
    let near = boots.filter(|boot| boot.span.line <= event.span.line.saturating_add(5));
    near.max_by_key(|boot| boot.span.line).and_then(|boot| boot.at)
}

/// Keys of the one configuration file of a host that the one process there does not have.
fn not_loaded(bundle: &Bundle<'_>, dumps: &BTreeMap<(&str, &str, &str), Vec<Dump<'_>>>, give: &mut dyn FnMut(Event)) {
    for ((host, _, class), runs) in dumps {
        let alone = dumps.keys().filter(|(h, _, c)| h == host && c == class).count() == 1;
        let Some(run) = runs.last().filter(|_| alone) else {
            continue;
        };
        let file: Vec<&Event> = bundle
            .of("conf.key")
            .filter(|e| text(e, "form") == "file" && text(e, "class") == *class && bundle.host(e) == *host)
            .collect();
        let sources: BTreeSet<_> = file.iter().map(|e| (e.span.source, text(e, "unit"))).collect();
        if sources.len() != 1 {
            continue;
        }
        let known: Vec<(&Event, String, &str)> = file
            .iter()
            .filter_map(|event| Some((*event, value_of(event), run.only(text(event, "key"))?)))
            .collect();
        let differ: Vec<_> = known.iter().filter(|(_, file, dump)| !alike(file, dump)).collect();
        // A file that mostly differs is not the file of this process.
        if differ.len() * 2 > known.len() {
            continue;
        }
        for (event, file, dump) in differ {
            give(change(bundle, "conf-not-loaded", text(event, "key"), (dump, file), event).with("process", *class));
        }
    }
}

/// Whether two spellings mean one value; secrets are stars on one side.
fn alike(a: &str, b: &str) -> bool {
    let number = |text: &str| text.parse::<f64>().ok();
    a.eq_ignore_ascii_case(b)
        || a.contains("***")
        || b.contains("***")
        || (number(a).is_some() && number(a) == number(b))
}

/// Command lines that running JVMs tell: GC logs, crash files. A start script may not have been used.
fn flags(bundle: &Bundle<'_>, give: &mut dyn FnMut(Event)) {
    let mut rows: BTreeMap<(&str, &str, &str), Vec<_>> = BTreeMap::new();
    for event in bundle.of("jvm.flag") {
        let Some(source) = bundle.source(event) else { continue };
        let process = text(event, "process");
        let server = matches!(process, "broker" | "namesrv" | "proxy" | "controller");
        if server && source.format.starts_with("gc") && !source.host.is_empty() {
            let key = (source.host.as_str(), process, text(event, "flag"));
            rows.entry(key).or_default().push((place(bundle, event), event));
        }
    }
    for ((_, process, flag), mut events) in rows {
        events.sort_by(|a, b| a.0.cmp(&b.0));
        for pair in events.windows(2) {
            let (before, after) = (value_of(pair[0].1), value_of(pair[1].1));
            if before != after {
                give(change(bundle, "jvm.flag", flag, (&before, &after), pair[1].1).with("process", process));
            }
        }
    }
}

fn kernel(bundle: &Bundle<'_>, give: &mut dyn FnMut(Event)) {
    let mut rows: BTreeMap<(&str, &str), Vec<_>> = BTreeMap::new();
    for event in bundle.of("sysctl").filter(|e| text(e, "form") == "live") {
        let key = text(event, "key");
        if !VOLATILE.iter().any(|volatile| key.starts_with(volatile)) {
            rows.entry((bundle.host(event), key))
                .or_default()
                .push((place(bundle, event), event));
        }
    }
    for ((_, key), mut events) in rows {
        events.sort_by(|a, b| a.0.cmp(&b.0));
        for pair in events.windows(2) {
            let (before, after) = (value_of(pair[0].1), value_of(pair[1].1));
            let two_readings = pair[0].1.span.source != pair[1].1.span.source;
            if two_readings && before != after {
                give(change(bundle, "sysctl", key, (&before, &after), pair[1].1));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{derive, fact, source};
    use super::*;

    fn dump(line: u32, pairs: &[(&str, &str)]) -> Vec<Event> {
        let filler: Vec<(String, &str)> = (0..10).map(|n| (format!("key{n}"), "1")).collect();
        let all = [("rocketmqHome", "/opt")].into_iter().chain(pairs.iter().copied());
        let all = all.chain(filler.iter().map(|(key, value)| (key.as_str(), *value)));
        let event = |(n, (key, value)): (usize, (&str, &str))| {
            let fields = [("key", key), ("value", value), ("form", "dump"), ("class", "broker")];
            let mut event = fact(0, -1.0, "conf.key", &fields);
            event.span.line = line + n as u32;
            event
        };
        all.enumerate().map(event).collect()
    }

    fn file(key: &str, value: &str) -> Event {
        fact(
            1,
            -1.0,
            "conf.key",
            &[("key", key), ("value", value), ("form", "file"), ("class", "broker")],
        )
    }

    #[test]
    fn two_dumps_and_a_file() {
        let sources = ["a/logs/broker.log", "a/broker.conf"].map(source);
        let mut facts = dump(
            1,
            &[
                ("listenPort", "10911"),
                ("useTLS", "true"),
                ("useTLS", "false"),
                ("flushDiskType", "SYNC_FLUSH"),
            ],
        );
        facts.extend(dump(
            100,
            &[
                ("listenPort", "10911"),
                ("useTLS", "true"),
                ("useTLS", "false"),
                ("flushDiskType", "ASYNC_FLUSH"),
            ],
        ));
        facts.extend([
            file("flushDiskType", "SYNC_FLUSH"),
            file("key1", "1.0"),
            file("useTLS", "x"),
            file("key2", "1"),
        ]);
        assert_eq!(
            derive(&DERIVER, &sources, facts),
            [
                "change what=conf.key key=flushDiskType before=SYNC_FLUSH after=ASYNC_FLUSH host=a process=broker",
                "change what=conf-not-loaded key=flushDiskType before=ASYNC_FLUSH after=SYNC_FLUSH host=a process=broker",
            ]
        );
        let mut facts = dump(1, &[("listenPort", "10911"), ("flushDiskType", "SYNC_FLUSH")]);
        facts.extend(dump(100, &[("listenPort", "10921"), ("flushDiskType", "ASYNC_FLUSH")]));
        assert!(derive(&DERIVER, &sources, facts).is_empty());
    }

    #[test]
    fn kernel_settings_read_twice() {
        let sources = ["a/sysctl-1.txt", "a/sysctl-2.txt"].map(source);
        let live = |source, key, value| {
            fact(
                source,
                -1.0,
                "sysctl",
                &[("key", key), ("value", value), ("form", "live")],
            )
        };
        let facts = vec![
            live(0, "vm.swappiness", "60"),
            live(0, "fs.file-nr", "800"),
            live(1, "vm.swappiness", "1"),
            live(1, "fs.file-nr", "900"),
        ];
        assert_eq!(
            derive(&DERIVER, &sources, facts),
            ["change what=sysctl key=vm.swappiness before=60 after=1 host=a"]
        );
    }
}

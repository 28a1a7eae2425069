//! Store paths: shared by two brokers, on a disk that forgets, written in a way that Java does not understand.

use super::cluster::place;
use super::facts::{ConfFile, Facts};
use super::hit::{Hit, Hits};
use super::ports::{OneMachine, on_one_machine};
use crate::model::Version;

/// Version up to which `storePathCommitLog` did not follow `storePathRootDir`.
const LOG_FOLLOWS_ROOT: Version = Version::new(4, 9, 4);

/// Keys whose value is a path.
const PATH_KEYS: [&str; 5] = [
    "storePathRootDir",
    "storePathCommitLog",
    "storePathDLedgerCommitLog",
    "controllerStorePath",
    "kvConfigPath",
];

pub(super) fn check(facts: &Facts<'_>, hits: &mut Hits) {
    let brokers = facts.brokers();
    for (at, file) in brokers.iter().enumerate() {
        for other in &brokers[..at] {
            shared(facts, other, file, hits);
        }
        log_beside_root(file, hits);
    }
    for file in &facts.files {
        for key in PATH_KEYS {
            if let Some(path) = file.meant(key) {
                spelling(file, key, path, hits);
                device(facts, file, key, path, hits);
            }
        }
    }
}

fn normal(path: &str) -> &str {
    path.trim_end_matches('/')
}

/// Two brokers of one machine in one store.
fn shared(facts: &Facts<'_>, one: &ConfFile<'_>, two: &ConfFile<'_>, hits: &mut Hits) {
    let machine = on_one_machine(one, two);
    if machine == OneMachine::No || one.port() == two.port() {
        return;
    }
    let severity = if machine == OneMachine::Sure {
        "error"
    } else {
        "warning"
    };
    let root = |file: &ConfFile<'_>| file.meant("storePathRootDir").map(|p| normal(p).to_owned());
    if root(one) == root(two) {
        let entry = two.entry("storePathRootDir").or(two.entries.first());
        if let Some(entry) = entry {
            let value = root(two).unwrap_or_else(|| "~/store".to_owned());
            hits.add(
                Hit::new("store-path-shared", entry.event)
                    .key("storePathRootDir")
                    .value(value)
                    .other(place(one, "storePathRootDir"))
                    .severity(severity),
            );
        }
        return;
    }
    let log = |file: &ConfFile<'_>| file.meant("storePathCommitLog").map(|p| normal(p).to_owned());
    let follows = facts.version(two.host).is_some_and(|v| v >= LOG_FOLLOWS_ROOT);
    match (log(one), log(two)) {
        (Some(a), Some(b)) if a == b => {
            if let Some(entry) = two.entry("storePathCommitLog") {
                hits.add(
                    Hit::new("commitlog-path-shared", entry.event)
                        .other(place(one, "storePathCommitLog"))
                        .severity(severity),
                );
            }
        }
        (None, None) if !follows && facts.version(two.host).is_some() => {
            if let Some(entry) = two.entry("storePathRootDir") {
                hits.add(
                    Hit::new("commitlog-path-shared", entry.event)
                        .key("storePathCommitLog")
                        .value("~/store/commitlog")
                        .other(place(one, "storePathRootDir"))
                        .severity(severity),
                );
            }
        }
        _ => {}
    }
}

/// The commit log outside its root: lock, abort and checkpoint stay behind, and two disks are watched.
fn log_beside_root(file: &ConfFile<'_>, hits: &mut Hits) {
    let (Some(root), Some(log)) = (file.meant("storePathRootDir"), file.meant("storePathCommitLog")) else {
        return;
    };
    let inside = log.split(',').all(|part| {
        let part = normal(part.trim());
        part.strip_prefix(normal(root))
            .is_some_and(|rest| rest.starts_with('/'))
    });
    if let Some(entry) = file.entry("storePathCommitLog").filter(|_| !inside) {
        hits.add(Hit::new("commitlog-outside-root", entry.event).other(root));
    }
}

fn spelling(file: &ConfFile<'_>, key: &str, path: &str, hits: &mut Hits) {
    let Some(entry) = file.entry(key).filter(|_| file.is_written()) else {
        return;
    };
    if path.starts_with('~') || path.contains("$HOME") || path.contains("${") {
        hits.add(Hit::new("path-not-expanded", entry.event));
    } else if entry.event.text.contains('\\') && !entry.event.text.contains("\\\\") {
        hits.add(Hit::new("path-backslash", entry.event).suggestion(entry.event.text.replace('\\', "/")));
    } else if !path.starts_with('/') && path.as_bytes().get(1) != Some(&b':') {
        hits.add(Hit::new("path-relative", entry.event));
    }
}

/// A store on something that forgets or that is not a disk.
fn device(facts: &Facts<'_>, file: &ConfFile<'_>, key: &str, path: &str, hits: &mut Hits) {
    let Some(entry) = file.entry(key).filter(|_| key.starts_with("storePath")) else {
        return;
    };
    if ["/dev/shm", "/run/", "/Volumes/RAMDisk"]
        .iter()
        .any(|ram| path.starts_with(ram))
    {
        hits.add(Hit::new("store-on-ram-disk", entry.event).detail(path));
        return;
    }
    let mount = facts
        .disks
        .iter()
        .filter(|(host, _)| *host == file.host)
        .filter_map(|(_, event)| Some((event.fields.str("mount")?, event)))
        .filter(|(mount, _)| is_below(path, mount))
        .max_by_key(|(mount, _)| mount.len());
    let Some((mount, event)) = mount else {
        // `/tmp` of the stock samples is no disk of its own, but it is cleaned.
        if path.starts_with("/tmp/") && file.is_written() {
            hits.add(Hit::new("store-in-tmp", entry.event));
        }
        return;
    };
    let fstype = event.fields.str("fstype").unwrap_or("");
    let source = event.fields.str("device").unwrap_or("");
    match fstype {
        "tmpfs" | "ramfs" => hits.add(Hit::new("store-on-ram-disk", entry.event).detail(format!("{mount} {fstype}"))),
        _ if fstype == "overlay" || source == "overlay" => {
            hits.add(Hit::new("store-on-overlay", entry.event).detail(format!("{mount} {source}")));
        }
        _ if fstype.starts_with("nfs") || fstype == "cifs" || source.contains(":/") => {
            hits.add(Hit::new("store-on-network-disk", entry.event).detail(format!("{mount} {source}")));
        }
        _ => {}
    }
}

fn is_below(path: &str, mount: &str) -> bool {
    mount == "/"
        || path
            .strip_prefix(mount)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

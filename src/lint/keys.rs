//! Keys: unknown, misspelt, without effect, gone or not yet there in this version, of another file, twice.

use super::facts::{ConfFile, Entry, Facts};
use super::hit::{Hit, Hits};
use crate::model::Version;
use crate::model::conf_keys::{self, ConfType, EXTRA_KEYS, WITHOUT_EFFECT, classes_of_file, row_in_file, rows_of};

pub(super) fn check(facts: &Facts<'_>, hits: &mut Hits) {
    for file in &facts.files {
        if classes_of_file(file.class).is_empty() || !file.is_written() {
            continue;
        }
        let version = facts.version(file.host);
        for entry in &file.entries {
            one_key(file, entry, version, hits);
        }
        duplicates(file, hits);
    }
}

fn one_key(file: &ConfFile<'_>, entry: &Entry<'_>, version: Option<Version>, hits: &mut Hits) {
    let key = entry.key;
    if EXTRA_KEYS.contains(&key) {
        return;
    }
    if let Some(row) = row_in_file(file.class, key) {
        match version {
            _ if row.kind == ConfType::Unset => hits.add(Hit::new("key-without-setter", entry.event)),
            Some(version) if !row.read_by(version) => other_version(entry, row, version, hits),
            // Gone so long ago that no living version reads it.
            None if row.removed.is_some_and(|removed| removed < Version::new(4, 9, 0)) => hits.add(
                Hit::new("key-renamed", entry.event)
                    .suggestion(row.replaced_by.unwrap_or(""))
                    .harm(harm_of(key)),
            ),
            _ => {}
        }
        return;
    }
    if WITHOUT_EFFECT.contains(&key) {
        hits.add(Hit::new("key-without-effect", entry.event));
        return;
    }
    if let Some(row) = rows_of(key).first() {
        hits.add(Hit::new("key-wrong-file", entry.event).other(row.class));
        return;
    }
    if key.contains('.') {
        hits.add(Hit::new("key-is-system-property", entry.event));
        return;
    }
    match nearest(file.class, key, version) {
        Some(near) => hits.add(
            Hit::new("key-misspelt", entry.event)
                .suggestion(near)
                .harm(harm_of(near)),
        ),
        None => hits.add(Hit::new("key-unknown", entry.event)),
    }
}

fn other_version(entry: &Entry<'_>, row: &conf_keys::ConfKey, version: Version, hits: &mut Hits) {
    if let Some(since) = row.since.filter(|since| version < *since) {
        hits.add(Hit::new("key-too-new", entry.event).version(version).other(since));
        return;
    }
    let Some(removed) = row.removed else { return };
    // Checked by itself, since it leaves the cluster open.
    if row.key == "aclEnable" {
        return;
    }
    match row.replaced_by {
        Some(new) => hits.add(
            Hit::new("key-renamed", entry.event)
                .suggestion(new)
                .version(version)
                .harm(harm_of(new)),
        ),
        None => hits.add(Hit::new("key-removed", entry.event).version(version).other(removed)),
    }
}

fn duplicates(file: &ConfFile<'_>, hits: &mut Hits) {
    let mut seen: std::collections::HashMap<&str, &Entry<'_>> = std::collections::HashMap::new();
    for entry in &file.entries {
        if let Some(first) = seen.insert(entry.key, entry) {
            let same = first.raw.trim() == entry.raw.trim();
            hits.add(
                Hit::new("key-twice", entry.event)
                    .other(first.raw.trim())
                    .detail(format!("{}:{}", file.path, first.event.span.line))
                    .severity(if same { "info" } else { "warning" }),
            );
        }
    }
}

/// What a setting of this name that silently does not hold can do.
pub(super) fn harm_of(key: &str) -> &'static str {
    match key {
        "flushDiskType" | "brokerRole" | "fileReservedTime" | "inSyncReplicas" => "data",
        "namesrvAddr" | "brokerName" | "brokerId" | "brokerIP1" | "brokerIP2" | "listenPort" | "haListenPort"
        | "brokerClusterName" => "availability",
        _ if key.starts_with("storePath") => "data",
        _ if key.contains("ThreadPool") || key.contains("Timeout") || key.contains("waitTime") => "speed",
        _ => "none",
    }
}

/// The legal key of this file that the writer most likely meant.
fn nearest(class: &str, key: &str, version: Option<Version>) -> Option<&'static str> {
    let plain = |text: &str| -> String {
        text.chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect()
    };
    if key.len() > 80 {
        return None;
    }
    let wanted = plain(key);
    let allowed = (wanted.len() / 5).clamp(1, 4);
    let classes = classes_of_file(class);
    conf_keys::all()
        .iter()
        .filter(|row| classes.contains(&row.class) && row.replaced_by.is_none())
        .filter(|row| version.is_none_or(|v| row.read_by(v)))
        .map(|row| (distance(&wanted, &plain(row.key)), row.key))
        .filter(|(far, _)| *far <= allowed)
        .min_by_key(|(far, _)| *far)
        .map(|(_, near)| near)
}

/// Edits (insert, delete, replace, swap neighbours) between two short texts; texts of very unlike lengths are not compared.
pub(super) fn distance(one: &str, two: &str) -> usize {
    match one.len().abs_diff(two.len()) {
        0..=4 => strsim::osa_distance(one, two),
        _ => usize::MAX,
    }
}

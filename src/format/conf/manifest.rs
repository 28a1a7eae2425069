//! docker-compose files and Kubernetes manifests, as far as they run RocketMQ. A broker.conf inside a ConfigMap is read by
//! the server format where it stands.
//!
//! ```text
//! services:
//!   broker:
//!     image: apache/rocketmq:5.1.0
//!     ports: ["10911:10911"]
//!     environment:
//!       NAMESRV_ADDR: namesrv:9876
//! ```
//!
//! Keys as in `docker run`: `image`, `port`, `volume`, `hostPath`, `network`, `memory`, `command`, and each environment
//! variable by its name. The unit is the service or container.

use super::yaml::{self, Leaf};
use super::{Keys, Place};
use crate::format::{Format, Sink};
use crate::model::Text;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const FORMAT: Format = Format {
    name: "manifest",
    score,
    parse,
};

fn score(text: &Text<'_>) -> u8 {
    if super::is_too_long(text) {
        return 0;
    }
    let hit = |word: &str| text.lines().iter().any(|line| line.trim_start().starts_with(word));
    let ours = text.lines().iter().any(|line| mentions_rocketmq(line));
    if (hit("containers:") || hit("- image:") || hit("image:") || hit("services:")) && ours {
        60
    } else {
        0
    }
}

fn mentions_rocketmq(text: &str) -> bool {
    ["rocketmq", "mqbroker", "mqnamesrv", "NAMESRV_ADDR", "mqproxy"]
        .iter()
        .any(|word| text.contains(word))
}

/// One key found for a container.
struct Found {
    key: String,
    value: String,
    line: usize,
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    if score(text) == 0 {
        return;
    }
    let leaves = yaml::leaves(text.lines());
    let mut units: BTreeMap<String, Vec<Found>> = BTreeMap::new();
    let mut ours: BTreeSet<String> = BTreeSet::new();
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for (at, leaf) in leaves.iter().enumerate() {
        let Some((unit, rest)) = unit_of(leaf) else {
            continue;
        };
        if mentions_rocketmq(&leaf.value) || mentions_rocketmq(rest) {
            ours.insert(unit.clone());
        }
        if rest == "hostPath" {
            ours.insert(unit.clone());
            names.insert(unit.clone(), "volumes".to_owned());
        }
        if rest == "name" {
            names.insert(unit.clone(), leaf.value.clone());
        }
        let next = leaves.get(at + 1);
        if let Some(found) = found(rest, leaf, next) {
            let founds = units.entry(unit).or_default();
            match founds
                .last_mut()
                .filter(|last| last.key == "command" && found.key == "command")
            {
                // A command written as a list is one command.
                Some(last) => last.value = format!("{} {}", last.value, found.value),
                None => founds.push(found),
            }
        }
    }
    let class = if leaves.iter().any(|leaf| leaf.path == "kind") {
        "k8s"
    } else {
        "docker"
    };
    let mut keys = Keys::new(text, sink);
    for (unit, founds) in units.iter().filter(|(unit, _)| ours.contains(*unit)) {
        let name = names.get(unit).unwrap_or(unit);
        let place = Place {
            class,
            form: "manifest",
            unit: name,
        };
        for found in founds {
            keys.give(place, &found.key, &found.value, found.line);
        }
    }
}

/// The service or container a value belongs to, and its path below that. Volumes of a pod belong to the pod.
fn unit_of(leaf: &Leaf) -> Option<(String, &str)> {
    if let Some(rest) = leaf.path.strip_prefix("services.") {
        let (name, below) = rest.split_once('.')?;
        return Some((name.to_owned(), below));
    }
    if leaf.path.ends_with("hostPath.path") {
        return Some((format!("{}:volumes", leaf.document), "hostPath"));
    }
    for list in ["initContainers[", "containers["] {
        if let Some(at) = leaf.path.find(list) {
            let end = at + leaf.path[at..].find(']')? + 1;
            let below = leaf.path[end..].strip_prefix('.')?;
            return Some((format!("{}:{}", leaf.document, &leaf.path[..end]), below));
        }
    }
    None
}

fn found(rest: &str, leaf: &Leaf, next: Option<&Leaf>) -> Option<Found> {
    let give = |key: &str, value: &str| {
        Some(Found {
            key: key.to_owned(),
            value: value.to_owned(),
            line: leaf.line,
        })
    };
    let head = rest.split(['.', '[']).next().unwrap_or(rest);
    match head {
        "image" => give("image", &leaf.value),
        "command" | "args" | "entrypoint" if !leaf.value.is_empty() => give("command", &leaf.value),
        "ports" if rest.ends_with("containerPort") || rest.ends_with("hostPort") || !rest.contains("].") => {
            (!leaf.value.is_empty()).then_some(())?;
            give("port", &leaf.value)
        }
        "volumes" if !rest.contains("].") && !leaf.value.is_empty() => give("volume", &leaf.value),
        "hostPath" => give("hostPath", &leaf.value),
        "volumeMounts" if rest.ends_with("mountPath") => give("volume", &leaf.value),
        "network_mode" => give("network", &leaf.value),
        "mem_limit" => give("memory", &leaf.value),
        "deploy" | "resources" if rest.ends_with("limits.memory") => give("memory", &leaf.value),
        "extra_hosts" if !leaf.value.is_empty() => give("host", &leaf.value),
        "environment" => match rest.strip_prefix("environment.") {
            Some(name) => give(name, &leaf.value),
            None => leaf
                .value
                .split_once('=')
                .and_then(|(name, value)| give(name.trim(), value)),
        },
        "env" if rest.ends_with("].name") => {
            let next = next.filter(|next| next.path.ends_with("].value"))?;
            Some(Found {
                key: leaf.value.clone(),
                value: next.value.clone(),
                line: next.line,
            })
        }
        _ => None,
    }
}

//! DLedger and controller: groups, peers, and what excludes what.

use super::facts::{ConfFile, Facts};
use super::hit::{Hit, Hits};

pub(super) fn check(facts: &Facts<'_>, hits: &mut Hits) {
    for file in facts.of_class("broker") {
        if file.is_true("enableDLegerCommitLog") {
            group(
                file,
                "enableDLegerCommitLog",
                ["dLegerGroup", "dLegerPeers", "dLegerSelfId"],
                hits,
            );
            without_effect(file, hits);
        }
        controller_mode(file, hits);
    }
    for class in ["controller", "namesrv"] {
        for file in facts.of_class(class) {
            let on = class == "controller" || file.is_true("enableControllerInNamesrv");
            let raft = file
                .meant("controllerType")
                .is_none_or(|v| v.eq_ignore_ascii_case("DLedger"));
            let keys = [
                "controllerDLegerGroup",
                "controllerDLegerPeers",
                "controllerDLegerSelfId",
            ];
            let told = keys.iter().find(|key| file.entry(key).is_some());
            if let Some(anchor) = told.filter(|_| on && raft) {
                group(file, anchor, keys, hits);
            }
        }
    }
    self_ids(facts, hits);
}

/// Group, peers and own id fit each other.
fn group(file: &ConfFile<'_>, anchor: &str, keys: [&str; 3], hits: &mut Hits) {
    let [group_key, peers_key, self_key] = keys;
    let Some(anchor) = file.entry(anchor) else { return };
    for key in [group_key, peers_key, self_key] {
        if file.meant(key).is_none() {
            hits.add(Hit::new("raft-key-missing", anchor.event).detail(key).key(key));
        }
    }
    let (Some(entry), Some(peers)) = (file.entry(peers_key), file.meant(peers_key)) else {
        return;
    };
    let parsed: Vec<Option<(&str, &str)>> = peers
        .split(';')
        .filter(|part| !part.trim().is_empty())
        .map(|part| {
            part.trim()
                .split_once('-')
                .filter(|(id, addr)| !id.is_empty() && has_port(addr))
        })
        .collect();
    if peers.contains(',') || parsed.iter().any(Option::is_none) {
        hits.add(Hit::new("raft-peers-unreadable", entry.event).suggestion(peers.replace(',', ";")));
        return;
    }
    let ids: Vec<&str> = parsed.iter().flatten().map(|(id, _)| *id).collect();
    if ids.iter().enumerate().any(|(at, id)| ids[..at].contains(id)) {
        hits.add(Hit::new("raft-peers-twice", entry.event));
    }
    if ids.len().is_multiple_of(2) {
        hits.add(Hit::new("raft-peers-even", entry.event).detail(ids.len()));
    }
    if let (Some(entry), Some(own)) = (file.entry(self_key), file.meant(self_key))
        && !ids.contains(&own)
    {
        hits.add(Hit::new("raft-self-not-in-peers", entry.event).other(ids.join(", ")));
    }
}

fn has_port(address: &str) -> bool {
    address
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

/// Settings of the old commit log that DLedger does not read.
fn without_effect(file: &ConfFile<'_>, hits: &mut Hits) {
    if !file.is_written() {
        return;
    }
    let role = file
        .entry("brokerRole")
        .filter(|_| file.role() == "SYNC_MASTER" || file.is_slave());
    let flush = file
        .entry("flushDiskType")
        .filter(|_| file.meant("flushDiskType") == Some("SYNC_FLUSH"));
    for entry in [role, flush].into_iter().flatten() {
        hits.add(Hit::new("no-effect-with-dledger", entry.event));
    }
}

fn controller_mode(file: &ConfFile<'_>, hits: &mut Hits) {
    if !file.is_true("enableControllerMode") {
        return;
    }
    let Some(entry) = file.entry("enableControllerMode") else {
        return;
    };
    if file.is_true("enableDLegerCommitLog") {
        hits.add(Hit::new("controller-and-dledger", entry.event));
    }
    if file.meant("controllerAddr").is_none() && !file.is_true("fetchControllerAddrByDnsLookup") {
        hits.add(Hit::new("controller-without-address", entry.event));
    }
    // The stock sample says SLAVE and -1, which is the same as saying nothing.
    let role = file
        .entry("brokerRole")
        .filter(|_| file.is_written() && !file.is_slave());
    let id = file
        .entry("brokerId")
        .filter(|_| file.is_written() && file.number("brokerId").is_some_and(|id| id > 0));
    for entry in [role, id].into_iter().flatten() {
        hits.add(Hit::new("no-effect-with-controller", entry.event));
    }
}

/// Two members of one group with one id.
fn self_ids(facts: &Facts<'_>, hits: &mut Hits) {
    let keys = [
        ("dLegerGroup", "dLegerSelfId"),
        ("controllerDLegerGroup", "controllerDLegerSelfId"),
    ];
    for (group_key, self_key) in keys {
        let mut seen: Vec<(&str, &str, &ConfFile<'_>)> = Vec::new();
        for file in facts.files.iter().filter(|file| file.is_written()).take(400) {
            let (Some(group), Some(own), Some(entry)) =
                (file.meant(group_key), file.meant(self_key), file.entry(self_key))
            else {
                continue;
            };
            let twin = seen.iter().find(|(other_group, other_own, other)| {
                *other_group == group
                    && *other_own == own
                    && facts.comparable(other, file)
                    && (other.host != file.host || other.port() != file.port())
                    && other.meant("listenPort") != file.meant("listenPort")
            });
            if let Some((.., other)) = twin {
                hits.add(Hit::new("raft-self-twice", entry.event).other(super::cluster::place(other, self_key)));
            }
            seen.push((group, own, file));
        }
    }
}

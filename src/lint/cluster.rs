//! Contradictions between the files of one cluster: identities, masters and slaves, settings that must agree.

use super::facts::{ConfFile, Facts, folder};
use super::hit::{Hit, Hits};
use std::collections::BTreeMap;

pub(super) fn check(facts: &Facts<'_>, hits: &mut Hits) {
    let brokers = facts.brokers();
    identities(facts, &brokers, hits);
    slaves(facts, &brokers, hits);
    sync_masters(facts, &brokers, hits);
    agreement(facts, &brokers, hits);
    name_servers(&brokers, hits);
    acting_master(facts, &brokers, hits);
    proxies(facts, &brokers, hits);
}

/// Where a file stands, for the other side of a contradiction.
pub(super) fn place(file: &ConfFile<'_>, key: &str) -> String {
    let line = file
        .entry(key)
        .or(file.entries.first())
        .map_or(0, |e| e.event.span.line);
    format!("{}:{line}", file.path)
}

fn cluster_of<'a>(file: &ConfFile<'a>) -> &'a str {
    file.meant("brokerClusterName").unwrap_or("DefaultCluster")
}

/// Two brokers with one identity.
fn identities(facts: &Facts<'_>, brokers: &[&ConfFile<'_>], hits: &mut Hits) {
    let mut seen: Vec<(&str, i64, &ConfFile<'_>)> = Vec::new();
    for file in brokers.iter().filter(|file| !file.is_elected()) {
        let Some(name) = file.meant("brokerName") else {
            continue;
        };
        let written = file.meant("brokerId").and_then(|v| v.parse::<i64>().ok());
        // A master is forced to id 0; a slave without a legal id does not start and is told elsewhere.
        let id = if file.is_slave() { written.unwrap_or(0) } else { 0 };
        if file.is_slave() && id <= 0 {
            continue;
        }
        let twin = seen.iter().find(|(other_name, other_id, other)| {
            *other_name == name && *other_id == id && facts.comparable(other, file) && !is_same_process(other, file)
        });
        if let Some((.., first)) = twin {
            let check = if id == 0 {
                "two-masters-one-name"
            } else {
                "two-slaves-one-id"
            };
            let key = if id == 0 { "brokerName" } else { "brokerId" };
            if let Some(entry) = file.entry(key).or(file.entry("brokerName")) {
                hits.add(
                    Hit::new(check, entry.event)
                        .detail(format!("{name}:{id}"))
                        .other(place(first, key)),
                );
            }
        }
        seen.push((name, id, file));
    }
}

/// Whether two files describe one process rather than two brokers: a backup, another reading.
fn is_same_process(one: &ConfFile<'_>, two: &ConfFile<'_>) -> bool {
    let same = |key: &str| one.meant(key) == two.meant(key);
    if one.host != two.host {
        // Files of two hosts are two brokers unless both claim one address.
        return one.meant("brokerIP1").is_some() && same("brokerIP1") && one.port() == two.port();
    }
    let side_by_side = folder(one.path) == folder(two.path) && !is_backup(one.path) && !is_backup(two.path);
    let one_text = one.path == two.path && one.unit != two.unit;
    if (side_by_side || one_text) && one.form == two.form {
        return false;
    }
    one.port() == two.port() && same("brokerIP1") && same("storePathRootDir")
}

/// `broker.conf.bak`, `broker-old.conf`, `broker.conf.20240511`.
fn is_backup(path: &str) -> bool {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path).to_ascii_lowercase();
    [
        "bak", "old", "orig", "backup", "save", "copy", "new", "~", "prev", "rpm",
    ]
    .iter()
    .any(|mark| name.contains(mark))
        || name
            .rsplit('.')
            .next()
            .is_some_and(|end| end.len() >= 6 && end.bytes().all(|b| b.is_ascii_digit()))
}

/// Slaves whose name no master has.
fn slaves(facts: &Facts<'_>, brokers: &[&ConfFile<'_>], hits: &mut Hits) {
    let all: Vec<&ConfFile<'_>> = brokers
        .iter()
        .filter(|file| !file.is_slave() && !file.is_elected() && file.meant("brokerName").is_some())
        .copied()
        .collect();
    for slave in brokers.iter().filter(|file| file.is_slave() && !file.is_elected()) {
        let (Some(name), Some(entry)) = (slave.meant("brokerName"), slave.entry("brokerName")) else {
            continue;
        };
        let masters: Vec<&ConfFile<'_>> = all.iter().filter(|m| facts.comparable(m, slave)).copied().collect();
        let own: Vec<&&ConfFile<'_>> = masters.iter().filter(|m| m.meant("brokerName") == Some(name)).collect();
        match own.first() {
            None if masters.is_empty() => {}
            None => {
                let near = master_meant(name, &masters);
                let hit = Hit::new("slave-name-without-master", entry.event);
                let names: Vec<&str> = masters.iter().filter_map(|m| m.meant("brokerName")).take(8).collect();
                hits.add(hit.suggestion(near.unwrap_or("")).other(names.join(", ")));
            }
            Some(master) if cluster_of(master) != cluster_of(slave) => {
                let entry = slave.entry("brokerClusterName").unwrap_or(entry);
                hits.add(
                    Hit::new("cluster-name-differs", entry.event)
                        .suggestion(cluster_of(master))
                        .other(place(master, "brokerClusterName")),
                );
            }
            Some(_) => {}
        }
    }
}

/// `broker-a-s`, `broker-a-slave`, `broker-a_1` → `broker-a`; else the only master.
fn master_meant<'a>(slave: &str, masters: &[&ConfFile<'a>]) -> Option<&'a str> {
    let names: Vec<&'a str> = masters.iter().filter_map(|m| m.meant("brokerName")).collect();
    let longest = names
        .iter()
        .filter(|name| slave.starts_with(**name))
        .max_by_key(|name| name.len());
    match (longest, &names[..]) {
        (Some(name), _) => Some(name),
        (None, [only]) => Some(only),
        _ => None,
    }
}

/// SYNC_MASTER without a slave; ASYNC_MASTER with ASYNC_FLUSH alone.
fn sync_masters(facts: &Facts<'_>, brokers: &[&ConfFile<'_>], hits: &mut Hits) {
    for file in brokers
        .iter()
        .filter(|file| !file.is_slave() && !file.is_elected() && file.is_written())
    {
        let name = file.meant("brokerName").unwrap_or("");
        let near: Vec<&&ConfFile<'_>> = brokers.iter().filter(|other| facts.comparable(other, file)).collect();
        let has_slave = near.iter().any(|f| f.is_slave() && f.meant("brokerName") == Some(name));
        // A single file says nothing of what else there is.
        let others = near.len() > 1;
        let Some(role) = file.entry("brokerRole").filter(|_| !has_slave) else {
            continue;
        };
        if file.role() == "SYNC_MASTER" {
            let severity = if others { "warning" } else { "info" };
            hits.add(
                Hit::new("sync-master-without-slave", role.event)
                    .detail(name)
                    .severity(severity),
            );
        } else if others && file.meant("flushDiskType").is_none_or(|v| v == "ASYNC_FLUSH") {
            hits.add(Hit::new("async-without-slave", role.event).detail(name));
        }
    }
}

/// Keys that must agree between master and slave (first part) or in the whole cluster: key, check.
const SAME_IN_PAIR: &[(&str, &str)] = &[
    ("messageDelayLevel", "delay-levels-differ"),
    ("maxMessageSize", "message-size-differs"),
    ("mappedFileSizeCommitLog", "commitlog-size-differs"),
];

fn agreement(facts: &Facts<'_>, brokers: &[&ConfFile<'_>], hits: &mut Hits) {
    let written: Vec<&ConfFile<'_>> = brokers
        .iter()
        .filter(|file| file.meant("brokerName").is_some() && file.is_written())
        .copied()
        .collect();
    for slave in written.iter().filter(|file| file.is_slave()) {
        let master = written.iter().find(|m| {
            !m.is_slave() && m.meant("brokerName") == slave.meant("brokerName") && facts.comparable(m, slave)
        });
        for (key, check) in SAME_IN_PAIR {
            let Some(master) = master else { break };
            let differs = master.meant(key) != slave.meant(key);
            let entry = slave.entry(key).or(slave.entry("brokerName")).filter(|_| differs);
            if let Some(entry) = entry {
                hits.add(
                    Hit::new(check, entry.event)
                        .key(key)
                        .value(slave.meant(key).unwrap_or(""))
                        .suggestion(master.meant(key).unwrap_or(""))
                        .other(place(master, key)),
                );
            }
        }
    }
    let mut auto: BTreeMap<&str, (&ConfFile<'_>, bool)> = BTreeMap::new();
    for file in written.iter().filter(|file| !file.is_slave()) {
        let on = !file.is_false("autoCreateTopicEnable");
        let (first, was) = auto.entry(cluster_of(file)).or_insert((file, on));
        if *was != on && facts.comparable(first, file) {
            let entry = file.entry("autoCreateTopicEnable").or(file.entry("brokerName"));
            if let Some(entry) = entry {
                hits.add(
                    Hit::new("auto-create-differs", entry.event)
                        .key("autoCreateTopicEnable")
                        .value(on)
                        .other(place(first, "autoCreateTopicEnable")),
                );
            }
        }
    }
}

/// Brokers of one cluster that register with different name servers.
fn name_servers(brokers: &[&ConfFile<'_>], hits: &mut Hits) {
    let mut seen: BTreeMap<&str, (&ConfFile<'_>, Vec<String>)> = BTreeMap::new();
    for file in brokers {
        let Some(entry) = file
            .entry("namesrvAddr")
            .filter(|_| file.meant("brokerClusterName").is_some())
        else {
            continue;
        };
        let list = super::address::split_list(file.meant("namesrvAddr").unwrap_or(""));
        let (first, other) = seen.entry(cluster_of(file)).or_insert_with(|| (file, list.clone()));
        if *other != list {
            hits.add(
                Hit::new("namesrv-differs", entry.event)
                    .suggestion(other.join(";"))
                    .other(place(first, "namesrvAddr")),
            );
        }
    }
}

fn acting_master(facts: &Facts<'_>, brokers: &[&ConfFile<'_>], hits: &mut Hits) {
    let servers: Vec<&ConfFile<'_>> = facts.of_class("namesrv").collect();
    if servers.iter().any(|file| file.is_true("supportActingMaster")) {
        return;
    }
    for file in brokers.iter().filter(|file| file.is_true("enableSlaveActingMaster")) {
        let server = servers.iter().find(|server| facts.comparable(server, file));
        if let (Some(server), Some(entry)) = (server, file.entry("enableSlaveActingMaster")) {
            hits.add(Hit::new("acting-master-half", entry.event).other(place(server, "supportActingMaster")));
        }
    }
}

/// The proxy's cluster name must be the brokers'.
fn proxies(facts: &Facts<'_>, brokers: &[&ConfFile<'_>], hits: &mut Hits) {
    let clusters: Vec<&str> = brokers
        .iter()
        .filter_map(|file| file.meant("brokerClusterName"))
        .collect();
    for proxy in facts.of_class("proxy") {
        let name = proxy.meant("rocketMQClusterName").unwrap_or("DefaultCluster");
        let entry = proxy.entry("rocketMQClusterName").or(proxy.entries.first());
        if let Some(entry) = entry.filter(|_| !clusters.is_empty() && !clusters.contains(&name)) {
            hits.add(
                Hit::new("proxy-cluster-differs", entry.event)
                    .key("rocketMQClusterName")
                    .value(name)
                    .suggestion(clusters[0])
                    .other(place(brokers[0], "brokerClusterName")),
            );
        }
    }
}

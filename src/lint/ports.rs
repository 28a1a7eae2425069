//! Ports of several processes on one host: a broker opens listenPort, its VIP port (listenPort-2) and its HA port
//! (listenPort+1 or haListenPort).

use super::cluster::place;
use super::facts::{ConfFile, Facts};
use super::hit::{Hit, Hits};
use crate::model::Version;

/// Version from which `haListenPort` of the file is honoured.
const HA_PORT_HONOURED: Version = Version::new(5, 1, 1);

pub(super) fn check(facts: &Facts<'_>, hits: &mut Hits) {
    let brokers = facts.brokers();
    for (at, file) in brokers.iter().enumerate() {
        ha_port(facts, file, hits);
        for other in &brokers[..at] {
            brokers_collide(other, file, hits);
        }
        for server in facts.of_class("namesrv") {
            server_collides(file, server, hits);
        }
    }
    published(facts, hits);
    firewall(facts, hits);
}

/// How sure it is that two files run on one machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum OneMachine {
    No,
    Likely,
    Sure,
}

/// Whether two brokers run on one machine: the same address; or the same host label and ports set apart on purpose.
pub(super) fn on_one_machine(one: &ConfFile<'_>, two: &ConfFile<'_>) -> OneMachine {
    match (one.meant("brokerIP1"), two.meant("brokerIP1")) {
        (Some(a), Some(b)) if a == b => OneMachine::Sure,
        (Some(_), Some(_)) => OneMachine::No,
        _ if one.host.is_empty() || one.host != two.host => OneMachine::No,
        _ if one.meant("listenPort").is_some() && one.port() != two.port() => OneMachine::Likely,
        _ => OneMachine::No,
    }
}

fn brokers_collide(one: &ConfFile<'_>, two: &ConfFile<'_>, hits: &mut Hits) {
    let machine = on_one_machine(one, two);
    let apart = (one.port() - two.port()).abs();
    // The same port under one address is another mistake: the address was copied.
    if machine == OneMachine::No || apart == 0 || apart > 3 {
        return;
    }
    let Some(entry) = two.entry("listenPort").or(two.entries.first()) else {
        return;
    };
    let shared = opened(two).into_iter().find(|port| opened(one).contains(port));
    if let Some(port) = shared {
        let severity = if machine == OneMachine::Sure {
            "error"
        } else {
            "warning"
        };
        hits.add(
            Hit::new("ports-collide", entry.event)
                .key("listenPort")
                .value(two.port())
                .detail(format!("{port}"))
                .other(format!("{} listenPort={}", place(one, "listenPort"), one.port()))
                .suggestion(one.port() + 10)
                .severity(severity),
        );
    }
}

/// VIP, main and HA port.
fn opened(file: &ConfFile<'_>) -> [i64; 3] {
    let port = file.port();
    [port - 2, port, port + 1]
}

/// A broker one of whose three ports is the name server's.
fn server_collides(broker: &ConfFile<'_>, server: &ConfFile<'_>, hits: &mut Hits) {
    if broker.host.is_empty() || broker.host != server.host || broker.meant("listenPort").is_none() {
        return;
    }
    let port = server.meant("listenPort").and_then(|v| v.parse().ok()).unwrap_or(9876);
    if let Some(entry) = broker.entry("listenPort").filter(|_| opened(broker).contains(&port)) {
        hits.add(
            Hit::new("ports-collide", entry.event)
                .detail(format!("{port}"))
                .other(place(server, "listenPort"))
                .suggestion(10911),
        );
    }
}

fn ha_port(facts: &Facts<'_>, file: &ConfFile<'_>, hits: &mut Hits) {
    let Some(entry) = file.entry("haListenPort").filter(|_| file.is_written()) else {
        return;
    };
    let Some(ha) = file.number("haListenPort").filter(|port| *port > 0) else {
        return;
    };
    let honoured = facts.version(file.host).map(|v| v >= HA_PORT_HONOURED);
    if ha == file.port() || ha == file.port() - 2 {
        if honoured != Some(false) {
            hits.add(Hit::new("ha-port-is-own-port", entry.event).suggestion(file.port() + 1));
        }
    } else if ha != file.port() + 1 && honoured == Some(false) {
        hits.add(Hit::new("ha-port-ignored", entry.event).suggestion(file.port() + 1));
    }
}

/// Containers that publish the broker's port and not its neighbours, or publish it under another number.
fn published(facts: &Facts<'_>, hits: &mut Hits) {
    for file in facts.of_class("docker") {
        let ports: Vec<_> = file.entries.iter().filter(|entry| entry.key == "port").collect();
        for entry in &ports {
            let parts: Vec<&str> = entry.raw.split('/').next().unwrap_or("").split(':').collect();
            let [.., outside, inside] = parts[..] else { continue };
            if outside != inside && matches!(inside, "10911" | "8081" | "8080") {
                hits.add(Hit::new("port-published-as-another", entry.event).detail(format!("{inside} -> {outside}")));
            }
            if inside == "10911" && !ports.iter().any(|other| other.raw.contains("10909")) {
                hits.add(Hit::new("vip-port-not-open", entry.event).suggestion("10909:10909"));
            }
        }
    }
}

/// Firewall commands that open listenPort and forget listenPort-2.
fn firewall(facts: &Facts<'_>, hits: &mut Hits) {
    let opened: Vec<_> = facts
        .of_class("shell")
        .flat_map(|file| file.entries.iter().filter(|entry| entry.key == "open-port"))
        .collect();
    let covers = |port: u32| {
        opened.iter().any(|entry| match entry.raw.split_once(['-', ':']) {
            Some((from, to)) => from.parse().is_ok_and(|f: u32| f <= port) && to.parse().is_ok_and(|t: u32| t >= port),
            None => entry.raw.parse() == Ok(port),
        })
    };
    if let Some(entry) = opened
        .iter()
        .find(|entry| entry.raw == "10911")
        .filter(|_| !covers(10909))
    {
        hits.add(Hit::new("vip-port-not-open", entry.event).suggestion("10909"));
    }
}

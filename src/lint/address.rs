//! Addresses: what a broker advertises, where it looks for name servers and its master, names that do not resolve.

use super::cluster::place;
use super::facts::{ConfFile, Entry, Facts};
use super::hit::{Hit, Hits};
use super::keys::distance;
use std::net::{IpAddr, Ipv4Addr};

pub(super) fn check(facts: &Facts<'_>, hits: &mut Hits) {
    for file in &facts.files {
        for entry in &file.entries {
            match entry.key {
                "namesrvAddr" | "NAMESRV_ADDR" => name_servers(file, entry, hits),
                "brokerIP1" | "brokerIP2" => advertised(file, entry, hits),
                "haMasterAddress" => static_master(entry, hits),
                "-n" if file.class == "shell" || file.class == "docker" => name_servers(file, entry, hits),
                _ => {}
            }
            unresolved(facts, file, entry, hits);
        }
        if file.class == "docker" || file.class == "k8s" {
            container_address(facts, file, hits);
        }
    }
    let brokers = facts.brokers();
    for slave in brokers.iter().filter(|file| file.is_slave()) {
        if let Some(master) = master_of(facts, slave, &brokers) {
            slave_as_master(master, slave, hits);
        }
    }
    same_address(facts, &brokers, hits);
}

/// Entries of a list of addresses, in order, each once, blanks removed.
pub(super) fn split_list(list: &str) -> Vec<String> {
    let mut out: Vec<String> = list
        .split([';', ',', '；', '，'])
        .map(|part| part.trim().to_owned())
        .filter(|part| !part.is_empty())
        .collect();
    out.sort();
    out.dedup();
    out
}

/// A list of name servers as brokers, tools and clients of every kind take it.
pub(super) fn name_servers(file: &ConfFile<'_>, entry: &Entry<'_>, hits: &mut Hits) {
    let list = file
        .meant(entry.key)
        .filter(|_| file.entry(entry.key).is_some_and(|e| e.raw == entry.raw));
    let list = list.unwrap_or(entry.raw.trim());
    if list.is_empty() {
        return;
    }
    if list.contains(['；', '，', '：']) {
        let plain = list.replace(['；', '，'], ";").replace('：', ":");
        hits.add(Hit::new("address-full-width", entry.event).suggestion(plain));
        return;
    }
    if list.contains(',') && !list.contains("://") {
        hits.add(Hit::new("namesrv-comma", entry.event).suggestion(list.replace(',', ";")));
        return;
    }
    let parts = split_list(list);
    for part in &parts {
        if part.starts_with("http://") || part.starts_with("https://") {
            hits.add(Hit::new("namesrv-url", entry.event).detail(part));
        } else if part.contains(' ') {
            hits.add(Hit::new("namesrv-unreadable", entry.event).detail(part));
        } else if !part.contains("${") && !part.contains("$(") && !has_port(part) {
            hits.add(Hit::new("namesrv-without-port", entry.event).suggestion(format!("{part}:9876")));
        } else if part.ends_with(":10911") || part.ends_with(":10909") {
            hits.add(Hit::new("namesrv-is-broker-port", entry.event).detail(part));
        }
    }
    let in_production = parts.len() == 1 && file.class == "broker" && !host_of(&parts[0]).starts_with("127.");
    if in_production && file.is_written() {
        hits.add(Hit::new("namesrv-single", entry.event));
    }
}

fn has_port(address: &str) -> bool {
    address
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.parse::<u16>().is_ok())
}

fn host_of(address: &str) -> &str {
    address.rsplit_once(':').map_or(address, |(host, _)| host)
}

/// brokerIP1 and brokerIP2.
fn advertised(file: &ConfFile<'_>, entry: &Entry<'_>, hits: &mut Hits) {
    let Some(value) = file.meant(entry.key) else { return };
    if value.contains(':') && value.parse::<IpAddr>().is_err() {
        hits.add(Hit::new("broker-ip-with-port", entry.event).suggestion(host_of(value)));
        return;
    }
    let Ok(ip) = value.parse::<IpAddr>() else {
        let desktop = ["host.docker.internal", "localhost", "docker.for.mac.host.internal"].contains(&value);
        if desktop {
            hits.add(Hit::new("broker-ip-local-name", entry.event));
        } else if value.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
            hits.add(Hit::new("broker-ip-unreadable", entry.event));
        }
        return;
    };
    match ip {
        IpAddr::V4(v4) if v4.is_loopback() => hits.add(Hit::new("broker-ip-loopback", entry.event)),
        IpAddr::V4(v4) if v4.is_unspecified() => hits.add(Hit::new("broker-ip-any", entry.event)),
        IpAddr::V4(v4) if is_docker_bridge(v4) => hits.add(Hit::new("broker-ip-docker-bridge", entry.event)),
        _ => {}
    }
}

/// The default bridge and its next neighbours.
fn is_docker_bridge(ip: Ipv4Addr) -> bool {
    let [a, b, ..] = ip.octets();
    a == 172 && (17..=18).contains(&b)
}

/// The master of a slave: of its name, or (a slave is often named after its role) of a name that its own begins with.
fn master_of<'f, 'a>(
    facts: &Facts<'_>,
    slave: &ConfFile<'_>,
    brokers: &[&'f ConfFile<'a>],
) -> Option<&'f ConfFile<'a>> {
    let name = slave.meant("brokerName")?;
    brokers
        .iter()
        .filter(|other| !other.is_slave() && facts.comparable(other, slave))
        .filter(|other| other.meant("brokerName").is_some_and(|master| name.starts_with(master)))
        .max_by_key(|other| other.meant("brokerName").map_or(0, str::len))
        .copied()
}

/// A slave that advertises its master: clients that want the slave reach the master, and HA may turn on itself.
fn slave_as_master(master: &ConfFile<'_>, slave: &ConfFile<'_>, hits: &mut Hits) {
    for key in ["brokerIP1", "brokerIP2"] {
        let same = slave.meant(key).is_some() && slave.meant(key) == master.meant(key);
        let one_machine_by_plan = master.port() != slave.port();
        if let Some(entry) = slave.entry(key).filter(|_| same && !one_machine_by_plan) {
            hits.add(Hit::new("slave-advertises-master", entry.event).other(place(master, key)));
        }
    }
    let Some(entry) = slave.entry("haMasterAddress") else {
        return;
    };
    let wanted = (master.port() + 1).to_string();
    let told = slave
        .meant("haMasterAddress")
        .and_then(|v| v.rsplit_once(':'))
        .map(|(_, port)| port);
    let by_config = master.meant("haListenPort").is_some_and(|port| Some(port) == told);
    if told.is_some_and(|port| port != wanted) && !by_config {
        hits.add(Hit::new("ha-master-wrong-port", entry.event).suggestion(wanted));
    }
}

/// Two brokers of different names under one address and port.
fn same_address(facts: &Facts<'_>, brokers: &[&ConfFile<'_>], hits: &mut Hits) {
    for (at, two) in brokers.iter().enumerate() {
        let Some(entry) = two.entry("brokerIP1").filter(|_| two.meant("brokerIP1").is_some()) else {
            continue;
        };
        let twin = brokers[..at].iter().find(|one| {
            one.meant("brokerIP1") == two.meant("brokerIP1")
                && one.port() == two.port()
                && one.meant("brokerName") != two.meant("brokerName")
                && one.is_slave() == two.is_slave()
                && one.meant("brokerName").is_some()
                && two.meant("brokerName").is_some()
                && facts.comparable(one, two)
        });
        if let Some(one) = twin {
            hits.add(
                Hit::new("two-brokers-one-address", entry.event)
                    .detail(format!("{}:{}", two.meant("brokerIP1").unwrap_or(""), two.port()))
                    .other(place(one, "brokerIP1")),
            );
        }
    }
}

fn static_master(entry: &Entry<'_>, hits: &mut Hits) {
    if !entry.raw.trim().is_empty() {
        hits.add(Hit::new("ha-master-static", entry.event));
    }
}

/// Host names that the hosts file beside the configuration does not know.
fn unresolved(facts: &Facts<'_>, file: &ConfFile<'_>, entry: &Entry<'_>, hits: &mut Hits) {
    if !matches!(
        entry.key,
        "namesrvAddr" | "NAMESRV_ADDR" | "brokerIP1" | "brokerIP2" | "haMasterAddress" | "controllerAddr" | "-n"
    ) {
        return;
    }
    let own = facts.hosts_files.get(file.host);
    let only = facts
        .hosts_files
        .values()
        .next()
        .filter(|_| facts.hosts_files.len() == 1);
    let Some(names) = own.or(only) else { return };
    // The hosts file of another host is a hint only.
    let severity = if own.is_some() || file.host.is_empty() {
        "warning"
    } else {
        "info"
    };
    let meant = entry.raw.split(" #").next().unwrap_or("");
    for part in split_list(meant) {
        let name = host_of(&part);
        let is_name = name.parse::<IpAddr>().is_err() && name.bytes().any(|b| b.is_ascii_alphabetic());
        let sane = name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
        if is_name && sane && name != "localhost" && !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            let near = names
                .iter()
                .filter(|known| known.len() > 3 && distance(known, name) <= 2)
                .min_by_key(|known| (known.replace('0', "") != name.replace('0', ""), distance(known, name)));
            hits.add(
                Hit::new("host-not-in-hosts", entry.event)
                    .detail(name)
                    .suggestion(near.unwrap_or(&""))
                    .severity(severity),
            );
        }
    }
}

/// A broker in a container whose own file says no brokerIP1: it registers the bridge address.
fn container_address(facts: &Facts<'_>, file: &ConfFile<'_>, hits: &mut Hits) {
    let Some(command) = file
        .entries
        .iter()
        .find(|e| e.key == "command" && e.raw.contains("mqbroker"))
    else {
        return;
    };
    let on_host = file.entries.iter().any(|e| e.key == "network" && e.raw == "host");
    let published = file.entries.iter().any(|e| e.key == "port" && e.raw.contains("10911"));
    let told = file
        .entries
        .iter()
        .any(|e| e.key.contains("brokerIP1") || e.raw.contains("brokerIP1"))
        || facts
            .of_class("broker")
            .any(|broker| broker.meant("brokerIP1").is_some());
    let has_file = facts.of_class("broker").next().is_some();
    if published && !on_host && !told {
        let severity = if has_file || !command.raw.contains("-c") {
            "warning"
        } else {
            "info"
        };
        hits.add(Hit::new("broker-ip-unset-in-container", command.event).severity(severity));
    }
}

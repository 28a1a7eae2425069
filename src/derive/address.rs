//! Which addresses belong to which host of the bundle: a broker's own words at its start, `brokerIP1` with `listenPort`,
//! and the interfaces that `ip` and `ifconfig` show.

use super::{Bundle, Deriver, beside, text};
use crate::model::Event;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const DERIVER: Deriver = Deriver {
    name: "address",
    reads: &["rmq.start", "conf.key", "env"],
    gives: &["host.address"],
    derive,
};

/// Keys of one configuration that make an address.
#[derive(Default)]
struct Listener<'a> {
    ip: Option<(&'a str, &'a Event)>,
    port: Option<f64>,
    name: &'a str,
}

fn derive(bundle: &Bundle<'_>, give: &mut dyn FnMut(Event)) {
    let mut told: BTreeSet<(String, String, String)> = BTreeSet::new();
    let mut tell = |proof: &Event, ip: &str, port: Option<f64>, role: &str, name: &str, iface: &str| {
        let host = bundle.host(proof);
        let port_text = port.map_or(String::new(), |p| p.to_string());
        let unknown = ip.is_empty() || ip == "0.0.0.0" || ip.starts_with("127.");
        if unknown || !told.insert((host.to_string(), ip.to_string(), port_text)) {
            return;
        }
        let mut event = beside(proof, "host.address").with("host", host).with("ip", ip);
        if let Some(port) = port {
            event = event.with("port", port);
        }
        for (field, value) in [("role", role), ("name", name), ("iface", iface)] {
            if !value.is_empty() {
                event = event.with(field, value);
            }
        }
        give(event);
    };
    for event in bundle.of("rmq.start") {
        if let Some((ip, port)) = text(event, "addr").rsplit_once(':') {
            tell(
                event,
                ip,
                port.parse().ok(),
                text(event, "process"),
                text(event, "name"),
                "",
            );
        }
    }
    for (class, listener) in listeners(bundle) {
        if let Some((ip, proof)) = listener.ip {
            let port = listener.port.or((class == "broker").then_some(10911.0));
            tell(proof, ip, port, class, listener.name, "");
        }
    }
    for event in bundle.of("env").filter(|e| text(e, "what") == "address") {
        tell(event, text(event, "value"), None, "", "", text(event, "iface"));
    }
}

/// Configurations by source and unit, with their class.
fn listeners<'b>(bundle: &'b Bundle<'_>) -> Vec<(&'b str, Listener<'b>)> {
    let mut found: BTreeMap<(u32, &str, &str), Listener<'_>> = BTreeMap::new();
    for event in bundle.of("conf.key") {
        let class = text(event, "class");
        let key = (event.span.source.0, text(event, "unit"), class);
        let value = text(event, "value").trim();
        match text(event, "key") {
            "brokerIP1" => found.entry(key).or_default().ip = Some((value, event)),
            "listenPort" => {
                let number = event.fields.get("value").and_then(|v| v.to_text().trim().parse().ok());
                found.entry(key).or_default().port = number;
            }
            "brokerName" => found.entry(key).or_default().name = value,
            _ => {}
        }
    }
    found
        .into_iter()
        .map(|((_, _, class), listener)| (class, listener))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{derive, fact, source};
    use super::*;

    #[test]
    fn addresses_of_two_hosts() {
        let sources = ["a/broker.conf", "a/broker.log", "b/ip.txt"].map(source);
        let key = |key, value| {
            fact(
                0,
                -1.0,
                "conf.key",
                &[("key", key), ("value", value), ("class", "broker")],
            )
        };
        let facts = vec![
            key("brokerName", "broker-a"),
            key("brokerIP1", "10.0.0.5"),
            key("listenPort", "10921"),
            fact(
                1,
                5.0,
                "rmq.start",
                &[
                    ("process", "broker"),
                    ("name", "broker-a"),
                    ("addr", "172.17.0.2:10921"),
                ],
            ),
            fact(
                1,
                9.0,
                "rmq.start",
                &[
                    ("process", "broker"),
                    ("name", "broker-a"),
                    ("addr", "172.17.0.2:10921"),
                ],
            ),
            fact(
                2,
                -1.0,
                "env",
                &[("what", "address"), ("value", "10.0.0.6"), ("iface", "eth0")],
            ),
        ];
        assert_eq!(
            derive(&DERIVER, &sources, facts),
            [
                "host.address host=a ip=172.17.0.2 port=10921 role=broker name=broker-a",
                "host.address host=a ip=10.0.0.5 port=10921 role=broker name=broker-a",
                "host.address host=b ip=10.0.0.6 iface=eth0",
            ]
        );
    }
}

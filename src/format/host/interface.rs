//! ifconfig, `ip addr` and `ip -s link`: addresses of the host, and the interfaces' counters that tell of loss.
//!
//! ```text
//! eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1400                 (ifconfig)
//!         inet 10.0.0.5  netmask 255.255.255.0  broadcast 10.0.0.255
//!         RX errors 0  dropped 1204  overruns 0  frame 0
//! eth0      Link encap:Ethernet  HWaddr 00:16:3e:00:00:01                    (ifconfig of old)
//!           RX packets:120 errors:0 dropped:0 overruns:0 frame:0
//! 2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc tbf state UP     (ip)
//!     RX:  bytes packets errors dropped  missed   mcast
//!       64881396   34068      0    1204       0       0
//! ```

use crate::format::{Format, Sink};
use crate::model::Text;

use super::table::{Heading, count, event, score_by};
use super::tc;

/// ifconfig and ip.
pub(super) const FORMAT: Format = Format {
    name: "ifconfig",
    score,
    parse,
};

/// The interface that a line starts.
fn interface(line: &str) -> Option<&str> {
    if line.contains("Link encap:") {
        return line.split_whitespace().next().filter(|_| !line.starts_with(' '));
    }
    if line.contains(" mtu ") && line.contains('<') {
        let (first, rest) = line.split_once(": ")?;
        if rest.starts_with("flags=") {
            return Some(first).filter(|name| is_name(name));
        }
        let (name, _) = rest.split_once(": ")?;
        count(first)?;
        return name.split('@').next().filter(|name| is_name(name));
    }
    None
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 32 && !name.contains(char::is_whitespace)
}

fn score(text: &Text<'_>) -> u8 {
    score_by(text, |line| interface(line).is_some())
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let lines = text.lines();
    let mut iface: Option<&str> = None;
    for (index, &line) in lines.iter().enumerate() {
        if let Some(found) = interface(line) {
            iface = Some(found);
            discipline(text, index, found, sink);
            continue;
        }
        if !line.starts_with([' ', '\t']) {
            iface = None;
            continue;
        }
        let Some(iface) = iface else { continue };
        let trimmed = line.trim_start();
        if let Some(rest) = trimmed.strip_prefix("inet ") {
            address(text, index, rest, iface, sink);
        } else if let Some(rest) = trimmed.strip_prefix("RX: ").or_else(|| trimmed.strip_prefix("TX: ")) {
            ip_counters(text, index, rest, &trimmed[..2], iface, sink);
        } else if trimmed.starts_with("RX ") || trimmed.starts_with("TX ") {
            ifconfig_counters(text, index, trimmed, iface, sink);
        }
    }
}

/// `inet 10.0.0.5/24 …`, `inet 10.0.0.5  netmask …`, `inet addr:10.0.0.5  Bcast:…`
fn address(text: &Text<'_>, index: usize, rest: &str, iface: &str, sink: &mut dyn Sink) {
    let rest = rest.trim_start().trim_start_matches("addr:");
    let ip = rest.split([' ', '/']).next().unwrap_or("");
    if ip.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| !ip.is_loopback()) {
        let event = event(text, index, "env").with("what", "address");
        sink.event(event.with("value", ip).with("iface", iface));
    }
}

/// A queueing discipline that shapes traffic, as `ip link` names it.
fn discipline(text: &Text<'_>, index: usize, iface: &str, sink: &mut dyn Sink) {
    let mut words = text.lines()[index].split_whitespace();
    let kind = words.find(|word| *word == "qdisc").and_then(|_| words.next());
    if let Some(kind) = kind.filter(|kind| tc::is_shaping(kind)) {
        let event = event(text, index, "env").with("what", "qdisc");
        sink.event(event.with("value", kind).with("iface", iface));
    }
}

const TROUBLE: &[&str] = &[
    "errors",
    "dropped",
    "overruns",
    "overrun",
    "missed",
    "frame",
    "carrier",
    "collisions",
    "collsns",
];

/// `errors:0 dropped:0` or `errors 0  dropped 0`.
fn ifconfig_counters(text: &Text<'_>, index: usize, line: &str, iface: &str, sink: &mut dyn Sink) {
    let words: Vec<&str> = line
        .split([' ', ':', '\t'])
        .filter(|word| !word.is_empty())
        .take(24)
        .collect();
    for pair in words.windows(2) {
        counter(text, index, (words[0], pair[0]), pair[1], iface, sink);
    }
}

/// Names stand in one line, numbers in the next.
fn ip_counters(text: &Text<'_>, index: usize, names: &str, direction: &str, iface: &str, sink: &mut dyn Sink) {
    let heading = Heading::of(names);
    let Some(row) = text.lines().get(index + 1).and_then(|line| heading.row(line)) else {
        return;
    };
    for name in heading.names() {
        if let Some(cell) = row.text(&[name]) {
            counter(text, index + 1, (direction, name), cell, iface, sink);
        }
    }
}

fn counter(
    text: &Text<'_>,
    index: usize,
    (direction, name): (&str, &str),
    cell: &str,
    iface: &str,
    sink: &mut dyn Sink,
) {
    let Some(value) = count(cell).filter(|value| *value > 0.0) else {
        return;
    };
    if TROUBLE.contains(&name) {
        let name = match name {
            "overrun" => "overruns",
            "collsns" => "collisions",
            other => other,
        };
        let name = format!("{}_{name}", direction.to_ascii_lowercase());
        let event = event(text, index, "net.counter").with("name", name);
        sink.event(event.with("value", value).with("iface", iface));
    }
}

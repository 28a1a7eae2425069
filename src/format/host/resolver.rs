//! /etc/resolv.conf: which name servers (of DNS, not RocketMQ's) the host asks.
//!
//! ```text
//! search default.svc.cluster.local svc.cluster.local
//! nameserver 10.96.0.10
//! options ndots:5
//! ```

use std::net::IpAddr;

use crate::format::{Format, Sink};
use crate::model::Text;

use super::table::{event, score_by};

/// /etc/resolv.conf.
pub(super) const FORMAT: Format = Format {
    name: "resolv",
    score,
    parse,
};

fn server(line: &str) -> Option<&str> {
    let mut words = line.strip_prefix("nameserver")?.split_whitespace();
    let ip = words.next()?;
    let address = ip.split('%').next().unwrap_or(ip);
    (line.starts_with("nameserver ") || line.starts_with("nameserver\t"))
        .then_some(ip)
        .filter(|_| address.parse::<IpAddr>().is_ok())
}

fn score(text: &Text<'_>) -> u8 {
    score_by(text, |line| server(line).is_some())
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let lines = text.lines();
    for (index, &line) in lines.iter().enumerate() {
        if let Some(ip) = server(line) {
            sink.event(event(text, index, "env").with("what", "nameserver").with("value", ip));
        } else if let Some(domains) = line.strip_prefix("search ") {
            // The word alone is too common: it counts beside a server.
            let near = index.saturating_sub(8)..lines.len().min(index + 9);
            if lines[near].iter().any(|line| server(line).is_some()) && domains.len() <= 300 {
                let event = event(text, index, "env").with("what", "dns_search");
                sink.event(event.with("value", domains.trim()));
            }
        }
    }
}

//! nstat: protocol counters of the kernel, named as in /proc/net (without nstat's `TcpExt` before them). netstat -s gives
//! the same counters through here.
//!
//! ```text
//! #kernel
//! TcpOutSegs                      2162               0.0
//! TcpRetransSegs                  31                 0.0
//! ```

use crate::format::{Format, Sink};
use crate::model::Text;

use super::table::{count, event, number, round, score_by};

/// nstat.
pub(super) const FORMAT: Format = Format {
    name: "nstat",
    score,
    parse,
};

fn score(text: &Text<'_>) -> u8 {
    score_by(text, |line| {
        line == "#kernel" || row(line).is_some_and(|(name, _)| name == "TcpRetransSegs")
    })
}

fn row(line: &str) -> Option<(&str, f64)> {
    let mut words = line.split_whitespace();
    let name = words.next()?;
    let known = ["Tcp", "Ip", "Udp", "Icmp", "MPTcp"]
        .iter()
        .any(|start| name.starts_with(start));
    let value = count(words.next()?)?;
    number(words.next()?)?;
    (known && words.next().is_none()).then_some((name, value))
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let mut segments = Segments::default();
    for (index, &line) in text.lines().iter().enumerate() {
        if line == "#kernel" {
            segments = Segments::default();
        } else if let Some((name, value)) = row(line) {
            segments.take(text, index, name, value, sink);
            give(text, index, name, value, sink);
        }
    }
}

/// Counters that only say how much traffic there is.
const TRAFFIC: &[&str] = &[
    "Octets",
    "NoECTPkts",
    "ECT0Pkts",
    "IpInReceives",
    "IpInDelivers",
    "OutTransmits",
];

/// Gives a counter unless it is zero or mere traffic.
pub(super) fn give(text: &Text<'_>, index: usize, name: &str, value: f64, sink: &mut dyn Sink) {
    if value > 0.0 && !TRAFFIC.iter().any(|part| name.contains(part)) {
        let name = name.strip_prefix("TcpExt").unwrap_or(name);
        let event = event(text, index, "net.counter").with("name", name);
        sink.event(event.with("value", value));
    }
}

/// Makes the share of retransmitted segments since boot.
#[derive(Default)]
pub(super) struct Segments {
    sent: Option<f64>,
    retransmitted: Option<f64>,
}

impl Segments {
    /// Takes a counter; when both are known gives the share, at the line that came last.
    pub(super) fn take(&mut self, text: &Text<'_>, index: usize, name: &str, value: f64, sink: &mut dyn Sink) {
        match name {
            "TcpOutSegs" => self.sent = Some(value),
            "TcpRetransSegs" => self.retransmitted = Some(value),
            _ => return,
        }
        if let (Some(sent), Some(again)) = (self.sent, self.retransmitted) {
            if sent > 0.0 {
                let event = event(text, index, "net.tcp").with("retrans_pct", round(again / sent * 100.0));
                sink.event(event.with("since_boot", 1.0));
            }
            *self = Self::default();
        }
    }
}

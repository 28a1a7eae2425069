//! tc: queueing disciplines that delay, lose or limit packets, and what they dropped.
//!
//! ```text
//! qdisc netem 8001: dev eth0 root refcnt 2 limit 1000 delay 100ms loss 5%
//!  Sent 270591 bytes 2270 pkt (dropped 113, overlimits 0 requeues 0)
//!  backlog 1514b 1p requeues 0
//! ```

use crate::format::{Format, Sink};
use crate::model::Text;

use super::table::{count, event, score_by};

/// tc.
pub(super) const FORMAT: Format = Format {
    name: "tc",
    score,
    parse,
};

/// Whether a discipline changes what passes, unlike the defaults.
pub(super) fn is_shaping(kind: &str) -> bool {
    matches!(
        kind,
        "netem" | "tbf" | "htb" | "hfsc" | "cbq" | "police" | "red" | "codel" | "ingress"
    )
}

/// Kind, device and options of a `qdisc` or `class` line.
fn discipline(line: &str) -> Option<(&str, &str, &str)> {
    let rest = line.strip_prefix("qdisc ").or_else(|| line.strip_prefix("class "))?;
    let (kind, rest) = rest.split_once(' ')?;
    let (handle, rest) = rest.split_once(' ')?;
    let rest = rest.strip_prefix("dev ")?;
    let (device, options) = rest.split_once(' ').unwrap_or((rest, ""));
    handle.contains(':').then_some((kind, device, options.trim()))
}

fn score(text: &Text<'_>) -> u8 {
    score_by(text, |line| discipline(line).is_some())
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let mut device = "";
    for (index, &line) in text.lines().iter().enumerate() {
        if let Some((kind, found, options)) = discipline(line) {
            device = found;
            if is_shaping(kind) {
                let event = event(text, index, "env").with("what", "qdisc");
                sink.event(event.with("value", shown(kind, options)).with("iface", device));
            }
        } else if !line.starts_with(' ') {
            device = "";
        } else if !device.is_empty() {
            counters(text, index, device, sink);
        }
    }
}

/// `netem delay 100ms loss 5%`: the kind and what it does, without handles and reference counts.
fn shown(kind: &str, options: &str) -> String {
    let mut words = options.split_whitespace();
    let mut shown = vec![kind];
    while let Some(word) = words.next() {
        match word {
            "root" => {}
            "refcnt" | "parent" => {
                words.next();
            }
            other if shown.len() < 24 => shown.push(other),
            _ => break,
        }
    }
    shown.join(" ")
}

fn counters(text: &Text<'_>, index: usize, device: &str, sink: &mut dyn Sink) {
    let words: Vec<&str> = text.lines()[index]
        .split([' ', ',', '(', ')'])
        .filter(|word| !word.is_empty())
        .take(20)
        .collect();
    for pair in words.windows(2) {
        let name = match pair[0] {
            "dropped" => "qdisc_dropped",
            "overlimits" => "qdisc_overlimits",
            "backlog" => "qdisc_backlog_bytes",
            _ => continue,
        };
        // Backlogs are shortened: `1514b`, `12Kb`, `3Mb`.
        let figure = pair[1].trim_end_matches('b');
        let value = match (figure.strip_suffix('K'), figure.strip_suffix('M')) {
            (Some(kilo), _) => count(kilo).map(|n| n * 1024.0),
            (_, Some(mega)) => count(mega).map(|n| n * 1024.0 * 1024.0),
            _ => count(figure),
        };
        if let Some(value) = value.filter(|value| *value > 0.0) {
            let event = event(text, index, "net.counter").with("name", name);
            sink.event(event.with("value", value).with("iface", device));
        }
    }
}

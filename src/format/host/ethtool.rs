//! ethtool: speed and state of a network card, and those of its counters (`-S`) that tell of loss.
//!
//! ```text
//! Settings for eth0:
//!   Speed: 1000Mb/s
//!   Duplex: Full
//! NIC statistics:
//!      rx_missed_errors: 4211
//! ```

use crate::format::{Format, Sink};
use crate::model::Text;

use super::prompt::{command_before, prompt};
use super::table::{MaybeWith, count, event, score_by};

/// ethtool.
pub(super) const FORMAT: Format = Format {
    name: "ethtool",
    score,
    parse,
};

const STATISTICS: &str = "NIC statistics:";

fn settings(line: &str) -> Option<&str> {
    let iface = line.strip_prefix("Settings for ")?.strip_suffix(':')?;
    (!iface.contains(' ')).then_some(iface)
}

fn score(text: &Text<'_>) -> u8 {
    score_by(text, |line| settings(line).is_some() || line.trim_end() == STATISTICS)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    None,
    Settings,
    Statistics,
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let mut section = Section::None;
    let mut iface: Option<&str> = None;
    for (index, &line) in text.lines().iter().enumerate() {
        if let Some(found) = settings(line) {
            (section, iface) = (Section::Settings, Some(found));
        } else if line.trim_end() == STATISTICS {
            let told = command_before(text.lines(), index, "ethtool").and_then(|args| args.last().copied());
            (section, iface) = (Section::Statistics, told.or(iface));
        } else if !line.starts_with([' ', '\t']) || prompt(line).is_some() {
            section = Section::None;
        } else if let Some((name, value)) = line.trim().rsplit_once(": ") {
            match section {
                Section::Settings => setting(text, index, (name, value), iface, sink),
                Section::Statistics => statistic(text, index, (name, value), iface, sink),
                Section::None => {}
            }
        }
    }
}

fn setting(text: &Text<'_>, index: usize, (name, value): (&str, &str), iface: Option<&str>, sink: &mut dyn Sink) {
    if name == "Speed" {
        let speed = value.strip_suffix("Mb/s").and_then(count);
        if speed.is_some() {
            sink.event(
                event(text, index, "net.sample")
                    .maybe("iface", iface)
                    .maybe("speed_mbit", speed),
            );
        }
    }
    let trouble = match (name, value) {
        ("Duplex", "Half") => "half_duplex",
        ("Link detected", "no") => "no_link",
        _ => return,
    };
    let event = event(text, index, "net.counter").with("name", trouble);
    sink.event(event.with("value", 1.0).maybe("iface", iface));
}

/// Parts of counter names that tell of lost or late packets; drivers have their own names for the rest.
const TROUBLE: &[&str] = &[
    "drop",
    "err",
    "discard",
    "miss",
    "fifo",
    "timeout",
    "crc",
    "collision",
    "no_buf",
    "nobuf",
    "no_dma",
    "overrun",
    "exceeded",
    "full",
    "fail",
    "allowance",
];

fn statistic(text: &Text<'_>, index: usize, (name, value): (&str, &str), iface: Option<&str>, sink: &mut dyn Sink) {
    let Some(value) = count(value.trim()).filter(|value| *value > 0.0) else {
        return;
    };
    let lower = name.to_ascii_lowercase();
    // Counters of single queues repeat the sum.
    let of_queue = lower.starts_with("queue") || lower.starts_with("rx_queue_") || lower.starts_with("tx_queue_");
    if !of_queue && TROUBLE.iter().any(|part| lower.contains(part)) {
        let event = event(text, index, "net.counter").with("name", name.trim());
        sink.event(event.with("value", value).maybe("iface", iface));
    }
}

//! /proc/meminfo: memory of the moment and the size of the host.
//!
//! ```text
//! MemTotal:       24684088 kB
//! MemFree:        24098668 kB
//! MemAvailable:   24278800 kB
//! ```

use crate::format::{Format, Sink};
use crate::model::Text;

use super::table::{MaybeWith, amount_kb, event, event_of, round, score_by};
use super::top::share_pct;

/// /proc/meminfo.
pub(super) const FORMAT: Format = Format {
    name: "meminfo",
    score,
    parse,
};

/// One figure: its name and KiB.
fn figure(line: &str) -> Option<(&str, f64)> {
    let (name, rest) = line.split_once(':')?;
    let value = rest.trim().strip_suffix("kB")?.trim_end();
    let is_name = name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'(' | b')'));
    is_name.then(|| amount_kb(value, 1.0)).flatten().map(|kb| (name, kb))
}

fn is_first(line: &str) -> bool {
    figure(line).is_some_and(|(name, _)| name == "MemTotal")
}

fn score(text: &Text<'_>) -> u8 {
    score_by(text, is_first)
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let lines = text.lines();
    let mut index = 0;
    while index < lines.len() {
        if is_first(lines[index]) {
            let figures: Vec<(&str, f64)> = lines[index..]
                .iter()
                .take(100)
                .map_while(|line| figure(line).or_else(|| line.starts_with("HugePages").then_some(("", 0.0))))
                .collect();
            table(text, index, &figures, sink);
            index += figures.len();
        }
        index += 1;
    }
}

fn table(text: &Text<'_>, first: usize, figures: &[(&str, f64)], sink: &mut dyn Sink) {
    let kb = |name: &str| figures.iter().find(|(known, _)| *known == name).map(|(_, kb)| *kb);
    let mb = |name: &str| kb(name).map(|kb| round(kb / 1024.0));
    let swap_used = kb("SwapTotal")
        .zip(kb("SwapFree"))
        .map(|(all, free)| round((all - free) / 1024.0));
    let last = first + figures.len() - 1;
    sink.event(
        event_of(text, first, last, first, "mem.sample")
            .maybe("total_mb", mb("MemTotal"))
            .maybe("free_mb", mb("MemFree"))
            .maybe("available_mb", mb("MemAvailable"))
            .maybe("cached_mb", mb("Cached"))
            .maybe("swap_total_mb", mb("SwapTotal"))
            .maybe("swap_used_mb", swap_used)
            .maybe("available_pct", share_pct(mb("MemAvailable"), mb("MemTotal")))
            .maybe("dirty_mb", mb("Dirty")),
    );
    sink.event(
        event(text, first, "env")
            .with("what", "ram_bytes")
            .maybe("value", kb("MemTotal").map(|kb| kb * 1024.0)),
    );
}

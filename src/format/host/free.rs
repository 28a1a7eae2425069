//! free: memory and swap of the moment, with or without units, English and Chinese.
//!
//! ```text
//!                total        used        free      shared  buff/cache   available
//! Mem:           24105        2125       20570           8        1738       21979
//! Swap:              0           0           0
//!              total       used       free     shared    buffers     cached        (procps 3.2)
//! Mem:      16334684   16102120     232564          0      10224    9120448
//! -/+ buffers/cache:    6971448    9363236
//! ```
//!
//! Plain numbers are KiB, or what the command before says (`free -m`), or what the size of the total makes likely.

use crate::format::{Format, Sink};
use crate::model::Text;

use super::prompt::command_before;
use super::table::{Heading, MaybeWith, amount_kb, event_of, number, round, score_by};
use super::top::share_pct;

/// free.
pub(super) const FORMAT: Format = Format {
    name: "free",
    score,
    parse,
};

fn heading(line: &str) -> Option<Heading<'_>> {
    if line.len() > 200 || !(line.contains("total ") || line.contains("总计")) {
        return None;
    }
    let heading = Heading::of(line);
    let starts = heading.names().starts_with(&["total", "used", "free"])
        || heading.names().starts_with(&["总计", "已用", "空闲"]);
    (starts && heading.len() >= 5).then_some(heading)
}

fn score(text: &Text<'_>) -> u8 {
    score_by(text, |line| heading(line).is_some())
}

/// What a row is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Memory,
    Swap,
    /// Used and free without buffers and cache, in old versions.
    WithoutCache,
}

/// The name and the cells of a row.
fn part(line: &str) -> Option<(Part, Vec<&str>)> {
    let (name, rest) = line.split_once([':', '：'])?;
    let part = match name.trim() {
        "Mem" | "内存" => Part::Memory,
        "Swap" | "交换" => Part::Swap,
        "-/+ buffers/cache" | "-/+ 缓冲/缓存" => Part::WithoutCache,
        _ => return None,
    };
    Some((part, rest.split_whitespace().take(8).collect()))
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let lines = text.lines();
    let mut index = 0;
    while index < lines.len() {
        if let Some(found) = heading(lines[index]) {
            let end = (index + 1..lines.len().min(index + 5))
                .take_while(|at| part(lines[*at]).is_some())
                .last();
            if let Some(end) = end {
                table(text, &found, index, end, sink);
                index = end;
            }
        }
        index += 1;
    }
}

fn table(text: &Text<'_>, heading: &Heading<'_>, top: usize, end: usize, sink: &mut dyn Sink) {
    let rows: Vec<(Part, Vec<&str>)> = text.lines()[top + 1..=end]
        .iter()
        .filter_map(|line| part(line))
        .collect();
    let cells = |wanted: Part| rows.iter().find(|(part, _)| *part == wanted).map(|(_, cells)| cells);
    let Some(memory) = cells(Part::Memory) else { return };
    let unit_kb = unit_kb(text.lines(), top, memory.first().copied());
    let mb = |cell: Option<&&str>| amount_kb(cell?, unit_kb).map(|kb| round(kb / 1024.0));
    let column = |names: &[&str]| mb(memory.get(heading.position(names)?));
    let total = mb(memory.first());
    let available = column(&["available", "可用"]).or_else(|| mb(cells(Part::WithoutCache)?.get(1)));
    let swap = cells(Part::Swap);
    let event = event_of(text, top + 1, end, top + 1, "mem.sample")
        .maybe("total_mb", total)
        .maybe("free_mb", mb(memory.get(2)))
        .maybe("available_mb", available)
        .maybe("cached_mb", column(&["buff/cache", "缓冲/缓存", "cached"]))
        .maybe("swap_total_mb", swap.and_then(|cells| mb(cells.first())))
        .maybe("swap_used_mb", swap.and_then(|cells| mb(cells.get(1))))
        .maybe("available_pct", share_pct(available, total));
    if total.is_some() {
        sink.event(event);
    }
}

/// KiB of one unit of the plain numbers.
fn unit_kb(lines: &[&str], heading: usize, total: Option<&str>) -> f64 {
    const MIB: f64 = 1024.0;
    const GIB: f64 = 1024.0 * 1024.0;
    for arg in command_before(lines, heading, "free").unwrap_or_default() {
        match arg {
            "-m" | "--mebi" | "--mega" => return MIB,
            "-g" | "--gibi" | "--giga" => return GIB,
            "-k" | "--kibi" | "--kilo" => return 1.0,
            "-b" | "--bytes" => return 1.0 / 1024.0,
            _ => {}
        }
    }
    // Hosts of brokers have between 300 MiB and 600 GiB.
    match total.and_then(number) {
        Some(total) if total < 300.0 => GIB,
        Some(total) if total < 600_000.0 => MIB,
        Some(total) if total > 1e10 => 1.0 / 1024.0,
        _ => 1.0,
    }
}

//! top: load, processors, memory, processes and hot threads, from batch mode or a pasted screen; procps old and new,
//! busybox, English and Chinese.
//!
//! ```text
//! top - 18:27:45 up  1:38,  0 user,  load average: 5.79, 14.82, 26.15
//! Tasks: 114 total,   3 running, 101 sleeping,   0 stopped,  10 zombie          (Threads: with -H)
//! %Cpu(s): 50.0 us, 50.0 sy,  0.0 ni,  0.0 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st
//! MiB Mem :  24105.6 total,  18695.6 free,   4039.0 used,   1700.8 buff/cache     (KiB Mem :, Mem:  8010084k total)
//! MiB Swap:      0.0 total,      0.0 free,      0.0 used.  20066.6 avail Mem
//!
//!   PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND
//! 30296 root      20   0 2687012 104772  21240 S  62.5   0.4   0:01.79 java
//! ```
//!
//! The screen has a time of day but no date, so its events carry no moment.

use crate::format::{Format, Sink};
use crate::model::Text;

use super::process;
use super::prompt::prompt;
use super::table::{Heading, MaybeWith, Row, amount_kb, count, event, event_of, number, round, score_by};
use super::uptime;

/// top.
pub(super) const FORMAT: Format = Format {
    name: "top",
    score,
    parse,
};

fn score(text: &Text<'_>) -> u8 {
    score_by(text, |line| {
        line.starts_with("top - ") || is_cpu(line) || memory_line(line, "Mem").is_some() || columns(line).is_some()
    })
}

/// Where the last screen of a text begins.
pub(in crate::format) fn last_screen(text: &str) -> Option<usize> {
    text.rfind("\ntop - ").map(|at| at + 1)
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let lines = text.lines();
    let mut heading: Option<Heading<'_>> = None;
    let mut threads = false;
    for (index, &line) in lines.iter().enumerate() {
        if line.starts_with("top - ") {
            (heading, threads) = (None, false);
            if let Some(event) = uptime::load(text, index) {
                sink.event(event);
            }
        } else if line.starts_with("Threads:") || line.starts_with("线程:") {
            threads = true;
        } else if is_cpu(line) {
            processors(text, index, sink);
        } else if memory_line(line, "Mem").is_some() {
            memory(text, index, sink);
        } else if let Some(found) = columns(line) {
            heading = Some(found);
        } else if prompt(line).is_some() {
            heading = None;
        } else if let Some(found) = &heading {
            match found.row_with_tail(line).filter(is_process) {
                Some(row) if threads => thread(text, index, &row, sink),
                Some(row) => process_row(text, index, &row, sink),
                None => {}
            }
        }
    }
}

/// A line joined with the next ones, when a narrow terminal or a chat broke it: pieces are told by their units.
fn joined(lines: &[&str], index: usize, is_complete: fn(&str) -> bool) -> (String, usize) {
    let mut whole = lines[index].to_owned();
    let mut last = index;
    while !is_complete(&whole) && last < index + 2 && last + 1 < lines.len() {
        let next = lines[last + 1].trim();
        if next.is_empty() || next.len() > 200 || is_cpu(next) || next.contains("Swap") {
            break;
        }
        whole.push(' ');
        whole.push_str(next);
        last += 1;
    }
    (whole, last)
}

fn is_cpu(line: &str) -> bool {
    let line = line.trim_start();
    let known = line.starts_with("%Cpu") || line.starts_with("Cpu(s)") || line.starts_with("Cpu0");
    known && line.contains(':') && line.contains("us") || line.starts_with("CPU: ") && line.contains("% usr")
}

fn processors(text: &Text<'_>, index: usize, sink: &mut dyn Sink) {
    let (line, last) = joined(text.lines(), index, |line| line.contains("st") || line.contains("sirq"));
    let Some((name, shares)) = line.split_once(':') else {
        return;
    };
    let digits: String = name.chars().filter(char::is_ascii_digit).collect();
    let cpu = if digits.is_empty() { "all" } else { &digits };
    let share = |units: &[&str]| units.iter().find_map(|unit| before_unit(shares, unit));
    let event = event_of(text, index, last, index, "cpu.sample")
        .with("cpu", cpu)
        .maybe("user_pct", share(&["us", "usr"]))
        .maybe("sys_pct", share(&["sy", "sys"]))
        .maybe("iowait_pct", share(&["wa", "io"]))
        .maybe("steal_pct", share(&["st"]))
        .maybe("softirq_pct", share(&["si", "sirq"]))
        .maybe("idle_pct", share(&["id", "idle"]));
    sink.event(event);
}

/// The number that stands before a unit word: `50.0 us,`, `2.9%us,`, `0% usr`, `100.0 id` (also `ni,100.0 id`).
fn before_unit(text: &str, unit: &str) -> Option<f64> {
    text.match_indices(unit).find_map(|(at, _)| {
        let behind = text[at + unit.len()..].chars().next();
        let before = text[..at].trim_end_matches([' ', '%']);
        let whole_word = behind.is_none_or(|c| !c.is_alphanumeric() && c != '/') && before.len() < at;
        let start = before
            .rfind(|c: char| !(c.is_ascii_digit() || c == '.'))
            .map_or(0, |end| end + before[end..].chars().next().map_or(1, char::len_utf8));
        whole_word.then(|| number(&before[start..])).flatten()
    })
}

/// The KiB of one unit of a `… Mem` or `… Swap` line, and what stands behind the colon.
fn memory_line<'a>(line: &'a str, what: &str) -> Option<(f64, &'a str)> {
    let (name, rest) = line.trim_start().split_once(':')?;
    let mut words = name.split_whitespace();
    let first = words.next()?;
    let unit_kb = match first {
        "KiB" => 1.0,
        "MiB" => 1024.0,
        "GiB" => 1024.0 * 1024.0,
        _ if first == what => 1.0,
        _ => return None,
    };
    let named = first == what || words.next() == Some(what);
    // Old tops and busybox print the unit behind the number, free(1) does not: it is read elsewhere.
    let is_top = rest.contains("total,") || (rest.contains("K used,") && rest.contains("K free"));
    (named && is_top).then_some((unit_kb, rest))
}

fn memory(text: &Text<'_>, index: usize, sink: &mut dyn Sink) {
    let lines = text.lines();
    let (line, mut last) = joined(lines, index, |line| line.contains("buff") || line.contains("cache"));
    let Some((unit_kb, rest)) = memory_line(&line, "Mem") else {
        return;
    };
    let mb = |rest: &str, names: &[&str], unit_kb: f64| {
        let value = names.iter().find_map(|name| before_name(rest, name))?;
        amount_kb(value, unit_kb).map(|kb| round(kb / 1024.0))
    };
    let free = mb(rest, &["free"], unit_kb);
    let total = mb(rest, &["total"], unit_kb).or_else(|| Some(free? + mb(rest, &["used"], unit_kb)?));
    let mut cached = mb(rest, &["buff/cache", "cached"], unit_kb);
    let mut event = event_of(text, index, last, index, "mem.sample")
        .maybe("total_mb", total)
        .maybe("free_mb", free);
    let swap = (last + 1..lines.len().min(last + 3)).find(|at| memory_line(lines[*at], "Swap").is_some());
    if let Some(at) = swap {
        let (line, end) = joined(lines, at, |line| line.contains("Mem") || line.contains("cached"));
        last = end;
        let (unit_kb, rest) = memory_line(&line, "Swap").unwrap_or((unit_kb, ""));
        cached = cached.or_else(|| mb(rest, &["cached"], unit_kb));
        let available = mb(rest, &["avail"], unit_kb);
        event.span.end = text.span(last).line;
        event = event
            .maybe("available_mb", available)
            .maybe("swap_total_mb", mb(rest, &["total"], unit_kb))
            .maybe("swap_used_mb", mb(rest, &["used"], unit_kb))
            .maybe("available_pct", share_pct(available, total));
    }
    sink.event(event.maybe("cached_mb", cached));
}

/// `part` of `all` in percent.
pub(super) fn share_pct(part: Option<f64>, all: Option<f64>) -> Option<f64> {
    let (part, all) = (part?, all?);
    (all > 0.0).then(|| round(part / all * 100.0))
}

/// The word before a name: `24105.6 total,`, `8010084k total`, `0.0 used.`
fn before_name<'a>(rest: &'a str, name: &str) -> Option<&'a str> {
    let words: Vec<&str> = rest.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let at = words
        .iter()
        .position(|word| word.trim_end_matches(['.', ',']) == name)?;
    // A number may have grown into the word before it (`+total` is printed when it does not fit).
    words.get(at.checked_sub(1)?).map(|word| word.trim_matches('+'))
}

const PID: &[&str] = &["PID", "进程号", "进程"];
const COMMAND: &[&str] = &["COMMAND", "Command", "命令"];

/// The heading of the process table. The Chinese one leaves the name of the state column out.
fn columns(line: &str) -> Option<Heading<'_>> {
    if line.len() > 300 || !line.contains("%CPU") {
        return None;
    }
    let mut heading = Heading::of(line);
    let names = heading.names();
    let is_top = PID.contains(names.first()?) && COMMAND.contains(names.last()?);
    // Without one of these it is a list that ps was asked for.
    let is_screen = heading.position(&["PR", "TIME+", "VIRT", "RES", "%VSZ"]).is_some();
    if !is_top || !is_screen {
        return None;
    }
    if let (Some(shr), false) = (heading.position(&["SHR"]), heading.has("S")) {
        heading.insert(shr + 1, "S");
    }
    Some(heading)
}

fn is_process(row: &Row<'_, '_>) -> bool {
    count(row.first()).is_some() && row.num(&["%CPU"]).is_some()
}

fn thread(text: &Text<'_>, index: usize, row: &Row<'_, '_>, sink: &mut dyn Sink) {
    let Some(cpu_pct) = row.num(&["%CPU"]).filter(|pct| *pct >= process::HOT_THREAD_PCT) else {
        return;
    };
    let name = row.text(COMMAND).unwrap_or("");
    sink.event(
        event(text, index, "threads.hot")
            .with("thread", name)
            .with("cpu_pct", cpu_pct),
    );
}

fn process_row(text: &Text<'_>, index: usize, row: &Row<'_, '_>, sink: &mut dyn Sink) {
    let command = row.text(COMMAND).unwrap_or("");
    let cpu_pct = row.num(&["%CPU"]);
    let mem_pct = row.num(&["%MEM"]);
    let resident = row.text(&["RES", "RSS"]).and_then(|cell| amount_kb(cell, 1.0));
    if !process::is_worth_a_row(command, cpu_pct, mem_pct) {
        return;
    }
    let event = event(text, index, "proc.row")
        .maybe("pid", row.text(PID).and_then(count))
        .maybe("cpu_pct", cpu_pct)
        .maybe("mem_pct", mem_pct)
        .maybe("rss_mb", resident.map(|kb| round(kb / 1024.0)));
    sink.event(process::named(event, command));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_before_units() {
        let line = " 50.0 us, 2.9%sy,  0.0 ni,100.0 id,  0.0 wa";
        for (unit, want) in [("us", Some(50.0)), ("sy", Some(2.9)), ("id", Some(100.0)), ("st", None)] {
            assert_eq!(before_unit(line, unit), want, "{unit}");
        }
        assert_eq!(before_unit("   3% usr   1% sys  96% idle", "sys"), Some(1.0));
    }
}

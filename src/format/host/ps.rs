//! ps and jps: processes, with or without a heading (`ps -ef | grep rocketmq`). JVM flags are read elsewhere.
//!
//! ```text
//! USER       PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND
//! root     20118  152 42.1 9120448 6971448 ?     Sl   Mar08 810:02 /usr/bin/java -server … org.apache.rocketmq.broker.BrokerStartup
//! UID        PID  PPID  C STIME TTY          TIME CMD
//! root     20118     1 99 Mar08 ?        13:30:02 /usr/bin/java …
//! 20118 org.apache.rocketmq.broker.BrokerStartup -c /opt/rocketmq/conf/broker.conf      (jps -lm)
//! ```

use std::sync::LazyLock;

use regex::Regex;

use crate::format::{Format, Sink};
use crate::model::{Event, Text};

use super::process;
use super::prompt::prompt;
use super::table::{Heading, MaybeWith, Row, amount_kb, count, event, number, round, score_by};

/// ps and jps.
pub(super) const FORMAT: Format = Format {
    name: "ps",
    score,
    parse,
};

const COMMAND: &[&str] = &["COMMAND", "CMD", "ARGS"];

fn columns(line: &str) -> Option<Heading<'_>> {
    if line.len() > 300 || !line.contains("PID") {
        return None;
    }
    let heading = Heading::of(line);
    let ends = heading.names().last().is_some_and(|name| COMMAND.contains(name));
    let is_top = heading.position(&["PR", "TIME+", "VIRT", "RES", "%VSZ"]).is_some();
    let is_ps = heading.position(&["TTY", "TT", "STAT", "RSS", "STIME", "PPID", "VSZ", "%CPU", "%MEM"]);
    (ends && is_ps.is_some() && !is_top && heading.position(&["PID"])? <= 3).then_some(heading)
}

fn score(text: &Text<'_>) -> u8 {
    score_by(text, |line| {
        columns(line).is_some() || bare_row(line).is_some() || jps(line).is_some_and(|jps| jps.known)
    })
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let lines = text.lines();
    let mut heading: Option<Heading<'_>> = None;
    for (index, &line) in lines.iter().enumerate() {
        if let Some(found) = columns(line) {
            heading = Some(found);
            continue;
        }
        if line.trim().is_empty() || prompt(line).is_some() {
            heading = None;
            continue;
        }
        let below = heading
            .as_ref()
            .and_then(|heading| heading.row_with_tail(line))
            .filter(is_process);
        if let Some(row) = below {
            table_row(text, index, &row, sink);
        } else if let Some((pid, command)) = bare_row(line) {
            give(event(text, index, "proc.row").with("pid", pid), command, sink);
        } else if let Some(found) = jps(line).filter(|found| found.known || among_jps(lines, index)) {
            java(event(text, index, "proc.row").with("pid", found.pid), found.class, sink);
        }
    }
}

/// The cells must fit the heading: another ps without one may follow.
fn is_process(row: &Row<'_, '_>) -> bool {
    let sized = |name: &str| row.text(&[name]).is_none_or(|cell| amount_kb(cell, 1.0).is_some());
    row.text(&["PID"]).and_then(count).is_some() && sized("RSS") && sized("VSZ")
}

fn table_row(text: &Text<'_>, index: usize, row: &Row<'_, '_>, sink: &mut dyn Sink) {
    let command = row.text(COMMAND).unwrap_or("");
    let cpu_pct = row.num(&["%CPU", "C", "PCPU"]);
    let mem_pct = row.num(&["%MEM", "PMEM"]);
    if !process::is_worth_a_row(command, cpu_pct, mem_pct) {
        return;
    }
    let event = event(text, index, "proc.row")
        .maybe("pid", row.num(&["PID"]))
        .maybe("cpu_pct", cpu_pct)
        .maybe("mem_pct", mem_pct)
        .maybe(
            "rss_mb",
            row.text(&["RSS"])
                .and_then(|cell| amount_kb(cell, 1.0))
                .map(|kb| round(kb / 1024.0)),
        );
    give(event, command, sink);
}

fn give(event: Event, command: &str, sink: &mut dyn Sink) {
    if !process::is_search(command) {
        sink.event(process::named(event, command));
    }
}

/// A Java row of `ps -ef` or `ps aux` whose heading grep took away.
fn bare_row(line: &str) -> Option<(f64, &str)> {
    static ROW: LazyLock<Regex> = LazyLock::new(|| {
        let full = r"\d+\s+\d+\s+\S{1,8}\s+\S{1,8}\s+[\d:-]{5,12}";
        let wide = r"[\d.]+\s+[\d.]+\s+\d+\s+\d+\s+\S{1,8}\s+\S{1,6}\s+\S{1,8}\s+\d+:\d\d";
        Regex::new(&format!(
            r"^\s*[a-z_][\w+.-]*\s+(\d{{1,9}})\s+(?:{full}|{wide})\s+(\S*java\s.*)$"
        ))
        .expect("a valid expression")
    });
    // The expression is only tried on lines that can match.
    if !line.contains("java ") {
        return None;
    }
    let found = ROW.captures(line)?;
    Some((number(found.get(1)?.as_str())?, found.get(2)?.as_str()))
}

/// A row of jps.
struct Jps<'a> {
    pid: f64,
    class: &'a str,
    /// The class is one of RocketMQ's or jps itself, so the line is a row whatever stands around it.
    known: bool,
}

fn jps(line: &str) -> Option<Jps<'_>> {
    let (pid, rest) = line.trim_end().split_once(' ')?;
    let pid = count(pid).filter(|_| pid.len() <= 7)?;
    let class = rest.split(' ').next()?;
    let is_class = class.starts_with(|c: char| c.is_ascii_alphabetic())
        && class
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'$' | b'/' | b'-'));
    let known = process::is_rocketmq(class) || class.rsplit('.').next() == Some("Jps");
    is_class.then_some(Jps { pid, class, known })
}

/// Whether a neighbour is certainly a row of jps: a number and a word alone are too little.
fn among_jps(lines: &[&str], index: usize) -> bool {
    const NEAR: usize = 12;
    let certain = |line: &&&str| jps(line).is_some_and(|row| row.known);
    let before = lines[index.saturating_sub(NEAR)..index].iter().rev();
    let after = lines[index + 1..].iter().take(NEAR);
    before.take_while(|line| jps(line).is_some()).any(|line| certain(&line))
        || after.take_while(|line| jps(line).is_some()).any(|line| certain(&line))
}

fn java(event: Event, class: &str, sink: &mut dyn Sink) {
    if class.rsplit('.').next() == Some("Jps") {
        return;
    }
    let event = event.with("command", format!("java {class}")).with("java", 1.0);
    sink.event(if process::is_rocketmq(class) {
        event.with("rocketmq", 1.0)
    } else {
        event
    });
}

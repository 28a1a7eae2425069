//! Limits of containers and what they use: docker stats, cgroup files, `docker inspect`, `kubectl describe`.
//!
//! ```text
//! CONTAINER ID   NAME       CPU %     MEM USAGE / LIMIT     MEM %     NET I/O          BLOCK I/O        PIDS
//! 3f2a10bb91c0   rmqbroker  101.20%   1.021GiB / 2GiB       51.05%    1.2GB / 3.1GB    12MB / 98GB      210
//! /sys/fs/cgroup/memory.max:2147483648          (or a cat of it with the number below)
//! nr_throttled 4211                             (cpu.stat)
//! "OOMKilled": true                             (docker inspect)      Reason: OOMKilled  (kubectl describe)
//! ```

use crate::format::{Format, Sink};
use crate::model::{Text, units};

use super::process;
use super::prompt::typed;
use super::table::{MaybeWith, count, event, number, round, score_by};

/// Containers and cgroups.
pub(super) const FORMAT: Format = Format {
    name: "container",
    score,
    parse,
};

fn score(text: &Text<'_>) -> u8 {
    let whole = file_of(text.path).is_some();
    score_by(text, |line| {
        whole
            || is_stats(line)
            || is_killed(line)
            || cgroup_line(line).is_some()
            || typed_file(line).is_some()
            || throttled(line).is_some()
    })
}

fn is_stats(line: &str) -> bool {
    line.starts_with("CONTAINER") && line.contains("CPU %") && line.contains("MEM USAGE / LIMIT")
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let lines = text.lines();
    let mut named_column = None;
    let mut whole = file_of(text.path);
    for (index, &line) in lines.iter().enumerate() {
        if is_stats(line) {
            named_column = Some(line.contains("NAME"));
        } else if line.trim().is_empty() {
            named_column = None;
        } else if let Some(with_name) = named_column {
            stats_row(text, index, with_name, sink);
        }
        if let Some((file, value)) = cgroup_line(line) {
            cgroup(text, index, file, value, sink);
        } else if let Some(file) = typed_file(line) {
            if let Some(value) = lines.get(index + 1) {
                cgroup(text, index + 1, file, value, sink);
            }
        } else if let Some(file) = whole.take() {
            cgroup(text, index, file, line, sink);
        } else if let Some(times) = throttled(line).filter(|times| *times > 0.0) {
            sink.event(
                event(text, index, "env")
                    .with("what", "cpu_throttled")
                    .with("value", times),
            );
        } else if is_killed(line) {
            let event = event(text, index, "kernel").with("what", "oom-kill");
            sink.event(event.with("scope", "cgroup").with("detail", line.trim()));
        } else if let Some(bytes) = inspected(line) {
            let event = event(text, index, "env").with("what", "memory_limit_bytes");
            sink.event(event.with("value", bytes));
        }
    }
}

/// `id [name] cpu% used / limit mem% …`
fn stats_row(text: &Text<'_>, index: usize, with_name: bool, sink: &mut dyn Sink) {
    let words: Vec<&str> = text.lines()[index].split_whitespace().take(20).collect();
    let first = usize::from(with_name);
    let (Some(name), Some(cpu), Some(used), Some(limit), Some(share)) = (
        words.get(first),
        words.get(first + 1),
        words.get(first + 2),
        words.get(first + 4),
        words.get(first + 5),
    ) else {
        return;
    };
    let (Some(cpu_pct), Some(used), Some(limit)) = (number(cpu), units::parse_bytes(used), units::parse_bytes(limit))
    else {
        return;
    };
    let row = event(text, index, "proc.row")
        .with("cpu_pct", cpu_pct)
        .maybe("mem_pct", number(share))
        .with("rss_mb", round(used / 1024.0 / 1024.0));
    sink.event(process::named(row, name));
    let event = event(text, index, "env").with("what", "memory_limit_bytes");
    sink.event(event.with("value", limit));
}

/// A cgroup file that a path names.
fn file_of(path: &str) -> Option<&'static str> {
    const FILES: &[&str] = &["memory.max", "memory.limit_in_bytes", "cpu.max"];
    let name = path.rsplit(['/', '!', '_']).next()?;
    let last = path.rsplit(['/', '!']).next()?;
    FILES
        .iter()
        .find(|file| **file == name || **file == last || last.strip_suffix(".txt") == Some(file))
        .copied()
}

/// `path:value` as grep prints it.
fn cgroup_line(line: &str) -> Option<(&'static str, &str)> {
    let (path, value) = line.split_once(':')?;
    (path.starts_with("/sys/fs/cgroup") || path.starts_with("memory.") || path.starts_with("cpu."))
        .then(|| file_of(path))
        .flatten()
        .map(|file| (file, value))
}

/// The cgroup file that a `cat` on the line prints.
fn typed_file(line: &str) -> Option<&'static str> {
    line.contains("cgroup")
        .then(|| typed(line, "cat")?.last().and_then(|path| file_of(path)))
        .flatten()
}

fn cgroup(text: &Text<'_>, index: usize, file: &str, value: &str, sink: &mut dyn Sink) {
    // Without a limit the old file holds a number near 2^63.
    const NO_LIMIT: f64 = 9e18;
    let mut words = value.split_whitespace();
    let Some(first) = words.next().and_then(count).filter(|value| *value < NO_LIMIT) else {
        return;
    };
    let fact = if file == "cpu.max" {
        let period = words.next().and_then(count).filter(|period| *period > 0.0);
        period.map(|period| ("cpu_limit", round(first / period)))
    } else {
        Some(("memory_limit_bytes", first))
    };
    if let Some((what, value)) = fact {
        sink.event(event(text, index, "env").with("what", what).with("value", value));
    }
}

/// How often the processor quota was used up.
fn throttled(line: &str) -> Option<f64> {
    line.strip_prefix("nr_throttled ").and_then(|times| count(times.trim()))
}

fn is_killed(line: &str) -> bool {
    let line = line.trim();
    line.len() < 200
        && (line.starts_with("\"OOMKilled\": true")
            || line.starts_with("Reason:") && line.ends_with("OOMKilled")
            || line
                .strip_prefix("oom_kill ")
                .and_then(count)
                .is_some_and(|times| times > 0.0))
}

/// `"Memory": 2147483648,` of docker inspect; zero is no limit.
fn inspected(line: &str) -> Option<f64> {
    let value = line.trim().strip_prefix("\"Memory\": ")?;
    count(value.trim_end_matches(',')).filter(|bytes| *bytes > 0.0)
}

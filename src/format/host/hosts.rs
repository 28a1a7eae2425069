//! /etc/hosts: which names the host resolves by itself.
//!
//! ```text
//! 127.0.0.1   localhost localhost.localdomain
//! 10.0.0.2    mq-namesrv-1 rocketmq-nameserver1   # name server
//! ```
//!
//! An address and a name on a line prove little, so lines count only in a file of that name, below a command that
//! prints it, or in a block with `localhost` in it.

use std::net::IpAddr;

use crate::format::{Format, Sink};
use crate::model::Text;

use super::prompt::prompt;
use super::table::{event, score_by};

/// /etc/hosts.
pub(super) const FORMAT: Format = Format {
    name: "hosts",
    score,
    parse,
};

/// Address and names of one line.
fn entry(line: &str) -> Option<(&str, Vec<&str>)> {
    if line.len() > 500 {
        return None;
    }
    let line = line.split('#').next()?.trim();
    let mut words = line.split_whitespace();
    let ip = words.next().filter(|ip| ip.parse::<IpAddr>().is_ok())?;
    let names: Vec<&str> = words.take(33).collect();
    let is_name = |name: &&str| {
        name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name.contains(|c: char| c.is_ascii_alphabetic())
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
    };
    (!names.is_empty() && names.iter().all(|name| is_name(&name))).then_some((ip, names))
}

fn is_anchor(line: &str) -> bool {
    entry(line).is_some_and(|(_, names)| names.contains(&"localhost")) || prints_hosts(line)
}

fn prints_hosts(line: &str) -> bool {
    line.contains("/etc/hosts") && prompt(line).is_some()
}

fn is_hosts_file(text: &Text<'_>) -> bool {
    let name = text.file_name();
    name == "hosts" || name.starts_with("hosts.") || name == "etc_hosts"
}

fn score(text: &Text<'_>) -> u8 {
    if is_hosts_file(text) {
        return score_by(text, |line| entry(line).is_some());
    }
    score_by(text, is_anchor)
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let lines = text.lines();
    let all = is_hosts_file(text);
    let mut index = 0;
    while index < lines.len() {
        // A block: entries, comments and empty lines, possibly below the command that prints it.
        let end = (index..lines.len())
            .find(|at| !(entry(lines[*at]).is_some() || is_between(lines[*at])))
            .unwrap_or(lines.len());
        let printed = index > 0 && prints_hosts(lines[index - 1]);
        if all || printed || lines[index..end].iter().any(|line| is_anchor(line)) {
            block(text, index, end, sink);
        }
        index = end + 1;
    }
}

fn is_between(line: &str) -> bool {
    line.trim().is_empty() || line.starts_with('#') && prompt(line).is_none()
}

fn block(text: &Text<'_>, start: usize, end: usize, sink: &mut dyn Sink) {
    for index in start..end {
        let Some((ip, names)) = entry(text.lines()[index]) else {
            continue;
        };
        for name in names {
            sink.event(event(text, index, "hosts").with("ip", ip).with("name", name));
        }
    }
}

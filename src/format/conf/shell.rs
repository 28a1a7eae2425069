//! Commands in scripts, histories and notes that start RocketMQ or prepare its host: what the shell makes of them.
//!
//! ```text
//! nohup sh mqbroker -n 10.0.0.4:9876;10.0.0.5:9876 -c ../conf/broker-a.properties &
//! mkdir -p /data/rocketmq/store/commitlog
//! export NAMESRV_ADDR=10.0.0.4:9876
//! firewall-cmd --zone=public --add-port=10911/tcp --permanent
//! ```
//!
//! Keys: `-n`, `-c`, `-b` … as the program gets them, with the program as `unit`; `cut-off` with the rest behind an unquoted
//! `;`; `mkdir`; `NAMESRV_ADDR`, `ROCKETMQ_HOME`; `open-port`.

use super::words::{self, Command};
use super::{Keys, Place};
use crate::format::{Format, Sink};
use crate::model::Text;

pub(super) const FORMAT: Format = Format {
    name: "start-command",
    score,
    parse,
};

/// Programs whose arguments matter.
const PROGRAMS: [&str; 12] = [
    "mqbroker",
    "mqnamesrv",
    "mqproxy",
    "mqadmin",
    "mqcontroller",
    "mqbrokercontainer",
    "producer.sh",
    "consumer.sh",
    "tproducer.sh",
    "batchproducer.sh",
    "tools.sh",
    "runbroker.sh",
];

/// Literals one of which stands in every line of interest.
const LITERALS: [&str; 11] = [
    "mqbroker",
    "mqnamesrv",
    "mqproxy",
    "mqadmin",
    "mqcontroller",
    "producer.sh",
    "consumer.sh",
    "tools.sh",
    "mkdir",
    "NAMESRV_ADDR=",
    "ROCKETMQ_HOME=",
];

/// Ways to open a port.
const FIREWALLS: [&str; 3] = ["firewall-cmd", "iptables", "ufw"];

fn is_candidate(line: &str) -> bool {
    line.len() < 4096
        && (LITERALS.iter().any(|word| line.contains(word)) || FIREWALLS.iter().any(|word| line.contains(word)))
}

fn score(text: &Text<'_>) -> u8 {
    if super::is_too_long(text) {
        return 0;
    }
    let mut seen = Vec::new();
    parse(text, &mut seen);
    if seen.is_empty() { 0 } else { 20 }
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let mut keys = Keys::new(text, sink);
    let lines = text.lines();
    let mut index = 0;
    while index < lines.len() {
        if !is_candidate(lines[index]) {
            index += 1;
            continue;
        }
        let (line, taken) = words::joined(lines, index);
        if !line.contains("docker run") {
            line_events(&line, index, &mut keys);
        }
        index += taken;
    }
}

fn line_events(line: &str, index: usize, keys: &mut Keys<'_, '_>) {
    let commands = words::commands(line);
    for (number, command) in commands.iter().enumerate() {
        let rest = if command.cut { commands.get(number + 1) } else { None };
        command_events(command, rest, index, keys);
    }
}

fn place(unit: &str) -> Place<'_> {
    Place {
        class: "shell",
        form: "command",
        unit,
    }
}

fn command_events(command: &Command, rest: Option<&Command>, index: usize, keys: &mut Keys<'_, '_>) {
    let all = &command.words;
    let known = all.iter().position(|word| PROGRAMS.contains(&words::base_name(word)));
    if let Some(at) = known.filter(|at| starts_program(&all[..*at])) {
        let unit = words::base_name(&all[at]);
        let mut given = 0;
        for pair in all[at + 1..].windows(2) {
            if pair[0].starts_with('-') && pair[0].len() <= 24 && !pair[1].starts_with('-') {
                keys.give(place(unit), &pair[0], &pair[1], index);
                given += 1;
            }
        }
        if let Some(rest) = rest.filter(|_| given > 0) {
            keys.give(place(unit), "cut-off", &rest.words.join(" "), index);
        }
    }
    for (at, word) in all.iter().enumerate() {
        if let Some((name, value)) = word.split_once('=').filter(|_| starts_program(&all[..at]))
            && matches!(name, "NAMESRV_ADDR" | "ROCKETMQ_HOME")
        {
            keys.give(place("env"), name, value, index);
            if let Some(rest) = rest.filter(|_| word == &all[all.len() - 1]) {
                keys.give(place("env"), "cut-off", &rest.words.join(" "), index);
            }
        }
    }
    if let Some(at) = all.iter().position(|word| words::base_name(word) == "mkdir")
        && starts_program(&all[..at])
    {
        for path in all[at + 1..].iter().filter(|word| word.contains('/')) {
            keys.give(place("mkdir"), "mkdir", path, index);
        }
    }
    if all.iter().any(|word| FIREWALLS.contains(&words::base_name(word))) {
        for port in opened_ports(all) {
            keys.give(place("firewall"), "open-port", port, index);
        }
    }
}

/// What may stand in front of a program: a prompt, `nohup`, `sh`, `sudo`, variables. Prose has other words.
fn starts_program(front: &[String]) -> bool {
    const WRAPPERS: [&str; 14] = [
        "nohup", "export", "ENV", "sh", "bash", "sudo", "exec", "start", "$", "#", ">", "RUN", "time", "then",
    ];
    front.iter().all(|word| {
        WRAPPERS.contains(&words::base_name(word))
            || word.contains('=')
            || word.contains('@')
            || word.ends_with(['$', '#', '>', '%'])
    })
}

/// Ports in the arguments of a firewall command.
fn opened_ports(all: &[String]) -> Vec<&str> {
    let mut out = Vec::new();
    let is_port = |text: &str| text.len() <= 11 && text.starts_with(|c: char| c.is_ascii_digit());
    for (at, word) in all.iter().enumerate() {
        if let Some(value) = word.strip_prefix("--add-port=") {
            out.extend(Some(value.split('/').next().unwrap_or(value)).filter(|port| is_port(port)));
        } else if matches!(word.as_str(), "--dport" | "--dports" | "allow" | "--add-port") {
            let value = all.get(at + 1).map_or("", String::as_str);
            out.extend(
                value
                    .split(',')
                    .map(|port| port.split('/').next().unwrap_or(port))
                    .filter(|port| is_port(port)),
            );
        }
    }
    out
}

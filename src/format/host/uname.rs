//! Who the host is: `uname -a`, the banner of the sysstat tools, hostnamectl, /etc/os-release and redhat-release.
//!
//! ```text
//! Linux broker-a 5.10.0-60.18.x86_64 #1 SMP Tue Mar 1 … x86_64 x86_64 x86_64 GNU/Linux
//! Linux 5.10.0-60.18.x86_64 (broker-a) 	11/24/26 	_x86_64_	(2 CPU)
//! PRETTY_NAME="CentOS Linux 7 (Core)"
//! ```

use crate::format::{Format, Sink};
use crate::model::Text;

use super::table::{count, event, score_by};

/// uname and other statements of identity.
pub(super) const FORMAT: Format = Format {
    name: "uname",
    score,
    parse,
};

/// One statement: kind of fact and its value.
type Fact<'a> = (&'static str, &'a str);

fn score(text: &Text<'_>) -> u8 {
    score_by(text, |line| !facts(line).is_empty())
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    // Banners repeat in one console; each fact is told once.
    let mut told: Vec<Fact<'_>> = Vec::new();
    for (index, &line) in text.lines().iter().enumerate() {
        for fact in facts(line) {
            if told.contains(&fact) || told.len() > 200 {
                continue;
            }
            told.push(fact);
            let (what, value) = fact;
            let event = match (what, count(value)) {
                ("kernel", _) => event(text, index, "version")
                    .with("component", "kernel")
                    .with("version", value),
                (_, Some(number)) => event(text, index, "env").with("what", what).with("value", number),
                _ => event(text, index, "env").with("what", what).with("value", value),
            };
            sink.event(event);
        }
    }
}

fn facts(line: &str) -> Vec<Fact<'_>> {
    if line.len() > 400 {
        return Vec::new();
    }
    match line.strip_prefix("Linux ") {
        Some(rest) => banner(rest).or_else(|| uname(rest)).unwrap_or_default(),
        None => name_and_value(line),
    }
}

fn is_version(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.')
}

/// `5.10.0 (broker-a) 	11/24/26 	_x86_64_	(2 CPU)`
fn banner(rest: &str) -> Option<Vec<Fact<'_>>> {
    let (version, rest) = rest.split_once(' ')?;
    let (host, rest) = rest.trim_start().strip_prefix('(')?.split_once(')')?;
    if !is_version(version) || !rest.contains('_') {
        return None;
    }
    let mut facts = vec![("kernel", version), ("hostname", host)];
    let arch = rest
        .split_whitespace()
        .find_map(|word| word.strip_prefix('_')?.strip_suffix('_'));
    facts.extend(arch.map(|arch| ("arch", arch)));
    let cpus = rest
        .rsplit_once('(')
        .and_then(|(_, inside)| inside.trim_end().strip_suffix(" CPU)"))
        .filter(|cpus| count(cpus).is_some());
    facts.extend(cpus.map(|cpus| ("cpus", cpus)));
    Some(facts)
}

/// `broker-a 5.10.0 #1 SMP … x86_64 GNU/Linux`
fn uname(rest: &str) -> Option<Vec<Fact<'_>>> {
    let words: Vec<&str> = rest.split_whitespace().collect();
    let (host, version) = (*words.first()?, *words.get(1)?);
    let is_uname = is_version(version) && words.get(2)?.starts_with('#');
    is_uname.then(|| {
        let arch = ["x86_64", "aarch64", "loongarch64", "i686"]
            .into_iter()
            .find(|arch| words.contains(arch));
        let mut facts = vec![("kernel", version), ("hostname", host)];
        facts.extend(arch.map(|arch| ("arch", arch)));
        facts
    })
}

fn name_and_value(line: &str) -> Vec<Fact<'_>> {
    const NAMES: &[(&str, &str)] = &[
        ("PRETTY_NAME=", "os"),
        ("Static hostname: ", "hostname"),
        ("Operating System: ", "os"),
        ("Virtualization: ", "virtualization"),
        ("Kernel: Linux ", "kernel"),
    ];
    let line = line.trim();
    let found = NAMES
        .iter()
        .find_map(|(name, what)| Some((*what, line.strip_prefix(name)?.trim_matches(['"', '\'']))));
    let release = line.contains(" release ")
        && [
            "CentOS",
            "Red Hat",
            "Alibaba Cloud",
            "Kylin",
            "openEuler",
            "Rocky",
            "AlmaLinux",
            "Anolis",
        ]
        .iter()
        .any(|name| line.starts_with(name));
    match (found, release) {
        (Some((_, "")), _) => Vec::new(),
        (Some(fact), _) => vec![fact],
        (None, true) => vec![("os", line)],
        (None, false) => Vec::new(),
    }
}

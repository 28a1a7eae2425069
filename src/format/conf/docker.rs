//! `docker run` lines that start RocketMQ.
//!
//! ```text
//! docker run -d --name rmqbroker -p 10911:10911 -p 10909:10909 \
//!   -v /data/store:/home/rocketmq/store -e "NAMESRV_ADDR=namesrv:9876" \
//!   apache/rocketmq:5.1.0 sh mqbroker -c /home/rocketmq/conf/broker.conf
//! ```
//!
//! Keys: `image`, `port` (as written: `10911:10911`), `volume`, `network`, `memory`, `ulimit`, `host`, `command`, and each
//! environment variable by its name. The unit is the container's name.

use super::words;
use super::{Keys, Place};
use crate::format::{Format, Sink};
use crate::model::Text;

pub(super) const FORMAT: Format = Format {
    name: "docker-run",
    score,
    parse,
};

/// Options without a value.
const SWITCHES: [&str; 10] = [
    "-d",
    "-it",
    "-i",
    "-t",
    "-itd",
    "-dit",
    "--rm",
    "--privileged",
    "--init",
    "--detach",
];

/// Options that become keys.
const OPTIONS: [(&str, &str); 17] = [
    ("-p", "port"),
    ("--publish", "port"),
    ("-v", "volume"),
    ("--volume", "volume"),
    ("--mount", "volume"),
    ("-e", "env"),
    ("--env", "env"),
    ("--name", "name"),
    ("--network", "network"),
    ("--net", "network"),
    ("-m", "memory"),
    ("--memory", "memory"),
    ("--ulimit", "ulimit"),
    ("--shm-size", "shm-size"),
    ("--add-host", "host"),
    ("--user", "user"),
    ("-u", "user"),
];

fn is_run(line: &str) -> bool {
    (line.contains("docker") || line.contains("podman") || line.contains("nerdctl")) && line.contains(" run ")
}

fn score(text: &Text<'_>) -> u8 {
    if super::is_too_long(text) {
        return 0;
    }
    if text.lines().iter().any(|line| is_run(line)) {
        30
    } else {
        0
    }
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let mut keys = Keys::new(text, sink);
    let lines = text.lines();
    let mut index = 0;
    while index < lines.len() {
        if !is_run(&format!("{} ", lines[index].trim_end_matches(['\\', '`', '^']))) {
            index += 1;
            continue;
        }
        let (line, taken) = words::joined(lines, index);
        for command in words::commands(&line) {
            if let Some(run) = Run::read(&command.words) {
                run.give(&mut keys, lines, index, taken);
            }
        }
        index += taken;
    }
}

#[derive(Debug, Default)]
struct Run {
    name: String,
    image: String,
    command: Vec<String>,
    options: Vec<(&'static str, String)>,
}

impl Run {
    /// The parts of a `docker run` command, when it is one that starts RocketMQ.
    fn read(all: &[String]) -> Option<Self> {
        let at = all
            .windows(2)
            .position(|pair| pair[1] == "run" && matches!(pair[0].as_str(), "docker" | "podman" | "nerdctl"))?;
        let mut run = Run::default();
        let mut rest = all[at + 2..].iter();
        while let Some(word) = rest.next() {
            if !word.starts_with('-') {
                run.image = word.clone();
                run.command = rest.cloned().collect();
                break;
            }
            if SWITCHES.contains(&word.as_str()) {
                continue;
            }
            let (option, value) = match word.split_once('=') {
                Some((option, value)) if option.starts_with("--") => (option, value.to_owned()),
                _ => (word.as_str(), rest.next().cloned().unwrap_or_default()),
            };
            match OPTIONS.iter().find(|(name, _)| *name == option) {
                Some((_, "name")) => run.name = value,
                Some((_, key)) => run.options.push((key, value)),
                None => {}
            }
        }
        let ours = run.image.contains("rocketmq")
            || run
                .command
                .iter()
                .any(|word| word.contains("mqbroker") || word.contains("mqnamesrv"))
            || run.options.iter().any(|(_, value)| value.contains("NAMESRV_ADDR"));
        ours.then_some(run)
    }

    fn give(&self, keys: &mut Keys<'_, '_>, lines: &[&str], index: usize, taken: usize) {
        let unit = if self.name.is_empty() { &self.image } else { &self.name };
        let place = Place {
            class: "docker",
            form: "command",
            unit,
        };
        // The line of the value, when the command goes over several.
        let line_of = |value: &str| {
            (index..index + taken)
                .find(|at| !value.is_empty() && lines[*at].contains(value))
                .unwrap_or(index)
        };
        keys.give(place, "image", &self.image, line_of(&self.image));
        for (key, value) in &self.options {
            match (*key, value.split_once('=')) {
                ("env", Some((name, inner))) => keys.give(place, name, inner, line_of(name)),
                ("env", None) => {}
                _ => keys.give(place, key, value, line_of(value)),
            }
        }
        if !self.command.is_empty() {
            let last = self.command.last().map_or("", String::as_str);
            keys.give(place, "command", &self.command.join(" "), line_of(last));
        }
    }
}

//! Kernel settings: `sysctl -a`, sysctl.conf, scripts and pasted lists. The grammar of one line is in `setting.rs`.
//!
//! ```text
//! vm.swappiness = 60                          live: as sysctl prints it
//! vm.swappiness=1                             file: as people write it
//! sudo sysctl -w vm.drop_caches=1             shell
//! [root@broker-a ~]# cat /proc/sys/vm/max_map_count
//! 65530
//! always madvise [never]                      below a cat of …/transparent_hugepage/enabled
//! ```

use crate::format::{Format, Sink};
use crate::model::{Event, Text};

use super::prompt::{prompt, typed};
use super::setting::{Sysctl, sysctls};
use super::table::{event, number, score_by};

/// sysctl.
pub(super) const FORMAT: Format = Format {
    name: "sysctl",
    score,
    parse,
};

fn score(text: &Text<'_>) -> u8 {
    score_by(text, |line| {
        !sysctls(line).is_empty() || printed_file(line).is_some() || device_setting(line)
    })
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let lines = text.lines();
    let mut screen = Screen::of_file(text);
    for (index, &line) in lines.iter().enumerate() {
        screen.next(line);
        for setting in sysctls(line) {
            let event = event(text, index, "sysctl").with("key", setting.key.as_str());
            let form = screen.form(&setting);
            sink.event(with_value(event, setting.value).with("form", form));
        }
        if let Some(path) = printed_file(line) {
            printed(text, index, path, sink);
        } else if device_setting(line) {
            scheduler_command(text, index, sink);
        }
    }
}

/// What the lines around a setting tell of where it stands.
struct Screen {
    /// A command above printed a file, or the file's name says it is one.
    file: bool,
    /// A command above asked the kernel.
    live: bool,
}

impl Screen {
    fn of_file(text: &Text<'_>) -> Self {
        let name = text.file_name();
        Self {
            file: name.ends_with(".conf") || text.path.contains("sysctl.d/"),
            live: false,
        }
    }

    fn next(&mut self, line: &str) {
        let Some(prompt) = prompt(line) else {
            if line.starts_with('#') {
                (self.file, self.live) = (true, false);
            }
            return;
        };
        self.live = prompt.command.contains("sysctl ") && !prompt.command.contains("sysctl.conf");
        self.file = !self.live && prompt.command.contains("sysctl");
    }

    fn form(&self, setting: &Sysctl<'_>) -> &'static str {
        match (setting.by_command, self.file, self.live) {
            (true, ..) => "shell",
            (_, true, _) => "file",
            (_, _, true) => "live",
            _ if setting.spaced => "live",
            _ => "file",
        }
    }
}

fn with_value(event: Event, value: &str) -> Event {
    match number(value) {
        Some(number) => event.with("value", number),
        None => event.with("value", value.split_whitespace().collect::<Vec<_>>().join(" ")),
    }
}

/// The file that a `cat` on the line prints, when its path tells what the number below means.
fn printed_file(line: &str) -> Option<&str> {
    let args = typed(line, "cat")?;
    let path = args.last().copied()?;
    (path.starts_with("/proc/sys/") || path.contains("/queue/scheduler") || path.contains("transparent_hugepage/"))
        .then_some(path)
}

fn printed(text: &Text<'_>, index: usize, path: &str, sink: &mut dyn Sink) {
    let Some(value) = text.lines().get(index + 1).map(|line| line.trim()) else {
        return;
    };
    if value.is_empty() || value.len() > 100 || prompt(value).is_some() {
        return;
    }
    if let Some(key) = path.strip_prefix("/proc/sys/") {
        if value.split_whitespace().all(|word| number(word).is_some()) {
            let event = event(text, index + 1, "sysctl").with("key", key.replace('/', "."));
            sink.event(with_value(event, value).with("form", "live"));
        }
        return;
    }
    let what = if path.contains("transparent_hugepage") {
        "transparent_hugepage"
    } else {
        "io_scheduler"
    };
    // The choice in force stands in brackets.
    let chosen = value
        .split_once('[')
        .and_then(|(_, rest)| rest.split_once(']'))
        .map_or(value, |(chosen, _)| chosen);
    sink.event(event(text, index + 1, "env").with("what", what).with("value", chosen));
}

/// `echo 'deadline' > /sys/block/${DISK}/queue/scheduler`
fn device_setting(line: &str) -> bool {
    line.contains("echo ") && line.contains("/queue/scheduler") && line.contains('>')
}

fn scheduler_command(text: &Text<'_>, index: usize, sink: &mut dyn Sink) {
    let line = text.lines()[index];
    let Some((_, rest)) = line.split_once("echo ") else {
        return;
    };
    let value = rest.split('>').next().unwrap_or("").trim_matches([' ', '\'', '"']);
    if !value.is_empty() && value.len() <= 20 {
        sink.event(
            event(text, index, "env")
                .with("what", "io_scheduler")
                .with("value", value),
        );
    }
}

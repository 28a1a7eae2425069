//! One out-of-memory kill, told by the kernel in several lines; other messages are in `message.rs`.
//!
//! ```text
//! java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
//! memory: usage 921600kB, limit 921600kB, failcnt 4211
//! oom-kill:constraint=CONSTRAINT_MEMCG,…,task=java,pid=3201,uid=0
//! Memory cgroup out of memory: Killed process 3201 (java) total-vm:4151436kB, anon-rss:916600kB, file-rss:1280kB, …
//! ```
//!
//! Kernels up to 4.x say `Kill process` first and `Killed process` after it: that is one kill. A log may end or be cut
//! before the last line: then the first tells of it.

use std::sync::LazyLock;

use regex::Regex;

use crate::format::Sink;
use crate::model::{Event, Text};

use super::super::table::{MaybeWith, count, event, round};
use super::line::Line;

/// How many lines after its announcement a kill is told.
const LINES_MAX: usize = 3_000;

static KILL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?P<done>Killed|Kill) process (?P<pid>\d+),?(?: UID \d+,?)? \((?P<process>[^)]*)\)")
        .expect("a valid expression")
});

/// Whether a message belongs to a kill.
pub(super) fn is_part(message: &str) -> bool {
    message.contains(" invoked oom-killer:") || message.starts_with("oom-kill:constraint=") || kill(message).is_some()
}

fn kill(message: &str) -> Option<regex::Captures<'_>> {
    let starts = ["Out of memory", "Memory cgroup out of memory", "Kill"];
    (starts.iter().any(|start| message.starts_with(start)) && message.contains(" process "))
        .then(|| KILL.captures(message))
        .flatten()
}

/// Follows the lines of kills.
#[derive(Default)]
pub(super) struct Kills {
    /// A kill that was announced and not told yet.
    pending: Option<(Event, usize)>,
    /// The last finished kill, since some kernels tell it twice.
    last_pid: Option<(f64, usize)>,
    in_cgroup: bool,
    limit_kb: Option<f64>,
}

impl Kills {
    /// Takes a line; true when it is part of a kill.
    pub(super) fn take(&mut self, text: &Text<'_>, index: usize, line: &Line<'_>, sink: &mut dyn Sink) -> bool {
        let message = line.message;
        if self.pending.as_ref().is_some_and(|(_, at)| index - at > LINES_MAX) {
            self.end(sink);
        }
        if let Some((process, _)) = message.split_once(" invoked oom-killer:") {
            self.end(sink);
            (self.in_cgroup, self.limit_kb) = (false, None);
            self.announce(event(text, index, "kernel").at(line.at).with("process", process), index);
        } else if message.starts_with("memory: usage ") {
            self.limit_kb = field_kb(message, "limit ");
        } else if message.starts_with("oom-kill:constraint=") {
            self.in_cgroup |= message.contains("CONSTRAINT_MEMCG");
            let value = |name: &str| message.split(',').find_map(|part| part.strip_prefix(name));
            let event = event(text, index, "kernel")
                .at(line.at)
                .maybe("process", value("task="));
            self.announce(event.maybe("pid", value("pid=").and_then(count)), index);
        } else if message.starts_with("Task in ") && message.contains(" killed as a result of limit of ") {
            self.in_cgroup = true;
        } else if let Some(found) = kill(message) {
            self.in_cgroup |= message.starts_with("Memory cgroup");
            let pid = count(&found["pid"]);
            let event = event(text, index, "kernel")
                .at(line.at)
                .with("process", &found["process"])
                .maybe("pid", pid);
            if &found["done"] == "Kill" {
                self.announce(event, index);
            } else {
                self.tell(event, pid, index, message, sink);
            }
        } else {
            return false;
        }
        true
    }

    fn announce(&mut self, event: Event, index: usize) {
        self.pending = Some((event, index));
    }

    fn tell(&mut self, event: Event, pid: Option<f64>, index: usize, message: &str, sink: &mut dyn Sink) {
        self.pending = None;
        let again = self
            .last_pid
            .is_some_and(|(last, at)| Some(last) == pid && index - at < 20);
        self.last_pid = pid.map(|pid| (pid, index));
        if again {
            return;
        }
        let resident: Vec<f64> = ["anon-rss:", "file-rss:", "shmem-rss:"]
            .iter()
            .filter_map(|name| field_kb(message, name))
            .collect();
        let rss_mb = (!resident.is_empty()).then(|| round(resident.iter().sum::<f64>() / 1024.0));
        sink.event(self.finished(event.maybe("rss_mb", rss_mb)));
        (self.in_cgroup, self.limit_kb) = (false, None);
    }

    fn finished(&self, event: Event) -> Event {
        let detail = event.text.chars().take(200).collect::<String>();
        event
            .with("what", "oom-kill")
            .with("scope", if self.in_cgroup { "cgroup" } else { "host" })
            .maybe("limit_mb", self.limit_kb.map(|kb| round(kb / 1024.0)))
            .with("detail", detail)
    }

    /// Tells a kill whose last line is missing.
    pub(super) fn end(&mut self, sink: &mut dyn Sink) {
        if let Some((event, _)) = self.pending.take() {
            let event = self.finished(event);
            sink.event(event);
        }
    }
}

/// The KiB behind a name: `anon-rss:916600kB`, `limit 921600kB`.
fn field_kb(message: &str, name: &str) -> Option<f64> {
    let (_, rest) = message.split_once(name)?;
    let end = rest.find(|c: char| !c.is_ascii_digit())?;
    rest[end..].starts_with("kB").then(|| count(&rest[..end])).flatten()
}

//! Kernel messages that name a trouble of the host: dmesg, /var/log/messages, `journalctl -k`. Which messages those are
//! stands in `message.rs`, how lines start in `line.rs`, the lines of one out-of-memory kill in `oom.rs`.
//!
//! ```text
//! [ 8211.102331] Out of memory: Killed process 3201 (java) total-vm:4151436kB, anon-rss:916600kB, …
//! [Tue Nov 24 09:44:33 2026] EXT4-fs (vdb): Remounting filesystem read-only
//! Nov 24 09:44:33 broker-a kernel: nf_conntrack: table full, dropping packet
//! 2026-11-24T09:44:33.120+08:00 broker-a kernel: INFO: task java:3201 blocked for more than 120 seconds.
//! ```

mod line;
mod message;
mod oom;

use crate::format::{Format, Sink};
use crate::model::Text;

use self::line::Reader;
use self::oom::Kills;
use super::table::{event, score_by};

/// dmesg, syslog and the kernel's journal.
pub(super) const FORMAT: Format = Format {
    name: "dmesg",
    score,
    parse,
};

fn score(text: &Text<'_>) -> u8 {
    let mut reader = Reader::new(text);
    score_by(text, |line| {
        let line = reader.read(line);
        line.from_kernel || message::find(line.message).is_some() || oom::is_part(line.message)
    })
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let mut reader = Reader::new(text);
    let mut kills = Kills::default();
    for (index, raw) in text.lines().iter().enumerate() {
        let line = reader.read(raw);
        if kills.take(text, index, &line, sink) {
            continue;
        }
        if let Some(found) = message::find(line.message) {
            let event = event(text, index, "kernel").at(line.at).with("what", found.what);
            sink.event(found.fields(event));
        }
        if let Some(version) = message::kernel_version(line.message) {
            let event = event(text, index, "version").at(line.at).with("component", "kernel");
            sink.event(event.with("version", version));
        }
    }
    kills.end(sink);
}

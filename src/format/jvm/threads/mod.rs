//! Thread dumps: `jstack` and `jcmd Thread.print` of JDK 6 to 25, `kill -3` in stdout, RocketMQ's own dumps inside broker
//! and proxy logs (`broker jstack`, `jstack start`) and in `mqadmin consumerStatus -s`, arthas' `thread`, and pastes of a
//! few threads. CPU of threads by `top -H` belongs to the host formats.
//!
//! ```text
//! 2026-11-24 17:20:15
//! Full thread dump OpenJDK 64-Bit Server VM (17.0.15+6 mixed mode, sharing):
//!
//! "ConsumeMessageThread_1" #31 prio=5 os_prio=0 cpu=1.2ms elapsed=7.9s tid=0x00007f02 nid=0x61d4 waiting on condition
//!    java.lang.Thread.State: WAITING (parking)
//!     at jdk.internal.misc.Unsafe.park(java.base@17.0.15/Native Method)
//!     - parking to wait for  <0x00000000f40ae278> (a java.util.concurrent.CompletableFuture$Signaller)
//! ```

mod arthas;
mod doing;
mod frames;
mod line;
mod locks;
mod marks;
mod pools;
mod read;
mod report;
mod stuck;

use super::version;
use crate::format::{Format, Sink};
use crate::model::{Event, Text};
use line::Line;

/// Thread dumps.
pub const FORMAT: Format = Format {
    name: "threads",
    score,
    parse,
};

/// Whether a record of a log carries a dump below it: its lines belong into a `Text` of their own for `FORMAT.parse`.
pub fn starts_in_log(line: &str) -> bool {
    line.contains("Full thread dump") || line::LOG_MARKERS.iter().any(|marker| line.trim_end().ends_with(marker))
}

/// Where the last dump of a text begins; its stamp stands on the line before its title.
pub(in crate::format) fn last_dump(text: &str) -> Option<usize> {
    let title = text.rfind("Full thread dump")?;
    let start = text[..title].rfind('\n')? + 1;
    let before = text[..start - 1].rfind('\n').map_or(0, |at| at + 1);
    let is_stamp = text[before..].starts_with(|c: char| c.is_ascii_digit());
    Some(if is_stamp { before } else { start })
}

fn score(text: &Text<'_>) -> u8 {
    let (mut titles, mut headers, mut states, mut frames) = (0u32, 0u32, 0u32, 0u32);
    for raw in text.lines() {
        match line::classify(raw) {
            Line::DumpStart(_) | Line::Deadlock => titles += 1,
            Line::Header(_) => headers += 1,
            Line::State(_) => states += 1,
            Line::Frame(_) => frames += 1,
            _ if starts_in_log(raw) => titles += 1,
            _ if arthas::is_title(raw) => headers += 1,
            _ => {}
        }
    }
    match (titles, headers, states) {
        (0, 0, 0) => 0,
        (0, 0, _) => 20,
        (0, _, 0) if frames == 0 => 30,
        (0, ..) => 70,
        _ => 95,
    }
}

fn parse(text: &Text<'_>, out: &mut dyn Sink) {
    let dumps = read::read(text);
    for dump in &dumps {
        if let Some(version) = version::of_vm_banner(dump.jvm) {
            out.event(
                Event::new("version", text.span(dump.first), text.lines()[dump.first])
                    .at(dump.at)
                    .with("component", "jdk")
                    .with("version", version),
            );
        }
        report::dump(text, dump, out);
    }
    stuck::tell(text, &dumps, out);
    arthas::read(text, out);
}

#[cfg(test)]
mod tests;

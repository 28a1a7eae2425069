//! What a server writes about itself, in two files side by side:
//!
//! ```text
//! namesrv.log         2026-11-24 23:32:01 WARN NSScanScheduledThread - The broker channel expired, …
//! diagnostics.jsonl   {"ts":"2026-11-24T15:32:01.123456789+00:00","ev":"route.expired","sev":"warning","node":…}
//! ```
//!
//! The log has the lines of the Java server where one exists, in its form and its zone (GMT+8, whatever the host's),
//! so that whatever reads Java's logs reads ours. The events have the schema `rmqdoc.events/1`.
//!
//! Writing never holds up a request: lines go to a thread of their own through a bounded queue, and what does not fit
//! is counted and told. Which events there are is decided by who writes them.
#![deny(missing_docs)]

mod event;
mod rolling;

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use rmq_protocol::json::{Dialect, Writer};

pub use event::{Event, Severity};
use rolling::RollingFile;

/// Lines that may wait for the disk.
const QUEUE_LENGTH: usize = 8192;
/// Size at which a file is rolled, as in Java's logback configuration.
const FILE_BYTES_MAX: u64 = 100 * 1024 * 1024;
/// Rolled files kept.
const FILE_COUNT_MAX: u32 = 10;
/// Name of the file of events.
const EVENTS_FILE: &str = "diagnostics.jsonl";

/// Level of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// As it should be.
    Info,
    /// Worth a look.
    Warn,
    /// Something failed.
    Error,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
        }
    }
}

enum Entry {
    Log(String),
    Event(String),
    End,
}

/// The two files of one server.
pub struct Journal {
    node: String,
    queue: SyncSender<Entry>,
    lost: AtomicU64,
    writing: Option<JoinHandle<()>>,
}

impl Journal {
    /// Opens `directory/log_name` and `directory/diagnostics.jsonl`, making the directory when it is not there.
    pub fn open(directory: &Path, log_name: &str, node: &str, version: &str) -> io::Result<Self> {
        std::fs::create_dir_all(directory)?;
        let head = schema_line(node, version);
        let log = RollingFile::open(directory.join(log_name), String::new(), FILE_BYTES_MAX, FILE_COUNT_MAX)?;
        let events = RollingFile::open(directory.join(EVENTS_FILE), head, FILE_BYTES_MAX, FILE_COUNT_MAX)?;
        let (queue, entries) = sync_channel(QUEUE_LENGTH);
        let writing = std::thread::Builder::new()
            .name("journal".into())
            .spawn(move || write_all(entries, log, events))?;
        Ok(Self {
            node: node.to_owned(),
            queue,
            lost: AtomicU64::new(0),
            writing: Some(writing),
        })
    }

    /// Writes a log line in Java's form; `thread` is the name of the Java thread that would have written it.
    pub fn log(&self, level: Level, thread: &str, message: impl fmt::Display) {
        let stamp = Timestamp::now()
            .to_zoned_datetime(TimeZone::fixed(Offset::constant(8)))
            .strftime("%Y-%m-%d %H:%M:%S");
        self.put(Entry::Log(format!("{stamp} {} {thread} - {message}\n", level.name())));
    }

    /// Writes an event.
    pub fn event(&self, event: Event) {
        self.put(Entry::Event(event.into_line(&self.node)));
    }

    fn put(&self, entry: Entry) {
        if let Err(TrySendError::Full(_)) = self.queue.try_send(entry) {
            self.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        if self.lost.load(Ordering::Relaxed) > 0 {
            let lost = self.lost.swap(0, Ordering::Relaxed);
            let event = Event::new("journal.lost", Severity::Warning).number("lines", lost as i64);
            self.put(Entry::Event(event.into_line(&self.node)));
        }
    }
}

impl Drop for Journal {
    /// Writes out what waits.
    fn drop(&mut self) {
        // The thread drains the queue, so this waits for the disk at most.
        let _ = self.queue.send(Entry::End);
        if let Some(writing) = self.writing.take() {
            let _ = writing.join();
        }
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Journal")
            .field("node", &self.node)
            .finish_non_exhaustive()
    }
}

/// The moment as the events have it: RFC 3339 with nanoseconds and the host's zone.
pub(crate) fn event_stamp() -> String {
    jiff::ZonedDateTime::now()
        .strftime("%Y-%m-%dT%H:%M:%S.%9f%:z")
        .to_string()
}

fn schema_line(node: &str, version: &str) -> String {
    let mut writer = Writer::new(Dialect::Fastjson);
    writer.object(|writer| {
        writer.key("schema").text("rmqdoc.events/1");
        writer.key("node").text(node);
        writer.key("version").text(version);
        writer.key("start").text(&event_stamp());
    });
    writer.into_string() + "\n"
}

fn write_all(entries: Receiver<Entry>, mut log: RollingFile, mut events: RollingFile) {
    // Lines are gathered while more wait, and written when none do.
    while let Ok(first) = entries.recv() {
        let mut next = Some(first);
        let mut is_end = false;
        while let Some(entry) = next {
            match entry {
                Entry::Log(line) => log.push(&line),
                Entry::Event(line) => events.push(&line),
                Entry::End => is_end = true,
            }
            next = entries.try_recv().ok();
        }
        log.flush();
        events.flush();
        if is_end {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_have_their_form() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path(), "namesrv.log", "ns-1", "0.1.0").unwrap();
        journal.log(Level::Warn, "main", format_args!("hello {}", 7));
        journal.event(
            Event::new("route.expired", Severity::Warning)
                .text("broker", "a \"b\"")
                .number("ms", 5),
        );
        drop(journal);
        let log = std::fs::read_to_string(folder.path().join("namesrv.log")).unwrap();
        assert!(log.ends_with(" WARN main - hello 7\n"), "{log}");
        assert_eq!(log.find(" WARN"), Some("2026-11-24 23:32:01".len()));
        let events = std::fs::read_to_string(folder.path().join(EVENTS_FILE)).unwrap();
        let lines: Vec<_> = events.lines().collect();
        assert!(lines[0].starts_with(r#"{"schema":"rmqdoc.events/1","node":"ns-1","version":"0.1.0","start":""#));
        assert!(lines[1].starts_with(r#"{"ts":"2"#), "{}", lines[1]);
        assert!(
            lines[1].ends_with(r#""ev":"route.expired","sev":"warning","node":"ns-1","broker":"a \"b\"","ms":5}"#),
            "{}",
            lines[1]
        );
    }
}

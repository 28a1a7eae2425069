//! What is known of one stream of bytes: its name, host, role and kind of content.

use super::span::Span;

/// Index of a source in the run's list of sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// What a process or host does in the cluster. A host may have several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Name server.
    Namesrv,
    /// Broker; master or slave is told by its events.
    Broker,
    /// 5.x proxy.
    Proxy,
    /// 5.x controller.
    Controller,
    /// An application with a producer or consumer, or a tool.
    Client,
}

/// Which of RocketMQ's log files (or none of them) a text log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogKind {
    /// broker.log and its default file.
    Broker,
    /// store.log
    Store,
    /// storeerror.log
    StoreError,
    /// remoting.log
    Remoting,
    /// watermark.log
    Watermark,
    /// stats.log
    Stats,
    /// transaction.log
    Transaction,
    /// namesrv.log and its default file.
    Namesrv,
    /// controller.log, dledger.log, jraft.log
    Controller,
    /// proxy.log and its companions
    Proxy,
    /// Every other log of a broker (lock, filter, protection, pop, coldctr, traffic, rocksdb, auth audit …).
    BrokerOther,
    /// rocketmq_client.log in any of its layouts, and the logs of the other languages' clients.
    Client,
    /// An application's own log, console output, or a paste.
    App,
    /// tools.log, output of mqadmin
    Tools,
    /// syslog, /var/log/messages, dmesg, journal
    System,
}

impl LogKind {
    /// How many kinds there are.
    pub const COUNT: usize = Self::System as usize + 1;
}

/// What the run knows of a source.
#[derive(Debug, Clone, Default)]
pub struct SourceInfo {
    /// Path as the user can find it; members of archives as `bundle.tar.gz!/broker-a/broker.log`.
    pub path: String,
    /// Host label: from content where possible, else from the path; empty when unknown.
    pub host: String,
    /// Role of the process that wrote it, when known.
    pub role: Option<Role>,
    /// Name of the format that reads it (`FORMATS`), or `log`, or `unknown`.
    pub format: &'static str,
    /// For text logs: which one.
    pub log: Option<LogKind>,
    /// Decoded size in bytes.
    pub bytes: u64,
    /// Lines read.
    pub lines: u64,
    /// What was left out, when only a part was asked for.
    pub skipped: Option<Skipped>,
}

/// A part in the middle of a source that was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skipped {
    /// Number of the first line behind it, as if nothing were left out.
    pub line: u32,
    /// Where that line begins, from 0.
    pub byte: u64,
}

impl SourceInfo {
    /// Lines as people can find them: their numbers, and the byte from which they are counted if that is not the start.
    pub fn placed(&self, span: Span) -> (Span, Option<u64>) {
        match self.skipped {
            Some(Skipped { line, byte }) if span.line >= line => {
                let from_here = |number: u32| number - line + 1;
                let span = Span {
                    line: from_here(span.line),
                    end: from_here(span.end.max(span.line)),
                    ..span
                };
                (span, Some(byte))
            }
            _ => (span, None),
        }
    }
}

//! The prefix of a log line: stamp, level, thread, logger. Knows every layout of RocketMQ's own patterns and the usual
//! ones of logback, log4j2, Spring Boot, logrus, zap, spdlog, Boost.Log, Python logging and syslog.
//!
//! ```text
//! 2023-03-01 10:00:00 INFO BrokerControllerScheduledThread1 - dispatch behind commit log 0 bytes      P1, GMT+8
//! 2024-05-02 14:56:12.123 INFO  [4711] [RebalanceService] [o.a.r.c.i.c.RebalanceImpl#?:?] - doReba…   5.1+ client, GMT+8
//! 2021-09-06 15:24:26.213  INFO 15752 --- [lientSelector_1] RocketmqRemoting : closeChannel: …        Spring Boot, local
//! time="2023-05-10T14:02:11+08:00" level=error msg="connect to namesrv failed." …                     Go client
//! ```

use super::plain::{self, Plain};
use super::stamp::{Stamp, read_stamp, starts_with_stamp};
use crate::model::moment::GMT8_MS;
use crate::model::stamp::{Yearless, syslog};
use crate::model::{Level, Moment, Zone};

/// What the prefix of a line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Header<'a> {
    /// When.
    pub at: Option<Moment>,
    /// Level as printed.
    pub level: Level,
    /// Thread as printed, may be empty.
    pub thread: &'a str,
    /// Logger as printed, may be empty.
    pub logger: &'a str,
}

/// How far into a line a prefix may reach.
const PREFIX_MAX: usize = 240;

/// Whether a line begins a record. Cheap; runs on every line.
pub fn begins_record(line: &[u8]) -> bool {
    if plain::minute(line).is_some() {
        return true;
    }
    let Some(&first) = line.first() else { return false };
    match first {
        b'0'..=b'9' => starts_with_stamp(line),
        b'[' => {
            line.len() > 5
                && (starts_with_stamp(&line[1..]) || level_at(&line[1..]).is_some() || line.starts_with(b"[20"))
        }
        b't' => line.starts_with(b"time=\""),
        b'{' => line.starts_with(b"{\"") && line.len() > 20,
        b'A'..=b'Z' => level_at(line).is_some() || syslog(line).is_some(),
        b' ' => line.len() > 2 && line[1] == b'[' && starts_with_stamp(&line[2..]),
        _ => false,
    }
}

/// A level word at the start of the text, with its length.
fn level_at(text: &[u8]) -> Option<(Level, usize)> {
    const WORDS: &[(&[u8], Level)] = &[
        (b"INFO", Level::Info),
        (b"WARNING", Level::Warn),
        (b"WARN", Level::Warn),
        (b"ERROR", Level::Error),
        (b"DEBUG", Level::Debug),
        (b"TRACE", Level::Debug),
        (b"FATAL", Level::Error),
        (b"SEVERE", Level::Error),
        (b"ERRO", Level::Error),
        (b"--I--", Level::Info),
        (b"--W--", Level::Warn),
        (b"--E--", Level::Error),
        (b"info", Level::Info),
        (b"warning", Level::Warn),
        (b"warn", Level::Warn),
        (b"error", Level::Error),
        (b"debug", Level::Debug),
        (b"trace", Level::Debug),
        (b"fatal", Level::Error),
    ];
    WORDS.iter().find_map(|(word, level)| {
        let ends = text
            .get(word.len())
            .is_none_or(|c| !c.is_ascii_alphanumeric() && *c != b'_' && *c != b'.');
        (text.starts_with(word) && ends).then_some((*level, word.len()))
    })
}

/// The first level word in the text, with its start and end.
fn find_level(text: &[u8]) -> Option<(Level, usize, usize)> {
    let mut at = 0;
    while at < text.len() {
        let boundary = at == 0 || !(text[at - 1].is_ascii_alphanumeric() || matches!(text[at - 1], b'_' | b'.' | b'-'));
        if (boundary || text[at] == b'-')
            && let Some((level, len)) = level_at(&text[at..])
        {
            return Some((level, at, at + len));
        }
        at += 1;
    }
    None
}

/// Threads that only RocketMQ's servers have: their lines are stamped in GMT+8.
const SERVER_THREADS: &[&str] = &[
    "BrokerController",
    "SendMessageThread",
    "PullMessageThread",
    "LitePullMessageThread",
    "AdminBrokerThread",
    "ClientManageThread",
    "HeartbeatThread",
    "ConsumerManageThread",
    "EndTransactionThread",
    "StoreScheduledThread",
    "StoreStatsService",
    "FlushRealTimeService",
    "GroupCommitService",
    "ReputMessageService",
    "AllocateMappedFileService",
    "NSScheduledThread",
    "NSScanScheduledThread",
    "RemotingExecutorThread",
    "brokerOutApi_thread",
    "ScheduleMessageTimerThread",
    "PullRequestHoldService",
    "TransactionalMessageCheckService",
    "HAClient",
    "AcceptSocketService",
    "BrokerFastFailure",
    "NettyServer",
    "QueryMessageThread",
    "ProcessReplyMessageThread",
    "GroupTransferService",
    "DefaultHAClient",
];

/// Reads the prefix of a line that begins a record. `server` says that the file is one of a RocketMQ server's.
pub fn read_header(line: &str, server: bool) -> Header<'_> {
    let bytes = line.as_bytes();
    if let Some(plain) = plain::read(bytes)
        && let Some(header) = plain_header(line, plain, server)
    {
        return header;
    }
    if line.starts_with("time=\"") {
        return logrus(line);
    }
    if line.starts_with("{\"") {
        return json_line(line);
    }
    let skip = bytes.iter().take(3).take_while(|c| matches!(c, b'[' | b' ')).count();
    let mut header = Header::default();
    let mut rest = 0;
    let mut stamp = read_stamp(&bytes[skip..]);
    if let Some(found) = stamp {
        rest = skip + found.len;
    } else if syslog(bytes).is_some() {
        header.at = None;
        rest = Yearless::LEN;
    } else if let Some((level, _)) = level_at(&bytes[skip.min(bytes.len())..]) {
        // `WARN  [2021-09-06 15:24:26] …`, `[ERROR] 2021-…`
        header.level = level;
        let window = &bytes[..bytes.len().min(80)];
        let found = (skip..window.len()).find_map(|at| {
            let fresh = at == 0 || !window[at - 1].is_ascii_digit();
            (fresh && window[at].is_ascii_digit())
                .then(|| read_stamp(&window[at..]).map(|s| (at, s)))
                .flatten()
        });
        if let Some((at, s)) = found {
            stamp = Some(s);
            rest = at + s.len;
        }
    }
    let end = floor_boundary(line, bytes.len().min(rest + PREFIX_MAX));
    let rest = floor_boundary(line, rest);
    let prefix = &line[rest..end];
    let level = find_level(prefix.as_bytes());
    if header.level == Level::None
        && let Some((level, at, _)) = level
        && at < 120
    {
        header.level = level;
    }
    let after = level.map_or(0, |(_, _, end)| end);
    let (thread, logger, bracketed) = names(prefix, after);
    header.thread = thread;
    header.logger = logger;
    if let Some(stamp) = stamp {
        header.at = moment(stamp, server, bracketed, thread, prefix);
    }
    header
}

/// The header of a line in one of RocketMQ's fixed layouts. `None` when its stamp cannot be read.
pub(super) fn plain_header(line: &str, plain: Plain, server: bool) -> Option<Header<'_>> {
    let stamp = read_stamp(line.as_bytes())?;
    let name = &line[plain.name.0..plain.name.1];
    Some(Header {
        at: moment(stamp, server, false, name, ""),
        level: plain.level,
        thread: name,
        logger: if is_logger(name) { name } else { "" },
    })
}

/// `RocketmqClient`, `com.acme.OrderListener`.
fn is_logger(token: &str) -> bool {
    let package = token.len() > 5
        && token.as_bytes()[0].is_ascii_lowercase()
        && token.matches('.').count() >= 2
        && !token.contains(['=', ',', '/']);
    package || matches!(token, "RocketmqClient" | "RocketmqRemoting" | "RocketmqCommon")
}

fn floor_boundary(line: &str, mut at: usize) -> usize {
    at = at.min(line.len());
    while !line.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn moment(stamp: Stamp, server: bool, bracketed: bool, thread: &str, prefix: &str) -> Option<Moment> {
    if !stamp.dated {
        return None;
    }
    if stamp.zone_written {
        return Some(Moment {
            ms: stamp.ms,
            zone: Zone::Written,
        });
    }
    let known_thread = !bracketed && SERVER_THREADS.iter().any(|t| thread.starts_with(t));
    // 5.1+ client: ` INFO  [4711] [thread] [logger#?:?] - `
    let new_client = stamp.fraction && prefix.contains("#") && prefix.contains("] [") && prefix.contains("] - ");
    if new_client || (!stamp.fraction && (server || known_thread)) {
        return Some(Moment {
            ms: stamp.ms - GMT8_MS,
            zone: Zone::Gmt8,
        });
    }
    Some(Moment {
        ms: stamp.ms,
        zone: Zone::Local,
    })
}

/// Thread, logger, and whether the thread stood in brackets.
fn names(prefix: &str, after_level: usize) -> (&str, &str, bool) {
    let mut logger = "";
    for token in prefix.split([' ', '\t', '[', ']', ':', '(', '#']).take(40) {
        if is_logger(token) {
            logger = token;
            break;
        }
    }
    // `[thread]`: the first bracket that is no number, level or date.
    let mut from = 0;
    while let Some(open) = prefix[from..].find('[') {
        let open = from + open + 1;
        let Some(close) = prefix[open..].find(']').map(|c| open + c) else {
            break;
        };
        let inner = prefix[open..close].trim();
        let plain = !inner.is_empty()
            && !inner.bytes().all(|c| c.is_ascii_digit() || c == b',')
            && level_at(inner.as_bytes()).is_none()
            && open < 100;
        if plain && !inner.contains("#?") {
            let message = prefix
                .find(" - ")
                .unwrap_or(usize::MAX)
                .min(prefix.find(" : ").unwrap_or(usize::MAX));
            if open < message {
                return (inner, logger, true);
            }
        }
        from = close;
    }
    // P1: `INFO thread - message`
    let tail = &prefix[after_level..];
    match tail.find(" - ") {
        Some(end) if end < 100 => (tail[..end].trim(), logger, false),
        _ => ("", logger, false),
    }
}

fn logrus(line: &str) -> Header<'_> {
    let mut header = Header::default();
    if let Some(stamp) = line.get(6..).and_then(|t| read_stamp(t.as_bytes())) {
        let zone = if stamp.zone_written { Zone::Written } else { Zone::Local };
        header.at = stamp.dated.then_some(Moment { ms: stamp.ms, zone });
    }
    if let Some(at) = line.find("level=") {
        header.level = level_at(&line.as_bytes()[at + 6..]).map_or(Level::None, |(level, _)| level);
    }
    header
}

fn json_line(line: &str) -> Header<'_> {
    let value = |keys: &[&str]| {
        keys.iter().find_map(|key| {
            let at = line.find(&format!("\"{key}\":"))? + key.len() + 3;
            let rest = line[at..].trim_start().strip_prefix('"')?;
            rest.find('"').map(|end| &rest[..end])
        })
    };
    let mut header = Header::default();
    if let Some(stamp) = value(&["@timestamp", "timestamp", "time", "ts"]).and_then(|t| read_stamp(t.as_bytes())) {
        let zone = if stamp.zone_written { Zone::Written } else { Zone::Local };
        header.at = stamp.dated.then_some(Moment { ms: stamp.ms, zone });
    }
    header.level = value(&["level", "severity", "lvl"])
        .and_then(|l| level_at(l.as_bytes()))
        .map_or(Level::None, |(level, _)| level);
    header.thread = value(&["thread", "thread_name", "threadName"]).unwrap_or("");
    header.logger = value(&["logger", "logger_name", "loggerName"]).unwrap_or("");
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_are_read() {
        let cases: &[(&str, bool, Level, &str, Option<Zone>)] = &[
            (
                "2023-03-01 10:00:00 INFO BrokerControllerScheduledThread1 - dispatch behind commit log 0 bytes",
                true,
                Level::Info,
                "BrokerControllerScheduledThread1",
                Some(Zone::Gmt8),
            ),
            (
                "2023-03-01 10:00:00 WARN SendMessageThread_1 - x",
                false,
                Level::Warn,
                "SendMessageThread_1",
                Some(Zone::Gmt8),
            ),
            (
                "2021-07-29 15:10:27 INFO - [TOPIC_PUT_SIZE] [T] Stats In One Minute",
                true,
                Level::Info,
                "",
                Some(Zone::Gmt8),
            ),
            (
                "2023-03-01 10:00:01 - [WATERMARK] Send Queue Size: 0 SlowTimeMills: 0",
                true,
                Level::None,
                "",
                Some(Zone::Gmt8),
            ),
            (
                "2020-04-24 15:21:30,030 INFO RocketmqRemoting - name server address updated",
                false,
                Level::Info,
                "RocketmqRemoting",
                Some(Zone::Local),
            ),
            (
                "2024-05-02 14:56:12.123 INFO  [4711] [RebalanceService] [o.a.r.c.i.c.RebalanceImpl#?:?] - doRebalance",
                false,
                Level::Info,
                "RebalanceService",
                Some(Zone::Gmt8),
            ),
            (
                "2021-09-06 15:24:26.213  INFO 15752 --- [lientSelector_1] RocketmqRemoting                         : closeChannel",
                false,
                Level::Info,
                "lientSelector_1",
                Some(Zone::Local),
            ),
            (
                "2024-05-02T14:56:12.123+08:00  INFO 15752 --- [orders] [lientSelector_1] RocketmqRemoting : …",
                false,
                Level::Info,
                "orders",
                Some(Zone::Written),
            ),
            (
                "15:50:28.835 [MQClientFactoryScheduledThread] INFO  RocketmqRemoting - createChannel: …",
                false,
                Level::Info,
                "MQClientFactoryScheduledThread",
                None,
            ),
            (
                "time=\"2023-05-10T14:02:11+08:00\" level=error msg=\"connect to namesrv failed.\"",
                false,
                Level::Error,
                "",
                Some(Zone::Written),
            ),
            (
                "2024-05-02 14:56:12.123 [--I--] [  12345] text",
                false,
                Level::Info,
                "",
                Some(Zone::Local),
            ),
            (
                "[ERROR] 2021-09-06 15:24:26 something",
                false,
                Level::Error,
                "",
                Some(Zone::Local),
            ),
            (
                "{\"@timestamp\":\"2024-05-02T14:56:12.123Z\",\"level\":\"ERROR\",\"thread\":\"main\",\"message\":\"x\"}",
                false,
                Level::Error,
                "main",
                Some(Zone::Written),
            ),
        ];
        for (line, server, level, thread, zone) in cases {
            assert!(begins_record(line.as_bytes()), "{line}");
            let header = read_header(line, *server);
            assert_eq!(
                (header.level, header.thread, header.at.map(|m| m.zone)),
                (*level, *thread, *zone),
                "{line}"
            );
        }
    }

    #[test]
    fn continuations_do_not_begin_records() {
        for line in [
            "\tat org.apache.rocketmq.Foo",
            "Caused by: java.io.IOException",
            "",
            "java.lang.RuntimeException: x",
            "For more information, please visit",
        ] {
            assert!(!begins_record(line.as_bytes()), "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_line_is_read(line in ".{0,200}") {
            let _ = begins_record(line.as_bytes());
            let _ = read_header(&line, true);
        }
        #[test]
        fn any_line_after_a_stamp_is_read(line in "2023-03-01 10:00:00[ ,.].{0,100}") {
            let _ = read_header(&line, false);
        }
    }
}

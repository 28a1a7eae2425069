//! The prefix of a log line: stamp, level, thread, logger. Knows every layout of `rocketmq-logs.md` 1 and the usual
//! ones of logback, log4j2, Spring Boot, logrus, zap, spdlog, Boost.Log, Python logging and syslog.
//!
//! ```text
//! 2023-03-01 10:00:00 INFO BrokerControllerScheduledThread1 - dispatch behind commit log 0 bytes      P1, GMT+8
//! 2024-05-02 14:56:12.123 INFO  [4711] [RebalanceService] [o.a.r.c.i.c.RebalanceImpl#?:?] - doReba…   5.1+ client, GMT+8
//! 2021-09-06 15:24:26.213  INFO 15752 --- [lientSelector_1] RocketmqRemoting : closeChannel: …        Spring Boot, local
//! time="2023-05-10T14:02:11+08:00" level=error msg="connect to namesrv failed." …                     Go client
//! ```

use super::plain::{self, Plain};
use crate::model::moment::civil_ms;
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

/// GMT+8, in which RocketMQ's shipped server patterns print whatever the host's zone.
const GMT8_MS: i64 = 8 * 3_600_000;
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
        b'A'..=b'Z' => level_at(line).is_some() || syslog_stamp(line).is_some(),
        b' ' => line.len() > 2 && line[1] == b'[' && starts_with_stamp(&line[2..]),
        _ => false,
    }
}

fn digits(line: &[u8], from: usize, count: usize) -> bool {
    line.len() >= from + count && line[from..from + count].iter().all(u8::is_ascii_digit)
}

fn starts_with_stamp(line: &[u8]) -> bool {
    // 2023-03-01, 2023/03/01, 10:00:00, 03-01 10:00:00, 20230301 10:00:00, 01-Mar-2023
    match line.get(4) {
        Some(b'-' | b'/' | b'.') if digits(line, 0, 4) && digits(line, 5, 2) => return true,
        _ => {}
    }
    match line.get(2) {
        Some(b':') => digits(line, 0, 2) && digits(line, 3, 2) && line.get(5) == Some(&b':') && digits(line, 6, 2),
        Some(b'-' | b'/') => {
            digits(line, 0, 2)
                && (digits(line, 3, 2) && matches!(line.get(5), Some(b' ' | b'T' | b'-' | b'/'))
                    || (line.len() > 8 && line[3..6].iter().all(u8::is_ascii_alphabetic) && digits(line, 0, 2)))
        }
        _ => digits(line, 0, 8) && line.get(8) == Some(&b' ') && digits(line, 9, 2),
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

const MONTHS: [&[u8]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

fn syslog_stamp(line: &[u8]) -> Option<(u32, u32)> {
    let month = MONTHS.iter().position(|m| line.starts_with(m))? as u32 + 1;
    let day_tens = match line.get(4)? {
        b' ' => 0,
        d @ b'0'..=b'3' => u32::from(d - b'0'),
        _ => return None,
    };
    let day = day_tens * 10 + u32::from(line.get(5)?.checked_sub(b'0')?);
    (line.get(3) == Some(&b' ') && digits(line, 7, 2) && line.get(9) == Some(&b':') && (1..=31).contains(&day))
        .then_some((month, day))
}

/// A stamp read from the start of a text: the moment as its layout tells it, whether a fraction and a zone were written,
/// and how many bytes it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Wall clock as if UTC, or UTC when `zone_written`.
    pub ms: i64,
    /// The offset was written.
    pub zone_written: bool,
    /// Milliseconds were written.
    pub fraction: bool,
    /// The date was written (else only a time of day).
    pub dated: bool,
    /// Bytes.
    pub len: usize,
}

fn number(text: &[u8], from: usize, count: usize) -> Option<u32> {
    let part = text.get(from..from + count)?;
    part.iter()
        .try_fold(0u32, |n, c| c.is_ascii_digit().then(|| n * 10 + u32::from(c - b'0')))
}

/// Reads `2023-03-01 10:00:00[.,fff][ ][Z|+08:00|+0800]`, `2023/03/01T…`, `10:00:00[.,fff]`, `03-01 10:00:00`,
/// `20230301 10:00:00`, `01-Mar-2023 10:00:00`.
pub fn read_stamp(text: &[u8]) -> Option<Stamp> {
    let (year, month, day, mut at, dated) = read_date(text)?;
    if at > 0 {
        match text.get(at) {
            Some(b' ' | b'T' | b'_' | b'-' | b':') => at += 1,
            _ => return None,
        }
        if text.get(at) == Some(&b' ') {
            at += 1;
        }
    }
    let (hour, minute, second) = (number(text, at, 2)?, number(text, at + 3, 2)?, number(text, at + 6, 2)?);
    // `20\:55\:56`: mqbroker -p of 4.x prints the backslashes of its pattern; not worth a shape of its own.
    if text.get(at + 2) != Some(&b':') || text.get(at + 5) != Some(&b':') || hour > 24 || minute > 59 || second > 60 {
        return None;
    }
    at += 8;
    let mut milli = 0;
    let mut fraction = false;
    if matches!(text.get(at), Some(b'.' | b',' | b':')) && text.get(at + 1).is_some_and(u8::is_ascii_digit) {
        let len = text[at + 1..].iter().take(9).take_while(|c| c.is_ascii_digit()).count();
        let shown = number(text, at + 1, len.min(3)).unwrap_or(0);
        milli = shown * [100, 10, 1][len.clamp(1, 3) - 1];
        fraction = true;
        at += 1 + len;
    }
    let mut ms = civil_ms(year, month, day, hour, minute, second, milli);
    let (offset, len) = read_offset(&text[at..]);
    if let Some(offset) = offset {
        ms -= offset;
    }
    Some(Stamp {
        ms,
        zone_written: offset.is_some(),
        fraction,
        dated,
        len: at + len,
    })
}

fn read_date(text: &[u8]) -> Option<(i64, u32, u32, usize, bool)> {
    let valid = |m: u32, d: u32| (1..=12).contains(&m) && (1..=31).contains(&d);
    if let (Some(year), Some(b'-' | b'/' | b'.')) = (number(text, 0, 4), text.get(4)) {
        let (month, day) = (number(text, 5, 2)?, number(text, 8, 2)?);
        return valid(month, day).then_some((i64::from(year), month, day, 10, true));
    }
    if let (Some(date), Some(b' ')) = (number(text, 0, 8), text.get(8)) {
        let (year, month, day) = (date / 10_000, date / 100 % 100, date % 100);
        return valid(month, day).then_some((i64::from(year), month, day, 8, true));
    }
    match text.get(2) {
        Some(b':') => Some((1970, 1, 1, 0, false)),
        Some(b'-' | b'/') if text.get(3).is_some_and(u8::is_ascii_alphabetic) => {
            let month = MONTHS.iter().position(|m| text.get(3..6) == Some(m))? as u32 + 1;
            Some((i64::from(number(text, 7, 4)?), month, number(text, 0, 2)?, 11, true))
        }
        Some(b'-' | b'/') if matches!(text.get(5), Some(b' ' | b'T')) => {
            let (month, day) = (number(text, 0, 2)?, number(text, 3, 2)?);
            valid(month, day).then_some((1970, month, day, 5, false))
        }
        Some(b'-' | b'/') => {
            let (year, month, day) = (number(text, 0, 2)?, number(text, 3, 2)?, number(text, 6, 2)?);
            valid(month, day).then_some((2000 + i64::from(year), month, day, 8, true))
        }
        _ => None,
    }
}

fn read_offset(text: &[u8]) -> (Option<i64>, usize) {
    let blank = usize::from(text.first() == Some(&b' '));
    match text.get(blank) {
        Some(b'Z') if !text.get(blank + 1).is_some_and(u8::is_ascii_alphanumeric) => (Some(0), blank + 1),
        Some(sign @ (b'+' | b'-')) => {
            let colon = usize::from(text.get(blank + 3) == Some(&b':'));
            match (number(text, blank + 1, 2), number(text, blank + 3 + colon, 2)) {
                (Some(hours), Some(minutes)) if hours <= 15 => {
                    let ms = i64::from(hours * 60 + minutes) * 60_000;
                    (Some(if *sign == b'-' { -ms } else { ms }), blank + 5 + colon)
                }
                _ => (None, 0),
            }
        }
        _ => (None, 0),
    }
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
    } else if syslog_stamp(bytes).is_some() {
        header.at = None;
        rest = 15.min(bytes.len());
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

    #[test]
    fn stamps_are_exact() {
        let stamp = |t: &str| read_stamp(t.as_bytes()).map(|s| s.ms);
        assert_eq!(stamp("1970-01-02 00:00:01"), Some(86_401_000));
        assert_eq!(stamp("1970-01-01T08:00:00.5+08:00"), Some(500));
        assert_eq!(stamp("1970-01-01 00:00:00,030"), Some(30));
        assert_eq!(stamp("2023-13-01 00:00:00"), None);
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

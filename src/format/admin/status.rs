//! Key-value output: `mqadmin brokerStatus`, `getBrokerConfig`, `queryMsgById` and its sisters, and single sentences.
//!
//! ```text
//! bootTimestamp                   : 1795515614369                               brokerStatus
//! 10.4.0.21:10911         putTps                          : 12.0 11.5 10.9       brokerStatus -c
//! ============Master: 10.4.0.21:10911============
//! brokerRole                                        =  SYNC_MASTER               getBrokerConfig
//! OffsetID:            0A04001500002A9F0000000000000000                          queryMsgById
//! MessageTrack [consumerGroup=order-group, trackType=NOT_ONLINE, exceptionDesc=CODE:206 DESC:…]
//! ```
//!
//! Keys of `getBrokerConfig` are also read by the lint of configuration files.

use super::cluster::dotted;
use crate::format::{Format, Sink};
use crate::model::{Event, Text};

/// Key-value output of mqadmin.
pub const FORMAT: Format = Format {
    name: "mqadmin-status",
    score,
    parse,
};

/// Most rows told of one text.
const ROWS_MAX: usize = 3000;

/// Keys only brokerStatus prints.
const STATUS_KEYS: &[&str] = &[
    "bootTimestamp",
    "brokerVersionDesc",
    "commitLogDiskRatio",
    "commitLogMaxOffset",
    "dispatchBehindBytes",
    "getFoundTps",
    "putTps",
    "putMessageDistributeTime",
    "pageCacheLockTimeMills",
    "sendThreadPoolQueueSize",
    "msgPutTotalTodayNow",
    "remainHowManyDataToFlush",
];

/// Keys only a broker's configuration has.
const CONFIG_KEYS: &[&str] = &[
    "brokerClusterName",
    "brokerRole",
    "flushDiskType",
    "storePathRootDir",
    "mappedFileSizeCommitLog",
    "listenPort",
];

/// Labels of the message queries.
const MESSAGE_KEYS: &[&str] = &[
    "OffsetID",
    "Topic",
    "Tags",
    "Keys",
    "Queue ID",
    "Queue Offset",
    "CommitLog Offset",
    "Reconsume Times",
    "Born Timestamp",
    "Store Timestamp",
    "Born Host",
    "Store Host",
    "System Flag",
    "Properties",
];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Block {
    Status,
    Config,
    Message,
}

/// One row.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pair<'a> {
    addr: Option<&'a str>,
    key: &'a str,
    value: &'a str,
    block: Block,
}

/// `%-32s: %s`, before it `%-24s ` with an address for a whole cluster.
fn status_pair(line: &str) -> Option<Pair<'_>> {
    let at = line
        .find(": ")
        .or_else(|| line.ends_with(':').then(|| line.len() - 1))?;
    let mut left = line[..at].split_whitespace();
    let (first, second) = (left.next()?, left.next());
    if left.next().is_some() {
        return None;
    }
    let (addr, key) = match second {
        Some(key) => (Some(first).filter(|addr| is_addr(addr))?, key),
        None => ("", first),
    };
    let plain = key
        .bytes()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'.' | b'/' | b'-'));
    (plain && key.len() <= 120).then(|| Pair {
        addr: (!addr.is_empty()).then_some(addr),
        key,
        value: line[at + 1..].trim(),
        block: Block::Status,
    })
}

/// `%-50s=  %s`
fn config_pair(line: &str) -> Option<Pair<'_>> {
    let (key, value) = line.split_once("=  ")?;
    let key = key.trim_end();
    let plain = !key.is_empty() && key.len() <= 80 && key.bytes().all(|c| c.is_ascii_alphanumeric());
    plain.then(|| Pair {
        addr: None,
        key,
        value: value.trim(),
        block: Block::Config,
    })
}

/// `%-20s %s` with a label that ends in a colon.
fn message_pair(line: &str) -> Option<Pair<'_>> {
    let (key, value) = line.split_once(':')?;
    MESSAGE_KEYS.contains(&key).then(|| Pair {
        addr: None,
        key,
        value: value.trim(),
        block: Block::Message,
    })
}

fn is_addr(word: &str) -> bool {
    word.rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

fn score(text: &Text<'_>) -> u8 {
    match blocks(text).len() {
        0 if text.lines().iter().any(|line| sentence(line).is_some()) => 30,
        0 => 0,
        _ => 85,
    }
}

/// Runs of rows of one kind that hold at least two (messages: three) keys only that kind has.
fn blocks<'a>(text: &Text<'a>) -> Vec<Vec<(usize, Pair<'a>)>> {
    let mut found = Vec::new();
    let mut run: Vec<(usize, Pair<'a>)> = Vec::new();
    for (at, line) in text.lines().iter().enumerate() {
        let pair = config_pair(line)
            .or_else(|| message_pair(line))
            .or_else(|| status_pair(line));
        let fits = |pair: &Pair<'_>| run.last().is_none_or(|(_, last)| last.block == pair.block);
        match pair {
            Some(pair) if fits(&pair) => {
                if run.len() <= ROWS_MAX {
                    run.push((at, pair));
                }
            }
            Some(pair) => {
                keep(&mut found, std::mem::take(&mut run));
                run.push((at, pair));
            }
            None if line.trim().is_empty() => {}
            None => keep(&mut found, std::mem::take(&mut run)),
        }
    }
    keep(&mut found, run);
    found
}

fn keep<'a>(found: &mut Vec<Vec<(usize, Pair<'a>)>>, run: Vec<(usize, Pair<'a>)>) {
    let Some((_, first)) = run.first() else { return };
    let (known, least): (&[&str], usize) = match first.block {
        Block::Status => (STATUS_KEYS, 2),
        Block::Config => (CONFIG_KEYS, 2),
        Block::Message => (MESSAGE_KEYS, 3),
    };
    if run.iter().filter(|(_, pair)| known.contains(&pair.key)).count() >= least {
        found.push(run);
    }
}

fn parse(text: &Text<'_>, out: &mut dyn Sink) {
    let mut told = 0;
    for block in blocks(text) {
        for (at, pair) in block {
            told += 1;
            if told > ROWS_MAX {
                return;
            }
            row(text, at, &pair, out);
        }
    }
    for (at, line) in text.lines().iter().enumerate() {
        if let Some((key, value)) = sentence(line) {
            told += 1;
            if told > ROWS_MAX {
                return;
            }
            out.event(
                Event::new("admin.status", text.span(at), line)
                    .with("key", key)
                    .with("value", value),
            );
        }
    }
}

fn row(text: &Text<'_>, at: usize, pair: &Pair<'_>, out: &mut dyn Sink) {
    let line = text.lines()[at];
    let mut event = Event::new("admin.status", text.span(at), line)
        .with("key", pair.key)
        .with("value", pair.value);
    if let Some(num) = first_number(pair.value) {
        event = event.with("num", num);
    }
    if let Some(second) = second_of_pair(pair.value) {
        event = event.with("second", second);
    }
    let addr = pair.addr.or_else(|| {
        if pair.block == Block::Config {
            addr_above(text, at)
        } else {
            None
        }
    });
    if let Some(addr) = addr {
        event = event.with("addr", addr);
    }
    let source = match pair.block {
        Block::Status => "brokerStatus",
        Block::Config => "getBrokerConfig",
        Block::Message => "queryMsg",
    };
    out.event(event.with("source", source));
    if pair.key == "brokerVersionDesc" && pair.value.starts_with('V') {
        out.event(
            Event::new("version", text.span(at), line)
                .with("component", "rocketmq")
                .with("version", dotted(pair.value)),
        );
    }
}

/// The second of two numbers, as in `scheduleMessageOffset_4 : 6012,6012` (delivered, stored).
fn second_of_pair(value: &str) -> Option<f64> {
    let (first, second) = value.split_once(',')?;
    first.trim().parse::<u64>().ok()?;
    second.trim().parse().ok()
}

/// `============Master: 10.4.0.21:10911============`, at most this many lines above.
fn addr_above<'a>(text: &Text<'a>, at: usize) -> Option<&'a str> {
    const REACH: usize = 400;
    let lines = text.lines();
    let title = lines[at.saturating_sub(REACH)..at]
        .iter()
        .rev()
        .find(|line| line.starts_with("====="))?;
    title
        .trim_matches('=')
        .rsplit(": ")
        .next()
        .map(str::trim)
        .filter(|addr| is_addr(addr))
}

/// The number a value starts with; `Total : 252.0 GiB, Free : 78.2 GiB.` has none.
fn first_number(value: &str) -> Option<f64> {
    value
        .split([' ', ','])
        .next()?
        .parse()
        .ok()
        .filter(|n: &f64| n.is_finite())
}

/// Sentences of consumerStatus, message tracks and the synchronous state set.
fn sentence(line: &str) -> Option<(&'static str, &str)> {
    let line = line.trim();
    const SENTENCES: &[(&str, &str)] = &[
        (
            "WARN: Different subscription in the same group of consumer",
            "subscription-differs",
        ),
        ("Same subscription in the same group of consumer", "subscription-same"),
        ("Rebalance OK", "rebalance"),
        ("Rebalance Failed", "rebalance"),
    ];
    if let Some((_, key)) = SENTENCES.iter().find(|(start, _)| line.starts_with(start)) {
        return Some((key, line));
    }
    if line.starts_with("MessageTrack [consumerGroup=") {
        return Some(("message-track", line));
    }
    for (part, key) in [
        ("can't consume for a while, maybe blocked", "consume-blocked"),
        ("can't lock for a while", "lock-missing"),
        ("times, still failed", "unlock-failed"),
    ] {
        if line.contains(part) && line.contains("MessageQueue [") {
            return Some((key, line));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing;

    #[test]
    fn samples() {
        testing::check_samples(&FORMAT);
        testing::never_panics(&FORMAT);
    }

    #[test]
    fn pairs() {
        let pair = status_pair("10.4.0.21:10911         putTps                          : 12.0 11.5").unwrap();
        assert_eq!(
            (pair.addr, pair.key, pair.value),
            (Some("10.4.0.21:10911"), "putTps", "12.0 11.5")
        );
        assert!(status_pair("2026-05-02 10:00:00 WARN x - y: z").is_none());
        assert_eq!(second_of_pair("6012,395"), Some(395.0));
        assert_eq!(second_of_pair("Total : 1, Free : 2"), None);
        assert_eq!(
            config_pair("brokerRole                     =  SLAVE").unwrap().value,
            "SLAVE"
        );
        assert_eq!(first_number("Total : 252.0 GiB"), None);
    }
}

//! The layouts of RocketMQ's own logs, in which everything stands at a fixed place and needs no parser.
//!
//! ```text
//! 2023-03-01 10:00:00 INFO BrokerControllerScheduledThread1 - dispatch behind commit log 0 bytes
//! 2023-03-01 10:00:01 - [WATERMARK] Send Queue Size: 0 SlowTimeMills: 0
//! 2020-04-24 15:21:30,030 INFO RocketmqRemoting - name server address updated
//! ```
//!
//! Most lines of a busy cluster are of these; `header` reads all others.

use crate::model::Level;
use memchr::memchr;

/// Where the parts of a plain line stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plain {
    /// Level as printed; `None` of a line without one.
    pub level: Level,
    /// Begin and end of the thread (servers) or logger (clients), in bytes. Empty where the layout has none.
    pub name: (usize, usize),
    /// Begin of the message.
    pub message: usize,
}

/// `2023-03-01 10:00`: a stamp to the minute.
pub const MINUTE: usize = 16;
/// Longest name of a thread or logger.
const NAME_MAX: usize = 100;

/// In each byte of `YYYY-MM-DD HH:MM` the bits that are looked at, and what they must be: all of a separator, the upper
/// half of a digit.
const MINUTE_BITS: (u128, u128) = minute_bits(b"0000-00-00 00:00");

const fn minute_bits(layout: &[u8; MINUTE]) -> (u128, u128) {
    let (mut mask, mut want) = ([0xFFu8; MINUTE], *layout);
    let mut at = 0;
    while at < MINUTE {
        if layout[at] == b'0' {
            (mask[at], want[at]) = (0xF0, 0x30);
        }
        at += 1;
    }
    (u128::from_le_bytes(mask), u128::from_le_bytes(want))
}

/// The first bytes of a line that begins with `YYYY-MM-DD HH:MM`, as one number: equal for lines of one minute.
pub fn minute(line: &[u8]) -> Option<u128> {
    let minute = u128::from_le_bytes(*line.first_chunk::<MINUTE>()?);
    (minute & MINUTE_BITS.0 == MINUTE_BITS.1).then_some(minute)
}

/// Reads a plain line; `None` of everything else.
pub fn read(line: &[u8]) -> Option<Plain> {
    minute(line)?;
    // `:SS ` or `:SS,mmm `
    let level = match (*line.get(19)?, line.get(23)) {
        (b' ', _) => 20,
        (b',' | b'.', Some(b' ')) => 24,
        _ => return None,
    };
    let rest = line.get(level..)?;
    let (level, after) = match rest.first_chunk::<4>()? {
        b"INFO" => (Level::Info, level + 4),
        b"WARN" => (Level::Warn, level + 4),
        b"ERRO" if rest.get(4) == Some(&b'R') => (Level::Error, level + 5),
        b"DEBU" if rest.get(4) == Some(&b'G') => (Level::Debug, level + 5),
        [b'-', b' ', ..] => {
            return Some(Plain {
                level: Level::None,
                name: (level, level),
                message: level + 2,
            });
        }
        _ => return None,
    };
    if line.get(after) != Some(&b' ') {
        return None;
    }
    let name = after + 1;
    let tail = &line[name..line.len().min(name + NAME_MAX)];
    // `INFO - [TOPIC_PUT_NUMS] …`: no name.
    if tail.starts_with(b"- ") {
        return Some(Plain {
            level,
            name: (name, name),
            message: name + 2,
        });
    }
    let end = name + dash(tail)?;
    // Brackets, blanks in a row and colons are of other layouts.
    let odd = |c: &u8| matches!(c, b'[' | b']' | b':' | b'(' | b'#');
    if line[name] == b' ' || line[name..end].iter().any(odd) {
        return None;
    }
    Some(Plain {
        level,
        name: (name, end),
        message: end + 3,
    })
}

/// Where ` - ` begins.
fn dash(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let dash = from + memchr(b'-', &text[from..])?;
        if dash > 0 && text[dash - 1] == b' ' && text.get(dash + 1) == Some(&b' ') {
            return Some(dash - 1);
        }
        from = dash + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::super::header::{begins_record, read_header};
    use super::*;

    #[test]
    fn layouts() {
        for (line, level, name, message) in [
            (
                "2023-03-01 10:00:00 INFO FlushIndex-1 - x - y",
                Level::Info,
                "FlushIndex-1",
                "x - y",
            ),
            ("2023-03-01 10:00:00 ERROR main - ", Level::Error, "main", ""),
            (
                "2023-03-01 10:00:01 - [WATERMARK] Send",
                Level::None,
                "",
                "[WATERMARK] Send",
            ),
            ("2021-07-29 15:10:27 INFO - [TOPIC", Level::Info, "", "[TOPIC"),
            (
                "2020-04-24 15:21:30,030 WARN RocketmqRemoting - x",
                Level::Warn,
                "RocketmqRemoting",
                "x",
            ),
        ] {
            let plain = read(line.as_bytes()).unwrap();
            assert_eq!(
                (plain.level, &line[plain.name.0..plain.name.1], &line[plain.message..]),
                (level, name, message)
            );
        }
        for line in [
            "2024-05-02 14:56:12.123 INFO  [4711] [RebalanceService] [o.a.r#?:?] - doRebalance",
            "2021-09-06 15:24:26.213  INFO 15752 --- [main] RocketmqRemoting : closeChannel",
            "2021-09-06 15:24:26 INFO",
            "2021-09-06T15:24:26 INFO main - x",
            "15:50:28.835 [main] INFO  RocketmqRemoting - x",
            "",
        ] {
            assert_eq!(read(line.as_bytes()), None, "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn plain_lines_are_records(line in "2023-03-01 10:00:00[ ,.](000 )?(INFO|WARN|ERROR|- )? ?.{0,60}") {
            if let Some(plain) = read(line.as_bytes()) {
                proptest::prop_assert!(begins_record(line.as_bytes()));
                proptest::prop_assert!(line.is_char_boundary(plain.message.min(line.len())));
                let header = read_header(&line, true);
                proptest::prop_assert_eq!(header.level, plain.level);
            }
        }
    }
}

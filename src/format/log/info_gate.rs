//! Most lines of a busy cluster's logs are INFO lines of which no rule speaks. `InfoGate` tells them by the first bytes of
//! their message, so that they need no search: the difference between a tenth and several GB/s.
//!
//! `info_messages.txt` holds the constant parts of RocketMQ's INFO messages. A message head is *cold* when no literal of
//! the rules in use stands in any message that begins like it. Everything else, unknown messages included, is searched.

use aho_corasick::AhoCorasick;
use memchr::{memchr, memmem};
use std::collections::{HashMap, HashSet};

const MESSAGES: &str = include_str!("info_messages.txt");
/// How many bytes of a message decide. Long enough that a message which is not in the list hardly begins like one.
const HEAD: usize = 16;
/// How far into a line its message may begin.
const PREFIX_MAX: usize = 200;

/// The cold heads for one set of literals.
#[derive(Debug)]
pub struct InfoGate {
    cold: HashSet<u128, Direct>,
}

/// The head is its own hash, mixed once.
#[derive(Debug, Clone, Copy, Default)]
struct Direct;

impl std::hash::BuildHasher for Direct {
    type Hasher = Mixed;
    fn build_hasher(&self) -> Mixed {
        Mixed(0)
    }
}

/// One multiplication.
#[derive(Debug)]
pub struct Mixed(u64);

impl std::hash::Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        }
    }
    fn write_u128(&mut self, head: u128) {
        let folded = (head as u64).rotate_left(23) ^ (head >> 64) as u64;
        let mixed = folded.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ (mixed >> 32);
    }
}

impl InfoGate {
    /// The gate for these literals.
    pub fn new(literals: &AhoCorasick) -> Self {
        let messages = || MESSAGES.lines().filter(|l| !l.starts_with('#') && !l.is_empty());
        let mut hot: Vec<&str> = Vec::new();
        let mut heads: HashMap<u128, &str> = HashMap::new();
        for message in messages() {
            let constant = message.split("{}").next().unwrap_or(message);
            if literals.is_match(message) {
                hot.push(constant);
            } else if let Some(head) = head(constant.as_bytes()) {
                heads.insert(head, constant);
            }
        }
        // A hot message whose constant part is shorter than a head could begin like any head that starts with it.
        let is_hot = |constant: &str| {
            let cut = |text: &str| text.as_bytes()[..text.len().min(HEAD)].to_vec();
            let own = cut(constant);
            hot.iter().any(|h| {
                let other = cut(h);
                own.starts_with(&other) || other.starts_with(&own)
            })
        };
        let cold = heads
            .into_iter()
            .filter(|(_, constant)| !is_hot(constant))
            .map(|(head, _)| head);
        Self { cold: cold.collect() }
    }

    /// Whether this one-line record needs no search: INFO or without level, with a cold message.
    pub fn is_cold(&self, line: &[u8]) -> bool {
        let Some(message) = message(line) else { return false };
        head(message).is_some_and(|head| self.cold.contains(&head))
    }

    /// How many heads are cold.
    pub fn len(&self) -> usize {
        self.cold.len()
    }

    /// Whether no head is cold.
    pub fn is_empty(&self) -> bool {
        self.cold.is_empty()
    }
}

fn head(message: &[u8]) -> Option<u128> {
    message.first_chunk::<HEAD>().map(|head| u128::from_le_bytes(*head))
}

/// The message of an INFO line (or one without a level) in one of RocketMQ's layouts.
fn message(line: &[u8]) -> Option<&[u8]> {
    // `2023-03-01 10:00:00 INFO thread - `, `2023-03-01 10:00:01 - `, `2020-04-24 15:21:30,030 INFO Logger - `
    let level = if line.get(19) == Some(&b' ') { 20 } else { 24 };
    let from = match line.get(level..level + 4)? {
        b"INFO" => level + 4,
        [b'-', b' ', ..] if level == 20 => level - 1,
        _ => return None,
    };
    let end = line.len().min(from + PREFIX_MAX);
    let at = find_dash(&line[from..end])?;
    Some(&line[from + at..])
}

/// Where the text behind ` - ` begins.
fn find_dash(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    // Thread names hold few dashes: this beats a general search on such short texts.
    for _ in 0..4 {
        let dash = at + memchr(b'-', &text[at..])?;
        if dash > 0 && text[dash - 1] == b' ' && text.get(dash + 1) == Some(&b' ') {
            return Some(dash + 2);
        }
        at = dash + 1;
    }
    memmem::find(&text[at..], b" - ").map(|n| at + n + 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_without_a_literal_are_cold() {
        let literals = AhoCorasick::new(["dispatch behind commit log", "serializeType="]).unwrap();
        let gate = InfoGate::new(&literals);
        for (line, cold) in [
            (
                "2023-03-01 10:00:00 INFO BrokerControllerScheduledThread1 - dispatch behind commit log 0 bytes",
                false,
            ),
            (
                "2023-03-01 10:00:00 INFO main - The broker[a, 10.0.0.1:10911] boot success. serializeType=JSON",
                false,
            ),
            (
                "2023-03-01 10:00:00 INFO ClientManageThread_1 - new consumer connected, group: g CONSUME_PASSIVELY",
                true,
            ),
            (
                "2023-03-01 10:00:00 WARN ClientManageThread_1 - new consumer connected, group: g CONSUME_PASSIVELY",
                false,
            ),
            (
                "2023-03-01 10:00:01 - [WATERMARK] Send Queue Size: 0 SlowTimeMills: 0",
                true,
            ),
            (
                "2021-07-29 15:10:27 INFO - [TOPIC_PUT_SIZE] [T] Stats In One Minute, SUM: 574 TPS: 9.57 AVGPT: 574.00",
                true,
            ),
            (
                "2020-04-24 15:21:30,030 INFO RocketmqClient - rebalanced result changed. allocateMessageQueueStrategyName=AVG",
                true,
            ),
            ("2023-03-01 10:00:00 INFO main - something nobody knows", false),
            ("INFO", false),
        ] {
            assert_eq!(gate.is_cold(line.as_bytes()), cold, "{line}");
        }
    }
}

//! Most lines of a busy cluster's logs are INFO lines of a few hundred known messages. `Sieve` tells by the first bytes of
//! a message which literals of the rules can stand in it, mostly none, so that hardly a line is searched: the difference
//! between a tenth and several GB/s.
//!
//! `info_messages.txt` holds the constant parts of RocketMQ's INFO messages. Everything else, unknown messages, WARN and
//! ERROR, is searched for all literals.

use super::plain::Plain;
use crate::model::Level;
use aho_corasick::AhoCorasick;
use memchr::memmem::Finder;
use std::collections::HashMap;

const MESSAGES: &str = include_str!("info_messages.txt");
/// How many bytes of a message decide. Long enough that a message which is not in the list hardly begins like one.
const HEAD: usize = 16;
/// The same of messages whose constant part is shorter.
const SHORT_HEAD: usize = 12;

/// Least bytes of a literal that a constant part must end with for the literal to go on in the value behind it: `last
/// shutdown abnormally` in `last shutdown {}`. Shorter ones (`topic `) begin too many literals to mean one.
const BEGUN: usize = 10;

/// Messages that come all the time and whose values are names, numbers and addresses: where one of them holds a literal,
/// the rest of it is not searched for others. Values of other messages may be anything (a configuration, an exception).
const FREQUENT: &[&str] = &[
    "new consumer connected, group: ",
    "new producer connected, group: ",
    "unregister a consumer[",
    "unregister a producer[",
    "the broker store no queue data",
    "the broker stores no queue data",
    "send heart beat to broker[",
    "register broker[",
    "dispatch behind commit log ",
    "Flush data to disk costs ",
    "Commit data to file costs ",
    "NETTY EVENT: ",
    "NETTY SERVER PIPELINE: ",
    "[CONSUME_",
    "[GROUP_GET_",
    "[TOPIC_PUT_",
    "[PULL_",
    "[PAGECACHERT] ",
    "[persistAll] ",
    "doRebalance, ",
    "rebalanced result changed. ",
];

/// A literal that may stand in a message.
#[derive(Debug)]
pub struct Expected {
    /// Its number in the automaton.
    pub literal: u32,
    /// The place in the message where a constant part puts it.
    pub at: Option<usize>,
    finder: Finder<'static>,
}

impl Expected {
    /// Where it stands in a text whose message begins there: mostly where it is expected.
    pub fn find(&self, text: &[u8], message: usize) -> Option<usize> {
        let expected = self.at.map(|at| message + at);
        let stands = |at: &usize| {
            text.get(*at..)
                .is_some_and(|tail| tail.starts_with(self.finder.needle()))
        };
        expected
            .filter(stands)
            .or_else(|| Some(message + self.finder.find(text.get(message..)?)?))
    }
}

/// What is known of the messages that begin alike.
#[derive(Debug, Default)]
pub struct Known {
    /// Literals that may stand in them.
    pub literals: Vec<Expected>,
    /// A series reads them.
    pub marked: bool,
}

/// What a log's lines are looked at for, beside literals.
#[derive(Debug, Clone, Default)]
pub struct Marks {
    /// Every line is of a series.
    pub all: bool,
    /// Messages that hold one of these are of a series.
    pub texts: Vec<&'static str>,
    /// Lines of the thread `main` are of a start-up, and of a series.
    pub main: bool,
}

/// The known messages, for the literals and series of one kind of log.
#[derive(Debug)]
pub struct Sieve {
    heads: HashMap<u128, Known, Direct>,
    short_heads: HashMap<u128, Known, Direct>,
    /// What series read.
    pub marks: Marks,
}

impl Sieve {
    /// The sieve for the literals of an automaton that are `useful` in a kind of log, and for series with these marks.
    pub fn new(literals: &AhoCorasick, texts: &[String], useful: &dyn Fn(u32) -> bool, marks: Marks) -> Self {
        let mut sieve = Self {
            heads: HashMap::default(),
            short_heads: HashMap::default(),
            marks,
        };
        let mut short: Vec<&str> = Vec::new();
        let mut searched: Vec<Option<u128>> = Vec::new();
        let begins = Begins::new(texts, useful);
        for message in MESSAGES.lines().filter(|l| !l.starts_with('#') && !l.is_empty()) {
            let constant = message.split("{}").next().unwrap_or(message);
            let mut found: Vec<(u32, Option<usize>)> = Vec::new();
            for hit in literals.find_overlapping_iter(message) {
                let literal = hit.pattern().as_u32();
                if useful(literal) && !found.iter().any(|(known, _)| *known == literal) {
                    found.push((literal, (hit.end() <= constant.len()).then_some(hit.start())));
                }
            }
            for (literal, at) in begins.of(message) {
                if !found.iter().any(|(known, _)| *known == literal) {
                    found.push((literal, at));
                }
            }
            let marked = sieve.marks.texts.iter().any(|mark| message.contains(mark));
            let interesting = marked || !found.is_empty();
            if !found.is_empty() && !FREQUENT.iter().any(|frequent| message.starts_with(frequent)) {
                searched.extend([
                    head::<HEAD>(constant.as_bytes()),
                    head::<SHORT_HEAD>(constant.as_bytes()),
                ]);
                short.push(constant);
                continue;
            }
            let known = match (
                head::<HEAD>(constant.as_bytes()),
                head::<SHORT_HEAD>(constant.as_bytes()),
            ) {
                (Some(head), _) => sieve.heads.entry(head).or_default(),
                (None, Some(head)) => {
                    short.extend(interesting.then_some(constant));
                    sieve.short_heads.entry(head).or_default()
                }
                (None, None) => {
                    short.extend(interesting.then_some(constant));
                    continue;
                }
            };
            known.marked |= marked;
            for (literal, at) in found {
                if !known.literals.iter().any(|known| known.literal == literal) {
                    let finder = Finder::new(&texts[literal as usize]).into_owned();
                    known.literals.push(Expected { literal, at, finder });
                }
            }
        }
        // A message whose constant part is shorter than a head could begin like any head that starts with it.
        let hidden = |head: &u128, own: usize| {
            let bytes = head.to_le_bytes();
            short.iter().any(|s| bytes.starts_with(s.as_bytes()) && s.len() < own)
        };
        let searched = |head: &u128| searched.contains(&Some(*head));
        sieve.heads.retain(|head, _| !hidden(head, HEAD) && !searched(head));
        sieve
            .short_heads
            .retain(|head, _| !hidden(head, SHORT_HEAD) && !searched(head));
        sieve
    }

    /// What is known of the message of this line; `None` when it must be searched.
    pub fn known(&self, line: &[u8], plain: &Plain) -> Option<&Known> {
        if plain.level > Level::Info {
            return None;
        }
        let message = line.get(plain.message..)?;
        self.heads
            .get(&head::<HEAD>(message)?)
            .or_else(|| self.short_heads.get(&head::<SHORT_HEAD>(message)?))
    }

    /// Whether a series reads this line.
    pub fn is_marked(&self, line: &[u8], plain: Option<&Plain>, known: Option<&Known>) -> bool {
        let of_main = || plain.is_some_and(|p| &line[p.name.0..p.name.1] == b"main");
        self.marks.all
            || match known {
                Some(known) => known.marked || (self.marks.main && of_main()),
                // Any message may be one of a series that is not in the list.
                None => self.marks.main || !self.marks.texts.is_empty(),
            }
    }

    /// How many heads are known.
    pub fn len(&self) -> usize {
        self.heads.len() + self.short_heads.len()
    }

    /// Whether no message is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Literals by their first bytes, to find those that a message's constant part begins and its value may end.
struct Begins<'a>(HashMap<&'a [u8], Vec<(u32, &'a [u8])>>);

impl<'a> Begins<'a> {
    fn new(texts: &'a [String], useful: &dyn Fn(u32) -> bool) -> Self {
        let mut begins: HashMap<&[u8], Vec<(u32, &[u8])>> = HashMap::new();
        for (literal, text) in (0u32..).zip(texts) {
            if let Some(begin) = text.as_bytes().get(..BEGUN).filter(|_| useful(literal)) {
                begins.entry(begin).or_default().push((literal, text.as_bytes()));
            }
        }
        Self(begins)
    }

    /// Literals that may run into a value of the message, each with its place if no value stands before it.
    fn of(&self, message: &str) -> Vec<(u32, Option<usize>)> {
        let mut found = Vec::new();
        let mut parts: Vec<&str> = message.split("{}").collect();
        parts.pop();
        for (nth, part) in parts.iter().enumerate() {
            for (at, begin) in part.as_bytes().windows(BEGUN).enumerate() {
                let rest = &part.as_bytes()[at..];
                let begun = self.0.get(begin).into_iter().flatten();
                let begun = begun.filter(|(_, text)| text.len() > rest.len() && text.starts_with(rest));
                found.extend(begun.map(|(literal, _)| (*literal, (nth == 0).then_some(at))));
            }
        }
        found
    }
}

fn head<const LEN: usize>(message: &[u8]) -> Option<u128> {
    let mut head = [0; HEAD];
    head[..LEN].copy_from_slice(message.first_chunk::<LEN>()?);
    Some(u128::from_le_bytes(head))
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

#[cfg(test)]
mod tests {
    use super::super::plain;
    use super::*;

    const LITERALS: &[&str] = &[
        "dispatch behind commit log",
        "serializeType=",
        "boot success",
        "last shutdown abnormally",
        "the request offset too small",
    ];

    fn sieve(useful: &dyn Fn(u32) -> bool) -> Sieve {
        let marks = Marks {
            texts: vec!["The broker["],
            ..Marks::default()
        };
        let texts: Vec<String> = LITERALS.iter().map(|l| (*l).to_string()).collect();
        Sieve::new(&AhoCorasick::new(LITERALS).unwrap(), &texts, useful, marks)
    }

    fn literals(sieve: &Sieve, line: &str) -> Option<Vec<u32>> {
        let plain = plain::read(line.as_bytes())?;
        let known = sieve.known(line.as_bytes(), &plain)?;
        Some(known.literals.iter().map(|expected| expected.literal).collect())
    }

    #[test]
    fn only_lines_without_a_literal_are_cold() {
        let sieve = sieve(&|_| true);
        for (line, expect) in [
            (
                "2023-03-01 10:00:00 INFO BrokerControllerScheduledThread1 - dispatch behind commit log 0 bytes",
                Some(vec![0]),
            ),
            (
                "2023-03-01 10:00:00 INFO ClientManageThread_1 - new consumer connected, group: g CONSUME_PASSIVELY",
                Some(vec![]),
            ),
            (
                "2023-03-01 10:00:00 WARN ClientManageThread_1 - new consumer connected, group: g CONSUME_PASSIVELY",
                None,
            ),
            (
                "2023-03-01 10:00:01 - [WATERMARK] Send Queue Size: 0 SlowTimeMills: 0",
                Some(vec![]),
            ),
            (
                "2021-07-29 15:10:27 INFO - [TOPIC_PUT_SIZE] [T] Stats In One Minute, SUM: 574 TPS: 9.57 AVGPT: 574.00",
                Some(vec![]),
            ),
            (
                "2020-04-24 15:21:30,030 INFO RocketmqClient - rebalanced result changed. allocateMessageQueueStrategyName=AVG",
                Some(vec![]),
            ),
            (
                "2023-03-01 10:00:00 INFO PullMessageThread_1 - the broker store no queue data, fix the request offset 7 to 0",
                Some(vec![4]),
            ),
            ("2023-03-01 10:00:00 INFO main - last shutdown abnormally", None),
            ("2023-03-01 10:00:00 INFO main - something nobody knows", None),
            ("INFO", None),
        ] {
            assert_eq!(literals(&sieve, line), expect, "{line}");
        }
    }

    #[test]
    fn literals_of_other_logs_do_not_count() {
        let line = "2023-03-01 10:00:00 INFO BrokerControllerScheduledThread1 - dispatch behind commit log 0 bytes";
        assert_eq!(literals(&sieve(&|_| false), line), Some(vec![]));
    }

    #[test]
    fn marks() {
        let sieve = sieve(&|_| true);
        let marked = |line: &str| {
            let plain = plain::read(line.as_bytes());
            let known = plain.and_then(|p| sieve.known(line.as_bytes(), &p));
            sieve.is_marked(line.as_bytes(), plain.as_ref(), known)
        };
        assert!(marked("2023-03-01 10:00:00 INFO main - something nobody knows"));
        assert!(!marked(
            "2023-03-01 10:00:00 INFO ClientManageThread_1 - new consumer connected, group: g CONSUME_PASSIVELY"
        ));
    }
}

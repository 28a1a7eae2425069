//! Starts, stops and registrations of RocketMQ's servers.
//!
//! ```text
//! 2026-05-02 10:20:12 INFO main - rocketmqHome=/opt/rocketmq                       second or first line of a start-up dump
//! 2026-05-02 10:20:13 INFO main - last shutdown abnormally, store path root dir: /data/store
//! 2026-05-02 10:20:15 INFO main - The broker[broker-a, 10.0.0.5:10911] boot success. serializeType=JSON and name server is 10.0.0.2:9876
//! 2026-05-02 10:58:01 INFO Thread-18 - Shutdown hook was invoked, 1
//! 2026-05-02 10:20:15 INFO brokerOutApi_thread_1 - register broker[0]to name server 10.0.0.2:9876 OK
//! 2026-05-02 10:20:15 INFO RemotingExecutorThread_1 - new broker registered, 10.0.0.5:10911 HAServer: 10.0.0.5:10912
//! ```
//!
//! When the process before was last alive is the last line that its start-up thread `main` did not write. Whether a start
//! was a restart, and whether it was planned, is derived later from all logs of the host.

use super::Clock;
use crate::format::Sink;
use crate::format::log::SeriesLine;
use crate::model::stamp;
use crate::model::{Event, LogKind, Moment, SourceId, Span};
use aho_corasick::AhoCorasick;
use std::sync::LazyLock;

/// What a line may say. The order is that of [`MARKS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Dump,
    StoreClean,
    StoreUnclean,
    Broker,
    Namesrv,
    Controller,
    Proxy,
    Hook,
    Registered4,
    Registered5,
    NewBroker,
}

const MARKS: &[(&str, Mark)] = &[
    (" - rocketmqHome=", Mark::Dump),
    ("last shutdown normally", Mark::StoreClean),
    ("last shutdown abnormally", Mark::StoreUnclean),
    ("The broker[", Mark::Broker),
    ("The Name Server boot success", Mark::Namesrv),
    ("The Controller Server boot success", Mark::Controller),
    ("rocketmq-proxy startup successfully", Mark::Proxy),
    ("hutdown hook was invoked, 1", Mark::Hook),
    ("]to name server ", Mark::Registered4),
    (
        "Registering current broker to name server completed. ",
        Mark::Registered5,
    ),
    ("new broker registered, ", Mark::NewBroker),
];

/// What messages hold that this series reads, without the values of their marks.
pub(super) fn marks() -> impl Iterator<Item = &'static str> {
    MARKS
        .iter()
        .map(|(text, _)| text.trim_end_matches(|c: char| c.is_ascii_digit()))
}

static AUTOMATON: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::new(MARKS.iter().map(|(text, _)| text)).expect("a dozen short literals make an automaton")
});

/// Bytes of a line that are searched: all marks stand near the front.
const HEAD: usize = 200;
/// Bytes of a stamp that are kept of the last line alive.
const STAMP: usize = 24;
/// How many lines of a start-up are skipped to find the last line of the process before.
const LOOK_BACK_LINES: usize = 400;
/// Most registrations told of one source: brokers register every half a minute.
const REGISTRATIONS_MAX: u32 = 2000;

/// Finds starts and stops.
#[derive(Debug)]
pub struct LifeSeries {
    source: SourceId,
    clock: Clock,
    process: &'static str,
    /// The stamp of the last line that was not written while starting.
    alive: Option<[u8; STAMP]>,
    registrations: u32,
    /// Up to here the text was looked back at.
    seen: usize,
}

impl LifeSeries {
    /// A series of one log; `None` where servers do not write.
    pub fn new(source: SourceId, log: Option<LogKind>, clock: Clock) -> Option<Self> {
        let process = match log? {
            LogKind::Broker | LogKind::Store => "broker",
            LogKind::Namesrv => "namesrv",
            LogKind::Controller => "controller",
            LogKind::Proxy => "proxy",
            LogKind::App => "",
            _ => return None,
        };
        Some(Self {
            source,
            clock,
            process,
            alive: None,
            registrations: 0,
            seen: 0,
        })
    }

    /// Takes a line; false when it is none of this series.
    pub fn push(&mut self, line_no: u32, text: &str, out: &mut dyn Sink) -> bool {
        let head = &text.as_bytes()[..text.len().min(HEAD)];
        let Some(found) = AUTOMATON.find(head) else {
            self.live(head);
            return false;
        };
        let (mark, rest) = (MARKS[found.pattern().as_usize()].1, &text[found.end()..]);
        let at = stamp::stamp(text).map(|stamp| self.clock.at(stamp));
        if let Some(event) = self.event(mark, rest, at) {
            let event = Event {
                fields: event.fields,
                ..Event::new(&event.kind, Span::line(self.source, line_no), text)
            };
            out.event(event.at(at));
        }
        if !matches!(mark, Mark::Dump | Mark::StoreClean | Mark::StoreUnclean) {
            self.live(head);
        }
        true
    }

    /// Takes a line of a text of which not every line is shown; between two shown lines a running process may have
    /// written.
    pub fn at(&mut self, line: &SeriesLine<'_>, out: &mut dyn Sink) {
        let head = line.line();
        if AUTOMATON.is_match(&head.as_bytes()[..head.len().min(HEAD)]) {
            self.look_back(line.text.get(self.seen..line.at.start).unwrap_or(""));
            self.push(line.number, head, out);
            self.seen = line.at.end;
        }
    }

    /// Notes the last line of a text that a running process wrote.
    fn look_back(&mut self, text: &str) {
        for line in text.lines().rev().take(LOOK_BACK_LINES) {
            let before = self.alive.take();
            self.live(&line.as_bytes()[..line.len().min(HEAD)]);
            if self.alive.is_some() {
                return;
            }
            self.alive = before;
        }
    }

    /// Notes a line that a running process wrote.
    fn live(&mut self, head: &[u8]) {
        let Some(stamp) = head.first_chunk::<STAMP>().filter(|h| h[0].is_ascii_digit()) else {
            return;
        };
        let thread = head.get(STAMP..STAMP + 14).unwrap_or_default();
        let starting = memchr::memmem::find(thread, b"main - ").is_some() || head.ends_with(b" service started");
        if !starting {
            self.alive = Some(*stamp);
        }
    }

    /// The event of a mark, still without its place.
    fn event(&mut self, mark: Mark, rest: &str, at: Option<Moment>) -> Option<Event> {
        let event =
            |kind: &str, process: &str| Event::new(kind, Span::line(self.source, 0), "").with("process", process);
        let event = match mark {
            Mark::Dump if self.process.is_empty() => return None,
            Mark::Dump => self.since_alive(event("rmq.boot", self.process), at),
            Mark::StoreClean => self.since_alive(event("rmq.boot", "broker").with("last_stop", "clean"), at),
            Mark::StoreUnclean => self.since_alive(event("rmq.boot", "broker").with("last_stop", "unclean"), at),
            Mark::Broker => {
                let (name, rest) = rest.split_once(", ")?;
                let (addr, rest) = rest.split_once("] boot success")?;
                let event = event("rmq.start", "broker").with("name", name).with("addr", addr);
                match rest.split_once("name server is ") {
                    Some((_, namesrv)) => event.with("namesrv", namesrv.trim()),
                    None => event,
                }
            }
            Mark::Namesrv => match rest.split_once("address ") {
                Some((_, addr)) => event("rmq.start", "namesrv").with("addr", addr.trim()),
                None => event("rmq.start", "namesrv"),
            },
            Mark::Controller => event("rmq.start", "controller"),
            Mark::Proxy => event("rmq.start", "proxy"),
            Mark::Hook if self.process.is_empty() => return None,
            Mark::Hook => event("rmq.stop", self.process).with("clean", 1.0),
            Mark::Registered4 | Mark::Registered5 | Mark::NewBroker => {
                self.registrations += 1;
                if self.registrations > REGISTRATIONS_MAX {
                    return None;
                }
                return registration(mark, rest).map(|(process, field, addr)| {
                    Event::new("rmq.register", Span::line(self.source, 0), "")
                        .with("process", process)
                        .with(field, addr)
                });
            }
        };
        Some(event)
    }

    fn since_alive(&self, event: Event, at: Option<Moment>) -> Event {
        let alive = self.alive.as_ref().and_then(|head| std::str::from_utf8(head).ok());
        match (alive.and_then(stamp::stamp), at) {
            (Some(alive), Some(at)) => {
                let silent_s = (at.ms - self.clock.at(alive).ms) as f64 / 1000.0;
                event.with("silent_s", silent_s.max(0.0))
            }
            _ => event,
        }
    }
}

/// Which end prints it, and the address it names.
fn registration(mark: Mark, rest: &str) -> Option<(&'static str, &'static str, &str)> {
    let word = |text: &'static str| rest.split_once(text).map(|(_, tail)| tail).unwrap_or(rest);
    let address = |text: &'static str| {
        let tail = word(text);
        let end = tail.find([' ', ',', ']']).unwrap_or(tail.len());
        Some(&tail[..end]).filter(|addr| addr.contains(':'))
    };
    match mark {
        Mark::Registered4 if rest.trim_end().ends_with("OK") => Some(("broker", "namesrv", address("")?)),
        Mark::Registered5 => Some(("broker", "namesrv", address("TargetHost=")?)),
        Mark::NewBroker => Some(("namesrv", "addr", address("brokerAddr=")?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(log: LogKind, lines: &[&str]) -> Vec<String> {
        let mut series = LifeSeries::new(SourceId(0), Some(log), Clock::Gmt8).unwrap();
        let mut out = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            series.push(at as u32 + 1, line, &mut out);
        }
        let show = |e: &Event| {
            let fields: Vec<String> = e.fields.iter().map(|(n, v)| format!("{n}={}", v.to_text())).collect();
            format!("{} {} {}", e.span.line, e.kind, fields.join(" "))
        };
        out.iter().map(show).collect()
    }

    #[test]
    fn a_broker_dies_and_starts_again() {
        let lines = [
            "2026-05-02 10:00:00 INFO FlushRealTimeService - Flush data to disk costs 12 ms",
            "2026-05-02 10:00:40 INFO AllocateMappedFileService - AllocateMappedFileService service started",
            "2026-05-02 10:00:40 INFO main - last shutdown abnormally, store path root dir: /data/store",
        ];
        assert_eq!(
            events(LogKind::Store, &lines),
            ["3 rmq.boot process=broker last_stop=unclean silent_s=40"]
        );
        let lines = [
            "2026-05-02 10:00:40 INFO main - rocketmqHome=/opt/rocketmq",
            "2026-05-02 10:00:43 INFO main - The broker[broker-a, 10.0.0.5:10911] boot success. serializeType=JSON and name server is 10.0.0.2:9876",
            "2026-05-02 10:01:43 INFO Thread-3 - Shutdown hook was invoked, 1",
        ];
        assert_eq!(
            events(LogKind::Broker, &lines),
            [
                "1 rmq.boot process=broker",
                "2 rmq.start process=broker name=broker-a addr=10.0.0.5:10911 namesrv=10.0.0.2:9876",
                "3 rmq.stop process=broker clean=1",
            ]
        );
    }

    #[test]
    fn registrations_of_both_ends() {
        for (line, want) in [
            (
                "2026-05-02 10:20:15 INFO brokerOutApi_thread_1 - register broker[0]to name server 10.0.0.2:9876 OK",
                "1 rmq.register process=broker namesrv=10.0.0.2:9876",
            ),
            (
                "2026-05-02 10:20:15 INFO x - Registering current broker to name server completed. TargetHost=10.0.0.2:9876",
                "1 rmq.register process=broker namesrv=10.0.0.2:9876",
            ),
            (
                "2026-05-02 10:20:15 INFO x - new broker registered, 10.0.0.5:10911 HAServer: 10.0.0.5:10912",
                "1 rmq.register process=namesrv addr=10.0.0.5:10911",
            ),
            (
                "2026-05-02 10:20:15 INFO x - new broker registered, BrokerIdentityInfo [clusterName=c, brokerAddr=10.0.0.5:10911] HAServer: 10.0.0.5:10912",
                "1 rmq.register process=namesrv addr=10.0.0.5:10911",
            ),
        ] {
            assert_eq!(events(LogKind::Broker, &[line]), [want], "{line}");
        }
        assert!(
            events(
                LogKind::Broker,
                &["x - registerBroker broker[0]to name server 1:2 Failed"]
            )
            .is_empty()
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_never_panics(text in "(?s).{0,400}") {
            let mut series = LifeSeries::new(SourceId(0), Some(LogKind::App), Clock::Gmt8).unwrap();
            let mut out: Vec<Event> = Vec::new();
            for (mark, _) in MARKS {
                series.push(1, &format!("{text}{mark}{text}"), &mut out);
                series.push(1, &format!("{mark}{text}"), &mut out);
            }
        }
    }
}

//! Processes that stopped and started again, starts that never came to an end, and processes that ended.
//!
//! One process writes several logs into one folder: its start-up dump and `boot success` stand in broker.log, the state of
//! its abort file in store.log. All of them together are one life:
//!
//! ```text
//! start ── … ── stop (shutdown hook) ── boot (dump, opening the store) ── start (boot success)      planned
//! start ── … ── last line ······ boot, "last shutdown abnormally" ── start                          killed or crashed
//! ```

use super::{Bundle, Deriver, beside, folder, milli, num, text};
use crate::model::{Event, LogKind};
use std::collections::BTreeMap;

pub(super) const DERIVER: Deriver = Deriver {
    name: "restart",
    reads: &["rmq.boot", "rmq.start", "rmq.stop"],
    gives: &["restart", "start.unfinished", "process.end"],
    derive,
};

/// Parts of one start (dump, store, boot success) lie closer than this.
const START_MAX_MS: i64 = 3_600_000;
/// A log that writes every second (watermark.log), or only now and then, has ended when others go on so much longer.
const SILENT_SECONDS: f64 = 20.0;
const SILENT_MINUTES: f64 = 90.0;

/// Host, folder and name of a process.
type Process<'b> = (&'b str, &'b str, &'b str);

fn derive(bundle: &Bundle<'_>, give: &mut dyn FnMut(Event)) {
    let mut processes: BTreeMap<Process<'_>, Vec<(i64, u8, &Event)>> = BTreeMap::new();
    for (rank, kind) in [(0, "rmq.stop"), (1, "rmq.boot"), (2, "rmq.start")] {
        for event in bundle.of(kind) {
            if let (Some(utc), Some(source)) = (bundle.utc(event), bundle.source(event)) {
                let process = (source.host.as_str(), folder(&source.path), text(event, "process"));
                processes.entry(process).or_default().push((utc, rank, event));
            }
        }
    }
    for (process, mut events) in processes {
        events.sort_by_key(|(utc, rank, event)| (*utc, *rank, event.span));
        let mut life = Life::new(process);
        for (utc, rank, event) in &events {
            match rank {
                0 => life.stop(*utc),
                1 => life.boot(*utc, event, give),
                _ => life.start(*utc, event, give),
            }
        }
        let end = end_of(bundle, process);
        life.finish(end, give);
        if process.2 == "broker"
            && let Some((_, _, last)) = events.last()
        {
            ended(bundle, &life, last, give);
        }
    }
}

/// One attempt to start.
struct Boot<'b> {
    utc: i64,
    first: &'b Event,
    /// Sources that told it; the same mark again in one of them is another attempt.
    sources: Vec<u32>,
    /// When the process before was last alive.
    alive: Option<i64>,
    last_stop: &'b str,
    /// Whether the log that tells the end of the start told its begin.
    dumped: bool,
}

/// What is known of a process up to some point.
struct Life<'b> {
    process: Process<'b>,
    /// When its shutdown hook ran, since the last start.
    stopped: Option<i64>,
    /// Whether it was seen before.
    lived: bool,
    boot: Option<Boot<'b>>,
}

impl<'b> Life<'b> {
    fn new(process: Process<'b>) -> Self {
        Self {
            process,
            stopped: None,
            lived: false,
            boot: None,
        }
    }

    fn stop(&mut self, utc: i64) {
        // The hook of a process that is starting or never started ends nothing.
        self.stopped = self.stopped.or(Some(utc));
        self.lived = true;
    }

    fn boot(&mut self, utc: i64, event: &'b Event, give: &mut dyn FnMut(Event)) {
        let source = event.span.source.0;
        let last_stop = text(event, "last_stop");
        let alive = num(event, "silent_s").map(|s| utc.saturating_sub((s * 1000.0) as i64));
        let dumped = last_stop.is_empty();
        let part = |boot: &Boot<'_>| !boot.sources.contains(&source) && utc.saturating_sub(boot.utc) <= START_MAX_MS;
        match &mut self.boot {
            Some(boot) if part(boot) => {
                boot.sources.push(source);
                boot.alive = boot.alive.max(alive);
                boot.dumped |= dumped;
                if boot.last_stop.is_empty() {
                    boot.last_stop = last_stop;
                }
            }
            _ => {
                self.give_up(utc, give);
                self.boot = Some(Boot {
                    utc,
                    first: event,
                    sources: vec![source],
                    alive,
                    last_stop,
                    dumped,
                });
            }
        }
    }

    fn start(&mut self, utc: i64, event: &'b Event, give: &mut dyn FnMut(Event)) {
        match self.boot.take() {
            Some(boot) => self.restarted(&boot, utc, event, give),
            None if self.lived => {
                let mut restart = self.named(event, "restart");
                if let Some(stopped) = self.stopped {
                    restart = restart.with("down_s", seconds(stopped, utc)).with("clean", 1.0);
                }
                give(restart);
            }
            None => {}
        }
        self.stopped = None;
        self.lived = true;
    }

    /// A boot without a start: told as such when its log would have said `boot success`.
    fn give_up(&mut self, until: i64, give: &mut dyn FnMut(Event)) {
        let Some(boot) = self.boot.take() else { return };
        if boot.dumped {
            let mut event = self
                .named(boot.first, "start.unfinished")
                .with("waited_s", seconds(boot.utc, until));
            if !boot.last_stop.is_empty() {
                event = event.with("last_stop", boot.last_stop);
            }
            give(event);
        } else {
            self.restarted(&boot, boot.utc, boot.first, give);
        }
        self.lived = true;
    }

    fn restarted(&self, boot: &Boot<'_>, up: i64, proof: &Event, give: &mut dyn FnMut(Event)) {
        if !self.lived && boot.alive.is_none() {
            return;
        }
        let clean = match (boot.last_stop, self.stopped) {
            ("unclean", _) => false,
            (_, Some(_)) => true,
            // No abort file, but a log that goes on without a word of the stop: killed, and the store is another one.
            (last_stop, None) => last_stop == "clean" && !(boot.dumped && boot.alive.is_some()),
        };
        let mut event = self.named(proof, "restart");
        if let Some(down) = self.stopped.or(boot.alive) {
            event = event.with("down_s", seconds(down, up));
        }
        give(event.with("clean", f64::from(u8::from(clean))));
    }

    fn finish(&mut self, end: Option<i64>, give: &mut dyn FnMut(Event)) {
        let until = self
            .boot
            .as_ref()
            .map_or(0, |boot| end.unwrap_or(boot.utc).max(boot.utc));
        self.give_up(until, give);
    }

    fn named(&self, proof: &Event, kind: &str) -> Event {
        beside(proof, kind)
            .with("process", self.process.2)
            .with("host", self.process.0)
    }
}

fn seconds(from: i64, to: i64) -> f64 {
    milli(to.saturating_sub(from).max(0) as f64 / 1000.0)
}

/// Whether a source is a log of this process.
fn is_own(bundle: &Bundle<'_>, source: u32, process: Process<'_>) -> bool {
    bundle.sources.get(source as usize).is_some_and(|info| {
        let server = matches!(
            info.log,
            Some(log) if !matches!(log, LogKind::Client | LogKind::App | LogKind::Tools | LogKind::System)
        );
        server && info.host == process.0 && folder(&info.path) == process.1
    })
}

/// When the logs of a process end.
fn end_of(bundle: &Bundle<'_>, process: Process<'_>) -> Option<i64> {
    let own = bundle.spans.iter().filter(|(id, _)| is_own(bundle, **id, process));
    own.map(|(_, (_, last))| *last).max()
}

/// Tells that the logs of a broker end before those of others.
fn ended(bundle: &Bundle<'_>, life: &Life<'_>, last: &Event, give: &mut dyn FnMut(Event)) {
    let process = life.process;
    let Some(end) = end_of(bundle, process) else { return };
    let after = |own_host: bool| {
        let others = bundle.spans.iter().filter(|(id, _)| {
            let same_host = bundle.sources.get(**id as usize).is_some_and(|s| s.host == process.0);
            !is_own(bundle, **id, process) && (!own_host || same_host)
        });
        others.map(|(_, (_, last))| *last).max().filter(|last| *last > end)
    };
    let by_the_second = bundle
        .sources
        .iter()
        .enumerate()
        .any(|(id, source)| source.log == Some(LogKind::Watermark) && is_own(bundle, id as u32, process));
    let least = if by_the_second { SILENT_SECONDS } else { SILENT_MINUTES };
    let Some(silent_s) = after(false).map(|last| seconds(end, last)).filter(|s| *s >= least) else {
        return;
    };
    let mut event = life
        .named(last, "process.end")
        .with("clean", f64::from(u8::from(life.stopped.is_some())))
        .with("silent_s", silent_s);
    if let Some(own) = after(true) {
        event = event.with("own_host_s", seconds(end, own));
    }
    give(event);
}

#[cfg(test)]
mod tests {
    use super::super::testing::{derive, fact, source};
    use super::*;

    fn check(facts: Vec<Event>) -> Vec<String> {
        let mut sources = ["a/logs/broker.log", "a/logs/store.log", "b/app.log"].map(source);
        sources[0].log = Some(LogKind::Broker);
        sources[1].log = Some(LogKind::Store);
        derive(&DERIVER, &sources, facts)
    }

    fn boot(second: f64, silent_s: &str) -> Event {
        let mut event = fact(0, second, "rmq.boot", &[("process", "broker")]);
        if !silent_s.is_empty() {
            event = event.with("silent_s", silent_s.parse::<f64>().unwrap());
        }
        event
    }

    fn open(second: f64, last_stop: &str) -> Event {
        fact(
            1,
            second,
            "rmq.boot",
            &[("process", "broker"), ("last_stop", last_stop)],
        )
    }

    fn start(second: f64) -> Event {
        fact(0, second, "rmq.start", &[("process", "broker")])
    }

    fn stop(second: f64) -> Event {
        fact(0, second, "rmq.stop", &[("process", "broker"), ("clean", "1")])
    }

    #[test]
    fn first_starts_are_no_restarts() {
        assert!(check(vec![boot(0.0, ""), open(1.0, "clean"), start(3.0)]).is_empty());
        assert!(check(vec![start(3.0)]).is_empty());
    }

    #[test]
    fn planned() {
        let facts = vec![
            boot(0.0, ""),
            open(1.0, "clean"),
            start(3.0),
            stop(100.0),
            boot(110.0, "4"),
            open(111.0, "clean"),
            start(115.0),
        ];
        assert_eq!(check(facts), ["restart process=broker host=a down_s=15 clean=1"]);
    }

    #[test]
    fn killed() {
        let facts = vec![start(3.0), boot(110.0, "40"), open(111.0, "unclean"), start(115.0)];
        assert_eq!(check(facts), ["restart process=broker host=a down_s=45 clean=0"]);
        let facts = vec![
            start(3.0),
            stop(60.0),
            boot(110.0, "40"),
            open(111.0, "unclean"),
            start(115.0),
        ];
        assert_eq!(check(facts), ["restart process=broker host=a down_s=55 clean=0"]);
        let facts = vec![start(3.0), boot(110.0, "40"), start(115.0)];
        assert_eq!(check(facts), ["restart process=broker host=a down_s=45 clean=0"]);
    }

    #[test]
    fn starts_that_never_end() {
        let facts = vec![boot(0.0, ""), boot(10.0, "1"), open(11.0, "unclean")];
        assert_eq!(
            check(facts),
            [
                "start.unfinished process=broker host=a waited_s=10",
                "start.unfinished process=broker host=a waited_s=1 last_stop=unclean",
            ]
        );
    }

    #[test]
    fn ends() {
        let later = || fact(2, 200.0, "x", &[]);
        assert_eq!(
            check(vec![start(3.0), later()]),
            ["process.end process=broker host=a clean=0 silent_s=197"]
        );
        assert_eq!(
            check(vec![start(3.0), stop(100.0), later()]),
            ["process.end process=broker host=a clean=1 silent_s=100"]
        );
        assert!(check(vec![start(3.0), fact(0, 190.0, "x", &[]), later()]).is_empty());
    }
}

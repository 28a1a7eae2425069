//! Clocks of two hosts, compared at an event that both ends log: the first registration of a broker after its start.
//!
//! ```text
//! broker.log    10:20:15 register broker[0]to name server 10.0.0.2:9876 OK
//! namesrv.log   10:20:15 new broker registered, 10.0.0.5:10911 HAServer: 10.0.0.5:10912
//! ```
//!
//! Only where it is safe: the name server logs a broker as new also after it was lost or the name server itself was
//! started, so registrations are compared only when both ends tell equally many, and the name server was up before — or
//! tells a time at which the broker's log was not written at all.

use super::{Bundle, Deriver, beside, folder, milli, text};
use crate::model::Event;
use std::collections::BTreeMap;

pub(super) const DERIVER: Deriver = Deriver {
    name: "skew",
    reads: &["rmq.start", "rmq.register"],
    gives: &["clock.skew"],
    derive,
};

/// A broker registers within these milliseconds around `boot success`.
const AROUND_START_MS: i64 = 5_000;
/// Brokers register every half a minute: what follows the start of a name server may be an old broker.
const AFTER_NAMESRV_MS: i64 = 60_000;
/// A log that is so much older or younger was not written at that time.
const OUTSIDE_MS: i64 = 60_000;
/// Several starts must show the same difference.
const SPREAD_MAX_MS: i64 = 3_000;

/// First registrations of one broker, as one end logs them.
type Times<'b> = Vec<(i64, &'b Event)>;

fn derive(bundle: &Bundle<'_>, give: &mut dyn FnMut(Event)) {
    let brokers = brokers(bundle);
    let starts = Starts::of(bundle);
    for (addr, mut seen) in namesrv(bundle) {
        let Some(own) = brokers.get(addr).filter(|own| own.len() == seen.len()) else {
            continue;
        };
        seen.sort_by_key(|(utc, event)| (*utc, event.span));
        let pairs: Vec<_> = own.iter().zip(&seen).collect();
        let skews: Vec<i64> = pairs.iter().map(|(own, seen)| own.0.saturating_sub(seen.0)).collect();
        let (Some(min), Some(max)) = (skews.iter().min(), skews.iter().max()) else {
            continue;
        };
        let (Some((own, seen)), true) = (pairs.first(), max.saturating_sub(*min) <= SPREAD_MAX_MS) else {
            continue;
        };
        let (host, against) = (bundle.host(own.1), bundle.host(seen.1));
        if host != against && !(starts.just_before(seen) && within_log(bundle, own.1, seen.0)) {
            give(
                beside(own.1, "clock.skew")
                    .with("host", host)
                    .with("against", against)
                    .with("skew_s", milli(skews[0] as f64 / 1000.0)),
            );
        }
    }
}

/// When name servers started, by host.
struct Starts<'b>(BTreeMap<&'b str, Vec<i64>>, &'b Bundle<'b>);

impl<'b> Starts<'b> {
    fn of(bundle: &'b Bundle<'b>) -> Self {
        let mut starts: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        for event in bundle.of("rmq.start").filter(|e| text(e, "process") == "namesrv") {
            if let Some(utc) = bundle.utc(event) {
                starts.entry(bundle.host(event)).or_default().push(utc);
            }
        }
        Self(starts, bundle)
    }

    /// Whether a broker may have been new only because the name server was.
    fn just_before(&self, (utc, event): &(i64, &Event)) -> bool {
        let ages = self.0.get(self.1.host(event)).into_iter().flatten();
        ages.map(|start| utc.saturating_sub(*start))
            .any(|age_ms| (0..=AFTER_NAMESRV_MS).contains(&age_ms))
    }
}

/// Whether the log of that event was written at that time.
fn within_log(bundle: &Bundle<'_>, event: &Event, utc: i64) -> bool {
    bundle
        .spans
        .get(&event.span.source.0)
        .is_none_or(|(first, last)| (first.saturating_sub(OUTSIDE_MS)..=last.saturating_add(OUTSIDE_MS)).contains(&utc))
}

/// First registration after each start, by the address of the broker; none for a broker with a start without one.
fn brokers<'b>(bundle: &'b Bundle<'_>) -> BTreeMap<&'b str, Times<'b>> {
    let mut registrations: BTreeMap<(&str, &str), Times<'_>> = BTreeMap::new();
    for event in bundle.of("rmq.register").filter(|e| text(e, "process") == "broker") {
        if let (Some(utc), Some(source)) = (bundle.utc(event), bundle.source(event)) {
            let place = (source.host.as_str(), folder(&source.path));
            registrations.entry(place).or_default().push((utc, event));
        }
    }
    let mut brokers: BTreeMap<&str, Option<Times<'_>>> = BTreeMap::new();
    for event in bundle.of("rmq.start").filter(|e| text(e, "process") == "broker") {
        let (Some(utc), Some(source)) = (bundle.utc(event), bundle.source(event)) else {
            continue;
        };
        let place = (source.host.as_str(), folder(&source.path));
        let near = |(at, _): &&(i64, &Event)| at.abs_diff(utc) <= AROUND_START_MS.unsigned_abs();
        let first = registrations
            .get(&place)
            .and_then(|all| all.iter().filter(near).min_by_key(|(at, _)| *at));
        let times = brokers.entry(text(event, "addr")).or_insert_with(|| Some(Vec::new()));
        match (first, times.as_mut()) {
            (Some(first), Some(times)) => times.push(*first),
            _ => *times = None,
        }
    }
    let mut known: BTreeMap<&str, Times<'_>> = BTreeMap::new();
    for (addr, times) in brokers {
        if let Some(mut times) = times {
            times.sort_by_key(|(utc, event)| (*utc, event.span));
            known.insert(addr, times);
        }
    }
    known
}

/// New brokers as one name server logs them, by address; several name servers in one bundle are not told apart here, so
/// the first source counts.
fn namesrv<'b>(bundle: &'b Bundle<'_>) -> BTreeMap<&'b str, Times<'b>> {
    let mut seen: BTreeMap<&str, Times<'_>> = BTreeMap::new();
    for event in bundle.of("rmq.register").filter(|e| text(e, "process") == "namesrv") {
        let (Some(utc), host) = (bundle.utc(event), bundle.host(event)) else {
            continue;
        };
        let times = seen.entry(text(event, "addr")).or_default();
        if times.first().is_none_or(|(_, first)| bundle.host(first) == host) {
            times.push((utc, event));
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::super::testing::{derive, fact, source};
    use super::*;

    fn check(namesrv_start: f64, seen: &[f64]) -> Vec<String> {
        let sources = ["a/logs/broker.log", "n/logs/namesrv.log"].map(source);
        let mut facts = vec![
            fact(
                0,
                1000.0,
                "rmq.register",
                &[("process", "broker"), ("namesrv", "n:9876")],
            ),
            fact(
                0,
                1001.0,
                "rmq.start",
                &[("process", "broker"), ("addr", "10.0.0.5:10911")],
            ),
            fact(
                0,
                1030.0,
                "rmq.register",
                &[("process", "broker"), ("namesrv", "n:9876")],
            ),
            fact(1, namesrv_start, "rmq.start", &[("process", "namesrv")]),
        ];
        let new = |at: &f64| {
            fact(
                1,
                *at,
                "rmq.register",
                &[("process", "namesrv"), ("addr", "10.0.0.5:10911")],
            )
        };
        facts.extend(seen.iter().map(new));
        derive(&DERIVER, &sources, facts)
    }

    #[test]
    fn the_first_registration_after_a_start() {
        assert_eq!(check(100.0, &[880.0]), ["clock.skew host=a against=n skew_s=120"]);
        assert_eq!(check(100.0, &[1000.0]), ["clock.skew host=a against=n skew_s=0"]);
        assert!(check(980.0, &[990.0]).is_empty(), "the name server was just started");
        assert_eq!(
            check(870.0, &[880.0]),
            ["clock.skew host=a against=n skew_s=120"],
            "before the first line of the broker's log"
        );
        assert!(check(100.0, &[880.0, 1500.0]).is_empty(), "the broker was lost once");
    }
}

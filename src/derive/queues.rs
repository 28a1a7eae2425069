//! Single queues in readings of `consumerProgress`: offsets that do not move while messages wait, and queues that went to
//! another consumer.

use super::progress::{Rank, Tables};
use super::{Bundle, Deriver, beside, num, text};
use crate::model::Event;
use std::collections::BTreeMap;

pub(super) const DERIVER: Deriver = Deriver {
    name: "queues",
    reads: &["admin.progress"],
    gives: &["queue.standing", "queue.moved"],
    derive,
};

/// Topic, broker and queue.
type Queue<'b> = (&'b str, &'b str, String);

fn derive(bundle: &Bundle<'_>, give: &mut dyn FnMut(Event)) {
    let tables = Tables::of(bundle);
    let mut rows: BTreeMap<(String, Queue<'_>), Vec<(Rank, &Event)>> = BTreeMap::new();
    for event in bundle.of("admin.progress") {
        let Some(rank) = tables.rank(event) else { continue };
        let queue = event.fields.get("queue").map(|v| v.to_text()).unwrap_or_default();
        let key = (
            tables.group(bundle, event).1,
            (text(event, "topic"), text(event, "broker"), queue),
        );
        rows.entry(key).or_default().push((rank, event));
    }
    for readings in rows.values_mut() {
        readings.sort_by(|a, b| a.0.cmp(&b.0));
        let events: Vec<&Event> = readings.iter().map(|(_, event)| *event).collect();
        let named = |proof: &Event, kind: &str| {
            let mut event = beside(proof, kind);
            let group = tables.group(bundle, proof).0;
            if !group.is_empty() {
                event = event.with("group", group);
            }
            for field in ["topic", "broker", "queue"] {
                if let Some(value) = proof.fields.get(field) {
                    event.fields.set(field, value.clone());
                }
            }
            event
        };
        standing(&events, &named, give);
        moved(&events, &named, give);
    }
}

fn standing(events: &[&Event], named: &dyn Fn(&Event, &str) -> Event, give: &mut dyn FnMut(Event)) {
    let [first, .., last] = events else { return };
    let (Some(offset), Some(diff)) = (num(last, "consumer_offset"), num(last, "diff")) else {
        return;
    };
    let waits = events
        .iter()
        .all(|event| num(event, "diff").is_some_and(|diff| diff > 0.0));
    let stands = events.iter().all(|event| num(event, "consumer_offset") == Some(offset));
    // The same output twice shows nothing.
    let another = (first.at, &first.text) != (last.at, &last.text);
    if !waits || !stands || !another {
        return;
    }
    let grew = num(last, "broker_offset").unwrap_or(0.0) - num(first, "broker_offset").unwrap_or(0.0);
    let mut event = named(last, "queue.standing")
        .with("offset", offset)
        .with("diff", diff)
        .with("grew", grew);
    if let Some(client) = last.fields.get("client") {
        event.fields.set("client", client.clone());
    }
    give(event.with("readings", events.len() as f64));
}

fn moved(events: &[&Event], named: &dyn Fn(&Event, &str) -> Event, give: &mut dyn FnMut(Event)) {
    for pair in events.windows(2) {
        let (before, after) = (text(pair[0], "client"), text(pair[1], "client"));
        let told = |client: &str| !client.is_empty() && client != "N/A";
        if told(before) && told(after) && before != after {
            give(
                named(pair[1], "queue.moved")
                    .with("before", before)
                    .with("after", after),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{derive, fact, source};
    use super::*;

    fn row(source: u32, queue: &str, client: &str, offsets: (&str, &str), diff: &str) -> Event {
        let fields = [
            ("topic", "t"),
            ("broker", "broker-a"),
            ("queue", queue),
            ("broker_offset", offsets.0),
            ("consumer_offset", offsets.1),
            ("client", client),
            ("diff", diff),
            ("group", "g"),
        ];
        fact(source, f64::from(source) * 60.0, "admin.progress", &fields)
    }

    #[test]
    fn one_queue_stands_and_one_moves() {
        let sources = ["ops/p-1.txt", "ops/p-2.txt"].map(source);
        let facts = vec![
            row(0, "0", "10.0.0.7", ("100", "60"), "40"),
            row(0, "1", "10.0.0.7", ("100", "60"), "40"),
            row(0, "2", "10.0.0.7", ("100", "100"), "0"),
            row(1, "0", "10.0.0.7", ("150", "60"), "90"),
            row(1, "1", "10.0.0.8", ("150", "70"), "80"),
            row(1, "2", "10.0.0.7", ("100", "100"), "0"),
        ];
        assert_eq!(
            derive(&DERIVER, &sources, facts),
            [
                "queue.standing group=g topic=t broker=broker-a queue=0 offset=60 diff=90 grew=50 client=10.0.0.7 readings=2",
                "queue.moved group=g topic=t broker=broker-a queue=1 before=10.0.0.7 after=10.0.0.8",
            ]
        );
    }
}

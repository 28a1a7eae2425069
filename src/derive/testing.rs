//! Bundles for tests of derivers: a few facts, written in short, on hosts named by the paths of their sources.

use super::clocks::Clocks;
use super::{Bundle, DERIVERS, Deriver};
use crate::model::kind::{KINDS, kind};
use crate::model::{Event, Moment, SourceId, SourceInfo, Span};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A source whose first folder is its host.
pub(super) fn source(path: &str) -> SourceInfo {
    SourceInfo {
        path: path.into(),
        host: path.split_once('/').map_or("", |(host, _)| host).into(),
        format: "log",
        ..SourceInfo::default()
    }
}

/// A fact at `second` (none when negative); fields are numbers where they look like one.
pub(super) fn fact(source: u32, second: f64, kind: &str, fields: &[(&str, &str)]) -> Event {
    let mut event = Event::new(kind, Span::line(SourceId(source), 1), kind);
    event.at = (second >= 0.0).then(|| Moment::utc((second * 1000.0) as i64));
    for (name, value) in fields {
        match value.parse::<f64>() {
            Ok(number) => event.fields.set(name, number),
            Err(_) => event.fields.set(name, *value),
        }
    }
    event
}

/// What one deriver makes of the facts: `kind field=value …`, one per event.
pub(super) fn derive(deriver: &Deriver, sources: &[SourceInfo], facts: Vec<Event>) -> Vec<String> {
    let mut ends: BTreeMap<u32, (i64, i64)> = BTreeMap::new();
    for event in &facts {
        if let Some(at) = event.at {
            let span = ends.entry(event.span.source.0).or_insert((at.ms, at.ms));
            *span = (span.0.min(at.ms), span.1.max(at.ms));
        }
    }
    let bundle = Bundle {
        facts,
        sources,
        clocks: &Clocks::default(),
        spans: &ends,
    };
    let mut out = Vec::new();
    (deriver.derive)(&bundle, &mut |event| {
        check_names(deriver, &event);
        let fields: Vec<String> = event
            .fields
            .iter()
            .map(|(n, v)| format!("{n}={}", v.to_text()))
            .collect();
        out.push(format!("{} {}", event.kind, fields.join(" ")));
    });
    out
}

fn check_names(deriver: &Deriver, event: &Event) {
    assert!(
        deriver.gives.contains(&&*event.kind),
        "{} gives {}",
        deriver.name,
        event.kind
    );
    let known = kind(&event.kind).expect("derived kinds are listed").fields;
    for (field, _) in event.fields.iter() {
        assert!(known.contains(&field), "{} has no field {field}", event.kind);
    }
}

/// Runs the whole table.
pub(super) fn derive_all(facts: Vec<Event>) {
    let sources = ["a/logs/broker.log", "a/logs/store.log", "b/x-1.txt", "x.txt"].map(source);
    let spans = BTreeMap::from([(0, (0, i64::MAX)), (1, (i64::MIN, 5)), (2, (5, 5))]);
    let mut bundle = Bundle {
        facts,
        sources: &sources,
        clocks: &Clocks::default(),
        spans: &spans,
    };
    let count = bundle.derive();
    for event in &bundle.facts[count..] {
        let deriver = DERIVERS
            .iter()
            .find(|d| d.gives.contains(&&*event.kind))
            .expect("given by a deriver");
        check_names(deriver, event);
    }
}

/// An event of a kind that some deriver reads, with any of the fields of that kind.
pub(super) fn any_event() -> impl Strategy<Value = Event> {
    let kinds: Vec<usize> = KINDS
        .iter()
        .enumerate()
        .filter(|(_, k)| DERIVERS.iter().any(|d| d.reads.contains(&k.name)))
        .map(|(at, _)| at)
        .collect();
    let number = prop_oneof![
        Just(0.0),
        Just(-1.0),
        Just(1e300),
        Just(f64::NAN),
        Just(f64::INFINITY),
        0.0..1e6f64
    ];
    let word = prop_oneof![
        Just("broker".to_string()),
        Just("namesrv".to_string()),
        Just("unclean".to_string()),
        "[a-z0-9.:@]{0,12}"
    ];
    let field = prop_oneof![
        number.prop_map(crate::model::Value::Num),
        word.prop_map(crate::model::Value::from)
    ];
    let at = prop_oneof![
        Just(None),
        (0..200_000i64).prop_map(|ms| Some(Moment::utc(ms))),
        any::<i64>().prop_map(|ms| Some(Moment::local(ms / 4)))
    ];
    (
        proptest::sample::select(kinds),
        0..5u32,
        at,
        proptest::collection::vec(field, 0..14),
    )
        .prop_map(|(at_kind, source, at, values)| {
            let kind = &KINDS[at_kind];
            let mut event = Event::new(kind.name, Span::line(SourceId(source), 1), "x").at(at);
            for (name, value) in kind.fields.iter().zip(values) {
                event.fields.set(name, value);
            }
            event
        })
}

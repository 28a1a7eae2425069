//! Threads that stand at the same frames in dumps of several files (`jstack-1.txt`, `jstack-2.txt`). Within one file the
//! format itself compares whole dumps.

use super::{Bundle, Deriver, beside, natural, text};
use crate::model::Event;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const DERIVER: Deriver = Deriver {
    name: "stuck",
    reads: &["threads.busy", "threads.dump"],
    gives: &["threads.stuck"],
    derive,
};

/// One dump: when, its file in natural order, its source and its stamp.
type DumpId = (Option<i64>, String, u32, Option<i64>);

/// Dumps of one process, in order, with the threads that were busy in each.
type Series<'b> = BTreeMap<DumpId, BTreeMap<(&'b str, &'b str), &'b Event>>;

fn derive(bundle: &Bundle<'_>, give: &mut dyn FnMut(Event)) {
    let mut processes: BTreeMap<(&str, String), Series<'_>> = BTreeMap::new();
    for event in bundle.of("threads.dump").chain(bundle.of("threads.busy")) {
        let Some(source) = bundle.source(event) else { continue };
        // Files of one series differ in their numbers only.
        let stem: String = source.path.chars().filter(|c| !c.is_ascii_digit()).collect();
        let id = (
            bundle.utc(event),
            natural(&source.path),
            event.span.source.0,
            event.at.map(|at| at.ms),
        );
        let dump = processes
            .entry((&source.host, stem))
            .or_default()
            .entry(id)
            .or_default();
        if &*event.kind == "threads.busy" && !text(event, "key").is_empty() {
            dump.insert((text(event, "thread"), text(event, "key")), event);
        }
    }
    for series in processes.values() {
        let dumps: Vec<_> = series.iter().collect();
        let threads: BTreeSet<_> = series.values().flat_map(BTreeMap::keys).collect();
        for thread in threads {
            let stack = |at: usize| dumps[at].1.get(thread).map(|event| (text(event, "stack"), *event));
            if let Some((from, to)) = longest_run(dumps.len(), &|a, b| match (stack(a), stack(b)) {
                (Some((a, _)), Some((b, _))) => a == b,
                _ => false,
            }) && let Some((_, last)) = stack(to)
            {
                tell(
                    bundle,
                    &dumps[from..=to].iter().map(|(id, _)| *id).collect::<Vec<_>>(),
                    last,
                    give,
                );
            }
        }
    }
}

/// First and last index of the longest run of two or more neighbours that are the same.
fn longest_run(count: usize, same: &dyn Fn(usize, usize) -> bool) -> Option<(usize, usize)> {
    let (mut best, mut from) = (None, 0);
    for at in 1..count {
        if !same(at - 1, at) {
            from = at;
        } else if best.is_none_or(|(a, b)| at - from > b - a) {
            best = Some((from, at));
        }
    }
    best
}

fn tell(bundle: &Bundle<'_>, dumps: &[&DumpId], last: &Event, give: &mut dyn FnMut(Event)) {
    let files: BTreeSet<u32> = dumps.iter().map(|dump| dump.2).collect();
    if files.len() < 2 {
        return;
    }
    let mut event = beside(last, "threads.stuck");
    for field in ["thread", "pool", "frame"] {
        event = event.with(field, text(last, field));
    }
    event = event
        .with("dumps", dumps.len() as f64)
        .with("what", text(last, "what"))
        .with("files", files.len() as f64);
    let times = (dumps.first().and_then(|dump| dump.0), bundle.utc(last));
    if let (Some(from), Some(to)) = times {
        event = event.with("span_s", to.saturating_sub(from) as f64 / 1000.0);
    }
    give(event);
}

#[cfg(test)]
mod tests {
    use super::super::testing::{derive, fact, source};
    use super::*;

    #[test]
    fn the_same_frames_in_two_files() {
        let sources = ["app-1/jstack-1.txt", "app-1/jstack-2.txt", "app-2/jstack-1.txt"].map(source);
        let busy = |source, second, thread, stack| {
            let fields = [
                ("thread", thread),
                ("key", "0x7f"),
                ("pool", "consume"),
                ("what", "http"),
                ("frame", "f"),
                ("stack", stack),
            ];
            fact(source, second, "threads.busy", &fields)
        };
        let facts = vec![
            busy(0, 0.0, "ConsumeMessageThread_1", "s1"),
            busy(0, 0.0, "ConsumeMessageThread_2", "s2"),
            busy(1, 10.0, "ConsumeMessageThread_1", "s1"),
            busy(1, 10.0, "ConsumeMessageThread_2", "s3"),
            busy(2, 10.0, "ConsumeMessageThread_2", "s2"),
        ];
        assert_eq!(
            derive(&DERIVER, &sources, facts),
            ["threads.stuck thread=ConsumeMessageThread_1 pool=consume frame=f dumps=2 what=http files=2 span_s=10"]
        );
    }
}

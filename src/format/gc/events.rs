//! Turns a GC log into events of the kinds `gc.*`, each with the lines that prove it.

use super::record::{GcLog, Pause};
use super::stats::{Stats, Window, gaps_ms, mb, stats};
use crate::format::Sink;
use crate::model::{Event, Span, Text};

/// Stops shorter than this are summed up only: a busy JVM prints hundreds of them each minute, and they harm nobody.
const STOPPED_MIN_MS: f64 = 1.0;

/// Gives all events of a log that was read from the lines of `text`, numbered from 1.
pub fn emit(log: &GcLog, text: &Text<'_>, sink: &mut dyn Sink) {
    let place = Place { text };
    if let (Some(jdk), Some(line)) = (&log.jdk, log.jdk_line) {
        sink.event(
            place
                .event("version", line)
                .with("component", "jdk")
                .with("version", jdk.as_str()),
        );
    }
    pauses(log, &place, sink);
    others(log, &place, sink);
    let stats = stats(log);
    windows(log, &stats, &place, sink);
    sink.event(summary(log, &stats, &place));
}

struct Place<'a, 'b> {
    text: &'b Text<'a>,
}

impl Place<'_, '_> {
    fn event(&self, kind: &str, line: u32) -> Event {
        let index = (line.max(1) - 1) as usize;
        let line = self.text.lines().get(index).copied().unwrap_or_default();
        Event::new(kind, self.text.span(index), line.trim())
    }

    /// A record may be told on several lines; its first and last ones are the proof.
    fn pause(&self, kind: &str, pause: &Pause) -> Event {
        let head = self.event(kind, pause.line);
        if pause.end_line <= pause.line {
            return head;
        }
        let tail = self.event(kind, pause.end_line);
        let span = Span {
            end: tail.span.line,
            ..head.span
        };
        Event::new(kind, span, &format!("{} … {}", head.text, tail.text))
    }
}

fn pauses(log: &GcLog, place: &Place<'_, '_>, sink: &mut dyn Sink) {
    let gaps = gaps_ms(&log.pauses);
    for (pause, gap_ms) in log.pauses.iter().zip(gaps) {
        let event = with_heap(place.pause("gc.pause", pause), log, pause, gap_ms);
        sink.event(event.with("kind", pause.kind.word()));
        if pause.is_full() {
            let mut event = with_heap(place.pause("gc.full", pause), log, pause, gap_ms);
            if let Some(heap) = pause.heap.filter(|heap| heap.before_kb > 0) {
                let freed = heap.before_kb.saturating_sub(heap.after_kb);
                event
                    .fields
                    .set("freed_pct", 100.0 * freed as f64 / heap.before_kb as f64);
                if heap.total_kb > 0 {
                    event
                        .fields
                        .set("after_pct", 100.0 * heap.after_kb as f64 / heap.total_kb as f64);
                }
            }
            sink.event(event);
        }
    }
}

/// Milliseconds without the dust of binary arithmetic.
fn ms(secs: f64) -> f64 {
    (secs * 1e9).round() / 1e6
}

fn with_heap(event: Event, log: &GcLog, pause: &Pause, gap_ms: Option<f64>) -> Event {
    let mut event = event
        .at(pause.end)
        .with("pause_ms", ms(pause.secs))
        .with("cause", log.cause(pause.cause))
        .with("collector", log.collector.word());
    if let Some(heap) = pause.heap {
        event.fields.set("before_mb", mb(heap.before_kb));
        event.fields.set("after_mb", mb(heap.after_kb));
        if heap.total_kb > 0 {
            event.fields.set("heap_mb", mb(heap.total_kb));
        }
    }
    if let Some(gap_ms) = gap_ms {
        event.fields.set("gap_ms", gap_ms);
    }
    event
}

fn others(log: &GcLog, place: &Place<'_, '_>, sink: &mut dyn Sink) {
    for failure in &log.failures {
        let event = place.event("gc.failure", failure.line).at(failure.at);
        sink.event(event.with("what", failure.kind.word()));
    }
    for stop in log.stops.iter().filter(|stop| stop.stopped_ms >= STOPPED_MIN_MS) {
        let mut event = place
            .event("gc.stopped", stop.line)
            .at(stop.end)
            .with("stopped_ms", stop.stopped_ms)
            .with("gc_ms", stop.gc_ms);
        if let Some(reach_ms) = stop.reach_ms {
            event.fields.set("reach_ms", reach_ms);
        }
        if let Some(operation) = &stop.operation {
            event.fields.set("operation", &**operation);
        }
        sink.event(event);
    }
    for phase in &log.concurrent {
        let mut event = place
            .event("gc.concurrent", phase.line)
            .at(phase.end)
            .with("what", &*phase.what);
        if let Some(took_ms) = phase.took_ms {
            event.fields.set("took_ms", took_ms);
        }
        sink.event(event);
    }
    for space in &log.metaspace {
        let mut event = place
            .event("gc.metaspace", space.line)
            .at(space.at)
            .with("cause", log.cause(space.cause));
        if let Some(used) = space.used_kb {
            event.fields.set("used_mb", mb(used));
        }
        if let Some(committed) = space.committed_kb.filter(|kb| *kb > 0) {
            event.fields.set("committed_mb", mb(committed));
        }
        sink.event(event);
    }
}

fn windows(log: &GcLog, stats: &Stats, place: &Place<'_, '_>, sink: &mut dyn Sink) {
    for window in &stats.windows {
        let longest = &log.pauses[window.longest];
        sink.event(
            place
                .pause("gc.window", longest)
                .at(longest.end)
                .with("window_s", Window::SECONDS)
                .with("pauses", window.pauses as f64)
                .with("full_count", window.full as f64)
                .with("pause_share_pct", (100.0 * window.pause_s / Window::SECONDS).min(100.0))
                .with("max_pause_ms", ms(longest.secs)),
        );
    }
}

fn summary(log: &GcLog, stats: &Stats, place: &Place<'_, '_>) -> Event {
    let last_line = log.pauses.last().map_or(1, |pause| pause.end_line);
    let mut event = place
        .event("gc.summary", last_line)
        .at(log.last)
        .with("pauses", stats.pauses as f64)
        .with("full_count", stats.full_gcs as f64)
        .with("total_pause_ms", ms(stats.total_pause_s))
        .with("max_pause_ms", ms(stats.max_pause_s))
        .with("collector", log.collector.word())
        .with("process", log.process);
    let told = [
        ("p99_pause_ms", stats.p99_s.map(ms)),
        ("span_s", stats.span_s),
        ("pause_share_pct", stats.throughput_pct.map(|pct| 100.0 - pct)),
        ("young_per_min", stats.young_per_min),
        ("full_per_min", stats.full_per_min),
        ("alloc_mb_per_s", stats.alloc_mb_per_s),
        ("promo_mb_per_s", stats.promo_mb_per_s),
        ("live_mb", stats.live_mb),
        ("live_trend_mb_per_h", stats.live_trend_mb_per_h),
        ("heap_mb", stats.heap_max_mb),
        ("after_full_pct", stats.after_full_pct),
        ("young_mb", stats.young_mb),
    ];
    for (name, value) in told {
        if let Some(value) = value {
            event.fields.set(name, value);
        }
    }
    if log.totals.stops > 0 {
        event.fields.set("stops", log.totals.stops as f64);
        event.fields.set("stopped_total_ms", ms(log.totals.stopped_s));
        event.fields.set("max_stopped_ms", ms(log.totals.max_stopped_s));
    }
    event
}

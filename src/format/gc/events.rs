//! Turns a GC log into events of the kinds `gc.*`, each with the lines that prove it.

use super::record::{GcLog, Pause};
use super::stats::{Gaps, Stats, Sums, mb};
use crate::format::Sink;
use crate::model::{Event, SourceId, Span, Text, Zone};

/// Stops shorter than this are summed up only: a busy JVM prints hundreds of them each minute, and they harm nobody.
const STOPPED_MIN_MS: f64 = 1.0;
/// Length of a `gc.window`.
const WINDOW_S: f64 = 60.0;
/// Lines of the last text kept as proof of a pause that the next one completes; a record is not followed further.
const TAIL_LINES: usize = 4000;

/// Tells the events of a log, all at once or while it is read.
#[derive(Debug, Default)]
pub struct Teller {
    sums: Sums,
    gaps: Gaps,
    window: Option<Window>,
    told_jdk: bool,
    /// The line of the last pause, or the first line before there is one.
    summary: Option<Event>,
    tail: Tail,
}

/// One minute of the log.
#[derive(Debug)]
struct Window {
    minute: (Zone, i64),
    pauses: u64,
    full: u64,
    /// Time stood still; a pause counts in the minute of its end.
    pause_s: f64,
    longest_s: f64,
    /// Made of the longest pause.
    event: Event,
}

/// The last lines of the text before.
#[derive(Debug, Default)]
struct Tail {
    first: u32,
    lines: Vec<Box<str>>,
}

/// Finds the lines that prove something.
struct Place<'a> {
    source: SourceId,
    text: Option<&'a Text<'a>>,
    tail: &'a Tail,
}

impl Teller {
    /// Tells what a log holds and takes it out. It was read from the lines of `text` and of the texts before.
    pub fn tell(&mut self, log: &mut GcLog, text: &Text<'_>, sink: &mut dyn Sink) {
        self.found(log, text.source, Some(text), sink);
    }

    /// Remembers of a text what later ones need, when it was told.
    pub fn keep(&mut self, text: &Text<'_>) {
        self.begin(text);
        self.tail.extend(text);
    }

    /// Tells what is left and sums up; `log` is complete.
    pub fn finish(mut self, log: &mut GcLog, sink: &mut dyn Sink) {
        let source = self.summary.as_ref().map_or(SourceId(0), |event| event.span.source);
        self.found(log, source, None, sink);
        if let Some(window) = self.window.take() {
            sink.event(window.told());
        }
        if let Some(event) = self.summary.take() {
            sink.event(summary(log, &self.sums.stats(log), event));
        }
    }

    fn begin(&mut self, text: &Text<'_>) {
        let first = || {
            Event::new(
                "gc.summary",
                text.span(0),
                text.lines().first().map_or("", |line| line.trim()),
            )
        };
        self.summary.get_or_insert_with(first);
    }

    fn found(&mut self, log: &mut GcLog, source: SourceId, text: Option<&Text<'_>>, sink: &mut dyn Sink) {
        if let Some(text) = text {
            self.begin(text);
        }
        let tail = std::mem::take(&mut self.tail);
        let place = Place {
            source,
            text,
            tail: &tail,
        };
        if let (Some(jdk), Some(line), false) = (&log.jdk, log.jdk_line, self.told_jdk) {
            self.told_jdk = true;
            let event = place.event("version", line).with("component", "jdk");
            sink.event(event.with("version", jdk.as_str()));
        }
        let mut windows = Vec::new();
        let pauses = std::mem::take(&mut log.pauses);
        for pause in &pauses {
            let gap_ms = self.gaps.next_ms(pause);
            told_pause(log, pause, gap_ms, &place, sink);
            self.sums.add(pause);
            windows.extend(self.windowed(pause, &place));
        }
        if let Some(last) = pauses.last() {
            self.summary = Some(place.event("gc.summary", last.end_line));
        }
        others(log, &place, sink);
        windows.into_iter().for_each(|window| sink.event(window.told()));
        self.tail = tail;
    }

    /// Adds a pause to its minute; gives the minute before when that is over.
    fn windowed(&mut self, pause: &Pause, place: &Place<'_>) -> Option<Window> {
        let end = pause.end?;
        let minute = (end.zone, end.ms.div_euclid(60_000));
        let mut over = None;
        if self.window.as_ref().is_none_or(|window| window.minute != minute) {
            over = self.window.replace(Window {
                minute,
                pauses: 0,
                full: 0,
                pause_s: 0.0,
                longest_s: pause.secs,
                event: place.pause("gc.window", pause).at(pause.end),
            });
        }
        if let Some(window) = &mut self.window {
            window.add(pause, place);
        }
        over
    }
}

impl Window {
    fn add(&mut self, pause: &Pause, place: &Place<'_>) {
        self.pauses += 1;
        self.full += u64::from(pause.is_full());
        self.pause_s += pause.secs;
        if pause.secs > self.longest_s {
            self.longest_s = pause.secs;
            self.event = place.pause("gc.window", pause).at(pause.end);
        }
    }

    fn told(self) -> Event {
        self.event
            .with("window_s", WINDOW_S)
            .with("pauses", self.pauses as f64)
            .with("full_count", self.full as f64)
            .with("pause_share_pct", (100.0 * self.pause_s / WINDOW_S).min(100.0))
            .with("max_pause_ms", ms(self.longest_s))
    }
}

impl Tail {
    fn extend(&mut self, text: &Text<'_>) {
        let new = &text.lines()[text.lines().len().saturating_sub(TAIL_LINES)..];
        let kept = self.lines.len().min(TAIL_LINES - new.len());
        self.lines.drain(..self.lines.len() - kept);
        self.lines.extend(new.iter().map(|line| Box::from(*line)));
        let behind = text.span(text.lines().len()).line;
        self.first = behind.saturating_sub(self.lines.len() as u32);
    }

    fn line(&self, number: u32) -> Option<&str> {
        self.lines
            .get(number.checked_sub(self.first)? as usize)
            .map(|line| &**line)
    }
}

impl Place<'_> {
    fn event(&self, kind: &str, line: u32) -> Event {
        let line = line.max(1);
        let here = self.text.and_then(|text| text.line(line));
        let told = here.or_else(|| self.tail.line(line)).unwrap_or_default();
        Event::new(kind, Span::line(self.source, line), told.trim())
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

fn told_pause(log: &GcLog, pause: &Pause, gap_ms: Option<f64>, place: &Place<'_>, sink: &mut dyn Sink) {
    let event = with_heap(place.pause("gc.pause", pause), log, pause, gap_ms);
    sink.event(event.with("kind", pause.kind.word()));
    if !pause.is_full() {
        return;
    }
    let mut event = with_heap(place.pause("gc.full", pause), log, pause, gap_ms);
    if let Some(heap) = pause.heap.filter(|heap| heap.before_kb > 0) {
        let share = |kb: u64, of_kb: u64| 100.0 * kb as f64 / of_kb as f64;
        let freed = heap.before_kb.saturating_sub(heap.after_kb);
        event.fields.set("freed_pct", share(freed, heap.before_kb));
        if heap.total_kb > 0 {
            event.fields.set("after_pct", share(heap.after_kb, heap.total_kb));
        }
    }
    sink.event(event);
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

fn others(log: &mut GcLog, place: &Place<'_>, sink: &mut dyn Sink) {
    for failure in std::mem::take(&mut log.failures) {
        let event = place.event("gc.failure", failure.line).at(failure.at);
        sink.event(event.with("what", failure.kind.word()));
    }
    let stops = std::mem::take(&mut log.stops);
    for stop in stops.iter().filter(|stop| stop.stopped_ms >= STOPPED_MIN_MS) {
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
    for phase in std::mem::take(&mut log.concurrent) {
        let mut event = place
            .event("gc.concurrent", phase.line)
            .at(phase.end)
            .with("what", &*phase.what);
        if let Some(took_ms) = phase.took_ms {
            event.fields.set("took_ms", took_ms);
        }
        sink.event(event);
    }
    for space in std::mem::take(&mut log.metaspace) {
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

fn summary(log: &GcLog, stats: &Stats, event: Event) -> Event {
    let mut event = event
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

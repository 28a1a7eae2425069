//! First half of a run: every source is read once; formats give events, logs are searched for the literals of rules.
//!
//! A source of up to `WHOLE_MAX` is read whole: every format may find something in it. A bigger one is read as a stream
//! of chunks, by all threads where it is a plain file, and only as a log, unless one format claims all of its head.

use super::measure::{Collector, Measured};
use super::seek;
use super::window::Window;
use crate::derive::branches;
use crate::derive::clocks::Ends;
use crate::format::log::scan::ScanStats;
use crate::format::log::stitch::{Edges, Stitch, scan_chunk};
use crate::format::log::template::Templates;
use crate::format::log::{Found, Scan, SeriesLine, Sieve, header, which, which_log};
use crate::format::series::{Clock, LogSeries, marks};
use crate::format::{conf, formats};
use crate::input::{Buffer, Kind, Parts, Reader, Source, Whole};
use crate::model::finding::Problem;
use crate::model::{Event, LogKind, LogRecord, Moment, Role, Skipped, SourceId, SourceInfo, Span, Text};
use crate::rule::effects::Effects;
use crate::rule::matcher::{Ports, Tallies};
use crate::rule::{Matcher, RuleBook, compile};
use aho_corasick::AhoCorasick;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Sources up to this size are read whole.
const WHOLE_MAX: usize = 8 << 20;
/// Sources of this size and more are read by all threads together.
pub(super) const SHARED_MIN: u64 = 16 << 20;
/// A big source that a format claims may be this big.
const STRUCTURED_MAX: usize = 512 << 20;
/// Text up to this size is also read across broken lines: it may be a paste.
const FOLD_MAX: usize = 2 << 20;
/// A format that is this sure of the head of a big source gets all of it.
const SURE: u8 = 60;

/// Most events of one kind that are kept of one source.
const FACTS_MAX: usize = 6000;
/// Shorter pauses explain no hole in a log.
const LONG_PAUSE_MS: f64 = 300.0;

/// Most events of that kind that one source may give as facts: few, needed as a whole by lint and derivers. 0: none.
fn facts_max(event: &Event) -> usize {
    let long = |field: &str| event.fields.num(field).is_some_and(|ms| ms >= LONG_PAUSE_MS);
    match &*event.kind {
        "conf.key" | "jvm.flag" | "sysctl" | "limit" | "hosts" | "env" | "mem.sample" | "disk.usage" | "version" => {
            FACTS_MAX
        }
        "admin.progress.summary" | "admin.progress" | "admin.connection" | "admin.subscription" => FACTS_MAX,
        "rmq.lag" | "bench.producer" | "bench.consumer" => FACTS_MAX,
        "rmq.gap" | "rmq.boot" | "rmq.start" | "rmq.stop" | "rmq.register" => 2000,
        "threads.busy" | "threads.dump" => 2000,
        "gc.pause" if long("pause_ms") => 2000,
        "gc.stopped" if long("stopped_ms") => 2000,
        // Of the whole machine, with a time: readings of single processors and means since boot tell no hole.
        "cpu.sample" if event.at.is_some() && event.fields.num("cpu").is_none() => FACTS_MAX,
        _ => 0,
    }
}

/// What reading one source gives.
#[derive(Debug)]
pub(super) struct Read {
    /// The source, with format, log, role and counts filled in.
    pub(super) info: SourceInfo,
    /// What rules count.
    pub(super) tallies: Tallies,
    /// Events that lint and derivers need whole.
    pub(super) facts: Vec<Event>,
    /// What was measured, when a comparison asked for it.
    pub(super) measured: Vec<Measured>,
    /// First and last stamps.
    pub(super) ends: Ends,
    /// Shapes of WARN and ERROR records.
    pub(super) templates: Templates,
    /// What went wrong.
    pub(super) problems: Vec<Problem>,
}

/// What all reading shares.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) book: &'a RuleBook,
    pub(super) ports: &'a Ports,
    /// Finds the literals of rules; the one that suits the size of the input.
    pub(super) automaton: &'a AhoCorasick,
    /// Of its literals, those that look for a place in a file behind the name of a method.
    pub(super) placed: &'a [String],
    pub(super) threads: usize,
    /// Tell lines of which no rule speaks.
    pub(super) sieves: &'a Sieves<'a>,
    /// Only what happened in it counts.
    pub(super) window: Option<&'a Window>,
    /// Which quantities to follow; `None` outside comparisons.
    pub(super) effects: Option<&'a Effects>,
}

/// The sieve of each kind of log, made when the first log of that kind is read.
#[derive(Debug)]
pub(super) struct Sieves<'a> {
    book: &'a RuleBook,
    automaton: &'a AhoCorasick,
    by_log: [OnceLock<Option<Sieve>>; LogKind::COUNT],
}

impl<'a> Sieves<'a> {
    pub(super) fn new(book: &'a RuleBook, automaton: &'a AhoCorasick) -> Self {
        Self {
            book,
            automaton,
            by_log: [const { OnceLock::new() }; LogKind::COUNT],
        }
    }

    /// Applications may say anything at INFO; RocketMQ's own logs say what is known.
    fn of(&self, log: LogKind) -> Option<&Sieve> {
        let make = || {
            let bit = compile::log_bit(log);
            let useful = |literal: u32| {
                let signals = &self.book.literals.signals[literal as usize];
                signals.iter().any(|signal| {
                    let logs = self.book.signals[*signal as usize].logs;
                    !self.book.by_signal[*signal as usize].is_empty() && (logs == 0 || logs & bit != 0)
                })
            };
            marks(log).map(|marks| Sieve::new(self.automaton, &self.book.literals.texts, &useful, marks))
        };
        self.by_log[log as usize].get_or_init(make).as_ref()
    }
}

/// Ports that configurations name, looked for in the heads of all sources before anything is scanned.
pub(super) fn ports_of(source: &Source, id: SourceId) -> Ports {
    let mut ports = Ports::default();
    let Ok(head) = source.head() else { return ports };
    let names_one = ["listenPort", "namesrvAddr", "name-server"]
        .iter()
        .any(|key| head.text.contains(key));
    if !names_one || source.size > WHOLE_MAX as u64 {
        return ports;
    }
    let text = Text::new(id, &source.path, &head.text);
    let mut events: Vec<Event> = Vec::new();
    for format in conf::CONF_FORMATS.iter().filter(|f| (f.score)(&text) > 0) {
        (format.parse)(&text, &mut events);
    }
    for event in events.iter().filter(|e| &*e.kind == "conf.key") {
        let value = event.fields.get("value").map(|v| v.to_text()).unwrap_or_default();
        match (event.fields.str("class"), event.fields.str("key")) {
            (Some("namesrv"), Some("listenPort")) => ports.namesrv.extend(value.trim().parse::<u32>().ok()),
            (_, Some("listenPort")) => ports.listen.extend(value.trim().parse::<u32>().ok()),
            (_, Some("namesrvAddr" | "rocketmq.name-server")) => {
                let port = |a: &str| a.trim().rsplit(':').next().and_then(|p| p.parse::<u32>().ok());
                ports.namesrv.extend(value.split([';', ',']).filter_map(port));
            }
            _ => {}
        }
    }
    ports
}

/// Reads one source.
pub(super) fn read(reading: Reading<'_>, source: &Source, id: SourceId, host: &str) -> Read {
    let unread = |problem: Problem| Read {
        info: info(source, host, "unknown"),
        tallies: Tallies::default(),
        facts: Vec::new(),
        measured: Vec::new(),
        ends: Ends::new(),
        templates: Templates::default(),
        problems: vec![problem],
    };
    match start(reading, source, id) {
        Ok(Start::Whole(whole)) => read_whole(reading, source, id, host, &whole),
        Ok(Start::Stream(stream)) => read_stream(reading, source, id, host, *stream),
        Err(problem) => unread(problem),
    }
}

/// A source of which the first part was read.
enum Start {
    Whole(Whole),
    Stream(Box<Opened>),
}

/// A big source: an open reader, and what was read already to find out that it is big.
struct Opened {
    reader: Reader,
    first: String,
    lines: u32,
    /// Where reading goes on behind what was left out.
    skipped_to: Option<u64>,
}

/// Reads a source until it ends or proves to be big. Nothing is read twice: an archive or a pipe may allow it only once.
fn start(reading: Reading<'_>, source: &Source, id: SourceId) -> Result<Start, Problem> {
    let mut limit = WHOLE_MAX;
    if source.kind() == Kind::File && source.size > WHOLE_MAX as u64 {
        let head = source.head()?.text;
        let text = Text::new(SourceId(0), &source.path, &head);
        // The start of a broker's log holds its configuration, and a paste of anything may stand in it: a log stays one.
        let is_log = which_log(&source.path, &head) != LogKind::App;
        if is_log || formats().map(|f| (f.score)(&text)).max().unwrap_or(0) < SURE {
            let parts = reading.window.and_then(|window| seek::parts(source, id, window));
            let skipped_to = parts.as_ref().and_then(Parts::skipped_to);
            return Ok(Start::Stream(Box::new(Opened {
                reader: source.open_parts(parts)?,
                first: String::new(),
                lines: 0,
                skipped_to,
            })));
        }
        limit = STRUCTURED_MAX;
    }
    let reader = source.open()?;
    let mut buffer = Buffer::new();
    let (mut text, mut stamps, mut lines) = (String::new(), Vec::new(), 0);
    while let Some(chunk) = reader.next(&mut buffer) {
        text.push_str(chunk.text);
        stamps.extend_from_slice(chunk.stamps);
        lines += chunk.lines;
        if text.len() > limit {
            return Ok(Start::Stream(Box::new(Opened {
                reader,
                first: text,
                lines,
                skipped_to: None,
            })));
        }
    }
    Ok(Start::Whole(Whole {
        text,
        stamps,
        outcome: reader.finish(),
    }))
}

fn info(source: &Source, host: &str, format: &'static str) -> SourceInfo {
    SourceInfo {
        path: source.path.clone(),
        host: host.to_string(),
        role: None,
        format,
        log: None,
        bytes: 0,
        lines: 0,
        skipped: None,
    }
}

/// Collects what one source gives.
struct Gather<'a> {
    matcher: Matcher<'a>,
    ends: Ends,
    facts: Vec<Event>,
    /// Facts by kind.
    kept: HashMap<Box<str>, usize>,
    collector: Collector<'a>,
    ports: &'a Ports,
    window: Option<&'a Window>,
}

impl<'a> Gather<'a> {
    fn new(reading: Reading<'a>) -> Self {
        Self {
            matcher: Matcher::new(reading.book, reading.ports),
            ends: Ends::new(),
            facts: Vec::new(),
            kept: HashMap::new(),
            collector: Collector::new(reading.effects),
            ports: reading.ports,
            window: reading.window,
        }
    }

    fn note(&mut self, at: Option<Moment>) {
        if let Some(at) = at {
            let slot = self.ends.entry(at.zone).or_insert((at.ms, at.ms));
            *slot = (slot.0.min(at.ms), slot.1.max(at.ms));
        }
    }

    fn note_ends(&mut self, ends: &Ends) {
        for (zone, (first, last)) in ends {
            let slot = self.ends.entry(*zone).or_insert((*first, *last));
            *slot = (slot.0.min(*first), slot.1.max(*last));
        }
    }

    fn counts(&self, source: SourceId, at: Option<Moment>) -> bool {
        self.window.is_none_or(|window| window.holds(source.0, at))
    }

    fn event(&mut self, event: &Event, info: &SourceInfo) {
        if !self.counts(event.span.source, event.at) {
            return;
        }
        // Options that depend on the JDK are counted when the whole bundle has told it.
        if !branches::is_undecided(event) {
            self.matcher.event(event, info);
        }
        self.collector.event(event, info, self.ports);
        self.note(event.at);
        let most = facts_max(event);
        if most > 0 {
            self.keep(event.clone(), most);
        }
    }

    fn keep(&mut self, fact: Event, most: usize) {
        let kept = self.kept.entry(fact.kind.clone()).or_default();
        if *kept < most {
            *kept += 1;
            self.facts.push(fact);
        }
    }

    fn record(&mut self, record: &LogRecord<'_>, info: &SourceInfo) {
        if !self.counts(record.source, record.at) {
            return;
        }
        self.note(record.at);
        self.matcher.record(record, info);
    }

    /// The event that says this source was read.
    fn seen(&mut self, id: SourceId, info: &SourceInfo, first_line: &str) {
        let mut seen = Event::new("source", Span::line(id, 1), first_line);
        seen.fields.set("format", info.format);
        seen.fields.set("log", info.log.map_or("", compile::log_name));
        seen.fields.set("role", info.role.map_or("", compile::role_name));
        seen.fields.set("host", info.host.as_str());
        seen.fields.set("file", info.path.as_str());
        seen.fields.set("lines", info.lines as f64);
        self.matcher.event(&seen, info);
    }
}

fn read_whole(reading: Reading<'_>, source: &Source, id: SourceId, host: &str, whole: &Whole) -> Read {
    let body = whole.text.as_str();
    let text = Text::new(id, &source.path, body);
    let mut events: Vec<Event> = Vec::new();
    let mut best: (u8, &'static str) = (0, "");
    for format in formats() {
        let score = (format.score)(&text);
        if score > 0 {
            (format.parse)(&text, &mut events);
            if score > best.0 {
                best = (score, format.name);
            }
        }
    }
    let log = which_log(&source.path, head_of(body));
    let readable = body.trim().is_empty() || is_text(body);
    // A file that one format claims whole is no log, unless it is small enough to be a paste of several things.
    let is_log = readable && (best.0 < 90 || log != LogKind::App || body.len() <= FOLD_MAX);
    let known = best.0 >= 50 && (log == LogKind::App || best.0 >= 90);
    let mut info = info(
        source,
        host,
        if known {
            best.1
        } else if readable {
            "log"
        } else {
            "unknown"
        },
    );
    info.role = which::role_of(log).or_else(|| role_of_events(&events));
    info.log = is_log.then_some(log);
    info.bytes = whole.outcome.bytes.max(body.len() as u64);
    info.lines = whole.outcome.lines.max(text.lines().len() as u64);
    let mut gather = Gather::new(reading);
    for event in &events {
        gather.event(event, &info);
    }
    let mut templates = Templates::default();
    if is_log {
        let scan = Scan {
            source: id,
            automaton: reading.automaton,
            placed: reading.placed,
            server: which::is_server(log),
            fold: body.len() <= FOLD_MAX,
            sieve: reading.sieves.of(log),
        };
        let mut part = LogPart::new(&mut gather, &info, id, log);
        if scan.sieve.is_none() {
            part.text(body);
        }
        let stats = scan.run(body, 0..body.len(), 1, &mut part);
        part.finish();
        gather.note(stats.first);
        gather.note(stats.last);
        if events.is_empty() && stats.stamped == 0 && gather.matcher.tallies.is_empty() && log == LogKind::App {
            info.format = "unknown";
        }
        templates = stats.templates;
    }
    gather.seen(id, &info, text.lines().first().unwrap_or(&""));
    Read {
        info,
        tallies: gather.matcher.tallies,
        facts: gather.facts,
        measured: gather.collector.finish(id.0),
        ends: gather.ends,
        templates,
        problems: whole.outcome.problems.clone(),
    }
}

/// Takes what the scan of a log, or of a part of one, finds.
struct LogPart<'g, 'a> {
    gather: &'g mut Gather<'a>,
    info: &'g SourceInfo,
    series: LogSeries,
    source: SourceId,
    dump_class: Option<&'static str>,
    events: Vec<Event>,
}

impl<'g, 'a> LogPart<'g, 'a> {
    fn new(gather: &'g mut Gather<'a>, info: &'g SourceInfo, id: SourceId, log: LogKind) -> Self {
        let clock = if which::is_server(log) || log == LogKind::App {
            Clock::Gmt8
        } else {
            Clock::Local
        };
        Self {
            gather,
            info,
            series: LogSeries::new(id, Some(log), clock),
            source: id,
            dump_class: dump_class(log),
            events: Vec::new(),
        }
    }

    /// Of a big log.
    fn thin(mut self) -> Self {
        self.series = self.series.thin();
        self
    }

    /// Reads the series of a log without a sieve.
    fn text(&mut self, body: &str) {
        self.series.text(1, body, &mut self.events);
    }

    fn finish(mut self) {
        self.series.finish(&mut self.events);
        for event in self.events {
            self.gather.event(&event, self.info);
        }
    }
}

impl Found for LogPart<'_, '_> {
    fn record(&mut self, record: &LogRecord<'_>) {
        self.gather.record(record, self.info);
    }

    fn line(&mut self, line: &SeriesLine<'_>) {
        self.series.at(line, &mut self.events);
        if let Some(class) = self.dump_class.filter(|_| line.marked) {
            let text = line.line();
            if text.contains(" main - ")
                && let Some((key, value)) = conf::start_dump_line(text)
            {
                let span = Span::line(self.source, line.number);
                self.events
                    .push(conf::dump_event(class, &self.info.path, key, value, span, text));
            }
        }
        if self.events.len() >= EVENTS_HELD {
            for event in std::mem::take(&mut self.events) {
                self.gather.event(&event, self.info);
            }
        }
    }
}

/// Events of series held before they are counted.
const EVENTS_HELD: usize = 1000;

/// The class of configuration whose start-up dump stands in such a log.
fn dump_class(log: LogKind) -> Option<&'static str> {
    match log {
        LogKind::Broker => Some("broker"),
        LogKind::Namesrv => Some("namesrv"),
        LogKind::Controller => Some("controller"),
        _ => None,
    }
}

fn head_of(body: &str) -> &str {
    let mut at = body.len().min(256 * 1024);
    while !body.is_char_boundary(at) {
        at -= 1;
    }
    &body[..at]
}

/// Whether most of the head is text.
fn is_text(body: &str) -> bool {
    let head = head_of(body);
    let bad = head
        .chars()
        .filter(|c| c.is_control() && !c.is_whitespace() || *c == '\u{FFFD}')
        .count();
    bad * 4 <= head.chars().count()
}

fn role_of_events(events: &[Event]) -> Option<Role> {
    events
        .iter()
        .find_map(|e| match e.fields.str("process").or(e.fields.str("class")) {
            Some("broker") => Some(Role::Broker),
            Some("namesrv") => Some(Role::Namesrv),
            Some("proxy") => Some(Role::Proxy),
            Some("controller") => Some(Role::Controller),
            Some("client") => Some(Role::Client),
            _ => None,
        })
}

/// A part of a stream that a thread has scanned.
struct Part<'a> {
    lines: u32,
    gather: Gather<'a>,
    stats: ScanStats,
    edges: Edges,
}

/// Parts in order, put together as soon as the next one is there, so that memory does not grow with the input.
struct Merge<'a> {
    next_line: u32,
    waiting: BTreeMap<u32, Part<'a>>,
    gather: Gather<'a>,
    stats: ScanStats,
    stitch: Stitch,
}

fn read_stream(reading: Reading<'_>, source: &Source, id: SourceId, host: &str, opened: Opened) -> Read {
    let Opened {
        reader,
        first,
        lines,
        skipped_to,
    } = opened;
    let first_head = source.head().map(|h| h.text).unwrap_or_default();
    let head = if first.is_empty() {
        first_head.as_str()
    } else {
        head_of(&first)
    };
    let log = which_log(&source.path, head);
    let stamped = head.lines().any(|l| header::begins_record(l.as_bytes()));
    let mut info = info(source, host, "log");
    info.role = which::role_of(log);
    info.log = Some(log);
    let info = &info;
    let scan = Scan {
        source: id,
        automaton: reading.book.literals.fast(),
        placed: reading.placed,
        server: which::is_server(log),
        fold: false,
        sieve: reading.sieves.of(log),
    };
    let merge = Mutex::new(Merge {
        next_line: 1,
        waiting: BTreeMap::new(),
        gather: Gather::new(reading),
        stats: ScanStats::default(),
        stitch: Stitch::default(),
    });
    let scan_part = |text: &str, first_line: u32, lines: u32| {
        let mut gather = Gather::new(reading);
        let mut found = LogPart::new(&mut gather, info, id, log).thin();
        let (stats, edges) = scan_chunk(&scan, text, first_line, stamped, &mut found);
        found.finish();
        gather.note(stats.first);
        gather.note(stats.last);
        let part = Part {
            lines,
            gather,
            stats,
            edges,
        };
        merge
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(first_line, part, &scan, info);
    };
    if lines > 0 {
        scan_part(&first, 1, lines);
    }
    let behind = OnceLock::new();
    let work = || {
        let mut buffer = Buffer::new();
        while let Some(chunk) = reader.next(&mut buffer) {
            if skipped_to == Some(chunk.offset) {
                let (line, byte) = (chunk.first_line, chunk.offset);
                behind.get_or_init(|| Skipped { line, byte });
            }
            scan_part(chunk.text, chunk.first_line, chunk.lines);
        }
    };
    let threads = if source.kind() == Kind::File && source.size >= SHARED_MIN {
        reading.threads.max(1)
    } else {
        1
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    let outcome = reader.finish();
    let mut merge = merge.into_inner().unwrap_or_else(PoisonError::into_inner);
    merge.finish(&scan, info);
    let mut info = info.clone();
    info.bytes = outcome.bytes;
    info.lines = outcome.lines;
    info.skipped = behind.into_inner();
    let Merge { mut gather, stats, .. } = merge;
    if skipped_to.is_some()
        && let Some(ends) = reading.window.and_then(|window| window.ends(id))
    {
        gather.note_ends(ends);
    }
    gather.seen(id, &info, first_head.lines().next().unwrap_or(""));
    Read {
        info,
        tallies: gather.matcher.tallies,
        facts: gather.facts,
        measured: gather.collector.finish(id.0),
        ends: gather.ends,
        templates: stats.templates,
        problems: outcome.problems,
    }
}

impl<'a> Merge<'a> {
    fn take(&mut self, first_line: u32, part: Part<'a>, scan: &Scan<'_>, info: &SourceInfo) {
        self.waiting.insert(first_line, part);
        while let Some(part) = self.waiting.remove(&self.next_line) {
            self.next_line += part.lines.max(1);
            self.add(part, scan, info);
        }
    }

    fn add(&mut self, part: Part<'a>, scan: &Scan<'_>, info: &SourceInfo) {
        let gather = &mut self.gather;
        self.stitch.push(scan, part.edges, &mut |record: &LogRecord<'_>| {
            gather.record(record, info)
        });
        gather.matcher.absorb(part.gather.matcher.tallies, 0);
        for fact in part.gather.facts {
            let most = facts_max(&fact);
            gather.keep(fact, most);
        }
        gather.collector.absorb(part.gather.collector);
        gather.note_ends(&part.gather.ends);
        self.stats.add(&part.stats);
    }

    fn finish(&mut self, scan: &Scan<'_>, info: &SourceInfo) {
        // Left over when a chunk was lost to an error: still counted, in order.
        for (_, part) in std::mem::take(&mut self.waiting) {
            self.add(part, scan, info);
        }
        let gather = &mut self.gather;
        self.stitch
            .finish(scan, &mut |record: &LogRecord<'_>| gather.record(record, info));
        let edges = std::mem::take(&mut self.stitch.stats);
        self.stats.add(&edges);
    }
}

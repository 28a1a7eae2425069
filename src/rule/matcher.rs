//! `Matcher`: rules at work while the scan runs. Takes records and events, keeps bounded tallies.

use super::compile::{Flood, RuleBook, Signal, log_bit};
use super::occurrence::{Message, Occurrence, Told};
use super::pattern::{Needle, Slots};
use super::tally::Tally;
use crate::model::{Event, LogKind, LogRecord, SourceId, SourceInfo};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// Ports named by configurations in the bundle, so that a neighbour of any `listenPort` is known for what it is.
#[derive(Debug, Clone, Default)]
pub struct Ports {
    /// `listenPort` values read.
    pub listen: Vec<u32>,
    /// Name server ports read.
    pub namesrv: Vec<u32>,
}

impl Ports {
    /// Both.
    pub fn join(mut self, other: Ports) -> Ports {
        self.listen.extend(other.listen);
        self.namesrv.extend(other.namesrv);
        self
    }

    /// What a port is for.
    pub fn kind(&self, port: u32) -> &'static str {
        if self.namesrv.contains(&port) || port == 9876 {
            "namesrv"
        } else if self.listen.contains(&port) || port == 10911 {
            "broker"
        } else if self.listen.contains(&port.saturating_add(2)) || port == 10909 {
            "vip"
        } else if self.listen.contains(&port.saturating_sub(1)) || port == 10912 {
            "ha"
        } else if matches!(port, 8080 | 8081) {
            "proxy"
        } else {
            match (port >= 10_000, port % 100, port % 10) {
                (_, 76, _) => "namesrv",
                (true, 11..=91, 1) => "broker",
                (true, 9..=89, 9) => "vip",
                (true, 12..=92, 2) => "ha",
                _ => "other",
            }
        }
    }
}

/// The tallies of one scan, or of a part of it.
#[derive(Debug)]
pub struct Matcher<'r> {
    book: &'r RuleBook,
    ports: &'r Ports,
    /// By watch and source.
    pub tallies: Tallies,
    /// By signal: how often in a row its literal was it.
    pace: Vec<u32>,
    /// Signals of the record at hand.
    seen: Vec<u32>,
    slots: Slots,
}

/// By watch and source.
pub type Tallies = FxHashMap<(u32, u32), Tally>;

/// After so many messages in a row of one signal in one part of a log, not all are read any more.
const FLOOD: u32 = 64;
/// Of a flood whose values matter one in so many is read.
const SAMPLE: u32 = 8;

impl<'r> Matcher<'r> {
    /// Nothing seen yet.
    pub fn new(book: &'r RuleBook, ports: &'r Ports) -> Self {
        Self {
            book,
            ports,
            tallies: Tallies::default(),
            pace: Vec::new(),
            seen: Vec::new(),
            slots: Slots::default(),
        }
    }

    /// Counts an event of a format, deriver or lint.
    pub fn event(&mut self, event: &Event, source: &SourceInfo) {
        let Some(watches) = self.book.by_kind.get(&*event.kind) else {
            return;
        };
        let told = Told {
            event,
            source,
            ports: self.ports,
        };
        count(&mut self.tallies, self.book, watches, event.span.source, &told);
    }

    /// Counts the signals of a record.
    pub fn record(&mut self, record: &LogRecord<'_>, source: &SourceInfo) {
        self.seen.clear();
        let log = source.log.map_or(0, log_bit);
        for &(literal, offset) in record.hits {
            for &signal in &self.book.literals.signals[literal as usize] {
                if self.seen.contains(&signal) {
                    continue;
                }
                let watches = &self.book.by_signal[signal as usize];
                let s = &self.book.signals[signal as usize];
                if watches.is_empty() || (s.logs != 0 && s.logs & log == 0 && !pasted(source)) {
                    self.seen.push(signal);
                } else if self.is_flood(signal) {
                    self.seen.push(signal);
                    for &watch in watches {
                        let key = (watch as u32, record.source.0);
                        let wants = &self.book.watches[watch].wants;
                        self.tallies.entry(key).or_default().count(record.at, wants);
                    }
                } else if self.message(signal, record, source, offset, literal) {
                    self.seen.push(signal);
                }
            }
        }
    }

    /// Whether a signal has been seen so often, every time its literal was, that its literal is enough for this one.
    fn is_flood(&mut self, signal: u32) -> bool {
        let Some(pace) = self.pace.get_mut(signal as usize).filter(|pace| **pace >= FLOOD) else {
            return false;
        };
        match self.book.signals[signal as usize].flood {
            Flood::Read => false,
            Flood::Count => true,
            Flood::Sample => {
                *pace += 1;
                !pace.is_multiple_of(SAMPLE)
            }
        }
    }

    /// Counts the message of a signal; false when the record has none.
    fn message(&mut self, signal: u32, record: &LogRecord<'_>, source: &SourceInfo, offset: u32, literal: u32) -> bool {
        let book = self.book;
        let s = &book.signals[signal as usize];
        let watches = &book.by_signal[signal as usize];
        let literal = book.literals.texts[literal as usize].as_str();
        let found = find(s, record, offset as usize, literal, &mut self.slots);
        let is = found.is_some_and(|(groups, line)| {
            let message = Message {
                signal: s,
                record,
                source,
                ports: self.ports,
                groups: &groups,
                line,
            };
            let is = s.condition.as_ref().is_none_or(|c| c.holds(&message));
            if is {
                count(&mut self.tallies, book, watches, record.source, &message);
            }
            is
        });
        if self.pace.is_empty() {
            self.pace = vec![0; book.signals.len()];
        }
        let pace = &mut self.pace[signal as usize];
        *pace = if is { pace.saturating_add(1) } else { 0 };
        is
    }

    /// Adds what a later part saw; `lines` is how many lines stand before that part in its source.
    pub fn absorb(&mut self, part: Tallies, lines: u32) {
        for (key, mut tally) in part {
            tally.shift_lines(lines);
            match self.tallies.entry(key) {
                std::collections::hash_map::Entry::Vacant(slot) => {
                    slot.insert(tally);
                }
                std::collections::hash_map::Entry::Occupied(mut slot) => slot.get_mut().merge(&tally),
            }
        }
    }
}

/// Counts an occurrence in the watches of its origin.
fn count(tallies: &mut Tallies, book: &RuleBook, watches: &[usize], source: SourceId, occurrence: &dyn Occurrence) {
    for &index in watches {
        let watch = &book.watches[index];
        if watch.condition.as_ref().is_none_or(|c| c.holds(occurrence)) {
            let tally = tallies.entry((index as u32, source.0)).or_default();
            tally.add(occurrence, &watch.wants);
        }
    }
}

/// Named groups with their texts.
type Groups<'t> = SmallVec<[(&'t str, &'t str); 8]>;

/// What a signal says of a record in which its literal was found: groups, and the line that tells it.
fn find<'t>(
    s: &'t Signal,
    record: &'t LogRecord<'_>,
    offset: usize,
    literal: &str,
    slots: &mut Slots,
) -> Option<(Groups<'t>, (u32, &'t str))> {
    let in_text = record
        .text
        .as_bytes()
        .get(offset..)
        .is_some_and(|t| t.starts_with(literal.as_bytes()));
    let body = if in_text { record.text } else { record.folded? };
    let stands = |text: &str, l: &Needle| l.find(text.as_bytes()).is_some();
    let has = |l: &Needle| stands(record.text, l) || record.folded.is_some_and(|f| stands(f, l));
    if !s.all.iter().all(has) || s.not.iter().any(has) {
        return None;
    }
    let mut groups = Groups::new();
    if let Some(pattern) = &s.regex {
        let from = if in_text { offset } else { 0 };
        let found = pattern.find(body, from, slots, &mut groups)
            || record
                .folded
                .filter(|_| in_text)
                .is_some_and(|folded| pattern.find(folded, 0, slots, &mut groups));
        if !found {
            return None;
        }
    }
    let line = if in_text {
        line_at(record.text, offset)
    } else {
        folded_line(record, literal)
    };
    Some((groups, line))
}

/// Pasted text may hold lines of any log, so `in` does not bind there.
fn pasted(source: &SourceInfo) -> bool {
    source.log == Some(LogKind::App)
}

/// Index (from 0) and text of the line of a record that holds this byte.
fn line_at(text: &str, offset: usize) -> (u32, &str) {
    let start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    let end = text[offset..].find('\n').map_or(text.len(), |at| offset + at);
    (
        text[..start].matches('\n').count() as u32,
        text[start..end].trim_end_matches('\r'),
    )
}

/// The line of a record in which a literal that is cut by line breaks begins.
fn folded_line<'a>(record: &LogRecord<'a>, literal: &str) -> (u32, &'a str) {
    let mut best = (0, record.text.lines().next().unwrap_or(""));
    let mut best_len = 0;
    for (index, line) in record.text.lines().enumerate() {
        let tail = line.trim_end();
        let shared = (1..=literal.len().min(tail.len()))
            .rev()
            .find(|n| literal.is_char_boundary(*n) && tail.ends_with(&literal[..*n]))
            .unwrap_or(0);
        if shared > best_len {
            (best, best_len) = ((index as u32, line), shared);
        }
    }
    best
}

//! Templates of WARN and ERROR records: what a message is when its numbers, addresses and names in brackets are left
//! out. They help where no rule knows the incident: which messages are new, or ten times as frequent, since the onset.

use crate::model::Moment;
use std::collections::{BTreeMap, HashMap};

/// Most templates kept of one source; the rest is counted as one.
const TEMPLATES_MAX: usize = 2000;
/// Most minutes kept of one template.
const MINUTES_MAX: usize = 3000;
/// How much of a message makes its template.
const MESSAGE_MAX: usize = 160;

/// One message shape.
#[derive(Debug, Clone)]
pub struct Template {
    /// Line of its first record.
    pub line: u32,
    /// That line.
    pub text: Box<str>,
    /// Records.
    pub count: u64,
    /// Records per raw minute and zone.
    pub minutes: BTreeMap<(crate::model::Zone, i64), u32>,
}

/// The templates of one source.
#[derive(Debug, Clone, Default)]
pub struct Templates {
    by_hash: HashMap<u64, Template>,
}

impl Templates {
    /// Counts one record by the first line of its text, without the prefix.
    pub fn add(&mut self, line: u32, text: &str, at: Option<Moment>) {
        let hash = shape(message(text));
        let full = self.by_hash.len() >= TEMPLATES_MAX;
        let template = match self.by_hash.entry(hash) {
            std::collections::hash_map::Entry::Occupied(slot) => slot.into_mut(),
            std::collections::hash_map::Entry::Vacant(_) if full => return,
            std::collections::hash_map::Entry::Vacant(slot) => slot.insert(Template {
                line,
                text: crate::model::event::clip(text).into(),
                count: 0,
                minutes: BTreeMap::new(),
            }),
        };
        template.count += 1;
        if let Some(at) = at {
            let minute = (at.zone, at.ms.div_euclid(60_000));
            if template.minutes.len() < MINUTES_MAX || template.minutes.contains_key(&minute) {
                *template.minutes.entry(minute).or_default() += 1;
            }
        }
    }

    /// Adds what a later part of the same source saw, which begins after `lines` lines.
    pub fn absorb(&mut self, other: Templates, lines: u32) {
        for (hash, mut template) in other.by_hash {
            template.line += lines;
            match self.by_hash.entry(hash) {
                std::collections::hash_map::Entry::Occupied(mut slot) => {
                    let mine = slot.get_mut();
                    mine.count += template.count;
                    for (minute, count) in template.minutes {
                        *mine.minutes.entry(minute).or_default() += count;
                    }
                }
                std::collections::hash_map::Entry::Vacant(slot) => {
                    slot.insert(template);
                }
            }
        }
    }

    /// All templates.
    pub fn iter(&self) -> impl Iterator<Item = &Template> {
        self.by_hash.values()
    }
}

fn message(text: &str) -> &str {
    let from = text.find(" - ").map_or(0, |at| at + 3);
    let from = if from > 200 { 0 } else { from };
    &text[from..]
}

/// FNV-1a over the message with every run of digits as one mark, stopping at the first bracketed value's content.
fn shape(message: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut mix = |b: u8| hash = (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3);
    let mut in_number = false;
    let mut depth = 0u32;
    for b in message.bytes().take(MESSAGE_MAX) {
        match b {
            b'[' | b'{' | b'<' | b'(' => {
                mix(b'[');
                depth += 1;
                in_number = false;
            }
            b']' | b'}' | b'>' | b')' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            b'0'..=b'9' => {
                if !in_number {
                    mix(b'0');
                }
                in_number = true;
            }
            _ => {
                mix(b);
                in_number = false;
            }
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_bracketed_values_do_not_matter() {
        let mut templates = Templates::default();
        templates.add(
            3,
            "2023-03-01 10:00:00 WARN T_1 - closed [10.0.0.1:99] after 30 ms",
            None,
        );
        templates.add(9, "2023-03-01 10:00:05 WARN T_2 - closed [10.0.0.2:1] after 4 ms", None);
        templates.add(12, "2023-03-01 10:00:05 WARN T_2 - opened", None);
        let mut counts: Vec<_> = templates.iter().map(|t| (t.line, t.count)).collect();
        counts.sort_unstable();
        assert_eq!(counts, [(3, 2), (12, 1)]);
    }
}

//! Stack frames. A storm of errors is the same few stack traces again and again: what stands in a frame is looked up, and
//! searched only the first time.
//!
//! ```text
//!     at org.apache.rocketmq.client.impl.MQClientAPIImpl.sendMessageSync(MQClientAPIImpl.java:375)
//! ```

use aho_corasick::AhoCorasick;
use memchr::memchr;
use rustc_hash::FxHashMap;

/// Most frames remembered in one part of a log.
const FRAMES_MAX: usize = 1024;
/// Most bytes of a frame that is remembered.
const FRAME_MAX: usize = 256;

/// Literals with their first place.
pub(super) type Hits = Vec<(u32, u32)>;

/// What was found in the frames of one part of a log.
#[derive(Debug, Default)]
pub(super) struct Frames {
    known: FxHashMap<Box<[u8]>, Hits>,
}

impl Frames {
    /// Adds the literals of a record to the hits, each with its first place. Most frames of a stack are not searched but
    /// known: their places in files (`Name.java:375`) hold nothing that their names do not. `placed` are ends of names
    /// behind which literals look for a place.
    pub(super) fn collect(
        &mut self,
        automaton: &AhoCorasick,
        placed: &[String],
        record: &[u8],
        hits: &mut Hits,
        most: usize,
    ) {
        let mut at = 0;
        // Up to here all was looked at.
        let mut searched = 0;
        while let Some(end) = memchr(b'\n', &record[at..]).map(|n| at + n) {
            let line = &record[at..end];
            let is_placed = |name: &&[u8]| placed.iter().any(|end| name.ends_with(end.as_bytes()));
            if let Some(name) = name_of(line).filter(|name| !is_placed(name)) {
                search(automaton, record, searched..at, hits, most);
                match self.known.get(name) {
                    Some(known) => known.iter().for_each(|(literal, place)| {
                        add(hits, most, *literal, at as u32 + place);
                    }),
                    None => {
                        let mut own = Hits::new();
                        search(automaton, name, 0..name.len(), &mut own, most);
                        own.iter()
                            .for_each(|(literal, place)| add(hits, most, *literal, at as u32 + place));
                        if self.known.len() < FRAMES_MAX {
                            self.known.insert(name.into(), own);
                        }
                    }
                }
                searched = end;
            }
            at = end + 1;
        }
        search(automaton, record, searched..record.len(), hits, most);
    }
}

/// `\tat package.Class.method(` of a frame with a plain place in a file: nothing but `Name.java:375)` follows.
fn name_of(line: &[u8]) -> Option<&[u8]> {
    if !line.starts_with(b"\tat ") || line.len() > FRAME_MAX {
        return None;
    }
    let open = memchr(b'(', line)?;
    let place = line[open + 1..].strip_suffix(b")")?;
    let (file, number) = place.split_at(place.iter().rposition(|c| *c == b':')?);
    let file = file.strip_suffix(b".java")?;
    let plain =
        file.iter().all(|c| c.is_ascii_alphanumeric() || *c == b'_') && number[1..].iter().all(u8::is_ascii_digit);
    plain.then_some(&line[..=open])
}

/// Of literals that name a method with a place in a file (`computeIfAbsent(ConcurrentHashMap.java:1`) what stands before
/// the place.
pub fn placed<'l>(literals: impl Iterator<Item = &'l str>) -> Vec<String> {
    let ends = literals.filter_map(|literal| {
        let open = literal.find('(')?;
        let (name, place) = literal.split_at(open + 1);
        (!place.is_empty() && place.starts_with(|c: char| c.is_ascii_alphabetic())).then(|| name.to_string())
    });
    ends.collect()
}

/// Searches `bytes[range]`.
pub(super) fn search(
    automaton: &AhoCorasick,
    bytes: &[u8],
    range: std::ops::Range<usize>,
    hits: &mut Hits,
    most: usize,
) {
    if range.is_empty() {
        return;
    }
    for m in automaton.find_overlapping_iter(&bytes[range.clone()]) {
        if hits.len() >= most {
            break;
        }
        add(hits, most, m.pattern().as_u32(), (range.start + m.start()) as u32);
    }
}

fn add(hits: &mut Hits, most: usize, literal: u32, place: u32) {
    if hits.len() < most && !hits.iter().any(|(known, _)| *known == literal) {
        hits.push((literal, place));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = "2024-05-01 10:00:00 ERROR main - send failed\n\
        org.x.TimeoutException: wait response\n\
        \tat org.x.Client.send(Client.java:375)\n\
        \tat org.x.Client.lambda$send$0(Client.java:12) ~[client-4.9.2.jar:4.9.2]\n\
        \tat java.lang.Thread.run(Native Method)\n\
        Caused by: org.x.TimeoutException: wait response\n\
        \tat org.x.Client.send(Client.java:9)\n\
        \tat org.x.Map.put(Map.java:17)\n\
        \t... 12 more\n";

    #[test]
    fn frames_give_what_a_search_gives() {
        let literals = [
            "put(Map.java:1",
            "x.Client",
            "Client.send(",
            "wait response",
            "Native Method",
            "client-4.9",
            "more",
            "TimeoutException: w",
        ];
        let automaton = AhoCorasick::new(literals).unwrap();
        let placed = placed(literals.into_iter());
        assert_eq!(placed, ["put("]);
        let mut frames = Frames::default();
        let mut want = Hits::new();
        search(&automaton, RECORD.as_bytes(), 0..RECORD.len(), &mut want, 100);
        for _ in 0..3 {
            let mut got = Hits::new();
            frames.collect(&automaton, &placed, RECORD.as_bytes(), &mut got, 100);
            assert_eq!(got, want);
        }
        assert_eq!(frames.known.len(), 1);
    }
}

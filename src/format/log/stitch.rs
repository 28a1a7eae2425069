//! Big logs are scanned in chunks by several threads. A record may lie across the edge of two chunks; here it is put
//! together again, so that the result is the same as of one scan of the whole.

use super::header::begins_record;
use super::scan::{Found, Scan, ScanStats};
use crate::model::Moment;
use memchr::{memchr, memrchr};

/// A record across an edge is looked at up to this size.
const EDGE_MAX: usize = 64 * 1024;

/// What a chunk leaves for its neighbours.
#[derive(Debug, Default)]
pub struct Edges {
    /// Lines before the first record of the chunk: they belong to the record before it.
    pub before: String,
    /// The last record, which may go on in the next chunk, and the number of its first line.
    pub last: Option<(String, u32)>,
}

/// Scans the records that lie wholly inside a chunk. `stamped` says that the source's records begin with stamps; without
/// them every line stands alone, and nothing crosses an edge.
pub fn scan_chunk(
    scan: &Scan<'_>,
    text: &str,
    first_line: u32,
    stamped: bool,
    found: &mut dyn Found,
) -> (ScanStats, Edges) {
    if !stamped {
        return (scan.run(text, 0..text.len(), first_line, found), Edges::default());
    }
    let bytes = text.as_bytes();
    let Some(start) = first_record(bytes) else {
        scan.series_only(text, 0..text.len(), first_line, found);
        return (
            ScanStats::default(),
            Edges {
                before: text.to_string(),
                last: None,
            },
        );
    };
    let end = last_record(bytes, start);
    let skipped = memchr::memchr_iter(b'\n', &bytes[..start]).count() as u32;
    scan.series_only(text, 0..start, first_line, found);
    let stats = scan.run(text, start..end, first_line + skipped, found);
    let at = first_line + skipped + stats.lines;
    scan.series_only(text, end..text.len(), at, found);
    (
        stats,
        Edges {
            before: text[..start].to_string(),
            last: Some((text[end..].to_string(), at)),
        },
    )
}

fn first_record(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < bytes.len() {
        let end = memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |n| at + n);
        if begins_record(&bytes[at..end]) {
            return Some(at);
        }
        at = end + 1;
    }
    None
}

/// Start of the last record at or after `start`.
fn last_record(bytes: &[u8], start: usize) -> usize {
    let mut end = bytes.len();
    if bytes.last() == Some(&b'\n') {
        end -= 1;
    }
    while end > start {
        let line = memrchr(b'\n', &bytes[start..end]).map_or(start, |n| start + n + 1);
        let stop = memchr(b'\n', &bytes[line..]).map_or(bytes.len(), |n| line + n);
        if begins_record(&bytes[line..stop]) {
            return line;
        }
        if line == start {
            break;
        }
        end = line - 1;
    }
    start
}

/// Puts edges together, in order.
#[derive(Debug, Default)]
pub struct Stitch {
    open: Option<(String, u32)>,
    /// Sums of the records at edges.
    pub stats: ScanStats,
}

impl Stitch {
    /// Takes the edges of the next chunk.
    pub fn push(&mut self, scan: &Scan<'_>, edges: Edges, found: &mut dyn Found) {
        match &mut self.open {
            Some((text, _)) if text.len() < EDGE_MAX => text.push_str(&edges.before),
            Some(_) => {}
            None if !edges.before.is_empty() => self.open = Some((edges.before, 1)),
            None => {}
        }
        if edges.last.is_some() {
            self.close(scan, found);
            self.open = edges.last;
        }
    }

    /// Scans what is left at the end.
    pub fn finish(&mut self, scan: &Scan<'_>, found: &mut dyn Found) {
        self.close(scan, found);
    }

    fn close(&mut self, scan: &Scan<'_>, found: &mut dyn Found) {
        if let Some((text, line)) = self.open.take() {
            let stats = scan.run(&text, 0..text.len(), line, found);
            self.stats.add(&stats);
        }
    }
}

impl ScanStats {
    /// Adds the sums of a later part.
    pub fn add(&mut self, other: &ScanStats) {
        let earlier = |a: Option<Moment>, b: Option<Moment>| match (a, b) {
            (Some(a), Some(b)) => Some(if b.ms < a.ms { b } else { a }),
            (a, b) => a.or(b),
        };
        let later = |a: Option<Moment>, b: Option<Moment>| match (a, b) {
            (Some(a), Some(b)) => Some(if b.ms > a.ms { b } else { a }),
            (a, b) => a.or(b),
        };
        self.first = earlier(self.first, other.first);
        self.last = later(self.last, other.last);
        self.lines += other.lines;
        self.stamped += other.stamped;
        self.warn += other.warn;
        self.error += other.error;
        self.templates.absorb(other.templates.clone(), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{LogRecord, SourceId};
    use aho_corasick::AhoCorasick;

    const LOG: &str = "2023-03-01 10:00:00 INFO main - start x\n2023-03-01 10:00:01 WARN T_1 - oops\njava.lang.X: wait response\n\tat a.b\nCaused by: inner x\n2023-03-01 10:00:02 INFO main - end x\n2023-03-01 10:00:03 ERROR main - wait response\n\tat c.d\n";

    #[test]
    fn any_cut_gives_what_the_whole_gives() {
        let automaton = AhoCorasick::new(["x", "wait response", "inner"]).unwrap();
        let scan = Scan {
            source: SourceId(0),
            automaton: &automaton,
            placed: &[],
            server: true,
            fold: false,
            sieve: None,
        };
        let mut whole = Vec::new();
        scan.run(LOG, 0..LOG.len(), 1, &mut |r: &LogRecord<'_>| {
            whole.push((r.line, r.hits.to_vec()))
        });
        let ends: Vec<usize> = LOG.match_indices('\n').map(|(at, _)| at + 1).collect();
        for a in 0..ends.len() {
            for b in a..ends.len() {
                let mut got = Vec::new();
                let mut stitch = Stitch::default();
                let mut line = 1;
                let (mut from, cuts) = (0, [ends[a], ends[b], LOG.len()]);
                for to in cuts {
                    let mut inside = Vec::new();
                    let part = &LOG[from..to];
                    let (_, edges) = scan_chunk(&scan, part, line, true, &mut |r: &LogRecord<'_>| {
                        inside.push((r.line, r.hits.to_vec()))
                    });
                    stitch.push(&scan, edges, &mut |r: &LogRecord<'_>| {
                        got.push((r.line, r.hits.to_vec()))
                    });
                    got.extend(inside);
                    line += part.matches('\n').count() as u32;
                    from = to;
                }
                stitch.finish(&scan, &mut |r: &LogRecord<'_>| got.push((r.line, r.hits.to_vec())));
                got.sort();
                assert_eq!(got, whole, "cuts {a} {b}");
            }
        }
    }
}

//! GC logs of HotSpot: classic (JDK 5 to 8) and unified (JDK 9 and later), every collector.
//!
//! ```text
//! 2017-06-22T12:25:26.515+0530: 66155.261: [GC pause (G1 Humongous Allocation) (mixed) (to-space exhausted), 0.24 secs]
//! [2026-11-22T13:16:35.980+0000][gc] GC(0) Pause Young (Normal) (G1 Evacuation Pause) 6M->1M(64M) 2.922ms
//! 2.480: Total time for which application threads were stopped: 0.0047914 seconds, Stopping threads took: 0.0000103 seconds
//! ```
//!
//! `reader` cuts bytes into lines and gives each to `classic`, `unified`, `stopped` or `header`; they tell `collect`
//! what they found; `record` is the result, `stats` its figures, `events` its events, `report` what people read.
//! Whether a pause is too long is not decided here.

pub mod classic;
pub mod collect;
pub mod events;
pub mod header;
pub mod reader;
pub mod record;
pub mod report;
pub mod scan;
pub mod stamp;
pub mod stats;
pub mod stopped;
pub mod unified;

pub use reader::GcReader;
pub use record::GcLog;
pub use stats::{Stats, stats};

use super::pieces::Pieces;
use super::{Format, Sink};
use crate::model::Text;
use events::Teller;

/// The row in `FORMATS`.
pub const FORMAT: Format = Format {
    name: "gc",
    score,
    parse,
};

/// Lines that the score looks at in one go; texts up to four times as long are looked at whole.
const SAMPLE_LINES: usize = 5000;

/// Share of lines that belong to a GC log, at least 1 when there is one.
fn score(text: &Text<'_>) -> u8 {
    let lines = text.lines();
    let mut reader = GcReader::new(text.path);
    if lines.len() <= 4 * SAMPLE_LINES {
        feed(&mut reader, lines, 0);
    } else {
        for part in 0..4 {
            let start = (lines.len() - SAMPLE_LINES) / 3 * part;
            feed(&mut reader, &lines[start..start + SAMPLE_LINES], start as u32);
        }
    }
    let log = reader.end();
    if log.gc_lines == 0 {
        return 0;
    }
    (log.gc_lines * 100 / log.text_lines.max(1)).clamp(1, 100) as u8
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let mut log = read(text);
    if log.is_gc_log() {
        let mut teller = Teller::default();
        teller.tell(&mut log, text, sink);
        teller.finish(&mut log, sink);
    }
}

/// Reads a decoded text.
pub fn read(text: &Text<'_>) -> GcLog {
    let mut reader = GcReader::new(text.path);
    feed(&mut reader, text.lines(), text.first_line().saturating_sub(1));
    reader.end()
}

fn feed(reader: &mut GcReader, lines: &[&str], before: u32) {
    for (index, line) in lines.iter().enumerate() {
        reader.line(before.saturating_add(index as u32 + 1), line.as_bytes());
    }
}

/// A log that is read in pieces.
#[derive(Debug)]
struct InPieces {
    reader: GcReader,
    teller: Teller,
}

/// Reads the log of that path in pieces.
pub(super) fn in_pieces(path: &str) -> Box<dyn Pieces> {
    Box::new(InPieces {
        reader: GcReader::new(path),
        teller: Teller::default(),
    })
}

impl Pieces for InPieces {
    fn piece(&mut self, text: &Text<'_>, sink: &mut dyn Sink) {
        feed(&mut self.reader, text.lines(), text.first_line().saturating_sub(1));
        if let Some(log) = self.reader.so_far() {
            self.teller.tell(log, text, sink);
        }
        self.teller.keep(text);
    }

    fn finish(self: Box<Self>, sink: &mut dyn Sink) {
        let mut log = self.reader.end();
        if log.is_gc_log() {
            self.teller.finish(&mut log, sink);
        }
    }
}

#[cfg(test)]
mod tests;

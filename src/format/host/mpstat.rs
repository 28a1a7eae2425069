//! mpstat: shares of time per processor. `sar -u`, whose heading is nearly the same, is read by `sar.rs`.
//!
//! ```text
//! 11:18:13 AM  CPU    %usr   %nice    %sys %iowait    %irq   %soft  %steal  %guest  %gnice   %idle
//! 11:18:14 AM  all    0.00    0.00    1.01    0.00    0.00    0.00    0.00    0.00    0.00   98.99
//! ```

use crate::format::pieces::Pieces;
use crate::format::{Format, Sink};
use crate::model::Text;

use super::sysstat::{self, Reading, Shape, Tables};
use super::table::{Heading, MaybeWith, score_by};

/// mpstat.
pub(super) const FORMAT: Format = Format {
    name: "mpstat",
    score,
    parse,
};

/// mpstat shows interrupts before stolen time, `sar -u ALL` behind it.
fn shape_of(heading: &Heading<'_>) -> Option<Shape> {
    let is_processors = heading.names().first() == Some(&"CPU") && heading.has("%idle");
    let irq = heading.position(&["%irq"])?;
    let steal = heading.position(&["%steal"]).unwrap_or(usize::MAX);
    (is_processors && irq < steal).then_some(Shape {
        words: &["CPU"],
        tail: false,
    })
}

fn score(text: &Text<'_>) -> u8 {
    score_by(text, |line| {
        line.contains("%irq") && sysstat::is_heading(line, shape_of)
    })
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    Reader::default().piece(text, sink);
}

#[derive(Default)]
struct Reader {
    tables: Tables,
}

/// Reads a text in pieces.
pub(in crate::format) fn in_pieces(_: &str) -> Box<dyn Pieces> {
    Box::new(Reader::default())
}

impl Pieces for Reader {
    fn piece(&mut self, text: &Text<'_>, sink: &mut dyn Sink) {
        self.tables
            .read(text, shape_of, |_, reading| processor(text, &reading, sink));
    }

    fn finish(self: Box<Self>, _: &mut dyn Sink) {}
}

/// One processor, or `all`.
pub(super) fn processor(text: &Text<'_>, reading: &Reading<'_, '_>, sink: &mut dyn Sink) {
    let row = &reading.row;
    let event = reading
        .event(text, "cpu.sample")
        .maybe("cpu", row.text(&["CPU"]))
        .maybe("user_pct", row.num(&["%usr", "%user"]))
        .maybe("sys_pct", row.num(&["%sys", "%system"]))
        .maybe("iowait_pct", row.num(&["%iowait"]))
        .maybe("steal_pct", row.num(&["%steal"]))
        .maybe("softirq_pct", row.num(&["%soft"]))
        .maybe("idle_pct", row.num(&["%idle"]));
    sink.event(sysstat::mark(event, reading));
}

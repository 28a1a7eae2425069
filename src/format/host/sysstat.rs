//! The shape that mpstat, pidstat and sar share: a heading and rows that all start with a time of day, and averages at
//! the end. Which tables are wanted and what their rows say is told by those formats.
//!
//! ```text
//! Linux 5.10.0 (broker-a)   2026年11月24日   _x86_64_  (2 CPU)
//!
//! 11时18分11秒     CPU     %user     %nice   %system   %iowait    %steal     %idle
//! 11时18分12秒     all      0.00      0.00      0.50      0.00      0.00     99.50
//! 平均时间:        all      0.00      0.00      0.50      0.00      0.00     99.50
//! ```

use std::collections::HashSet;

use crate::model::{Event, Moment, Text};

use super::prompt::prompt;
use super::stamp::{Calendar, clock_at_start, day_in, next_word};
use super::table::{Heading, MaybeWith, Row, event};

/// How the rows of a wanted table are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// Columns that hold words.
    pub(super) words: &'static [&'static str],
    /// The last column may hold blanks.
    pub(super) tail: bool,
}

/// One row with what is known of its time.
pub(super) struct Reading<'h, 'a> {
    pub(super) row: Row<'h, 'a>,
    pub(super) at: Option<Moment>,
    /// Time of day in milliseconds; groups the rows of one reading.
    pub(super) clock: i64,
    /// The tool was run without an interval: the row is a mean since boot.
    pub(super) since_boot: bool,
    index: usize,
}

impl Reading<'_, '_> {
    /// An event of this row.
    pub(super) fn event(&self, text: &Text<'_>, kind: &str) -> Event {
        event(text, self.index, kind).at(self.at)
    }

    /// The mark of a mean since boot.
    pub(super) fn boot_mark(&self) -> Option<f64> {
        self.since_boot.then_some(1.0)
    }
}

/// The mark that a cumulative event carries.
pub(super) fn mark(event: Event, reading: &Reading<'_, '_>) -> Event {
    event.maybe("since_boot", reading.boot_mark())
}

/// What a line starts with.
enum Lead {
    Clock(i64),
    /// `Average:`, `平均时间:`
    Average,
}

fn lead(line: &str) -> Option<(Lead, &str)> {
    if let Some((clock, rest)) = clock_at_start(line) {
        return Some((Lead::Clock(clock), rest));
    }
    let (word, rest) = next_word(line)?;
    let name = word.strip_suffix([':', '：'])?;
    let is_average = matches!(name, "Average" | "Summary") || name.starts_with(['平', 'M', 'D', 'P', 'С']);
    (is_average && line.starts_with(word) && name.chars().count() <= 16).then_some((Lead::Average, rest))
}

/// What passes from table to table.
#[derive(Debug, Default)]
pub(super) struct Tables {
    calendar: Calendar,
    /// Headings under which a single reading was shown.
    read: HashSet<String>,
    /// The heading whose rows go on in the next text.
    open: Option<String>,
}

impl Tables {
    /// Walks over all tables whose heading `shape_of` wants, and gives each row to `take`. Averages are given only for
    /// tables that showed no single reading.
    pub(super) fn read(
        &mut self,
        text: &Text<'_>,
        shape_of: fn(&Heading<'_>) -> Option<Shape>,
        mut take: impl FnMut(&Heading<'_>, Reading<'_, '_>),
    ) {
        let open = self.open.take();
        let mut table = open.as_deref().and_then(|line| Table::under(line, shape_of));
        for (index, &line) in text.lines().iter().enumerate() {
            if line.starts_with("Linux ") && line.contains('(') {
                self.calendar = Calendar::starting(day_in(line));
                (table, self.read) = (None, HashSet::new());
                continue;
            }
            let Some((lead, rest)) = lead(line) else {
                if line.trim().is_empty() || prompt(line).is_some() {
                    table = None;
                }
                continue;
            };
            if let Some(found) = Table::new(line, &lead, rest, shape_of) {
                table = Some(found);
                continue;
            }
            if let Some(table) = &table
                && let Some(reading) = self.reading(table, (&lead, rest), index)
            {
                take(&table.heading, reading);
            }
        }
        self.open = table.map(|table| table.line.to_owned());
    }

    fn reading<'t, 'a>(
        &mut self,
        table: &'t Table<'a>,
        line: (&Lead, &'a str),
        index: usize,
    ) -> Option<Reading<'t, 'a>> {
        let (row, clock) = table.row(line.0, line.1)?;
        if matches!(line.0, Lead::Average) {
            if self.read.contains(&table.key) {
                return None;
            }
        } else if self.read.len() < 256 && !self.read.contains(&table.key) {
            self.read.insert(table.key.clone());
        }
        Some(Reading {
            row,
            at: clock.and_then(|clock| self.calendar.moment(clock)),
            clock: clock.unwrap_or(-1),
            since_boot: clock.is_some() && clock == table.clock,
            index,
        })
    }
}

/// A heading under which rows are read.
struct Table<'a> {
    line: &'a str,
    heading: Heading<'a>,
    shape: Shape,
    clock: Option<i64>,
    key: String,
}

impl<'a> Table<'a> {
    /// The table of a heading line.
    fn under(line: &'a str, shape_of: fn(&Heading<'_>) -> Option<Shape>) -> Option<Self> {
        let (lead, rest) = lead(line)?;
        Self::new(line, &lead, rest, shape_of)
    }

    fn new(line: &'a str, lead: &Lead, rest: &'a str, shape_of: fn(&Heading<'_>) -> Option<Shape>) -> Option<Self> {
        let heading = Heading::of(rest);
        let shape = shape_of(&heading)?;
        let key = heading.names().join(" ");
        let clock = match lead {
            Lead::Clock(clock) => Some(*clock),
            _ => None,
        };
        Some(Self {
            line,
            heading,
            shape,
            clock,
            key,
        })
    }

    fn row<'s>(&'s self, lead: &Lead, rest: &'a str) -> Option<(Row<'s, 'a>, Option<i64>)> {
        let (rest, clock) = match lead {
            Lead::Clock(clock) => (rest, Some(*clock)),
            Lead::Average => (rest, None),
        };
        let row = if self.shape.tail {
            self.heading.row_with_tail(rest)
        } else {
            self.heading.row(rest)
        }?;
        row.is_numeric_except(self.shape.words).then_some((row, clock))
    }
}

/// Whether a line is a heading of a wanted table; for scores.
pub(super) fn is_heading<'a>(line: &'a str, shape_of: impl Fn(&Heading<'a>) -> Option<Shape>) -> bool {
    line.len() < 400
        && line.contains(['/', '%', '-', 'k'])
        && lead(line).is_some_and(|(_, rest)| shape_of(&Heading::of(rest)).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads() {
        assert!(matches!(lead("11:18:11 AM CPU"), Some((Lead::Clock(_), _))));
        assert!(matches!(lead("平均时间:     all"), Some((Lead::Average, _))));
        assert!(matches!(lead("Average:        all"), Some((Lead::Average, _))));
        assert!(lead("Device: rrqm/s").is_some_and(|(lead, _)| matches!(lead, Lead::Average)));
        assert!(lead("2026-11-24 10:00:00 INFO").is_none());
    }
}

//! Tables that system tools print: a heading of words, rows of numbers below it, and the events made of them.
//!
//! ```text
//! Device            r/s     rkB/s   r_await  aqu-sz  %util
//! vda             27.54    644.90      0.71    0.21   3.69
//! ```
//!
//! Which columns a tool prints changes with its version, so cells are looked up by the heading's names, never by place.

use crate::model::{Event, Span, Text, Value, units};

/// The words of a heading.
pub(super) struct Heading<'a> {
    names: Vec<&'a str>,
}

/// One row below a heading, with as many cells as the heading has names.
pub(super) struct Row<'h, 'a> {
    heading: &'h Heading<'a>,
    cells: Vec<&'a str>,
}

impl<'a> Heading<'a> {
    /// Splits a heading line at blanks.
    pub(super) fn of(line: &'a str) -> Self {
        Self {
            names: line.split_whitespace().collect(),
        }
    }

    /// A heading of names cut by the caller.
    pub(super) fn of_names(names: &[&'a str]) -> Self {
        Self { names: names.to_vec() }
    }

    /// How many columns there are.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether a column has this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains(&name)
    }

    /// The place of the first column that has one of these names (names differ between versions and languages).
    pub(super) fn position(&self, names: &[&str]) -> Option<usize> {
        names
            .iter()
            .find_map(|name| self.names.iter().position(|column| column == name))
    }

    /// Keeps the first `count` columns only.
    pub(super) fn truncate(&mut self, count: usize) {
        self.names.truncate(count);
    }

    /// Adds a column that the tool prints without a name.
    pub(super) fn insert(&mut self, at: usize, name: &'a str) {
        self.names.insert(at.min(self.names.len()), name);
    }

    /// The names.
    pub(super) fn names(&self) -> &[&'a str] {
        &self.names
    }

    /// Reads a row whose cells are exactly as many as the columns.
    pub(super) fn row<'h>(&'h self, line: &'a str) -> Option<Row<'h, 'a>> {
        self.row_of(line.split_whitespace().take(self.len() + 1).collect())
    }

    /// A row of cells cut by the caller.
    pub(super) fn row_of<'h>(&'h self, cells: Vec<&'a str>) -> Option<Row<'h, 'a>> {
        (cells.len() == self.len() && !cells.is_empty()).then_some(Row { heading: self, cells })
    }

    /// Reads a row whose last column (a command line) may hold blanks.
    pub(super) fn row_with_tail<'h>(&'h self, line: &'a str) -> Option<Row<'h, 'a>> {
        let mut cells = Vec::with_capacity(self.len());
        let mut rest = line.trim_start();
        while cells.len() + 1 < self.len() {
            let end = rest.find(char::is_whitespace)?;
            cells.push(&rest[..end]);
            rest = rest[end..].trim_start();
        }
        let rest = rest.trim_end();
        (!rest.is_empty()).then(|| cells.push(rest))?;
        self.row_of(cells)
    }
}

impl<'a> Row<'_, 'a> {
    /// The cell under the first of these names.
    pub(super) fn text(&self, names: &[&str]) -> Option<&'a str> {
        self.heading.position(names).map(|at| self.cells[at])
    }

    /// The number under the first of these names.
    pub(super) fn num(&self, names: &[&str]) -> Option<f64> {
        self.text(names).and_then(number)
    }

    /// The first cell.
    pub(super) fn first(&self) -> &'a str {
        self.cells[0]
    }

    /// Whether all cells but those under these names are numbers: what tells a row from prose.
    pub(super) fn is_numeric_except(&self, names: &[&str]) -> bool {
        self.cells
            .iter()
            .zip(&self.heading.names)
            .all(|(cell, name)| names.contains(name) || number(cell).is_some())
    }
}

/// A decimal number as tools print it in any locale: `0.50`, `0,50`, `-3`, `99.0%`.
pub(super) fn number(cell: &str) -> Option<f64> {
    let cell = cell.strip_suffix('%').unwrap_or(cell);
    let plain = cell
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b',' | b'-' | b'+'));
    if !plain || cell.is_empty() || cell.len() > 40 {
        return None;
    }
    if cell.contains(',') {
        return cell.replace(',', ".").parse().ok();
    }
    cell.parse().ok()
}

/// A whole number without sign.
pub(super) fn count(cell: &str) -> Option<f64> {
    (!cell.is_empty() && cell.len() <= 20 && cell.bytes().all(|b| b.is_ascii_digit()))
        .then(|| cell.parse().ok())
        .flatten()
}

/// An amount in KiB: with a unit as printed (`1.8g`, `23Gi`, `0B`), without one in `unit_kb`.
pub(super) fn amount_kb(cell: &str, unit_kb: f64) -> Option<f64> {
    match number(cell) {
        Some(plain) => Some(plain * unit_kb),
        None if !cell.starts_with(|c: char| c.is_ascii_digit()) => None,
        None => units::parse_bytes(cell.trim_end_matches('i')).map(|bytes| bytes / 1024.0),
    }
}

/// Rounds to a thousandth, so that unit changes do not print as 0.30000000000000004.
pub(super) fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// Whether a line starts with a date as application logs write it: nearly all lines of big texts do, so formats that
/// have to look into lines ask this first.
pub(super) fn is_log_line(line: &str) -> bool {
    matches!(line.as_bytes(), [b'2', b'0', a, b, b'-', ..] if a.is_ascii_digit() && b.is_ascii_digit())
}

/// An event of the line with this index.
pub(super) fn event(text: &Text<'_>, index: usize, kind: &str) -> Event {
    Event::new(kind, text.span(index), text.lines()[index])
}

/// An event of several lines; `shown` is the one quoted as proof.
pub(super) fn event_of(text: &Text<'_>, first: usize, last: usize, shown: usize, kind: &str) -> Event {
    let span = Span {
        end: text.span(last).line,
        ..text.span(first)
    };
    Event::new(kind, span, text.lines()[shown])
}

/// Fields that a source may leave out.
pub(super) trait MaybeWith {
    /// Adds the field when there is a value.
    #[must_use]
    fn maybe(self, name: &str, value: Option<impl Into<Value>>) -> Self;
}

impl MaybeWith for Event {
    fn maybe(self, name: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }
}

/// Scores a text by its first line that is a format's own: high when the text starts with it, since what stands before
/// a table in a paste is a banner and a prompt at most.
pub(super) fn score_by(text: &Text<'_>, mut is_mine: impl FnMut(&str) -> bool) -> u8 {
    let mut before = 0;
    for line in text.lines() {
        if is_mine(line) {
            return if before <= 4 { 90 } else { 40 };
        }
        before += usize::from(!line.trim().is_empty());
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_locale() {
        for (cell, want) in [
            ("0.50", Some(0.5)),
            ("0,50", Some(0.5)),
            ("99%", Some(99.0)),
            ("-3", Some(-3.0)),
            ("nan", None),
            ("inf", None),
            ("1e5", None),
            ("", None),
            ("1,2,3", None),
        ] {
            assert_eq!(number(cell), want, "{cell}");
        }
    }

    #[test]
    fn amounts_with_and_without_unit() {
        for (cell, want) in [
            ("1.5g", Some(1_572_864.0)),
            ("2Gi", Some(2_097_152.0)),
            ("0B", Some(0.0)),
            ("512", Some(512.0)),
            ("-", None),
            ("2T", Some(2_147_483_648.0)),
        ] {
            assert_eq!(amount_kb(cell, 1.0), want, "{cell}");
        }
    }

    #[test]
    fn tail_keeps_blanks() {
        let heading = Heading::of("PID COMMAND");
        let row = heading.row_with_tail(" 12  java -server  Main ").expect("a row");
        assert_eq!(row.text(&["COMMAND"]), Some("java -server  Main"));
        assert!(heading.row_with_tail("12").is_none());
    }
}

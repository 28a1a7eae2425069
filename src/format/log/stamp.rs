//! Stamps in all layouts of logs: ISO and its relatives with slashes or dots, day first, without a year, time of day
//! only. The thread, level and logger around them are read by `header.rs`.
//!
//! ```text
//! 2023-03-01 10:00:00[.,fff][ ][Z|+08:00|+0800]   2023/03/01T10:00:00   20230301 10:00:00
//! 10:00:00[.,fff]   03-01 10:00:00   01-Mar-2023 10:00:00   23/03/01 10:00:00
//! ```

use crate::model::moment::civil_ms;
use crate::model::stamp::{digits, fraction, month, offset};

/// A stamp as its layout tells it: whether a fraction and a zone were written, and how many bytes it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Wall clock as if UTC, or UTC when `zone_written`.
    pub(super) ms: i64,
    /// The offset was written.
    pub(super) zone_written: bool,
    /// Milliseconds were written.
    pub(super) fraction: bool,
    /// The date was written (else only a time of day).
    pub(super) dated: bool,
    /// Bytes.
    pub(super) len: usize,
}

/// Whether a line begins like a stamp. Cheap; runs on every line.
pub(super) fn starts_with_stamp(line: &[u8]) -> bool {
    let digits = |from: usize, count: usize| {
        line.get(from..from + count)
            .is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    if matches!(line.get(4), Some(b'-' | b'/' | b'.')) && digits(0, 4) && digits(5, 2) {
        return true;
    }
    match line.get(2) {
        Some(b':') => digits(0, 2) && digits(3, 2) && line.get(5) == Some(&b':') && digits(6, 2),
        Some(b'-' | b'/') => {
            let numbers = digits(3, 2) && matches!(line.get(5), Some(b' ' | b'T' | b'-' | b'/'));
            let named = || line.len() > 8 && line[3..6].iter().all(u8::is_ascii_alphabetic);
            digits(0, 2) && (numbers || named())
        }
        _ => digits(0, 8) && line.get(8) == Some(&b' ') && digits(9, 2),
    }
}

/// Reads the stamp that `text` starts with.
pub(super) fn read_stamp(text: &[u8]) -> Option<Stamp> {
    let date = read_date(text)?;
    let mut at = date.len;
    if at > 0 {
        match text.get(at) {
            Some(b' ' | b'T' | b'_' | b'-' | b':') => at += 1,
            _ => return None,
        }
        if text.get(at) == Some(&b' ') {
            at += 1;
        }
    }
    let (hour, minute, second) = (digits(text, at, 2)?, digits(text, at + 3, 2)?, digits(text, at + 6, 2)?);
    // `20\:55\:56`: mqbroker -p of 4.x prints the backslashes of its pattern; not worth a shape of its own.
    if text.get(at + 2) != Some(&b':') || text.get(at + 5) != Some(&b':') || hour > 24 || minute > 59 || second > 60 {
        return None;
    }
    at += 8;
    let written = match text.get(at) {
        Some(b'.' | b',' | b':') => fraction(text, at + 1),
        _ => None,
    };
    at += written.map_or(0, |(_, count)| 1 + count);
    let milli = written.map_or(0, |(milli, _)| milli);
    let zone = read_offset(&text[at..]);
    let wall_ms = civil_ms(date.year, date.month, date.day, hour, minute, second, milli);
    Some(Stamp {
        ms: wall_ms - zone.map_or(0, |(min, _)| min * 60_000),
        zone_written: zone.is_some(),
        fraction: written.is_some(),
        dated: date.year_known,
        len: at + zone.map_or(0, |(_, len)| len),
    })
}

/// The date before a time of day.
struct Date {
    year: i64,
    month: u32,
    day: u32,
    len: usize,
    year_known: bool,
}

impl Date {
    fn new(year: u32, month: u32, day: u32, len: usize) -> Option<Self> {
        let valid = (1..=12).contains(&month) && (1..=31).contains(&day);
        valid.then_some(Self {
            year: i64::from(year),
            month,
            day,
            len,
            year_known: true,
        })
    }

    /// A day of some year, or (with no length) some day.
    fn of_any_year(month: u32, day: u32, len: usize) -> Option<Self> {
        Self::new(1970, month, day, len).map(|date| Self {
            year_known: false,
            ..date
        })
    }
}

fn read_date(text: &[u8]) -> Option<Date> {
    let number = |at: usize, len: usize| digits(text, at, len);
    if let (Some(year), Some(b'-' | b'/' | b'.')) = (number(0, 4), text.get(4)) {
        return Date::new(year, number(5, 2)?, number(8, 2)?, 10);
    }
    if let (Some(date), Some(b' ')) = (number(0, 8), text.get(8)) {
        return Date::new(date / 10_000, date / 100 % 100, date % 100, 8);
    }
    match text.get(2) {
        Some(b':') => Date::of_any_year(1, 1, 0),
        Some(b'-' | b'/') if text.get(3).is_some_and(u8::is_ascii_alphabetic) => {
            Date::new(number(7, 4)?, month(text.get(3..6)?)?, number(0, 2)?, 11)
        }
        Some(b'-' | b'/') if matches!(text.get(5), Some(b' ' | b'T')) => {
            Date::of_any_year(number(0, 2)?, number(3, 2)?, 5)
        }
        Some(b'-' | b'/') => Date::new(2000 + number(0, 2)?, number(3, 2)?, number(6, 2)?, 8),
        _ => None,
    }
}

/// An offset, also behind a blank: minutes, and how many bytes it takes.
fn read_offset(text: &[u8]) -> Option<(i64, usize)> {
    let blank = usize::from(text.first() == Some(&b' '));
    let (min, len) = offset(text, blank)?;
    // `10:00:00 Zookeeper …`
    let in_word = len == 1 && text.get(blank + 1).is_some_and(u8::is_ascii_alphanumeric);
    (!in_word).then_some((min, blank + len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_exact() {
        for (text, want) in [
            ("1970-01-02 00:00:01", Some(86_401_000)),
            ("1970-01-01T08:00:00.5+08:00", Some(500)),
            ("1970-01-01 08:00:00 +0800 x", Some(0)),
            ("1970-01-01 00:00:00,030", Some(30)),
            ("1970/01/01 00:00:01 Zebra", Some(1000)),
            ("19700101 00:00:01", Some(1000)),
            ("01-Jan-1970 00:00:01", Some(1000)),
            ("01-02 00:00:01", Some(86_401_000)),
            ("00:00:01.25", Some(1250)),
            ("2023-13-01 00:00:00", None),
        ] {
            assert_eq!(read_stamp(text.as_bytes()).map(|s| s.ms), want, "{text}");
            assert!(starts_with_stamp(text.as_bytes()), "{text}");
        }
    }
}

//! Civil time stamps as logs and tools print them at the start of a line or in a column, and the parts that the readers
//! of other layouts share (`format/log/stamp.rs`, `format/gc/stamp.rs`, `input/peel/stamp.rs`).
//!
//! ```text
//! 2026-11-24 17:20:15          jstack, mqadmin, RocketMQ's server logs (GMT+8)
//! 2026-11-24 17:20:15,123      client logs
//! 2026-11-24T17:20:15.123+0800 ISO 8601
//! Nov 24 09:44:33              syslog: no year
//! ```
//!
//! Only reads; which zone a stamp without an offset has is the caller's knowledge. Dates of system tools, which depend on
//! the locale, are read by `format/host/stamp.rs`.

use super::moment::{GMT8_MS, Moment, Zone, civil_ms};

/// A stamp and how many bytes it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The wall clock read as if it were UTC, milliseconds.
    pub wall_ms: i64,
    /// The written offset in minutes, if any.
    pub offset_min: Option<i64>,
    /// Bytes read.
    pub len: usize,
}

/// Digits of a fraction; what follows is not read as one.
const FRACTION_MAX: usize = 9;
/// No zone is further from UTC.
const OFFSET_MAX_HOURS: u32 = 15;

impl Stamp {
    /// As a moment of the host's own clock, or of the written offset.
    pub fn local(self) -> Moment {
        match self.offset_min {
            Some(min) => Moment::utc(self.wall_ms - min * 60_000),
            None => Moment::local(self.wall_ms),
        }
    }

    /// As a moment of a log that RocketMQ stamps in GMT+8.
    pub fn gmt8(self) -> Moment {
        match self.offset_min {
            Some(_) => self.local(),
            None => Moment {
                ms: self.wall_ms - GMT8_MS,
                zone: Zone::Gmt8,
            },
        }
    }
}

/// Reads the stamp that `text` starts with.
pub fn stamp(text: &str) -> Option<Stamp> {
    of_bytes(text.as_bytes())
}

/// The same of text that may not be UTF-8.
pub fn of_bytes(b: &[u8]) -> Option<Stamp> {
    let fixed = |at: usize, c: u8| b.get(at) == Some(&c);
    if !(fixed(4, b'-') && fixed(7, b'-') && fixed(13, b':') && fixed(16, b':')) {
        return None;
    }
    if !matches!(b.get(10), Some(b' ' | b'T' | b't')) {
        return None;
    }
    let (year, month, day) = (digits(b, 0, 4)?, digits(b, 5, 2)?, digits(b, 8, 2)?);
    let (hour, minute, second) = (digits(b, 11, 2)?, digits(b, 14, 2)?, digits(b, 17, 2)?);
    let sane = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
    if !sane {
        return None;
    }
    let (milli, len) = match b.get(19) {
        Some(b'.' | b',') => fraction(b, 20).map_or((0, 19), |(milli, count)| (milli, 20 + count)),
        _ => (0, 19),
    };
    let offset = offset(b, len);
    Some(Stamp {
        wall_ms: civil_ms(i64::from(year), month, day, hour, minute, second, milli),
        offset_min: offset.map(|(min, _)| min),
        len: len + offset.map_or(0, |(_, len)| len),
    })
}

/// The number in `b[at..at + len]`, digits only.
pub fn digits(b: &[u8], at: usize, len: usize) -> Option<u32> {
    let part = b.get(at..at.checked_add(len)?)?;
    part.iter()
        .try_fold(0u32, |n, c| c.is_ascii_digit().then(|| n * 10 + u32::from(c - b'0')))
}

/// The digits of a fraction of a second at `at`: milliseconds, and how many digits there are.
pub fn fraction(b: &[u8], at: usize) -> Option<(u32, usize)> {
    let all = b.get(at..)?.iter().take(FRACTION_MAX);
    let count = all.take_while(|c| c.is_ascii_digit()).count();
    let shown = digits(b, at, count.min(3))?;
    let scale = match count {
        0 => return None,
        1 => 100,
        2 => 10,
        _ => 1,
    };
    Some((shown * scale, count))
}

/// `Z`, `+0800` or `+08:00` at `at`: minutes, and how many bytes it takes.
pub fn offset(b: &[u8], at: usize) -> Option<(i64, usize)> {
    let sign = match b.get(at)? {
        b'Z' | b'z' => return Some((0, 1)),
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let colon = usize::from(b.get(at + 3) == Some(&b':'));
    let (hours, minutes) = (digits(b, at + 1, 2)?, digits(b, at + 3 + colon, 2)?);
    (hours <= OFFSET_MAX_HOURS && minutes < 60).then(|| (sign * i64::from(hours * 60 + minutes), 5 + colon))
}

/// The month (from 1) that these three letters name: `Nov`, in any case.
pub fn month(name: &[u8]) -> Option<u32> {
    const MONTHS: [&[u8; 3]; 12] = [
        b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec",
    ];
    let at = MONTHS.iter().position(|month| name.eq_ignore_ascii_case(*month))?;
    Some(at as u32 + 1)
}

/// Syslog's `Nov 24 09:44:33`, which tells no year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Yearless {
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
}

impl Yearless {
    /// How many bytes it takes.
    pub const LEN: usize = 15;

    /// The wall clock in that year read as if it were UTC, milliseconds.
    pub fn in_year(self, year: i64) -> i64 {
        civil_ms(year, self.month, self.day, self.hour, self.minute, self.second, 0)
    }
}

/// Reads syslog's `Nov 24 09:44:33` (or `Nov  4`) at the start of `b`.
pub fn syslog(b: &[u8]) -> Option<Yearless> {
    let fixed = |at: usize, c: u8| b.get(at) == Some(&c);
    if !(fixed(3, b' ') && fixed(6, b' ') && fixed(9, b':') && fixed(12, b':')) {
        return None;
    }
    let month = month(&b[..3])?;
    let day = if fixed(4, b' ') {
        digits(b, 5, 1)?
    } else {
        digits(b, 4, 2)?
    };
    let (hour, minute, second) = (digits(b, 7, 2)?, digits(b, 10, 2)?, digits(b, 13, 2)?);
    let sane = (1..=31).contains(&day) && hour <= 24 && minute < 60 && second <= 60;
    sane.then_some(Yearless {
        month,
        day,
        hour,
        minute,
        second,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_stamps() {
        let plain = stamp("1970-01-02 00:00:01 WARN x").unwrap();
        assert_eq!((plain.wall_ms, plain.len), (86_401_000, 19));
        assert_eq!(plain.gmt8().ms, 86_401_000 - GMT8_MS);
        assert_eq!(stamp("1970-01-01 00:00:00,25").unwrap().wall_ms, 250);
        let iso = stamp("1970-01-01T08:00:00.001+0800: x").unwrap();
        assert_eq!((iso.local().ms, iso.local().zone), (1, Zone::Written));
        assert_eq!(stamp("1970-01-01T08:00:00+08:00").unwrap().local().ms, 0);
        assert_eq!(stamp("1970-01-01T00:00:00.123456789Z x").unwrap().len, 30);
        assert_eq!(stamp("1970-01-01 00:00:00. x").unwrap().len, 19);
        assert_eq!(stamp("1970-01-01T00:00:00+99:99").unwrap().offset_min, None);
        assert_eq!(stamp("1970-13-01 00:00:00"), None);
        assert_eq!(stamp("1970-01-01"), None);
        assert_eq!(stamp("日本語日本語日本語日本語"), None);
    }

    #[test]
    fn reads_syslog() {
        let ms = |text: &str| syslog(text.as_bytes()).map(|stamp| stamp.in_year(1970));
        assert_eq!(ms("Jan  2 00:00:01 host x"), Some(86_401_000));
        assert_eq!(ms("Jan 02 00:00:01"), Some(86_401_000));
        for text in ["Jan 32 00:00:01", "Mai 02 00:00:01", "Jan 02", ""] {
            assert_eq!(ms(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(1970-01-01[ T]00:00:00|Jan  1 00:00:00)?[.,+Z]?.{0,30}") {
            let _ = stamp(&text).map(Stamp::gmt8);
            let _ = syslog(text.as_bytes());
        }
    }
}

//! Civil time stamps as logs and tools print them at the start of a line or in a column.
//!
//! ```text
//! 2026-11-24 17:20:15          jstack, mqadmin, RocketMQ's server logs (GMT+8)
//! 2026-11-24 17:20:15,123      client logs
//! 2026-11-24T17:20:15.123+0800 ISO 8601
//! ```
//!
//! Only reads; which zone a stamp without an offset has is the caller's knowledge.

use crate::model::moment::{Moment, Zone, civil_ms};

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

/// Offset of RocketMQ's shipped log patterns.
const GMT8_MS: i64 = 8 * 3_600_000;

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
    let b = text.as_bytes();
    let fixed = |at: usize, c: u8| b.get(at) == Some(&c);
    if !(fixed(4, b'-') && fixed(7, b'-') && fixed(13, b':') && fixed(16, b':')) {
        return None;
    }
    if !matches!(b.get(10), Some(b' ' | b'T')) {
        return None;
    }
    let (year, month, day) = (digits(b, 0, 4)?, digits(b, 5, 2)?, digits(b, 8, 2)?);
    let (hour, minute, second) = (digits(b, 11, 2)?, digits(b, 14, 2)?, digits(b, 17, 2)?);
    let sane = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
    if !sane {
        return None;
    }
    let (milli, len) = fraction(b, 19);
    let (offset_min, len) = offset(b, len);
    Some(Stamp {
        wall_ms: civil_ms(i64::from(year), month, day, hour, minute, second, milli),
        offset_min,
        len,
    })
}

/// The number in `b[at..at + len]`, digits only.
fn digits(b: &[u8], at: usize, len: usize) -> Option<u32> {
    let part = b.get(at..at + len)?;
    part.iter()
        .try_fold(0u32, |n, c| c.is_ascii_digit().then(|| n * 10 + u32::from(c - b'0')))
}

/// `.123` or `,123` at `at`: milliseconds, and where the rest starts.
fn fraction(b: &[u8], at: usize) -> (u32, usize) {
    if !matches!(b.get(at), Some(b'.' | b',')) {
        return (0, at);
    }
    let count = b[at + 1..].iter().take_while(|c| c.is_ascii_digit()).count();
    if count == 0 {
        return (0, at);
    }
    let mut milli = 0;
    for place in 0..3 {
        let digit = if place < count {
            u32::from(b[at + 1 + place] - b'0')
        } else {
            0
        };
        milli = milli * 10 + digit;
    }
    (milli, at + 1 + count)
}

/// `Z`, `+0800` or `+08:00` at `at`: minutes, and where the rest starts.
fn offset(b: &[u8], at: usize) -> (Option<i64>, usize) {
    match b.get(at) {
        Some(b'Z') => (Some(0), at + 1),
        Some(sign @ (b'+' | b'-')) => {
            let colon = usize::from(b.get(at + 3) == Some(&b':'));
            match (digits(b, at + 1, 2), digits(b, at + 3 + colon, 2)) {
                (Some(hours), Some(minutes)) if hours <= 18 => {
                    let total = i64::from(hours * 60 + minutes);
                    let signed = if *sign == b'-' { -total } else { total };
                    (Some(signed), at + 5 + colon)
                }
                _ => (None, at),
            }
        }
        _ => (None, at),
    }
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
        assert_eq!(stamp("1970-13-01 00:00:00"), None);
        assert_eq!(stamp("1970-01-01"), None);
        assert_eq!(stamp("日本語日本語日本語日本語"), None);
    }
}

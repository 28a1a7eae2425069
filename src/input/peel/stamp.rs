//! Stamps of containers and journals: RFC 3339, and syslog's month and day without a year.

use crate::model::Moment;
use crate::model::moment::civil_ms;

/// Reads an RFC 3339 stamp at the start of `text`; gives it and the rest. Without a zone it is local.
pub(super) fn rfc3339(text: &str) -> Option<(Moment, &str)> {
    let b = text.as_bytes();
    let two = |at: usize| digits(b, at, 2);
    let shape = b.get(4) == Some(&b'-')
        && b.get(7) == Some(&b'-')
        && matches!(b.get(10), Some(b'T' | b't'))
        && b.get(13) == Some(&b':')
        && b.get(16) == Some(&b':');
    if !shape {
        return None;
    }
    let (year, month, day) = (digits(b, 0, 4)?, two(5)?, two(8)?);
    let (hour, minute, second) = (two(11)?, two(14)?, two(17)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 24 || minute > 59 || second > 60 {
        return None;
    }
    let mut at = 19;
    let mut milli = 0;
    if matches!(b.get(at), Some(b'.' | b',')) {
        let len = b[at + 1..].iter().take_while(|c| c.is_ascii_digit()).count();
        for place in 0..3 {
            milli = milli * 10
                + if place < len {
                    u32::from(b[at + 1 + place] - b'0')
                } else {
                    0
                };
        }
        at += 1 + len;
    }
    let wall = civil_ms(i64::from(year), month, day, hour, minute, second, milli);
    let (moment, len) = match b.get(at) {
        Some(b'Z' | b'z') => (Moment::utc(wall), 1),
        Some(&sign @ (b'+' | b'-')) => {
            let colon = usize::from(b.get(at + 3) == Some(&b':'));
            let offset = i64::from(two(at + 1)? * 60 + two(at + 3 + colon)?) * 60_000;
            (
                Moment::utc(if sign == b'+' { wall - offset } else { wall + offset }),
                5 + colon,
            )
        }
        _ => (Moment::local(wall), 0),
    };
    Some((moment, text.get(at + len..)?))
}

/// Reads `May 02 14:56:12` (or `May  2`) at the start of `text`. The moment is there only if the year is known.
pub(super) fn syslog(text: &str, year: Option<i64>) -> Option<(Option<Moment>, &str)> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let b = text.as_bytes();
    let month = MONTHS.iter().position(|m| text.starts_with(m))? as u32 + 1;
    let shape =
        b.get(3) == Some(&b' ') && b.get(6) == Some(&b' ') && b.get(9) == Some(&b':') && b.get(12) == Some(&b':');
    if !shape {
        return None;
    }
    let day = if b[4] == b' ' {
        digits(b, 5, 1)?
    } else {
        digits(b, 4, 2)?
    };
    let (hour, minute, second) = (digits(b, 7, 2)?, digits(b, 10, 2)?, digits(b, 13, 2)?);
    if !(1..=31).contains(&day) || hour > 24 || minute > 59 || second > 60 {
        return None;
    }
    let mut at = 15;
    if b.get(at) == Some(&b'.') {
        at += 1 + b[at + 1..].iter().take_while(|c| c.is_ascii_digit()).count();
    }
    let moment = year.map(|year| Moment::local(civil_ms(year, month, day, hour, minute, second, 0)));
    Some((moment, text.get(at..)?))
}

fn digits(bytes: &[u8], at: usize, len: usize) -> Option<u32> {
    let part = bytes.get(at..at + len)?;
    part.iter()
        .try_fold(0, |n, c| c.is_ascii_digit().then(|| n * 10 + u32::from(c - b'0')))
}

/// The year of a time in milliseconds UTC.
pub(super) fn year_of(ms: i64) -> i64 {
    let days = ms.div_euclid(86_400_000);
    let mut year = 1970 + days / 366;
    while crate::model::moment::days_from_civil(year + 1, 1, 1) <= days {
        year += 1;
    }
    year
}

/// Whether a line carries a time of day (`14:56:12`) near its start.
pub(super) fn has_time_of_day(line: &str) -> bool {
    let head = &line.as_bytes()[..line.len().min(72)];
    head.windows(8)
        .any(|w| w[2] == b':' && w[5] == b':' && [0, 1, 3, 4, 6, 7].iter().all(|&i| w[i].is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Zone;

    #[test]
    fn reads_stamps() {
        for (text, ms, zone, rest) in [
            (
                "2024-05-02T06:56:12.123456789Z x",
                1_714_632_972_123,
                Zone::Written,
                " x",
            ),
            ("2024-05-02T14:56:12+08:00 x", 1_714_632_972_000, Zone::Written, " x"),
            ("2024-05-02T14:56:12.5+0800", 1_714_632_972_500, Zone::Written, ""),
            ("2024-05-02T14:56:12", 1_714_661_772_000, Zone::Local, ""),
        ] {
            let (moment, left) = rfc3339(text).unwrap();
            assert_eq!((moment.ms, moment.zone, left), (ms, zone, rest), "{text}");
        }
        for text in [
            "",
            "2024-05-02 14:56:12",
            "2024-13-02T14:56:12Z",
            "20240-5-02T14:56:12Z",
        ] {
            assert!(rfc3339(text).is_none(), "{text}");
        }
        assert_eq!(
            syslog("May  2 14:56:12 h", Some(2024)).unwrap().0.unwrap().ms,
            1_714_661_772_000
        );
        assert_eq!(syslog("Mai 02 14:56:12 h", Some(2024)), None);
        assert_eq!(year_of(1_714_632_972_123), 2024);
        assert_eq!((year_of(0), year_of(-1)), (1970, 1969 + 1));
    }
}

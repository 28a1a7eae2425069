//! Stamps of containers and journals: RFC 3339, and syslog's month and day without a year.

use crate::model::Moment;
use crate::model::moment::days_from_civil;
use crate::model::stamp::{self, Yearless};

/// Reads an RFC 3339 stamp at the start of `text`; gives it and the rest. Without a zone it is local.
pub(super) fn rfc3339(text: &str) -> Option<(Moment, &str)> {
    let stamp = stamp::stamp(text).filter(|_| !text[10..].starts_with(' '))?;
    Some((stamp.local(), text.get(stamp.len..)?))
}

/// Reads `May 02 14:56:12` (or `May  2`) at the start of `text`. The moment is there only if the year is known.
pub(super) fn syslog(text: &str, year: Option<i64>) -> Option<(Option<Moment>, &str)> {
    let b = text.as_bytes();
    let stamp = stamp::syslog(b)?;
    let mut at = Yearless::LEN;
    if b.get(at) == Some(&b'.') {
        at += 1 + b[at + 1..].iter().take_while(|c| c.is_ascii_digit()).count();
    }
    let moment = year.map(|year| Moment::local(stamp.in_year(year)));
    Some((moment, text.get(at..)?))
}

/// The year of a time in milliseconds UTC.
pub(super) fn year_of(ms: i64) -> i64 {
    let days = ms.div_euclid(86_400_000);
    let mut year = 1970 + days / 366;
    while days_from_civil(year + 1, 1, 1) <= days {
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

//! Time stamps of GC logs: date stamps with or without zone, uptime in seconds, and the decorators of unified logs.
//! Only reading; which zone a local stamp means is settled elsewhere.
//!
//! ```text
//! 2014-03-12T21:18:20.385-0500: 13289.993: #4: [GC …      classic, any part may be missing
//! [2026-11-22T13:16:49.656+0000][0.325s][325ms][gc] …     unified, any set of decorators
//! ```

use super::scan::{number, number_start};
use crate::model::{Moment, stamp};

/// What a line or record says about its time.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Stamp {
    /// Wall clock.
    pub wall: Option<Moment>,
    /// Seconds since the JVM started.
    pub uptime_s: Option<f64>,
}

impl Stamp {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.wall.is_none() && self.uptime_s.is_none()
    }
}

/// The date stamp at the start of `text` and its length: `2014-03-12T21:18:20.385-0500`, blank instead of `T`, comma
/// instead of dot, `Z`, `+02:00`, or no zone at all.
pub fn date(text: &[u8]) -> Option<(Moment, usize)> {
    stamp::of_bytes(text).map(|stamp| (stamp.local(), stamp.len))
}

/// The stamp that ends right before a classic record (`text` ends where its bracket opens).
pub fn before_record(text: &[u8]) -> Stamp {
    let mut text = &text[text.len().saturating_sub(96)..];
    let mut stamp = Stamp::default();
    for _ in 0..3 {
        text = trim_end(text);
        if let Some(moment) = date_at_end(text) {
            stamp.wall = Some(moment);
            break;
        }
        let Some(mut start) = number_start(text) else { break };
        if start > 0 && matches!(text[start - 1], b'.' | b',') && start + 3 < text.len() {
            // `319.809319.809`: two threads printed at once; the first three digits are the other one's decimals
            start += 3;
        }
        if start > 0 && text[start - 1] == b'#' {
            text = &text[..start - 1];
            continue;
        }
        let Some((value, len)) = number(&text[start..]) else {
            break;
        };
        // Uptime always has decimals; a bare number is something else.
        if !text[start..start + len].iter().any(|b| matches!(b, b'.' | b',')) || stamp.uptime_s.is_some() {
            break;
        }
        stamp.uptime_s = Some(value);
        text = &text[..start];
    }
    stamp
}

fn trim_end(mut text: &[u8]) -> &[u8] {
    while let Some((last, rest)) = text.split_last() {
        if !matches!(last, b' ' | b':' | b'\t') {
            break;
        }
        text = rest;
    }
    text
}

/// A date stamp at the end of `text`.
fn date_at_end(text: &[u8]) -> Option<Moment> {
    for len in [28, 29, 24, 23, 19] {
        let Some(start) = text.len().checked_sub(len) else {
            continue;
        };
        if let Some((moment, used)) = date(&text[start..])
            && used == len
        {
            return Some(moment);
        }
    }
    None
}

/// The stamp that decorators tell; `prefix` is everything before the message.
pub fn decorators(prefix: &[u8]) -> Stamp {
    let mut stamp = Stamp::default();
    let mut nanos = None;
    let mut rest = &prefix[..prefix.len().min(600)];
    while let Some(open) = memchr::memchr(b'[', rest) {
        rest = &rest[open + 1..];
        let Some(close) = memchr::memchr(b']', rest) else { break };
        decorator(&rest[..close], &mut stamp, &mut nanos);
        rest = &rest[close + 1..];
    }
    if stamp.uptime_s.is_none() && stamp.wall.is_none() {
        stamp.uptime_s = nanos;
    }
    if stamp.is_empty() {
        // kubectl logs --timestamps and the like, before a log without decorators
        stamp.wall = date(prefix).map(|(moment, _)| moment);
    }
    stamp
}

/// Milliseconds from here on count from the epoch and not from the start of the JVM (2001-09-09).
const EPOCH_MS: f64 = 1e12;
/// The year 10000: no clock is there, and times beyond cannot be told from each other.
const EPOCH_MAX_MS: f64 = 2.534e14;

fn decorator(text: &[u8], stamp: &mut Stamp, nanos: &mut Option<f64>) {
    if !text.first().is_some_and(u8::is_ascii_digit) {
        return;
    }
    if let Some((moment, _)) = date(text) {
        stamp.wall.get_or_insert(moment);
        return;
    }
    let Some((value, len)) = number(text) else { return };
    match &text[len..] {
        b"s" => stamp.uptime_s = Some(value),
        b"ms" if (EPOCH_MS..EPOCH_MAX_MS).contains(&value) => {
            stamp.wall.get_or_insert(Moment::utc(value as i64));
        }
        b"ms" => {
            stamp.uptime_s.get_or_insert(value / 1000.0);
        }
        // The last of both nanosecond decorators is the uptime; the other counts from an arbitrary point.
        b"ns" => *nanos = Some(value / 1e9),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Zone;

    #[test]
    fn reads_what_stands_before_a_record() {
        let cases: [(&str, Option<i64>, Option<f64>); 9] = [
            ("0.290: ", None, Some(0.29)),
            ("163914,315: ", None, Some(163914.315)),
            (
                "2014-03-12T21:18:20.385-0500: 13289.993: ",
                Some(1_394_677_100_385),
                Some(13289.993),
            ),
            (
                "2022-08-01T17:14:32.660+0000: 0.177: #1: ",
                Some(1_659_374_072_660),
                Some(0.177),
            ),
            ("2013-12-19T17:52:49.323+0100: ", Some(1_387_471_969_323), None),
            (
                "2012-07-26T14:58:54.045+0200: 176020.306: 176020.306: ",
                None,
                Some(176_020.306),
            ),
            ("319.809319.809: : ", None, Some(319.809)),
            ("some text ", None, None),
            ("", None, None),
        ];
        for (text, wall, uptime) in cases {
            let stamp = before_record(text.as_bytes());
            assert_eq!(stamp.wall.map(|m| m.ms), wall, "{text}");
            assert_eq!(stamp.uptime_s, uptime, "{text}");
        }
    }

    #[test]
    fn reads_decorators() {
        let stamp = decorators(b"[2023-12-06T07:32:54.113+0000][25ms][info ][gc] ");
        assert_eq!(stamp.wall, Some(Moment::utc(1_701_847_974_113)));
        assert_eq!(stamp.uptime_s, Some(0.025));
        let stamp = decorators(b"[1795353409656ms][2647933503467ns] ");
        assert_eq!(stamp.wall, Some(Moment::utc(1_795_353_409_656)));
        assert_eq!(decorators(b"[gc] "), Stamp::default());
        assert_eq!(
            decorators(b"[2023-12-06T07:32:54.113][gc] ").wall.unwrap().zone,
            Zone::Local
        );
        assert_eq!(decorators(b"[1,331s][info][gc] ").uptime_s, Some(1.331));
    }
}

//! Times as reports show them: in the clock of the logs, since people compare them with the lines.

use super::words::Words;
use crate::model::finding::Coverage;
use jiff::Timestamp;
use jiff::tz::Offset;

/// Shows milliseconds UTC in one fixed offset.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    offset: Offset,
}

impl Clock {
    /// The clock that this bundle's logs show.
    pub(crate) fn of(coverage: &Coverage) -> Self {
        Self {
            offset: Offset::from_seconds(coverage.offset_min.saturating_mul(60)).unwrap_or(Offset::UTC),
        }
    }

    fn show(&self, ms: i64, pattern: &str) -> Option<String> {
        let instant = Timestamp::from_millisecond(ms).ok()?;
        Some(self.offset.to_datetime(instant).strftime(pattern).to_string())
    }

    /// `2024-05-01T15:37:44.020+08:00`; nothing for times that no calendar has.
    pub(crate) fn rfc3339(&self, ms: i64) -> Option<String> {
        let pattern = if ms.rem_euclid(1000) == 0 {
            "%Y-%m-%dT%H:%M:%S"
        } else {
            "%Y-%m-%dT%H:%M:%S.%3f"
        };
        Some(self.show(ms, pattern)? + &self.offset())
    }

    /// `2024-05-01 15:37:44`
    pub(crate) fn full(&self, ms: i64) -> String {
        self.show(ms, "%Y-%m-%d %H:%M:%S").unwrap_or_else(|| "?".into())
    }

    /// `15:37:44` on the day of `beside`, otherwise the full form.
    pub(crate) fn short(&self, ms: i64, beside: Option<i64>) -> String {
        let day = |ms| self.show(ms, "%Y-%m-%d");
        match beside {
            Some(other) if day(ms) == day(other) => self.show(ms, "%H:%M:%S").unwrap_or_else(|| "?".into()),
            _ => self.full(ms),
        }
    }

    /// `+08:00`
    pub(crate) fn offset(&self) -> String {
        let minutes = self.offset.seconds() / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
    }
}

/// `5 s`, `12 min`, `3 h 20 min`, `2 d 4 h`: two units at most, rounded down, never empty.
pub(super) fn lasting(ms: i64, words: &Words) -> String {
    let seconds = (ms.max(0) / 1000) as u64;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let two = |a: u64, unit_a: &str, b: u64, unit_b: &str| match b {
        0 => format!("{a} {unit_a}"),
        _ => format!("{a} {unit_a} {b} {unit_b}"),
    };
    let [d, h, min, s] = words.units;
    match seconds {
        0..60 => format!("{seconds} {s}"),
        60..3600 => two(minutes, min, seconds % 60, s),
        3600..86_400 => two(hours, h, minutes % 60, min),
        _ => two(days, d, hours % 24, h),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Lang;

    fn clock(offset_min: i32) -> Clock {
        Clock::of(&Coverage {
            offset_min,
            ..Coverage::default()
        })
    }

    #[test]
    fn shows_times_in_the_logs_clock() {
        let ms = 1_714_549_064_000;
        assert_eq!(clock(480).full(ms), "2024-05-01 15:37:44");
        assert_eq!(clock(0).full(ms), "2024-05-01 07:37:44");
        assert_eq!(clock(480).short(ms, Some(ms + 60_000)), "15:37:44");
        assert_eq!(clock(480).short(ms, Some(ms + 86_400_000)), "2024-05-01 15:37:44");
        assert_eq!(clock(480).rfc3339(ms).unwrap(), "2024-05-01T15:37:44+08:00");
        assert_eq!(clock(-210).rfc3339(ms + 20).unwrap(), "2024-05-01T04:07:44.020-03:30");
    }

    #[test]
    fn survives_impossible_times_and_offsets() {
        for ms in [i64::MIN, i64::MAX, 0] {
            for offset in [i32::MIN, i32::MAX, 480] {
                clock(offset).full(ms);
                clock(offset).short(ms, Some(0));
                clock(offset).rfc3339(ms);
            }
        }
    }

    #[test]
    fn lasting_has_two_units_at_most() {
        let cases = [
            (-5, "0 s"),
            (5_900, "5 s"),
            (65_000, "1 min 5 s"),
            (120_000, "2 min"),
            (12_000_000, "3 h 20 min"),
        ];
        for (ms, want) in cases {
            assert_eq!(lasting(ms, Words::of(Lang::En)), want);
        }
        assert_eq!(lasting(187_200_000, Words::of(Lang::En)), "2 d 4 h");
        assert_eq!(lasting(345_000, Words::of(Lang::Zh)), "5 分钟 45 秒");
    }
}

//! Times as users write them: `2024-05-01 14:02`, `2024-05-01T14:02:11+08:00`, `14:02`, `-30m`.

use crate::diagnose::TimePoint;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

/// Reads a time for `--since`, `--until`, `--at`.
pub(super) fn parse(text: &str) -> Result<TimePoint, String> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(TimePoint::Utc(instant.as_millisecond()));
    }
    if let Ok(wall) = text.parse::<DateTime>() {
        return wall_ms(wall).ok_or_else(complaint);
    }
    if let Ok(date) = text.parse::<Date>() {
        return wall_ms(date.to_datetime(Time::midnight())).ok_or_else(complaint);
    }
    if let Ok(time) = Time::strptime("%H:%M:%S", text).or_else(|_| Time::strptime("%H:%M", text)) {
        let seconds = (i64::from(time.hour()) * 60 + i64::from(time.minute())) * 60 + i64::from(time.second());
        return Ok(TimePoint::OfDay(seconds * 1000));
    }
    match text.trim_start_matches('-').parse::<SignedDuration>() {
        Ok(span) => i64::try_from(span.as_millis().abs())
            .map(TimePoint::BeforeEnd)
            .map_err(|_| complaint()),
        Err(_) => Err(complaint()),
    }
}

fn wall_ms(wall: DateTime) -> Option<TimePoint> {
    let as_if_utc = Offset::UTC.to_timestamp(wall).ok()?;
    Some(TimePoint::Wall(as_if_utc.as_millisecond()))
}

fn complaint() -> String {
    "expected a time such as `2024-05-01 14:02`, `2024-05-01T14:02:11+08:00`, `14:02` (the logs' last day) or `-30m` \
     (before the logs' end)"
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        let cases = [
            ("2024-05-01T14:02:11+08:00", TimePoint::Utc(1_714_543_331_000)),
            ("2024-05-01T06:02:11Z", TimePoint::Utc(1_714_543_331_000)),
            ("2024-05-01 14:02", TimePoint::Wall(1_714_572_120_000)),
            ("2024-05-01 14:02:11", TimePoint::Wall(1_714_572_131_000)),
            ("2024-05-01", TimePoint::Wall(1_714_521_600_000)),
            ("14:02", TimePoint::OfDay(50_520_000)),
            ("14:02:11", TimePoint::OfDay(50_531_000)),
            ("-30m", TimePoint::BeforeEnd(1_800_000)),
            ("1h 30m", TimePoint::BeforeEnd(5_400_000)),
        ];
        for (text, want) in cases {
            assert_eq!(parse(text), Ok(want), "{text}");
        }
        for text in ["", "-", "yesterday", "2024-13-01", "25:00", "--", "9999999999999999h"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}

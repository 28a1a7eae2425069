//! `Moment`: a time stamp that knows how its zone is known.
//!
//! Formats only *read* stamps; which offset a source without a written zone has is settled once for the whole bundle
//! (`derive/clocks.rs`), after the scan. Nothing may compare two moments of different sources before that.

/// The offset of GMT+8, in which RocketMQ's shipped server patterns print whatever the host's zone.
pub const GMT8_MS: i64 = 8 * 3_600_000;

/// How the zone of a stamp is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Zone {
    /// The stamp carries its offset (`+0800`, `Z`), or counts from the epoch: `ms` is true UTC.
    Written,
    /// RocketMQ's shipped logback patterns print GMT+8 whatever the host's zone: `ms` is true UTC under that knowledge.
    Gmt8,
    /// The host's local zone, not written: `ms` is the wall clock read as if it were UTC. The offset is settled later.
    Local,
    /// Milliseconds since the start of the process (JVM uptime); no wall clock.
    Uptime,
}

/// A point in time as one source tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Moment {
    /// Milliseconds; what they count from is told by `zone`.
    pub ms: i64,
    /// How the zone is known.
    pub zone: Zone,
}

impl Moment {
    /// A stamp whose offset is known.
    pub fn utc(ms: i64) -> Self {
        Self {
            ms,
            zone: Zone::Written,
        }
    }

    /// A wall clock without a zone.
    pub fn local(ms: i64) -> Self {
        Self { ms, zone: Zone::Local }
    }
}

/// Days since 1970-01-01 of a civil date (Howard Hinnant's `days_from_civil`).
pub fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let yoe = year.rem_euclid(400);
    let doy = (153 * (i64::from(month) + if month > 2 { -3 } else { 9 }) + 2) / 5 + i64::from(day) - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

/// Milliseconds of a civil wall clock read as if it were UTC.
pub fn civil_ms(year: i64, month: u32, day: u32, hour: u32, minute: u32, second: u32, milli: u32) -> i64 {
    ((days_from_civil(year, month, day) * 24 + i64::from(hour)) * 60 + i64::from(minute)) * 60_000
        + i64::from(second) * 1000
        + i64::from(milli)
}

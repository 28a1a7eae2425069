//! Dates and times of day as system tools print them in any locale; which zone they are in is settled elsewhere.
//!
//! ```text
//! Linux 5.10.0 (broker-a)  11/24/2026  _x86_64_  (2 CPU)      the day stands in the banner
//! 11:18:12 AM   上午 11:18:12   11时18分12秒   18:27:49          the time of day before each row
//! 11/24/26 18:27:44   2026年11月24日 11时18分15秒                both, above each sample of iostat -t
//! ```

use crate::model::moment::days_from_civil;
use crate::model::{Moment, stamp};

const DAY_MS: i64 = 86_400_000;

/// A civil date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) year: i64,
    pub(super) month: u32,
    pub(super) day: u32,
}

impl Day {
    fn new(year: i64, month: u32, day: u32) -> Option<Self> {
        let year = if year < 100 { year + 2000 } else { year };
        ((1990..2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day)).then_some(Self {
            year,
            month,
            day,
        })
    }

    /// Milliseconds of its midnight.
    pub(super) fn ms(self) -> i64 {
        days_from_civil(self.year, self.month, self.day) * DAY_MS
    }
}

/// The month that an English name starts (`Nov`, `November`).
pub(super) fn month_of(word: &str) -> Option<u32> {
    let is_word = word.bytes().all(|b| b.is_ascii_alphabetic());
    stamp::month(word.as_bytes().get(..3)?).filter(|_| is_word)
}

/// The first date of a line, in whatever order its locale writes it. Two numbers before the year are month and day,
/// unless the first cannot be a month.
pub(super) fn day_in(line: &str) -> Option<Day> {
    let words: Vec<&str> = line.split_whitespace().take(24).collect();
    words
        .iter()
        .find_map(|word| day_of_word(word))
        .or_else(|| words.windows(3).find_map(day_of_words))
}

/// `11/24/26`, `24.11.2026`, `2026-11-24`, `2026年11月24日`, with or without `T…` behind.
pub(super) fn day_of_word(word: &str) -> Option<Day> {
    let word = word.split_once('T').map_or(word, |(day, _)| day);
    let word = word.trim_end_matches([',', ';']);
    let mut parts = word
        .split(['/', '-', '.', '年', '月', '日'])
        .filter(|part| !part.is_empty());
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || ![a, b, c].iter().all(|part| is_digits(part, 1, 4)) {
        return None;
    }
    let (first, second, third): (i64, u32, i64) = (a.parse().ok()?, b.parse().ok()?, c.parse().ok()?);
    if a.len() == 4 {
        return Day::new(first, second, third as u32);
    }
    if !(c.len() == 4 || (c.len() == 2 && word.contains('/'))) {
        return None;
    }
    let day_first = first > 12 || !word.contains('/');
    if day_first {
        Day::new(third, second, first as u32)
    } else {
        Day::new(third, first as u32, second)
    }
}

/// `06 May 2016`, `May 06 2016`.
fn day_of_words(words: &[&str]) -> Option<Day> {
    let trim = |word: &str| word.trim_matches([',', '(', ')', '.']).to_owned();
    let (a, b, c) = (trim(words[0]), trim(words[1]), trim(words[2]));
    if !is_digits(&c, 4, 4) {
        return None;
    }
    let (month, day) = match (month_of(&a), month_of(&b)) {
        (Some(month), _) if is_digits(&b, 1, 2) => (month, b),
        (_, Some(month)) if is_digits(&a, 1, 2) => (month, a),
        _ => return None,
    };
    Day::new(c.parse().ok()?, month, day.parse().ok()?)
}

fn is_digits(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// Half of the day that a word names.
fn half(word: &str) -> Option<bool> {
    match word {
        "AM" | "am" | "上午" | "凌晨" => Some(false),
        "PM" | "pm" | "下午" | "晚上" => Some(true),
        _ => None,
    }
}

/// Milliseconds of the day of one word: `18:27:49`, `18:27:49.123`, `18时27分49秒`.
fn clock_of_word(word: &str) -> Option<i64> {
    if !word.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let mut parts = word.split([':', '时', '分', '秒']).filter(|part| !part.is_empty());
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next()?);
    let (second, fraction) = second.split_once(['.', ',']).unwrap_or((second, ""));
    let digits = is_digits(hour, 1, 2) && is_digits(minute, 2, 2) && is_digits(second, 2, 2);
    if parts.next().is_some() || !digits || !(fraction.is_empty() || is_digits(fraction, 1, 9)) {
        return None;
    }
    let (hour, minute, second): (i64, i64, i64) = (hour.parse().ok()?, minute.parse().ok()?, second.parse().ok()?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let milli: i64 = format!("{fraction:0<3}")[..3].parse().unwrap_or(0);
    Some(((hour * 60 + minute) * 60 + second) * 1000 + milli)
}

/// The time of day that a line starts with, and what follows it.
pub(super) fn clock_at_start(line: &str) -> Option<(i64, &str)> {
    let (first, rest) = next_word(line)?;
    if let Some(late) = half(first) {
        let (clock, rest) = next_word(rest)?;
        return Some((in_half(clock_of_word(clock)?, late), rest));
    }
    let clock = clock_of_word(first)?;
    match next_word(rest) {
        Some((word, after)) if half(word).is_some() => Some((in_half(clock, half(word)?), after)),
        _ => Some((clock, rest)),
    }
}

fn in_half(clock: i64, late: bool) -> i64 {
    const NOON_MS: i64 = DAY_MS / 2;
    match (clock >= NOON_MS, late) {
        (true, false) if clock < NOON_MS + 3_600_000 => clock - NOON_MS,
        (false, true) => clock + NOON_MS,
        _ => clock,
    }
}

/// The next word of a line and what follows it.
pub(super) fn next_word(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let end = line.find(char::is_whitespace).unwrap_or(line.len());
    (end > 0).then(|| line.split_at(end))
}

/// A line that is a date and a time only, as `iostat -t` prints above each sample; also its old `Time: 11:18:15 AM`
/// (then without a day) and ISO form.
pub(super) fn stamp_line(line: &str) -> Option<(Option<Day>, i64)> {
    let line = line.trim();
    if line.len() > 60 {
        return None;
    }
    if let Some(rest) = line.strip_prefix("Time: ").or_else(|| line.strip_prefix("时间：")) {
        let (clock, rest) = clock_at_start(rest)?;
        return rest.trim().is_empty().then_some((None, clock));
    }
    let (word, rest) = next_word(line)?;
    let day = day_of_word(word)?;
    if let Some((_, clock)) = word.split_once('T') {
        let clock = clock.get(..8).and_then(clock_of_word)?;
        return rest.trim().is_empty().then_some((Some(day), clock));
    }
    let (clock, rest) = clock_at_start(rest)?;
    rest.trim().is_empty().then_some((Some(day), clock))
}

/// The time of a boot-relative or wall clock that tools print with zone names: UTC is known, other names (CST is China
/// or Chicago) are not.
pub(super) fn moment_in_zone(ms: i64, zone: &str) -> Moment {
    match zone {
        "UTC" | "GMT" | "Z" => Moment::utc(ms),
        _ => Moment::local(ms),
    }
}

/// Reads `2026-11-24 18:27:44` (two words) as local milliseconds.
pub(super) fn civil_of_words(day: &str, clock: &str) -> Option<i64> {
    Some(day_of_word(day)?.ms() + clock_of_word(clock)?)
}

/// Gives times of day the day they belong to: that of the banner, one more each time the clock falls past midnight.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Calendar {
    day: Option<Day>,
    later_days: i64,
    last: Option<i64>,
}

impl Calendar {
    /// Starts at a banner's day.
    pub(super) fn starting(day: Option<Day>) -> Self {
        Self {
            day,
            later_days: 0,
            last: None,
        }
    }

    /// The moment of a time of day, if the day is known.
    pub(super) fn moment(&mut self, clock: i64) -> Option<Moment> {
        // Sections of a sar report start anew at the first stamp, a few minutes or hours back; only a fall of more
        // than half a day is midnight.
        if self.last.is_some_and(|last| last - clock > DAY_MS / 2) {
            self.later_days += 1;
        } else if self.last.is_some_and(|last| clock - last > DAY_MS / 2) && self.later_days > 0 {
            self.later_days -= 1;
        }
        self.last = Some(clock);
        let midnight = self.day?.ms() + self.later_days * DAY_MS;
        Some(Moment::local(midnight + clock))
    }
}

/// Local milliseconds of syslog's `Nov 24 09:44:33`, when the year is known.
pub(super) fn syslog_ms(month: &str, day: &str, clock: &str, year: i64) -> Option<i64> {
    let month = month_of(month)?;
    let day = is_digits(day, 1, 2).then(|| day.parse().ok())??;
    let clock = clock_of_word(clock)?;
    Day::new(year, month, day).map(|day| day.ms() + clock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_any_locale() {
        for (line, want) in [
            ("Linux 5.10 (a) \t11/24/26 \t_x86_64_\t(2 CPU)", (2026, 11, 24)),
            ("Linux 5.10 (a) \t24/11/2026 \t_x86_64_\t(2 CPU)", (2026, 11, 24)),
            ("Linux 5.10 (a) \t24.11.2026 \t_x86_64_\t(2 CPU)", (2026, 11, 24)),
            ("Linux 5.10 (a) \t2026年11月24日 \t_x86_64_", (2026, 11, 24)),
            ("Linux 5.10 (a) \t2026-11-24 \t_x86_64_", (2026, 11, 24)),
            (
                "Linux 3.19.0-25-generic (a) \tFriday 06 May 2016 \t_x86_64_",
                (2016, 5, 6),
            ),
        ] {
            let day = day_in(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!((day.year, day.month, day.day), want, "{line}");
        }
        assert_eq!(day_in("Linux 3.10.0-957.el7.x86_64 #1 SMP"), None);
    }

    #[test]
    fn clocks_of_any_locale() {
        for (line, want) in [
            ("11:18:12 AM all", Some(40_692_000)),
            ("11:18:12 PM all", Some(83_892_000)),
            ("12:00:01 AM all", Some(1000)),
            ("上午 12时00分01秒 all", Some(1000)),
            ("11:18:12 下午 all", Some(83_892_000)),
            ("18时27分49秒 all", Some(66_469_000)),
            ("18:27:49", Some(66_469_000)),
            ("25:00:00", None),
            ("all 18:27:49", None),
        ] {
            assert_eq!(clock_at_start(line).map(|(clock, _)| clock), want, "{line}");
        }
    }

    #[test]
    fn midnight_moves_the_day() {
        let mut calendar = Calendar::starting(Day::new(2026, 11, 24));
        let before = calendar.moment(86_390_000).expect("a day");
        let after = calendar.moment(5_000).expect("a day");
        assert_eq!(after.ms - before.ms, 15_000);
    }
}

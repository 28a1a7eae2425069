//! How lines of dmesg, syslog and the journal start, and what their stamps say. What the message says is not read here.
//!
//! ```text
//! [ 8211.102331] …                     seconds since boot
//! [Tue Nov 24 09:44:33 2026] …         dmesg -T; 二 11月 24 in a Chinese locale
//! kern  :err   : [ 8211.102331] …      dmesg -x
//! Nov 24 09:44:33 broker-a kernel: …   syslog; the year is not written
//! 2026-11-24T09:44:33+0800 broker-a kernel: …
//! ```

use crate::model::{Moment, Text, Zone};

use super::super::stamp::{civil_of_words, day_in, month_of, next_word, syslog_ms};

/// A line without its start.
pub(super) struct Line<'a> {
    pub(super) at: Option<Moment>,
    pub(super) message: &'a str,
    /// The start is one that only kernel messages have.
    pub(super) from_kernel: bool,
}

/// Reads starts; knows the year when some line or the file's name tells it.
pub(super) struct Reader {
    year: Option<i64>,
}

impl Reader {
    pub(super) fn new(text: &Text<'_>) -> Self {
        Self { year: year_of(text) }
    }

    /// Cuts the start off a line.
    pub(super) fn read<'a>(&mut self, line: &'a str) -> Line<'a> {
        let line = line.trim_start();
        bracket(line)
            .or_else(|| facility(line))
            .or_else(|| self.syslog(line))
            .or_else(|| iso(line))
            .unwrap_or(Line {
                at: None,
                message: line,
                from_kernel: false,
            })
    }

    fn syslog<'a>(&self, line: &'a str) -> Option<Line<'a>> {
        let (month, rest) = next_word(line)?;
        let (day, rest) = next_word(rest)?;
        let (clock, rest) = next_word(rest)?;
        month_number(month)?;
        // The clock is checked with any year, the moment needs the true one.
        syslog_ms(english(month)?, day.trim_end_matches('日'), clock, 2024)?;
        let at = self
            .year
            .and_then(|year| syslog_ms(english(month)?, day.trim_end_matches('日'), clock, year))
            .map(Moment::local);
        program(rest, at)
    }
}

/// A year that the file's name or one of its first lines tells: syslog stamps have none.
fn year_of(text: &Text<'_>) -> Option<i64> {
    let name = text.file_name();
    let in_name = name.split(|c: char| !c.is_ascii_digit()).find_map(|digits| {
        let year: i64 = digits.get(..4)?.parse().ok()?;
        (matches!(digits.len(), 4 | 8) && (2000..2100).contains(&year)).then_some(year)
    });
    in_name.or_else(|| {
        let lines = text.lines().iter().take(300);
        lines
            .filter(|line| line.len() < 300 && line.contains("20"))
            .find_map(|line| day_in(line.trim_start_matches(['[', '-', ' '])))
            .map(|day| day.year)
    })
}

/// `[ 8211.102331] …` and `[Tue Nov 24 09:44:33 2026] …`
fn bracket(line: &str) -> Option<Line<'_>> {
    let line = line
        .strip_prefix('<')
        .map_or(line, |rest| rest.split_once('>').map_or(line, |(_, rest)| rest));
    let (inside, rest) = line.strip_prefix('[')?.split_once(']')?;
    let message = caller(rest.trim_start());
    let at = since_boot(inside).or_else(|| wall(inside))?;
    Some(Line {
        at: Some(at),
        message,
        from_kernel: true,
    })
}

/// Kernels may print the task or processor that logs in brackets of its own.
fn caller(rest: &str) -> &str {
    rest.strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
        .filter(|(inside, _)| {
            let inside = inside.trim();
            inside.len() <= 8 && inside.starts_with(['T', 'C']) && inside[1..].bytes().all(|b| b.is_ascii_digit())
        })
        .map_or(rest, |(_, rest)| rest.trim_start())
}

/// Seconds with six decimals: what no other log writes in brackets.
fn since_boot(inside: &str) -> Option<Moment> {
    let (seconds, micros) = inside.trim_start().split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.len() <= 10 && text.bytes().all(|b| b.is_ascii_digit());
    if micros.len() != 6 || !digits(seconds) || !digits(micros) {
        return None;
    }
    let ms = seconds.parse::<i64>().ok()? * 1000 + micros.parse::<i64>().ok()? / 1000;
    Some(Moment { ms, zone: Zone::Uptime })
}

/// `Tue Nov 24 09:44:33 2026`
fn wall(inside: &str) -> Option<Moment> {
    let words: Vec<&str> = inside.split_whitespace().take(6).collect();
    let [_, month, day, clock, year] = words[..] else {
        return None;
    };
    let year = year.parse().ok()?;
    syslog_ms(english(month)?, day, clock, year).map(Moment::local)
}

/// `kern  :err   : [ 8211.102331] …`
fn facility(line: &str) -> Option<Line<'_>> {
    const FACILITIES: &[&str] = &["kern", "user", "daemon", "syslog", "auth"];
    let (facility, rest) = line.split_once(':')?;
    let (_, rest) = rest.split_once(':')?;
    FACILITIES
        .contains(&facility.trim_end())
        .then(|| bracket(rest.trim_start()))
        .flatten()
}

/// `2026-11-24T09:44:33.123456+08:00 host kernel: …`
fn iso(line: &str) -> Option<Line<'_>> {
    let (stamp, rest) = next_word(line)?;
    let (day, clock) = stamp.split_once('T')?;
    let zone_at = clock.find(['+', '-', 'Z'])?;
    let ms = civil_of_words(day, clock.get(..zone_at)?)?;
    let offset_ms = offset_ms(&clock[zone_at..])?;
    program(rest, Some(Moment::utc(ms - offset_ms)))
}

/// Milliseconds east of UTC: `+0800`, `+08:00`, `Z`.
fn offset_ms(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let digits: String = zone[1..].chars().filter(|c| *c != ':').collect();
    if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes): (i64, i64) = (digits[..2].parse().ok()?, digits[2..].parse().ok()?);
    let ms = (hours * 60 + minutes) * 60_000;
    Some(if zone.starts_with('-') { -ms } else { ms })
}

/// `host kernel: [8211.102331] …`, `host systemd[1]: …`
fn program(rest: &str, at: Option<Moment>) -> Option<Line<'_>> {
    let (host, rest) = next_word(rest)?;
    let (program, message) = match host.strip_suffix(':') {
        // Some pastes and containers leave the host's name out.
        Some(program) => (program, rest),
        None => {
            let (word, message) = next_word(rest)?;
            (word.strip_suffix(':')?, message)
        }
    };
    let message = message.trim_start();
    let name = program.split(['[', '(']).next().unwrap_or(program);
    let is_name = name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/' | b'@'));
    let message = bracket(message).map_or(message, |inner| inner.message);
    (is_name && !name.is_empty()).then_some(Line {
        at,
        message,
        from_kernel: name == "kernel",
    })
}

/// `Nov`, or `11月` as a Chinese locale writes it.
fn month_number(word: &str) -> Option<u32> {
    match word.strip_suffix('月') {
        Some(number) => number.parse().ok().filter(|month| (1..=12).contains(month)),
        None => month_of(word).filter(|_| word.len() == 3),
    }
}

fn english(word: &str) -> Option<&'static str> {
    const NAMES: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    NAMES.get(month_number(word)? as usize - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SourceId;

    #[test]
    fn starts_of_lines() {
        let text = Text::new(SourceId(0), "messages-20261124", "");
        let mut reader = Reader::new(&text);
        for (line, message, at) in [
            ("[ 8211.102331] a b", "a b", Some(8_211_102)),
            ("[ 8211.102331] [T42] a b", "a b", Some(8_211_102)),
            ("[Tue Nov 24 09:44:33 2026] a", "a", Some(1_795_513_473_000)),
            ("[二 11月 24 09:44:33 2026] a", "a", Some(1_795_513_473_000)),
            ("kern  :err   : [ 8211.102331] a", "a", Some(8_211_102)),
            (
                "Nov 24 09:44:33 broker-a kernel: [8211.102331] a",
                "a",
                Some(1_795_513_473_000),
            ),
            ("11月 24 09:44:33 broker-a kernel: a", "a", Some(1_795_513_473_000)),
            (
                "2026-11-24T09:44:33.5+08:00 broker-a kernel: a",
                "a",
                Some(1_795_484_673_500),
            ),
            ("[0.005s][info][gc] Using G1", "[0.005s][info][gc] Using G1", None),
            (
                "2026-11-24 09:44:33 INFO main - a",
                "2026-11-24 09:44:33 INFO main - a",
                None,
            ),
        ] {
            let read = reader.read(line);
            assert_eq!((read.message, read.at.map(|at| at.ms)), (message, at), "{line}");
        }
    }
}

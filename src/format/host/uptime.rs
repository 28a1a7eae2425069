//! uptime and the first line of w and top: load averages and how long the host is up.
//!
//! ```text
//!  11:17:38 up 15 min,  0 user,  load average: 0.08, 0.09, 0.07
//!  10:02:11 up 210 days,  3:15,  2 users,  load average: 35.20, 30.11, 22.87
//! Load average: 0.00 0.01 0.05 1/100 23                                       (busybox top)
//! ```

use crate::format::{Format, Sink};
use crate::model::{Event, Text};

use super::stamp::clock_at_start;
use super::table::{MaybeWith, event, number, score_by};

/// uptime.
pub(super) const FORMAT: Format = Format {
    name: "uptime",
    score,
    parse,
};

const LOAD: &[&str] = &[
    "load average:",
    "load averages:",
    "Load average:",
    "平均负载:",
    "平均负载：",
];

fn is_uptime(line: &str) -> bool {
    let is_load = line.len() < 300 && LOAD.iter().any(|mark| line.contains(mark));
    is_load && (line.starts_with("Load average:") || clock_at_start(line).is_some_and(|(_, rest)| is_up(rest)))
}

fn is_up(rest: &str) -> bool {
    rest.trim_start().starts_with("up ")
}

fn score(text: &Text<'_>) -> u8 {
    score_by(text, is_uptime)
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    for (index, &line) in text.lines().iter().enumerate() {
        if !is_uptime(line) {
            continue;
        }
        if let Some(event) = load(text, index) {
            sink.event(event);
        }
        if let Some(up_s) = up_s(line) {
            sink.event(event(text, index, "env").with("what", "uptime_s").with("value", up_s));
        }
    }
}

/// The load averages of a line, which a narrow terminal may have broken.
pub(super) fn load(text: &Text<'_>, index: usize) -> Option<Event> {
    let line = text.lines()[index];
    let (at, mark) = LOAD.iter().find_map(|mark| Some((line.find(mark)?, mark)))?;
    let mut loads = line[at + mark.len()..]
        .split([' ', ','])
        .filter(|word| !word.is_empty())
        .map_while(number);
    let (one, five, fifteen) = (loads.next(), loads.next(), loads.next());
    one?;
    Some(
        event(text, index, "cpu.queue")
            .maybe("load1", one)
            .maybe("load5", five)
            .maybe("load15", fifteen),
    )
}

/// Seconds since boot: `15 min`, `1:38`, `210 days,  3:15`, `1 day, 5 min`.
fn up_s(line: &str) -> Option<f64> {
    let (_, rest) = line.split_once(" up ")?;
    let mut seconds = 0.0;
    let mut known = false;
    let mut last: Option<f64> = None;
    for word in rest.split([' ', ',']).filter(|word| !word.is_empty()).take(5) {
        let unit_s = match word {
            "day" | "days" => 86_400.0,
            "min" => 60.0,
            "user" | "users" | "load" => break,
            _ => {
                if let Some((hours, minutes)) = word.split_once(':') {
                    seconds += number(hours)? * 3600.0 + number(minutes)? * 60.0;
                    known = true;
                }
                last = number(word);
                continue;
            }
        };
        seconds += last? * unit_s;
        known = true;
    }
    known.then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_since_boot() {
        for (line, want) in [
            (" 11:17:38 up 15 min,  0 user,  load average: 0.08", Some(900.0)),
            (" 11:17:38 up  1:38,  1 user,  load average: 0.08", Some(5880.0)),
            (" 11:17:38 up 2 days,  1:00,  1 user", Some(176_400.0)),
            (" 11:17:38 up 1 day, 5 min,  1 user", Some(86_700.0)),
            (" 11:17:38 up", None),
        ] {
            assert_eq!(up_s(line), want, "{line}");
        }
    }
}

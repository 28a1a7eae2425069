//! How far the host's clock is off and whether it is kept: chronyc, ntpq, ntpstat, timedatectl. Steps of the clock are
//! kernel messages.
//!
//! ```text
//! System time     : 0.000012391 seconds slow of NTP time
//! *10.0.0.2        10.0.0.1         3 u   33   64  377    0.512    1.204   0.081       (ntpq -p)
//! System clock synchronized: no                                                      (timedatectl)
//!                 Time zone: Asia/Shanghai (CST, +0800)
//! ```

use crate::format::{Format, Sink};
use crate::model::{Text, Value};

use super::table::{Heading, event, is_log_line, number, round, score_by};

/// Tools that tell how the clock is kept.
pub(super) const FORMAT: Format = Format {
    name: "clock",
    score,
    parse,
};

fn score(text: &Text<'_>) -> u8 {
    score_by(text, |line| is_peers(line) || fact(line).is_some())
}

fn is_peers(line: &str) -> bool {
    line.contains(" refid ") && line.contains(" jitter")
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let mut peers: Option<Heading<'_>> = None;
    // Without a star the clock follows no server; the first that answers still tells how far off it is.
    let mut unfollowed: Option<(usize, f64)> = None;
    let mut followed = false;
    for (index, &line) in text.lines().iter().enumerate() {
        let mut give = |what: &str, value: Value| {
            sink.event(event(text, index, "env").with("what", what).with("value", value));
        };
        if is_peers(line) {
            peers = Some(Heading::of(line));
        } else if let Some((what, value)) = fact(line) {
            give(what, value);
        } else if let Some(heading) = &peers {
            // The star marks the server that the clock follows.
            let offset = line
                .strip_prefix('*')
                .and_then(|rest| heading.row(rest))
                .and_then(|row| row.num(&["offset"]));
            if let Some(offset) = offset {
                give("clock_offset_ms", offset.into());
                followed = true;
            } else if line.trim().is_empty() {
                peers = None;
            } else if unfollowed.is_none() {
                unfollowed = answering(heading, line).map(|offset| (index, offset));
            }
        }
    }
    if let Some((index, offset)) = unfollowed.filter(|_| !followed) {
        let event = event(text, index, "env");
        sink.event(event.with("what", "clock_offset_ms").with("value", offset));
    }
}

/// The offset of a server that answered at least once.
fn answering(heading: &Heading<'_>, line: &str) -> Option<f64> {
    let row = heading.row(line.strip_prefix([' ', '+', '-', 'x', '#', 'o'])?)?;
    let answers = row.num(&["reach"])? > 0.0;
    row.num(&["offset"]).filter(|_| answers)
}

/// What a single line says.
fn fact(line: &str) -> Option<(&'static str, Value)> {
    if line.len() > 200 || is_log_line(line) {
        return None;
    }
    if line.starts_with("unsynchronised") || line.starts_with("506 Cannot talk to daemon") {
        return Some(("ntp_synced", 0.0.into()));
    }
    let (name, value) = line.split_once([':', '：'])?;
    let value = value.trim();
    match name.trim() {
        "System time" => offset(value).map(|ms| ("clock_offset_ms", ms.into())),
        "Leap status" => Some(("ntp_synced", f64::from(value == "Normal").into())),
        "System clock synchronized" | "NTP synchronized" => yes(value).map(|yes| ("ntp_synced", yes.into())),
        "Time zone" | "Timezone" => zone(value).map(|zone| ("timezone", zone.into())),
        _ => None,
    }
}

/// Milliseconds ahead of true time: `0.0012 seconds slow of NTP time` is minus 1.2.
fn offset(value: &str) -> Option<f64> {
    let mut words = value.split_whitespace();
    let seconds = number(words.next()?)?;
    (words.next() == Some("seconds")).then_some(())?;
    let sign = if words.next()? == "slow" { -1.0 } else { 1.0 };
    Some(round(sign * seconds * 1000.0))
}

fn yes(value: &str) -> Option<f64> {
    match value {
        "yes" | "是" => Some(1.0),
        "no" | "否" => Some(0.0),
        _ => None,
    }
}

/// `Asia/Shanghai (CST, +0800)`: the offset, since names need a table.
fn zone(value: &str) -> Option<&str> {
    let inside = value.split_once('(')?.1.strip_suffix(')')?;
    let offset = inside.split(',').next_back()?.trim();
    (offset.len() == 5 && offset.starts_with(['+', '-'])).then_some(offset)
}

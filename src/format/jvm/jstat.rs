//! `jstat -gcutil`, `-gccause` and `-gc` of JDK 6 to 25.
//!
//! ```text
//!   S0     S1     E      O      M     CCS    YGC     YGCT     FGC    FGCT     CGC    CGCT       GCT
//!   0.00  99.20  42.86  97.31  95.10  91.20  1204    38.114    57    91.220    12     0.150    129.484
//! ```
//!
//! Titles repeat with `-h`; a column `Timestamp` (`-t`) gives seconds since the start. Values may be `-`.

use crate::format::{Format, Sink};
use crate::model::{Event, Text};

/// jstat tables.
pub const FORMAT: Format = Format {
    name: "jstat",
    score,
    parse,
};

/// Most rows told of one run.
const ROWS_MAX: usize = 600;

fn score(text: &Text<'_>) -> u8 {
    if text.lines().iter().any(|line| columns(line).is_some()) {
        90
    } else {
        0
    }
}

/// The columns of a title line.
fn columns(line: &str) -> Option<Vec<&str>> {
    let words: Vec<&str> = line.split_whitespace().take(40).collect();
    let has = |name: &str| words.contains(&name);
    (has("YGC") && has("YGCT") && has("FGC") && has("GCT")).then_some(words)
}

/// One row, read.
#[derive(Debug, Clone, Default)]
struct Row {
    line: usize,
    stamp_s: Option<f64>,
    old_pct: Option<f64>,
    eden_pct: Option<f64>,
    meta_pct: Option<f64>,
    ygc: Option<f64>,
    ygct_s: Option<f64>,
    fgc: Option<f64>,
    fgct_s: Option<f64>,
    gct_s: Option<f64>,
}

fn row(line: &str, at: usize, columns: &[&str]) -> Option<Row> {
    let words: Vec<&str> = line.split_whitespace().take(60).collect();
    // `-gccause` adds two columns whose values hold blanks; they stand last.
    let numeric = columns
        .iter()
        .take_while(|name| !matches!(**name, "LGCC" | "GCC"))
        .count();
    if words.len() < numeric {
        return None;
    }
    let number = |word: &str| word.replace(',', ".").parse::<f64>().ok().filter(|n| n.is_finite());
    if !words[..numeric]
        .iter()
        .all(|word| *word == "-" || number(word).is_some())
    {
        return None;
    }
    let get = |name: &str| {
        let place = columns[..numeric].iter().position(|column| *column == name)?;
        number(words[place])
    };
    let share = |used: &str, of: &str| {
        let (used, of) = (get(used)?, get(of)?);
        (of > 0.0).then(|| (used / of * 10_000.0).round() / 100.0)
    };
    Some(Row {
        line: at,
        stamp_s: get("Timestamp"),
        old_pct: get("O").or_else(|| share("OU", "OC")),
        eden_pct: get("E").or_else(|| share("EU", "EC")),
        meta_pct: get("M")
            .or_else(|| get("P"))
            .or_else(|| share("MU", "MC"))
            .or_else(|| share("PU", "PC")),
        ygc: get("YGC"),
        ygct_s: get("YGCT"),
        fgc: get("FGC"),
        fgct_s: get("FGCT"),
        gct_s: get("GCT"),
    })
}

fn parse(text: &Text<'_>, out: &mut dyn Sink) {
    let mut columns_now: Option<Vec<&str>> = None;
    let mut interval_s = None;
    let mut run: Vec<Row> = Vec::new();
    for (at, line) in text.lines().iter().enumerate() {
        if let Some(found) = columns(line) {
            if columns_now.as_ref().is_some_and(|before| *before != found) {
                finish(text, &run, interval_s, out);
                run.clear();
            }
            columns_now = Some(found);
        } else if let Some(seconds) = asked_interval(line) {
            finish(text, &run, interval_s, out);
            run.clear();
            interval_s = Some(seconds);
        } else if let Some(row) = columns_now.as_ref().and_then(|columns| row(line, at, columns)) {
            let restarted = run.last().is_some_and(|last| last.ygc > row.ygc || last.fgc > row.fgc);
            if restarted {
                finish(text, &run, interval_s, out);
                run.clear();
            }
            if run.len() < ROWS_MAX {
                out.event(row_event(text, &row));
                run.push(row);
            } else if let Some(last) = run.last_mut() {
                *last = row;
            }
        }
    }
    finish(text, &run, interval_s, out);
}

/// `jstat -gcutil 4711 1000 10`: the interval, when the command was pasted, too.
fn asked_interval(line: &str) -> Option<f64> {
    let at = line.find("jstat ")?;
    let mut numbers = line[at..]
        .split_whitespace()
        .skip(1)
        .filter(|word| !word.starts_with('-'));
    numbers.next()?;
    let word = numbers.next()?;
    if let Some(seconds) = word.strip_suffix('s').filter(|s| !s.ends_with('m')) {
        return seconds.parse().ok();
    }
    word.trim_end_matches("ms").parse::<f64>().ok().map(|ms| ms / 1000.0)
}

fn row_event(text: &Text<'_>, row: &Row) -> Event {
    let mut event = Event::new("jvm.gcutil", text.span(row.line), text.lines()[row.line]);
    let fields = [
        ("old_pct", row.old_pct),
        ("eden_pct", row.eden_pct),
        ("meta_pct", row.meta_pct),
        ("ygc", row.ygc),
        ("ygct_s", row.ygct_s),
        ("fgc", row.fgc),
        ("fgct_s", row.fgct_s),
        ("gct_s", row.gct_s),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            event = event.with(name, value);
        }
    }
    event
}

/// What happened between the first and the last row of a run.
fn finish(text: &Text<'_>, run: &[Row], interval_s: Option<f64>, out: &mut dyn Sink) {
    let [first, .., last] = run else { return };
    let between = |a: Option<f64>, b: Option<f64>| a.zip(b).map(|(a, b)| b - a);
    let (ygc, fgc) = (between(first.ygc, last.ygc), between(first.fgc, last.fgc));
    let stamped = between(first.stamp_s, last.stamp_s);
    let span_s = stamped
        .or_else(|| interval_s.map(|s| s * (run.len() - 1) as f64))
        .filter(|s| *s > 0.0);
    let mut span = text.span(first.line);
    span.end = text.span(last.line).line;
    let mut event = Event::new("jvm.gcutil.delta", span, text.lines()[last.line]);
    let per_min = |count: Option<f64>| count.zip(span_s).map(|(count, span)| round(count * 60.0 / span));
    let avg_fgc_ms = fgc
        .filter(|count| *count > 0.0)
        .and_then(|count| Some(round(between(first.fgct_s, last.fgct_s)? * 1000.0 / count)));
    let fields = [
        ("span_s", span_s.map(round)),
        ("ygc_count", ygc),
        ("fgc_count", fgc),
        ("ygc_per_min", per_min(ygc)),
        ("fgc_per_min", per_min(fgc)),
        ("old_pct", last.old_pct),
        ("avg_fgc_ms", avg_fgc_ms),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            event = event.with(name, value);
        }
    }
    out.event(event);
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing;

    #[test]
    fn samples() {
        testing::check_samples(&FORMAT);
        testing::never_panics(&FORMAT);
    }

    #[test]
    fn titles_without_values_do_no_harm() {
        let text = "YGC YGCT FGC FGCT GCT LGCC GCC O E Timestamp\n1 0.1 2 0.2 0.3\n1 0.1 2 0.2 0.3 a b 4\n";
        let mut events: Vec<crate::model::Event> = Vec::new();
        parse(&Text::new(crate::model::SourceId(0), "x", text), &mut events);
        assert!(!events.is_empty());
    }

    #[test]
    fn intervals() {
        assert_eq!(asked_interval("$ jstat -gcutil 4711 1000 10"), Some(1.0));
        assert_eq!(asked_interval("jstat -gcutil -h5 4711 2s"), Some(2.0));
        assert_eq!(asked_interval("jstat -gcutil 4711 500ms"), Some(0.5));
        assert_eq!(asked_interval("jstat -gcutil 4711"), None);
    }
}

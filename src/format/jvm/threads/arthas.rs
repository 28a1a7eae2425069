//! The table of arthas' `thread` and `dashboard` (its stack listings are read as dumps).
//!
//! ```text
//! Threads Total: 16, NEW: 0, RUNNABLE: 7, BLOCKED: 2, WAITING: 5, TIMED_WAITING: 4, TERMINATED: 0
//! ID   NAME                       GROUP      PRIORITY  STATE    %CPU    DELTA_TIME TIME    INTERRUPTED DAEMON
//! 23   ConsumeMessageThread_1     main       5         RUNNABLE 96.12   0.192      3:1.234 false       false
//! ```

use crate::format::Sink;
use crate::model::{Event, Text};

/// A thread that takes this share of a processor is worth telling.
const HOT_PCT: f64 = 10.0;
/// Most hot threads told per table.
const HOT_MAX: usize = 20;

/// Whether a line is the table's title.
pub(super) fn is_title(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("ID ") && line.contains(" NAME") && line.contains("%CPU") && line.contains("DAEMON")
}

/// Reads every table of a text.
pub(super) fn read(text: &Text<'_>, out: &mut dyn Sink) {
    let mut title: Option<usize> = None;
    let mut told = 0;
    for (at, line) in text.lines().iter().enumerate() {
        if let Some(summary) = totals(line) {
            out.event(summary_event(text, at, line, &summary));
        } else if is_title(line) {
            title = Some(at);
            told = 0;
        } else if title.is_some() {
            match row(line) {
                Some((name, cpu_pct)) if cpu_pct >= HOT_PCT && told < HOT_MAX => {
                    told += 1;
                    out.event(
                        Event::new("threads.hot", text.span(at), line)
                            .with("thread", name)
                            .with("cpu_pct", cpu_pct),
                    );
                }
                Some(_) => {}
                None => title = None,
            }
        }
    }
}

/// `Threads Total: 16, NEW: 0, …` as pairs.
fn totals(line: &str) -> Option<Vec<(&str, f64)>> {
    let rest = line.trim_start().strip_prefix("Threads Total:")?;
    let mut pairs = vec![("Total", number(rest.split(',').next()?)?)];
    for part in rest.split(',').skip(1).take(12) {
        if let Some((name, value)) = part.split_once(':') {
            pairs.push((name.trim(), number(value)?));
        }
    }
    Some(pairs)
}

fn number(text: &str) -> Option<f64> {
    text.split_whitespace().next()?.parse().ok()
}

fn summary_event(text: &Text<'_>, at: usize, line: &str, totals: &[(&str, f64)]) -> Event {
    let get = |name: &str| totals.iter().find(|(n, _)| *n == name).map_or(0.0, |(_, value)| *value);
    Event::new("threads.dump", text.span(at), line)
        .with("threads", get("Total"))
        .with("blocked", get("BLOCKED"))
        .with("runnable", get("RUNNABLE"))
        .with("waiting", get("WAITING") + get("TIMED_WAITING"))
}

/// Name and share of a processor of a row. Names hold blanks, so the row is read from its end.
fn row(line: &str) -> Option<(&str, f64)> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let flags = words
        .iter()
        .rev()
        .take(2)
        .filter(|w| matches!(**w, "true" | "false"))
        .count();
    words.first()?.parse::<i64>().ok()?;
    if flags < 2 || words.len() < 9 {
        return None;
    }
    const STATES: &[&str] = &[
        "RUNNABLE",
        "BLOCKED",
        "WAITING",
        "TIMED_WAITING",
        "TIMED_WAIT",
        "NEW",
        "TERMINATED",
        "-",
    ];
    let state = words.iter().rposition(|word| STATES.contains(word))?;
    let cpu = words.get(state + 1)?.trim_end_matches('%').parse().ok()?;
    // ID NAME… GROUP PRIORITY STATE
    let group = words.get(state.checked_sub(2)?)?;
    let from = line.find(words.get(1)?)?;
    let to = line[from..]
        .find(&format!(" {group} "))
        .map_or(line.len(), |at| from + at);
    Some((line[from..to].trim(), cpu))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_rows() {
        let new = "23   ConsumeMessageThread_1     main       5         RUNNABLE 96.12   0.192      3:1.234 false       false";
        let old = "-1   C2 CompilerThread0         -          -1        -        12.0    0:30       false       true";
        assert_eq!(row(new), Some(("ConsumeMessageThread_1", 96.12)));
        assert_eq!(row(old), Some(("C2 CompilerThread0", 12.0)));
        assert_eq!(row("Memory used total max usage GC"), None);
        assert_eq!(
            totals("Threads Total: 16, NEW: 0, RUNNABLE: 7").unwrap()[2],
            ("RUNNABLE", 7.0)
        );
    }
}

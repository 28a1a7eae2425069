//! Report lines of RocketMQ's benchmark programs (`distribution/benchmark/*.sh`), 4.x and 5.x.
//!
//! ```text
//! Send TPS: 41244 Max RT: 302 Average RT:   1.939 Send Failed: 0 Response Failed: 0                                  ≤4.7
//! Current Time: 1795515614369 Send TPS: 41244 Max RT(ms): 302 Average RT(ms):   1.939 Send Failed: 0 Response Failed: 0
//! Current Time: 2026-05-02 10:00:00,123 | Send TPS: 41244 | Max RT(ms): 302 | Average RT(ms):   1.939 | Send Failed: 0 | …
//! Consume TPS: 9000 Average(B2C) RT: 3.100 Average(S2C) RT: 2.900 MAX(B2C) RT: 40 MAX(S2C) RT: 38                    ≤4.7
//! Current Time: … | Consume TPS: 9000 | AVG(B2C) RT(ms): 3.1 | AVG(S2C) RT(ms): 2.9 | MAX(B2C) RT(ms): 40 | MAX(S2C) RT(ms): 38 | Consume Fail: 0
//! ```
//!
//! The batch producer adds `Send MPS`, the transaction producer counts its checks.

use crate::format::{Format, Sink};
use crate::model::stamp;
use crate::model::{Event, Moment, Text};

/// Benchmark reports.
pub const FORMAT: Format = Format {
    name: "benchmark",
    score,
    parse,
};

/// Most reports told of one text.
const ROWS_MAX: usize = 20_000;

fn score(text: &Text<'_>) -> u8 {
    if text.lines().iter().any(|line| report(line).is_some()) {
        90
    } else {
        0
    }
}

fn parse(text: &Text<'_>, out: &mut dyn Sink) {
    let mut told = 0;
    for (at, line) in text.lines().iter().enumerate() {
        let Some(report) = report(line) else { continue };
        told += 1;
        if told > ROWS_MAX {
            return;
        }
        let mut event = Event::new(report.kind, text.span(at), line).at(report.at);
        for (name, value) in report.fields {
            event = event.with(name, value);
        }
        out.event(event);
    }
}

struct Report {
    kind: &'static str,
    at: Option<Moment>,
    fields: Vec<(&'static str, f64)>,
}

/// Labels and the field each one fills; several versions name one thing differently.
const PRODUCER: &[(&str, &str)] = &[
    ("Send TPS:", "send_tps"),
    ("Send MPS:", "send_mps"),
    ("Max RT(ms):", "max_rt_ms"),
    ("Max RT:", "max_rt_ms"),
    ("Average RT(ms):", "avg_rt_ms"),
    ("Average RT:", "avg_rt_ms"),
    ("AVG RT(ms):", "avg_rt_ms"),
    ("Send Failed:", "failed"),
    ("Response Failed:", "resp_failed"),
    ("Send Message Failed:", "resp_failed"),
    ("UnexpectedCheck:", "unexpected_checks"),
    ("unexpectedCheck:", "unexpected_checks"),
];

const CONSUMER: &[(&str, &str)] = &[
    ("Consume TPS:", "tps"),
    ("TPS:", "tps"),
    ("FAIL:", "fail"),
    ("Consume Fail:", "fail"),
    ("AVG(B2C) RT(ms):", "avg_b2c_ms"),
    ("Average(B2C) RT:", "avg_b2c_ms"),
    ("AVG(S2C) RT(ms):", "avg_s2c_ms"),
    ("Average(S2C) RT:", "avg_s2c_ms"),
    ("MAX(B2C) RT(ms):", "max_b2c_ms"),
    ("MAX(B2C) RT:", "max_b2c_ms"),
    ("MAX(S2C) RT(ms):", "max_s2c_ms"),
    ("MAX(S2C) RT:", "max_s2c_ms"),
];

fn report(line: &str) -> Option<Report> {
    // The last line of a run repeats sums, not an interval.
    if line.len() > 1000 || line.contains("[Complete]") {
        return None;
    }
    let (kind, labels) = if line.contains("Send TPS:") && line.contains("Send Failed:") {
        ("bench.producer", PRODUCER)
    } else if line.contains("TPS:") && line.contains("(B2C) RT") {
        ("bench.consumer", CONSUMER)
    } else {
        return None;
    };
    let mut fields: Vec<(&'static str, f64)> = Vec::new();
    for (label, name) in labels {
        if fields.iter().any(|(known, _)| known == name) {
            continue;
        }
        if let Some(value) = line.find(label).and_then(|at| number(&line[at + label.len()..])) {
            fields.push((name, value));
        }
    }
    Some(Report {
        kind,
        at: time(line),
        fields,
    })
}

fn number(text: &str) -> Option<f64> {
    let text = text.trim_start();
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | ',')))
        .unwrap_or(text.len());
    text[..end].replace(',', ".").parse().ok()
}

/// Milliseconds in 4.x, a stamp in the host's zone in 5.x.
fn time(line: &str) -> Option<Moment> {
    let (_, rest) = line.split_once("Current Time: ")?;
    if let Some(stamp) = stamp::stamp(rest) {
        return Some(stamp.local());
    }
    let ms: i64 = rest.split(' ').next()?.parse().ok()?;
    (ms > 1_000_000_000_000 && ms < 10_000_000_000_000).then(|| Moment::utc(ms))
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
}

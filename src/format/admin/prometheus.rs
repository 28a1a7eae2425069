//! A saved metrics page: the 5.x broker's and proxy's Prometheus endpoint, rocketmq-exporter, the JMX agent.
//!
//! ```text
//! # TYPE rocketmq_processor_watermark gauge
//! rocketmq_processor_watermark{cluster="DefaultCluster",node_id="broker-a",processor="send"} 0.0 1795515614369
//! ```
//!
//! Histogram buckets are left out: no rule reads them.

use crate::format::{Format, Sink};
use crate::model::{Event, Moment, Text};

/// Prometheus pages.
pub const FORMAT: Format = Format {
    name: "prometheus",
    score,
    parse,
};

/// Most samples told of one page, and of one metric: pages have a line per topic, group and queue.
const SAMPLES_MAX: usize = 5000;
const PER_METRIC_MAX: usize = 300;

fn score(text: &Text<'_>) -> u8 {
    let read = text
        .lines()
        .iter()
        .filter(|line| sample(line).is_some())
        .take(3)
        .count();
    let typed = text
        .lines()
        .iter()
        .any(|line| line.starts_with("# TYPE ") || line.starts_with("# HELP "));
    match (read, typed) {
        (0, _) => 0,
        (_, true) => 90,
        (3.., false) => 70,
        _ => 0,
    }
}

fn parse(text: &Text<'_>, out: &mut dyn Sink) {
    let mut told = 0;
    let mut name_now = "";
    let mut of_name = 0;
    for (at, line) in text.lines().iter().enumerate() {
        let Some(sample) = sample(line) else { continue };
        if sample.name != name_now {
            (name_now, of_name) = (sample.name, 0);
        }
        of_name += 1;
        if of_name > PER_METRIC_MAX || told >= SAMPLES_MAX {
            continue;
        }
        told += 1;
        out.event(
            Event::new("metric", text.span(at), line)
                .at(sample.at)
                .with("name", sample.name)
                .with("value", sample.value)
                .with("labels", sample.labels),
        );
    }
}

struct Sample<'a> {
    name: &'a str,
    labels: &'a str,
    value: f64,
    at: Option<Moment>,
}

fn sample(line: &str) -> Option<Sample<'_>> {
    let line = line.trim();
    let known = ["rocketmq_", "jvm_", "process_"]
        .iter()
        .any(|start| line.starts_with(start));
    if !known || line.len() > 4000 {
        return None;
    }
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | ':')))?;
    let (name, rest) = line.split_at(end);
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(inner) => {
            let close = inner.rfind('}')?;
            (&inner[..close], &inner[close + 1..])
        }
        None => ("", rest),
    };
    if name.ends_with("_bucket") || !rest.starts_with([' ', '\t']) {
        return None;
    }
    let mut words = rest.split_whitespace();
    let value: f64 = words.next()?.parse().ok().filter(|v: &f64| v.is_finite())?;
    let at = words.next().map(|ms| ms.parse::<i64>().ok().map(Moment::utc));
    if words.next().is_some() || at == Some(None) {
        return None;
    }
    Some(Sample {
        name,
        labels,
        value,
        at: at.flatten(),
    })
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
    fn one_line() {
        let found = sample("rocketmq_broker_tps{a=\"x}y\",} 1.5E2").unwrap();
        assert_eq!((found.labels, found.value), ("a=\"x}y\",", 150.0));
        assert!(sample("rocketmq_consumer failed to start").is_none());
        assert!(sample("jvm_x NaN").is_none());
    }
}

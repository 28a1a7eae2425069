//! `diagnostics.jsonl` of our own broker: one JSON object a line, `ts`, `ev`, `sev`, `node`, then the fields of the event.
//!
//! ```text
//! {"schema":"rmqdoc.events/1","node":"broker-a","version":"0.1.0"}
//! {"ts":"2026-05-02T10:14:09.123456789+08:00","ev":"request.done","sev":"warning","node":"broker-a","request":"send","total_ms":812,"queue_ms":790}
//! ```

use crate::format::{Format, Sink};
use crate::model::stamp;
use crate::model::{Event, Moment, Text};
use serde_json::{Map, Value as Json};

/// Our own broker's events.
pub const FORMAT: Format = Format {
    name: "diagnostics",
    score,
    parse,
};

/// Longest line that is read as JSON.
const LINE_MAX: usize = 64 * 1024;

fn score(text: &Text<'_>) -> u8 {
    let schema = text
        .lines()
        .first()
        .is_some_and(|line| line.contains("\"rmqdoc.events/"));
    if schema {
        100
    } else if text.lines().iter().take(200).any(|line| object(line).is_some()) {
        70
    } else {
        0
    }
}

fn object(line: &str) -> Option<Map<String, Json>> {
    let line = line.trim();
    if !line.starts_with('{') || line.len() > LINE_MAX || !line.contains("\"ev\"") || !line.contains("\"ts\"") {
        return None;
    }
    match serde_json::from_str(line) {
        Ok(Json::Object(map)) => Some(map),
        _ => None,
    }
}

fn parse(text: &Text<'_>, out: &mut dyn Sink) {
    for (at, line) in text.lines().iter().enumerate() {
        let Some(object) = object(line) else { continue };
        let string = |name: &str| object.get(name).and_then(Json::as_str);
        let Some(name) = string("ev") else { continue };
        let mut event = Event::new("diag", text.span(at), line)
            .at(string("ts").and_then(moment))
            .with("event", name);
        let (stage, took_ms) = longest_stage(&object);
        for (field, value) in [
            ("stage", stage.as_deref().or(string("stage")).or(string("request"))),
            ("broker", string("node")),
            ("topic", string("topic")),
            ("group", string("group").or(string("consumer_group"))),
            (
                "value",
                string("reason")
                    .or(string("cause"))
                    .or(string("state"))
                    .or(string("value")),
            ),
            ("severity", string("sev")),
        ] {
            if let Some(value) = value {
                event = event.with(field, value);
            }
        }
        let number = |name: &str| object.get(name).and_then(Json::as_f64);
        if let Some(ms) = number("total_ms").or(number("ms")).or(number("took_ms")).or(took_ms) {
            event = event.with("took_ms", ms);
        }
        if !object.contains_key("reason")
            && let Some(value) = number("value").or(number("ratio")).or(number("bytes"))
        {
            event = event.with("value", value);
        }
        out.event(event);
    }
}

/// The stage of a request that took longest: every field that ends in `_ms` but the total.
fn longest_stage(object: &Map<String, Json>) -> (Option<String>, Option<f64>) {
    let longest = object
        .iter()
        .filter(|(name, _)| name.ends_with("_ms") && name.as_str() != "total_ms" && name.as_str() != "took_ms")
        .filter_map(|(name, value)| Some((name, value.as_f64()?)))
        .max_by(|a, b| a.1.total_cmp(&b.1));
    match longest {
        Some((name, ms)) => (Some(name.trim_end_matches("_ms").to_string()), Some(ms)),
        None => (None, None),
    }
}

fn moment(text: &str) -> Option<Moment> {
    stamp::stamp(text).map(|stamp| stamp.local())
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

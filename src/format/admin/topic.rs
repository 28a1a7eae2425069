//! Topics: `mqadmin topicStatus`, `topicRoute` (JSON and `-l`), `topicList` (also `-c`).
//!
//! ```text
//! #Broker Name     #QID  #Min Offset   #Max Offset     #Last Updated                              topicStatus
//! broker-a         0     0             1060            2026-05-02 10:00:00,123
//!
//! { "brokerDatas":[ { "brokerAddrs":{0:"10.4.0.21:10911"}, "brokerName":"broker-a", … } ],       topicRoute
//!   "queueDatas":[ { "brokerName":"broker-a", "perm":6, "readQueueNums":4, "writeQueueNums":4 } ] }
//!
//! #ClusterName  #BrokerName  #BrokerAddrs               #ReadQueue #WriteQueue #Perm              topicRoute -l
//! #Cluster Name  #Topic      #Consumer Group                                                      topicList -c
//! ```
//!
//! fastjson writes number keys without quotes; they are quoted before the JSON is read.

use super::command;
use crate::format::{Format, Sink};
use crate::model::stamp;
use crate::model::{Event, Text};
use regex::Regex;
use serde_json::Value as Json;
use std::sync::LazyLock;

/// Topic tables and routes.
pub const FORMAT: Format = Format {
    name: "mqadmin-topic",
    score,
    parse,
};

/// Most rows told of one text.
const ROWS_MAX: usize = 3000;
/// Longest route that is read.
const ROUTE_LINES_MAX: usize = 5000;
const ROUTE_BYTES_MAX: usize = 1024 * 1024;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Table {
    Status,
    Route,
    List,
    ListClusters,
}

fn title(line: &str) -> Option<Table> {
    let has = |name: &str| line.contains(name);
    if has("#Broker Name") && has("#Min Offset") && has("#Max Offset") {
        Some(Table::Status)
    } else if has("#BrokerName") && has("#ReadQueue") && has("#Perm") {
        Some(Table::Route)
    } else if has("#Cluster Name") && has("#Topic") && has("#Consumer Group") {
        Some(Table::ListClusters)
    } else if line.contains("mqadmin topicList") {
        Some(Table::List)
    } else {
        None
    }
}

fn score(text: &Text<'_>) -> u8 {
    if text.lines().iter().any(|line| title(line).is_some()) || is_list(text) {
        90
    } else if route_starts(text).next().is_some() {
        60
    } else {
        0
    }
}

/// A file of bare topic names: called so, and with system topics among them.
fn is_list(text: &Text<'_>) -> bool {
    text.file_name().contains("topiclist")
        && text
            .lines()
            .iter()
            .any(|line| matches!(line.trim(), "TBW102" | "SELF_TEST_TOPIC" | "OFFSET_MOVED_EVENT"))
}

fn parse(text: &Text<'_>, out: &mut dyn Sink) {
    let mut open = is_list(text).then_some(Table::List);
    let mut topic = None;
    let mut told = 0;
    for (at, line) in text.lines().iter().enumerate() {
        if let Some(table) = title(line) {
            open = Some(table);
            topic = command::above(text, at).and_then(|c| c.topic());
            continue;
        }
        let event = match open {
            Some(Table::Status) => status_row(text, at, line, topic),
            Some(Table::Route) => route_row(text, at, line, topic),
            Some(Table::ListClusters) => list_row(text, at, line),
            Some(Table::List) => name_row(text, at, line),
            None => None,
        };
        if let Some(event) = event.filter(|_| told < ROWS_MAX) {
            told += 1;
            out.event(event);
        } else if let Some(tps) = line.trim().strip_prefix("Topic Put TPS: ") {
            let mut event = Event::new("admin.status", text.span(at), line)
                .with("key", "Topic Put TPS")
                .with("value", tps);
            if let Ok(num) = tps.parse::<f64>() {
                event = event.with("num", num);
            }
            out.event(event);
        }
    }
    for start in route_starts(text).take(200) {
        route(text, start, out);
    }
}

fn status_row(text: &Text<'_>, at: usize, line: &str, topic: Option<&str>) -> Option<Event> {
    let mut words = line.split_whitespace();
    let (broker, queue) = (words.next()?, words.next()?);
    queue.parse::<u32>().ok()?;
    let (min, max): (f64, f64) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let last = words.collect::<Vec<_>>().join(" ");
    let mut event = Event::new("admin.topic", text.span(at), line);
    if let Some(topic) = topic {
        event = event.with("topic", topic);
    }
    event = event
        .with("broker", broker)
        .with("queue", queue)
        .with("min_offset", min)
        .with("max_offset", max);
    if let Some(stamp) = stamp::stamp(&last) {
        event = event.with("last_ms", stamp.local().ms as f64);
    }
    Some(event)
}

/// `DefaultCluster  broker-a  {0=10.4.0.21:10911}  4  4  6`; addresses hold blanks.
fn route_row(text: &Text<'_>, at: usize, line: &str, topic: Option<&str>) -> Option<Event> {
    let words: Vec<&str> = line.split_whitespace().take(40).collect();
    let [cluster, broker, .., read, write, perm] = &words[..] else {
        return None;
    };
    if cluster.starts_with("Total") {
        return None;
    }
    let mut event = Event::new("admin.topic", text.span(at), line);
    if let Some(topic) = topic {
        event = event.with("topic", topic);
    }
    Some(
        event
            .with("broker", *broker)
            .with("perm", perm.parse::<f64>().ok()?)
            .with("read_queues", read.parse::<f64>().ok()?)
            .with("write_queues", write.parse::<f64>().ok()?),
    )
}

fn list_row(text: &Text<'_>, at: usize, line: &str) -> Option<Event> {
    let words: Vec<&str> = line.split_whitespace().take(4).collect();
    let (topic, group) = match &words[..] {
        [_, topic] => (topic, None),
        [_, topic, group] => (topic, Some(group)),
        _ => return None,
    };
    let event = Event::new("admin.topic", text.span(at), line).with("topic", *topic);
    Some(match group {
        Some(group) => event.with("group", *group),
        None => event,
    })
}

fn name_row(text: &Text<'_>, at: usize, line: &str) -> Option<Event> {
    let name = line.trim();
    let valid = !name.is_empty()
        && name.len() <= 255
        && name
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-' | b'%' | b'|'));
    valid.then(|| Event::new("admin.topic", text.span(at), line).with("topic", name))
}

/// Lines where the JSON of a route may start.
fn route_starts<'t>(text: &'t Text<'_>) -> impl Iterator<Item = usize> + 't {
    let lines = text.lines();
    (0..lines.len()).filter(move |at| {
        let line = lines[*at].trim();
        let near = &lines[*at..lines.len().min(at + 3)];
        line.starts_with('{') && near.iter().any(|line| line.contains("\"brokerDatas\""))
    })
}

static NUMBER_KEY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"([{,]\s*)(-?\d+)\s*:").expect("the pattern is valid"));

fn route(text: &Text<'_>, start: usize, out: &mut dyn Sink) {
    let lines = text.lines();
    let mut depth = 0i64;
    let mut body = String::new();
    let mut end = start;
    for (at, line) in lines.iter().enumerate().skip(start).take(ROUTE_LINES_MAX) {
        depth += line.matches(['{', '[']).count() as i64 - line.matches(['}', ']']).count() as i64;
        body.push_str(line);
        body.push('\n');
        end = at;
        if depth <= 0 || body.len() > ROUTE_BYTES_MAX {
            break;
        }
    }
    let quoted = NUMBER_KEY.replace_all(&body, "$1\"$2\":");
    let Ok(json) = serde_json::from_str::<Json>(&quoted) else {
        return;
    };
    let topic = command::above(text, start).and_then(|c| c.topic());
    let addrs = |broker: &str| {
        let datas = json.get("brokerDatas")?.as_array()?;
        let data = datas
            .iter()
            .find(|data| data.get("brokerName").and_then(Json::as_str) == Some(broker))?;
        let addrs = data.get("brokerAddrs")?.as_object()?;
        Some(
            addrs
                .iter()
                .map(|(id, addr)| format!("{id}={}", addr.as_str().unwrap_or("")))
                .collect::<Vec<_>>()
                .join(","),
        )
    };
    for queue in json
        .get("queueDatas")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .take(ROWS_MAX)
    {
        let Some(broker) = queue.get("brokerName").and_then(Json::as_str) else {
            continue;
        };
        let row = (start..=end)
            .find(|at| lines[*at].contains("queueDatas"))
            .unwrap_or(start);
        let mut span = text.span(start);
        span.end = text.span(end).line;
        let mut event = Event::new("admin.topic", span, lines[row]);
        if let Some(topic) = topic {
            event = event.with("topic", topic);
        }
        event = event.with("broker", broker);
        for (key, name) in [
            ("perm", "perm"),
            ("readQueueNums", "read_queues"),
            ("writeQueueNums", "write_queues"),
        ] {
            if let Some(value) = queue.get(key).and_then(Json::as_f64) {
                event = event.with(name, value);
            }
        }
        if let Some(addrs) = addrs(broker) {
            event = event.with("addrs", addrs);
        }
        out.event(event);
    }
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

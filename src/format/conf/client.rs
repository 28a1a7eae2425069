//! Settings of message clients in other programs' properties files: canal, flink jobs, log appenders, own applications.
//! Only the keys that speak of RocketMQ are taken.
//!
//! ```text
//! canal.mq.servers = 10.0.0.4:9876
//! canal.mq.producerGroup = canal
//! order.rocketmq.namesrvAddr=10.0.0.4:9876
//! mq.producer.group=order-producer
//! ```

use super::properties::{self, Entry};
use super::{Keys, Place};
use crate::format::{Format, Sink};
use crate::model::Text;
use crate::model::conf_keys;

pub(super) const FORMAT: Format = Format {
    name: "client-properties",
    score,
    parse,
};

const PLACE: Place<'static> = Place {
    class: "client",
    form: "file",
    unit: "",
};

fn score(text: &Text<'_>) -> u8 {
    if super::is_too_long(text) {
        return 0;
    }
    let count = wanted(text).len();
    u8::try_from(count * 100 / text.lines().len().max(1))
        .unwrap_or(100)
        .clamp(u8::from(count > 0), 70)
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let mut keys = Keys::new(text, sink);
    for entry in wanted(text) {
        keys.give(PLACE, &entry.key, &entry.value, entry.line);
    }
}

/// Keys with a dot that name RocketMQ, canal's message queue, or a name server. Spring's are read elsewhere; a log line
/// is kept out by the form of its key.
fn wanted<'a>(text: &Text<'a>) -> Vec<Entry<'a>> {
    let lines = text.lines();
    let mut out = properties::entries(lines);
    out.retain(|entry| {
        entry.separator.is_some()
            && properties::is_name(&entry.key)
            && !conf_keys::is_known(&entry.key)
            && is_ours(&entry.key)
    });
    out
}

fn is_ours(key: &str) -> bool {
    if !key.contains('.') || key.starts_with("rocketmq.") {
        return false;
    }
    let lower = key.to_ascii_lowercase();
    [
        "canal.mq.",
        "rocketmq",
        "namesrv",
        "nameserver",
        "name-server",
        "name_server",
    ]
    .iter()
    .any(|word| lower.contains(word))
        && !lower.starts_with("spring.cloud.stream.rocketmq.")
        || ["mq.producer.", "mq.consumer."]
            .iter()
            .any(|start| lower.starts_with(start))
}

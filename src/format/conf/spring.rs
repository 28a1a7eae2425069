//! Spring's application.yml and application.properties, as far as they speak of RocketMQ: `rocketmq.*` and
//! `spring.cloud.stream.rocketmq.*`.
//!
//! ```text
//! rocketmq:
//!   name-server: 10.0.0.4:9876
//!   producer:
//!     group: order-producer
//!     send-message-timeout: 3000
//! ```

use super::{Keys, Place, properties, yaml};
use crate::format::{Format, Sink};
use crate::model::Text;

pub(super) const FORMAT: Format = Format {
    name: "spring",
    score,
    parse,
};

const PREFIXES: [&str; 2] = ["rocketmq.", "spring.cloud.stream.rocketmq."];

fn is_ours(path: &str) -> bool {
    PREFIXES.iter().any(|prefix| path.starts_with(prefix))
}

fn score(text: &Text<'_>) -> u8 {
    if super::is_too_long(text) {
        return 0;
    }
    let hit = text.lines().iter().any(|line| {
        let line = line.trim();
        line == "rocketmq:" || PREFIXES.iter().any(|prefix| line.starts_with(prefix))
    });
    if hit { 60 } else { 0 }
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    if score(text) == 0 {
        return;
    }
    let mut keys = Keys::new(text, sink);
    let place = Place {
        class: "spring",
        form: "file",
        unit: "",
    };
    for entry in properties::entries(text.lines()) {
        if entry.separator.is_some() && is_ours(&entry.key) && properties::is_name(&entry.key) {
            keys.give(place, &entry.key, &entry.value, entry.line);
        }
    }
    for leaf in yaml::leaves(text.lines()) {
        if is_ours(&leaf.path) && !leaf.value.is_empty() && !leaf.path.contains('=') {
            let unit = match leaf.document {
                0 => String::new(),
                number => format!("#{}", number + 1),
            };
            let place = Place { unit: &unit, ..place };
            keys.give(place, &leaf.path, &leaf.value, leaf.line);
        }
    }
}

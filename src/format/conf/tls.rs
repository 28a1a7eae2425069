//! tls.properties of broker, name server and Java clients (`-Dtls.config.file`).
//!
//! ```text
//! tls.server.certPath=/etc/rocketmq/broker.pem
//! tls.server.keyPassword=******
//! ```

use super::{Keys, Place, properties};
use crate::format::{Format, Sink};
use crate::model::Text;

pub(super) const FORMAT: Format = Format {
    name: "tls-properties",
    score,
    parse,
};

const STARTS: [&str; 5] = ["tls.server.", "tls.client.", "tls.test.", "tls.config.", "tls.enable"];

fn score(text: &Text<'_>) -> u8 {
    if super::is_too_long(text) {
        return 0;
    }
    let hit = |line: &&str| STARTS.iter().any(|start| line.trim_start().starts_with(start));
    let count = text.lines().iter().filter(|line| hit(line)).count();
    u8::try_from(count * 100 / text.lines().len().max(1))
        .unwrap_or(100)
        .clamp(u8::from(count > 0), 90)
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let mut keys = Keys::new(text, sink);
    let place = Place {
        class: "tls",
        form: "file",
        unit: "",
    };
    for entry in properties::entries(text.lines()) {
        if entry.separator.is_some()
            && STARTS.iter().any(|start| entry.key.starts_with(start))
            && properties::is_name(&entry.key)
        {
            keys.give(place, &entry.key, &entry.value, entry.line);
        }
    }
}

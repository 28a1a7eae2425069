//! rmq-proxy.json, alone or inside another text (a ConfigMap, a paste).
//!
//! ```text
//! {
//!   "rocketMQClusterName": "DefaultCluster",
//!   "namesrvAddr": "10.0.0.4:9876",
//!   "grpcServerPort": 8081
//! }
//! ```

use super::{Keys, Place, json, named};
use crate::format::{Format, Sink};
use crate::model::Text;
use crate::model::conf_keys::row_in_file;

pub(super) const FORMAT: Format = Format {
    name: "proxy-json",
    score,
    parse,
};

const PLACE: Place<'static> = Place {
    class: "proxy",
    form: "file",
    unit: "",
};

fn score(text: &Text<'_>) -> u8 {
    if super::is_too_long(text) {
        return 0;
    }
    let found = objects(text);
    let scalars: usize = found.iter().map(Vec::len).sum();
    if scalars == 0 {
        return 0;
    }
    u8::try_from(scalars * 100 / text.lines().len().max(1))
        .unwrap_or(100)
        .clamp(1, 100)
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let mut keys = Keys::new(text, sink);
    for scalar in objects(text).into_iter().flatten() {
        keys.give(PLACE, &scalar.path, &scalar.value, scalar.line);
    }
}

/// The objects that are the proxy's: two of its keys, or one and the file's name.
fn objects(text: &Text<'_>) -> Vec<Vec<json::Scalar>> {
    let lines = text.lines();
    let needed = if named(text, &["proxy.json"]) { 1 } else { 2 };
    let mut out = Vec::new();
    let mut index = 0;
    while index < lines.len() {
        if !lines[index].trim_start().starts_with('{') {
            index += 1;
            continue;
        }
        let (scalars, next) = json::object(lines, index);
        let known = scalars
            .iter()
            .filter(|s| row_in_file("proxy", &s.path).is_some())
            .count();
        let telling = scalars.iter().any(|s| s.path == "rocketMQClusterName");
        if known >= needed || telling {
            out.push(scalars);
        }
        index = next.max(index + 1);
    }
    out
}

//! Applications: Spring and other clients' settings.

use super::address;
use super::facts::{ConfFile, Entry, Facts};
use super::hit::{Hit, Hits};

pub(super) fn check(facts: &Facts<'_>, hits: &mut Hits) {
    for file in facts
        .files
        .iter()
        .filter(|file| matches!(file.class, "spring" | "client"))
    {
        for entry in &file.entries {
            one_key(file, entry, hits);
        }
    }
}

/// The key without dashes, dots and case, as Spring's relaxed binding sees it.
fn plain(key: &str) -> String {
    key.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

fn one_key(file: &ConfFile<'_>, entry: &Entry<'_>, hits: &mut Hits) {
    let key = plain(entry.key);
    let value = entry.raw.trim();
    let number = value.parse::<i64>().ok();
    if ["nameserver", "namesrvaddr", "nameserveraddr", "nameserveraddress"]
        .iter()
        .any(|end| key.ends_with(end))
    {
        // `${MQ_ADDR:10.0.0.4:9876}` is settled elsewhere.
        if !value.contains("${") {
            address::name_servers(file, entry, hits);
        }
    } else if key.ends_with("sendmessagetimeout") || key.ends_with("sendmsgtimeout") {
        if number.is_some_and(|ms| (1..1_000).contains(&ms)) {
            hits.add(Hit::new("send-timeout-short", entry.event).suggestion(3000));
        }
    } else if (key.ends_with("producergroup") || key.ends_with("consumergroup") || key.ends_with("producer.group"))
        && is_bad_group(value)
    {
        hits.add(Hit::new("group-name-illegal", entry.event));
    } else if key.ends_with("pullbatchsize") && number.is_some_and(|n| n > 32) {
        hits.add(Hit::new("pull-batch-over-32", entry.event).suggestion(32));
    }
}

/// Letters, digits, `%`, `|`, `-`, `_`; placeholders are settled elsewhere.
fn is_bad_group(value: &str) -> bool {
    !value.is_empty()
        && !value.contains("${")
        && (value.len() > 255
            || !value
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'%' | b'|' | b'-' | b'_')))
}

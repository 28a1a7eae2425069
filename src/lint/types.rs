//! Values: blanks and comments behind them, wrong types, unknown words, out of range.

use super::facts::{ConfFile, Entry, Facts};
use super::hit::{Hit, Hits};
use super::keys::harm_of;
use crate::model::Version;
use crate::model::conf_keys::{ConfType, row_in_file};

/// Version from which text values are trimmed.
const TRIMS_TEXT: Version = Version::new(5, 2, 0);

pub(super) fn check(facts: &Facts<'_>, hits: &mut Hits) {
    for file in &facts.files {
        let version = facts.version(file.host);
        for entry in &file.entries {
            let Some(row) = row_in_file(file.class, entry.key) else {
                continue;
            };
            if file.is_written() && file.class != "proxy" && behind(entry, row.kind, version, hits) {
                continue;
            }
            if file.is_written() && wrong_type(file, entry, row.kind, row.default, hits) {
                continue;
            }
            out_of_range(file, entry, hits);
        }
    }
}

/// What stands behind the value: a comment or blanks. True when that makes the value void.
fn behind(entry: &Entry<'_>, kind: ConfType, version: Option<Version>, hits: &mut Hits) -> bool {
    let raw = entry.raw;
    let trimmed = raw.trim_end();
    if let Some(at) = comment_at(trimmed) {
        hits.add(
            Hit::new("value-comment-behind", entry.event)
                .suggestion(trimmed[..at].trim_end())
                .harm(harm_of(entry.key)),
        );
        return true;
    }
    if trimmed.len() == raw.len() || trimmed.is_empty() {
        return false;
    }
    let trimmed_by_version = version.is_some_and(|v| v >= TRIMS_TEXT);
    match kind {
        ConfType::Text | ConfType::Enum(_) if trimmed_by_version => false,
        ConfType::Text => {
            let severity = if version.is_some() { "error" } else { "warning" };
            hits.add(
                Hit::new("value-blank-behind-text", entry.event)
                    .suggestion(trimmed)
                    .severity(severity)
                    .harm(harm_of(entry.key)),
            );
            false
        }
        _ => {
            hits.add(
                Hit::new("value-blank-behind", entry.event)
                    .suggestion(trimmed)
                    .harm(harm_of(entry.key)),
            );
            true
        }
    }
}

/// Where a comment starts that the writer put behind a value.
fn comment_at(value: &str) -> Option<usize> {
    let marks = [" #", "\t#", " //", "\t//"];
    let behind = marks.iter().filter_map(|mark| value.find(mark)).min();
    // `04#note`: no blank, but nothing in a number or word may hold a `#`.
    behind.or_else(|| {
        let at = value.find('#')?;
        (at > 0 && value[..at].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')).then_some(at)
    })
}

/// True when the value cannot be read as what the key takes.
fn wrong_type(file: &ConfFile<'_>, entry: &Entry<'_>, kind: ConfType, default: &str, hits: &mut Hits) -> bool {
    let value = if file.class == "proxy" {
        entry.raw.trim()
    } else {
        entry.raw
    };
    let harm = harm_of(entry.key);
    let hit = match kind {
        ConfType::Int if value.parse::<i32>().is_err() => match value.parse::<i64>() {
            Ok(_) => Hit::new("value-overflow", entry.event).detail("2147483647"),
            Err(_) => not_a_number(entry, value, default),
        },
        ConfType::Long if value.parse::<i64>().is_err() => not_a_number(entry, value, default),
        ConfType::Double if value.trim().parse::<f64>().is_err() => not_a_number(entry, value, default),
        ConfType::Bool if !is_boolean(value) => {
            let meant = matches!(
                value.trim().trim_matches('"').to_ascii_lowercase().as_str(),
                "yes" | "on" | "1" | "y" | "t" | "true" | "enable" | "enabled"
            );
            Hit::new("value-not-boolean", entry.event).suggestion(meant)
        }
        ConfType::Enum(words) if !words.split('|').any(|word| word == value.trim()) => {
            let near = words
                .split('|')
                .find(|word| word.eq_ignore_ascii_case(value.trim().trim_matches('"')));
            Hit::new("value-not-in-list", entry.event)
                .suggestion(near.unwrap_or(words))
                .detail(words.replace('|', ", "))
        }
        ConfType::Text if is_quoted(value) => {
            hits.add(Hit::new("value-quoted", entry.event).suggestion(value.trim().trim_matches(['"', '\''])));
            return false;
        }
        _ => return false,
    };
    hits.add(hit.other(default).harm(harm));
    true
}

fn not_a_number<'e>(entry: &Entry<'e>, value: &str, default: &str) -> Hit<'e> {
    if value.trim().is_empty() {
        return Hit::new("value-empty", entry.event);
    }
    let number = value.trim().trim_matches('"').trim_end_matches(['L', 'l']);
    let suggestion = number
        .parse::<i64>()
        .ok()
        .map(|n| n as f64)
        .or_else(|| product(number))
        .or_else(|| crate::model::units::parse_bytes(number))
        .filter(|n| *n < 9e15)
        .map_or(default.to_owned(), |n| format!("{n:.0}"));
    Hit::new("value-not-a-number", entry.event).suggestion(suggestion)
}

/// `1024 * 1024 * 1024`, as it stands in the Java source that people copy from.
fn product(text: &str) -> Option<f64> {
    text.contains('*').then_some(())?;
    text.split('*').map(|part| part.trim().parse::<f64>().ok()).product()
}

fn is_boolean(value: &str) -> bool {
    value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false")
}

fn is_quoted(value: &str) -> bool {
    let value = value.trim();
    ['"', '\'']
        .iter()
        .any(|q| value.len() > 1 && value.starts_with(*q) && value.ends_with(*q))
}

/// Lowest and highest sensible value; `clamped` when RocketMQ corrects it in silence.
const RANGES: &[(&str, i64, i64, bool)] = &[
    ("listenPort", 1, 65_535, false),
    ("haListenPort", 0, 65_535, false),
    ("grpcServerPort", 1, 65_535, false),
    ("remotingListenPort", 1, 65_535, false),
    ("metricsPromExporterPort", 1, 65_535, false),
    ("diskMaxUsedSpaceRatio", 10, 95, true),
    ("diskSpaceCleanForciblyRatio", 30, 85, true),
    ("diskSpaceWarningLevelRatio", 35, 90, true),
    ("registerNameServerPeriod", 10_000, 60_000, true),
    ("brokerPermission", 0, 7, false),
    ("fileReservedTime", 1, 87_600, false),
    ("accessMessageInMemoryMaxRatio", 1, 100, false),
    ("mappedFileSizeCommitLog", 1_048_576, 2_147_483_647, false),
    ("mappedFileSizeConsumeQueue", 20, 2_147_483_647, false),
    ("maxMessageSize", 1, 2_147_483_647, false),
    ("sendMessageThreadPoolNums", 1, 1_000, false),
    ("pullMessageThreadPoolNums", 1, 2_000, false),
    ("sendThreadPoolQueueCapacity", 1, 2_147_483_647, false),
    ("pullThreadPoolQueueCapacity", 1, 2_147_483_647, false),
    ("heartbeatThreadPoolQueueCapacity", 1, 2_147_483_647, false),
    ("waitTimeMillsInSendQueue", 1, 600_000, false),
    ("defaultTopicQueueNums", 1, 10_000, false),
    ("serverChannelMaxIdleTimeSeconds", 31, 86_400, false),
    ("transactionCheckInterval", 1, 86_400_000, false),
    ("inSyncReplicas", 1, 100, false),
    ("flushIntervalCommitLog", 1, 3_600_000, false),
    ("osPageCacheBusyTimeOutMills", 1, 600_000, false),
];

fn out_of_range(file: &ConfFile<'_>, entry: &Entry<'_>, hits: &mut Hits) {
    if entry.key == "deleteWhen" {
        delete_when(entry, hits);
        return;
    }
    let Some(value) = entry.raw.trim().parse::<i64>().ok() else {
        return;
    };
    // The commit log of a dump may be 0 where another store is used.
    if !file.is_written() && value == 0 {
        return;
    }
    let Some((_, low, high, clamped)) = RANGES.iter().find(|(key, ..)| *key == entry.key) else {
        return;
    };
    if (*low..=*high).contains(&value) {
        consume_queue_size(entry, value, hits);
        return;
    }
    let check = if *clamped {
        "value-clamped"
    } else {
        "value-out-of-range"
    };
    hits.add(
        Hit::new(check, entry.event)
            .detail(format!("{low}..{high}"))
            .suggestion(value.clamp(*low, *high)),
    );
}

fn consume_queue_size(entry: &Entry<'_>, value: i64, hits: &mut Hits) {
    if entry.key == "mappedFileSizeConsumeQueue" && value % 20 != 0 {
        hits.add(Hit::new("value-not-multiple-of-20", entry.event).suggestion(value.saturating_add(19) / 20 * 20));
    }
}

/// `04` or `04;16`: hours, joined by `;`.
fn delete_when(entry: &Entry<'_>, hits: &mut Hits) {
    let sane = entry
        .raw
        .trim()
        .split(';')
        .filter(|part| !part.trim().is_empty())
        .all(|part| part.len() <= 2 && part.parse::<u32>().is_ok_and(|hour| hour < 24));
    if !sane {
        hits.add(Hit::new("delete-when-unreadable", entry.event).suggestion("04"));
    }
}

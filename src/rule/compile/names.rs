//! Words of rule files that stand for something: kinds of log, roles, durations; and the nearest word to a misspelt one.

use super::LogMask;
use crate::model::{LogKind, Role};

/// The bit of a kind of log.
pub fn log_bit(log: LogKind) -> LogMask {
    1 << log as u32
}

/// The name of a kind of log in rule files.
pub fn log_name(log: LogKind) -> &'static str {
    LOG_NAMES
        .iter()
        .find(|(_, l)| *l == log)
        .map_or("app", |(name, _)| name)
}

const LOG_NAMES: &[(&str, LogKind)] = &[
    ("broker", LogKind::Broker),
    ("store", LogKind::Store),
    ("storeerror", LogKind::StoreError),
    ("remoting", LogKind::Remoting),
    ("watermark", LogKind::Watermark),
    ("stats", LogKind::Stats),
    ("transaction", LogKind::Transaction),
    ("namesrv", LogKind::Namesrv),
    ("controller", LogKind::Controller),
    ("proxy", LogKind::Proxy),
    ("broker-other", LogKind::BrokerOther),
    ("client", LogKind::Client),
    ("app", LogKind::App),
    ("tools", LogKind::Tools),
    ("system", LogKind::System),
];

pub(super) fn log_mask(names: &[String]) -> Result<LogMask, String> {
    let mut mask = 0;
    for name in names {
        mask |= match name.as_str() {
            "any-broker" => [
                LogKind::Broker,
                LogKind::Store,
                LogKind::StoreError,
                LogKind::Remoting,
                LogKind::Watermark,
                LogKind::Stats,
                LogKind::Transaction,
                LogKind::BrokerOther,
            ]
            .into_iter()
            .map(log_bit)
            .fold(0, |a, b| a | b),
            "any-client" => log_bit(LogKind::Client) | log_bit(LogKind::App) | log_bit(LogKind::Tools),
            other => {
                let names: Vec<&str> = LOG_NAMES.iter().map(|(n, _)| *n).collect();
                let (_, log) = LOG_NAMES.iter().find(|(n, _)| *n == other).ok_or_else(|| {
                    format!(
                        "`in`: unknown log `{other}`, expected one of {}, any-broker, any-client",
                        names.join(", ")
                    )
                })?;
                log_bit(*log)
            }
        };
    }
    Ok(mask)
}

/// The name of a role in rule files.
pub fn role_name(role: Role) -> &'static str {
    match role {
        Role::Namesrv => "namesrv",
        Role::Broker => "broker",
        Role::Proxy => "proxy",
        Role::Controller => "controller",
        Role::Client => "client",
    }
}

pub(super) fn parse_role(name: &str) -> Result<Role, String> {
    [Role::Namesrv, Role::Broker, Role::Proxy, Role::Controller, Role::Client]
        .into_iter()
        .find(|r| role_name(*r) == name)
        .ok_or_else(|| format!("unknown role `{name}`, expected namesrv, broker, proxy, controller or client"))
}

pub(super) fn parse_ms(text: &str) -> Result<i64, String> {
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let number: f64 = text[..split]
        .trim()
        .parse()
        .map_err(|_| format!("`{text}` is not a duration such as 5s"))?;
    let factor = match &text[split..] {
        "ms" => 1.0,
        "s" => 1000.0,
        "m" => 60_000.0,
        "h" => 3_600_000.0,
        _ => return Err(format!("`{text}` is not a duration such as 500ms, 5s, 2m or 1h")),
    };
    Ok((number * factor) as i64)
}

/// `, did you mean …?` for the nearest name.
pub(super) fn suggest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    known
        .map(|k| (distance(name, k), k))
        .filter(|(d, k)| *d <= 2.max(k.len() / 4))
        .min()
        .map_or(String::new(), |(_, k)| format!(", did you mean `{k}`?"))
}

/// Edit distance (Levenshtein) of two short names.
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let next = (diagonal + usize::from(x != *y)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], next);
        }
    }
    row[b.len()]
}

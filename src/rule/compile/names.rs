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

/// Whether an advice may say that this has to be restarted.
pub(super) fn check_restart(name: &str) -> Result<(), String> {
    match name {
        "" | "none" | "broker" | "namesrv" | "client" | "host" => Ok(()),
        _ => Err(format!(
            "`restart`: unknown `{name}`, expected none, broker, namesrv, client or host"
        )),
    }
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

/// The line of a file in which a mistake stands: the first that holds what the message quotes, of the piece of evidence
/// that it speaks of. What is quoted last is what is wrong.
pub(super) fn line_of(text: &str, what: &str) -> usize {
    let number = what.strip_prefix("evidence ").and_then(|rest| rest.split(':').next());
    let piece = number.and_then(|number| number.parse::<usize>().ok()).unwrap_or(0);
    let mut headers = text.match_indices("[[evidence]]").map(|(at, _)| at);
    let start = piece.checked_sub(1).and_then(|before| headers.nth(before)).unwrap_or(0);
    let what = what.split(", did you mean").next().unwrap_or(what);
    let quoted: Vec<&str> = what.split('`').skip(1).step_by(2).collect();
    let stands = |form: &dyn Fn(&str) -> String| quoted.iter().rev().find_map(|word| text[start..].find(&form(word)));
    let found = stands(&|word| format!("\"{word}\""))
        .or_else(|| stands(&|word| format!("'{word}'")))
        .or_else(|| stands(&|word| word.to_string()));
    text[..start + found.unwrap_or(0)].matches('\n').count() + 1
}

/// `, did you mean …?` for the nearest name.
pub(super) fn suggest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    known
        .map(|k| (strsim::levenshtein(name, k), k))
        .filter(|(d, k)| *d <= 2.max(k.len() / 4))
        .min()
        .map_or(String::new(), |(_, k)| format!(", did you mean `{k}`?"))
}

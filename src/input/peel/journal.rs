//! Lines of journald and syslog: `May 02 14:56:12 host java[123]: text`, the same with an ISO stamp, and JSON.
//!
//! Only lines of the one program that fills the file are peeled. A mixed `/var/log/messages` stays as it is, since
//! there the prefix tells more than the text; and so do the kernel's own lines.

use super::{Peeled, stamp};
use crate::model::Moment;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Programs whose lines are about the host; their prefix is part of the message.
const HOST_TAGS: [&str; 14] = [
    "kernel",
    "systemd",
    "systemd-logind",
    "sshd",
    "CRON",
    "cron",
    "crond",
    "sudo",
    "su",
    "dockerd",
    "kubelet",
    "rsyslogd",
    "dbus",
    "dbus-daemon",
];

/// Reads one syslog line: its tag (program name) and its parts.
pub(super) fn syslog(line: &str, year: Option<i64>) -> Option<(&str, Peeled<'_>)> {
    let (at, rest) = match stamp::rfc3339(line) {
        Some((at, rest)) => (Some(at), rest),
        None => stamp::syslog(line, year)?,
    };
    let rest = rest.strip_prefix(' ')?;
    let (host, rest) = rest.split_once(' ')?;
    let (tag, text) = rest.split_once(':')?;
    let name = match tag.split_once('[') {
        Some((name, pid)) => {
            let digits = pid.strip_suffix(']')?;
            (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then_some(name)?
        }
        None => tag,
    };
    let word = |text: &str, more: &[u8]| {
        !text.is_empty() && text.len() <= 128 && text.bytes().all(|b| b.is_ascii_alphanumeric() || more.contains(&b))
    };
    // An empty line has no blank behind its colon when an editor trimmed it.
    let inner = text.strip_prefix(' ').or_else(|| text.is_empty().then_some(text))?;
    (word(host, b"-_.") && word(name, b"-_./@()")).then(|| {
        let peeled = Peeled {
            inner: inner.into(),
            at,
            origin: host.into(),
            ..Peeled::default()
        };
        (name, peeled)
    })
}

/// The program that wrote at least half of the lines, if nearly all are syslog lines and it is not the host's own.
pub(super) fn main_tag(lines: &[Cow<'_, str>]) -> Option<String> {
    let mut tags: BTreeMap<&str, usize> = BTreeMap::new();
    let mut all = 0;
    for line in lines {
        if let Some((tag, _)) = syslog(line, None) {
            all += 1;
            *tags.entry(tag).or_default() += 1;
        }
    }
    if all * 10 < lines.len() * 8 {
        return None;
    }
    let (tag, hits) = tags.into_iter().max_by_key(|(_, hits)| *hits)?;
    (hits * 2 >= lines.len() && !HOST_TAGS.contains(&tag)).then(|| tag.to_owned())
}

#[derive(Deserialize)]
struct JournalLine<'a> {
    #[serde(borrow, rename = "MESSAGE")]
    message: Cow<'a, str>,
    #[serde(borrow, rename = "__REALTIME_TIMESTAMP")]
    micros: Cow<'a, str>,
    #[serde(borrow, default, rename = "_HOSTNAME")]
    host: Cow<'a, str>,
}

/// One line of `journalctl -o json`.
pub(super) fn json(line: &str) -> Option<Peeled<'_>> {
    if !line.starts_with('{') || !line.contains("\"MESSAGE\"") {
        return None;
    }
    let parsed: JournalLine<'_> = serde_json::from_str(line).ok()?;
    let micros: i64 = parsed.micros.parse().ok()?;
    Some(Peeled {
        inner: parsed.message,
        at: Some(Moment::utc(micros / 1000)),
        origin: parsed.host,
        ..Peeled::default()
    })
}

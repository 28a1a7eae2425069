//! The start-up dump: every server prints its whole configuration into its log, one `key=value` per line. Logs are read
//! as a stream, so this is a function over lines and not a `Format`.
//!
//! ```text
//! 2024-05-11 10:20:12 INFO main - brokerIP1=10.0.0.5
//! ```

use super::secret;
use crate::model::conf_keys::rows_of;
use crate::model::{Event, Span};

/// Bytes of a line that are searched for a key; dump lines have it near the front.
const HEAD: usize = 200;

/// Key and value when the line is one of the start-up dump. The value is as printed, blanks behind it included.
///
/// Cheap for the lines that are not: it looks for one `=` in the first bytes and for a known key in front of it.
pub fn start_dump_line(line: &str) -> Option<(&str, &str)> {
    let bytes = line.as_bytes();
    let equals = memchr::memchr(b'=', &bytes[..bytes.len().min(HEAD)])?;
    let from = bytes[..equals]
        .iter()
        .rposition(|b| !b.is_ascii_alphanumeric())
        .map_or(0, |at| at + 1);
    let front = &bytes[..from];
    if !(front.is_empty() || front.ends_with(b" - ") || front.ends_with(b"] ")) {
        return None;
    }
    let key = &line[from..equals];
    if rows_of(key).is_empty() {
        return None;
    }
    Some((key, &line[equals + 1..]))
}

/// The `conf.key` event of a dump line, for a log of this class (`broker`, `namesrv`, `controller`).
pub fn dump_event(class: &str, file: &str, key: &str, value: &str, span: Span, line: &str) -> Event {
    let value = if secret::is_secret_key(key) {
        secret::stars(value)
    } else {
        secret::masked(crate::model::event::clip(value)).into_owned()
    };
    Event::new("conf.key", span, &secret::masked(crate::model::event::clip(line)))
        .with("key", key)
        .with("value", value)
        .with("class", class)
        .with("file", file)
        .with("form", "dump")
        .with("unit", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dump_lines_and_others() {
        for (line, want) in [
            (
                "2024-05-11 10:20:12 INFO main - brokerIP1=10.0.0.5",
                Some(("brokerIP1", "10.0.0.5")),
            ),
            (
                "2024-05-11 10:20:12,345 INFO main - listenPort=10911",
                Some(("listenPort", "10911")),
            ),
            ("flushDiskType=ASYNC_FLUSH", Some(("flushDiskType", "ASYNC_FLUSH"))),
            ("dLegerPeers=", Some(("dLegerPeers", ""))),
            ("2024-05-11 10:20:12 INFO x - topic=order-topic", None),
            ("2024-05-11 10:20:12 INFO x - set brokerName=broker-a", None),
            ("no equals sign", None),
            ("=", None),
            ("中文=1", None),
        ] {
            assert_eq!(start_dump_line(line), want, "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_never_panics(line in "(?s).{0,300}") {
            let _ = start_dump_line(&line);
        }
    }
}

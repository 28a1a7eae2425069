//! Lines as container engines write them: docker json-file, Kubernetes CRI, and a bare stamp before the text.

use super::{Peeled, stamp};
use serde::Deserialize;
use std::borrow::Cow;

#[derive(Deserialize)]
struct DockerLine<'a> {
    #[serde(borrow)]
    log: Cow<'a, str>,
    #[serde(borrow, default)]
    stream: Cow<'a, str>,
    #[serde(borrow, default)]
    time: Cow<'a, str>,
}

/// `{"log":"text\n","stream":"stdout","time":"…"}`; without a line feed the text goes on, if `feeds` are kept at all.
pub(super) fn docker(line: &str, feeds: bool) -> Option<Peeled<'_>> {
    if !line.starts_with('{') || !line.contains("\"log\"") {
        return None;
    }
    let parsed: DockerLine<'_> = serde_json::from_str(line).ok()?;
    let ended = parsed.log.ends_with('\n');
    Some(Peeled {
        inner: match parsed.log {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim_end_matches(['\n', '\r'])),
            Cow::Owned(mut text) => {
                text.truncate(text.trim_end_matches(['\n', '\r']).len());
                Cow::Owned(text)
            }
        },
        at: stamp::rfc3339(&parsed.time).map(|(at, _)| at),
        stream: usize::from(parsed.stream == "stderr"),
        goes_on: feeds && !ended,
        ..Peeled::default()
    })
}

/// `<stamp> stdout|stderr F|P text`
pub(super) fn cri(line: &str) -> Option<Peeled<'_>> {
    let (at, rest) = stamp::rfc3339(line)?;
    let rest = rest.strip_prefix(' ')?;
    let (stream, rest) = match rest.strip_prefix("stdout ") {
        Some(rest) => (0, rest),
        None => (1, rest.strip_prefix("stderr ")?),
    };
    let (tag, text) = rest.split_once(' ').unwrap_or((rest, ""));
    let goes_on = match tag.split(':').next() {
        Some("F") => false,
        Some("P") => true,
        _ => return None,
    };
    Some(Peeled {
        inner: text.into(),
        at: Some(at),
        stream,
        goes_on,
        ..Peeled::default()
    })
}

/// `<stamp> text`
pub(super) fn stamped(line: &str) -> Option<Peeled<'_>> {
    let (at, rest) = stamp::rfc3339(line)?;
    let inner = rest.strip_prefix(' ').or_else(|| rest.is_empty().then_some(rest))?;
    Some(Peeled {
        inner: inner.into(),
        at: Some(at),
        ..Peeled::default()
    })
}

/// Whether stamps are an engine's and not the program's own: nine digits of a second on nearly every line.
pub(super) fn is_stamped(lines: &[Cow<'_, str>]) -> bool {
    let nanos = |line: &str| {
        let fraction = line.get(20..).unwrap_or_default();
        fraction.bytes().take_while(u8::is_ascii_digit).count() >= 7 && line.as_bytes()[19] == b'.'
    };
    lines.iter().filter(|line| nanos(line)).count() * 10 >= lines.len() * 9
}

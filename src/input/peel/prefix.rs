//! Names before the text: `broker-a  | text` (docker compose), `[pod/broker-a-0/broker] text` (kubectl).

use super::Peeled;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// `name | text`, `name.1.id@node    | text`
pub(super) fn compose(line: &str) -> Option<Peeled<'_>> {
    let (name, rest) = line.split_once('|')?;
    let name = name.strip_suffix(' ')?.trim_end_matches(' ');
    let known = |b: u8| b.is_ascii_alphanumeric() || b"-_.@".contains(&b);
    if name.is_empty() || name.len() > 100 || !name.bytes().all(known) {
        return None;
    }
    let inner = rest.strip_prefix(' ').or_else(|| rest.is_empty().then_some(rest))?;
    Some(Peeled {
        inner: inner.into(),
        origin: name.into(),
        ..Peeled::default()
    })
}

/// Whether it is compose output and not a table with one bar: bars stand in one column, names repeat and have a letter.
pub(super) fn is_compose(lines: &[Cow<'_, str>]) -> bool {
    let mut names = BTreeSet::new();
    let mut bars = BTreeSet::new();
    for line in lines {
        let Some(peeled) = compose(line) else { continue };
        if !peeled.origin.bytes().any(|b| b.is_ascii_alphabetic()) {
            return false;
        }
        names.insert(peeled.origin.into_owned());
        bars.insert(line.find('|'));
    }
    // compose widens the column when a longer name joins.
    let repeats = names.len() * 2 <= lines.len();
    repeats && names.len() <= 64 && bars.len() <= 3
}

/// `[pod/name/container] text`
pub(super) fn pod(line: &str) -> Option<Peeled<'_>> {
    let (name, rest) = line.strip_prefix("[pod/")?.split_once(']')?;
    let pod = name.split('/').next()?;
    let inner = rest.strip_prefix(' ').or_else(|| rest.is_empty().then_some(rest))?;
    (!pod.is_empty() && name.len() <= 256).then(|| Peeled {
        inner: inner.into(),
        origin: pod.into(),
        ..Peeled::default()
    })
}

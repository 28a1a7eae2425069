//! Rotated sets: which files are parts of one log, and in which order they were written.
//!
//! `otherdays/broker.2.log.gz`, `otherdays/broker.1.log.gz`, `broker.log` are one log (index 1 is the newest rotated
//! part); so are `broker-2024-05-01.0.log`, `broker-2024-05-01.1.log` (index grows with time), `x.log.2.gz`, `x.log.1`,
//! `x.log`, and the JDK's `gc.log.0`, `gc.log.1.current`.

use std::collections::BTreeMap;

/// Groups paths into rotated sets, each ordered oldest first. Every index stands in exactly one group; a file alone is
/// a group of one. Groups come in the order of their first path.
pub fn group_rotated<P: AsRef<str>>(paths: &[P]) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<(String, String), Vec<(usize, Part)>> = BTreeMap::new();
    for (index, path) in paths.iter().enumerate() {
        let (key, part) = part_of(path.as_ref());
        groups.entry(key).or_default().push((index, part));
    }
    let mut sets: Vec<Vec<usize>> = groups.into_values().map(in_time_order).collect();
    sets.sort_by_key(|set| set.iter().copied().min());
    sets
}

/// Where a file stands in its set.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    /// Digits of the date in the name, empty if none.
    date: String,
    /// Number of the part.
    index: Option<u64>,
    /// Whether the number grows with age (logback's fixed window, logrotate) or with time (after a date, JDK).
    newest_low: bool,
    /// Whether the name has neither, or says `.current`: the file being written.
    live: bool,
}

fn in_time_order(mut set: Vec<(usize, Part)>) -> Vec<usize> {
    // A JDK ring: numbers above the current one were written in the round before.
    let current = set
        .iter()
        .filter(|(_, part)| part.live)
        .find_map(|(_, part)| part.index);
    set.sort_by(|(a, left), (b, right)| {
        let step = |part: &Part| {
            let index = i128::from(part.index.unwrap_or(0));
            let round = current.is_some_and(|current| part.index.is_some_and(|i| i <= current));
            (round, if part.newest_low { -index } else { index })
        };
        (left.live, &left.date, step(left), a).cmp(&(right.live, &right.date, step(right), b))
    });
    set.into_iter().map(|(index, _)| index).collect()
}

/// The set a path belongs to (folder, name without date and index) and its place there.
fn part_of(path: &str) -> ((String, String), Part) {
    let (folder, name) = path.rsplit_once(['/', '\\']).unwrap_or(("", path));
    let folder = ["otherdays", "other_days", "archive", "archived", "history", "old"]
        .iter()
        .find_map(|sub| folder.strip_suffix(sub))
        .unwrap_or(folder)
        .trim_end_matches(['/', '\\']);
    let mut stem = name.to_ascii_lowercase();
    for ending in [".gz", ".zst", ".xz", ".bz2", ".zip"] {
        if let Some(cut) = stem.strip_suffix(ending) {
            stem = cut.to_owned();
            break;
        }
    }
    let current = stem.ends_with(".current");
    let stem = stem.strip_suffix(".current").map(str::to_owned).unwrap_or(stem);
    let (stem, date) = take_date(&stem);
    let (stem, index, after_log) = take_index(&stem);
    let jdk = after_log && stem.contains("gc");
    let part = Part {
        live: current || (index.is_none() && date.is_empty()),
        newest_low: date.is_empty() && !jdk,
        date,
        index,
    };
    ((folder.to_owned(), stem), part)
}

/// Takes `2024-05-02`, `20240502`, `2024-05-02_14` … out of a name; also logback's `{hour}` and time behind it.
fn take_date(name: &str) -> (String, String) {
    let bytes = name.as_bytes();
    for at in 0..bytes.len() {
        if at > 0 && bytes[at - 1].is_ascii_digit() {
            continue;
        }
        let Some((len, mut digits)) = date_at(&name.as_bytes()[at..]) else {
            continue;
        };
        let mut end = at + len;
        // A time of day behind the date orders parts of one day.
        while let Some(more) = time_at(&bytes[end..]) {
            digits.extend(
                bytes[end..end + more]
                    .iter()
                    .filter(|b| b.is_ascii_digit())
                    .map(|&b| char::from(b)),
            );
            end += more;
        }
        let left = name[..at].trim_end_matches(['-', '_', '.']);
        let stem = format!("{left}{}", &name[end..]);
        return (stem, digits);
    }
    (name.to_owned(), String::new())
}

/// Length and digits of a date at the start of `bytes`.
fn date_at(bytes: &[u8]) -> Option<(usize, String)> {
    let digits = |range: std::ops::Range<usize>| {
        let part = bytes.get(range)?;
        part.iter()
            .all(u8::is_ascii_digit)
            .then(|| String::from_utf8_lossy(part).into_owned())
    };
    let year = digits(0..4).filter(|y| y.starts_with("19") || y.starts_with("20"))?;
    if let Some(rest) = digits(4..8) {
        let end_is_digit = bytes.get(8).is_some_and(u8::is_ascii_digit);
        return (!end_is_digit).then(|| (8, format!("{year}{rest}")));
    }
    let sep = *bytes.get(4)?;
    if !matches!(sep, b'-' | b'_' | b'.') || bytes.get(7) != Some(&sep) {
        return None;
    }
    Some((10, format!("{year}{}{}", digits(5..7)?, digits(8..10)?)))
}

/// Length of `-14`, `_14-05`, `T140500` … behind a date. A dot starts an index, not a time.
fn time_at(bytes: &[u8]) -> Option<usize> {
    if !matches!(bytes.first(), Some(b'-' | b'_' | b't')) {
        return None;
    }
    let len = bytes[1..].iter().take_while(|b| b.is_ascii_digit()).count();
    matches!(len, 2 | 4 | 6).then_some(len + 1)
}

/// Takes the index out of `broker.1.log`, `rocketmq_client-1.log`, `x.log.3`. The flag tells that it stood behind
/// the ending.
fn take_index(name: &str) -> (String, Option<u64>, bool) {
    let number = |text: &str| {
        let plausible = !text.is_empty() && text.len() <= 6 && text.bytes().all(|b| b.is_ascii_digit());
        plausible.then(|| text.parse::<u64>().ok()).flatten()
    };
    let Some((stem, ending)) = name.rsplit_once('.') else {
        return (name.to_owned(), None, false);
    };
    // `x.log.1`, `messages.2`, but not `10.0.0.1` or `jstack.3`.
    let is_log = ["log", "out", "messages", "dmesg", "err"]
        .iter()
        .any(|word| stem.ends_with(word));
    if let Some(index) = number(ending).filter(|_| is_log) {
        return (stem.to_owned(), Some(index), true);
    }
    if !matches!(ending, "log" | "out") {
        return (name.to_owned(), None, false);
    }
    let by_dot = stem.rsplit_once('.');
    let by_dash = stem.rsplit_once('-');
    for (left, digits) in by_dot.into_iter().chain(by_dash) {
        if let Some(index) = number(digits) {
            return (format!("{left}.{ending}"), Some(index), false);
        }
    }
    (name.to_owned(), None, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(paths: &[&str]) -> Vec<Vec<String>> {
        group_rotated(paths)
            .into_iter()
            .map(|set| set.into_iter().map(|i| paths[i].to_owned()).collect())
            .collect()
    }

    #[test]
    fn fixed_window_counts_backwards() {
        assert_eq!(
            ordered(&[
                "h/logs/broker.log",
                "h/logs/otherdays/broker.1.log.gz",
                "h/logs/otherdays/broker.10.log.gz",
                "h/logs/otherdays/broker.2.log.gz",
                "h/logs/store.log",
                "g/logs/broker.log",
            ]),
            [
                vec![
                    "h/logs/otherdays/broker.10.log.gz",
                    "h/logs/otherdays/broker.2.log.gz",
                    "h/logs/otherdays/broker.1.log.gz",
                    "h/logs/broker.log"
                ],
                vec!["h/logs/store.log"],
                vec!["g/logs/broker.log"],
            ]
        );
    }

    #[test]
    fn client_logrotate_and_dates() {
        assert_eq!(
            ordered(&[
                "a/rocketmq_client.log",
                "a/other_days/rocketmq_client-1.log.gz",
                "a/other_days/rocketmq_client-2.log.gz"
            ]),
            [vec![
                "a/other_days/rocketmq_client-2.log.gz",
                "a/other_days/rocketmq_client-1.log.gz",
                "a/rocketmq_client.log"
            ]]
        );
        assert_eq!(
            ordered(&["x.log", "x.log.1", "x.log.2.gz", "messages", "messages-20240501"]),
            [
                vec!["x.log.2.gz", "x.log.1", "x.log"],
                vec!["messages-20240501", "messages"]
            ]
        );
        assert_eq!(
            ordered(&[
                "b/broker.log",
                "b/broker-2024-05-02.1.log",
                "b/broker-2024-05-02.0.log",
                "b/broker-2024-05-01.9.log"
            ]),
            [vec![
                "b/broker-2024-05-01.9.log",
                "b/broker-2024-05-02.0.log",
                "b/broker-2024-05-02.1.log",
                "b/broker.log"
            ]]
        );
    }

    #[test]
    fn jdk_numbers_grow_with_time() {
        assert_eq!(
            ordered(&["rmq_bk_gc.log.1.current", "rmq_bk_gc.log.0"]),
            [vec!["rmq_bk_gc.log.0", "rmq_bk_gc.log.1.current"]]
        );
        assert_eq!(
            ordered(&["gc.log.0", "gc.log.1.current", "gc.log.2", "gc.log.3"]),
            [vec!["gc.log.2", "gc.log.3", "gc.log.0", "gc.log.1.current"]]
        );
        assert_eq!(
            ordered(&["gc.log", "gc.log.0", "gc.log.1"]),
            [vec!["gc.log.0", "gc.log.1", "gc.log"]]
        );
    }

    #[test]
    fn numbers_that_are_not_parts() {
        assert_eq!(ordered(&["10.0.0.1", "jstack-1.txt", "jstack-2.txt"]).len(), 3);
        assert_eq!(ordered(&["app-1/app.log", "app-2/app.log"]).len(), 2);
        assert_eq!(group_rotated::<&str>(&[]), Vec::<Vec<usize>>::new());
    }
}

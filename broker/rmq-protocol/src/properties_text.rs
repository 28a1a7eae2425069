//! Java's `.properties` text: configuration files, and the bodies of requests that read or change configuration.
//!
//! ```text
//! # comment
//! listenPort = 9876
//! brokerIP1=10.0.0.1 \
//!           continued
//! ```
//!
//! What the keys mean is the business of each server.

/// The pairs of a properties text in their order; a later pair with the same key counts.
///
/// Follows `java.util.Properties.load`: `#` and `!` start comments, `=`, `:` or white space end a key, a backslash
/// at the end of a line continues it, `\uXXXX` and the usual escapes are resolved.
pub fn parse(text: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim_start_matches(is_blank);
        if line.is_empty() || line.starts_with(['#', '!']) {
            continue;
        }
        let mut logical = line.to_owned();
        while ends_with_odd_backslashes(&logical) {
            logical.pop();
            let Some(next) = lines.next() else { break };
            logical.push_str(next.trim_start_matches(is_blank));
        }
        pairs.push(split(&logical));
    }
    pairs
}

/// Writes pairs as Java's `MixAll.properties2String` does: `key=value` and a newline for each, nothing escaped.
pub fn format<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    pairs.into_iter().fold(String::new(), |mut text, (key, value)| {
        text.push_str(key);
        text.push('=');
        text.push_str(value);
        text.push('\n');
        text
    })
}

fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\u{c}')
}

fn ends_with_odd_backslashes(line: &str) -> bool {
    line.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

/// Cuts a logical line at the first separator that is not escaped.
fn split(line: &str) -> (String, String) {
    let mut escaped = false;
    let cut = line.char_indices().find(|(_, letter)| {
        let is_cut = !escaped && (matches!(letter, '=' | ':') || is_blank(*letter));
        escaped = !escaped && *letter == '\\';
        is_cut
    });
    let Some((at, _)) = cut else {
        return (unescape(line), String::new());
    };
    let rest = line[at..].trim_start_matches(is_blank);
    let rest = rest
        .strip_prefix(['=', ':'])
        .unwrap_or(rest)
        .trim_start_matches(is_blank);
    (unescape(&line[..at]), unescape(rest))
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('f') => out.push('\u{c}'),
            Some('u') => {
                let digits = letters
                    .as_str()
                    .get(..4)
                    .filter(|digits| digits.bytes().all(|d| d.is_ascii_hexdigit()));
                let Some(digits) = digits else {
                    out.push('u');
                    continue;
                };
                let unit = u32::from_str_radix(digits, 16).unwrap_or_default();
                out.push(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
                letters = letters.as_str()[4..].chars();
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn as_java_reads_it() {
        let text = concat!(
            "# comment\n! another\n\n  listenPort = 9876\r\nbrokerIP1:10.0.0.1\nflag\n",
            "path=C:\\\\rmq\\ttab\nlong=a,\\\n   b\nname\\ x y\nu=\\u4e2d\nempty=\nlast=1\nlast=2"
        );
        let expected = [
            ("listenPort", "9876"),
            ("brokerIP1", "10.0.0.1"),
            ("flag", ""),
            ("path", "C:\\rmq\ttab"),
            ("long", "a,b"),
            ("name x", "y"),
            ("u", "中"),
            ("empty", ""),
            ("last", "1"),
            ("last", "2"),
        ];
        let read = parse(text);
        let read: Vec<_> = read.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(read, expected);
    }

    proptest! {
        #[test]
        fn any_text_never_panics(text: String) {
            let _ = parse(&text);
        }

        #[test]
        fn plain_pairs_survive(pairs in prop::collection::vec(("[a-zA-Z0-9.]{1,12}", "[a-zA-Z0-9./:=]{0,12}"), 0..8)) {
            let text = format(pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())));
            prop_assert_eq!(parse(&text), pairs);
        }
    }
}

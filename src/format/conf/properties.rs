//! The grammar of `java.util.Properties`, line by line, with the line each key stands on.
//!
//! ```text
//! # a comment only at the start of a line
//! brokerName = broker-a      blanks before the value go, blanks behind it stay
//! deleteWhen:04              `:` and a blank separate too
//! path=C:\\store\            a backslash escapes; at the end it joins the next line
//! ```

use std::borrow::Cow;

/// One `key = value` of a properties file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub(super) key: Cow<'a, str>,
    /// As the program sees it: blanks in front removed, blanks behind kept, escapes resolved.
    pub(super) value: Cow<'a, str>,
    /// Index of its first line.
    pub(super) line: usize,
    /// `=` or `:` between key and value, if one stood there.
    pub(super) separator: Option<char>,
}

/// Longest value put together from continuation lines.
const VALUE_MAX: usize = 64 * 1024;

/// What a line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// Blank, or a comment.
    Nothing,
    /// A key, and how many lines it takes.
    Key(Entry<'a>, usize),
}

/// Reads the logical line that starts at `lines[index]`.
pub(super) fn read<'a>(lines: &[&'a str], index: usize) -> Line<'a> {
    let first = lines[index].trim_start_matches([' ', '\t', '\u{c}', '\u{feff}']);
    if first.is_empty() || first.starts_with(['#', '!']) {
        return Line::Nothing;
    }
    let mut logical = Cow::Borrowed(first);
    let mut taken = 1;
    while ends_in_backslash(&logical) && index + taken < lines.len() && logical.len() < VALUE_MAX {
        let next = lines[index + taken].trim_start_matches([' ', '\t', '\u{c}']);
        let whole = logical.to_mut();
        whole.pop();
        whole.push_str(next);
        taken += 1;
    }
    Line::Key(split(logical, index), taken)
}

/// An odd number of backslashes at the end joins the next line.
fn ends_in_backslash(line: &str) -> bool {
    line.bytes().rev().take_while(|b| *b == b'\\').count() % 2 == 1
}

fn split(logical: Cow<'_, str>, line: usize) -> Entry<'_> {
    let bytes = logical.as_bytes();
    let mut key_end = 0;
    while key_end < bytes.len() {
        match bytes[key_end] {
            b'\\' => key_end += 2,
            b'=' | b':' | b' ' | b'\t' | 0x0c => break,
            _ => key_end += 1,
        }
    }
    let key_end = key_end.min(bytes.len());
    let mut at = key_end;
    let mut separator = None;
    while at < bytes.len() {
        match bytes[at] {
            b' ' | b'\t' | 0x0c => at += 1,
            b'=' | b':' if separator.is_none() => {
                separator = Some(char::from(bytes[at]));
                at += 1;
            }
            _ => break,
        }
    }
    let (key, value) = match logical {
        // An escape may end in the middle of a character only when the line is damaged: fall back to the whole line.
        Cow::Borrowed(text) => (
            Cow::Borrowed(text.get(..key_end).unwrap_or(text)),
            Cow::Borrowed(text.get(at..).unwrap_or("")),
        ),
        Cow::Owned(text) => (
            Cow::Owned(text.get(..key_end).unwrap_or(&text).to_owned()),
            Cow::Owned(text.get(at..).unwrap_or("").to_owned()),
        ),
    };
    Entry {
        key: unescaped(key),
        value: unescaped(value),
        line,
        separator,
    }
}

fn unescaped(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.contains('\\') {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('t') => out.push('\t'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('f') => out.push('\u{c}'),
            Some('u') => {
                let code: String = chars.clone().take(4).collect();
                match u32::from_str_radix(&code, 16).ok().and_then(char::from_u32) {
                    Some(c) if code.len() == 4 => {
                        out.push(c);
                        chars.nth(3);
                    }
                    _ => out.push('u'),
                }
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    Cow::Owned(out)
}

/// All keys of the text, in order.
pub(super) fn entries<'a>(lines: &[&'a str]) -> Vec<Entry<'a>> {
    let mut out = Vec::new();
    let mut index = 0;
    while index < lines.len() {
        match read(lines, index) {
            Line::Nothing => index += 1,
            Line::Key(entry, taken) => {
                out.push(entry);
                index += taken;
            }
        }
    }
    out
}

/// Whether a key looks like one: letters, digits, dots, dashes, underscores, brackets.
pub(super) fn is_name(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= 120
        && key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'[' | b']'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_java_reads_it() {
        let lines = [
            "# comment = no",
            "! also a comment",
            "brokerName = broker-a  ",
            "deleteWhen:04",
            "fileReservedTime 48",
            "flushDiskType",
            r"path = C:\\store\",
            "   /commit",
            r"a\=b = c=d # no comment",
            r"zh=\u4e2d\u6587",
        ];
        let got: Vec<(String, String, usize)> = entries(&lines)
            .into_iter()
            .map(|e| (e.key.into_owned(), e.value.into_owned(), e.line))
            .collect();
        let want = [
            ("brokerName", "broker-a  ", 2),
            ("deleteWhen", "04", 3),
            ("fileReservedTime", "48", 4),
            ("flushDiskType", "", 5),
            ("path", r"C:\store/commit", 6),
            ("a=b", "c=d # no comment", 8),
            ("zh", "中文", 9),
        ];
        let want: Vec<(String, String, usize)> = want.map(|(k, v, l)| (k.into(), v.into(), l)).into();
        assert_eq!(got, want);
    }

    proptest::proptest! {
        #[test]
        fn any_text_never_panics(text in "(?s).{0,400}") {
            let lines: Vec<&str> = text.lines().collect();
            let _ = entries(&lines);
        }
    }
}

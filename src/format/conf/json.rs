//! A tolerant reader of flat JSON objects that keeps the line of each value; serde_json gives no lines.

/// One scalar of an object: dotted path, value as text (strings unquoted), index of its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scalar {
    pub(super) path: String,
    pub(super) value: String,
    pub(super) line: usize,
}

/// Deepest nest followed.
const DEPTH_MAX: usize = 16;
/// Most scalars taken.
const SCALARS_MAX: usize = 5_000;

/// Reads the object that opens on line `start`. Gives its scalars and the line after its end; reading stops at the first
/// thing that is not JSON.
pub(super) fn object(lines: &[&str], start: usize) -> (Vec<Scalar>, usize) {
    let mut reader = Reader::default();
    for (index, line) in lines.iter().enumerate().skip(start) {
        if !reader.line(line, index) || reader.out.len() >= SCALARS_MAX {
            return (reader.out, index + 1);
        }
    }
    (reader.out, lines.len())
}

#[derive(Default)]
struct Reader {
    /// Keys of the open objects; `None` for the outermost and for lists.
    open: Vec<Option<String>>,
    key: Option<String>,
    out: Vec<Scalar>,
}

impl Reader {
    /// Takes one line; false when the object is closed or what comes is no JSON.
    fn line(&mut self, line: &str, index: usize) -> bool {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let taken = match first {
                '{' | '[' => {
                    if self.open.len() >= DEPTH_MAX {
                        return false;
                    }
                    self.open.push(self.key.take());
                    1
                }
                '}' | ']' => {
                    self.open.pop();
                    if self.open.is_empty() {
                        return false;
                    }
                    1
                }
                ',' => 1,
                '"' => {
                    let Some(close) = closing_quote(rest) else {
                        return false;
                    };
                    let word = &rest[1..close];
                    let behind = rest[close + 1..].trim_start();
                    if self.key.is_none() && behind.starts_with(':') {
                        self.key = Some(word.chars().take(120).collect());
                        rest.len() - behind.len() + 1
                    } else {
                        self.value(&word.replace("\\\"", "\"").replace("\\\\", "\\"), index);
                        close + 1
                    }
                }
                '/' if rest.starts_with("//") => rest.len(),
                _ => {
                    let end = rest.find([',', '}', ']', ' ', '\t']).unwrap_or(rest.len());
                    if self.open.is_empty() || end == 0 {
                        return false;
                    }
                    self.value(&rest[..end], index);
                    end
                }
            };
            rest = rest[taken..].trim_start();
        }
        true
    }

    fn value(&mut self, value: &str, line: usize) {
        let mut path: String = self.open.iter().flatten().map(|key| format!("{key}.")).collect();
        path.push_str(&self.key.take().unwrap_or_default());
        self.out.push(Scalar {
            path,
            value: value.to_owned(),
            line,
        });
    }
}

/// Index of the quote that closes the string at the start of `text`.
fn closing_quote(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return Some(at),
            _ => at += 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_and_nested() {
        let lines = [
            "x",
            "{",
            " \"a\": \"b:c\", \"n\": 5,",
            " \"o\": {\"p\": true}",
            "} tail",
            "more",
        ];
        let (got, next) = object(&lines, 1);
        let got: Vec<(&str, &str, usize)> = got
            .iter()
            .map(|s| (s.path.as_str(), s.value.as_str(), s.line))
            .collect();
        assert_eq!(got, [("a", "b:c", 2), ("n", "5", 2), ("o.p", "true", 3)]);
        assert_eq!(next, 5);
    }

    proptest::proptest! {
        #[test]
        fn any_text_never_panics(text in "(?s)[{}\\[\\]\",:a-z0-9 \\\\\n/ä]{0,300}") {
            let lines: Vec<&str> = text.lines().collect();
            let _ = object(&lines, 0);
        }
    }
}

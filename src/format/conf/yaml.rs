//! A tolerant reader of the YAML that people keep beside RocketMQ: it flattens maps, lists and block texts to
//! `path → value` and keeps the line of each value. Pasted fragments, tabs and broken indentation give what can be read;
//! a full YAML parser would refuse them whole, and hides the lines.
//!
//! ```text
//! accounts:
//! - accessKey: RocketMQ        accounts[0].accessKey → RocketMQ
//!   topicPerms:
//!   - orders=PUB|SUB           accounts[0].topicPerms[0] → orders=PUB|SUB
//! ```

/// One scalar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leaf {
    /// Keys joined by dots, list indexes in brackets. A dot inside a key stays as it is.
    pub(super) path: String,
    /// The scalar without quotes and comment.
    pub(super) value: String,
    /// Index of its line.
    pub(super) line: usize,
    /// Number of the `---` document, from 0.
    pub(super) document: usize,
}

/// Longest path kept: deeper nests are not configuration.
const PATH_MAX: usize = 400;
/// Most scalars taken from one text.
const LEAVES_MAX: usize = 20_000;
/// Longest block text kept.
const BLOCK_MAX: usize = 8_000;

#[derive(Debug)]
struct Node {
    indent: usize,
    path: String,
    /// Next index when it is a list.
    list: Option<usize>,
}

struct Reader<'a> {
    lines: &'a [&'a str],
    stack: Vec<Node>,
    /// The key without a value that came last: parent of what follows deeper.
    pending: String,
    document: usize,
    out: Vec<Leaf>,
}

/// All scalars of the text, in order.
pub(super) fn leaves(lines: &[&str]) -> Vec<Leaf> {
    let mut reader = Reader {
        lines,
        stack: Vec::new(),
        pending: String::new(),
        document: 0,
        out: Vec::new(),
    };
    let mut index = 0;
    while index < lines.len() && reader.out.len() < LEAVES_MAX {
        index = reader.line(index);
    }
    reader.out
}

impl Reader<'_> {
    /// Takes the line at `index` (and the lines of its block text); gives the next index.
    fn line(&mut self, index: usize) -> usize {
        let raw = self.lines[index];
        let content = raw.trim_start_matches([' ', '\t', '\u{feff}']);
        if content.trim_end() == "---" {
            self.stack.clear();
            self.pending.clear();
            self.document += 1;
            return index + 1;
        }
        if content.trim().is_empty() || content.starts_with('#') {
            return index + 1;
        }
        let indent = raw.len() - content.len();
        if content == "-" || content.starts_with("- ") || content.starts_with("-\t") {
            self.item(indent, content, index)
        } else {
            self.key(indent, content, index)
        }
    }

    fn item(&mut self, indent: usize, content: &str, index: usize) -> usize {
        while self.stack.last().is_some_and(|node| node.indent > indent) {
            self.stack.pop();
        }
        let position = match self.stack.last_mut() {
            Some(Node {
                indent: at,
                list: Some(next),
                ..
            }) if *at == indent => {
                *next += 1;
                *next - 1
            }
            _ => {
                let path = std::mem::take(&mut self.pending);
                self.stack.push(Node {
                    indent,
                    path,
                    list: Some(1),
                });
                0
            }
        };
        let path = self.stack.last().map_or("", |node| node.path.as_str());
        let path = format!("{path}[{position}]");
        if path.len() > PATH_MAX {
            return index + 1;
        }
        let rest = content[1..].trim_start();
        let rest_indent = indent + (content.len() - rest.len());
        if rest.is_empty() {
            self.pending = path;
            return index + 1;
        }
        if split_key(rest).is_some() {
            self.stack.push(Node {
                indent: rest_indent,
                path,
                list: None,
            });
            return self.key(rest_indent, rest, index);
        }
        self.scalar(path, rest, indent, index)
    }

    fn key(&mut self, indent: usize, content: &str, index: usize) -> usize {
        let Some((key, value)) = split_key(content) else {
            return index + 1;
        };
        while self
            .stack
            .last()
            .is_some_and(|node| node.indent > indent || (node.indent == indent && node.list.is_some()))
        {
            self.stack.pop();
        }
        if self.stack.last().is_none_or(|node| node.indent < indent) {
            let path = std::mem::take(&mut self.pending);
            self.stack.push(Node {
                indent,
                path,
                list: None,
            });
        }
        let parent = self.stack.last().map_or("", |node| node.path.as_str());
        let path = if parent.is_empty() {
            key.to_owned()
        } else {
            format!("{parent}.{key}")
        };
        if path.len() > PATH_MAX {
            return index + 1;
        }
        if uncommented(value).is_empty() {
            self.pending = path.clone();
            self.push(path, String::new(), index);
            return index + 1;
        }
        self.scalar(path, value, indent, index)
    }

    fn scalar(&mut self, path: String, value: &str, indent: usize, index: usize) -> usize {
        let plain = uncommented(value);
        if plain.starts_with(['|', '>']) && plain.len() <= 3 {
            return self.block(path, indent, index + 1);
        }
        if let Some(inner) = plain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            for (position, part) in inner.split(',').enumerate().filter(|(_, part)| !part.trim().is_empty()) {
                self.push(format!("{path}[{position}]"), unquoted(part.trim()).to_owned(), index);
            }
            return index + 1;
        }
        let value = unquoted(plain).to_owned();
        self.push(path, value, index);
        index + 1
    }

    /// A `|` or `>` text: all following lines that are indented deeper.
    fn block(&mut self, path: String, indent: usize, from: usize) -> usize {
        let mut value = String::new();
        let mut index = from;
        while let Some(line) = self.lines.get(index) {
            let content = line.trim_start_matches([' ', '\t']);
            if !content.is_empty() && line.len() - content.len() <= indent {
                break;
            }
            if value.len() < BLOCK_MAX {
                value.push_str(content);
                value.push('\n');
            }
            index += 1;
        }
        self.push(path, value, from.min(self.lines.len().saturating_sub(1)));
        index
    }

    fn push(&mut self, path: String, value: String, line: usize) {
        if self.out.len() < LEAVES_MAX {
            self.out.push(Leaf {
                path,
                value,
                line,
                document: self.document,
            });
        }
    }
}

/// `key: value` or `key:`; the colon must be followed by a blank or the end.
fn split_key(content: &str) -> Option<(&str, &str)> {
    if let Some(quote) = content.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let close = content[1..].find(quote)? + 1;
        let rest = content[close + 1..].trim_start().strip_prefix(':')?;
        return (rest.is_empty() || rest.starts_with([' ', '\t'])).then_some((&content[1..close], rest.trim_start()));
    }
    let bytes = content.as_bytes();
    let mut from = 0;
    loop {
        let at = from + memchr::memchr(b':', &bytes[from..])?;
        if matches!(bytes.get(at + 1), None | Some(b' ' | b'\t')) {
            let key = content[..at].trim_end();
            let sane = !key.is_empty() && key.len() <= 160 && !key.starts_with(['#', '{', '[', '<', '%']);
            return sane.then(|| (key, content[at + 1..].trim_start()));
        }
        from = at + 1;
    }
}

/// The value without a comment behind it and without blanks at its end.
fn uncommented(value: &str) -> &str {
    let value = value.trim();
    if value.starts_with(['"', '\'']) {
        let quote = &value[..1];
        return value[1..].find(quote).map_or(value, |close| &value[..close + 2]);
    }
    if value.starts_with('#') {
        return "";
    }
    value.find(" #").map_or(value, |at| value[..at].trim_end())
}

fn unquoted(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return inner;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nests_lists_and_blocks() {
        let text = "a:\n  b: 1   # one\n  c:\n  - x: \"q # r\"\n    y: z\n  - s=t|u\nd: [p, 'q']\ne: |\n  one\n   two\nf: http://h:1\n---\ng: 2";
        let lines: Vec<&str> = text.lines().collect();
        let got: Vec<(String, String, usize)> = leaves(&lines)
            .into_iter()
            .filter(|leaf| !leaf.value.is_empty())
            .map(|leaf| (leaf.path, leaf.value, leaf.line))
            .collect();
        let want = [
            ("a.b", "1", 1),
            ("a.c[0].x", "q # r", 3),
            ("a.c[0].y", "z", 4),
            ("a.c[1]", "s=t|u", 5),
            ("d[0]", "p", 6),
            ("d[1]", "q", 6),
            ("e", "one\ntwo\n", 8),
            ("f", "http://h:1", 10),
            ("g", "2", 12),
        ];
        assert_eq!(got, want.map(|(p, v, l)| (p.to_owned(), v.to_owned(), l)));
    }

    #[test]
    fn a_list_at_the_indent_of_its_key() {
        let lines = [
            "accounts:",
            "- accessKey: k",
            "  admin: true",
            "- accessKey: m",
            "white:",
            "- 10.*",
        ];
        let got: Vec<String> = leaves(&lines).into_iter().map(|leaf| leaf.path).collect();
        assert_eq!(
            got,
            [
                "accounts",
                "accounts[0].accessKey",
                "accounts[0].admin",
                "accounts[1].accessKey",
                "white",
                "white[0]"
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_never_panics(text in "(?s)[-:#\\[\\]'\"| a-z\n\tä]{0,300}") {
            let lines: Vec<&str> = text.lines().collect();
            let _ = leaves(&lines);
        }
    }
}

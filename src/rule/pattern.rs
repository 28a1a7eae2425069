//! `Pattern`: a regular expression of a rule. Most runs use few of the hundreds there are, so it is compiled when it first
//! has something to match, and a start reads no more of it than the names of its groups.

use regex::{Regex, RegexBuilder};
use std::fmt;
use std::sync::OnceLock;

/// Most bytes of one compiled pattern, and of the cache of its automaton.
const SIZE_MAX: usize = 4 << 20;

/// A regular expression that waits for its first use.
#[derive(Clone)]
pub struct Pattern {
    source: String,
    regex: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// A pattern of which only the text is known; [`Pattern::check`] tells whether it is one.
    pub fn new(source: &str) -> Self {
        Self {
            source: source.to_string(),
            regex: OnceLock::new(),
        }
    }

    /// Compiles it now.
    ///
    /// # Errors
    /// What is wrong with it, in one line.
    pub fn check(&self) -> Result<(), String> {
        match compile(&self.source) {
            Ok(regex) => {
                let _ = self.regex.set(Some(regex));
                Ok(())
            }
            Err(error) => Err(error.to_string().replace('\n', " ")),
        }
    }

    /// The compiled pattern; `None` when it is none, which matches nothing.
    pub fn regex(&self) -> Option<&Regex> {
        self.regex.get_or_init(|| compile(&self.source).ok()).as_ref()
    }

    /// The names of its groups, in their order.
    pub fn names(&self) -> Vec<String> {
        match self.regex.get() {
            Some(Some(regex)) => regex.capture_names().flatten().map(str::to_string).collect(),
            _ => names(&self.source).into_iter().map(str::to_string).collect(),
        }
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Pattern({:?})", self.source)
    }
}

fn compile(source: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(source)
        .size_limit(SIZE_MAX)
        .dfa_size_limit(SIZE_MAX)
        .build()
}

/// Names of `(?P<name>` and `(?<name>`. Knows escapes and classes, but not the comments of `(?x)`.
fn names(source: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let bytes = source.as_bytes();
    let (mut at, mut classes) = (0, 0u32);
    while let Some(byte) = bytes.get(at) {
        let rest = &bytes[at..];
        match byte {
            b'\\' => at += 1,
            b'[' => {
                classes += 1;
                // A `]` right behind the opening stands for itself.
                let literal = [&b"[^]"[..], b"[]"].into_iter().find(|open| rest.starts_with(open));
                at += literal.map_or(0, |open| open.len() - 1);
            }
            b']' => classes = classes.saturating_sub(1),
            b'(' if classes == 0 => {
                let opening = ["(?P<", "(?<"]
                    .into_iter()
                    .find(|open| rest.starts_with(open.as_bytes()));
                let name = opening.and_then(|open| source[at + open.len()..].split_once('>'));
                found.extend(name.map(|(name, _)| name));
            }
            _ => {}
        }
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What the compiled pattern says.
    fn compiled(source: &str) -> Vec<String> {
        let regex = compile(source).unwrap_or_else(|e| panic!("{e}"));
        regex.capture_names().flatten().map(str::to_string).collect()
    }

    #[test]
    fn names_are_read_without_compiling() {
        for source in [
            "plain (group) (?:none) (?i)",
            r"connect to <?\[?(?P<addr>(?P<ip>[^\s:<>\[\],]+):(?P<port>\d+))[>\]]? ?failed",
            r"\((?<cost>\d+)\) \(?P<no> [(?P<no>x] [^](?<no>] [](?<no>] [[:alpha:](?<no>] (?<last>.)",
            r"\\(?<a>\[)(?<b>])",
            "",
        ] {
            assert_eq!(names(source), compiled(source), "{source}");
        }
    }

    #[test]
    fn a_mistake_is_told_and_matches_nothing() {
        let wrong = Pattern::new("(?P<a>");
        assert!(wrong.check().unwrap_err().contains("unclosed group"));
        assert!(wrong.regex().is_none());
    }

    proptest! {
        #[test]
        fn any_text_never_panics(source in r"[\PC\\\[\](?P<>^:a]*") {
            names(&source);
        }

        #[test]
        fn what_compiles_has_the_names_that_were_read(source in r"(\(\?P?<[a-z]>|[\\(\[\]^a)])*") {
            let pattern = Pattern::new(&source);
            let read = pattern.names();
            if pattern.check().is_ok() {
                prop_assert_eq!(read, pattern.names());
            }
        }
    }
}

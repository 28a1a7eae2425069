//! The command above a table: people paste `mqadmin` calls with their output, and scripts echo them.
//!
//! ```text
//! $ sh bin/mqadmin consumerProgress -n 10.4.0.11:9876 -g order-group
//! #Topic                            #Broker Name                      #QID  …
//! ```

use crate::model::Text;
use crate::model::stamp::{self, Stamp};

/// How far above a title the command may stand.
const REACH: usize = 6;

/// A call of `mqadmin` or of a tool with the same options.
#[derive(Debug, Clone, Copy)]
pub(super) struct Command<'a> {
    line: &'a str,
}

impl<'a> Command<'a> {
    /// The value of an option given as `-g x`, `-g=x` or `--groupName x`.
    pub(super) fn option(&self, names: &[&str]) -> Option<&'a str> {
        let mut words = self.line.split_whitespace();
        while let Some(word) = words.next() {
            for name in names {
                if word == *name {
                    return words.next().map(unquote);
                }
                if let Some(value) = word.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')) {
                    return Some(unquote(value));
                }
            }
        }
        None
    }

    /// The consumer or producer group.
    pub(super) fn group(&self) -> Option<&'a str> {
        self.option(&["-g", "--groupName", "--consumerGroup", "--producerGroup"])
    }

    /// The topic.
    pub(super) fn topic(&self) -> Option<&'a str> {
        self.option(&["-t", "--topic"])
    }
}

fn unquote(word: &str) -> &str {
    word.trim_matches(['"', '\'', ','])
}

/// The command that printed the table titled at `at`.
pub(super) fn above<'a>(text: &Text<'a>, at: usize) -> Option<Command<'a>> {
    let lines = text.lines();
    lines[at.saturating_sub(REACH)..at]
        .iter()
        .rev()
        .find(|line| line.contains("mqadmin "))
        .map(|line| Command { line })
}

/// A line with nothing but a stamp (as `date '+%F %T'` prints) above the table: when it was read.
pub(super) fn stamp_above(text: &Text<'_>, at: usize) -> Option<Stamp> {
    let lines = text.lines();
    lines[at.saturating_sub(REACH)..at].iter().rev().find_map(|line| {
        let line = line.trim_matches([' ', '\t', '=', '-', '#', '[', ']']);
        stamp::stamp(line).filter(|stamp| line.len() <= stamp.len + 40)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SourceId;

    #[test]
    fn finds_options() {
        let body = "== 2026-05-02 10:00:00 ==\n$ sh mqadmin consumerProgress -n a:9876 -g 'order-group'\n#Topic";
        let text = Text::new(SourceId(0), "x", body);
        let command = above(&text, 2).unwrap();
        assert_eq!((command.group(), command.topic()), (Some("order-group"), None));
        assert!(stamp_above(&text, 2).is_some());
        assert!(above(&text, 0).is_none());
    }
}

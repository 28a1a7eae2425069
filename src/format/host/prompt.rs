//! Shell prompts in pasted consoles: whose screen it is and which command stands behind them.
//!
//! ```text
//! [root@broker-a ~]# iostat -x 1
//! admin@broker-a:/opt/rocketmq$ free -g
//! # sysctl -a
//! ```
//!
//! Only `host/shell.rs` tells of them; other formats ask for the command that printed a table (`free -g` has no unit
//! in its output).

/// A prompt with its command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Prompt<'a> {
    /// Host name, empty when the prompt has none.
    pub(super) host: &'a str,
    /// What was typed, empty for a bare prompt.
    pub(super) command: &'a str,
}

/// Reads a line as a prompt.
pub(super) fn prompt(line: &str) -> Option<Prompt<'_>> {
    let line = line.trim();
    bracketed(line).or_else(|| colon(line)).or_else(|| bare(line))
}

/// `[root@broker-a ~]# command`
fn bracketed(line: &str) -> Option<Prompt<'_>> {
    let (inside, rest) = line.strip_prefix('[')?.split_once(']')?;
    let command = rest.trim_start().strip_prefix(['#', '$'])?;
    let (user, place) = inside.split_once('@')?;
    let host = place.split([' ', ':']).next().unwrap_or(place);
    (is_name(user) && is_name(host)).then_some(Prompt {
        host,
        command: command.trim(),
    })
}

/// `root@broker-a:/opt# command`, `root@broker-a ~ # command`
fn colon(line: &str) -> Option<Prompt<'_>> {
    let (user, rest) = line.split_once('@')?;
    let end = rest.find([':', ' '])?;
    let (host, rest) = rest.split_at(end);
    let place_end = rest.find(['#', '$'])?;
    let (place, command) = rest.split_at(place_end);
    let place = place.trim_matches([':', ' ']);
    let is_place = place.starts_with(['/', '~']) && !place.contains(' ');
    (is_name(user) && is_name(host) && is_place).then_some(Prompt {
        host,
        command: command[1..].trim(),
    })
}

/// `# command`, `$ command`: only with a command behind that has a letter, not a heading or comment of prose.
fn bare(line: &str) -> Option<Prompt<'_>> {
    let command = line.strip_prefix("# ").or_else(|| line.strip_prefix("$ "))?.trim();
    command
        .starts_with(|c: char| c.is_ascii_lowercase() || c == '/' || c == '.')
        .then_some(Prompt { host: "", command })
}

fn is_name(word: &str) -> bool {
    !word.is_empty()
        && word.len() <= 64
        && word
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

impl<'a> Prompt<'a> {
    /// The words behind `program`, if the command runs it (behind `sudo`, a path or a pipe).
    pub(super) fn arguments_of(&self, program: &str) -> Option<Vec<&'a str>> {
        let mut words = self.command.split_whitespace();
        let found = words
            .by_ref()
            .take(8)
            .any(|word| word.rsplit('/').next() == Some(program));
        found.then(|| words.take(32).collect())
    }
}

/// The last command before a line, looking back over a few lines: what printed the table that starts there.
pub(super) fn command_before<'a>(lines: &[&'a str], index: usize, program: &str) -> Option<Vec<&'a str>> {
    lines[index.saturating_sub(4)..index]
        .iter()
        .rev()
        .find_map(|line| typed(line, program))
}

/// The arguments of `program`, when the line is a prompt that runs it or the bare command itself.
pub(super) fn typed<'a>(line: &'a str, program: &str) -> Option<Vec<&'a str>> {
    let shown = prompt(line).unwrap_or(Prompt {
        host: "",
        command: line.trim(),
    });
    let starts_with_program = shown.command.split_whitespace().next() == Some(program);
    if shown.host.is_empty() && !starts_with_program && shown.command.len() == line.trim().len() {
        return None;
    }
    shown.arguments_of(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts() {
        for (line, want) in [
            ("[root@broker-a ~]# iostat -x 1", Some(("broker-a", "iostat -x 1"))),
            ("[root@broker-a bin]$ ", Some(("broker-a", ""))),
            ("root@mq1:/opt/rocketmq# free -g", Some(("mq1", "free -g"))),
            ("admin@mq1:~$ df -h", Some(("mq1", "df -h"))),
            ("$ sysctl -a", Some(("", "sysctl -a"))),
            ("# Kernel settings of the broker", None),
            ("[2026-11-24 10:00:00] ERROR a@b # x", None),
            ("mail a@b.com: price $ 5", None),
        ] {
            assert_eq!(prompt(line).map(|p| (p.host, p.command)), want, "{line}");
        }
        assert_eq!(
            prompt("[root@a ~]# sudo /usr/bin/free -g")
                .unwrap()
                .arguments_of("free"),
            Some(vec!["-g"])
        );
        assert_eq!(typed("iostat -d -x 1", "iostat"), Some(vec!["-d", "-x", "1"]));
        assert_eq!(typed("we ran iostat yesterday", "iostat"), None);
    }
}

//! Command lines as a POSIX shell cuts them: words, quotes, and the `;` that ends a command when nobody quoted it.

/// One simple command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Command {
    /// Words with quotes removed.
    pub(super) words: Vec<String>,
    /// Whether a `;` without a blank in front of it ended the command: `-n a:9876;b:9876`.
    pub(super) cut: bool,
}

/// Longest command line looked at.
const LINE_MAX: usize = 16 * 1024;
/// Most lines joined by a backslash at their ends.
const JOIN_MAX: usize = 200;

/// The line at `index` with its continuation lines (`\` of shells, a backtick of PowerShell, `^` of cmd), and how many lines it took.
pub(super) fn joined(lines: &[&str], index: usize) -> (String, usize) {
    let mut out = String::new();
    let mut taken = 0;
    while let Some(line) = lines.get(index + taken) {
        taken += 1;
        let line = line.trim_end();
        let open = line.strip_suffix(['\\', '`', '^']);
        out.push_str(open.unwrap_or(line));
        out.push(' ');
        if open.is_none() || taken >= JOIN_MAX || out.len() >= LINE_MAX {
            break;
        }
    }
    (out, taken)
}

/// Cuts a line into commands.
pub(super) fn commands(line: &str) -> Vec<Command> {
    let mut out = vec![Command::default()];
    let mut word = String::new();
    let mut in_word = false;
    let mut quote: Option<char> = None;
    let mut before = ' ';
    let mut chars = crate::model::event::clip_to(line, LINE_MAX).chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some('"'), '\\') if matches!(chars.peek(), Some('"' | '\\' | '$')) => word.extend(chars.next()),
            (Some(_), c) => word.push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                in_word = true;
            }
            (None, '\\') => {
                word.extend(chars.next());
                in_word = true;
            }
            (None, ' ' | '\t') => end_word(&mut out, &mut word, &mut in_word),
            (None, ';' | '|' | '&') => {
                let glued = c == ';' && in_word && before != ' ';
                end_word(&mut out, &mut word, &mut in_word);
                if let Some(last) = out.last_mut() {
                    last.cut = glued && chars.peek().is_some_and(|next| !next.is_whitespace());
                }
                out.push(Command::default());
            }
            (None, '#') if !in_word => break,
            (None, c) => {
                word.push(c);
                in_word = true;
            }
        }
        before = c;
    }
    end_word(&mut out, &mut word, &mut in_word);
    out.retain(|command| !command.words.is_empty());
    out
}

fn end_word(out: &mut [Command], word: &mut String, in_word: &mut bool) {
    if std::mem::take(in_word)
        && let Some(last) = out.last_mut()
    {
        last.words.push(std::mem::take(word));
    }
    word.clear();
}

/// The last part of a path: `bin/mqbroker` → `mqbroker`.
pub(super) fn base_name(word: &str) -> &str {
    word.rsplit(['/', '\\']).next().unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_cuts() {
        let got = commands("sh bin/mqbroker -n a:9876;b:9876 & ");
        assert_eq!(got[0].words, ["sh", "bin/mqbroker", "-n", "a:9876"]);
        assert!(got[0].cut);
        assert_eq!(got[1].words, ["b:9876"]);
        let got = commands(r#"nohup sh mqbroker -n "a:9876;b:9876" -c 'x y' > /dev/null 2>&1 # note"#);
        assert_eq!(got[0].words[4], "a:9876;b:9876");
        assert_eq!(got[0].words[6], "x y");
        assert!(!got[0].cut);
        assert!(!commands("cd bin; sh mqbroker")[0].cut);
    }

    proptest::proptest! {
        #[test]
        fn any_text_never_panics(text in "(?s).{0,300}") {
            let _ = commands(&text);
            let lines: Vec<&str> = text.lines().collect();
            if !lines.is_empty() {
                let _ = joined(&lines, 0);
            }
        }
    }
}

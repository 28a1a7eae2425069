//! Text in columns: cleaning, measuring, wrapping and cutting, for Latin and for Chinese, which takes two columns a
//! character and may break between any two of them.

use super::Style;
use super::theme::{Role, Symbols};
use super::words::Words;
use std::io::{Result, Write};
use unicode_width::UnicodeWidthChar;

/// A piece of text in one role.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ink {
    pub(super) role: Role,
    pub(super) text: String,
}

/// Makes an `Ink`; the text is cleaned, so that nothing from a log reaches the terminal as a command.
pub(super) fn ink(role: Role, text: impl AsRef<str>) -> Ink {
    Ink {
        role,
        text: clean(text.as_ref()),
    }
}

/// Replaces what a terminal would obey (escape codes, line ends, marks that turn the direction of text) by a blank.
pub(super) fn clean(text: &str) -> String {
    let harmless = |c: char| match c {
        c if c.is_control() => ' ',
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => ' ',
        c => c,
    };
    text.chars().map(harmless).collect()
}

/// Columns that a text takes: the sum over its characters, so that every cut adds up.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

fn char_width(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// Fills a text with blanks up to that many columns.
pub(super) fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// The longest beginning that takes at most that many columns.
fn head(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += char_width(c);
        if used > columns {
            return &text[..at];
        }
    }
    text
}

/// The longest end that takes at most that many columns.
fn tail(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices().rev() {
        used += char_width(c);
        if used > columns {
            return &text[at + c.len_utf8()..];
        }
    }
    text
}

/// Cuts the end off.
pub(super) fn cut_end(text: &str, columns: usize, mark: &str) -> String {
    match columns.checked_sub(width(mark)) {
        _ if width(text) <= columns => text.to_owned(),
        Some(room) => format!("{}{mark}", head(text, room).trim_end()),
        None => head(text, columns).to_owned(),
    }
}

/// Cuts the middle out: two thirds of what stays is the beginning.
pub(super) fn cut_middle(text: &str, columns: usize, mark: &str) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(width(mark));
    let end = room / 3;
    format!("{}{mark}{}", head(text, room - end), tail(text, end))
}

/// A line cut to fit, and the columns (from, count) under which its marked part stands.
#[derive(Debug, PartialEq)]
pub(super) struct Cut {
    pub(super) text: String,
    pub(super) mark: Option<(usize, usize)>,
}

/// Cuts a line so that its marked bytes stay in sight. The time stamp in front stays as well.
pub(super) fn cut_around(line: &str, marked: Option<(usize, usize)>, columns: usize, cut: &str) -> Cut {
    let marked = marked.filter(|(from, to)| from < to && line.get(*from..*to).is_some());
    let Some((from, to)) = marked else {
        return Cut {
            text: cut_middle(&clean(line), columns, cut),
            mark: None,
        };
    };
    let (before, shown, after) = (clean(&line[..from]), clean(&line[from..to]), clean(&line[to..]));
    let total = width(&before) + width(&shown) + width(&after);
    let (before, shown, after) = match total <= columns {
        true => (before, shown, after),
        false => squeeze(&before, &shown, &after, columns, cut),
    };
    Cut {
        mark: Some((width(&before), width(&shown))),
        text: before + &shown + &after,
    }
}

/// Columns of the beginning that stay when a line is cut: a time stamp.
const STAMP: usize = 19;

fn squeeze(before: &str, shown: &str, after: &str, columns: usize, cut: &str) -> (String, String, String) {
    let shown = cut_middle(shown, columns * 2 / 3, cut);
    let room = columns.saturating_sub(width(&shown));
    // What stands behind the mark gets a third, or what it needs.
    let behind = width(after).min((room / 3).max(room.saturating_sub(width(before))));
    let after = cut_end(after, behind, cut);
    let room = room.saturating_sub(width(&after));
    if width(before) <= room {
        return (before.to_owned(), shown, after);
    }
    if room < 2 * width(cut) + 2 {
        return (tail(before, room).to_owned(), shown, after);
    }
    let stamp = if room > STAMP + width(cut) { STAMP } else { room / 2 };
    let near = room.saturating_sub(stamp + width(cut));
    (
        format!("{}{cut}{}", head(before, stamp), tail(before, near)),
        shown,
        after,
    )
}

/// Breaks inks into lines of at most that many columns, at blanks and around Chinese characters. A word that is too
/// long for a line is cut. Never gives an empty list.
pub(super) fn wrap(inks: &[Ink], columns: usize) -> Vec<Vec<Ink>> {
    let columns = columns.max(2);
    let chars: Vec<(char, Role)> = inks
        .iter()
        .flat_map(|it| it.text.chars().map(|c| (c, it.role)))
        .collect();
    let mut lines = Vec::new();
    let mut from = 0;
    while from < chars.len() {
        let (to, next) = line_end(&chars, from, columns);
        lines.push(regroup(&chars[from..to]));
        from = next;
    }
    if lines.is_empty() {
        lines.push(Vec::new());
    }
    lines
}

/// Where the line from `from` ends, and where the next one begins.
fn line_end(chars: &[(char, Role)], from: usize, columns: usize) -> (usize, usize) {
    let mut used = 0;
    let mut best = None;
    for at in from..chars.len() {
        let (c, _) = chars[at];
        used += char_width(c);
        if used > columns && c != ' ' {
            return best.unwrap_or((at.max(from + 1), at.max(from + 1)));
        }
        if c == ' ' {
            best = Some((at, at + 1));
        } else if let Some((after, _)) = chars.get(at + 1)
            && used <= columns
            && may_break(c, *after)
        {
            best = Some((at + 1, at + 1));
        }
    }
    (chars.len(), chars.len())
}

/// Whether a line may end between two characters without a blank.
fn may_break(c: char, after: char) -> bool {
    const NOT_FIRST: &str = "，。；：！？、）》」』”’％…,.;:!?)]}%";
    const NOT_LAST: &str = "（《「『“‘([{";
    (char_width(c) == 2 || char_width(after) == 2)
        && after != ' '
        && !NOT_FIRST.contains(after)
        && !NOT_LAST.contains(c)
}

fn regroup(chars: &[(char, Role)]) -> Vec<Ink> {
    let mut line: Vec<Ink> = Vec::new();
    for (c, role) in chars {
        match line.last_mut() {
            Some(last) if last.role == *role => last.text.push(*c),
            _ => line.push(Ink {
                role: *role,
                text: c.to_string(),
            }),
        }
    }
    if let Some(last) = line.last_mut() {
        last.text.truncate(last.text.trim_end().len());
    }
    line
}

/// Where lines go: knows the style and paints.
pub(super) struct Page<'a> {
    out: &'a mut dyn Write,
    pub(super) style: &'a Style,
    pub(super) words: &'static Words,
    pub(super) symbols: &'static Symbols,
}

impl std::fmt::Debug for Page<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Page")
            .field("style", self.style)
            .finish_non_exhaustive()
    }
}

impl<'a> Page<'a> {
    /// A page in that style.
    pub(super) fn new(style: &'a Style, out: &'a mut dyn Write) -> Self {
        Self {
            out,
            style,
            words: Words::of(style.lang),
            symbols: Symbols::of(style.ascii),
        }
    }

    /// An empty line.
    pub(super) fn blank(&mut self) -> Result<()> {
        self.out.write_all(b"\n")
    }

    /// One line as it is.
    pub(super) fn line(&mut self, inks: &[Ink]) -> Result<()> {
        let mut text = String::new();
        for it in inks.iter().filter(|it| !it.text.is_empty()) {
            let codes = if self.style.color { it.role.codes() } else { "" };
            text.push_str(codes);
            text.push_str(&it.text);
            if !codes.is_empty() {
                text.push_str(Role::RESET);
            }
        }
        text.truncate(text.trim_end_matches(' ').len());
        writeln!(self.out, "{text}")
    }

    /// A text on the left and a short one at the right edge; both are cut when they do not fit.
    pub(super) fn edges(&mut self, left: Vec<Ink>, right: &Ink) -> Result<()> {
        let columns = self.style.width;
        let right = Ink {
            role: right.role,
            text: cut_middle(&right.text, columns / 2, self.symbols.cut),
        };
        let mut line = self.fitted(left, columns.saturating_sub(width(&right.text) + 2));
        let used: usize = line.iter().map(|it| width(&it.text)).sum();
        let gap = columns.saturating_sub(used + width(&right.text));
        line.push(ink(Role::Plain, " ".repeat(gap)));
        line.push(right);
        self.line(&line)
    }

    /// The inks cut to that many columns, at the end.
    pub(super) fn fitted(&self, inks: Vec<Ink>, columns: usize) -> Vec<Ink> {
        let mut room = columns;
        let mut fitted = Vec::new();
        for it in inks {
            let needs = width(&it.text);
            let text = cut_end(&it.text, room, self.symbols.cut);
            fitted.push(Ink { role: it.role, text });
            if needs > room {
                break;
            }
            room -= needs;
        }
        fitted
    }

    /// A paragraph behind a margin.
    pub(super) fn paragraph(&mut self, margin: usize, inks: &[Ink]) -> Result<()> {
        let columns = self.style.width.saturating_sub(margin);
        for line in wrap(inks, columns) {
            let mut all = vec![ink(Role::Plain, " ".repeat(margin))];
            all.extend(line);
            self.line(&all)?;
        }
        Ok(())
    }

    /// A label in its column, and a text beside it that wraps in its own column.
    pub(super) fn labelled(&mut self, margin: usize, label: &Ink, columns: usize, inks: &[Ink]) -> Result<()> {
        let indent = margin + columns;
        let lines = wrap(inks, self.style.width.saturating_sub(indent));
        for (row, line) in lines.into_iter().enumerate() {
            let mut all = vec![match row {
                0 => Ink {
                    role: label.role,
                    text: format!("{}{}", " ".repeat(margin), pad(&label.text, columns)),
                },
                _ => ink(Role::Plain, " ".repeat(indent)),
            }];
            all.extend(line);
            self.line(&all)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wrapped(text: &str, columns: usize) -> Vec<String> {
        let lines = wrap(&[ink(Role::Plain, text)], columns);
        lines
            .into_iter()
            .map(|line| line.into_iter().map(|it| it.text).collect())
            .collect()
    }

    #[test]
    fn wraps_at_blanks_and_around_chinese() {
        let cases: [(&str, usize, &[&str]); 6] = [
            ("", 10, &[""]),
            ("one two three", 7, &["one two", "three"]),
            ("abcdefghij kl", 4, &["abcd", "efgh", "ij", "kl"]),
            ("发送超时，请检查", 8, &["发送超", "时，请检", "查"]),
            ("把 sendMsgTimeout 调大", 16, &["把", "sendMsgTimeout", "调大"]),
            ("磁盘（慢）", 7, &["磁盘", "（慢）"]),
        ];
        for (text, columns, want) in cases {
            assert_eq!(wrapped(text, columns), want, "{text}");
        }
    }

    #[test]
    fn cuts_the_middle_and_keeps_the_mark() {
        assert_eq!(cut_middle("abcdefghij", 10, "…"), "abcdefghij");
        assert_eq!(cut_middle("abcdefghij", 7, "…"), "abcd…ij");
        assert_eq!(cut_middle("发送超时发送超时", 9, "…"), "发送超…时");
        let line = format!(
            "2024-05-01 15:37:44,020 WARN {} cost [5037]ms {}",
            "x".repeat(100),
            "y".repeat(100)
        );
        let at = line.find("5037").unwrap();
        let cut = cut_around(&line, Some((at, at + 4)), 60, "…");
        assert!(cut.text.starts_with("2024-05-01 15:37:44"), "{}", cut.text);
        let (from, count) = cut.mark.unwrap();
        assert_eq!(cut.text.chars().skip(from).take(count).collect::<String>(), "5037");
        assert!(width(&cut.text) <= 60);
    }

    #[test]
    fn nothing_from_a_log_commands_the_terminal() {
        assert_eq!(clean("a\x1b[31mb\r\nc\u{202e}d\u{9b}e"), "a [31mb  c d e");
    }

    proptest! {
        #[test]
        fn any_text_fits(text in "\\PC{0,80}|[ -~发超（），]{0,200}", columns in 8usize..40, from in 0usize..90, len in 0usize..30) {
            for line in wrapped(&text, columns) {
                prop_assert!(width(&line) <= columns, "{line:?}");
            }
            let cut = cut_around(&text, Some((from, from + len)), columns, "…");
            prop_assert!(width(&cut.text) <= columns, "{:?}", cut);
            prop_assert!(width(&cut_middle(&text, columns, "...")) <= columns);
            prop_assert!(width(&cut_end(&text, columns, "...")) <= columns);
        }
    }
}

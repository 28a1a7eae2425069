//! Limits of processes: `ulimit -a`, `/proc/<pid>/limits`, limits.conf, systemd units, scripts. The grammar of statements
//! is in `setting`. Sizes are given in bytes.
//!
//! ```text
//! open files                          (-n) 65535          bash
//! -n: file descriptors                1024                zsh, busybox
//! Max open files            1024                 4096                 files      `/proc/<pid>/limits`
//! * hard nofile 655350                                    limits.conf
//! ```

use crate::format::{Format, Sink};
use crate::model::{Event, Text};

use super::prompt::{prompt, typed};
use super::setting::{Bound, LIMITS, Limit, limit_value, limits, raw_limit};
use super::table::{MaybeWith, event, is_log_line, score_by};

/// ulimit and limits.conf.
pub(super) const FORMAT: Format = Format {
    name: "ulimit",
    score,
    parse,
};

fn score(text: &Text<'_>) -> u8 {
    score_by(text, |line| {
        printed(line).is_some() || proc_row(line).is_some() || !limits(line).is_empty() || asked(line).is_some()
    })
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let lines = text.lines();
    let mut hard = false;
    for (index, &line) in lines.iter().enumerate() {
        if prompt(line).is_some() {
            let args = typed(line, "ulimit").unwrap_or_default();
            hard = args.iter().any(|arg| arg.starts_with('-') && arg.contains('H'));
        }
        if let Some((what, value)) = printed(line) {
            let bound = if hard { Bound::Hard } else { Bound::Soft };
            sink.event(bounded(event(text, index, "limit").with("what", what), bound, value).with("form", "live"));
        } else if let Some((what, soft, hard)) = proc_row(line) {
            let event = event(text, index, "limit").with("what", what);
            sink.event(event.with("soft", soft).with("hard", hard).with("form", "live"));
        } else if let Some(what) = asked(line) {
            let answer = lines.get(index + 1).and_then(|line| limit_value(what, line.trim()));
            if let Some(value) = answer {
                let event = event(text, index + 1, "limit").with("what", what);
                sink.event(bounded(event, Bound::Soft, value).with("form", "live"));
            }
        }
        for limit in limits(line) {
            sink.event(statement(event(text, index, "limit"), &limit));
        }
    }
}

fn bounded(event: Event, bound: Bound, value: f64) -> Event {
    let soft = (bound != Bound::Hard).then_some(value);
    let hard = (bound != Bound::Soft).then_some(value);
    event.maybe("soft", soft).maybe("hard", hard)
}

fn statement(event: Event, limit: &Limit<'_>) -> Event {
    let form = if limit.by_command { "shell" } else { "file" };
    bounded(event.with("what", limit.what), limit.bound, limit.value)
        .maybe("domain", limit.domain)
        .with("form", form)
}

fn by_letter(letter: char) -> Option<&'static str> {
    LIMITS
        .iter()
        .find(|(_, known, ..)| *known == letter)
        .map(|(what, ..)| *what)
}

/// A row of `ulimit -a` of any shell.
fn printed(line: &str) -> Option<(&'static str, f64)> {
    if line.len() > 120 || is_log_line(line) {
        return None;
    }
    let line = line.trim_end();
    let (name, value) = line.rsplit_once([' ', '\t'])?;
    raw_limit(value)?;
    let name = name.trim_end();
    let told = |letter| by_letter(letter).and_then(|what| Some((what, limit_value(what, value)?)));
    if let Some(inside) = name.strip_suffix(')') {
        let (before, inside) = inside.rsplit_once('(')?;
        let letter = inside.rsplit_once('-').filter(|(_, letter)| letter.len() == 1)?.1;
        let is_row = before.starts_with(|c: char| c.is_ascii_lowercase() || c == 'P') && before.ends_with(' ');
        return is_row.then(|| told(letter.chars().next()?)).flatten();
    }
    let letter = name.strip_prefix('-')?.split_once(": ")?.0;
    let letter = letter.chars().next().filter(|_| letter.len() == 1)?;
    told(letter)
}

/// A row of `/proc/<pid>/limits`; sizes there are in bytes.
fn proc_row(line: &str) -> Option<(&'static str, f64, f64)> {
    line.starts_with("Max ").then_some(())?;
    let (what, _, name, _) = LIMITS.iter().find(|(_, _, name, _)| line.starts_with(name))?;
    let mut words = line[name.len()..].split_whitespace();
    Some((what, raw_limit(words.next()?)?, raw_limit(words.next()?)?))
}

/// `ulimit -n` with the answer in the next line.
fn asked(line: &str) -> Option<&'static str> {
    let args = line.contains("ulimit").then(|| typed(line, "ulimit"))??;
    let [option] = args[..] else { return None };
    let mut letters = option
        .strip_prefix('-')?
        .chars()
        .filter(|letter| !matches!(letter, 'S' | 'H'));
    let letter = letters.next()?;
    letters.next().is_none().then(|| by_letter(letter)).flatten()
}

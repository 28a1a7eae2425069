//! Commands that set something: sysctl, echo into a file, ulimit; alone, behind a prompt, or several on a line.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{char, space0, space1};
use nom::combinator::{opt, recognize};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

use super::super::prompt::prompt;
use super::assignment::{key, setting};
use super::{Bound, LIMITS, Limit, Sysctl, by_command, limit_value};

/// One command of a line, as far as it is of use here.
pub(super) enum Command<'a> {
    /// Not a command: a line of a file.
    Plain(&'a str),
    /// `sysctl -w k=v …`
    Sysctl(Vec<Sysctl<'a>>),
    /// What `echo` writes to a file.
    Written(&'a str),
    /// `echo 1 > /proc/sys/vm/drop_caches`
    ProcFile(&'a str, &'a str),
    Ulimit(Limit<'a>),
}

/// Splits a line into its commands; a line without any is given as it is, without list marks.
pub(super) fn commands(line: &str) -> Vec<Command<'_>> {
    let shown = prompt(line);
    // `# vm.x = 1` looks like root's prompt and is a comment: without a host only commands count.
    let commands_only = shown.is_some_and(|prompt| prompt.host.is_empty());
    let line = shown.map_or(line, |prompt| prompt.command).trim();
    let known: Vec<Command<'_>> = line
        .split("&&")
        .flat_map(|part| part.split(';'))
        .take(32)
        .filter_map(|part| command(part.trim()).ok().map(|(_, command)| command))
        .collect();
    if known.is_empty() && !commands_only {
        return vec![Command::Plain(unlisted(line))];
    }
    known
}

/// Takes quote and list marks of chats and issues away: `> - vm.x=1`, `3. vm.x=1`, `RUN …`.
fn unlisted(line: &str) -> &str {
    let line = line
        .trim_start_matches(['>', '-', '•', '`', ' '])
        .trim_end_matches(['`', ' ', ',', '，', '；', ';']);
    let number_end = line.find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
    match line[number_end..].strip_prefix(['.', '、', ')']) {
        Some(rest) if number_end > 0 => rest.trim_start(),
        _ => line,
    }
}

fn command(text: &str) -> IResult<&str, Command<'_>> {
    preceded(
        opt(terminated(alt((tag("sudo"), tag("RUN"))), space1)),
        alt((sysctl_command, echo_command, ulimit_command)),
    )
    .parse(text)
}

/// `sysctl [-w] k=v k=v`
fn sysctl_command(text: &str) -> IResult<&str, Command<'_>> {
    let (rest, _) = (opt(alt((tag("/sbin/"), tag("/usr/sbin/")))), tag("sysctl"), space1).parse(text)?;
    let mut found = Vec::new();
    let mut left = rest;
    while let Ok((after, setting)) =
        preceded(space0, alt((preceded((dash_option, space1), argument), argument))).parse(left)
    {
        found.push(by_command(setting));
        left = after;
    }
    if found.is_empty() {
        return Err(nom::Err::Error(nom::error::Error::new(
            text,
            nom::error::ErrorKind::Many1,
        )));
    }
    Ok((left, Command::Sysctl(found)))
}

fn dash_option(text: &str) -> IResult<&str, &str> {
    recognize((char('-'), take_while1(|c: char| c.is_ascii_alphabetic()))).parse(text)
}

/// `k=v` without blanks, or in quotes with them.
fn argument(text: &str) -> IResult<&str, Sysctl<'_>> {
    alt((
        delimited(char('"'), quoted_assignment('"'), char('"')),
        delimited(char('\''), quoted_assignment('\''), char('\'')),
        bare_assignment,
    ))
    .parse(text)
}

fn bare_assignment(text: &str) -> IResult<&str, Sysctl<'_>> {
    let (text, key) = key(text)?;
    let (text, _) = char('=').parse(text)?;
    let (text, value) = alt((
        delimited(char('"'), take_while1(|c: char| c != '"'), char('"')),
        delimited(char('\''), take_while1(|c: char| c != '\''), char('\'')),
        take_while1(|c: char| !c.is_whitespace() && c != '"' && c != '\''),
    ))
    .parse(text)?;
    Ok((text, setting(key, value, false)))
}

fn quoted_assignment<'a>(quote: char) -> impl Fn(&'a str) -> IResult<&'a str, Sysctl<'a>> {
    move |text| {
        let (text, key) = key(text)?;
        let (text, sign) = recognize((space0, char('='), space0)).parse(text)?;
        let (text, value) = take_while1(|c: char| c != quote).parse(text)?;
        Ok((text, setting(key, value, sign.len() > 1)))
    }
}

/// `echo X >> file`, `echo X | sudo tee -a file`, with X in quotes or not.
fn echo_command(text: &str) -> IResult<&str, Command<'_>> {
    let (text, _) = (tag("echo"), space1, opt(terminated(tag("-e"), space1))).parse(text)?;
    let (text, written) = alt((
        delimited(char('"'), take_while1(|c: char| c != '"'), char('"')),
        delimited(char('\''), take_while1(|c: char| c != '\''), char('\'')),
        take_while1(|c: char| !matches!(c, '>' | '|' | '"' | '\'')),
    ))
    .parse(text)?;
    let (text, _) = (
        space0,
        alt((
            tag(">>"),
            tag(">"),
            recognize((char('|'), space0, opt((tag("sudo"), space1)), tag("tee"))),
        )),
        space0,
        opt(terminated(tag("-a"), space1)),
    )
        .parse(text)?;
    let (text, file) = take_while1(|c: char| !c.is_whitespace()).parse(text)?;
    let written = written.trim();
    let command = if file.starts_with("/proc/sys/") {
        Command::ProcFile(file, written)
    } else if let Ok((_, inner)) = ulimit_command(written) {
        inner
    } else {
        Command::Written(written)
    };
    Ok((text, command))
}

/// `ulimit -SHn 65535`
fn ulimit_command(text: &str) -> IResult<&str, Command<'_>> {
    let (text, _) = (tag("ulimit"), space1).parse(text)?;
    let mut left = text;
    let mut letters = String::new();
    while let Ok((after, option)) = terminated(dash_option, space1).parse(left) {
        letters.push_str(&option[1..]);
        left = after;
    }
    let (left, value) = take_while1(|c: char| !c.is_whitespace() && !matches!(c, '"' | '\'' | ')')).parse(left)?;
    let limit = LIMITS
        .iter()
        .find(|(_, letter, ..)| letters.contains(*letter))
        .and_then(|(what, ..)| Some((what, limit_value(what, value)?)))
        .map(|(what, value)| Limit {
            what,
            value,
            bound: bound_of(&letters),
            domain: None,
            by_command: true,
        });
    match limit {
        Some(limit) => Ok((left, Command::Ulimit(limit))),
        None => Err(nom::Err::Error(nom::error::Error::new(
            text,
            nom::error::ErrorKind::Verify,
        ))),
    }
}

fn bound_of(letters: &str) -> Bound {
    match (letters.contains('S'), letters.contains('H')) {
        (true, false) => Bound::Soft,
        (false, true) => Bound::Hard,
        _ => Bound::Both,
    }
}

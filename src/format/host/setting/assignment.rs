//! Single statements: `key = value` of the kernel, and limits of limits.conf and systemd units.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{char, one_of, space0};
use nom::combinator::{opt, recognize, rest, verify};
use nom::multi::many1_count;
use nom::sequence::preceded;
use nom::{IResult, Parser};

use super::{Bound, LIMITS, Limit, Sysctl, by_command, limit_value, raw_limit};
use crate::model::units;

/// `key = value # comment` as a whole line.
pub(super) fn sysctl_line(text: &str) -> IResult<&str, Sysctl<'_>> {
    // A dash before a key tells sysctl to go on after an error.
    let (text, key) = preceded(opt(char('-')), key).parse(text)?;
    let (text, sign) = recognize((space0, alt((tag("="), tag(":"))), space0)).parse(text)?;
    let (text, value) = if sign.contains(':') {
        verify(rest, |value: &str| value.trim().parse::<f64>().is_ok()).parse(text)?
    } else {
        rest(text)?
    };
    let value = value.split(['#', '，', '；']).next().unwrap_or(value);
    let (_, value) = verify(rest, is_value).parse(value.trim_matches([' ', '\t', '"', '\'']))?;
    Ok((&text[text.len()..], setting(key, value, sign.len() > 2)))
}

/// Values are short words and numbers; prose behind a key is not one.
pub(super) fn is_value(value: &str) -> bool {
    let words = value.split_whitespace().count();
    let plain = value.bytes().all(|b| b.is_ascii_graphic() || b == b' ' || b == b'\t');
    let numbers = value.split_whitespace().all(|word| word.parse::<f64>().is_ok());
    plain && value.len() <= 200 && (words == 1 || (2..=16).contains(&words) && numbers || (2..=6).contains(&words))
}

/// A key of the kernel. Java properties look alike (`user.home`, `net.sf.json.x`, `fs.defaultFS`), so the second name
/// must be one of the kernel's where its root is not enough.
pub(super) fn key(text: &str) -> IResult<&str, &str> {
    let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '@' | '*');
    verify(
        recognize((
            take_while1(|c: char| c.is_ascii_lowercase()),
            many1_count(preceded(one_of("./"), take_while1(name))),
        )),
        is_kernel_key,
    )
    .parse(text)
}

fn is_kernel_key(key: &str) -> bool {
    const NET: &[&str] = &[
        "core",
        "ipv4",
        "ipv6",
        "netfilter",
        "unix",
        "bridge",
        "nf_conntrack_max",
        "mptcp",
        "sctp",
        "smc",
    ];
    const FS: &[&str] = &[
        "file-",
        "nr_open",
        "aio-",
        "inotify",
        "epoll",
        "inode-",
        "dentry-",
        "pipe-",
        "protected_",
        "suid_dumpable",
        "lease",
        "mqueue",
        "mount-max",
        "quota",
        "overflow",
        "xfs",
        "fanotify",
        "fuse",
        "dir-notify",
        "may_detach",
    ];
    let mut names = key.split(['.', '/']);
    let (Some(root), Some(second)) = (names.next(), names.next()) else {
        return false;
    };
    match root {
        "kernel" | "abi" | "sunrpc" | "crypto" => true,
        "vm" => names.next().is_none(),
        "net" => NET.contains(&second),
        "fs" => FS.iter().any(|start| second.starts_with(start)),
        "user" => second.starts_with("max_"),
        "dev" => matches!(second, "raid" | "cdrom" | "hpet" | "scsi" | "tty" | "mac_hid"),
        "debug" => matches!(second, "exception-trace" | "kprobes-optimization"),
        _ => false,
    }
}

pub(super) fn setting<'a>(key: &str, value: &'a str, spaced: bool) -> Sysctl<'a> {
    Sysctl {
        key: key.replace('/', "."),
        value: value.trim(),
        by_command: false,
        spaced,
    }
}

pub(super) fn proc_file<'a>(path: &str, value: &'a str) -> Option<Sysctl<'a>> {
    let key_of_path = path.strip_prefix("/proc/sys/")?.replace('/', ".");
    let (left, _) = key(&key_of_path).ok()?;
    (left.is_empty() && is_value(value)).then(|| by_command(setting(&key_of_path, value, false)))
}

/// A line of limits.conf or of a systemd unit.
pub(super) fn limit_statement(text: &str) -> Option<Limit<'_>> {
    let text = text.split('#').next().unwrap_or(text).trim();
    if let Some((name, value)) = text.split_once('=') {
        let (what, ..) = LIMITS.iter().find(|(.., systemd)| *systemd == name.trim())?;
        let (soft, _) = value.split_once(':').unwrap_or((value, ""));
        return Some(Limit {
            what,
            // systemd counts sizes in bytes, or with a unit.
            value: raw_limit(soft.trim()).or_else(|| units::parse_bytes(soft))?,
            bound: Bound::Both,
            domain: None,
            by_command: false,
        });
    }
    let words: Vec<&str> = text.split_whitespace().take(5).collect();
    let [domain, bound, item, value] = words[..] else {
        return None;
    };
    let bound = match bound {
        "soft" => Bound::Soft,
        "hard" => Bound::Hard,
        "-" => Bound::Both,
        _ => return None,
    };
    let (what, ..) = LIMITS.iter().find(|(name, ..)| *name == item)?;
    Some(Limit {
        what,
        value: limit_value(what, value)?,
        bound,
        domain: Some(domain),
        by_command: false,
    })
}

/// The result of a parser that takes all of a text.
pub(super) fn whole<'a, T>(parser: impl Fn(&'a str) -> IResult<&'a str, T>, text: &'a str) -> Option<T> {
    match parser(text) {
        Ok((left, found)) if left.trim().is_empty() => Some(found),
        _ => None,
    }
}

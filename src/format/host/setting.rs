//! Kernel settings and limits as people write them: in configuration files, in scripts, in shell histories and pasted
//! lists. One grammar for all; what is printed by `sysctl -a` and `ulimit -a` is told by `sysctl.rs` and `limits.rs`.
//!
//! ```text
//! vm.swappiness = 10                                        net.ipv4.tcp_mem=1 2 3   # comment
//! sudo sysctl -w vm.drop_caches=1 && sysctl vm.overcommit_memory=1
//! echo 'vm.max_map_count=655360' >> /etc/sysctl.conf        echo 1 > /proc/sys/vm/zone_reclaim_mode
//! * hard nofile 655350                                      echo '* soft memlock unlimited' >> /etc/security/limits.conf
//! ulimit -SHn 65535                                         LimitNOFILE=65535
//! ```

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{char, one_of, space0, space1};
use nom::combinator::{opt, recognize, rest, verify};
use nom::multi::many1_count;
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

use super::prompt::prompt;
use super::table::count;

/// What `unlimited` counts as.
pub(super) const UNLIMITED: f64 = 1e18;

/// A kernel setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sysctl<'a> {
    pub(super) key: String,
    pub(super) value: &'a str,
    /// Set by a command, not by a line of a file or of a tool's output.
    pub(super) by_command: bool,
    /// Blanks stood around the sign, as tools print it.
    pub(super) spaced: bool,
}

/// Which of the two limits a statement sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    Soft,
    Hard,
    Both,
}

/// A limit.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Limit<'a> {
    pub(super) what: &'static str,
    pub(super) value: f64,
    pub(super) bound: Bound,
    pub(super) domain: Option<&'a str>,
    pub(super) by_command: bool,
}

/// Limits: the name in limits.conf, ulimit's letter, the name in /proc/<pid>/limits, and systemd's.
pub(super) const LIMITS: &[(&str, char, &str, &str)] = &[
    ("nofile", 'n', "Max open files", "LimitNOFILE"),
    ("nproc", 'u', "Max processes", "LimitNPROC"),
    ("memlock", 'l', "Max locked memory", "LimitMEMLOCK"),
    ("as", 'v', "Max address space", "LimitAS"),
    ("core", 'c', "Max core file size", "LimitCORE"),
    ("stack", 's', "Max stack size", "LimitSTACK"),
    ("fsize", 'f', "Max file size", "LimitFSIZE"),
    ("data", 'd', "Max data size", "LimitDATA"),
    ("rss", 'm', "Max resident set", "LimitRSS"),
    ("cpu", 't', "Max cpu time", "LimitCPU"),
    ("locks", 'x', "Max file locks", "LimitLOCKS"),
    ("sigpending", 'i', "Max pending signals", "LimitSIGPENDING"),
    ("msgqueue", 'q', "Max msgqueue size", "LimitMSGQUEUE"),
    ("nice", 'e', "Max nice priority", "LimitNICE"),
    ("rtprio", 'r', "Max realtime priority", "LimitRTPRIO"),
];

/// A limit's value: a number, `unlimited`, `infinity`, `-1`.
pub(super) fn limit_value(word: &str) -> Option<f64> {
    match word {
        "unlimited" | "infinity" | "-1" => Some(UNLIMITED),
        _ => count(word),
    }
}

/// Kernel settings of one line.
pub(super) fn sysctls(line: &str) -> Vec<Sysctl<'_>> {
    // Most lines of most texts are left here.
    const ROOTS: &[&str] = &[
        "vm", "net", "kernel", "fs", "user", "dev", "debug", "abi", "sunrpc", "crypto",
    ];
    let assigns = line.contains(['=', ':', '>']);
    if line.len() > MAX_LINE || !assigns || !ROOTS.iter().any(|root| line.contains(root)) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for command in commands(line) {
        match command {
            Command::Plain(text) => found.extend(whole(sysctl_line, text)),
            Command::Sysctl(arguments) => found.extend(arguments),
            Command::Written(text) => found.extend(whole(sysctl_line, text).map(by_command)),
            Command::ProcFile(path, value) => found.extend(proc_file(path, value)),
            Command::Ulimit(_) => {}
        }
    }
    found
}

/// Limits of one line.
pub(super) fn limits(line: &str) -> Vec<Limit<'_>> {
    const WORDS: &[&str] = &["ulimit", "soft", "hard", "Limit", " - ", "\t-\t"];
    if line.len() > MAX_LINE || !WORDS.iter().any(|word| line.contains(word)) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for command in commands(line) {
        match command {
            Command::Plain(text) => found.extend(limit_statement(text)),
            Command::Written(text) => found.extend(limit_statement(text).map(|limit| Limit {
                by_command: true,
                ..limit
            })),
            Command::Ulimit(limit) => found.push(limit),
            Command::Sysctl(_) | Command::ProcFile(..) => {}
        }
    }
    found
}

const MAX_LINE: usize = 1_000;

fn by_command(setting: Sysctl<'_>) -> Sysctl<'_> {
    Sysctl {
        by_command: true,
        ..setting
    }
}

/// One command of a line, as far as it is of use here.
enum Command<'a> {
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
fn commands(line: &str) -> Vec<Command<'_>> {
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

/// `key = value # comment` as a whole line.
fn sysctl_line(text: &str) -> IResult<&str, Sysctl<'_>> {
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
fn is_value(value: &str) -> bool {
    let words = value.split_whitespace().count();
    let plain = value.bytes().all(|b| b.is_ascii_graphic() || b == b' ' || b == b'\t');
    let numbers = value.split_whitespace().all(|word| word.parse::<f64>().is_ok());
    plain && value.len() <= 200 && (words == 1 || (2..=16).contains(&words) && numbers || (2..=6).contains(&words))
}

/// A key of the kernel. Java properties look alike (`user.home`, `net.sf.json.x`, `fs.defaultFS`), so the second name
/// must be one of the kernel's where its root is not enough.
fn key(text: &str) -> IResult<&str, &str> {
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

fn setting<'a>(key: &str, value: &'a str, spaced: bool) -> Sysctl<'a> {
    Sysctl {
        key: key.replace('/', "."),
        value: value.trim(),
        by_command: false,
        spaced,
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

fn proc_file<'a>(path: &str, value: &'a str) -> Option<Sysctl<'a>> {
    let key_of_path = path.strip_prefix("/proc/sys/")?.replace('/', ".");
    let (left, _) = key(&key_of_path).ok()?;
    (left.is_empty() && is_value(value)).then(|| by_command(setting(&key_of_path, value, false)))
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
        .zip(limit_value(value))
        .map(|((what, ..), value)| Limit {
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

/// A line of limits.conf or of a systemd unit.
fn limit_statement(text: &str) -> Option<Limit<'_>> {
    let text = text.split('#').next().unwrap_or(text).trim();
    if let Some((name, value)) = text.split_once('=') {
        let (what, ..) = LIMITS.iter().find(|(.., systemd)| *systemd == name.trim())?;
        let (soft, _) = value.split_once(':').unwrap_or((value, ""));
        return Some(Limit {
            what,
            value: limit_value(soft.trim())?,
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
        value: limit_value(value)?,
        bound,
        domain: Some(domain),
        by_command: false,
    })
}

/// The result of a parser that takes all of a text.
fn whole<'a, T>(parser: impl Fn(&'a str) -> IResult<&'a str, T>, text: &'a str) -> Option<T> {
    match parser(text) {
        Ok((left, found)) if left.trim().is_empty() => Some(found),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sysctl_text(line: &str) -> String {
        let shown = |s: &Sysctl<'_>| format!("{}={}{}", s.key, s.value, if s.by_command { "!" } else { "" });
        sysctls(line).iter().map(shown).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn kernel_settings() {
        for (line, want) in [
            ("vm.swappiness = 10", "vm.swappiness=10"),
            ("vm.swappiness=10", "vm.swappiness=10"),
            ("  - vm.dirty_ratio=50，", "vm.dirty_ratio=50"),
            ("3. vm.dirty_ratio=50", "vm.dirty_ratio=50"),
            ("net.ipv4.tcp_mem=1 2 3 # pages", "net.ipv4.tcp_mem=1 2 3"),
            ("net/ipv4/ip_forward = 1", "net.ipv4.ip_forward=1"),
            ("[root@a ~]# sudo sysctl -w vm.drop_caches=1", "vm.drop_caches=1!"),
            (
                "sysctl -w vm.a=1 vm.b=2 && /sbin/sysctl vm.c=3",
                "vm.a=1! vm.b=2! vm.c=3!",
            ),
            ("sysctl -w \"net.ipv4.tcp_rmem=1 2 3\"", "net.ipv4.tcp_rmem=1 2 3!"),
            ("sysctl -w net.ipv4.tcp_rmem='1 2 3'", "net.ipv4.tcp_rmem=1 2 3!"),
            (
                "echo 'vm.max_map_count=655360' >> /etc/sysctl.conf",
                "vm.max_map_count=655360!",
            ),
            (
                "echo \"vm.swappiness = 1\" | sudo tee -a /etc/sysctl.conf",
                "vm.swappiness=1!",
            ),
            ("echo vm.swappiness=1 >> /etc/sysctl.conf", "vm.swappiness=1!"),
            ("echo 3 > /proc/sys/vm/drop_caches", "vm.drop_caches=3!"),
            (
                "kernel.core_pattern = |/usr/lib/systemd/systemd-coredump %P %u %g %s %t %c",
                "",
            ),
            ("brokerName = broker-a", ""),
            (
                "net.thing happens to be = a longer sentence about the network and its keys",
                "",
            ),
            ("vm.args=", ""),
            ("user.home=/root", ""),
            ("net.sf.ehcache.skipUpdateCheck=true", ""),
            ("vm.swappiness: 10", "vm.swappiness=10"),
            ("# vm.swappiness=10", ""),
        ] {
            assert_eq!(sysctl_text(line), want, "{line}");
        }
    }

    fn limit_text(line: &str) -> String {
        let shown = |l: &Limit<'_>| {
            format!(
                "{} {:?} {} {:?}{}",
                l.what,
                l.bound,
                l.value,
                l.domain,
                if l.by_command { "!" } else { "" }
            )
        };
        limits(line).iter().map(shown).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn limits_of_all_kinds() {
        for (line, want) in [
            ("* hard nofile 655350", "nofile Hard 655350 Some(\"*\")"),
            (
                "root - nproc unlimited",
                "nproc Both 1000000000000000000 Some(\"root\")",
            ),
            (
                "echo '* soft memlock      unlimited' >> /etc/security/limits.conf",
                "memlock Soft 1000000000000000000 Some(\"*\")!",
            ),
            ("echo 'ulimit -n 655350' >> /etc/profile", "nofile Both 655350 None!"),
            ("ulimit -SHn 65535", "nofile Both 65535 None!"),
            ("ulimit -S -n 4096", "nofile Soft 4096 None!"),
            ("LimitNOFILE=65535", "nofile Both 65535 None"),
            ("ulimit -n", ""),
            ("ulimit -a", ""),
            ("# * hard nofile 1", ""),
            ("the hard nofile 12", "nofile Hard 12 Some(\"the\")"),
        ] {
            assert_eq!(limit_text(line), want, "{line}");
        }
    }
}

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

mod assignment;
mod command;

use self::assignment::{limit_statement, proc_file, sysctl_line, whole};
use self::command::{Command, commands};
use super::table::{count, is_log_line};

/// What `unlimited` counts as.
pub(crate) const UNLIMITED: f64 = 1e18;

/// A kernel setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sysctl<'a> {
    pub(crate) key: String,
    pub(crate) value: &'a str,
    /// Set by a command, not by a line of a file or of a tool's output.
    pub(crate) by_command: bool,
    /// Blanks stood around the sign, as tools print it.
    pub(crate) spaced: bool,
}

/// Which of the two limits a statement sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    Soft,
    Hard,
    Both,
}

/// A limit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Limit<'a> {
    pub(crate) what: &'static str,
    pub(crate) value: f64,
    pub(crate) bound: Bound,
    pub(crate) domain: Option<&'a str>,
    pub(crate) by_command: bool,
}

/// Limits: the name in limits.conf, ulimit's letter, the name in `/proc/<pid>/limits`, and systemd's.
pub(crate) const LIMITS: &[(&str, char, &str, &str)] = &[
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

/// A limit's value: a number, `unlimited`, `infinity`, `-1`. Sizes, which ulimit and limits.conf count in KiB, are given
/// in bytes.
pub(crate) fn limit_value(what: &str, word: &str) -> Option<f64> {
    let value = raw_limit(word)?;
    let in_kib = matches!(what, "memlock" | "as" | "stack" | "data" | "rss" | "fsize" | "core");
    Some(if in_kib && value < UNLIMITED {
        value * 1024.0
    } else {
        value
    })
}

/// A limit's value in the unit it is written in.
pub(crate) fn raw_limit(word: &str) -> Option<f64> {
    match word {
        "unlimited" | "infinity" | "-1" => Some(UNLIMITED),
        _ => count(word),
    }
}

/// Kernel settings of one line.
pub(crate) fn sysctls(line: &str) -> Vec<Sysctl<'_>> {
    // Most lines of most texts are left here.
    const ROOTS: &[&str] = &[
        "vm", "net", "kernel", "fs", "user", "dev", "debug", "abi", "sunrpc", "crypto",
    ];
    if line.len() > MAX_LINE || is_log_line(line) || !ROOTS.iter().any(|root| line.contains(root)) {
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
pub(crate) fn limits(line: &str) -> Vec<Limit<'_>> {
    const WORDS: &[&str] = &["ulimit", "soft", "hard", "Limit", " - ", "\t-\t"];
    if line.len() > MAX_LINE || is_log_line(line) || !WORDS.iter().any(|word| line.contains(word)) {
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

//! The kernel's (and its daemons') messages that name a trouble, one row each. Out-of-memory kills, which take several
//! lines, are in `oom.rs`.

use std::sync::{LazyLock, OnceLock};

use aho_corasick::AhoCorasick;
use regex::{Captures, Regex};

use crate::model::Event;

use super::super::table::{count, number};

/// One message: what it means, a literal that it always has, and its shape from the start on. Named groups become fields.
struct Shape {
    what: &'static str,
    literal: &'static str,
    shape: &'static str,
}

const fn s(what: &'static str, literal: &'static str, shape: &'static str) -> Shape {
    Shape { what, literal, shape }
}

/// All messages. Shapes start at the message's start, so that lines of other logs that quote one do not count.
const SHAPES: &[Shape] = &[
    // Disks and file systems
    s(
        "io-error",
        "I/O error",
        r"^(?:[\w-]+: )?(?:\w+ )?I/O error,? (?:on )?dev(?:ice)? (?P<device>[\w!/-]+)",
    ),
    s(
        "io-error",
        " error, dev ",
        r"^(?:[\w-]+: )?critical \w+ error, dev (?P<device>[\w!/-]+)",
    ),
    s(
        "io-error",
        "I/O error",
        r"^(?:XFS|EXT\d-fs(?: warning| error)?|BTRFS(?: \w+)?) \((?:device )?(?P<device>[\w!/-]+)[^)]*\): .*I/O error",
    ),
    s(
        "io-error",
        "FAILED Result",
        r"^sd [\d:]+: \[(?P<device>\w+)\] .*FAILED Result",
    ),
    s(
        "io-error",
        "Medium Error",
        r"^sd [\d:]+: \[(?P<device>\w+)\] .*Medium Error",
    ),
    s(
        "io-error",
        " exception Emask",
        r"^(?P<device>ata[\d.]+): exception Emask",
    ),
    s(
        "io-error",
        " timeout, ",
        r"^nvme (?P<device>nvme\w+): I/O \d+ .*timeout, ",
    ),
    s(
        "io-error",
        "controller is down",
        r"^nvme (?P<device>nvme\w+): controller is down",
    ),
    s(
        "io-error",
        "Disk failure on",
        r"^md/\S+: Disk failure on (?P<device>\w+)",
    ),
    s(
        "fs-readonly",
        "emounting filesystem read-only",
        r"^(?:EXT\d-fs|JBD\d?)[^:]*\((?:device )?(?P<device>[\w!/-]+)\)?:? ?.*emounting filesystem read-only",
    ),
    s(
        "fs-readonly",
        "Aborting journal on device",
        r"^Aborting journal on device (?P<device>[\w!/-]+)",
    ),
    s(
        "fs-readonly",
        "hutting down filesystem",
        r"^XFS \((?P<device>[\w!/-]+)\): .*hutting down filesystem",
    ),
    s(
        "fs-readonly",
        "has been shut down",
        r"^XFS \((?P<device>[\w!/-]+)\): .*has been shut down",
    ),
    s(
        "fs-readonly",
        "forced readonly",
        r"^BTRFS[^(]*\((?:device )?(?P<device>[\w!/-]+)[^)]*\).*forced readonly",
    ),
    s("fs-error", "EXT", r"^EXT\d-fs error \(device (?P<device>[\w!/-]+)\)"),
    s(
        "fs-error",
        "orruption",
        r"^XFS \((?P<device>[\w!/-]+)\): .*[Cc]orruption",
    ),
    // Processes
    s(
        "hung-task",
        " blocked for more than ",
        r"^INFO: task (?P<process>.+):(?P<pid>\d+) blocked for more than \d+ seconds",
    ),
    s(
        "segfault",
        " segfault at ",
        r"^(?P<process>[^\[]{1,40})\[(?P<pid>\d+)\]: segfault at ",
    ),
    s(
        "segfault",
        "general protection",
        r"^traps: (?P<process>[^\[]{1,40})\[(?P<pid>\d+)\] general protection",
    ),
    s(
        "alloc-failure",
        "page allocation failure",
        r"^(?P<process>\S{1,40}): page allocation failure",
    ),
    s("file-max", "file-max limit", r"^VFS: file-max limit \d+ reached"),
    s(
        "pids-limit",
        "fork rejected by pids controller",
        r"^cgroup: fork rejected by pids controller",
    ),
    s(
        "service-exit",
        "ain process exited",
        r"^(?P<process>[\w@.\\-]+): [Mm]ain process exited, code=(?:killed|dumped|exited), status=(?:9|6|11|1\d\d)",
    ),
    s(
        "service-exit",
        "Failed with result",
        r"^(?P<process>[\w@.\\-]+): Failed with result '(?:oom-kill|signal|core-dump)'",
    ),
    // Network
    s(
        "conntrack-full",
        "conntrack: table full",
        r"^(?:[\w-]+: )*\w*_conntrack: table full, dropping packet",
    ),
    s(
        "nic-down",
        "ink is",
        r"^(?:[\w:.()-]+ ){0,6}(?P<device>(?:eth|en|em|bond|ib|p\d)[\w.-]*?):? (?:NIC )?(?:Copper )?[Ll]ink is [Dd]own",
    ),
    s(
        "nic-down",
        "link down",
        r"^(?:[\w:.-]+ ){0,3}(?P<device>(?:eth|en|bond|team|em|p\d)[\w.-]*)(?: \([^)]*\))?: .{0,20}link down",
    ),
    s(
        "nic-down",
        "status definitely down",
        r"^\S*bond\S*:.* link status definitely down for interface (?P<device>[\w.-]+)",
    ),
    s(
        "nic-up",
        "ink is",
        r"^(?:[\w:.()-]+ ){0,6}(?P<device>(?:eth|en|em|bond|ib|p\d)[\w.-]*?):? (?:NIC )?(?:Copper )?[Ll]ink is [Uu]p",
    ),
    s(
        "nic-up",
        "link becomes ready",
        r"^(?:IPv6: )?ADDRCONF\(NETDEV_\w+\): (?P<device>[\w.-]+): link becomes ready",
    ),
    s(
        "nic-up",
        "status definitely up",
        r"^\S*bond\S*:.* link status definitely up for interface (?P<device>[\w.-]+)",
    ),
    s(
        "nic-timeout",
        "NETDEV WATCHDOG",
        r"^NETDEV WATCHDOG: (?P<device>[\w.-]+) ",
    ),
    s("tcp-drop", "TCP: out of memory", r"^(?:\w+ )?TCP: out of memory"),
    s(
        "tcp-drop",
        "too many orphaned sockets",
        r"^(?:\w+ )?TCP: too many orphaned sockets",
    ),
    s(
        "tcp-drop",
        "TCP: time wait bucket table overflow",
        r"^TCP: time wait bucket table overflow",
    ),
    s("tcp-drop", "drop open request from", r"^TCP: drop open request from"),
    s("tcp-drop", "neighbour: ", r"^neighbour: \w+: neighbor table overflow"),
    s(
        "syn-flood",
        "ossible SYN flooding on port",
        r"^(?:\w+: )*[Pp]ossible SYN flooding on port (?:\S*:)?(?P<port>\d+)",
    ),
    // Processor, memory, clock
    s(
        "stall",
        "lockup - CPU",
        r"^(?:watchdog: )?BUG: soft lockup - CPU#\d+ stuck for \S+ \[(?P<process>[^:\]]+):(?P<pid>\d+)\]",
    ),
    s(
        "stall",
        "hard LOCKUP",
        r"^(?:NMI watchdog|Watchdog|watchdog).*hard LOCKUP",
    ),
    s(
        "stall",
        "stall",
        r"^(?:rcu: )?(?:INFO: )?rcu\w* (?:self-)?detected .*stall",
    ),
    s("mce", "Hardware Error", r"^(?:mce: )?\[Hardware Error\]"),
    s(
        "mce",
        "achine check events logged",
        r"^mce: .*[Mm]achine check events logged",
    ),
    s("mce", "EDAC MC", r"^EDAC MC\d+: \d+ (?:CE|UE) "),
    s(
        "throttled",
        "above threshold",
        r"^(?:mce: )?CPU\d+: (?:Core|Package) temperature above threshold",
    ),
    s("clocksource", "nstable", r"^[Cc]locksource:? .*\b(?:as )?unstable"),
    s("clock-step", "Time has been changed", r"^Time has been changed"),
    s("clock-step", "System clock w", r"^System clock (?:was|wrong by) "),
    s(
        "clock-step",
        "time jump detected",
        r"^(?:Forward|Backward) time jump detected",
    ),
    s("clock-step", "time reset", r"^time reset [+-]?[\d.]+ s"),
    s("boot", "Linux version ", r"^Linux version \d"),
];

struct Book {
    literals: AhoCorasick,
    /// Compiled at their first use: most hosts have none of these troubles.
    shapes: [OnceLock<Regex>; SHAPES.len()],
}

impl Book {
    fn shape(&self, n: usize) -> &Regex {
        self.shapes[n].get_or_init(|| Regex::new(SHAPES[n].shape).expect("the tests compile each expression"))
    }
}

static BOOK: LazyLock<Book> = LazyLock::new(|| Book {
    literals: AhoCorasick::new(SHAPES.iter().map(|shape| shape.literal)).expect("literals are short"),
    shapes: [const { OnceLock::new() }; SHAPES.len()],
});

/// A message that was recognised.
pub(super) struct Found<'a> {
    pub(super) what: &'static str,
    message: &'a str,
    groups: Captures<'a>,
}

/// The meaning of a message, if it is one of those listed.
pub(super) fn find(message: &str) -> Option<Found<'_>> {
    // No message starts with a digit; lines of other logs do.
    if message.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let book = &*BOOK;
    let mut hits = 0u64;
    for hit in book.literals.find_overlapping_iter(message) {
        hits |= 1 << hit.pattern().as_usize();
    }
    // In the order of the list: a row may be the special case of one below it.
    for n in (0..SHAPES.len()).filter(|n| hits & (1 << n) != 0) {
        if let Some(groups) = book.shape(n).captures(message) {
            return Some(Found {
                what: SHAPES[n].what,
                message,
                groups,
            });
        }
    }
    None
}

const _: () = assert!(SHAPES.len() <= 64, "a message's tries are kept in 64 bits");

impl Found<'_> {
    /// Adds what the message names.
    pub(super) fn fields(&self, mut event: Event) -> Event {
        for name in ["process", "device"] {
            if let Some(group) = self.groups.name(name) {
                event = event.with(name, group.as_str());
            }
        }
        for name in ["pid", "port"] {
            if let Some(value) = self.groups.name(name).and_then(|group| count(group.as_str())) {
                event = event.with(name, value);
            }
        }
        let detail: String = self.message.chars().take(200).collect();
        event.with("detail", detail)
    }
}

/// The version in `Linux version 5.10.0-8.el8.x86_64 (…) #1 SMP`.
pub(super) fn kernel_version(message: &str) -> Option<&str> {
    let version = message.strip_prefix("Linux version ")?.split(' ').next()?;
    version.split('.').next().and_then(number).map(|_| version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_expression_compiles() {
        for n in 0..SHAPES.len() {
            BOOK.shape(n);
        }
    }

    #[test]
    fn messages() {
        for (message, want) in [
            ("blk_update_request: I/O error, dev sda, sector 1234", "io-error sda"),
            ("I/O error, dev vda, sector 99 op 0x1:(WRITE)", "io-error vda"),
            ("end_request: I/O error, dev sdb, sector 12", "io-error sdb"),
            ("Buffer I/O error on device sda1, logical block 5", "io-error sda1"),
            (
                "Buffer I/O error on dev dm-0, logical block 5, lost async page write",
                "io-error dm-0",
            ),
            (
                "blk_update_request: critical medium error, dev sda, sector 5",
                "io-error sda",
            ),
            (
                "XFS (dm-0): metadata I/O error: block 0x1 (\"xlog_iodone\") error 5",
                "io-error dm-0",
            ),
            ("EXT4-fs (vdb): Remounting filesystem read-only", "fs-readonly vdb"),
            (
                "EXT4-fs error (device vdb1): ext4_find_entry:1455: inode #2: reading directory",
                "fs-error vdb1",
            ),
            (
                "XFS (vdb): Corruption of in-memory data detected.  Shutting down filesystem",
                "fs-readonly vdb",
            ),
            (
                "INFO: task java:3201 blocked for more than 120 seconds.",
                "hung-task java",
            ),
            (
                "nf_conntrack: nf_conntrack: table full, dropping packet",
                "conntrack-full ",
            ),
            ("ip_conntrack: table full, dropping packet.", "conntrack-full "),
            ("e1000e: eth0 NIC Link is Down", "nic-down eth0"),
            (
                "ixgbe 0000:01:00.0 eth2: NIC Link is Up 10 Gbps, Flow Control: RX/TX",
                "nic-up eth2",
            ),
            ("tg3 0000:02:00.0: eth1: Link is down", "nic-down eth1"),
            ("bnx2 0000:01:00.0: em1: NIC Copper Link is Down", "nic-down em1"),
            ("TCP: out of memory -- consider tuning tcp_mem", "tcp-drop "),
            (
                "TCP: request_sock_TCP: Possible SYN flooding on port 9876. Sending cookies.  Check SNMP counters.",
                "syn-flood ",
            ),
            ("possible SYN flooding on port 10911. Sending cookies.", "syn-flood "),
            (
                "watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [java:3201]",
                "stall java",
            ),
            ("rcu: INFO: rcu_sched self-detected stall on CPU", "stall "),
            (
                "clocksource: timekeeping watchdog on CPU1: Marking clocksource 'tsc' as unstable because",
                "clocksource ",
            ),
            ("Clocksource tsc unstable (delta = -8589 ns)", "clocksource "),
            (
                "java[3201]: segfault at 0 ip 00007f sp 00007f error 4 in libjvm.so[7f+c]",
                "segfault java",
            ),
            ("java: page allocation failure: order:4, mode:0x1", "alloc-failure java"),
            (
                "rocketmq-broker.service: main process exited, code=killed, status=9/KILL",
                "service-exit rocketmq-broker.service",
            ),
            (
                "System clock wrong by -3.512 seconds, adjustment started",
                "clock-step ",
            ),
            (
                "NETDEV WATCHDOG: eth0 (virtio_net): transmit queue 0 timed out",
                "nic-timeout eth0",
            ),
        ] {
            let found = find(message).unwrap_or_else(|| panic!("{message}"));
            let named = ["process", "device"]
                .iter()
                .find_map(|name| found.groups.name(name))
                .map_or("", |group| group.as_str());
            assert_eq!(format!("{} {named}", found.what), want, "{message}");
        }
        for quiet in [
            "2026-11-24 09:44:33 ERROR main - I/O error, dev sda",
            "IPv6: ADDRCONF(NETDEV_UP): eth0: link is not ready",
            "systemd[1]: Started Session 1 of user root.",
            "rocketmq-broker.service: Main process exited, code=exited, status=0/SUCCESS",
        ] {
            assert!(find(quiet).is_none(), "{quiet}");
        }
    }
}

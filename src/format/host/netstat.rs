//! netstat: sockets (`-an`, `-antp`), protocol counters (`-s`) and interfaces (`-i`).
//!
//! ```text
//! tcp        0      0 10.0.0.5:10911          10.0.0.9:41822          ESTABLISHED 20118/java
//! Tcp:
//!     48211 segments retransmitted
//! TcpExt:
//!     1204 times the listen queue of a socket overflowed
//! Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg
//! ```
//!
//! Counters get the names that /proc/net has for them (`TcpRetransSegs`, `ListenOverflows`), so that rules need to know
//! one spelling only; zeroes are left out.

use crate::format::{Format, Sink};
use crate::model::Text;

use super::nstat;
use super::socket::{Details, Socket, Sockets, state};
use super::table::{Heading, count, event, score_by};

/// netstat.
pub(super) const FORMAT: Format = Format {
    name: "netstat",
    score,
    parse,
};

fn score(text: &Text<'_>) -> u8 {
    score_by(text, |line| {
        socket(line, 0).is_some() || interface_heading(line).is_some() || line == "TcpExt:" || line == "Tcp:"
    })
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let mut sockets = Sockets::default();
    let mut section = "";
    let mut interfaces: Option<Heading<'_>> = None;
    let mut segments = nstat::Segments::default();
    for (index, &line) in text.lines().iter().enumerate() {
        if let Some(name) = section_name(line) {
            section = name;
            (section == "Ip").then(|| segments = nstat::Segments::default());
        } else if let Some(heading) = interface_heading(line) {
            interfaces = Some(heading);
        } else if let Some(socket) = socket(line, index) {
            sockets.take(text, &socket, Details::default(), sink);
        } else if !section.is_empty() && line.starts_with([' ', '\t']) {
            if let Some((name, value)) = counter(section, line.trim()) {
                segments.take(text, index, &name, value, sink);
                nstat::give(text, index, &name, value, sink);
            }
        } else {
            section = "";
            let Some(heading) = &interfaces else { continue };
            if !interface(text, index, heading, sink) {
                interfaces = None;
            }
        }
    }
    sockets.end(text, sink);
}

fn socket(line: &str, index: usize) -> Option<Socket<'_>> {
    if !line.trim_start().starts_with("tcp") || line.len() > 400 {
        return None;
    }
    let mut words = line.split_whitespace();
    matches!(words.next()?, "tcp" | "tcp4" | "tcp6" | "tcp46").then_some(())?;
    let (recv_q, send_q) = (count(words.next()?)?, count(words.next()?)?);
    let local = words.next().filter(|word| word.contains(':'))?;
    let peer = words.next().filter(|word| word.contains(':'))?;
    let state = state(words.next()?)?;
    Some(Socket {
        state,
        recv_q,
        send_q,
        local,
        peer,
        process: words
            .find_map(|word| word.split_once('/').filter(|(pid, _)| count(pid).is_some()))
            .map(|(_, name)| name),
        index,
    })
}

fn section_name(line: &str) -> Option<&str> {
    const SECTIONS: &[&str] = &[
        "Ip", "Icmp", "IcmpMsg", "Tcp", "Udp", "UdpLite", "TcpExt", "IpExt", "MPTcpExt",
    ];
    let name = line.strip_suffix(':')?;
    SECTIONS.iter().find(|known| **known == name).copied()
}

/// netstat's sentences, by a part that has not changed between versions, and nstat's names for them.
const SENTENCES: &[(&str, &str, &str)] = &[
    ("Tcp", "segments retransmi", "TcpRetransSegs"),
    ("Tcp", "segments sent out", "TcpOutSegs"),
    ("Tcp", "segments send out", "TcpOutSegs"),
    ("Tcp", "segments received", "TcpInSegs"),
    ("Tcp", "bad segments received", "TcpInErrs"),
    ("Tcp", "resets sent", "TcpOutRsts"),
    ("Tcp", "connection resets received", "TcpEstabResets"),
    ("Tcp", "failed connection attempts", "TcpAttemptFails"),
    ("Tcp", "active connection", "TcpActiveOpens"),
    ("Tcp", "passive connection", "TcpPassiveOpens"),
    ("Tcp", "connections established", "TcpCurrEstab"),
    ("Udp", "packet receive errors", "UdpInErrors"),
    ("Udp", "receive buffer errors", "UdpRcvbufErrors"),
    ("Udp", "send buffer errors", "UdpSndbufErrors"),
    (
        "TcpExt",
        "times the listen queue of a socket overflowed",
        "ListenOverflows",
    ),
    ("TcpExt", "SYNs to LISTEN sockets", "ListenDrops"),
    (
        "TcpExt",
        "pruned from receive queue because of socket buffer overrun",
        "PruneCalled",
    ),
    ("TcpExt", "pruned from receive queue", "RcvPruned"),
    ("TcpExt", "packets collapsed in receive queue", "TCPRcvCollapsed"),
    ("TcpExt", "connections aborted due to timeout", "TCPAbortOnTimeout"),
    (
        "TcpExt",
        "connections aborted due to memory pressure",
        "TCPAbortOnMemory",
    ),
    ("TcpExt", "connections reset due to unexpected data", "TCPAbortOnData"),
    ("TcpExt", "connections reset due to early user close", "TCPAbortOnClose"),
    ("TcpExt", "other TCP timeouts", "TCPTimeouts"),
    ("TcpExt", "retransmits in slow start", "TCPSlowStartRetrans"),
    ("TcpExt", "fast retransmits", "TCPFastRetrans"),
    ("TcpExt", "SYN cookies sent", "SyncookiesSent"),
    (
        "TcpExt",
        "resets received for embryonic SYN_RECV sockets",
        "EmbryonicRsts",
    ),
    (
        "TcpExt",
        "rejects in established connections because of timestamp",
        "PAWSEstab",
    ),
    (
        "TcpExt",
        "rejected in established connections because of timestamp",
        "PAWSEstab",
    ),
    (
        "TcpExt",
        "passive connections rejected because of time stamp",
        "PAWSPassive",
    ),
    ("TcpExt", "times recovered from packet loss", "TCPSackRecovery"),
];

/// `12 segments retransmitted`, `TCPBacklogDrop: 12`.
fn counter(section: &str, line: &str) -> Option<(String, f64)> {
    if let Some((name, value)) = line.rsplit_once(':') {
        let value = count(value.trim())?;
        let plain = name.bytes().all(|b| b.is_ascii_alphanumeric());
        // The names of this section are unique without it, and /proc/net/netstat has them so.
        let section = if section == "TcpExt" { "" } else { section };
        return plain.then(|| (format!("{section}{name}"), value));
    }
    let value = line.split_whitespace().find_map(count)?;
    let (_, _, name) = SENTENCES.iter().find(|(of, part, _)| {
        *of == section && line.contains(part) && !(*part == "segments received" && line.contains("bad"))
    })?;
    Some(((*name).to_owned(), value))
}

fn interface_heading(line: &str) -> Option<Heading<'_>> {
    let is_heading = line.starts_with("Iface") && line.contains("RX-OK");
    is_heading.then(|| Heading::of(line))
}

/// Reads a row of `-i`; old versions show two columns `MTU Met`.
fn interface(text: &Text<'_>, index: usize, heading: &Heading<'_>, sink: &mut dyn Sink) -> bool {
    const COUNTERS: &[(&str, &str)] = &[
        ("RX-ERR", "rx_errors"),
        ("RX-DRP", "rx_dropped"),
        ("RX-OVR", "rx_overruns"),
        ("TX-ERR", "tx_errors"),
        ("TX-DRP", "tx_dropped"),
        ("TX-OVR", "tx_overruns"),
    ];
    let Some(row) = heading.row(text.lines()[index]) else {
        return false;
    };
    for (column, name) in COUNTERS {
        if let Some(value) = row.num(&[column]).filter(|value| *value > 0.0) {
            let event = event(text, index, "net.counter").with("name", *name);
            sink.event(event.with("value", value).with("iface", row.first()));
        }
    }
    true
}

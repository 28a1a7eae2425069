//! What ss and netstat say of TCP sockets: counts per state and service port, listening sockets, and single connections
//! with a queue, retransmissions or a round-trip time. How their lines are cut is told by `ss.rs` and `netstat.rs`.

use std::collections::BTreeMap;

use crate::format::Sink;
use crate::model::Text;

use super::table::{MaybeWith, event};

/// One socket line.
pub(super) struct Socket<'a> {
    /// The state in ss's spelling.
    pub(super) state: &'static str,
    pub(super) recv_q: f64,
    pub(super) send_q: f64,
    pub(super) local: &'a str,
    pub(super) peer: &'a str,
    pub(super) process: Option<&'a str>,
    pub(super) index: usize,
}

/// What `ss -i` adds below a connection.
#[derive(Default, Clone, Copy)]
pub(super) struct Details {
    pub(super) rtt_ms: Option<f64>,
    pub(super) retrans: Option<f64>,
}

/// States in ss's and in netstat's spelling.
const STATES: &[(&str, &str)] = &[
    ("ESTAB", "ESTABLISHED"),
    ("TIME-WAIT", "TIME_WAIT"),
    ("CLOSE-WAIT", "CLOSE_WAIT"),
    ("LISTEN", "LISTEN"),
    ("SYN-SENT", "SYN_SENT"),
    ("SYN-RECV", "SYN_RECV"),
    ("FIN-WAIT-1", "FIN_WAIT1"),
    ("FIN-WAIT-2", "FIN_WAIT2"),
    ("LAST-ACK", "LAST_ACK"),
    ("CLOSING", "CLOSING"),
];

/// The common spelling of a state.
pub(super) fn state(word: &str) -> Option<&'static str> {
    STATES
        .iter()
        .find(|(ss, netstat)| *ss == word || *netstat == word)
        .map(|(state, _)| *state)
}

/// Splits `10.0.0.1:9876`, `[::1]:80`, `:::9876`, `*:10911`.
pub(super) fn address(text: &str) -> Option<(&str, Option<f64>)> {
    let (host, port) = text.rsplit_once(':')?;
    let port = if port == "*" {
        None
    } else {
        Some(super::table::count(port).filter(|port| *port <= 65_535.0)?)
    };
    Some((host.trim_matches(['[', ']']), port))
}

/// Ports from here on are given to the calling end of a connection by default.
const FIRST_EPHEMERAL: f64 = 32_768.0;
/// Groups and single connections that one text may give.
const GROUPS_MAX: usize = 2_000;
const CONNECTIONS_MAX: usize = 2_000;

/// State, local service port, peer's service port.
type Group = (&'static str, Option<u16>, Option<u16>);

/// Collects one table of sockets.
#[derive(Default)]
pub(super) struct Sockets {
    groups: BTreeMap<Group, (f64, usize)>,
    connections: usize,
}

impl Sockets {
    /// Takes one socket with what is known of its connection.
    pub(super) fn take(&mut self, text: &Text<'_>, socket: &Socket<'_>, details: Details, sink: &mut dyn Sink) {
        let (Some((host, port)), Some((_, peer_port))) = (address(socket.local), address(socket.peer)) else {
            return;
        };
        if socket.state == "LISTEN" {
            let listen = event(text, socket.index, "net.listen")
                .maybe("port", port)
                .with("address", host)
                .maybe("backlog", Some(socket.send_q).filter(|n| *n > 0.0))
                .with("queued", socket.recv_q)
                .maybe("process", socket.process);
            sink.event(listen);
            return;
        }
        let (port, peer_port) = service(port, peer_port);
        self.connection(text, socket, (port, peer_port), details, sink);
        let group = (socket.state, port.map(|n| n as u16), peer_port.map(|n| n as u16));
        if self.groups.len() < GROUPS_MAX || self.groups.contains_key(&group) {
            self.groups.entry(group).or_insert((0.0, socket.index)).0 += 1.0;
        }
    }

    fn connection(
        &mut self,
        text: &Text<'_>,
        socket: &Socket<'_>,
        (port, peer_port): (Option<f64>, Option<f64>),
        details: Details,
        sink: &mut dyn Sink,
    ) {
        let queued = socket.recv_q > 0.0 || socket.send_q > 0.0;
        let told = queued || details.rtt_ms.is_some() || details.retrans.is_some();
        if !told || self.connections >= CONNECTIONS_MAX {
            return;
        }
        self.connections += 1;
        let connection = event(text, socket.index, "net.socket")
            .with("state", socket.state)
            .maybe("port", port)
            .maybe("peer_port", peer_port)
            .with("peer", socket.peer)
            .with("recv_q_bytes", socket.recv_q)
            .with("send_q_bytes", socket.send_q)
            .maybe("retrans", details.retrans)
            .maybe("rtt_ms", details.rtt_ms);
        sink.event(connection);
    }

    /// Gives the counts; each points at the first line of its group.
    pub(super) fn end(&mut self, text: &Text<'_>, sink: &mut dyn Sink) {
        for ((state, port, peer_port), (count, index)) in std::mem::take(&mut self.groups) {
            let group = event(text, index, "net.socket")
                .with("state", state)
                .with("count", count)
                .maybe("port", port.map(f64::from))
                .maybe("peer_port", peer_port.map(f64::from));
            sink.event(group);
        }
        self.connections = 0;
    }
}

/// Keeps the end that serves: the other's port is a different one in each connection.
fn service(local: Option<f64>, peer: Option<f64>) -> (Option<f64>, Option<f64>) {
    match (local, peer) {
        (Some(local), Some(peer)) if local >= FIRST_EPHEMERAL && peer < local => (None, Some(peer)),
        (Some(local), _) => (Some(local), None),
        (None, peer) => (None, peer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, want) in [
            ("10.0.0.1:9876", Some(("10.0.0.1", Some(9876.0)))),
            ("[::ffff:10.0.0.1]:80", Some(("::ffff:10.0.0.1", Some(80.0)))),
            (":::10911", Some(("::", Some(10911.0)))),
            ("0.0.0.0:*", Some(("0.0.0.0", None))),
            ("10.0.0.1:99999", None),
            ("word", None),
        ] {
            assert_eq!(address(text), want, "{text}");
        }
    }
}

//! ss: sockets (`-tan`, `-tanp`, `-tni`) and the summary (`-s`). UDP, raw and Unix sockets are left out.
//!
//! ```text
//! State      Recv-Q Send-Q Local Address:Port   Peer Address:PortProcess
//! LISTEN     0      128          0.0.0.0:9876       0.0.0.0:*    users:(("java",pid=20118,fd=91))
//! ESTAB      0      4521       10.0.0.5:10911     10.0.0.9:41822
//!    cubic wscale:7,7 rto:204 rtt:3.1/0.5 … retrans:0/12 …                       (-i)
//! TCP:   39 (estab 1, closed 35, orphaned 0, timewait 0)                             (-s)
//! ```

use crate::format::{Format, Sink};
use crate::model::Text;

use super::socket::{Details, Socket, Sockets, state};
use super::table::{count, event, number, score_by};

/// ss.
pub(super) const FORMAT: Format = Format {
    name: "ss",
    score,
    parse,
};

/// The heading, and whether a column with the protocol stands before the state.
fn heading(line: &str) -> Option<bool> {
    let is_heading = line.contains("Recv-Q") && line.contains("Local Address:Port");
    let line = line.trim_start();
    (is_heading && (line.starts_with("State") || line.starts_with("Netid") || line.starts_with("Recv-Q")))
        .then(|| line.starts_with("Netid"))
}

fn is_summary(line: &str) -> bool {
    line.starts_with("TCP: ") && line.contains("(estab ")
}

fn score(text: &Text<'_>) -> u8 {
    score_by(text, |line| {
        heading(line).is_some() || is_summary(line) || socket(line, 0, false).is_some()
    })
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let lines = text.lines();
    let mut sockets = Sockets::default();
    let mut with_protocol = false;
    for (index, &line) in lines.iter().enumerate() {
        if let Some(found) = heading(line) {
            sockets.end(text, sink);
            with_protocol = found;
        } else if is_summary(line) {
            summary(text, index, sink);
        } else if let Some(socket) = socket(line, index, with_protocol) {
            let below = lines.get(index + 1).filter(|line| line.starts_with(['\t', ' ']));
            let details = below.map_or_else(Details::default, |line| details(line));
            sockets.take(text, &socket, details, sink);
        }
    }
    sockets.end(text, sink);
}

/// A socket line is told by its state and two addresses, so it needs no heading (grep takes it away).
fn socket(line: &str, index: usize, with_protocol: bool) -> Option<Socket<'_>> {
    if line.len() > 600 || !line.contains(':') {
        return None;
    }
    let mut words = line.split_whitespace();
    let mut first = words.next()?;
    if with_protocol || first == "tcp" {
        (first == "tcp").then_some(())?;
        first = words.next()?;
    }
    // netstat puts the state last, so a state in the first place is ss's.
    let state = state(first)?;
    Some(Socket {
        state,
        recv_q: count(words.next()?)?,
        send_q: count(words.next()?)?,
        local: words.next().filter(|word| word.contains(':'))?,
        peer: words.next().filter(|word| word.contains(':'))?,
        process: words.find_map(process),
        index,
    })
}

/// The name in `users:(("java",pid=20118,fd=91))`.
fn process(word: &str) -> Option<&str> {
    word.strip_prefix("users:((\"")?.split('"').next()
}

fn details(line: &str) -> Details {
    let value = |name: &str| line.split_whitespace().find_map(|word| word.strip_prefix(name));
    Details {
        rtt_ms: value("rtt:").and_then(|pair| number(pair.split('/').next()?)),
        retrans: value("retrans:").and_then(|pair| number(pair.split('/').next_back()?)),
    }
}

/// The states that `ss -s` counts.
fn summary(text: &Text<'_>, index: usize, sink: &mut dyn Sink) {
    const NAMES: &[(&str, &str)] = &[
        ("estab", "ESTAB"),
        ("timewait", "TIME-WAIT"),
        ("synrecv", "SYN-RECV"),
        ("closed", "CLOSED"),
    ];
    let line = text.lines()[index];
    let Some((_, inside)) = line.split_once('(') else {
        return;
    };
    for pair in inside.trim_end().trim_end_matches(')').split(',').take(10) {
        let Some((name, value)) = pair.trim().split_once(' ') else {
            continue;
        };
        let Some(value) = value.split(['/', ')']).next().and_then(count) else {
            continue;
        };
        if let Some((_, state)) = NAMES.iter().find(|(known, _)| *known == name) {
            let event = event(text, index, "net.socket").with("state", *state);
            sink.event(event.with("count", value));
        } else if name == "orphaned" && value > 0.0 {
            let event = event(text, index, "net.counter").with("name", "tcp_orphaned");
            sink.event(event.with("value", value));
        }
    }
}

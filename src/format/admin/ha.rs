//! Replication: `mqadmin haStatus`, `getSyncStateSet`, `getControllerMetaData`.
//!
//! ```text
//! #MasterAddr    10.4.0.21:10911
//! #MasterCommitLogMaxOffset    987654
//! #SlaveNum    1
//! #InSyncSlaveNum    0
//! #SlaveAddr          #SlaveAckOffset    #Diff #TransferSpeed(KB/s)          #Status #TransferFromWhere
//! 10.4.0.22:43122     900000             87654                0.00     Fall Behind           900000
//!
//! #brokerName    broker-a
//! #SyncStateSetNums    1
//! InSyncReplica:    ReplicaIdentity{brokerName='broker-a', brokerId=1, brokerAddress='10.4.0.21:10911', alive=true}
//! ```

use crate::format::{Format, Sink};
use crate::model::{Event, Text};

/// Replication status.
pub const FORMAT: Format = Format {
    name: "mqadmin-ha",
    score,
    parse,
};

fn score(text: &Text<'_>) -> u8 {
    let told = text.lines().iter().any(|line| {
        line.starts_with("#SlaveAddr")
            || line.starts_with("#SyncStateSetNums")
            || line.starts_with("#SlaveNum")
            || replica(line).is_some()
    });
    if told { 90 } else { 0 }
}

fn parse(text: &Text<'_>, out: &mut dyn Sink) {
    let mut slaves = None;
    let mut master = "";
    for (at, line) in text.lines().iter().enumerate().take(20_000) {
        if let Some((key, value)) = setting(line) {
            let mut event = Event::new("admin.status", text.span(at), line)
                .with("key", key)
                .with("value", value);
            if key == "MasterAddr" {
                (master, slaves) = (value, None);
            }
            let num = value.parse::<f64>().ok();
            if let Some(num) = num {
                event = event.with("num", num);
            }
            out.event(event);
            if let Some(num) = num.filter(|_| key == "SlaveNum") {
                slaves = Some(num);
                // A master without slaves has no row below; its number is told all the same.
                out.event(
                    Event::new("admin.ha", text.span(at), line)
                        .with("addr", master)
                        .with("slaves", num),
                );
            }
        } else if let Some(event) = slave(text, at, line).or_else(|| replica_event(text, at, line)) {
            out.event(match slaves {
                Some(count) => event.with("slaves", count),
                None => event,
            });
        }
    }
}

/// `#Key<tab>value`
fn setting(line: &str) -> Option<(&str, &str)> {
    const KEYS: &[&str] = &[
        "MasterAddr",
        "MasterCommitLogMaxOffset",
        "SlaveNum",
        "InSyncSlaveNum",
        "CommitLogMaxOffset",
        "TransferSpeed(KB/s)",
        "LastReadTime",
        "LastWriteTime",
        "MasterFlushOffset",
        "brokerName",
        "MasterBrokerId",
        "MasterEpoch",
        "SyncStateSetEpoch",
        "SyncStateSetNums",
        "ControllerGroup",
        "ControllerLeaderId",
        "ControllerLeaderAddress",
    ];
    let (key, value) = line
        .strip_prefix('#')?
        .split_once('\t')
        .or_else(|| line.strip_prefix('#')?.split_once(' '))?;
    KEYS.contains(&key)
        .then(|| (key, value.trim()))
        .filter(|(_, value)| !value.contains('#'))
}

/// A row below `#SlaveAddr`.
fn slave(text: &Text<'_>, at: usize, line: &str) -> Option<Event> {
    let words: Vec<&str> = line.split_whitespace().take(9).collect();
    let (in_sync, fixed) = match &words[..] {
        [fixed @ .., "OK", _] => (1.0, fixed),
        [fixed @ .., "Fall", "Behind", _] => (0.0, fixed),
        _ => return None,
    };
    let [addr, _ack, diff, speed] = fixed else { return None };
    addr.rsplit_once(':')?.1.parse::<u16>().ok()?;
    Some(
        Event::new("admin.ha", text.span(at), line)
            .with("addr", *addr)
            .with("in_sync", in_sync)
            .with("diff_bytes", diff.parse::<f64>().ok()?)
            .with(
                "transfer_bytes_per_s",
                speed.replace(',', ".").parse::<f64>().ok()? * 1024.0,
            ),
    )
}

/// Address of a replica, and whether it is in the set.
fn replica(line: &str) -> Option<(&str, bool)> {
    let (rest, in_sync) = match line.strip_prefix("InSyncReplica:") {
        Some(rest) => (rest, true),
        None => (line.strip_prefix("NotInSyncReplica:")?, false),
    };
    let tail = rest.split("ddress=").nth(1).or_else(|| rest.split("ddr=").nth(1))?;
    let addr = tail
        .trim_start_matches(['\'', '"'])
        .split(['\'', '"', ',', '}', ' '])
        .next()?;
    Some((addr, in_sync))
}

fn replica_event(text: &Text<'_>, at: usize, line: &str) -> Option<Event> {
    let (addr, in_sync) = replica(line)?;
    Some(
        Event::new("admin.ha", text.span(at), line)
            .with("addr", addr)
            .with("in_sync", f64::from(u8::from(in_sync))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing;

    #[test]
    fn samples() {
        testing::check_samples(&FORMAT);
        testing::never_panics(&FORMAT);
    }
}

//! Contradictions and risks inside one broker (or name server) configuration.

use super::facts::{ConfFile, Facts};
use super::hit::{Hit, Hits};
use crate::model::Version;

pub(super) fn check(facts: &Facts<'_>, hits: &mut Hits) {
    for file in facts.of_class("broker") {
        let version = facts.version(file.host);
        identity(file, hits);
        transient_pool(file, version, hits);
        replication(file, hits);
        retention(file, hits);
        disk_ratios(file, hits);
        send_path(file, hits);
        delay_levels(file, version, hits);
        transactions(file, hits);
        if file.is_written() {
            risky_switches(file, hits);
        }
    }
}

/// Role against id.
fn identity(file: &ConfFile<'_>, hits: &mut Hits) {
    if file.is_elected() || file.is_true("enableSlaveActingMaster") && file.value("brokerRole").is_none() {
        return;
    }
    let Some(role) = file.entry("brokerRole") else {
        return;
    };
    let id = file.meant("brokerId").and_then(|v| v.parse::<i64>().ok());
    match id {
        Some(id) if file.is_slave() && id <= 0 => {
            let entry = file.entry("brokerId").unwrap_or(role);
            hits.add(Hit::new("slave-id-zero", entry.event).suggestion(1));
        }
        // The dump of 5.x does not print the id.
        None if file.is_slave() && file.is_written() && file.entry("brokerId").is_none() => {
            hits.add(Hit::new("slave-id-missing", role.event).suggestion("brokerId=1"));
        }
        Some(id) if !file.is_slave() && id != 0 && file.role().ends_with("MASTER") => {
            let entry = file.entry("brokerId").unwrap_or(role);
            hits.add(
                Hit::new("master-id-not-zero", entry.event)
                    .other(file.role())
                    .suggestion(0),
            );
        }
        _ => {}
    }
}

fn transient_pool(file: &ConfFile<'_>, version: Option<Version>, hits: &mut Hits) {
    if !file.is_true("transientStorePoolEnable") {
        return;
    }
    let Some(entry) = file.entry("transientStorePoolEnable") else {
        return;
    };
    let sync_flush = file.meant("flushDiskType") == Some("SYNC_FLUSH");
    let reason = if file.is_true("enableDLegerCommitLog") {
        Some("enableDLegerCommitLog=true")
    } else if file.is_slave() {
        Some("brokerRole=SLAVE")
    } else if sync_flush && version.is_none_or(|v| v < Version::new(5, 0, 0)) {
        Some("flushDiskType=SYNC_FLUSH")
    } else {
        None
    };
    if let Some(reason) = reason {
        hits.add(Hit::new("transient-pool-without-effect", entry.event).other(reason));
    }
}

fn replication(file: &ConfFile<'_>, hits: &mut Hits) {
    let beat = file.number("haSendHeartbeatInterval").unwrap_or(5_000);
    let idle = file.number("haHousekeepingInterval").unwrap_or(20_000);
    let told = file
        .entry("haSendHeartbeatInterval")
        .or(file.entry("haHousekeepingInterval"));
    if let Some(entry) = told.filter(|_| beat >= idle) {
        hits.add(Hit::new("ha-heartbeat-over-housekeeping", entry.event).detail(format!("{beat} >= {idle}")));
    }
    if file.is_true("duplicationEnable")
        && let Some(entry) = file.entry("duplicationEnable")
    {
        hits.add(Hit::new("duplication-enabled", entry.event));
    }
    let in_sync = file.number("inSyncReplicas").unwrap_or(1);
    let total = file.number("totalReplicas").unwrap_or(1);
    if let Some(entry) = file.entry("inSyncReplicas").filter(|_| in_sync > total) {
        hits.add(Hit::new("in-sync-over-total", entry.event).other(format!("totalReplicas={total}")));
    }
    if let Some(entry) = file.entry("minInSyncReplicas").filter(|_| file.is_written()) {
        let one = file.number("minInSyncReplicas") == Some(1);
        if !one && !file.is_true("enableAutoInSyncReplicas") && !file.is_true("enableControllerMode") {
            hits.add(Hit::new("min-in-sync-without-auto", entry.event));
        }
    }
}

fn retention(file: &ConfFile<'_>, hits: &mut Hits) {
    let Some(entry) = file.entry("fileReservedTime") else {
        return;
    };
    let Some(hours) = file.meant("fileReservedTime").and_then(|v| v.parse::<i64>().ok()) else {
        return;
    };
    if (1..24).contains(&hours) {
        hits.add(Hit::new("reserved-time-short", entry.event));
    }
    let timer = file.number("timerMaxDelaySec").filter(|_| file.is_written());
    let longest = longest_delay_s(file).max(timer.unwrap_or(0));
    if longest > hours.saturating_mul(3600) {
        hits.add(Hit::new("reserved-time-under-delay", entry.event).other(format!("{}h", longest / 3600)));
    }
}

/// Longest delay level that the file sets, in seconds.
fn longest_delay_s(file: &ConfFile<'_>) -> i64 {
    let levels = file.meant("messageDelayLevel").unwrap_or("");
    levels.split_whitespace().filter_map(delay_s).max().unwrap_or(0)
}

fn delay_s(level: &str) -> Option<i64> {
    let unit = match level.as_bytes().last()? {
        b's' => 1,
        b'm' => 60,
        b'h' => 3_600,
        b'd' => 86_400,
        _ => return None,
    };
    level[..level.len() - 1].parse::<i64>().ok()?.checked_mul(unit)
}

fn disk_ratios(file: &ConfFile<'_>, hits: &mut Hits) {
    let ratio = |key: &str, default: i64| file.number(key).unwrap_or(default);
    let normal = ratio("diskMaxUsedSpaceRatio", 75);
    let forced = ratio("diskSpaceCleanForciblyRatio", 85);
    let stop = ratio("diskSpaceWarningLevelRatio", 90);
    let told = [
        "diskMaxUsedSpaceRatio",
        "diskSpaceCleanForciblyRatio",
        "diskSpaceWarningLevelRatio",
    ]
    .iter()
    .find_map(|key| file.entry(key));
    let orderly = normal < forced && forced < stop;
    if let Some(entry) = told.filter(|_| !orderly) {
        hits.add(Hit::new("disk-ratios-disordered", entry.event).detail(format!("{normal} < {forced} < {stop}")));
    }
    if let Some(entry) = file
        .entry("cleanFileForciblyEnable")
        .filter(|e| e.raw.eq_ignore_ascii_case("false"))
    {
        hits.add(Hit::new("clean-forcibly-off", entry.event));
    }
}

fn send_path(file: &ConfFile<'_>, hits: &mut Hits) {
    let threads = file.number("sendMessageThreadPoolNums").unwrap_or(1);
    if let Some(entry) = file.entry("useReentrantLockWhenPutMessage")
        && threads > 1
        && entry.raw.eq_ignore_ascii_case("false")
        && !file.is_true("useABSLock")
    {
        hits.add(Hit::new("send-threads-on-spin-lock", entry.event).other(format!("{threads}")));
    }
    if let Some(entry) = file.entry("sendMessageThreadPoolNums").filter(|_| threads > 64) {
        hits.add(Hit::new("send-threads-many", entry.event).suggestion(16));
    }
    let wait = file.number("waitTimeMillsInSendQueue");
    if let (Some(entry), Some(1..=199)) = (file.entry("waitTimeMillsInSendQueue"), wait) {
        hits.add(Hit::new("send-queue-wait-low", entry.event).suggestion(200));
    }
    if let Some(entry) = file
        .entry("brokerFastFailureEnable")
        .filter(|e| e.raw.eq_ignore_ascii_case("false"))
    {
        hits.add(Hit::new("fast-failure-off", entry.event));
    }
    if let Some(entry) = file.entry("maxMessageSize")
        && file.number("maxMessageSize").is_some_and(|size| size > 16_777_216)
    {
        hits.add(Hit::new("message-size-over-frame", entry.event).detail("16777216"));
    }
}

fn delay_levels(file: &ConfFile<'_>, version: Option<Version>, hits: &mut Hits) {
    if let Some(entry) = file.entry("messageDelayLevel") {
        let bad: Vec<&str> = entry
            .raw
            .split_whitespace()
            .take_while(|level| !level.starts_with('#'))
            .filter(|level| delay_s(level).is_none())
            .take(5)
            .collect();
        if !bad.is_empty() {
            hits.add(Hit::new("delay-level-unreadable", entry.event).detail(bad.join(" ")));
        }
    }
    let Some(entry) = file.entry("timerWheelEnable") else {
        return;
    };
    if entry.raw.eq_ignore_ascii_case("false") && version.is_none_or(|v| v >= Version::new(5, 0, 0)) {
        hits.add(Hit::new("timer-wheel-off", entry.event));
    }
}

fn transactions(file: &ConfFile<'_>, hits: &mut Hits) {
    let checks = file.number("transactionCheckMax");
    let every = file.number("transactionCheckInterval");
    let told = file
        .entry("transactionCheckMax")
        .or(file.entry("transactionCheckInterval"));
    let hours = file.number("fileReservedTime").unwrap_or(72);
    let total = checks.unwrap_or(15).saturating_mul(every.unwrap_or(60_000));
    if let Some(entry) = told.filter(|_| total > hours.saturating_mul(3_600_000)) {
        hits.add(Hit::new("transaction-checks-over-retention", entry.event).detail(format!("{} h", total / 3_600_000)));
    }
}

/// Switches that are legal and that nobody wants by accident: key, value that is risky, check.
const RISKY: &[(&str, &str, &str)] = &[
    ("disableConsumeIfConsumerReadSlowly", "true", "slow-groups-switched-off"),
    ("longPollingEnable", "false", "long-polling-off"),
    ("rejectTransactionMessage", "true", "transactions-rejected"),
    ("autoCreateTopicEnable", "true", "auto-create-topic-on"),
    ("notifyConsumerIdsChangedEnable", "false", "rebalance-notice-off"),
    ("checkCRCOnRecover", "false", "crc-check-off"),
    ("warmMapedFileEnable", "true", "warm-mapped-file-on"),
];

fn risky_switches(file: &ConfFile<'_>, hits: &mut Hits) {
    for (key, risky, check) in RISKY {
        if let Some(entry) = file.entry(key).filter(|e| e.raw.trim().eq_ignore_ascii_case(risky)) {
            hits.add(Hit::new(check, entry.event));
        }
    }
    if let Some(entry) = file.entry("brokerPermission")
        && file
            .number("brokerPermission")
            .is_some_and(|perm| (0..=7).contains(&perm) && perm != 6)
    {
        hits.add(Hit::new("permission-not-read-write", entry.event).suggestion(6));
    }
    if let Some(entry) = file.entry("startAcceptSendRequestTimeStamp")
        && file.number("startAcceptSendRequestTimeStamp").is_some_and(|at| at > 0)
    {
        hits.add(Hit::new("sends-accepted-later", entry.event));
    }
}

//! Which log a file is: from what stands in it, then from its name (rotated, renamed or pasted files keep their content).

use crate::model::{LogKind, Role};

/// Texts that only one log has. The first that is found often enough decides.
const MARKS: &[(LogKind, &[&str])] = &[
    (
        LogKind::Watermark,
        &[
            "[WATERMARK] Send Queue Size",
            "[WATERMARK] Pull Queue Size",
            "[WATERMARK] Transaction Queue",
        ],
    ),
    (
        LogKind::Stats,
        &[
            "Stats In One Minute",
            "Stats In One Hour",
            "Stats Every 5 Minutes",
            "Stat In One Minute",
        ],
    ),
    (
        LogKind::Store,
        &[
            "[PAGECACHERT]",
            "[STORETPS]",
            "StoreStatsService - ",
            "ReputMessageService - ",
            "AllocateMappedFileService - ",
            "FlushConsumeQueueService",
        ],
    ),
    (
        LogKind::Transaction,
        &["TransactionalMessageCheckService - ", "to check prepare message"],
    ),
    (
        LogKind::Namesrv,
        &[
            "NSScanScheduledThread - ",
            "NSScheduledThread1 - ",
            "new broker registered, ",
            "scanNotActiveBroker",
            "The Name Server boot success",
        ],
    ),
    (
        LogKind::Controller,
        &["DLedgerController", "JRaftController", "The Controller boot success"],
    ),
    (
        LogKind::Proxy,
        &[
            "GrpcProducerThreadPool",
            "RocketMQ-Proxy",
            "ProxyStartup",
            "rmq-proxy.json",
        ],
    ),
    (
        LogKind::BrokerOther,
        &[
            "RequestCode Distribution",
            "[PopBuffer]",
            "ColdDataCgCtrService",
            "[PROTECT_BROKER]",
            "RebalanceLockManager",
            "RocksDB",
        ],
    ),
    (
        LogKind::Remoting,
        &[
            "NETTY SERVER PIPELINE",
            "NettyServerNIOSelector",
            "NettyServerEPOLLSelector",
            "NettyServerCodecThread",
        ],
    ),
    (
        LogKind::Broker,
        &[
            "BrokerControllerScheduledThread",
            "ClientManageThread_",
            "AdminBrokerThread_",
            "The broker[",
            "register broker[",
            "PullMessageThread_",
        ],
    ),
    (
        LogKind::Client,
        &[
            "RocketmqClient - ",
            "RocketmqRemoting - ",
            "[o.a.r.c",
            "MQClientFactoryScheduledThread",
            " RocketmqCommon - ",
        ],
    ),
    (LogKind::System, &[" kernel: ", " systemd[", "kernel: ["]),
];

/// The kind told by a file name, if it is one of RocketMQ's.
pub fn by_name(path: &str) -> Option<LogKind> {
    let name = path
        .rsplit(['/', '!', '\\'])
        .next()
        .unwrap_or(path)
        .to_ascii_lowercase();
    let stem: String = name
        .split('.')
        .next()
        .unwrap_or("")
        .trim_end_matches(|c: char| c.is_ascii_digit() || c == '-' || c == '_')
        .to_string();
    Some(match stem.as_str() {
        "broker" | "broker_default" => LogKind::Broker,
        "store" => LogKind::Store,
        "storeerror" => LogKind::StoreError,
        "remoting" => LogKind::Remoting,
        "watermark" => LogKind::Watermark,
        "stats" => LogKind::Stats,
        "transaction" => LogKind::Transaction,
        "namesrv" | "namesrv_default" | "namesrv_traffic" | "mqnamesrv" => LogKind::Namesrv,
        "controller" | "controller_default" | "controller_traffic" | "dledger" | "jraft" => LogKind::Controller,
        "proxy" | "proxy_watermark" | "proxy_metric" | "proxy_traffic" => LogKind::Proxy,
        "lock" | "filter" | "protection" | "pop" | "coldctr" | "broker_traffic" | "broker_metric"
        | "broker_metrics" | "rocksdb" | "auth_audit" | "tiered_store" | "commercial" => LogKind::BrokerOther,
        "rocketmq_client" | "rocketmq-client" | "rocketmq_client_go" => LogKind::Client,
        "tools" | "tools_default" => LogKind::Tools,
        "messages" | "syslog" | "dmesg" | "journal" | "kern" => LogKind::System,
        _ => return None,
    })
}

/// Which log a text is, by its head and its path.
pub fn which_log(path: &str, head: &str) -> LogKind {
    let named = by_name(path);
    // A storeerror.log or broker.log may hold few marks of its own and some of a neighbour: a known name wins unless the
    // content is plainly another log.
    let mut best: Option<(usize, LogKind)> = None;
    for (kind, marks) in MARKS {
        let hits = marks.iter().map(|m| head.matches(m).take(50).count()).sum::<usize>();
        if hits > 0 && best.is_none_or(|(most, _)| hits > most) {
            best = Some((hits, *kind));
        }
    }
    match (named, best) {
        (Some(named), _) => named,
        (None, Some((hits, kind))) if hits >= 3 || only_server_lines(head) => kind,
        _ => LogKind::App,
    }
}

/// Whether every stamped line has the layout of RocketMQ's server logs: no fraction, level, thread, ` - `.
fn only_server_lines(head: &str) -> bool {
    let mut seen = 0;
    for line in head.lines().take(200) {
        let b = line.as_bytes();
        if b.len() > 25 && b[4] == b'-' && b[10] == b' ' && b[13] == b':' {
            if b[19] != b' ' || !line.contains(" - ") {
                return false;
            }
            seen += 1;
        }
    }
    seen >= 2
}

/// The role of the process that writes such a log.
pub fn role_of(log: LogKind) -> Option<Role> {
    Some(match log {
        LogKind::Broker
        | LogKind::Store
        | LogKind::StoreError
        | LogKind::Remoting
        | LogKind::Watermark
        | LogKind::Stats
        | LogKind::Transaction
        | LogKind::BrokerOther => Role::Broker,
        LogKind::Namesrv => Role::Namesrv,
        LogKind::Controller => Role::Controller,
        LogKind::Proxy => Role::Proxy,
        LogKind::Client | LogKind::Tools => Role::Client,
        LogKind::App | LogKind::System => return None,
    })
}

/// Whether the stamps of such a log are GMT+8 when they have no fraction.
pub fn is_server(log: LogKind) -> bool {
    !matches!(log, LogKind::Client | LogKind::App | LogKind::System)
}

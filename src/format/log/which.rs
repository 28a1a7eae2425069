//! Which log a file is: from what stands in it and from its name (rotated, renamed or pasted files keep their content).

use super::header::begins_record;
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

/// Which log a text is, by its head and its path. Of several logs of one server the name tells them apart, since their
/// threads and messages overlap. But `store.log` or `transaction.log` may as well be an application's: whose layout is not
/// a server's is what it holds.
pub fn which_log(path: &str, head: &str) -> LogKind {
    let hits = |marks: &[&str]| marks.iter().map(|m| head.matches(m).take(50).count()).sum::<usize>();
    let mut best: Option<(usize, LogKind)> = None;
    let mut of_named = 0;
    let named = by_name(path);
    for (kind, marks) in MARKS {
        let hits = hits(marks);
        if hits > 0 && best.is_none_or(|(most, _)| hits > most) {
            best = Some((hits, *kind));
        }
        if Some(*kind) == named {
            of_named = hits;
        }
    }
    let layout = Layout::of(head);
    let most = best.map_or(1, |(most, _)| most);
    match (named, best) {
        (Some(named), _) if of_named >= most || !is_server(named) || !layout.is_foreign() => named,
        (_, Some((hits, kind))) if hits >= 3 || layout.is_server() => kind,
        _ => LogKind::App,
    }
}

/// How many stamped lines have the layout of RocketMQ's server logs (no fraction, level, thread, ` - `), and how many do
/// not.
#[derive(Debug, Default)]
struct Layout {
    server: usize,
    other: usize,
}

impl Layout {
    fn of(head: &str) -> Self {
        let mut layout = Self::default();
        for line in head.lines().take(200) {
            let stamped = line.starts_with(|c: char| c.is_ascii_digit() || c == '[') && begins_record(line.as_bytes());
            if stamped && line.len() > 25 {
                let server = line.as_bytes()[10] == b' ' && line.as_bytes()[19] == b' ' && line.contains(" - ");
                *if server { &mut layout.server } else { &mut layout.other } += 1;
            }
        }
        layout
    }

    fn is_server(&self) -> bool {
        self.other == 0 && self.server >= 2
    }

    fn is_foreign(&self) -> bool {
        self.other > self.server
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_and_name() {
        let server = "2023-03-01 10:00:00 INFO BrokerControllerScheduledThread1 - a\n".repeat(3);
        let client = "2020-04-24 15:21:30,030 INFO RocketmqRemoting - createChannel\n".repeat(3);
        let spring = "2021-09-06 15:24:26.213  INFO 15752 --- [main] c.a.Shop : paid\n".repeat(3);
        let unmarked = "2023-03-01 10:00:00 INFO main - a\n".repeat(3);
        for (path, head, want) in [
            ("broker.log", &server, LogKind::Broker),
            ("x.txt", &server, LogKind::Broker),
            // Several logs of a broker hold lines of the same threads.
            ("store.log.1", &server, LogKind::Store),
            ("storeerror.log", &unmarked, LogKind::StoreError),
            ("rocketmq_client.log", &client, LogKind::Client),
            ("x.txt", &client, LogKind::Client),
            ("store.log", &client, LogKind::Client),
            ("transaction.log", &spring, LogKind::App),
            ("x.txt", &spring, LogKind::App),
            ("namesrv.log", &String::new(), LogKind::Namesrv),
        ] {
            assert_eq!(which_log(path, head), want, "{path} {head}");
        }
    }
}

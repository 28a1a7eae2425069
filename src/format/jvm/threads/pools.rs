//! Thread names: which pool a thread belongs to, and which process a set of names tells.
//!
//! ```text
//! ConsumeMessageThread_12                     group ConsumeMessageThread,             pool consume   (4.x)
//! ConsumeMessageThread_order-group_3          group ConsumeMessageThread_order-group, pool consume   (5.x)
//! ForkJoinPool.commonPool-worker-1            group ForkJoinPool.commonPool-worker,   pool common-pool
//! http-nio-8080-exec-7                        group http-nio-8080-exec,               pool other
//! ```

/// What a pool is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Pool {
    /// Listener threads of a push consumer.
    Consume,
    /// A broker's or proxy's send requests.
    Send,
    /// A broker's or proxy's pull requests.
    Pull,
    /// `ForkJoinPool.commonPool`
    Common,
    /// Service threads of a RocketMQ client.
    Client,
    /// Event loops and remoting executors.
    Netty,
    /// Everything else.
    Other,
}

impl Pool {
    /// The word in events.
    pub(super) fn word(self) -> &'static str {
        match self {
            Pool::Consume => "consume",
            Pool::Send => "send",
            Pool::Pull => "pull",
            Pool::Common => "common-pool",
            Pool::Client => "client",
            Pool::Netty => "netty",
            Pool::Other => "other",
        }
    }
}

/// Starts of thread names, first match wins.
const POOLS: &[(&str, Pool)] = &[
    ("ConsumeMessageThread", Pool::Consume),
    ("ConsumeMessageOrderlyThread", Pool::Consume),
    ("RocketmqMessageConsumption", Pool::Consume),
    ("MessageConsumption", Pool::Consume),
    ("SendMessageThread", Pool::Send),
    ("GrpcProducerThreadPool", Pool::Send),
    ("RemotingSendMessageThread", Pool::Send),
    ("PullMessageThread", Pool::Pull),
    ("LitePullMessageThread", Pool::Pull),
    ("GrpcConsumerThreadPool", Pool::Pull),
    ("RemotingPullMessageThread", Pool::Pull),
    ("ForkJoinPool.commonPool-worker", Pool::Common),
    ("MQClientFactoryScheduledThread", Pool::Client),
    ("PullMessageService", Pool::Client),
    ("RebalanceService", Pool::Client),
    ("AsyncSenderExecutor", Pool::Client),
    ("ConsumeMessageScheduledThread", Pool::Client),
    ("CleanExpireMsgScheduledThread", Pool::Client),
    ("Netty", Pool::Netty),
    ("nioEventLoop", Pool::Netty),
    ("epollEventLoop", Pool::Netty),
    ("lettuce-nioEventLoop", Pool::Netty),
    ("lettuce-epollEventLoop", Pool::Netty),
    ("reactor-http-", Pool::Netty),
];

/// The pool of a thread name.
pub(super) fn pool(name: &str) -> Pool {
    POOLS
        .iter()
        .find(|(start, _)| name.starts_with(start))
        .map_or(Pool::Other, |(_, pool)| *pool)
}

/// The name without its number: what the threads of one pool have in common.
pub(super) fn group(name: &str) -> &str {
    // IntelliJ adds `@3109` to every name.
    let name = match name.rsplit_once('@') {
        Some((head, tail)) if !tail.is_empty() && tail.bytes().all(|c| c.is_ascii_digit()) => head,
        _ => name,
    };
    let head = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let head = head.trim_end_matches(['-', '_', '#', '.', ' ']);
    match (head, name) {
        // Virtual threads mostly have no name.
        ("", "") => "(unnamed)",
        ("", name) => name,
        (head, _) => head,
    }
}

/// Tells the process by names only it has: `broker`, `proxy`, `namesrv`, `client` or `unknown`.
pub(super) fn process<'a>(names: impl Iterator<Item = &'a str>) -> &'static str {
    const BROKER: &[&str] = &[
        "SendMessageThread",
        "PullMessageThread",
        "ReputMessageService",
        "FlushConsumeQueueService",
        "StoreStatsService",
        "AllocateMappedFileService",
        "PullRequestHoldService",
        "BrokerFastFailureScheduledThread",
        "BrokerControllerScheduledThread",
    ];
    const PROXY: &[&str] = &[
        "GrpcProducerThreadPool",
        "GrpcConsumerThreadPool",
        "GrpcRouteThreadPool",
        "GrpcClientManagerThreadPool",
    ];
    const NAMESRV: &[&str] = &[
        "NSScanScheduledThread",
        "NSScheduledThread",
        "ClientRequestExecutorThread",
    ];
    const CLIENT: &[&str] = &[
        "ConsumeMessageThread",
        "PullMessageService",
        "RebalanceService",
        "MQClientFactoryScheduledThread",
        "AsyncSenderExecutor",
        "RocketmqMessageConsumption",
    ];
    let mut best = 4;
    for name in names {
        for (rank, starts) in [BROKER, PROXY, NAMESRV, CLIENT].iter().enumerate() {
            if rank < best && starts.iter().any(|start| name.starts_with(start)) {
                best = rank;
            }
        }
    }
    ["broker", "proxy", "namesrv", "client", "unknown"][best]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_pools() {
        for (name, expect_group, expect_pool) in [
            ("ConsumeMessageThread_12", "ConsumeMessageThread", Pool::Consume),
            (
                "ConsumeMessageThread_order-group_3",
                "ConsumeMessageThread_order-group",
                Pool::Consume,
            ),
            (
                "ConsumeMessageThread_g1_1@3109",
                "ConsumeMessageThread_g1",
                Pool::Consume,
            ),
            ("SendMessageThread_1", "SendMessageThread", Pool::Send),
            (
                "ForkJoinPool.commonPool-worker-3",
                "ForkJoinPool.commonPool-worker",
                Pool::Common,
            ),
            ("http-nio-8080-exec-7", "http-nio-8080-exec", Pool::Other),
            ("pool-3-thread-12", "pool-3-thread", Pool::Other),
            ("GC Thread#0", "GC Thread", Pool::Other),
            ("42", "42", Pool::Other),
        ] {
            assert_eq!((group(name), pool(name)), (expect_group, expect_pool), "{name}");
        }
        assert_eq!(process(["main", "PullMessageService"].into_iter()), "client");
        assert_eq!(
            process(["ConsumeMessageThread_1", "SendMessageThread_1"].into_iter()),
            "broker"
        );
    }
}

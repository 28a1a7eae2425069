//! Every key that the Java name server (4.9.8 to 5.3.3) reads, with its default and what it does here; two of our own.

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Boolean,
}

/// What a key does here.
#[derive(Debug, Clone, Copy)]
pub(super) enum Effect {
    /// What it does in Java.
    Honoured,
    /// Nothing, because of what the text says. It is told once when a file sets it to something else.
    None(&'static str),
}

/// One key.
#[derive(Debug)]
pub(super) struct Key {
    /// The configuration class it is of in Java.
    pub(super) class: &'static str,
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) default: &'static str,
    pub(super) effect: Effect,
}

const NAMESRV: &str = "NamesrvConfig";
const SERVER: &str = "NettyServerConfig";
pub(super) const CLIENT: &str = "NettyClientConfig";
const OURS: &str = "ours";
const ITS_OWN_CALLS: &str = "the name server's own calls are one-way notices only";

const fn key(class: &'static str, name: &'static str, kind: Kind, default: &'static str, effect: Effect) -> Key {
    Key {
        class,
        name,
        kind,
        default,
        effect,
    }
}

/// In the order of Java's `-p`.
pub(super) const KEYS: &[Key] = &[
    key(
        NAMESRV,
        "rocketmqHome",
        Kind::Text,
        "",
        Effect::None("nothing is read from an installation"),
    ),
    key(NAMESRV, "kvConfigPath", Kind::Text, "", Effect::Honoured),
    key(NAMESRV, "configStorePath", Kind::Text, "", Effect::Honoured),
    key(
        NAMESRV,
        "productEnvName",
        Kind::Text,
        "center",
        Effect::None("cluster test mode is not supported"),
    ),
    key(
        NAMESRV,
        "clusterTest",
        Kind::Boolean,
        "false",
        Effect::None("cluster test mode is not supported"),
    ),
    key(NAMESRV, "orderMessageEnable", Kind::Boolean, "false", Effect::Honoured),
    key(
        NAMESRV,
        "returnOrderTopicConfigToBroker",
        Kind::Boolean,
        "true",
        Effect::Honoured,
    ),
    key(
        NAMESRV,
        "clientRequestThreadPoolNums",
        Kind::Number,
        "8",
        Effect::None("one thread per core serves all connections"),
    ),
    key(
        NAMESRV,
        "defaultThreadPoolNums",
        Kind::Number,
        "16",
        Effect::None("one thread per core serves all connections"),
    ),
    key(
        NAMESRV,
        "clientRequestThreadPoolQueueCapacity",
        Kind::Number,
        "50000",
        Effect::None("requests are answered as they are read and never queued"),
    ),
    key(
        NAMESRV,
        "defaultThreadPoolQueueCapacity",
        Kind::Number,
        "10000",
        Effect::None("requests are answered as they are read and never queued"),
    ),
    key(
        NAMESRV,
        "scanNotActiveBrokerInterval",
        Kind::Number,
        "5000",
        Effect::Honoured,
    ),
    key(
        NAMESRV,
        "unRegisterBrokerQueueCapacity",
        Kind::Number,
        "3000",
        Effect::None("brokers are unregistered at once"),
    ),
    key(NAMESRV, "supportActingMaster", Kind::Boolean, "false", Effect::Honoured),
    key(NAMESRV, "enableAllTopicList", Kind::Boolean, "true", Effect::Honoured),
    key(NAMESRV, "enableTopicList", Kind::Boolean, "true", Effect::Honoured),
    key(
        NAMESRV,
        "notifyMinBrokerIdChanged",
        Kind::Boolean,
        "false",
        Effect::Honoured,
    ),
    key(
        NAMESRV,
        "enableControllerInNamesrv",
        Kind::Boolean,
        "false",
        Effect::None("the controller is not supported"),
    ),
    key(NAMESRV, "needWaitForService", Kind::Boolean, "false", Effect::Honoured),
    key(NAMESRV, "waitSecondsForService", Kind::Number, "45", Effect::Honoured),
    key(
        NAMESRV,
        "deleteTopicWithBrokerRegistration",
        Kind::Boolean,
        "false",
        Effect::Honoured,
    ),
    key(
        NAMESRV,
        "configBlackList",
        Kind::Text,
        "configBlackList;configStorePath;kvConfigPath",
        Effect::Honoured,
    ),
    key(SERVER, "bindAddress", Kind::Text, "0.0.0.0", Effect::Honoured),
    key(SERVER, "listenPort", Kind::Number, "9876", Effect::Honoured),
    key(
        SERVER,
        "serverWorkerThreads",
        Kind::Number,
        "8",
        Effect::None("one thread per core serves all connections"),
    ),
    key(
        SERVER,
        "serverCallbackExecutorThreads",
        Kind::Number,
        "0",
        Effect::None("one thread per core serves all connections"),
    ),
    key(
        SERVER,
        "serverSelectorThreads",
        Kind::Number,
        "3",
        Effect::None("one thread per core serves all connections"),
    ),
    key(
        SERVER,
        "serverOnewaySemaphoreValue",
        Kind::Number,
        "256",
        Effect::None("the number of requests in flight is bounded by connection"),
    ),
    key(
        SERVER,
        "serverAsyncSemaphoreValue",
        Kind::Number,
        "64",
        Effect::None("the number of requests in flight is bounded by connection"),
    ),
    key(
        SERVER,
        "serverChannelMaxIdleTimeSeconds",
        Kind::Number,
        "120",
        Effect::Honoured,
    ),
    key(SERVER, "serverSocketSndBufSize", Kind::Number, "0", Effect::Honoured),
    key(SERVER, "serverSocketRcvBufSize", Kind::Number, "0", Effect::Honoured),
    key(
        SERVER,
        "writeBufferHighWaterMark",
        Kind::Number,
        "0",
        Effect::None("buffers grow and shrink with what waits"),
    ),
    key(
        SERVER,
        "writeBufferLowWaterMark",
        Kind::Number,
        "0",
        Effect::None("buffers grow and shrink with what waits"),
    ),
    key(SERVER, "serverSocketBacklog", Kind::Number, "1024", Effect::Honoured),
    key(
        SERVER,
        "serverNettyWorkerGroupEnable",
        Kind::Boolean,
        "true",
        Effect::None("one thread per core serves all connections"),
    ),
    key(
        SERVER,
        "serverPooledByteBufAllocatorEnable",
        Kind::Boolean,
        "true",
        Effect::None("buffers come from the system allocator"),
    ),
    key(
        SERVER,
        "enableShutdownGracefully",
        Kind::Boolean,
        "false",
        Effect::None("what was answered is always written before the end"),
    ),
    key(
        SERVER,
        "shutdownWaitTimeSeconds",
        Kind::Number,
        "30",
        Effect::None("nothing is left to wait for: requests are answered as they are read"),
    ),
    key(
        SERVER,
        "useEpollNativeSelector",
        Kind::Boolean,
        "false",
        Effect::None("epoll is always used on Linux"),
    ),
    key(
        CLIENT,
        "clientWorkerThreads",
        Kind::Number,
        "4",
        Effect::None(ITS_OWN_CALLS),
    ),
    key(
        CLIENT,
        "clientCallbackExecutorThreads",
        Kind::Number,
        "4",
        Effect::None(ITS_OWN_CALLS),
    ),
    key(
        CLIENT,
        "clientOnewaySemaphoreValue",
        Kind::Number,
        "65535",
        Effect::None(ITS_OWN_CALLS),
    ),
    key(
        CLIENT,
        "clientAsyncSemaphoreValue",
        Kind::Number,
        "65535",
        Effect::None(ITS_OWN_CALLS),
    ),
    key(CLIENT, "connectTimeoutMillis", Kind::Number, "3000", Effect::Honoured),
    key(
        CLIENT,
        "channelNotActiveInterval",
        Kind::Number,
        "60000",
        Effect::None(ITS_OWN_CALLS),
    ),
    key(
        CLIENT,
        "clientChannelMaxIdleTimeSeconds",
        Kind::Number,
        "120",
        Effect::None(ITS_OWN_CALLS),
    ),
    key(
        CLIENT,
        "clientSocketSndBufSize",
        Kind::Number,
        "0",
        Effect::None(ITS_OWN_CALLS),
    ),
    key(
        CLIENT,
        "clientSocketRcvBufSize",
        Kind::Number,
        "0",
        Effect::None(ITS_OWN_CALLS),
    ),
    key(
        CLIENT,
        "clientPooledByteBufAllocatorEnable",
        Kind::Boolean,
        "false",
        Effect::None(ITS_OWN_CALLS),
    ),
    key(
        CLIENT,
        "clientCloseSocketIfTimeout",
        Kind::Boolean,
        "true",
        Effect::None(ITS_OWN_CALLS),
    ),
    key(CLIENT, "useTLS", Kind::Boolean, "false", Effect::None(ITS_OWN_CALLS)),
    key(
        CLIENT,
        "socksProxyConfig",
        Kind::Text,
        "{}",
        Effect::None(ITS_OWN_CALLS),
    ),
    key(
        CLIENT,
        "disableCallbackExecutor",
        Kind::Boolean,
        "false",
        Effect::None(ITS_OWN_CALLS),
    ),
    key(
        CLIENT,
        "disableNettyWorkerGroup",
        Kind::Boolean,
        "false",
        Effect::None(ITS_OWN_CALLS),
    ),
    key(
        CLIENT,
        "maxReconnectIntervalTimeSeconds",
        Kind::Number,
        "60",
        Effect::None(ITS_OWN_CALLS),
    ),
    key(
        CLIENT,
        "enableReconnectForGoAway",
        Kind::Boolean,
        "true",
        Effect::None(ITS_OWN_CALLS),
    ),
    key(
        CLIENT,
        "scanAvailableNameSrv",
        Kind::Boolean,
        "true",
        Effect::None(ITS_OWN_CALLS),
    ),
    key(
        CLIENT,
        "enableTransparentRetry",
        Kind::Boolean,
        "true",
        Effect::None(ITS_OWN_CALLS),
    ),
    key(
        OURS,
        "brokerChannelExpiredTimeMillis",
        Kind::Number,
        "120000",
        Effect::Honoured,
    ),
    key(OURS, "slowRequestMillis", Kind::Number, "500", Effect::Honoured),
];

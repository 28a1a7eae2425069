//! The name server over loopback, as brokers, clients and tools see it. No sleeping: what must happen is awaited.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rmq_journal::Journal;
use rmq_namesrv::NameServer;
use rmq_namesrv::config::Config;
use rmq_net::{Connection, Incoming, Service, connect};
use rmq_protocol::register::{self, RegisterBrokerBody};
use rmq_protocol::request::kv_config::{
    DeleteKvConfig, GetKvConfig, GetKvConfigAnswer, GetKvListByNamespace, PutKvConfig,
};
use rmq_protocol::request::registration::*;
use rmq_protocol::request::routes::{
    DeleteTopicInNamesrv, GetBrokerMemberGroup, GetRouteInfo, GetTopicsByCluster, RegisterTopic,
};
use rmq_protocol::route::{BrokerMemberGroup, ClusterInfo, KvTable, QueueData, TopicList, TopicRoute};
use rmq_protocol::topic::{DataVersion, TopicConfig, TopicTable};
use rmq_protocol::{Frame, Header, RequestCode, ResponseCode};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const PATIENCE: Duration = Duration::from_secs(20);

/// A name server in a folder of its own.
struct Running {
    server: NameServer,
    folder: tempfile::TempDir,
}

fn start(settings: &[(&str, &str)]) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let server = start_in(folder.path(), settings);
    Running { server, folder }
}

fn start_in(folder: &Path, settings: &[(&str, &str)]) -> NameServer {
    let mut config = Config::embedded_defaults(folder, folder);
    config.set("listenPort", "0");
    let findings: Vec<_> = settings
        .iter()
        .filter_map(|(key, value)| config.set(key, value))
        .collect();
    let journal = Journal::open(folder, "namesrv.log", "test", "0").unwrap();
    NameServer::start(config, &findings, journal).unwrap()
}

impl Running {
    async fn client(&self) -> Client {
        let (to, notices) = unbounded_channel();
        let connection = connect(&self.server.local().to_string(), Arc::default(), Arc::new(Notices(to)))
            .await
            .unwrap();
        Client { connection, notices }
    }

    /// Stops the server and gives back what it wrote: log and events.
    async fn written(self) -> (String, String) {
        let Self { server, folder } = self;
        server.stop().await;
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        (read("namesrv.log"), read("diagnostics.jsonl"))
    }
}

struct Notices(UnboundedSender<Frame>);

impl Service for Notices {
    fn request(&self, _: &Arc<Connection>, incoming: Incoming) {
        let _ = self.0.send(incoming.frame);
    }
}

struct Client {
    connection: Arc<Connection>,
    #[allow(dead_code, reason = "kept so that notices have somewhere to go")]
    notices: UnboundedReceiver<Frame>,
}

impl Client {
    async fn ask(&self, frame: Frame) -> Frame {
        self.connection.request(frame, PATIENCE).await.unwrap()
    }

    async fn ask_for(&self, code: RequestCode, header: &impl Header) -> Frame {
        self.ask(Frame::request(code, header)).await
    }

    /// Registers and gives back the answer.
    async fn register(&self, name: &str, id: i64, addr: &str, topics: &[&str]) -> Frame {
        let (header, body) = registration(name, id, addr, topics);
        let body = body.encode();
        let header = RegisterBroker {
            body_crc32: Some(register::crc(&body)),
            ..header
        };
        self.ask(Frame::request(RequestCode::REGISTER_BROKER, &header).with_body(body))
            .await
    }

    async fn route(&self, topic: &str) -> Option<TopicRoute> {
        let header = GetRouteInfo {
            topic: topic.into(),
            accept_standard_json_only: None,
        };
        let answer = self.ask_for(RequestCode::GET_ROUTEINFO_BY_TOPIC, &header).await;
        (answer.response_code() == ResponseCode::SUCCESS).then(|| TopicRoute::decode(&answer.body).unwrap())
    }

    /// Asks until the topic is gone: the end of a connection is noticed by another task than the one that answers.
    async fn await_gone(&self, topic: &str) {
        tokio::time::timeout(PATIENCE, async {
            while self.route(topic).await.is_some() {
                tokio::task::yield_now().await;
            }
        })
        .await
        .unwrap();
    }
}

fn registration(name: &str, id: i64, addr: &str, topics: &[&str]) -> (RegisterBroker, RegisterBrokerBody) {
    let header = RegisterBroker {
        broker_name: name.into(),
        broker_addr: addr.into(),
        cluster_name: "DefaultCluster".into(),
        ha_server_addr: format!("{addr}2"),
        broker_id: id,
        ..RegisterBroker::default()
    };
    let config = |name: &str| TopicConfig {
        name: name.into(),
        ..TopicConfig::default()
    };
    let topics = TopicTable {
        data_version: DataVersion {
            counter: 7,
            timestamp: 1_700_000_000_000,
            state_version: 0,
        },
        topics: topics.iter().map(|name| ((*name).to_owned(), config(name))).collect(),
        ..TopicTable::default()
    };
    (
        header,
        RegisterBrokerBody {
            topics,
            filter_servers: Vec::new(),
        },
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_comes_and_goes_with_its_connection() {
    let running = start(&[]);
    let (broker, slave, client) = (running.client().await, running.client().await, running.client().await);
    let taken = broker.register("broker-a", 0, "10.0.0.1:10911", &["T", "TBW102"]).await;
    assert_eq!(taken.response_code(), ResponseCode::SUCCESS);
    let answer: RegisterBrokerAnswer = slave
        .register("broker-a", 1, "10.0.0.2:10911", &["T", "TBW102"])
        .await
        .header()
        .unwrap();
    assert_eq!(answer.master_addr.as_deref(), Some("10.0.0.1:10911"));
    assert_eq!(answer.ha_server_addr.as_deref(), Some("10.0.0.1:109112"));

    let route = client.route("T").await.unwrap();
    assert_eq!(route.brokers[0].broker_addrs.len(), 2);
    let info = ClusterInfo::decode(
        &client
            .ask(Frame::bare_request(RequestCode::GET_BROKER_CLUSTER_INFO))
            .await
            .body,
    );
    assert_eq!(info.unwrap().clusters["DefaultCluster"].len(), 1);
    let group = GetBrokerMemberGroup {
        cluster_name: "DefaultCluster".into(),
        broker_name: "broker-a".into(),
    };
    let group = client.ask_for(RequestCode::GET_BROKER_MEMBER_GROUP, &group).await;
    assert_eq!(BrokerMemberGroup::decode(&group.body).unwrap().broker_addrs.len(), 2);

    broker
        .connection
        .close(rmq_net::CloseReason::Asked("the test ends it".into()));
    slave
        .connection
        .close(rmq_net::CloseReason::Asked("the test ends it".into()));
    client.await_gone("T").await;
    let (log, events) = running.written().await;
    for line in [
        "INFO RemotingExecutorThread_1 - new broker registered, BrokerIdentityInfo [clusterName=DefaultCluster, brokerAddr=10.0.0.1:10911] HAService: 10.0.0.1:109112",
        "INFO RemotingExecutorThread_1 - new topic registered, T QueueData [brokerName=broker-a, readQueueNums=16, writeQueueNums=16, perm=6, topicSysFlag=0]",
        "INFO NettyEventExecutor - unregisterBroker, remove from brokerLiveTable OK, BrokerIdentityInfo [clusterName=DefaultCluster, brokerAddr=10.0.0.1:10911]",
        "unregisterBroker, remove cluster from clusterAddrTable DefaultCluster",
    ] {
        assert!(log.contains(line), "{line}\n{log}");
    }
    assert!(events.contains(r#""ev":"route.registered""#) && events.contains(r#""ev":"conn.closed""#));
}

#[tokio::test]
async fn versions_heartbeats_crc_and_compressed_bodies() {
    let running = start(&[("brokerChannelExpiredTimeMillis", "1000")]);
    let client = running.client().await;
    let (header, body) = registration("broker-a", 0, "a:1", &["T", "U"]);
    let compressed = body.encode_compressed();
    let header = RegisterBroker {
        compressed: Some(true),
        body_crc32: Some(register::crc(&compressed) ^ 1),
        ..header
    };
    let send = |header: &RegisterBroker| {
        client.ask(Frame::request(RequestCode::REGISTER_BROKER, header).with_body(compressed.clone()))
    };
    let refused = send(&header).await;
    assert_eq!((refused.code, refused.remark.as_deref()), (1, Some("crc32 not match")));
    let header = RegisterBroker {
        body_crc32: Some(register::crc(&compressed)),
        ..header
    };
    assert_eq!(send(&header).await.response_code(), ResponseCode::SUCCESS);
    assert_eq!(client.route("U").await.unwrap().queues[0].write_queue_nums, 16);

    let asked = QueryDataVersion {
        broker_name: "broker-a".into(),
        broker_addr: "a:1".into(),
        cluster_name: "DefaultCluster".into(),
        broker_id: 0,
    };
    let version = body.topics.data_version;
    for (sent, changed) in [(version, false), (version.next(1), true)] {
        let frame = Frame::request(RequestCode::QUERY_DATA_VERSION, &asked).with_body(sent.encode());
        let answer = client.ask(frame).await;
        assert_eq!(answer.header(), Ok(QueryDataVersionAnswer { changed }));
        assert_eq!(DataVersion::decode(&answer.body), Ok(version));
    }

    // Silence is judged by the moment passed in: now it is alive, an hour later it is not.
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_millis() as i64;
    running.server.drop_silent_brokers(now);
    assert!(client.route("T").await.is_some());
    let heartbeat = BrokerHeartbeat {
        cluster_name: "DefaultCluster".into(),
        broker_addr: "a:1".into(),
        broker_name: "broker-a".into(),
        ..BrokerHeartbeat::default()
    };
    let answer = client.ask_for(RequestCode::BROKER_HEARTBEAT, &heartbeat).await;
    assert_eq!(answer.response_code(), ResponseCode::SUCCESS);
    running.server.drop_silent_brokers(now + 3_600_000);
    let other = running.client().await;
    assert!(other.route("T").await.is_none());
    let (log, events) = running.written().await;
    assert!(log.contains("WARN NSScanScheduledThread1 - The broker channel expired, BrokerIdentityInfo [clusterName=DefaultCluster, brokerAddr=a:1] 1000ms"));
    assert!(events.contains(r#""ev":"route.expired","sev":"critical""#));
}

#[tokio::test]
async fn topics_permissions_and_unregistration() {
    let running = start(&[]);
    let client = running.client().await;
    client.register("broker-a", 0, "a:1", &["T", "U"]).await;
    client.register("broker-b", 0, "b:1", &["T", "V"]).await;
    let list = |answer: Frame| {
        TopicList::decode(&answer.body)
            .unwrap()
            .topics
            .into_iter()
            .collect::<Vec<_>>()
    };
    let all = client
        .ask(Frame::bare_request(RequestCode::GET_ALL_TOPIC_LIST_FROM_NAMESERVER))
        .await;
    assert_eq!(list(all), ["T", "U", "V"]);
    let cluster = GetTopicsByCluster {
        cluster: "DefaultCluster".into(),
    };
    assert_eq!(
        list(client.ask_for(RequestCode::GET_TOPICS_BY_CLUSTER, &cluster).await),
        ["T", "U", "V"]
    );
    let system = client
        .ask(Frame::bare_request(RequestCode::GET_SYSTEM_TOPIC_LIST_FROM_NS))
        .await;
    assert_eq!(list(system), ["DefaultCluster", "broker-a", "broker-b"]);
    for code in [311, 312, 313] {
        assert!(list(client.ask(Frame::bare_request(RequestCode(code))).await).is_empty());
    }

    let wiped: WipeWritePermAnswer = client
        .ask_for(
            RequestCode::WIPE_WRITE_PERM_OF_BROKER,
            &WipeWritePerm {
                broker_name: "broker-a".into(),
            },
        )
        .await
        .header()
        .unwrap();
    assert_eq!(wiped.wipe_topic_count, 2);
    let perms: BTreeMap<_, _> = client
        .route("T")
        .await
        .unwrap()
        .queues
        .into_iter()
        .map(|queue| (queue.broker_name, queue.perm))
        .collect();
    assert_eq!((perms["broker-a"], perms["broker-b"]), (4, 6));
    let added: AddWritePermAnswer = client
        .ask_for(
            RequestCode::ADD_WRITE_PERM_OF_BROKER,
            &AddWritePerm {
                broker_name: "broker-a".into(),
            },
        )
        .await
        .header()
        .unwrap();
    assert_eq!(added.add_topic_count, 2);

    let queue = QueueData {
        broker_name: "broker-b".into(),
        read_queue_nums: 1,
        ..QueueData::default()
    };
    let by_hand = TopicRoute {
        queues: vec![queue],
        ..TopicRoute::default()
    };
    let frame = Frame::request(
        RequestCode::REGISTER_TOPIC_IN_NAMESRV,
        &RegisterTopic { topic: "Hand".into() },
    );
    client
        .ask(frame.with_body(by_hand.encode(rmq_protocol::json::Dialect::Fastjson)))
        .await;
    assert_eq!(client.route("Hand").await.unwrap().queues[0].read_queue_nums, 1);
    let header = DeleteTopicInNamesrv {
        topic: "Hand".into(),
        cluster_name: None,
    };
    client.ask_for(RequestCode::DELETE_TOPIC_IN_NAMESRV, &header).await;
    assert!(client.route("Hand").await.is_none());

    let gone = UnregisterBroker {
        broker_name: "broker-a".into(),
        broker_addr: "a:1".into(),
        cluster_name: "DefaultCluster".into(),
        broker_id: 0,
    };
    client.ask_for(RequestCode::UNREGISTER_BROKER, &gone).await;
    assert!(client.route("U").await.is_none());
    assert_eq!(client.route("T").await.unwrap().queues.len(), 1);
}

#[tokio::test]
async fn key_values_and_configuration_outlive_the_process() {
    let running = start(&[("orderMessageEnable", "true")]);
    let client = running.client().await;
    let put = |value: &str| PutKvConfig {
        namespace: "ORDER_TOPIC_CONFIG".into(),
        key: "T".into(),
        value: value.into(),
    };
    let get = GetKvConfig {
        namespace: "ORDER_TOPIC_CONFIG".into(),
        key: "T".into(),
    };
    let missing = client.ask_for(RequestCode::GET_KV_CONFIG, &get).await;
    assert_eq!(missing.response_code(), ResponseCode::QUERY_NOT_FOUND);
    assert_eq!(
        missing.remark.as_deref(),
        Some("No config item, Namespace: ORDER_TOPIC_CONFIG Key: T")
    );
    client.ask_for(RequestCode::PUT_KV_CONFIG, &put("broker-a:8")).await;
    client.ask_for(RequestCode::PUT_KV_CONFIG, &put("broker-a:4")).await;
    let taken = client.register("broker-a", 0, "a:1", &["T", "U"]).await;
    assert_eq!(KvTable::decode(&taken.body).unwrap().table["T"], "broker-a:4");
    assert_eq!(
        client.route("T").await.unwrap().order_topic_conf.as_deref(),
        Some("broker-a:4")
    );

    let update =
        |text: &'static str| client.ask(Frame::bare_request(RequestCode::UPDATE_NAMESRV_CONFIG).with_body(text));
    let refused = update("kvConfigPath=/tmp/x").await;
    assert_eq!(refused.response_code(), ResponseCode::NO_PERMISSION);
    assert_eq!(
        update("enableTopicList=false").await.response_code(),
        ResponseCode::SUCCESS
    );
    let cluster = GetTopicsByCluster {
        cluster: "DefaultCluster".into(),
    };
    let disabled = client.ask_for(RequestCode::GET_TOPICS_BY_CLUSTER, &cluster).await;
    assert_eq!((disabled.code, disabled.remark.as_deref()), (1, Some("disable")));
    let text = client
        .ask(Frame::bare_request(RequestCode::GET_NAMESRV_CONFIG))
        .await
        .body;
    assert!(String::from_utf8_lossy(&text).contains("\nenableTopicList=false\n"));

    let Running { server, folder } = running;
    server.stop().await;
    let stored = std::fs::read_to_string(folder.path().join("namesrv.properties")).unwrap();
    assert!(stored.contains("enableTopicList=false"));
    let again = Running {
        server: start_in(folder.path(), &[]),
        folder,
    };
    let client = again.client().await;
    let answer: GetKvConfigAnswer = client.ask_for(RequestCode::GET_KV_CONFIG, &get).await.header().unwrap();
    assert_eq!(answer.value.as_deref(), Some("broker-a:4"));
    let delete = DeleteKvConfig {
        namespace: "ORDER_TOPIC_CONFIG".into(),
        key: "T".into(),
    };
    client.ask_for(RequestCode::DELETE_KV_CONFIG, &delete).await;
    let list = GetKvListByNamespace {
        namespace: "ORDER_TOPIC_CONFIG".into(),
    };
    let list = client.ask_for(RequestCode::GET_KVLIST_BY_NAMESPACE, &list).await;
    assert_eq!(&list.body[..], br#"{"table":{}}"#);
}

#[tokio::test]
async fn what_is_not_supported_and_what_is_wrong() {
    let running = start(&[
        ("clusterTest", "true"),
        ("listenprot", "1"),
        ("needWaitForService", "true"),
    ]);
    let client = running.client().await;
    for _ in 0..3 {
        let answer = client
            .ask(Frame::bare_request(RequestCode::CONTROLLER_GET_METADATA_INFO))
            .await;
        assert_eq!(answer.response_code(), ResponseCode::REQUEST_CODE_NOT_SUPPORTED);
        assert_eq!(answer.remark.as_deref(), Some(" request type 1005 not supported"));
    }
    let answer = client
        .ask(Frame::bare_request(RequestCode::WIPE_WRITE_PERM_OF_BROKER))
        .await;
    assert_eq!(
        (answer.code, answer.remark.as_deref()),
        (1, Some("the custom field <brokerName> is null"))
    );
    let header = GetRouteInfo {
        topic: "T".into(),
        accept_standard_json_only: None,
    };
    let answer = client.ask_for(RequestCode::GET_ROUTEINFO_BY_TOPIC, &header).await;
    assert_eq!(
        (answer.code, answer.remark.as_deref()),
        (1, Some("name server not ready"))
    );
    let (header, _) = registration("broker-a", 0, "a:1", &[]);
    let broken =
        Frame::request(RequestCode::REGISTER_BROKER, &header).with_body(&b"{\"topicConfigSerializeWrapper\":[}"[..]);
    assert_eq!(client.ask(broken).await.code, 1);
    let (log, events) = running.written().await;
    assert_eq!(
        events.matches(r#""ev":"request.unsupported""#).count(),
        1,
        "a repeated request is told once"
    );
    assert!(events.contains(r#""code":1005,"request":"CONTROLLER_GET_METADATA_INFO""#));
    assert!(events.contains(r#""ev":"config.no_effect""#) && events.contains(r#""ev":"config.unknown""#));
    assert!(log.contains("unknown key listenprot, did you mean listenPort?"));
}

/// Like a broker of 5.x: a port of its own, where the notice of a new smallest id arrives.
#[tokio::test]
async fn members_learn_of_a_new_smallest_id() {
    let running = start(&[("notifyMinBrokerIdChanged", "true")]);
    let (to, mut notices) = unbounded_channel();
    let loopback = "127.0.0.1:0".parse().unwrap();
    let port = rmq_net::Server::bind(loopback, rmq_net::Limits::default(), Arc::new(Notices(to))).unwrap();
    let client = running.client().await;
    let register = |id: i64, addr: String| {
        let (header, body) = registration("broker-a", id, &addr, &["T", "U"]);
        let header = RegisterBroker {
            enable_acting_master: Some(true),
            ..header
        };
        client.ask(Frame::request(RequestCode::REGISTER_BROKER, &header).with_body(body.encode()))
    };
    register(1, port.local().to_string()).await;
    register(0, "10.0.0.1:10911".into()).await;
    let notice = tokio::time::timeout(PATIENCE, notices.recv()).await.unwrap().unwrap();
    assert_eq!(notice.request_code(), RequestCode::NOTIFY_MIN_BROKER_ID_CHANGE);
    assert!(notice.is_one_way());
    let header: NotifyMinBrokerIdChange = notice.header().unwrap();
    assert_eq!(
        (header.min_broker_id, header.min_broker_addr.as_deref()),
        (Some(0), Some("10.0.0.1:10911"))
    );
}

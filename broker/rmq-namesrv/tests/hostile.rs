//! Frames of every request with fields and bodies that make no sense: each is answered, the server goes on.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config as RunnerConfig, TestRunner};
use rmq_journal::Journal;
use rmq_namesrv::NameServer;
use rmq_namesrv::config::Config;
use rmq_net::{Connection, Incoming, Service, connect};
use rmq_protocol::{Frame, HeaderKind, RequestCode};

const CODES: [i32; 25] = [
    100, 101, 102, 103, 104, 105, 106, 205, 206, 216, 217, 219, 224, 304, 311, 312, 313, 318, 319, 322, 327, 901, 904,
    34, -5,
];
const FIELDS: [&str; 18] = [
    "topic",
    "brokerName",
    "brokerAddr",
    "clusterName",
    "haServerAddr",
    "brokerId",
    "compressed",
    "bodyCrc32",
    "heartbeatTimeoutMillis",
    "enableActingMaster",
    "namespace",
    "key",
    "value",
    "cluster",
    "__ZONE_MODE",
    "__ZONE_NAME",
    "acceptStandardJsonOnly",
    "brokerId",
];
const BODIES: [&str; 8] = [
    "",
    "{",
    "null",
    r#"{"topicConfigSerializeWrapper":{"topicConfigTable":{"T":{"topicName":"T","perm":6},"U":{}}}}"#,
    r#"{"filterServerList":["x"],"topicConfigSerializeWrapper":{"dataVersion":null,"topicConfigTable":null}}"#,
    r#"{"counter":-1,"stateVersion":99999999999999999999,"timestamp":"x"}"#,
    r#"{"queueDatas":[{"brokerName":"b","perm":-1}],"brokerDatas":[{"brokerAddrs":{0:"a",x:"b",{}:1}}]}"#,
    "orderMessageEnable=true\nlistenPort=-7\nconfigBlackList=\n\\u12",
];

struct Silent;

impl Service for Silent {
    fn request(&self, _: &Arc<Connection>, _: Incoming) {}
}

fn any_frame() -> impl Strategy<Value = Frame> {
    let value = prop_oneof![
        Just("b".to_owned()),
        Just("0".to_owned()),
        Just("true".to_owned()),
        ".{0,9}",
        "-?[0-9]{1,25}"
    ];
    let fields = prop::collection::vec((prop::sample::select(&FIELDS[..]), value), 0..12);
    let body = prop_oneof![
        prop::sample::select(&BODIES[..]).prop_map(|body| body.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..200),
    ];
    (
        prop::sample::select(&CODES[..]),
        fields,
        body,
        any::<bool>(),
        -1..700i32,
    )
        .prop_map(|(code, fields, body, binary, version)| {
            let mut frame = Frame::bare_request(RequestCode(code)).with_body(body);
            frame.fields = fields.iter().map(|(key, value)| (*key, value.as_str())).collect();
            frame.kind = if binary { HeaderKind::Binary } else { HeaderKind::Json };
            frame.version = version;
            frame
        })
}

#[test]
fn every_request_is_answered_whatever_it_holds() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (server, client) = runtime.block_on(async {
        let mut config = Config::embedded_defaults(folder.path(), folder.path());
        config.set("listenPort", "0");
        let journal = Journal::open(folder.path(), "namesrv.log", "test", "0").unwrap();
        let server = NameServer::start(config, &[], journal).unwrap();
        let client = connect(&server.local().to_string(), Arc::default(), Arc::new(Silent))
            .await
            .unwrap();
        (server, client)
    });
    let mut runner = TestRunner::new(RunnerConfig {
        failure_persistence: None,
        ..RunnerConfig::with_cases(1500)
    });
    runner
        .run(&any_frame(), |frame| {
            let answer = runtime.block_on(client.request(frame, Duration::from_secs(20)));
            prop_assert!(answer.is_ok(), "{answer:?}");
            Ok(())
        })
        .unwrap();
    runtime.block_on(server.stop());
}

//! What comes out of each reader, one table row per input.

use super::*;
use crate::model::{SourceId, Text};

/// All events of all readers as `line class key=value`.
fn read(path: &str, body: &str) -> Vec<String> {
    let text = Text::new(SourceId(0), path, body);
    let mut events: Vec<Event> = Vec::new();
    for format in CONF_FORMATS {
        if (format.score)(&text) > 0 {
            (format.parse)(&text, &mut events);
        }
    }
    events
        .iter()
        .map(|e| {
            let field = |name: &str| e.fields.str(name).unwrap_or("").to_owned();
            format!("{} {} {}={}", e.span.line, field("class"), field("key"), field("value"))
        })
        .collect()
}

#[test]
fn a_broker_file_keeps_blanks_and_unknown_keys() {
    let got = read(
        "broker-a/conf/broker.properties",
        "# master\nbrokerName=broker-a\nbrokerId=0 # zero\nflushDiskTyp=SYNC_FLUSH\nsendMessageThreadPoolNums=16  \n",
    );
    assert_eq!(
        got,
        [
            "2 broker brokerName=broker-a",
            "3 broker brokerId=0 # zero",
            "4 broker flushDiskTyp=SYNC_FLUSH",
            "5 broker sendMessageThreadPoolNums=16  ",
        ]
    );
}

#[test]
fn joined_lines_are_read_once() {
    let text = "x\\\n".repeat(100_000);
    let start = std::time::Instant::now();
    assert_eq!(read("broker.conf", &text), Vec::<String>::new());
    assert!(start.elapsed().as_secs() < 20, "took {:?}", start.elapsed());
    assert_eq!(
        read("broker.conf", "brokerClusterName=a\\\n  b\nbrokerName=c\nbrokerId=0\n").len(),
        3
    );
}

#[test]
fn classes_are_told_by_keys() {
    for (path, body, class) in [
        ("x.conf", "kvConfigPath=/data/kv.json\nlistenPort=9876\n", "namesrv"),
        (
            "c.conf",
            "controllerDLegerGroup=g\ncontrollerDLegerPeers=n0-a:1\n",
            "controller",
        ),
        ("namesrv.conf", "listenPort=9876\n", "namesrv"),
        ("b.txt", "brokerName=a\nbrokerRole=SLAVE\n", "broker"),
        (
            "n.conf",
            "listenPort=9876\nenableControllerInNamesrv=true\ncontrollerDLegerGroup=g\n",
            "namesrv",
        ),
        ("k.conf", "listenPort=10811\nbrokerConfigPaths=/a:/b\n", "container"),
    ] {
        let got = read(path, body);
        assert!(!got.is_empty(), "{path}");
        for line in got {
            assert_eq!(line.split(' ').nth(1), Some(class), "{path}: {line}");
        }
    }
}

#[test]
fn pastes_and_admin_output() {
    let got = read(
        "note.txt",
        "the slave has\n\nbrokerName=broker-a\nbrokerRole=SLAVE\n\nand the log says\n2024-01-01 10:00:00 INFO main - x=1\n",
    );
    assert_eq!(got, ["3 broker brokerName=broker-a", "4 broker brokerRole=SLAVE"]);
    let got = read(
        "admin.txt",
        "============10.0.0.5:10911============\nserverSelectorThreads                 =  3\nbrokerRole                            =  SYNC_MASTER\n",
    );
    assert_eq!(
        got,
        ["2 broker serverSelectorThreads=3", "3 broker brokerRole=SYNC_MASTER"]
    );
}

#[test]
fn other_files_give_nothing() {
    for body in [
        "server.port=8080\nlogging.level.root=INFO\n",
        "2024-01-01 10:00:00 INFO main - load exist local topic, a=b\n",
        "user=1\npassword=2\n",
        "{\"a\": 1}",
        "Device: rrqm/s\nsda 0.00\n",
    ] {
        assert_eq!(read("some.txt", body), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn json_and_yaml() {
    assert_eq!(
        read(
            "rmq-proxy.json",
            "{\n  \"rocketMQClusterName\": \"c1\",\n  \"grpcServerPort\": 8081\n}\n"
        ),
        ["2 proxy rocketMQClusterName=c1", "3 proxy grpcServerPort=8081"]
    );
    assert_eq!(
        read(
            "plain_acl.yml",
            "globalWhiteRemoteAddresses:\n- 10.1.*\naccounts:\n- accessKey: app\n  secretKey: 12345678\n  topicPerms:\n  - a=PUB\n"
        ),
        [
            "1 acl globalWhiteRemoteAddresses=",
            "2 acl globalWhiteRemoteAddresses[0]=10.1.*",
            "4 acl accessKey=app",
            "5 acl secretKey=********",
            "7 acl topicPerms[0]=a=PUB",
        ]
    );
    assert_eq!(
        read(
            "application.yml",
            "server:\n  port: 80\nrocketmq:\n  name-server: a:9876,b:9876\n  producer:\n    group: g\n"
        ),
        [
            "4 spring rocketmq.name-server=a:9876,b:9876",
            "6 spring rocketmq.producer.group=g"
        ]
    );
    assert_eq!(
        read("canal.properties", "canal.id = 1\ncanal.mq.servers = 10.0.0.4:9876\n"),
        ["2 client canal.mq.servers=10.0.0.4:9876"]
    );
}

#[test]
fn containers() {
    assert_eq!(
        read(
            "run.sh",
            "docker run -d --name b1 -p 10911:10911 \\\n -v /data:/home/rocketmq/store \\\n -e \"NAMESRV_ADDR=n:9876\" apache/rocketmq:5.1.0 sh mqbroker -c x.conf\n"
        ),
        [
            "3 docker image=apache/rocketmq:5.1.0",
            "1 docker port=10911:10911",
            "2 docker volume=/data:/home/rocketmq/store",
            "3 docker NAMESRV_ADDR=n:9876",
            "3 docker command=sh mqbroker -c x.conf",
        ]
    );
    assert_eq!(
        read(
            "docker-compose.yml",
            "services:\n  db:\n    image: mysql\n  broker:\n    image: apache/rocketmq:4.9.4\n    ports:\n      - 10911:10911\n    environment:\n      - JAVA_OPT_EXT=-Xmx1g\n"
        ),
        [
            "5 docker image=apache/rocketmq:4.9.4",
            "7 docker port=10911:10911",
            "9 docker JAVA_OPT_EXT=-Xmx1g"
        ]
    );
    assert_eq!(
        read(
            "broker.yaml",
            "kind: StatefulSet\nspec:\n  template:\n    spec:\n      containers:\n      - name: broker\n        image: apache/rocketmq:5.1.0\n        env:\n        - name: NAMESRV_ADDR\n          value: n:9876\n        ports:\n        - containerPort: 10911\n"
        ),
        [
            "7 k8s image=apache/rocketmq:5.1.0",
            "10 k8s NAMESRV_ADDR=n:9876",
            "12 k8s port=10911"
        ]
    );
}

#[test]
fn commands() {
    assert_eq!(
        read(
            "history.txt",
            "[root@mq1 bin]# nohup sh mqbroker -n 10.0.0.4:9876;10.0.0.5:9876 &\nmkdir -p /usr/local/rocketmq-4.9.2store/index\nfirewall-cmd --add-port=10911/tcp --permanent\nthe mqbroker -n option is fine\n"
        ),
        [
            "1 shell -n=10.0.0.4:9876",
            "1 shell cut-off=10.0.0.5:9876",
            "2 shell mkdir=/usr/local/rocketmq-4.9.2store/index",
            "3 shell open-port=10911",
        ]
    );
}

#[test]
fn a_config_map_holds_a_broker_file() {
    let got = read(
        "cm.yaml",
        "kind: ConfigMap\ndata:\n  broker.conf: |\n    brokerName=broker-a\n    brokerRole=SYNC_MASTER\n",
    );
    assert_eq!(got, ["4 broker brokerName=broker-a", "5 broker brokerRole=SYNC_MASTER"]);
}

proptest::proptest! {
    #[test]
    fn any_text_never_panics(name in "(broker.conf|a.yml|rmq-proxy.json|x.sh)", body in "(?s)[a-zA-Z:=#;\\-\\\\\"{}\n 0-9.ä]{0,400}") {
        let _ = read(&name, &body);
        let _ = read(&name, &format!("brokerName=a\nrocketmq:\nservices:\nimage: rocketmq\n{{\"namesrvAddr\":1\n docker run {body}"));
    }
}

#[test]
fn samples_give_their_events() {
    for format in CONF_FORMATS {
        crate::format::testing::check_samples(format);
    }
}

#[test]
fn damaged_samples_never_panic() {
    for format in CONF_FORMATS {
        crate::format::testing::never_panics(format);
    }
}

#[test]
fn a_status_page_is_no_configuration() {
    let body = "brokerVersion                   : 397\nbrokerVersionDesc               : V4_9_2\nputTps                          : 0.0\n";
    assert_eq!(read("brokerStatus.txt", body), Vec::<String>::new());
}

//! Snippets of configuration and the checks that must (not) come out.

use super::*;
use crate::model::{Lang, LogKind, SourceId, Span};

/// A bundle under construction.
#[derive(Default)]
struct Bundle {
    events: Vec<Event>,
    sources: Vec<SourceInfo>,
}

impl Bundle {
    fn source(&mut self, path: &str, host: &str, log: Option<LogKind>) -> SourceId {
        self.sources.push(SourceInfo {
            path: path.to_owned(),
            host: host.to_owned(),
            role: None,
            format: "rocketmq-conf",
            log,
            bytes: 1,
            lines: 1,
            skipped: None,
        });
        SourceId(u32::try_from(self.sources.len()).unwrap() - 1)
    }

    fn keys(mut self, class: &str, form: &str, path: &str, host: &str, body: &str) -> Self {
        let source = self.source(path, host, None);
        for (line, text) in body.lines().enumerate().filter(|(_, text)| text.contains('=')) {
            let (key, value) = text.split_once('=').unwrap();
            let span = Span::line(source, u32::try_from(line).unwrap() + 1);
            self.events.push(
                Event::new("conf.key", span, text)
                    .with("key", key.trim())
                    .with("value", value.trim_start())
                    .with("class", class)
                    .with("form", form)
                    .with("unit", ""),
            );
        }
        self
    }

    fn broker(self, path: &str, host: &str, body: &str) -> Self {
        self.keys("broker", "file", path, host, body)
    }

    fn fact(mut self, kind: &str, host: &str, fields: &[(&str, &str)]) -> Self {
        let source = self.source("facts.txt", host, None);
        let mut event = Event::new(kind, Span::line(source, 1), "");
        for (name, value) in fields {
            match value.parse::<f64>() {
                Ok(number) => event.fields.set(name, number),
                Err(_) => event.fields.set(name, *value),
            }
        }
        self.events.push(event);
        self
    }

    /// A start script with flags, values and the branch that sets them.
    fn keys_of_script(mut self, flags: &[(&str, &str, &str)]) -> Self {
        let source = self.source("runbroker.sh", "a", None);
        for (line, (flag, value, branch)) in (1..).zip(flags) {
            self.events.push(
                Event::new("jvm.flag", Span::line(source, line), "")
                    .with("flag", *flag)
                    .with("value", *value)
                    .with("process", "broker")
                    .with("jdk", *branch),
            );
        }
        self
    }

    fn version(self, version: &str) -> Self {
        self.fact(
            "version",
            "",
            &[("component", "rocketmq"), ("version", &format!("v{version}"))],
        )
    }

    fn log(mut self, host: &str) -> Self {
        self.source("broker.log", host, Some(LogKind::Broker));
        self
    }

    /// `check key` of all findings but information, sorted.
    fn found(&self) -> Vec<String> {
        let mut out: Vec<String> = lint(&self.events, &self.sources)
            .iter()
            .filter(|e| e.fields.str("severity") != Some("info"))
            .map(|e| e.fields.str("check").unwrap().to_owned())
            .collect();
        out.sort();
        out
    }

    fn errors(&self) -> Vec<String> {
        lint(&self.events, &self.sources)
            .iter()
            .filter(|e| e.fields.str("severity") == Some("error"))
            .map(|e| format!("{} {}", e.fields.str("check").unwrap(), e.text))
            .collect()
    }
}

/// One broker file alone, without a version.
#[test]
fn one_file() {
    let table: &[(&str, &[&str])] = &[
        (
            "brokerName=a\nbrokerId=0\nbrokerRole=ASYNC_MASTER\nflushDiskType=ASYNC_FLUSH",
            &[],
        ),
        ("flushDiskTyp=SYNC_FLUSH", &["key-misspelt"]),
        ("broker_name=a", &["key-misspelt"]),
        ("whatever=1", &["key-unknown"]),
        (
            "storePathIndex=/d/index\nabortFile=/d/abort",
            &["key-without-effect", "key-without-effect"],
        ),
        ("kvConfigPath=/d/kv.json", &["key-wrong-file"]),
        ("tls.server.mode=enforcing", &["key-is-system-property"]),
        ("mapedFileSizeCommitLog=1073741824", &["key-renamed"]),
        ("haSlaveFallbehindMax=268435456", &[]),
        ("brokerName=a\nbrokerName=b", &["key-twice"]),
        ("timerWarmEnable=true", &["key-without-setter"]),
        ("sendMessageThreadPoolNums=16  ", &["value-blank-behind"]),
        ("brokerName=broker-a ", &["value-blank-behind-text"]),
        ("flushDiskType=SYNC_FLUSH # safe", &["value-comment-behind"]),
        ("deleteWhen=04#hour", &["value-comment-behind"]),
        ("mappedFileSizeCommitLog=1G", &["value-not-a-number"]),
        ("mappedFileSizeCommitLog=4294967296", &["value-overflow"]),
        ("autoCreateTopicEnable=yes", &["value-not-boolean"]),
        ("flushDiskType=sync_flush", &["value-not-in-list"]),
        ("brokerName=\"broker-a\"", &["value-quoted"]),
        ("listenPort=109110", &["value-out-of-range"]),
        ("diskMaxUsedSpaceRatio=99", &["disk-ratios-disordered", "value-clamped"]),
        ("deleteWhen=4:00", &["delete-when-unreadable"]),
        ("deleteWhen=04;16", &[]),
        ("mappedFileSizeConsumeQueue=300001", &["value-not-multiple-of-20"]),
        ("brokerRole=SLAVE\nbrokerId=0", &["slave-id-zero"]),
        ("brokerRole=SLAVE", &["slave-id-missing"]),
        ("brokerRole=ASYNC_MASTER\nbrokerId=1", &["master-id-not-zero"]),
        (
            "transientStorePoolEnable=true\nbrokerRole=SLAVE\nbrokerId=1",
            &["transient-pool-without-effect"],
        ),
        ("haSendHeartbeatInterval=30000", &["ha-heartbeat-over-housekeeping"]),
        ("fileReservedTime=2", &["reserved-time-short"]),
        (
            "fileReservedTime=24\nmessageDelayLevel=1s 5s 3d",
            &["reserved-time-under-delay"],
        ),
        ("cleanFileForciblyEnable=false", &["clean-forcibly-off"]),
        (
            "sendMessageThreadPoolNums=16\nuseReentrantLockWhenPutMessage=false",
            &["send-threads-on-spin-lock"],
        ),
        ("maxMessageSize=67108864", &["message-size-over-frame"]),
        ("messageDelayLevel=1s 5x", &["delay-level-unreadable"]),
        ("brokerPermission=4", &["permission-not-read-write"]),
        ("namesrvAddr=a:9876,b:9876", &["namesrv-comma"]),
        ("namesrvAddr=a:9876;b:9876;", &[]),
        ("namesrvAddr=10.0.0.4;10.0.0.5", &["namesrv-without-port"]),
        ("namesrvAddr=a:9876；b:9876", &["address-full-width"]),
        ("brokerIP1=127.0.0.1", &["broker-ip-loopback"]),
        ("brokerIP1=172.17.0.2", &["broker-ip-docker-bridge"]),
        ("brokerIP1=172.20.3.4", &[]),
        ("brokerIP1=host.docker.internal", &["broker-ip-local-name"]),
        ("brokerIP1=10.0.0.5:10911", &["broker-ip-with-port"]),
        ("haMasterAddress=10.0.0.5:10912", &["ha-master-static"]),
        ("storePathRootDir=~/store", &["path-not-expanded"]),
        ("storePathRootDir=/dev/shm/store", &["store-on-ram-disk"]),
        (
            "enableDLegerCommitLog=true\ndLegerGroup=g\ndLegerPeers=n0-a:1;n1-b:1;n2-c:1\ndLegerSelfId=n3",
            &["raft-self-not-in-peers"],
        ),
        (
            "enableDLegerCommitLog=true\ndLegerGroup=g\ndLegerPeers=a:1,b:1\ndLegerSelfId=n0",
            &["raft-peers-unreadable"],
        ),
        (
            "enableDLegerCommitLog=true",
            &["raft-key-missing", "raft-key-missing", "raft-key-missing"],
        ),
        ("enableControllerMode=true", &["controller-without-address"]),
        ("authorizationEnabled=true", &["authorization-without-authentication"]),
        ("inSyncReplicas=2", &["in-sync-over-total"]),
    ];
    for (body, want) in table {
        let mut got = Bundle::default().broker("broker.conf", "", body).found();
        got.dedup_by(|a, b| a == b && !want.contains(&a.as_str()));
        // One key of a group may be told three times on one line; the key differs.
        assert_eq!(got, *want, "{body}");
    }
}

#[test]
fn impossible_numbers_do_no_harm() {
    for number in [
        "9223372036854775807",
        "-9223372036854775808",
        "-1",
        "65536",
        "99999999999999999999",
    ] {
        let keys = [
            "listenPort",
            "haListenPort",
            "maxMessageSize",
            "mappedFileSizeConsumeQueue",
            "transactionCheckMax",
        ];
        let body = |port: &str| {
            let all = keys.map(|key| format!("{key}={number}\n")).concat();
            format!("brokerIP1=10.0.0.1\nlistenPort={port}\n{all}")
        };
        Bundle::default()
            .broker("a/broker.conf", "mq-1", &body("1"))
            .broker("b/broker.conf", "mq-1", &body(number))
            .found();
    }
}

#[test]
fn versions_decide() {
    for (version, body, want) in [
        ("5.3.3", "aclEnable=true", &["acl-dead-switch"][..]),
        ("4.9.4", "aclEnable=true", &[]),
        (
            "4.9.4",
            "enableControllerMode=true\ncontrollerAddr=c:9878",
            &["key-too-new", "key-too-new"],
        ),
        ("5.1.0", "haSlaveFallbehindMax=1", &["key-renamed"]),
        ("5.1.0", "commercialEnable=true", &["key-removed"]),
        ("5.3.0", "brokerName=a ", &[]),
        ("5.3.0", "fileReservedTime=48 ", &["value-blank-behind"]),
        ("4.9.4", "brokerName=a ", &["value-blank-behind-text"]),
    ] {
        let got = Bundle::default().broker("b.conf", "", body).version(version).found();
        assert_eq!(got, want, "{version} {body}");
    }
}

#[test]
fn the_stock_samples_are_sound() {
    let pair = |name: &str, role: &str, id: u32| {
        format!(
            "brokerClusterName=DefaultCluster\nbrokerName={name}\nbrokerId={id}\ndeleteWhen=04\nfileReservedTime=48\nbrokerRole={role}\nflushDiskType=ASYNC_FLUSH\n"
        )
    };
    let mut bundle = Bundle::default();
    for (folder, role) in [("2m-2s-async", "ASYNC_MASTER"), ("2m-2s-sync", "SYNC_MASTER")] {
        for name in ["broker-a", "broker-b"] {
            bundle = bundle
                .broker(
                    &format!("conf/{folder}/{name}.properties"),
                    folder,
                    &pair(name, role, 0),
                )
                .broker(
                    &format!("conf/{folder}/{name}-s.properties"),
                    folder,
                    &pair(name, "SLAVE", 1),
                );
        }
    }
    for name in ["broker-a", "broker-b"] {
        bundle = bundle.broker(
            &format!("conf/2m-noslave/{name}.properties"),
            "2m-noslave",
            &pair(name, "ASYNC_MASTER", 0),
        );
    }
    bundle = bundle.broker("conf/broker.conf", "conf", &pair("broker-a", "ASYNC_MASTER", 0));
    for node in 0..3 {
        bundle = bundle.broker(
            &format!("conf/dledger/broker-n{node}.conf"),
            "dledger",
            &format!("brokerName=R\nlistenPort=309{node}1\nnamesrvAddr=127.0.0.1:9876\nstorePathRootDir=/tmp/rmqstore/node0{node}\nenableDLegerCommitLog=true\ndLegerGroup=R\ndLegerPeers=n0-127.0.0.1:40911;n1-127.0.0.1:40912;n2-127.0.0.1:40913\ndLegerSelfId=n{node}\n"),
        );
        bundle = bundle.broker(
            &format!("conf/controller/broker-n{node}.conf"),
            "controller",
            &format!("brokerName=broker-a\nbrokerId=-1\nbrokerRole=SLAVE\nenableControllerMode=true\ncontrollerAddr=127.0.0.1:9878\nnamesrvAddr=127.0.0.1:9876\nlistenPort=309{node}1\nstorePathRootDir=/tmp/rmqstore/node0{node}\n"),
        );
    }
    assert_eq!(bundle.found(), Vec::<String>::new());
}

#[test]
fn clusters() {
    let master = "brokerName=broker-a\nbrokerId=0\nbrokerRole=SYNC_MASTER\nbrokerIP1=10.0.0.5\nnamesrvAddr=n:9876\n";
    let with = |body: &str| {
        Bundle::default()
            .broker("a/broker.conf", "a", master)
            .broker("b/broker.conf", "b", body)
            .found()
    };
    for (body, want) in [
        (
            "brokerName=broker-a\nbrokerId=1\nbrokerRole=SLAVE\nbrokerIP1=10.0.0.6",
            &[][..],
        ),
        (
            "brokerName=broker-a-s\nbrokerId=1\nbrokerRole=SLAVE\nbrokerIP1=10.0.0.6",
            &["slave-name-without-master", "sync-master-without-slave"],
        ),
        (
            "brokerName=broker-a\nbrokerId=0\nbrokerRole=ASYNC_MASTER\nbrokerIP1=10.0.0.6",
            &["sync-master-without-slave", "two-masters-one-name"],
        ),
        (
            "brokerName=broker-a\nbrokerId=1\nbrokerRole=SLAVE\nbrokerIP1=10.0.0.5",
            &["slave-advertises-master"],
        ),
        (
            "brokerName=broker-a\nbrokerId=1\nbrokerRole=SLAVE\nbrokerIP1=10.0.0.5\nlistenPort=10912\nstorePathRootDir=/s",
            &["ports-collide"],
        ),
        (
            "brokerName=broker-a\nbrokerId=1\nbrokerRole=SLAVE\nbrokerIP1=10.0.0.5\nlistenPort=10921",
            &["store-path-shared"],
        ),
        (
            "brokerName=broker-a\nbrokerId=1\nbrokerRole=SLAVE\nbrokerIP1=10.0.0.6\nbrokerClusterName=other",
            &["cluster-name-differs"],
        ),
        (
            "brokerName=broker-a\nbrokerId=1\nbrokerRole=SLAVE\nbrokerIP1=10.0.0.6\nmaxMessageSize=100000",
            &["message-size-differs"],
        ),
    ] {
        assert_eq!(with(body), want, "{body}");
    }
}

#[test]
fn copies_and_dumps_are_no_second_broker() {
    let body = "brokerName=broker-a\nbrokerId=0\nbrokerRole=ASYNC_MASTER\nnamesrvAddr=n:9876;m:9876\n";
    let copies = || {
        Bundle::default()
            .broker("x/conf/broker.conf", "x", body)
            .broker("y/broker.conf", "y", body)
    };
    assert_eq!(copies().found(), Vec::<String>::new());
    // The same file on two hosts that both run a broker is one.
    assert_eq!(copies().log("x").log("y").found(), ["two-masters-one-name"]);
    let dump = format!("rocketmqHome=/opt\n{body}listenPort=10911\nautoCreateTopicEnable=true\n");
    let runs = Bundle::default()
        .broker("a/broker.conf", "a", body)
        .keys("broker", "dump", "a/broker.log", "a", &format!("{dump}{dump}"))
        .keys("broker", "dump", "a/broker.1.log", "a", &dump);
    assert_eq!(runs.found(), Vec::<String>::new());
}

#[test]
fn an_answer_of_get_broker_config_is_the_broker_of_the_file() {
    let body = "brokerName=broker-a\nbrokerId=0\nbrokerRole=ASYNC_MASTER\nnamesrvAddr=n:9876;m:9876\n";
    let answer = |ip: &str| {
        Bundle::default().broker("a/broker.conf", "a", body).keys(
            "broker",
            "admin",
            "ops/admin.txt",
            "ops",
            &format!("{body}brokerIP1={ip}\nlistenPort=10911\nsendMessageThreadPoolNums=1\n"),
        )
    };
    assert_eq!(answer("10.0.0.5").found(), Vec::<String>::new());
}

#[test]
fn a_slave_alone_says_nothing_of_its_master() {
    let bundle = Bundle::default().broker("s.conf", "", "brokerName=broker-a-s\nbrokerId=1\nbrokerRole=SLAVE");
    assert_eq!(bundle.found(), Vec::<String>::new());
}

#[test]
fn host_names_beside_hosts() {
    let bundle = Bundle::default()
        .fact("hosts", "a", &[("ip", "10.0.0.4"), ("name", "mq-ns1")])
        .broker("b.conf", "a", "namesrvAddr=mq-ns1:9876;mq-ns2:9876\nbrokerName=a");
    assert_eq!(bundle.found(), ["host-not-in-hosts"]);
}

#[test]
fn jvm_options() {
    let gib = 1024.0 * 1024.0 * 1024.0;
    let flag = |bundle: Bundle, name: &str, value: &str| {
        bundle.fact(
            "jvm.flag",
            "a",
            &[("flag", name), ("value", value), ("process", "broker"), ("jdk", "17")],
        )
    };
    for (flags, want) in [
        (&[("-Xmx", 16.0 * gib)][..], &["heap-as-large-as-ram"][..]),
        (&[("-Xmx", 20.0 * gib)], &["heap-over-ram"]),
        (&[("-Xmx", 8.0 * gib)], &[]),
    ] {
        let mut bundle = Bundle::default().fact("mem.sample", "a", &[("total_mb", "16384")]);
        for (name, value) in flags {
            bundle = flag(bundle, name, &value.to_string());
        }
        assert_eq!(bundle.found(), want, "{flags:?}");
    }
    for (name, value, want) in [
        ("UseConcMarkSweepGC", "true", "flag-refused"),
        ("UseCMSCompactAtFullCollection", "true", "flag-refused"),
        ("MaxGCPauseMillis", "20", "pause-goal-tiny"),
        ("UseParNewGC", "false", "flag-refused"),
        ("-Djava.ext.dirs", "/usr/lib", "ext-dirs-refused"),
    ] {
        assert!(
            flag(Bundle::default(), name, value).found().contains(&want.to_owned()),
            "{name}"
        );
    }
}

#[test]
fn branches_of_a_start_script() {
    let script = || {
        Bundle::default().keys_of_script(&[
            ("-Xmn", "4294967296", "<9"),
            ("UseG1GC", "true", ">=9"),
            ("PrintGCDateStamps", "true", "<9"),
        ])
    };
    assert_eq!(script().found(), Vec::<String>::new());
    let on = |jdk: &str| {
        script()
            .fact("version", "a", &[("component", "jdk"), ("version", &format!("v{jdk}"))])
            .found()
    };
    assert_eq!(on("17.0.1"), Vec::<String>::new());
    assert_eq!(on("1.8.0_292"), Vec::<String>::new());
}

#[test]
fn every_line_of_the_tuning_list_gets_a_verdict() {
    let list = [
        ("vm.extra_free_kbytes", "2000000", "sysctl-extra-free"),
        ("vm.min_free_kbytes", "1000000", "sysctl-min-free"),
        ("vm.overcommit_memory", "1", "sysctl-overcommit-always"),
        ("vm.drop_caches", "1", "sysctl-drop-caches"),
        ("vm.zone_reclaim_mode", "0", "sysctl-zone-reclaim-off"),
        ("vm.max_map_count", "65536", "sysctl-map-count-default"),
        ("vm.dirty_background_ratio", "50", "sysctl-dirty-background-ratio"),
        ("vm.dirty_ratio", "50", "sysctl-dirty-ratio"),
        ("vm.dirty_writeback_centisecs", "36000", "sysctl-dirty-writeback"),
        ("vm.page-cluster", "3", "sysctl-page-cluster"),
        ("vm.swappiness", "1", "sysctl-swappiness-low"),
    ];
    for (key, value, want) in list {
        let bundle = Bundle::default().fact("sysctl", "a", &[("key", key), ("value", value), ("form", "shell")]);
        let got = lint(&bundle.events, &bundle.sources);
        assert_eq!(got.len(), 1, "{key}");
        assert_eq!(got[0].fields.str("check"), Some(want));
    }
    let live = Bundle::default()
        .fact(
            "sysctl",
            "a",
            &[("key", "vm.swappiness"), ("value", "60"), ("form", "live")],
        )
        .fact(
            "sysctl",
            "a",
            &[("key", "vm.max_map_count"), ("value", "65530"), ("form", "live")],
        )
        .fact(
            "sysctl",
            "a",
            &[("key", "vm.dirty_ratio"), ("value", "20"), ("form", "live")],
        );
    assert_eq!(live.found(), Vec::<String>::new());
    let limits = Bundle::default()
        .fact("limit", "a", &[("what", "nofile"), ("soft", "1024"), ("form", "live")])
        .fact(
            "limit",
            "b",
            &[("what", "nofile"), ("soft", "655350"), ("form", "file")],
        );
    assert_eq!(limits.found(), ["nofile-low"]);
}

#[test]
fn command_lines() {
    for (body, want) in [
        ("cut-off=10.0.0.5:9876", &["shell-semicolon-unquoted"][..]),
        ("cut-off=ls -l", &[]),
        ("mkdir=/usr/local/rocketmq-4.9.2store/commitlog", &["mkdir-glued-path"]),
        ("mkdir=/data/rocketmq/storeconsumequeue", &["mkdir-glued-path"]),
        ("mkdir=/consumequeue", &["mkdir-at-root"]),
        ("mkdir=/data/rocketmq-4.9.2/store/commitlog", &[]),
        ("mkdir=/data/store/abort", &["mkdir-for-a-file"]),
        ("open-port=10911", &["vip-port-not-open"]),
        ("open-port=10911\nopen-port=10909", &[]),
        ("open-port=10911\nopen-port=10900-10915", &[]),
        ("-n=10.0.0.4:9876,10.0.0.5:9876", &["namesrv-comma"]),
    ] {
        let got = Bundle::default().keys("shell", "command", "h.sh", "", body).found();
        assert_eq!(got, want, "{body}");
    }
}

#[test]
fn accounts_and_clients() {
    for (class, body, want) in [
        ("acl", "accessKey=app\n", &["acl-key-short"][..]),
        ("acl", "topicPerms[0]=a=PUB|SUB\n", &[]),
        ("acl", "topicPerms[0]=a=WRITE\n", &["acl-permission-unreadable"]),
        ("acl", "globalWhiteRemoteAddresses[0]=*\n", &["acl-open-to-all"]),
        ("spring", "rocketmq.name-server=a:9876,b:9876\n", &["namesrv-comma"]),
        ("spring", "rocketmq.name-server=${MQ:a:9876}\n", &[]),
        (
            "spring",
            "rocketmq.producer.send-message-timeout=300\n",
            &["send-timeout-short"],
        ),
        ("client", "canal.mq.producerGroup=my group\n", &["group-name-illegal"]),
    ] {
        let got = Bundle::default().keys(class, "file", "x.yml", "", body).found();
        assert_eq!(got, want, "{body}");
    }
}

#[test]
fn texts_are_whole() {
    let causes: toml::Table = include_str!("../../rules/causes.toml").parse().unwrap();
    let causes: Vec<&String> = causes
        .values()
        .filter_map(|area| area.as_table())
        .flat_map(|t| t.keys())
        .collect();
    assert!(checks().len() > 150);
    for (id, check) in checks() {
        assert!(["error", "warning", "info"].contains(&check.severity.as_str()), "{id}");
        assert!(
            ["stops-start", "data", "availability", "speed", "none"].contains(&check.harm.as_str()),
            "{id}"
        );
        assert!(
            check.cause.is_empty() || causes.contains(&&check.cause),
            "{id}: {}",
            check.cause
        );
        for lang in [Lang::En, Lang::Zh] {
            let text = check.text(lang);
            for part in [&text.title, &text.why, &text.fix] {
                assert!(!part.trim().is_empty(), "{id}");
                for name in part
                    .split('{')
                    .skip(1)
                    .filter_map(|rest| rest.split_once('}'))
                    .map(|(name, _)| name)
                {
                    let known = ["key", "value", "suggestion", "detail", "other", "version"].contains(&name);
                    assert!(known, "{id}: {{{name}}}");
                }
            }
        }
    }
}

#[test]
fn texts_are_filled() {
    let bundle = Bundle::default().broker("b.conf", "", "flushDiskTyp=SYNC_FLUSH");
    let found = lint(&bundle.events, &bundle.sources);
    let text = check("key-misspelt").unwrap().text(Lang::En);
    assert_eq!(
        filled(&text.title, &found[0]),
        "`flushDiskTyp` is misspelt: `flushDiskType` is meant"
    );
    assert_eq!(filled("{nothing} and {open", &found[0]), " and {open");
    assert_eq!(bundle.errors(), ["key-misspelt flushDiskTyp=SYNC_FLUSH"]);
}

proptest::proptest! {
    #[test]
    fn any_configuration_never_panics(body in "(?s)[a-zA-Z]{0,12}=[^\n]{0,40}\nbrokerRole=[A-Z_]{0,12}\nlistenPort=[0-9-]{0,22}\nmessageDelayLevel=[0-9smhdäx ]{0,30}\ndLegerPeers=[n0-9:;,-]{0,20}\nenableDLegerCommitLog=true\nstorePathRootDir=[/a~]{0,5}") {
        let bundle = Bundle::default()
            .broker("a.conf", "h", &body)
            .broker("b.conf", "h", &body)
            .keys("shell", "command", "x", "h", &body)
            .keys("spring", "file", "x", "h", &body);
        let _ = lint(&bundle.events, &bundle.sources);
    }
}

use rmq_protocol::route::TopicList;

use super::*;

const RULES: Rules = Rules {
    expire_after: Duration::from_secs(120),
    delete_unlisted_topics: false,
    support_acting_master: true,
};

fn topic(name: &str) -> (String, TopicConfig) {
    (
        name.to_owned(),
        TopicConfig {
            name: name.to_owned(),
            ..TopicConfig::default()
        },
    )
}

/// A registration of `addr` as `name`/`id` with version `counter` and these topics.
fn registration(name: &str, id: i64, addr: &str, counter: i64, topics: &[&str]) -> Registration {
    let header = RegisterBroker {
        broker_name: name.into(),
        broker_addr: addr.into(),
        cluster_name: "c".into(),
        ha_server_addr: format!("{addr}-ha"),
        broker_id: id,
        enable_acting_master: Some(false),
        ..RegisterBroker::default()
    };
    let topics = TopicTable {
        data_version: DataVersion {
            counter,
            timestamp: 1,
            state_version: 0,
        },
        topics: topics.iter().map(|name| topic(name)).collect(),
        ..TopicTable::default()
    };
    let body = RegisterBrokerBody {
        topics,
        filter_servers: Vec::new(),
    };
    Registration {
        header,
        body,
        zone: None,
        connection_id: id as u64 + 1,
    }
}

fn taken(table: &mut RouteTable, registration: Registration) -> (Option<String>, Option<String>) {
    match table.register(registration, &RULES, 0, &mut Vec::new()) {
        Registered::Taken {
            ha_server_addr,
            master_addr,
        } => (ha_server_addr, master_addr),
        Registered::Refused => panic!("refused"),
    }
}

fn unregistration(name: &str, id: i64, addr: &str) -> UnregisterBroker {
    UnregisterBroker {
        broker_name: name.into(),
        broker_addr: addr.into(),
        cluster_name: "c".into(),
        broker_id: id,
    }
}

fn addrs(table: &RouteTable, name: &str) -> Vec<(i64, String)> {
    table
        .brokers
        .get(name)
        .map(|broker| broker.broker_addrs.clone().into_iter().collect())
        .unwrap_or_default()
}

#[test]
fn master_and_slave() {
    let mut table = RouteTable::default();
    assert_eq!(
        taken(&mut table, registration("a", 0, "m", 1, &["T", "U"])),
        (None, None)
    );
    let found = taken(&mut table, registration("a", 1, "s", 9, &["OnlySlave", "X"]));
    assert_eq!(found, (Some("m-ha".into()), Some("m".into())));
    let route = table.route("T", &RULES).unwrap();
    assert_eq!(route.brokers[0].broker_addrs.len(), 2);
    assert!(
        table.route("OnlySlave", &RULES).is_none(),
        "topics come from the master"
    );
    table.unregister(&[unregistration("a", 0, "m")], &mut Vec::new());
    let route = table.route("T", &RULES).unwrap();
    assert_eq!(route.queues[0].perm, 6, "without an acting master the permission stays");
    assert_eq!(addrs(&table, "a"), [(1, "s".to_owned())]);
    table.unregister(&[unregistration("a", 1, "s")], &mut Vec::new());
    assert!(table.route("T", &RULES).is_none());
    assert_eq!(table.all_topics(), TopicList::default());
    assert!(table.cluster_info().clusters.is_empty());
}

#[test]
fn a_slave_acts_for_its_master() {
    let mut table = RouteTable::default();
    let acting = |mut registration: Registration| {
        registration.header.enable_acting_master = Some(true);
        registration
    };
    taken(&mut table, acting(registration("a", 0, "m", 1, &["T", "U"])));
    taken(&mut table, acting(registration("a", 2, "s", 1, &["T", "U"])));
    let mut changes = Vec::new();
    table.unregister(&[unregistration("a", 0, "m")], &mut changes);
    assert!(
        changes
            .iter()
            .any(|change| matches!(change, Change::MinId(min) if min.to_notify().eq(["s"])))
    );
    let route = table.route("T", &RULES).unwrap();
    assert_eq!(route.queues[0].perm, perm::READ);
    assert_eq!(route.brokers[0].broker_addrs, BTreeMap::from([(0, "s".into())]));
    assert_eq!(
        addrs(&table, "a"),
        [(2, "s".to_owned())],
        "only the answer shows it as master"
    );
    // The master is back: the slaves are told, not the master.
    changes.clear();
    table.register(
        acting(registration("a", 0, "m", 2, &["T", "U"])),
        &RULES,
        0,
        &mut changes,
    );
    assert!(
        changes
            .iter()
            .any(|change| matches!(change, Change::MinId(min) if min.to_notify().eq(["s"])))
    );
    assert_eq!(table.route("T", &RULES).unwrap().queues[0].perm, 6);
}

#[test]
fn one_address_has_one_id_and_newer_state_wins() {
    let mut table = RouteTable::default();
    taken(&mut table, registration("a", 1, "x", 1, &["T", "U"]));
    taken(&mut table, registration("a", 0, "x", 2, &["T", "U"]));
    assert_eq!(addrs(&table, "a"), [(0, "x".to_owned())]);
    let mut newer = registration("a", 0, "y", 3, &["T", "U"]);
    newer.body.topics.data_version.state_version = 5;
    taken(&mut table, newer);
    assert_eq!(addrs(&table, "a"), [(0, "y".to_owned())]);
    let mut changes = Vec::new();
    table.register(registration("a", 0, "z", 4, &["T", "U"]), &RULES, 0, &mut changes);
    assert!(matches!(changes[..], [Change::Conflict { .. }]));
    assert_eq!(addrs(&table, "a"), [(0, "y".to_owned())]);
}

#[test]
fn a_single_topic_from_a_stranger_is_refused() {
    let mut table = RouteTable::default();
    let single = |counter| registration("a", 0, "m", counter, &["T"]);
    assert_eq!(
        table.register(single(1), &RULES, 0, &mut Vec::new()),
        Registered::Refused
    );
    assert!(
        table.cluster_info().brokers.is_empty(),
        "a refused broker leaves nothing"
    );
    taken(&mut table, registration("a", 0, "m", 1, &["T", "U"]));
    taken(&mut table, single(2));
    assert!(table.route("U", &RULES).is_some());
}

#[test]
fn unchanged_versions_change_nothing_and_unlisted_topics_go_when_asked() {
    let mut table = RouteTable::default();
    taken(&mut table, registration("a", 0, "m", 1, &["T", "U"]));
    let mut again = registration("a", 0, "m", 1, &["T", "U"]);
    again.body.topics.topics.get_mut("T").unwrap().perm = 4;
    taken(&mut table, again);
    assert_eq!(table.route("T", &RULES).unwrap().queues[0].perm, 6);
    let rules = Rules {
        delete_unlisted_topics: true,
        ..RULES
    };
    let mut changes = Vec::new();
    table.register(registration("a", 0, "m", 2, &["T", "V"]), &rules, 0, &mut changes);
    assert!(table.route("U", &rules).is_none() && table.route("V", &rules).is_some());
    assert!(
        changes
            .iter()
            .any(|change| matches!(change, Change::TopicRemoved { topic, .. } if topic == "U"))
    );
}

#[test]
fn silence_expires_and_heartbeats_keep_alive() {
    let mut table = RouteTable::default();
    taken(&mut table, registration("a", 0, "m", 1, &["T", "U"]));
    let mut short = registration("b", 0, "n", 1, &["T", "U"]);
    short.header.heartbeat_timeout_millis = Some(1_000);
    taken(&mut table, short);
    let late = |table: &RouteTable, now| {
        table
            .expired(now)
            .into_iter()
            .map(|(key, ..)| key.addr)
            .collect::<Vec<_>>()
    };
    assert_eq!(late(&table, 1_000), [""; 0]);
    assert_eq!(late(&table, 1_001), ["n"]);
    table.touch("c", "n", 1_001);
    assert_eq!(late(&table, 1_001), [""; 0]);
    assert_eq!(late(&table, 200_000).len(), 2);
    let keys = table.on_connection(1);
    assert_eq!(keys.len(), 2, "both registered on the same connection");
    let requests: Vec<_> = keys.iter().filter_map(|key| table.unregistration_of(key)).collect();
    table.unregister(&requests, &mut Vec::new());
    assert!(table.expired(i64::MAX).is_empty());
}

#[test]
fn permissions_topics_and_zones() {
    let mut table = RouteTable::default();
    let zoned = |mut registration: Registration, zone: &str| {
        registration.zone = Some(zone.into());
        registration
    };
    taken(&mut table, zoned(registration("a", 0, "m", 1, &["T", "U"]), "z1"));
    taken(&mut table, zoned(registration("b", 0, "n", 1, &["T", "V"]), "z2"));
    assert_eq!(table.set_write_perm("a", false), 2);
    assert_eq!(table.route("U", &RULES).unwrap().queues[0].perm, 4);
    assert_eq!(table.set_write_perm("a", true), 2);
    assert_eq!(table.set_write_perm("unknown", true), 0);

    let mut route = table.route("T", &RULES).unwrap();
    keep_zone(&mut route, "Z2");
    assert_eq!((route.brokers.len(), route.queues[0].broker_name.as_str()), (1, "b"));

    let queue = |broker: &str| QueueData {
        broker_name: broker.into(),
        ..QueueData::default()
    };
    assert!(!table.register_topic("New", vec![queue("nobody")]));
    assert!(table.register_topic("New", vec![queue("a"), queue("b")]));
    assert_eq!(table.topics_of_cluster("c").topics.len(), 4);
    assert_eq!(table.topics_of_cluster("x"), TopicList::default());
    table.delete_topic("New", Some("x"));
    assert!(table.route("New", &RULES).is_some());
    table.delete_topic("New", Some("c"));
    assert!(table.route("New", &RULES).is_none());
    table.delete_topic("T", None);
    assert!(table.route("T", &RULES).is_none());
    let system = table.system_topics();
    assert_eq!(system.topics, BTreeSet::from(["c".into(), "a".into(), "b".into()]));
    assert_eq!(system.broker_addr.as_deref(), Some("m"));
}

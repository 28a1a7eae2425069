//! Frames recorded between Java's own clients, brokers and name servers (4.9.7 and 5.3.3), in `frames/`.
//!
//! What Java wrote must be read as what it means, and written again byte for byte.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::path::PathBuf;

use bytes::Bytes;
use rmq_protocol::batch;
use rmq_protocol::json::Dialect;
use rmq_protocol::property;
use rmq_protocol::record::{Found, Record, records};
use rmq_protocol::register::{self, RegisterBrokerBody};
use rmq_protocol::request::admin::CreateTopic;
use rmq_protocol::request::client::NotifyConsumerIdsChanged;
use rmq_protocol::request::offset::{QueryConsumerOffset, UpdateConsumerOffset};
use rmq_protocol::request::pull::{PullMessage, PullMessageAnswer};
use rmq_protocol::request::registration::{RegisterBroker, UnregisterBroker};
use rmq_protocol::request::routes::GetRouteInfo;
use rmq_protocol::request::send::{SendMessageAnswer, SendMessageV2};
use rmq_protocol::route::{ClusterInfo, TopicList, TopicRoute};
use rmq_protocol::{Frame, Header, HeaderKind, RequestCode, ResponseCode};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/frames")
}

fn frame(name: &str) -> Frame {
    let bytes = std::fs::read(folder().join(format!("{name}.bin"))).unwrap();
    Frame::decode(Bytes::from(bytes).slice(4..)).unwrap()
}

fn header<H: Header>(name: &str) -> H {
    frame(name).header().unwrap()
}

#[test]
fn every_frame_is_written_as_java_wrote_it() {
    let mut count = 0;
    for entry in folder().read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "bin") {
            continue;
        }
        let bytes = Bytes::from(std::fs::read(&path).unwrap());
        let read = Frame::decode(bytes.slice(4..)).unwrap();
        assert_eq!(read.encode(), bytes, "{}", path.display());
        count += 1;
    }
    assert!(count >= 20, "{count}");
}

#[test]
fn registrations() {
    for (name, is_compressed, has_mappings) in [
        ("register-5.3.3", false, true),
        ("register-4.9.7", false, false),
        ("register-4.9.7-compressed", true, false),
    ] {
        let frame = frame(name);
        let header: RegisterBroker = frame.header().unwrap();
        assert_eq!(header.cluster_name, "DefaultCluster");
        assert_eq!(header.compressed, Some(is_compressed), "{name}");
        assert_eq!(header.body_crc32, Some(register::crc(&frame.body)), "{name}");
        let body = RegisterBrokerBody::decode(&frame.body, is_compressed, frame.version).unwrap();
        let topic = &body.topics.topics["TBW102"];
        assert_eq!(
            (topic.read_queue_nums, topic.write_queue_nums, topic.perm),
            (8, 8, 7),
            "{name}"
        );
        assert!(body.topics.data_version.timestamp > 0, "{name}");
        assert_eq!(header.enable_acting_master.is_some(), has_mappings, "{name}");
        let plain = RegisterBrokerBody::decode(&body.encode(), false, frame.version).unwrap();
        assert_eq!(plain, body);
    }
    let header: UnregisterBroker = header("unregister-5.3.3");
    assert_eq!(header.broker_id, 0);
}

#[test]
fn routes_of_the_java_name_server() {
    let strict = frame("route-answer-strict-5.3.3");
    let dialect = frame("route-answer-fastjson-5.3.3");
    let route = TopicRoute::decode(&strict.body).unwrap();
    assert_eq!(TopicRoute::decode(&dialect.body).as_ref(), Ok(&route));
    assert_eq!(route.brokers[0].broker_addrs[&0], "127.0.0.1:20911");
    assert_eq!(route.encode(Dialect::Strict), strict.body);
    assert_eq!(route.encode(Dialect::Fastjson), dialect.body);

    let missing = frame("route-answer-missing-5.3.3");
    assert_eq!(missing.response_code(), ResponseCode::TOPIC_NOT_EXIST);
    assert!(
        missing
            .remark
            .unwrap()
            .starts_with("No topic route info in name server for the topic: NoSuchTopic\nSee ")
    );

    let cluster = ClusterInfo::decode(&frame("cluster-answer-5.3.3").body).unwrap();
    assert_eq!(cluster.clusters["DefaultCluster"].len(), 2);
    assert_eq!(ClusterInfo::decode(&cluster.encode(Dialect::Fastjson)), Ok(cluster));
    let topics = TopicList::decode(&frame("topics-answer-5.3.3").body).unwrap();
    assert!(topics.topics.contains("TBW102") && topics.broker_addr.is_none());

    let asked: GetRouteInfo = header("route-request-5.3.3");
    assert!(!asked.topic.is_empty());
    assert_eq!(frame("route-request-4.9.7-binary").kind, HeaderKind::Binary);
    assert!(!header::<GetRouteInfo>("route-request-4.9.7-binary").topic.is_empty());
}

#[test]
fn sending_in_both_encodings() {
    for (name, group) in [("send-5.3.3", "prec"), ("send-4.9.7-binary", "prec4")] {
        let frame = frame(name);
        assert_eq!(frame.request_code(), RequestCode::SEND_MESSAGE_V2);
        let header: SendMessageV2 = frame.header().unwrap();
        assert_eq!(
            (header.topic.as_str(), header.producer_group.as_str()),
            ("RecTopic", group)
        );
        assert_eq!(
            property::get(header.properties.as_deref().unwrap(), "TAGS"),
            Some("PAID")
        );
        assert_eq!(frame.body.len(), 20);
    }
    let batch = frame("send-batch-4.9.7-binary");
    assert_eq!(batch.header::<SendMessageV2>().unwrap().batch, Some(true));
    let items: Vec<_> = batch::items(&batch.body).map(Result::unwrap).collect();
    assert_eq!(items.len(), 2);
    let mut written = Vec::new();
    items.iter().for_each(|item| item.encode_into(&mut written).unwrap());
    assert_eq!(written, batch.body);
    let answer: SendMessageAnswer = header("send-answer-5.3.3");
    assert_eq!(answer.msg_id.len(), 32);
    assert!(answer.queue_offset >= 0);
}

#[test]
fn pulling_and_offsets() {
    let pull: PullMessage = header("pull-5.3.3");
    assert_eq!(
        (pull.consumer_group.as_str(), pull.max_msg_nums, pull.commit_offset),
        ("crec", 32, -1)
    );
    assert!(!header::<PullMessage>("pull-4.9.7-binary").topic.is_empty());
    let answer = frame("pull-answer-5.3.3");
    let offsets: PullMessageAnswer = answer.header().unwrap();
    let read: Vec<_> = records(&answer.body).map(Result::unwrap).collect();
    assert_eq!(offsets.next_begin_offset, read.last().unwrap().queue_offset + 1);
    rewrite(&answer.body);
    let update = frame("update-offset-5.3.3");
    assert!(update.is_one_way());
    assert_eq!(update.header::<UpdateConsumerOffset>().unwrap().commit_offset, 9);
    assert_eq!(
        header::<QueryConsumerOffset>("query-offset-4.9.7-binary").set_zero_if_not_found,
        None
    );
    let notice = frame("notify-ids-5.3.3");
    assert!(notice.is_one_way() && !notice.is_response());
    assert_eq!(
        notice.header::<NotifyConsumerIdsChanged>().unwrap().consumer_group,
        "cg497"
    );
    assert_eq!(header::<CreateTopic>("create-topic-5.3.3").topic, "RecTopic");
}

#[test]
fn the_commit_log_of_a_java_broker() {
    let bytes = std::fs::read(folder().join("commitlog-5.3.3.records")).unwrap();
    let mut at = 0;
    for record in records(&bytes).map(Result::unwrap) {
        assert_eq!(record.physical_offset, at as i64, "a record lies where it says");
        record.check_body().unwrap();
        at += record.encoded_bytes();
    }
    assert_eq!(at, bytes.len());
    rewrite(&bytes);
}

/// Reads records and writes them again: the bytes must be the same.
fn rewrite(bytes: &[u8]) {
    let mut written = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let Ok(Found::Record(record, size)) = Record::decode(rest) else {
            panic!("no record")
        };
        record.check_body().unwrap();
        record.encode_into(&mut written).unwrap();
        rest = &rest[size..];
    }
    assert_eq!(written, bytes);
}

//! What callers rely on, one small story each.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use rmq_store::disk::sim::SimDisk;
use rmq_store::record::{BatchPart, NewMessage, parse_batch, sys_flag, tag_code};
use rmq_store::{
    Boundary, FlushMode, GetRequest, GetStatus, MessageFilter, OpenError, PutStatus, Retention, Store, StoreConfig,
};

use crate::ground::{Hand, get, message, open, path, read_queue, records, settle, small, try_open};

fn fresh(flush: FlushMode) -> (SimDisk, Hand, StoreConfig, Store) {
    let (disk, hand) = (SimDisk::new(), Hand::new(1_700_000_000_000));
    let config = small(flush, &hand);
    let store = open(&disk, &config);
    (disk, hand, config, store)
}

fn fill(store: &Store, hand: &Hand, count: i32) {
    for number in 0..count {
        hand.turn(10);
        let properties = format!("KEYS\u{1}k{number} all\u{2}TAGS\u{1}t{}\u{2}", number % 3);
        let appended = store.append(&message(
            "orders",
            0,
            format!("body {number}").as_bytes(),
            properties.as_bytes(),
        ));
        assert_eq!(appended.status, PutStatus::Ok);
        assert_eq!(appended.placed.unwrap().queue_offset, i64::from(number));
    }
    settle(store);
}

#[test]
fn appended_messages_are_read_and_found() {
    let (disk, hand, config, store) = fresh(FlushMode::Async);
    fill(&store, &hand, 500);
    assert_eq!(read_queue(&store, "orders", 0).len(), 500);
    let (found, _) = store.find_by_key("orders", "k77", 10, 0, i64::MAX).unwrap();
    assert!(found[0].windows(7).any(|part| part == b"body 77"));
    let (found, hits) = store.find_by_key("orders", "all", 10, 0, i64::MAX).unwrap();
    assert_eq!(found.len(), 10);
    assert!(hits.log_offsets.is_sorted());
    assert!(store.shutdown());
    drop(store);
    let store = open(&disk, &config);
    assert!(store.recovered().clean);
    assert_eq!(read_queue(&store, "orders", 0).len(), 500);
    assert_eq!(
        store
            .append(&message("orders", 0, b"", b""))
            .placed
            .unwrap()
            .queue_offset,
        500
    );
}

#[test]
fn an_answer_says_where_to_go_on() {
    let (_disk, hand, _config, store) = fresh(FlushMode::Async);
    fill(&store, &hand, 120);
    store.append(&message("other", 1, b"x", b""));
    settle(&store);
    let table = [
        ("nowhere", 0, 5, GetStatus::NoMatchedLogicQueue, 0),
        ("orders", 0, -1, GetStatus::OffsetTooSmall, 0),
        ("orders", 0, 0, GetStatus::Found, 32),
        ("orders", 0, 110, GetStatus::Found, 120),
        ("orders", 0, 120, GetStatus::OffsetOverflowOne, 120),
        ("orders", 0, 121, GetStatus::OffsetOverflowBadly, 120),
        ("other", 1, 0, GetStatus::Found, 1),
    ];
    for (topic, queue_id, offset, status, next) in table {
        let found = get(&store, topic, queue_id, offset);
        assert_eq!(
            (found.status, found.next_offset),
            (status, next),
            "{topic} {queue_id} {offset}"
        );
        records(&found);
    }
}

struct Tag(i64);

impl MessageFilter for Tag {
    fn wants_tag(&self, code: i64) -> bool {
        code == self.0
    }
}

struct Body(&'static [u8]);

impl MessageFilter for Body {
    fn wants_record(&self, record: &[u8]) -> bool {
        record.windows(self.0.len()).any(|part| part == self.0)
    }
}

#[test]
fn filters_move_on_over_what_they_do_not_want() {
    let (_disk, hand, _config, store) = fresh(FlushMode::Async);
    fill(&store, &hand, 40);
    let request = GetRequest {
        topic: "orders",
        queue_id: 0,
        offset: 0,
        max_messages: 32,
        max_bytes: 1 << 20,
    };
    let found = store.get(&request, &Tag(tag_code(b"t1")));
    assert!(found.messages.iter().all(|message| message.queue_offset % 3 == 1));
    assert_eq!((found.messages.len(), found.next_offset), (13, 40));
    let found = store.get(&request, &Tag(12345));
    assert_eq!((found.status, found.next_offset), (GetStatus::NoMatchedMessage, 40));
    let found = store.get(&request, &Body(b"body 17"));
    assert_eq!((found.messages.len(), found.filtered), (1, 39));
    let found = store.get(
        &GetRequest {
            max_bytes: 1,
            ..request
        },
        &Tag(tag_code(b"t0")),
    );
    assert_eq!(found.messages.len(), 1, "one message is given whatever its size");
}

#[test]
fn times_are_found_from_both_sides() {
    let (_disk, hand, _config, store) = fresh(FlushMode::Async);
    let begin = hand.turn(0);
    // Store times: +10, +20 and so on.
    fill(&store, &hand, 100);
    let at = |time: i64, boundary| store.offset_by_time("orders", 0, begin + time, boundary).unwrap();
    let table = [
        (0, 0, 0),
        (10, 0, 0),
        (11, 1, 0),
        (20, 1, 1),
        (505, 50, 49),
        (1000, 99, 99),
        (1001, 100, 99),
    ];
    for (time, lower, upper) in table {
        assert_eq!(
            (at(time, Boundary::Lower), at(time, Boundary::Upper)),
            (lower, upper),
            "{time}"
        );
    }
    assert_eq!(store.earliest_ms("orders", 0), Some(begin + 10));
    assert_eq!(store.store_ms("orders", 0, 99), Some(begin + 1000));
}

#[test]
fn store_times_never_go_back() {
    let (_disk, hand, _config, store) = fresh(FlushMode::Async);
    let first = store.append(&message("a", 0, b"1", b"")).placed.unwrap();
    hand.turn(-60_000);
    let second = store.append(&message("a", 0, b"2", b"")).placed.unwrap();
    assert_eq!(second.store_ms, first.store_ms);
}

#[test]
fn half_and_rolled_back_messages_enter_no_queue() {
    let (_disk, _hand, _config, store) = fresh(FlushMode::Async);
    let put = |flags| {
        store
            .append(&NewMessage {
                sys_flag: flags,
                ..message("a", 0, b"x", b"")
            })
            .placed
            .unwrap()
    };
    assert_eq!(put(0).queue_offset, 0);
    let half = put(sys_flag::PREPARED);
    assert_eq!(half.queue_offset, 0);
    put(sys_flag::ROLLBACK);
    assert_eq!(put(sys_flag::COMMIT).queue_offset, 1);
    settle(&store);
    assert_eq!(read_queue(&store, "a", 0).len(), 2);
    assert!(store.record_at(half.log_offsets[0]).is_some());
}

#[test]
fn a_batch_is_in_one_file_or_not_at_all() {
    let (_disk, _hand, config, store) = fresh(FlushMode::Async);
    let mut wire = Vec::new();
    for (flag, body, properties) in [
        (1u32, &b"one"[..], &b"A\x01b"[..]),
        (2, b"two", b""),
        (3, b"", b"C\x01d\x02"),
    ] {
        wire.extend([0; 12]);
        wire.extend(flag.to_be_bytes());
        wire.extend((body.len() as u32).to_be_bytes());
        wire.extend(body);
        wire.extend((properties.len() as u16).to_be_bytes());
        wire.extend(properties);
    }
    let parts = parse_batch(&wire).unwrap();
    let head = message("a", 0, b"", b"R\x01r\x02");
    let placed = store.append_batch(&head, &parts).placed.unwrap();
    assert_eq!((placed.log_offsets.len(), placed.queue_offset), (3, 0));
    settle(&store);
    let all = read_queue(&store, "a", 0);
    let properties: Vec<_> = all.iter().map(|(_, _, properties)| properties.as_slice()).collect();
    assert_eq!(
        properties,
        [&b"A\x01b\x02R\x01r\x02"[..], b"R\x01r\x02", b"C\x01d\x02R\x01r\x02"]
    );
    for size in [1000, 3000, 5000] {
        let body = vec![9; size];
        let placed = store
            .append_batch(
                &head,
                &[BatchPart {
                    flag: 0,
                    body: &body,
                    properties: b"",
                }; 3],
            )
            .placed
            .unwrap();
        let file = |offset: u64| offset / config.log_file_bytes;
        assert_eq!(file(placed.log_offsets[0]), file(placed.log_end() - 1));
    }
    let body = vec![9; 6000];
    let too_long = store.append_batch(
        &head,
        &[BatchPart {
            flag: 0,
            body: &body,
            properties: b"",
        }; 3],
    );
    assert_eq!(too_long.status, PutStatus::MessageIllegal);
}

#[test]
fn what_cannot_be_stored_is_refused() {
    let (_disk, _hand, _config, store) = fresh(FlushMode::Async);
    let long = vec![b'x'; 40_000];
    let name = "t".repeat(256);
    let table = [
        (message("../up", 0, b"", b""), PutStatus::MessageIllegal),
        (message("", 0, b"", b""), PutStatus::MessageIllegal),
        (message("..", 0, b"", b""), PutStatus::MessageIllegal),
        (message(&name, 0, b"", b""), PutStatus::MessageIllegal),
        (message("a", -1, b"", b""), PutStatus::MessageIllegal),
        (message("a", 0, &long, b""), PutStatus::MessageIllegal),
        (message("a", 0, b"", &long), PutStatus::PropertiesSizeExceeded),
        (message("a", 0, b"", b"k\x01\0\x02"), PutStatus::PropertiesSizeExceeded),
        (message(&name[..255], 0, b"", b""), PutStatus::Ok),
    ];
    for (message, status) in table {
        assert_eq!(store.append(&message).status, status, "{message:?}");
    }
}

#[test]
fn a_full_disk_stops_writes_and_loses_nothing() {
    let (disk, hand, config, store) = fresh(FlushMode::Sync);
    fill(&store, &hand, 50);
    disk.set_capacity_bytes(disk.used_bytes() + 600);
    let mut taken = 50;
    let refused = loop {
        let appended = store.append(&message("orders", 0, &[7; 400], b""));
        if appended.status != PutStatus::Ok {
            break appended.status;
        }
        assert!(appended.durable.wait(Duration::from_secs(60)).unwrap().is_durable);
        taken += 1;
    };
    assert_eq!(refused, PutStatus::ServiceNotAvailable);
    assert!(!store.is_writable());
    assert_eq!(
        store.append(&message("orders", 0, b"", b"")).status,
        PutStatus::ServiceNotAvailable
    );
    // Room again, and a look that finds it.
    disk.set_capacity_bytes(1 << 40);
    store.clean().unwrap();
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    while !store.is_writable() && std::time::Instant::now() < deadline {
        thread::yield_now();
    }
    let placed = store.append(&message("orders", 0, b"again", b"")).placed.unwrap();
    assert_eq!(placed.queue_offset, taken);
    assert!(store.shutdown());
    drop(store);
    let store = open(&disk, &config);
    assert_eq!(read_queue(&store, "orders", 0).len() as i64, taken + 1);
}

#[test]
fn a_disk_over_the_warning_level_stops_writes_and_forces_files_out() {
    let (disk, hand, _config, store) = fresh(FlushMode::Async);
    fill(&store, &hand, 400);
    let before = store.log_end();
    assert!(before > 3 * 16 * 1024);
    assert_eq!(store.clean().unwrap(), 0);
    disk.set_capacity_bytes(disk.used_bytes() * 100 / 95);
    assert!(store.clean().unwrap() > 0);
    assert!(!store.is_writable());
    assert_eq!(
        store.append(&message("orders", 0, b"", b"")).status,
        PutStatus::ServiceNotAvailable
    );
    let min = store.min_offset("orders", 0);
    assert!(min > 0 && store.log_min() > 0);
    assert_eq!(get(&store, "orders", 0, min - 1).status, GetStatus::OffsetTooSmall);
    assert_eq!(read_queue(&store, "orders", 0).len() as i64, 400 - min);
    disk.set_capacity_bytes(1 << 40);
    store.clean().unwrap();
    assert!(store.is_writable());
}

#[test]
fn old_files_go_at_their_hour_and_offsets_stay() {
    let (disk, hand, mut config, store) = fresh(FlushMode::Async);
    assert!(store.shutdown());
    drop(store);
    config.retention = Retention {
        delete_hours: (0..24).collect(),
        keep_hours: 72,
        ..Retention::default()
    };
    disk.set_now_ms(hand.turn(0));
    let store = open(&disk, &config);
    fill(&store, &hand, 400);
    assert_eq!(store.clean().unwrap(), 0, "nothing is old");
    hand.turn(73 * 3_600_000);
    while store.clean().unwrap() > 0 {}
    assert!(store.log_min() > 0);
    assert!(store.log_min() < store.log_end(), "the last file stays");
    let min = store.min_offset("orders", 0);
    assert_eq!(store.max_offset("orders", 0), 400);
    assert_eq!(read_queue(&store, "orders", 0).len() as i64, 400 - min);
    // A crash must not make the queue start again at 0.
    disk.kill_process();
    drop(store);
    let store = open(&disk, &config);
    assert_eq!(
        (store.min_offset("orders", 0), store.max_offset("orders", 0)),
        (min, 400)
    );
}

#[test]
fn a_failed_sync_is_told_and_never_taken_back() {
    let (disk, _hand, config, store) = fresh(FlushMode::Sync);
    let appended = store.append(&message("a", 0, b"safe", b""));
    assert!(appended.durable.wait(Duration::from_secs(60)).unwrap().is_durable);
    disk.refuse_sync(true);
    let appended = store.append(&message("a", 0, b"unsafe", b""));
    assert!(!appended.durable.wait(Duration::from_secs(60)).unwrap().is_durable);
    disk.refuse_sync(false);
    assert_eq!(
        store.append(&message("a", 0, b"", b"")).status,
        PutStatus::ServiceNotAvailable
    );
    assert!(!store.shutdown(), "the next start must recover");
    drop(store);
    let store = open(&disk, &config);
    assert!(!store.recovered().clean);
    assert!(store.is_writable());
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[test]
fn durable_can_be_awaited() {
    let (_disk, _hand, _config, store) = fresh(FlushMode::Sync);
    let appended = store.append(&message("a", 0, b"x", b""));
    let mut durable = pin!(appended.durable);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let outcome = loop {
        match durable.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(outcome) => break outcome,
            Poll::Pending => thread::park_timeout(Duration::from_secs(60)),
        }
    };
    assert!(outcome.is_durable && outcome.batch > 0);
}

#[test]
fn a_store_is_opened_once() {
    let (disk, _hand, config, store) = fresh(FlushMode::Async);
    assert!(matches!(try_open(&disk, &config), Err(OpenError::Locked)));
    assert!(disk.peek(&path("abort")).is_some());
    assert!(store.shutdown());
    assert!(disk.peek(&path("abort")).is_none());
    drop(open(&disk, &config));
    let dir = tempfile::tempdir().unwrap();
    let config = StoreConfig {
        root: dir.path().to_owned(),
        ..config
    };
    let real = |config: &StoreConfig| Store::open(config.clone(), Arc::new(rmq_store::NoObserver));
    let store = real(&config).unwrap();
    assert!(matches!(real(&config), Err(OpenError::Locked)));
    assert_eq!(store.append(&message("a", 0, b"x", b"")).status, PutStatus::Ok);
    assert!(store.shutdown());
    assert!(real(&config).unwrap().recovered().clean);
}

#[test]
fn a_slave_repeats_its_master() {
    let (_disk, hand, _config, master) = fresh(FlushMode::Async);
    fill(&master, &hand, 300);
    let disk = SimDisk::new();
    let config = StoreConfig {
        is_slave: true,
        ..small(FlushMode::Async, &hand)
    };
    let slave = open(&disk, &config);
    // Odd pieces: records and files are cut anywhere.
    while slave.log_end() < master.log_end() {
        let piece = master.read_log(slave.log_end(), 777).unwrap();
        assert!(slave.append_raw(slave.log_end(), &piece).unwrap());
    }
    assert!(!slave.append_raw(5, b"elsewhere").unwrap());
    settle(&slave);
    assert_eq!(read_queue(&slave, "orders", 0), read_queue(&master, "orders", 0));
    assert_eq!(slave.next_offset("orders", 0), 300);
    assert!(slave.shutdown());
}

#[test]
fn lost_queues_are_built_again() {
    let (disk, hand, config, store) = fresh(FlushMode::Async);
    fill(&store, &hand, 300);
    assert!(store.shutdown());
    drop(store);
    let without = SimDisk::new();
    for path in disk
        .paths()
        .iter()
        .filter(|path| !path.to_string_lossy().contains("consumequeue"))
    {
        without.plant(path, &disk.peek(path).unwrap());
    }
    let store = open(&without, &config);
    assert_eq!(read_queue(&store, "orders", 0).len(), 300);
}

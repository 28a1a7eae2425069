//! A small store on the simulated disk, and messages that know what they should be.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use rmq_store::disk::sim::SimDisk;
use rmq_store::record::{self, Check, NewMessage, Parsed, Record};
use rmq_store::{
    Clock, Everything, FlushMode, Get, GetRequest, IndexSize, Observer, Retention, Store, StoreConfig, StoreEvent,
};

pub(crate) const ROOT: &str = "/store";

/// A clock that tests turn.
#[derive(Clone, Default)]
pub(crate) struct Hand(Arc<AtomicI64>);

impl Hand {
    pub(crate) fn new(now_ms: i64) -> Self {
        Hand(Arc::new(AtomicI64::new(now_ms)))
    }

    pub(crate) fn turn(&self, by_ms: i64) -> i64 {
        self.0.fetch_add(by_ms, Ordering::SeqCst) + by_ms
    }

    pub(crate) fn clock(&self) -> Clock {
        let hand = self.clone();
        Clock::new(move || hand.0.load(Ordering::SeqCst))
    }
}

/// Shows what goes wrong in the output of a failed test.
struct Loud;

impl Observer for Loud {
    fn event(&self, event: &StoreEvent) {
        if !matches!(
            event,
            StoreEvent::Flush { .. } | StoreEvent::FileRoll { .. } | StoreEvent::DiskRatio { .. }
        ) {
            println!("{event:?}");
        }
    }
}

/// Files so small that every border is met.
pub(crate) fn small(flush: FlushMode, hand: &Hand) -> StoreConfig {
    StoreConfig {
        log_file_bytes: 16 * 1024,
        queue_file_bytes: 20 * 50,
        index_size: IndexSize {
            slots: 31,
            entries: 200,
        },
        flush,
        flush_every: Duration::from_millis(2),
        flush_least_bytes: 1,
        flush_queues_every: Duration::from_millis(5),
        reserve_bytes: 4096,
        retention: Retention {
            keep_hours: u32::MAX,
            ..Retention::default()
        },
        clock: hand.clock(),
        ..StoreConfig::new(ROOT)
    }
}

pub(crate) fn open(disk: &SimDisk, config: &StoreConfig) -> Store {
    try_open(disk, config).unwrap()
}

pub(crate) fn try_open(disk: &SimDisk, config: &StoreConfig) -> Result<Store, rmq_store::OpenError> {
    Store::open_on(Arc::new(disk.clone()), config.clone(), Arc::new(Loud))
}

pub(crate) fn message<'a>(topic: &'a str, queue_id: i32, body: &'a [u8], properties: &'a [u8]) -> NewMessage<'a> {
    NewMessage {
        topic,
        queue_id,
        flag: 0,
        sys_flag: 0,
        born_ms: 1_700_000_000_000,
        born_host: "10.0.0.7:41000".parse().unwrap(),
        store_host: "10.0.0.1:10911".parse().unwrap(),
        reconsume_times: 0,
        prepared_offset: 0,
        body,
        properties,
    }
}

/// Waits for the dispatcher, which tells nobody when it is done.
pub(crate) fn settle(store: &Store) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while store.dispatch_behind_bytes() > 0 {
        assert!(Instant::now() < deadline, "dispatch does not follow");
        std::thread::yield_now();
    }
}

pub(crate) fn get(store: &Store, topic: &str, queue_id: i32, offset: i64) -> Get {
    store.get(
        &GetRequest {
            topic,
            queue_id,
            offset,
            max_messages: 32,
            max_bytes: 1 << 20,
        },
        &Everything,
    )
}

/// The records of an answer.
pub(crate) fn records(get: &Get) -> Vec<Record<'_>> {
    let mut at = 0;
    let found = get.messages.iter().map(|message| {
        let bytes = &get.body[at..at + message.size_bytes as usize];
        at += message.size_bytes as usize;
        match record::parse(bytes, Check::Crc) {
            Ok(Parsed::Record(record)) => {
                assert_eq!(record.queue_offset, message.queue_offset);
                assert_eq!(record.log_offset, message.log_offset);
                record
            }
            other => panic!("{message:?}: {other:?}"),
        }
    });
    found.collect()
}

/// Every record of a queue, which must have no holes.
pub(crate) fn read_queue(store: &Store, topic: &str, queue_id: i32) -> Vec<(i64, Vec<u8>, Vec<u8>)> {
    let (min, max) = (store.min_offset(topic, queue_id), store.max_offset(topic, queue_id));
    let mut all = Vec::new();
    let mut next = min;
    while next < max {
        let found = get(store, topic, queue_id, next);
        assert!(
            !found.messages.is_empty(),
            "{topic}-{queue_id} {min}..{max} at {next}: {:?}",
            found.status
        );
        for record in records(&found) {
            assert_eq!(record.topic, topic.as_bytes());
            assert_eq!(record.queue_id, queue_id);
            assert_eq!(record.queue_offset, next, "{topic}-{queue_id}");
            all.push((record.queue_offset, record.body.to_vec(), record.properties.to_vec()));
            next += 1;
        }
        assert_eq!(found.next_offset, next);
    }
    all
}

/// Path of a file of the store.
pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(ROOT).join(name)
}

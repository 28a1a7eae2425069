//! Power cuts, kills and clean stops at random moments under load: nothing acknowledged is lost, nothing read is
//! damaged, nobody has to help.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rmq_store::disk::sim::{Dice, SimDisk};
use rmq_store::record::BatchPart;
use rmq_store::{FlushMode, PutStatus, Store, StoreConfig};

use crate::ground::{Hand, get, message, open, read_queue, records, settle, small, try_open};

const TOPICS: [&str; 3] = ["orders", "%RETRY%billing", "a-topic-with-a-name-longer-than-the-others"];
const QUEUES: i32 = 2;
/// Rounds for each flush mode.
const ROUNDS: u64 = 200;
/// Lives of one store.
const LIVES: u64 = 10;

type Place = (&'static str, i32, i64);

/// Topic, queue, body, properties.
type Sent = (&'static str, i32, Vec<u8>, Vec<u8>);

/// What the producers and consumers of all lives know.
#[derive(Default)]
struct Book {
    next_id: AtomicU64,
    /// What was sent, by id.
    sent: Mutex<HashMap<u64, Sent>>,
    /// What must be there: by place, the id.
    promised: Mutex<BTreeMap<Place, u64>>,
    /// What was acknowledged without a promise that holds through a power cut.
    told: Mutex<BTreeMap<Place, u64>>,
    /// Records that recoveries read, to see that the rounds are worth something.
    recovered: AtomicU64,
    /// What a consumer saw.
    seen: Mutex<BTreeMap<Place, u64>>,
}

fn id_of(body: &[u8]) -> u64 {
    u64::from_be_bytes(body[..8].try_into().unwrap())
}

impl Book {
    fn write_one(&self, dice: &mut Dice, topic: &'static str, queue_id: i32) -> (u64, Vec<u8>, Vec<u8>) {
        let id = self.next_id.fetch_add(1, Ordering::SeqCst) + 1;
        let mut body = id.to_be_bytes().to_vec();
        // Zeros, which look like nothing written, and noise.
        let length = [0, 3, 100, 700, 3000][dice.below(5) as usize];
        let is_zeros = dice.coin();
        body.extend((0..length).map(|_| if is_zeros { 0 } else { dice.below(256) as u8 }));
        let padding = "p".repeat([0, 10, 600, 1500][dice.below(4) as usize]);
        let properties = format!("KEYS\u{1}k{id}\u{2}TAGS\u{1}t{}\u{2}pad\u{1}x{padding}\u{2}", id % 3).into_bytes();
        self.sent
            .lock()
            .unwrap()
            .insert(id, (topic, queue_id, body.clone(), properties.clone()));
        (id, body, properties)
    }

    fn check(&self, place: Place, body: &[u8], properties: &[u8]) -> u64 {
        let id = id_of(body);
        let sent = self.sent.lock().unwrap();
        let (topic, queue_id, sent_body, sent_properties) = sent.get(&id).expect("a message nobody sent");
        assert_eq!((*topic, *queue_id), (place.0, place.1), "message {id} at {place:?}");
        assert_eq!(sent_body, body, "body of {id}");
        assert_eq!(sent_properties, properties, "properties of {id}");
        id
    }
}

/// Sends until the disk is gone, or `limit` messages.
fn produce(store: &Store, disk: &SimDisk, book: &Book, hand: &Hand, mut dice: Dice, limit: usize) {
    for _ in 0..limit {
        hand.turn([0, 1, 40, 1500][dice.below(4) as usize]);
        let topic = TOPICS[dice.below(3) as usize];
        let queue_id = dice.below(QUEUES as u64) as i32;
        let count = if dice.below(8) == 0 { 3 } else { 1 };
        let ones: Vec<_> = (0..count).map(|_| book.write_one(&mut dice, topic, queue_id)).collect();
        let appended = if count == 1 {
            store.append(&message(topic, queue_id, &ones[0].1, &ones[0].2))
        } else {
            let parts: Vec<_> = ones
                .iter()
                .map(|(_, body, properties)| BatchPart {
                    flag: 0,
                    body,
                    properties,
                })
                .collect();
            store.append_batch(&message(topic, queue_id, b"", b""), &parts)
        };
        if appended.status != PutStatus::Ok {
            assert!(disk.is_off(), "{:?}", appended.status);
            return;
        }
        let first = appended.placed.as_ref().unwrap().queue_offset;
        let places = (first..)
            .zip(&ones)
            .map(|(number, (id, ..))| ((topic, queue_id, number), *id));
        let is_promise = !appended.durable.is_ready();
        book.told.lock().unwrap().extend(places.clone());
        match appended
            .durable
            .wait(Duration::from_secs(60))
            .map(|outcome| outcome.is_durable)
        {
            Some(true) if is_promise => book.promised.lock().unwrap().extend(places),
            Some(true) => {}
            Some(false) => assert!(disk.is_off()),
            None => panic!("nobody told this producer"),
        }
    }
}

/// Reads whatever can be read, again and again.
fn consume(store: &Store, book: &Book, stop: &AtomicBool) {
    let mut next: BTreeMap<(&'static str, i32), i64> = BTreeMap::new();
    while !stop.load(Ordering::SeqCst) {
        for topic in TOPICS {
            for queue_id in 0..QUEUES {
                let at = next.entry((topic, queue_id)).or_default();
                let found = get(store, topic, queue_id, *at);
                for record in records(&found) {
                    let place = (topic, queue_id, record.queue_offset);
                    let id = book.check(place, record.body, record.properties);
                    book.seen.lock().unwrap().insert(place, id);
                }
                *at = found.next_offset.max(*at);
            }
        }
        std::thread::yield_now();
    }
}

fn under_load(store: &Store, disk: &SimDisk, book: &Book, hand: &Hand, dice: &mut Dice, limit: usize) {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let producers: Vec<_> = (0..3)
            .map(|_| {
                let dice = Dice::new(dice.next_u64());
                scope.spawn(move || produce(store, disk, book, hand, dice, limit))
            })
            .collect();
        scope.spawn(|| consume(store, book, &stop));
        let ended: Vec<_> = producers.into_iter().map(|producer| producer.join()).collect();
        stop.store(true, Ordering::SeqCst);
        ended.into_iter().for_each(|end| end.unwrap());
    });
}

/// Everything that is in the store, by place.
fn all(store: &Store, book: &Book) -> BTreeMap<Place, u64> {
    let mut all = BTreeMap::new();
    for topic in TOPICS {
        for queue_id in 0..QUEUES {
            for (number, body, properties) in read_queue(store, topic, queue_id) {
                let place = (topic, queue_id, number);
                all.insert(place, book.check(place, &body, &properties));
            }
        }
    }
    all
}

fn check_kept(kept: &BTreeMap<Place, u64>, there: &BTreeMap<Place, u64>, what: &str) {
    for (place, id) in kept {
        assert_eq!(there.get(place), Some(id), "{what} message at {place:?} is lost");
    }
}

fn check_index(store: &Store, there: &BTreeMap<Place, u64>, dice: &mut Dice) {
    let places: Vec<_> = there.iter().collect();
    for _ in 0..places.len().min(20) {
        let (place, id) = places[dice.below(places.len() as u64) as usize];
        let (found, _) = store.find_by_key(place.0, &format!("k{id}"), 64, 0, i64::MAX).unwrap();
        assert!(
            found
                .iter()
                .any(|record| record.windows(8).any(|eight| eight == id.to_be_bytes())),
            "key k{id}"
        );
    }
}

/// One life of a store: load, an end, and the start after it.
fn live(disk: &SimDisk, config: &StoreConfig, book: &Book, hand: &Hand, dice: &mut Dice) {
    let store = open(disk, config);
    let is_sync = config.flush == FlushMode::Sync;
    let end = dice.below(4);
    match end {
        0 => {
            under_load(&store, disk, book, hand, dice, 20);
            assert!(store.shutdown());
        }
        1 => {
            under_load(&store, disk, book, hand, dice, 20);
            disk.kill_process();
        }
        _ => {
            let longest = [50, 1000, 8000][dice.below(3) as usize];
            disk.cut_power_after(dice.below(longest));
            under_load(&store, disk, book, hand, dice, usize::MAX);
            assert!(disk.is_off());
        }
    }
    drop(store);
    let is_power_cut = end > 1;
    if is_power_cut {
        disk.power_cycle(dice);
        // The power may go again while the store recovers.
        for _ in 0..dice.below(3) {
            disk.cut_power_after(dice.below(120));
            drop(try_open(disk, config));
            disk.power_cycle(dice);
        }
    }
    let store = open(disk, config);
    assert_eq!(store.recovered().clean, end == 0);
    settle(&store);
    let there = all(&store, book);
    book.recovered.fetch_add(store.recovered().records, Ordering::SeqCst);
    check_kept(&book.promised.lock().unwrap(), &there, "an acknowledged");
    if !is_power_cut {
        check_kept(&book.told.lock().unwrap(), &there, "a told");
    }
    if is_sync {
        check_kept(&book.seen.lock().unwrap(), &there, "a consumed");
    }
    let mut ids: Vec<_> = there.values().collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), there.len(), "a message is there twice");
    check_index(&store, &there, dice);
    for (topic, queue_id) in store.queues() {
        assert_eq!(store.next_offset(&topic, queue_id), store.max_offset(&topic, queue_id));
    }
    // From here on everything that is there has been recovered, and stays.
    *book.told.lock().unwrap() = there.clone();
    *book.seen.lock().unwrap() = there.clone();
    *book.promised.lock().unwrap() = there;
    assert!(store.shutdown());
}

fn rounds(flush: FlushMode) {
    let mut recovered = 0;
    for seed in 0..ROUNDS / LIVES {
        let mut dice = Dice::new(seed + 1);
        let disk = SimDisk::new();
        let hand = Hand::new(1_700_000_000_000);
        let config = small(flush, &hand);
        let book = Book::default();
        for round in 0..LIVES {
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                live(&disk, &config, &book, &hand, &mut dice);
            }));
            if let Err(panic) = result {
                eprintln!("seed {seed}, life {round}");
                std::panic::resume_unwind(panic);
            }
        }
        recovered += book.recovered.load(Ordering::SeqCst);
    }
    println!("{recovered} records recovered");
    assert!(recovered > ROUNDS * 20);
}

#[test]
fn sync_flush_loses_nothing_acknowledged() {
    rounds(FlushMode::Sync);
}

#[test]
fn async_flush_reads_nothing_damaged() {
    rounds(FlushMode::Async);
}

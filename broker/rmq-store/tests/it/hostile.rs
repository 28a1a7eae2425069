//! Any bytes in any file: a store may refuse to start, and never panics, hangs or takes memory without bound.

use std::sync::OnceLock;

use proptest::prelude::*;
use rmq_store::disk::sim::SimDisk;
use rmq_store::record::{Check, Parsed, parse, parse_batch, properties};
use rmq_store::{Boundary, FlushMode};

use crate::ground::{Hand, get, message, open, path, settle, small, try_open};

/// Every file of a store that has met every border, by name.
fn healthy() -> &'static Vec<(std::path::PathBuf, Vec<u8>)> {
    static FILES: OnceLock<Vec<(std::path::PathBuf, Vec<u8>)>> = OnceLock::new();
    FILES.get_or_init(|| {
        let (disk, hand) = (SimDisk::new(), Hand::new(1_700_000_000_000));
        let store = open(&disk, &small(FlushMode::Async, &hand));
        for number in 0..250 {
            hand.turn(100);
            let properties = format!("KEYS\u{1}k{number}\u{2}TAGS\u{1}a\u{2}");
            store.append(&message(
                ["a", "b"][number % 2],
                0,
                &[number as u8; 90],
                properties.as_bytes(),
            ));
        }
        settle(&store);
        assert!(store.shutdown());
        disk.paths()
            .into_iter()
            .map(|path| (path.clone(), disk.peek(&path).unwrap()))
            .collect()
    })
}

/// One blow to a file.
#[derive(Debug, Clone)]
enum Blow {
    Write(prop::sample::Index, Vec<u8>),
    Cut(prop::sample::Index),
    Lengthen(u16),
    Empty,
}

fn blow() -> impl Strategy<Value = Blow> {
    let number = prop_oneof![
        Just(vec![0xff; 4]),
        Just(vec![0x7f, 0xff, 0xff, 0xff]),
        Just(vec![0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        Just(vec![0; 600]),
        prop::collection::vec(any::<u8>(), 1..40),
    ];
    prop_oneof![
        6 => (any::<prop::sample::Index>(), number).prop_map(|(at, bytes)| Blow::Write(at, bytes)),
        1 => any::<prop::sample::Index>().prop_map(Blow::Cut),
        1 => any::<u16>().prop_map(Blow::Lengthen),
        1 => Just(Blow::Empty),
    ]
}

fn strike(bytes: &mut Vec<u8>, blow: &Blow) {
    match blow {
        Blow::Write(at, new) if !bytes.is_empty() => {
            // Heads and first records are where the meaning is: half of the blows go there.
            let at = at.index(bytes.len() * 2);
            let at = if at >= bytes.len() {
                (at - bytes.len()) % bytes.len().min(200)
            } else {
                at
            };
            let count = new.len().min(bytes.len() - at);
            bytes[at..at + count].copy_from_slice(&new[..count]);
        }
        Blow::Write(..) => {}
        Blow::Cut(at) => bytes.truncate(at.index(bytes.len() + 1)),
        Blow::Lengthen(by) => bytes.resize(bytes.len() + usize::from(*by), 0x5a),
        Blow::Empty => bytes.clear(),
    }
}

/// Uses whatever can be used.
fn use_store(disk: &SimDisk) {
    let hand = Hand::new(1_700_000_100_000);
    let Ok(store) = try_open(disk, &small(FlushMode::Async, &hand)) else {
        return;
    };
    settle(&store);
    for (topic, queue_id) in store.queues() {
        let mut next = store.min_offset(&topic, queue_id);
        for _ in 0..1000 {
            let found = get(&store, &topic, queue_id, next);
            let mut at = 0;
            for message in &found.messages {
                let bytes = &found.body[at..at + message.size_bytes as usize];
                assert!(matches!(parse(bytes, Check::Crc), Ok(Parsed::Record(_))));
                at += bytes.len();
            }
            if found.next_offset <= next {
                break;
            }
            next = found.next_offset;
        }
        get(&store, &topic, queue_id, i64::MAX);
        get(&store, &topic, queue_id, i64::MIN);
        store
            .offset_by_time(&topic, queue_id, 1_700_000_003_000, Boundary::Lower)
            .ok();
        store.earliest_ms(&topic, queue_id);
    }
    for key in ["k1", "k77", "k249"] {
        store.find_by_key("a", key, 64, 0, i64::MAX).ok();
    }
    for offset in [0, 1, 250, 16384, u64::MAX, u64::MAX - 40] {
        store.record_at(offset);
        store.read_log(offset, 1000);
    }
    store.append(&message("a", 0, b"after", b""));
    settle(&store);
    store.shutdown();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_file_makes_a_store_panic(
        blows in prop::collection::vec((any::<prop::sample::Index>(), blow()), 1..5),
        crashed in any::<bool>(),
    ) {
        let disk = SimDisk::new();
        let mut files = healthy().clone();
        for (which, blow) in &blows {
            let count = files.len();
            strike(&mut files[which.index(count)].1, blow);
        }
        for (path, bytes) in &files {
            disk.plant(path, bytes);
        }
        if crashed {
            disk.plant(&path("abort"), b"1");
        }
        use_store(&disk);
    }

    #[test]
    fn no_name_makes_a_store_panic(name in "(commitlog|consumequeue|index|consumequeue/a|consumequeue/a/0)/[0-9]{0,21}[a-z]{0,2}", length in 0usize..20_000) {
        let disk = SimDisk::new();
        for (path, bytes) in healthy() {
            disk.plant(path, bytes);
        }
        disk.plant(&path(&name), &vec![7; length]);
        use_store(&disk);
    }

    #[test]
    fn no_bytes_make_a_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        parse(&bytes, Check::Crc).ok();
        parse_batch(&bytes);
        properties(&bytes).count();
    }

    #[test]
    fn no_damaged_record_makes_a_parser_panic(at in 0usize..300, new in any::<[u8; 4]>()) {
        let mut bytes = Vec::new();
        rmq_store::record::encode(&mut bytes, &message("topic", 3, &[1; 100], b"KEYS\x01k\x02"), 1000).unwrap();
        let at = at % (bytes.len() - 4);
        bytes[at..at + 4].copy_from_slice(&new);
        parse(&bytes, Check::Crc).ok();
        bytes.truncate(at);
        parse(&bytes, Check::Crc).ok();
    }
}

//! What callers rely on, one small story each.

use std::sync::Arc;
use std::time::Duration;

use rmq_store::disk::sim::SimDisk;
use rmq_store::{FlushMode, GetStatus, PutStatus};

use crate::ground::{Hand, get, message, open, read_queue, settle, small};

#[test]
fn appended_messages_are_read_and_found() {
    let (disk, hand) = (SimDisk::new(), Hand::new(1_000_000));
    let store = open(&disk, &small(FlushMode::Async, &hand));
    for number in 0..500 {
        hand.turn(10);
        let body = format!("body {number}");
        let properties = format!("KEYS\u{1}k{number}\u{2}");
        let appended = store.append(&message("orders", number % 2, body.as_bytes(), properties.as_bytes()));
        assert_eq!(appended.status, PutStatus::Ok);
        assert_eq!(appended.placed.unwrap().queue_offset, i64::from(number / 2));
    }
    settle(&store);
    assert_eq!(read_queue(&store, "orders", 1).len(), 250);
    let (found, _) = store.find_by_key("orders", "k77", 10, 0, i64::MAX).unwrap();
    assert!(found[0].windows(7).any(|part| part == b"body 77"));
    assert_eq!(get(&store, "orders", 0, 250).status, GetStatus::OffsetOverflowOne);
    assert!(store.shutdown());
    drop(store);
    let store = open(&disk, &small(FlushMode::Async, &hand));
    assert!(store.recovered().clean);
    assert_eq!(read_queue(&store, "orders", 0).len(), 250);
    let _ = (Arc::new(0), Duration::ZERO);
}

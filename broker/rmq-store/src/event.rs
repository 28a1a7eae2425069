//! What a store tells of itself: arrivals for long polls, and events for `diagnostics.jsonl` and the log.
//!
//! The store writes no log. Whoever runs it turns these into lines.

use std::path::PathBuf;
use std::time::Duration;

/// A message that has become readable.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// Topic.
    pub topic: &'a str,
    /// Queue.
    pub queue_id: i32,
    /// Its number in the queue.
    pub queue_offset: i64,
    /// Hash of its tags.
    pub tag_code: i64,
    /// When it was stored.
    pub store_ms: i64,
    /// Its properties.
    pub properties: &'a [u8],
}

/// Why the store takes no messages. Several may hold at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteStop {
    /// The disk is fuller than the warning level, or a write found no room.
    DiskFull,
    /// The consume queues cannot be written.
    QueueError,
    /// The index cannot be written.
    IndexError,
    /// A sync failed: what the disk holds is not known until a restart.
    FlushError,
    /// Somebody asked for it.
    NotWritable,
    /// The store is shutting down or not started.
    Stopped,
}

/// An event.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum StoreEvent {
    /// `recovery.begin`.
    RecoveryBegin {
        /// Whether the abort file was missing.
        clean: bool,
        /// First byte that is read again.
        from_log: u64,
    },
    /// `recovery.end`.
    RecoveryEnd {
        /// Records read.
        records: u64,
        /// End of the commit log now.
        log_end: u64,
        /// Why the walk ended there.
        reason: String,
        /// How long it took.
        took: Duration,
    },
    /// `store.file_roll`: a new commit log file.
    FileRoll {
        /// Its first byte.
        first: u64,
        /// How long making it took.
        took: Duration,
    },
    /// `store.flush`: every sync of the commit log.
    Flush {
        /// Number of the batch.
        batch: u64,
        /// Bytes that became safe.
        bytes: u64,
        /// Messages that waited.
        waiters: usize,
        /// How long it took.
        took: Duration,
    },
    /// A sync, a write or a reservation failed.
    IoError {
        /// What was tried.
        action: &'static str,
        /// What the system said.
        error: String,
    },
    /// `store.write_flag`.
    WriteFlag {
        /// Which.
        stop: WriteStop,
        /// Whether it holds now.
        is_set: bool,
        /// Disk ratio at that time, 0 to 1, if that was the reason.
        ratio: Option<f64>,
    },
    /// `store.disk_ratio`: each look of the retention.
    DiskRatio {
        /// Of the commit log.
        log_ratio: f64,
        /// Of the consume queues.
        queues_ratio: f64,
    },
    /// `store.delete_expired`.
    DeleteExpired {
        /// Commit log files removed.
        files: usize,
        /// `hour`, `space` or `manual`.
        cause: &'static str,
        /// Whether age was ignored.
        forced: bool,
    },
    /// Space or time asks for deletion, and nothing may be deleted: RocketMQ's "disk space will be full soon, but
    /// delete file failed".
    DeleteFailed,
    /// A queue that has holes where messages should be: RocketMQ's `[BUG]logic queue order maybe wrong`.
    QueueGap {
        /// Topic.
        topic: String,
        /// Queue.
        queue_id: i32,
        /// Number of the message that came.
        queue_offset: i64,
    },
    /// A record that cannot be given to a queue, and where it lies.
    Undeliverable {
        /// Log offset.
        log_offset: u64,
        /// Why.
        reason: String,
    },
    /// A folder or file of the store that could not be used, and was left alone.
    Ignored {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// Who listens. Called from the store's own threads, and for some events under its locks: return soon, and do not
/// call the store.
pub trait Observer: Send + Sync + 'static {
    /// Something happened.
    fn event(&self, event: &StoreEvent) {
        let _ = event;
    }

    /// A message became readable; in the order of each queue.
    fn arrived(&self, arrival: &Arrival<'_>) {
        let _ = arrival;
    }
}

/// Nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl Observer for NoObserver {}

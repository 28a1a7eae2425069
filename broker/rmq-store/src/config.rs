//! What a store is told: paths, sizes, flushing, retention. Names of RocketMQ's keys stand beside each field.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::index::IndexSize;

/// When a producer gets its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FlushMode {
    /// `ASYNC_FLUSH`: when the message is in the page cache. Survives the process, not the machine.
    #[default]
    Async,
    /// `SYNC_FLUSH`: when it is on the disk.
    Sync,
}

/// Milliseconds since 1970, from a clock that tests and faults can turn.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Clock(Arc::new(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        }))
    }

    /// A clock of the caller's.
    pub fn new(now_ms: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Clock(Arc::new(now_ms))
    }

    /// The time.
    pub fn now_ms(&self) -> i64 {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// When files are deleted and writing stops.
#[derive(Debug, Clone, PartialEq)]
pub struct Retention {
    /// `fileReservedTime`, default 72 hours.
    pub keep_hours: u32,
    /// `deleteWhen`, default 04: hours of the day, local time.
    pub delete_hours: Vec<u8>,
    /// `diskMaxUsedSpaceRatio`, default 75 %: files past their time go at once.
    pub max_used_ratio: f64,
    /// `diskSpaceCleanForciblyRatio`, default 85 %: files go whatever their age.
    pub clean_ratio: f64,
    /// `diskSpaceWarningLevelRatio`, default 90 %: writes are refused as well.
    pub warning_ratio: f64,
    /// `cleanFileForciblyEnable`, default true.
    pub may_force: bool,
    /// `deleteFileBatchMax`, default 10 files for each look.
    pub batch_files: usize,
    /// `cleanResourceInterval`, default 10 s between looks.
    pub every: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Retention {
            keep_hours: 72,
            delete_hours: vec![4],
            max_used_ratio: 0.75,
            clean_ratio: 0.85,
            warning_ratio: 0.90,
            may_force: true,
            batch_files: 10,
            every: Duration::from_secs(10),
        }
    }
}

/// Everything a store is told.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// `storePathRootDir`.
    pub root: PathBuf,
    /// `storePathCommitLog`; `None` for `commitlog` below the root.
    pub commit_log_dir: Option<PathBuf>,
    /// `mappedFileSizeCommitLog`, default 1 GiB.
    pub log_file_bytes: u64,
    /// `mappedFileSizeConsumeQueue`, default 300,000 units of 20 bytes.
    pub queue_file_bytes: u64,
    /// `maxHashSlotNum` and `maxIndexNum`.
    pub index_size: IndexSize,
    /// `messageIndexEnable`, default true.
    pub index: bool,
    /// `maxMessageSize`, default 4 MiB of body.
    pub max_body_bytes: usize,
    /// `flushDiskType`.
    pub flush: FlushMode,
    /// `flushIntervalCommitLog`, default 500 ms; only with `ASYNC_FLUSH`.
    pub flush_every: Duration,
    /// `flushCommitLogLeastPages`, default 4 pages of 4 KiB: less waits for `flush_all_every`.
    pub flush_least_bytes: u64,
    /// `flushCommitLogThoroughInterval`, default 10 s.
    pub flush_all_every: Duration,
    /// `flushConsumeQueueThoroughInterval`, default 60 s: queues, index and checkpoint.
    pub flush_queues_every: Duration,
    /// `messageDelayLevel`, in milliseconds, level 1 first.
    pub delay_levels_ms: Vec<i64>,
    /// `maxTransferBytesOnMessageInMemory` (256 KiB) and `…InDisk` (64 KiB).
    pub transfer_bytes: (usize, usize),
    /// `maxTransferCountOnMessageInMemory` (32) and `…InDisk` (8).
    pub transfer_messages: (usize, usize),
    /// `maxFilterMessageSize`, default 16,000 bytes of consume queue for one read.
    pub filter_bytes: u64,
    /// `accessMessageInMemoryMaxRatio` of the machine's memory, in bytes: what is nearer to the end is no cold read.
    pub memory_bytes: u64,
    /// `checkCRCOnRecover`, default true.
    pub check_crc: bool,
    /// `brokerRole=SLAVE`: reads correct no offsets.
    pub is_slave: bool,
    /// Room taken ahead in the commit log, default 64 MiB.
    pub reserve_bytes: u64,
    /// Consume queue files held open at most, default 4096.
    pub open_queue_files: usize,
    /// Retention.
    pub retention: Retention,
    /// The clock.
    pub clock: Clock,
}

impl StoreConfig {
    /// RocketMQ's defaults over a folder.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        const MINUTE: i64 = 60_000;
        StoreConfig {
            root: root.into(),
            commit_log_dir: None,
            log_file_bytes: 1 << 30,
            queue_file_bytes: 300_000 * 20,
            index_size: IndexSize::default(),
            index: true,
            max_body_bytes: 4 << 20,
            flush: FlushMode::Async,
            flush_every: Duration::from_millis(500),
            flush_least_bytes: 4 * 4096,
            flush_all_every: Duration::from_secs(10),
            flush_queues_every: Duration::from_secs(60),
            delay_levels_ms: [1000, 5000, 10_000, 30_000]
                .into_iter()
                .chain([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 60, 120].map(|minutes| minutes * MINUTE))
                .collect(),
            transfer_bytes: (256 * 1024, 64 * 1024),
            transfer_messages: (32, 8),
            filter_bytes: 16_000,
            memory_bytes: total_memory_bytes() / 100 * 40,
            check_crc: true,
            is_slave: false,
            reserve_bytes: 64 << 20,
            open_queue_files: 4096,
            retention: Retention::default(),
            clock: Clock::system(),
        }
    }

    pub(crate) fn log_dir(&self) -> PathBuf {
        self.commit_log_dir
            .clone()
            .unwrap_or_else(|| self.root.join("commitlog"))
    }

    pub(crate) fn queues_dir(&self) -> PathBuf {
        self.root.join("consumequeue")
    }
}

/// Memory of the machine; 8 GiB where the system does not tell.
fn total_memory_bytes() -> u64 {
    let told = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let kib: u64 = text
            .strip_prefix("MemTotal:")?
            .split_whitespace()
            .next()?
            .parse()
            .ok()?;
        kib.checked_mul(1024)
    });
    told.unwrap_or(8 << 30)
}

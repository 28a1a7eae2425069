//! The parts of a store and its three threads: `store-flush` syncs the commit log, `store-dispatch` tells queues and
//! index what was written, `store-keep` syncs those two from time to time and deletes what is old.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use super::OpenError;
use crate::checkpoint::{Checkpoint, CheckpointFile};
use crate::commit_log::CommitLog;
use crate::config::{FlushMode, StoreConfig};
use crate::disk::{Disk, OpenMode};
use crate::dispatch::Dispatcher;
use crate::event::{Observer, StoreEvent, WriteStop};
use crate::flags::Flags;
use crate::flush::Flusher;
use crate::index::Index;
use crate::log_reader::LogReader;
use crate::queues::Queues;
use crate::recover::{Recovered, recover};
use crate::retain;
use crate::segments::{Handles, Segments};
use crate::sync::lock;

/// Commit log files held open at most.
const OPEN_LOG_FILES: usize = 1024;
/// A dispatch that failed is tried again after this long.
const RETRY_AFTER: Duration = Duration::from_millis(200);
/// Unsynced bytes from which a queue is synced before its time (`flushConsumeQueueLeastPages`, 2 pages).
const QUEUE_LEAST_BYTES: u64 = 2 * 4096;

/// Everything that the threads share.
pub(super) struct Inner {
    pub(super) config: StoreConfig,
    pub(super) disk: Arc<dyn Disk>,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) flags: Arc<Flags>,
    pub(super) log: Arc<CommitLog>,
    pub(super) queues: Arc<Queues>,
    pub(super) index: Option<Arc<Index>>,
    pub(super) dispatcher: Dispatcher,
    pub(super) flusher: Flusher,
    pub(super) checkpoint: Mutex<(CheckpointFile, Checkpoint)>,
    pub(super) stopping: AtomicBool,
    pub(super) manual_deletes: AtomicU32,
    pub(super) kept_log_min: AtomicU64,
    pub(super) log_ms: AtomicI64,
    pub(super) flush_mode: FlushMode,
}

impl Inner {
    /// What consumers may see ends here: with `SYNC_FLUSH` nothing that a power cut could take back.
    pub(super) fn confirmed(&self) -> u64 {
        match self.flush_mode {
            FlushMode::Sync => self.log.flushed(),
            FlushMode::Async => self.log.end(),
        }
    }

    pub(super) fn flush_log(&self) -> bool {
        match self.flusher.flush() {
            Some(store_ms) => {
                self.log_ms.fetch_max(store_ms, Ordering::AcqRel);
                true
            }
            None => false,
        }
    }

    /// Syncs log, queues and index, in this order, and notes it in the checkpoint.
    pub(super) fn flush_all(&self) -> io::Result<()> {
        let queues_ms = self.dispatcher.store_ms.load(Ordering::Acquire);
        // What queues and index tell of must be in the log after a power cut.
        if !self.flush_log() {
            return Err(io::Error::other("the commit log cannot be synced"));
        }
        self.queues.for_each(|queue| queue.sync())?;
        let index_ms = self.index.as_ref().map(|index| index.flush()).transpose()?;
        let mut held = lock(&self.checkpoint);
        let (file, checkpoint) = &mut *held;
        checkpoint.log_ms = checkpoint.log_ms.max(self.log_ms.load(Ordering::Acquire));
        checkpoint.queues_ms = checkpoint.queues_ms.max(queues_ms);
        checkpoint.index_ms = index_ms.unwrap_or(checkpoint.index_ms);
        file.write(checkpoint)
    }

    /// One look of the retention.
    pub(super) fn look(&self) -> io::Result<usize> {
        let log_ratio = self.ratio(&self.config.log_dir());
        let queues_ratio = self.ratio(&self.config.queues_dir());
        self.observer.event(&StoreEvent::DiskRatio {
            log_ratio,
            queues_ratio,
        });
        let now_ms = self.config.clock.now_ms();
        let is_manual = self
            .manual_deletes
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(1))
            .is_ok();
        let verdict = retain::judge(
            &self.config.retention,
            log_ratio,
            queues_ratio,
            local_hour(now_ms),
            is_manual,
        );
        self.flags
            .set(WriteStop::DiskFull, verdict.is_full, Some(log_ratio.max(queues_ratio)));
        let removed = retain::sweep(
            &self.log,
            &self.config.retention,
            verdict,
            now_ms,
            self.observer.as_ref(),
        )?;
        if self.kept_log_min.swap(self.log.min(), Ordering::AcqRel) != self.log.min() {
            retain::follow_log(&self.log, &self.queues, self.index.as_deref())?;
        }
        Ok(removed)
    }

    pub(super) fn ratio(&self, dir: &Path) -> f64 {
        self.disk.space(dir).map_or(-1.0, |space| space.used_ratio())
    }

    pub(super) fn failed(&self, action: &'static str, error: &io::Error) {
        self.observer.event(&StoreEvent::IoError {
            action,
            error: error.to_string(),
        });
    }

    pub(super) fn run_flush(&self, dispatch: &Thread) {
        let mut last_all = Instant::now();
        while !self.stopping.load(Ordering::Acquire) {
            match self.flush_mode {
                FlushMode::Sync => {
                    if self.flusher.has_work() && !self.flags.holds(WriteStop::FlushError) {
                        self.flush_log();
                        dispatch.unpark();
                    } else {
                        self.flusher.abandon_if(self.flags.holds(WriteStop::FlushError));
                        thread::park_timeout(self.config.flush_every);
                    }
                }
                FlushMode::Async => {
                    thread::park_timeout(self.config.flush_every);
                    let unsynced = self.log.end().saturating_sub(self.log.flushed());
                    let is_time = last_all.elapsed() >= self.config.flush_all_every;
                    if unsynced >= self.config.flush_least_bytes || (is_time && unsynced > 0) {
                        self.flush_log();
                    }
                    if is_time {
                        last_all = Instant::now();
                    }
                }
            }
        }
    }

    pub(super) fn run_dispatch(&self) {
        let mut reader = LogReader::new(self.log.segments());
        loop {
            match self.dispatcher.round(&mut reader, self.confirmed()) {
                Ok(true) => self.flags.set(WriteStop::QueueError, false, None),
                Ok(false) => {
                    if self.stopping.load(Ordering::Acquire) {
                        return;
                    }
                    thread::park_timeout(Duration::from_millis(100));
                }
                Err(error) => {
                    if !self.flags.holds(WriteStop::QueueError) {
                        self.failed("dispatch", &error);
                    }
                    self.flags.set(WriteStop::QueueError, true, None);
                    if self.stopping.load(Ordering::Acquire) {
                        return;
                    }
                    thread::park_timeout(RETRY_AFTER);
                }
            }
        }
    }

    pub(super) fn run_keep(&self) {
        let (mut last_flush, mut last_look) = (Instant::now(), Instant::now());
        while !self.stopping.load(Ordering::Acquire) {
            thread::park_timeout(
                Duration::from_secs(1)
                    .min(self.config.retention.every)
                    .min(self.config.flush_queues_every),
            );
            let early = self.queues.for_each(|queue| {
                if queue.unsynced_bytes() >= QUEUE_LEAST_BYTES {
                    queue.sync()
                } else {
                    Ok(())
                }
            });
            if let Err(error) = early {
                self.failed("sync of the queues", &error);
            }
            if last_flush.elapsed() >= self.config.flush_queues_every {
                last_flush = Instant::now();
                if let Err(error) = self.flush_all() {
                    self.failed("sync of the queues", &error);
                }
            }
            if last_look.elapsed() >= self.config.retention.every {
                last_look = Instant::now();
                if let Err(error) = self.look() {
                    self.failed("retention", &error);
                }
            }
        }
    }
}

fn local_hour(now_ms: i64) -> u8 {
    let time = jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default();
    jiff::tz::TimeZone::system().to_datetime(time).hour().unsigned_abs()
}

impl Inner {
    pub(super) fn load(
        disk: Arc<dyn Disk>,
        config: StoreConfig,
        observer: Arc<dyn Observer>,
    ) -> Result<Inner, OpenError> {
        let flags = Arc::new(Flags::new(Arc::clone(&observer)));
        let segments = Segments::new(
            Arc::clone(&disk),
            config.log_dir(),
            config.log_file_bytes,
            Handles::new(OPEN_LOG_FILES),
        );
        segments.load()?;
        let log = CommitLog::new(
            segments,
            config.reserve_bytes,
            config.clock.clone(),
            Arc::clone(&observer),
        );
        let log = Arc::new(log);
        let queues = Queues::new(
            Arc::clone(&disk),
            config.queues_dir(),
            config.queue_file_bytes,
            config.open_queue_files,
        );
        let queues = Arc::new(queues);
        queues.load(observer.as_ref())?;
        let index = config
            .index
            .then(|| Index::new(Arc::clone(&disk), config.root.join("index"), config.index_size));
        let index = index.map(Arc::new);
        let (file, checkpoint) = CheckpointFile::open(disk.as_ref(), &config.root.join("checkpoint"))?;
        let dispatcher = Dispatcher {
            log: Arc::clone(&log),
            queues: Arc::clone(&queues),
            index: index.clone(),
            observer: Arc::clone(&observer),
            clock: config.clock.clone(),
            delay_levels_ms: config.delay_levels_ms.clone(),
            is_slave: config.is_slave,
            position: AtomicU64::new(0),
            store_ms: AtomicI64::new(0),
        };
        let flusher = Flusher::new(Arc::clone(&log), Arc::clone(&flags), Arc::clone(&observer));
        Ok(Inner {
            flush_mode: config.flush,
            config,
            disk,
            observer,
            flags,
            log,
            queues,
            index,
            dispatcher,
            flusher,
            checkpoint: Mutex::new((file, checkpoint)),
            stopping: AtomicBool::new(false),
            manual_deletes: AtomicU32::new(0),
            kept_log_min: AtomicU64::new(0),
            log_ms: AtomicI64::new(0),
        })
    }

    pub(super) fn recover(&self) -> Result<Recovered, OpenError> {
        let abort: PathBuf = self.config.root.join("abort");
        let clean = !self.disk.exists(&abort)?;
        let checkpoint = lock(&self.checkpoint).1;
        if let Some(index) = &self.index {
            index.load(clean, checkpoint.index_ms)?;
        }
        // Before anything is changed: a power cut during recovery must not look like a clean stop.
        let file = self.disk.open(&abort, OpenMode::Create)?;
        file.set_len(0)?;
        file.write_at(std::process::id().to_string().as_bytes(), 0)?;
        file.sync()?;
        self.disk.sync_dir(&self.config.root)?;
        let recovered = recover(&self.dispatcher, clean, &checkpoint, self.config.check_crc)?;
        self.kept_log_min.store(self.log.min(), Ordering::Release);
        if !clean {
            self.flush_all()?;
        }
        Ok(recovered)
    }
}

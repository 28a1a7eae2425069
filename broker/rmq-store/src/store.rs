//! The store as a broker sees it: one value that appends, reads, finds, and stops cleanly.
//!
//! Three threads serve it: `store-flush` syncs the commit log, `store-dispatch` tells queues and index what was
//! written, `store-keep` syncs those two from time to time and deletes what is old.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle, Thread};
use std::time::{Duration, Instant};

use crate::checkpoint::{Checkpoint, CheckpointFile};
use crate::commit_log::{AppendError, AppendTimes, CommitLog, Placed};
use crate::config::{FlushMode, StoreConfig};
use crate::config_dir::ConfigDir;
use crate::disk::{Disk, LockGuard, OpenMode, RealDisk};
use crate::dispatch::Dispatcher;
use crate::event::{Observer, StoreEvent, WriteStop};
use crate::flags::Flags;
use crate::flush::{Durable, Flusher};
use crate::index::{Index, KeyHits};
use crate::log_reader::LogReader;
use crate::queues::Queues;
use crate::read::{self, Get, GetRequest, GetStatus, MessageFilter};
use crate::record::{self, BatchPart, EncodeError, NewMessage, PROPERTY_SEPARATOR};
use crate::recover::{Recovered, recover};
use crate::retain;
use crate::segments::{Handles, RowError, Segments};
use crate::sync::lock;

/// Commit log files held open at most.
const OPEN_LOG_FILES: usize = 1024;
/// A dispatch that failed is tried again after this long.
const RETRY_AFTER: Duration = Duration::from_millis(200);
/// `maxMsgsNumBatch`: hits of one lookup by key.
const KEY_HITS_MAX: usize = 64;
/// Unsynced bytes from which a queue is synced before its time (`flushConsumeQueueLeastPages`, 2 pages).
const QUEUE_LEAST_BYTES: u64 = 2 * 4096;

/// Why a store did not start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// RocketMQ: "Lock failed,MQ already started".
    #[error("Lock failed,MQ already started")]
    Locked,
    /// Files do not fit together.
    #[error(transparent)]
    Files(#[from] RowError),
    /// The system said no.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// RocketMQ's `PutMessageStatus`, as far as a store decides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutStatus {
    /// Appended; [`Appended::durable`] tells when it is safe.
    Ok,
    /// The store takes no messages (response code 14): disk full, failed, or stopped.
    ServiceNotAvailable,
    /// Body or record too long, or a topic that cannot be stored (13).
    MessageIllegal,
    /// Properties too long, or not storable (13).
    PropertiesSizeExceeded,
    /// The system failed in some other way (1).
    UnknownError,
}

/// What became of an append.
#[derive(Debug)]
pub struct Appended {
    /// How it went.
    pub status: PutStatus,
    /// Where it is, if [`PutStatus::Ok`].
    pub placed: Option<Placed>,
    /// Where the time went.
    pub times: AppendTimes,
    /// To wait for, if the producer wants its message on the disk.
    pub durable: Durable,
}

impl Appended {
    fn refused(status: PutStatus) -> Self {
        Appended {
            status,
            placed: None,
            times: AppendTimes::default(),
            durable: Durable::READY,
        }
    }
}

/// Which end of a run of equal times is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Boundary {
    /// The first message at or after the time.
    Lower,
    /// The last message at or before the time.
    Upper,
}

struct Inner {
    config: StoreConfig,
    disk: Arc<dyn Disk>,
    observer: Arc<dyn Observer>,
    flags: Arc<Flags>,
    log: Arc<CommitLog>,
    queues: Arc<Queues>,
    index: Option<Arc<Index>>,
    dispatcher: Dispatcher,
    flusher: Flusher,
    checkpoint: Mutex<(CheckpointFile, Checkpoint)>,
    stopping: AtomicBool,
    manual_deletes: AtomicU32,
    kept_log_min: AtomicU64,
    log_ms: AtomicI64,
    flush_mode: FlushMode,
}

/// A message store.
pub struct Store {
    inner: Arc<Inner>,
    recovered: Recovered,
    flush_thread: Thread,
    dispatch_thread: Thread,
    threads: Mutex<Vec<JoinHandle<()>>>,
    lock: Mutex<Option<Box<dyn LockGuard>>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("root", &self.inner.config.root)
            .field("log", &self.inner.log)
            .finish_non_exhaustive()
    }
}

impl Inner {
    /// What consumers may see ends here: with `SYNC_FLUSH` nothing that a power cut could take back.
    fn confirmed(&self) -> u64 {
        match self.flush_mode {
            FlushMode::Sync => self.log.flushed(),
            FlushMode::Async => self.log.end(),
        }
    }

    fn flush_log(&self) -> bool {
        match self.flusher.flush() {
            Some(store_ms) => {
                self.log_ms.fetch_max(store_ms, Ordering::AcqRel);
                true
            }
            None => false,
        }
    }

    /// Syncs log, queues and index, in this order, and notes it in the checkpoint.
    fn flush_all(&self) -> io::Result<()> {
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
    fn look(&self) -> io::Result<usize> {
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

    fn ratio(&self, dir: &Path) -> f64 {
        self.disk.space(dir).map_or(-1.0, |space| space.used_ratio())
    }

    fn failed(&self, action: &'static str, error: &io::Error) {
        self.observer.event(&StoreEvent::IoError {
            action,
            error: error.to_string(),
        });
    }

    fn run_flush(&self, dispatch: &Thread) {
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

    fn run_dispatch(&self) {
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

    fn run_keep(&self) {
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

impl Store {
    /// Opens a store on the operating system's disk.
    pub fn open(config: StoreConfig, observer: Arc<dyn Observer>) -> Result<Store, OpenError> {
        Store::open_on(Arc::new(RealDisk), config, observer)
    }

    /// Opens a store on a disk of the caller's: locks it, recovers, starts its threads.
    pub fn open_on(disk: Arc<dyn Disk>, config: StoreConfig, observer: Arc<dyn Observer>) -> Result<Store, OpenError> {
        let root = config.root.clone();
        for dir in [
            &root,
            &config.log_dir(),
            &config.queues_dir(),
            &root.join("index"),
            &root.join("config"),
        ] {
            disk.create_dir_all(dir)?;
        }
        let guard = disk.lock(&root.join("lock")).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => OpenError::Locked,
            _ => OpenError::Io(error),
        })?;
        let inner = Arc::new(Inner::load(disk, config, observer)?);
        let recovered = inner.recover()?;
        inner.flags.set(WriteStop::Stopped, false, None);
        if let Err(error) = inner.look() {
            inner.failed("retention", &error);
        }
        let spawn = |name: &str, run: Box<dyn FnOnce() + Send>| thread::Builder::new().name(name.to_owned()).spawn(run);
        let one = Arc::clone(&inner);
        let dispatch = spawn("store-dispatch", Box::new(move || one.run_dispatch()))?;
        let dispatch_thread = dispatch.thread().clone();
        let (one, waker) = (Arc::clone(&inner), dispatch_thread.clone());
        let flush = spawn("store-flush", Box::new(move || one.run_flush(&waker)))?;
        let flush_thread = flush.thread().clone();
        let one = Arc::clone(&inner);
        let keep = spawn("store-keep", Box::new(move || one.run_keep()))?;
        Ok(Store {
            inner,
            recovered,
            flush_thread,
            dispatch_thread,
            threads: Mutex::new(vec![flush, dispatch, keep]),
            lock: Mutex::new(Some(guard)),
        })
    }

    /// What the start found.
    pub fn recovered(&self) -> &Recovered {
        &self.recovered
    }

    /// The folder `config/`.
    pub fn config_dir(&self) -> ConfigDir {
        ConfigDir::new(Arc::clone(&self.inner.disk), self.inner.config.root.join("config"))
    }

    /// Appends one message.
    pub fn append(&self, message: &NewMessage<'_>) -> Appended {
        if !self.inner.flags.is_writable() {
            return Appended::refused(PutStatus::ServiceNotAvailable);
        }
        let mut bytes = Vec::with_capacity(256 + message.body.len() + message.properties.len());
        match record::encode(&mut bytes, message, self.inner.config.max_body_bytes) {
            Ok(size) => self.append_encoded(message, &mut bytes, &[size]),
            Err(error) => Appended::refused(status_of(error)),
        }
    }

    /// Appends the parts of a batch, all or none and in one file. `head` gives all but flag and body; its properties
    /// are added to those of each part. Batches know no transactions.
    pub fn append_batch(&self, head: &NewMessage<'_>, parts: &[BatchPart<'_>]) -> Appended {
        if !self.inner.flags.is_writable() {
            return Appended::refused(PutStatus::ServiceNotAvailable);
        }
        if parts.is_empty() || head.sys_flag & record::sys_flag::TRANSACTION != 0 {
            return Appended::refused(PutStatus::MessageIllegal);
        }
        let mut bytes = Vec::new();
        let mut sizes = Vec::with_capacity(parts.len());
        let mut properties = Vec::new();
        for part in parts {
            properties.clear();
            properties.extend_from_slice(part.properties);
            let needs_separator = properties.last().is_some_and(|&last| last != PROPERTY_SEPARATOR);
            if needs_separator && !head.properties.is_empty() {
                properties.push(PROPERTY_SEPARATOR);
            }
            properties.extend_from_slice(head.properties);
            let message = NewMessage {
                flag: part.flag,
                body: part.body,
                properties: &properties,
                prepared_offset: 0,
                ..*head
            };
            match record::encode(&mut bytes, &message, self.inner.config.max_body_bytes) {
                Ok(size) => sizes.push(size),
                Err(error) => return Appended::refused(status_of(error)),
            }
        }
        self.append_encoded(head, &mut bytes, &sizes)
    }

    fn append_encoded(&self, message: &NewMessage<'_>, bytes: &mut [u8], sizes: &[usize]) -> Appended {
        let queue = self.inner.queues.get_or_make(message.topic, message.queue_id);
        let is_queued = record::is_queued(message.sys_flag);
        match self.inner.log.append(bytes, sizes, &queue, is_queued) {
            Ok((placed, times)) => {
                let durable = self.written(placed.log_end());
                Appended {
                    status: PutStatus::Ok,
                    placed: Some(placed),
                    times,
                    durable,
                }
            }
            Err(AppendError::TooLong) => Appended::refused(PutStatus::MessageIllegal),
            Err(AppendError::NoRoom(error)) => {
                self.inner.failed("append", &error);
                self.inner.flags.set(WriteStop::DiskFull, true, None);
                Appended::refused(PutStatus::ServiceNotAvailable)
            }
            Err(AppendError::Io(error)) => {
                self.inner.failed("append", &error);
                Appended::refused(PutStatus::UnknownError)
            }
        }
    }

    /// Wakes who has to do with new bytes.
    fn written(&self, log_end: u64) -> Durable {
        match self.inner.flush_mode {
            FlushMode::Sync => {
                let durable = self.inner.flusher.promise(log_end);
                self.flush_thread.unpark();
                durable
            }
            FlushMode::Async => {
                self.dispatch_thread.unpark();
                Durable::READY
            }
        }
    }

    /// Appends what a master sent; `false` unless `log_offset` is this log's end.
    pub fn append_raw(&self, log_offset: u64, bytes: &[u8]) -> io::Result<bool> {
        match self.inner.log.append_raw(log_offset, bytes) {
            Ok(is_taken) => {
                self.flush_thread.unpark();
                self.dispatch_thread.unpark();
                Ok(is_taken)
            }
            Err(AppendError::TooLong) => Ok(false),
            Err(AppendError::NoRoom(error)) => {
                self.inner.flags.set(WriteStop::DiskFull, true, None);
                Err(error)
            }
            Err(AppendError::Io(error)) => Err(error),
        }
    }

    /// Log bytes from `log_offset` for a slave: at most `max_bytes`, not across a file end. Empty at the end; `None`
    /// when they are gone or were never there.
    pub fn read_log(&self, log_offset: u64, max_bytes: usize) -> Option<Vec<u8>> {
        let (log, end) = (&self.inner.log, self.inner.log.end());
        if log_offset == end {
            return Some(Vec::new());
        }
        let file_end = log.segments().holding(log_offset)? + log.segments().size_bytes();
        let count = end.min(file_end).checked_sub(log_offset)?.min(max_bytes as u64) as usize;
        let mut out = Vec::new();
        log.read(log_offset, count, &mut out).map(|()| out)
    }

    /// Reads a queue.
    pub fn get(&self, request: &GetRequest<'_>, filter: &dyn MessageFilter) -> Get {
        match self.inner.queues.get(request.topic, request.queue_id) {
            Some(queue) => read::get(&self.inner.config, &self.inner.log, &queue, request, filter),
            None => {
                let next = if self.inner.config.is_slave { request.offset } else { 0 };
                Get::nothing(GetStatus::NoMatchedLogicQueue, next, 0, 0)
            }
        }
    }

    /// The record that begins at a log offset. Any offset may be asked for.
    pub fn record_at(&self, log_offset: u64) -> Option<Vec<u8>> {
        self.inner
            .log
            .record_at(log_offset, self.inner.config.log_file_bytes as usize)
    }

    /// The newest `max` records with a key, in the order of the log, and what the index last saw. Other keys of the
    /// same hash may be among them.
    pub fn find_by_key(
        &self,
        topic: &str,
        key: &str,
        max: usize,
        begin_ms: i64,
        end_ms: i64,
    ) -> io::Result<(Vec<Vec<u8>>, KeyHits)> {
        let Some(index) = &self.inner.index else {
            return Ok((Vec::new(), KeyHits::default()));
        };
        let mut hits = index.find(topic, key, max.min(KEY_HITS_MAX), begin_ms, end_ms)?;
        hits.log_offsets.sort_unstable();
        let records = hits
            .log_offsets
            .iter()
            .filter_map(|&offset| self.record_at(offset))
            .collect();
        Ok((records, hits))
    }

    /// Number in a queue by store time, within its minimum and maximum.
    pub fn offset_by_time(&self, topic: &str, queue_id: i32, time_ms: i64, boundary: Boundary) -> io::Result<i64> {
        let Some(queue) = self.inner.queues.get(topic, queue_id) else {
            return Ok(0);
        };
        let (min, max) = (queue.min(), queue.end());
        let log = &self.inner.log;
        let is_behind = |ms: i64| match boundary {
            Boundary::Lower => ms >= time_ms,
            Boundary::Upper => ms > time_ms,
        };
        let found = queue.partition(min, max, |unit| {
            Ok(log.store_ms(unit.log_offset).is_some_and(is_behind))
        })?;
        match boundary {
            Boundary::Lower => Ok(found),
            Boundary::Upper => Ok((found - 1).max(min)),
        }
    }

    /// Store time of a message of a queue.
    pub fn store_ms(&self, topic: &str, queue_id: i32, offset: i64) -> Option<i64> {
        let unit = self.inner.queues.get(topic, queue_id)?.unit(offset).ok()??;
        self.inner.log.store_ms(unit.log_offset)
    }

    /// Store time of the first message that is left in a queue.
    pub fn earliest_ms(&self, topic: &str, queue_id: i32) -> Option<i64> {
        self.store_ms(topic, queue_id, self.min_offset(topic, queue_id))
    }

    /// First number of a queue; 0 when it is not known.
    pub fn min_offset(&self, topic: &str, queue_id: i32) -> i64 {
        self.inner.queues.get(topic, queue_id).map_or(0, |queue| queue.min())
    }

    /// Number behind the last readable message; 0 when the queue is not known.
    pub fn max_offset(&self, topic: &str, queue_id: i32) -> i64 {
        self.inner.queues.get(topic, queue_id).map_or(0, |queue| queue.end())
    }

    /// Number the next message gets.
    pub fn next_offset(&self, topic: &str, queue_id: i32) -> i64 {
        self.inner.queues.get(topic, queue_id).map_or(0, |queue| queue.next())
    }

    /// Whether a message is near enough to the log's end to be in memory.
    pub fn is_in_memory(&self, topic: &str, queue_id: i32, offset: i64) -> bool {
        let unit = self
            .inner
            .queues
            .get(topic, queue_id)
            .and_then(|queue| queue.unit(offset).ok()?);
        unit.is_some_and(|unit| self.inner.log.end() - unit.log_offset <= self.inner.config.memory_bytes)
    }

    /// Every queue that has a folder or had a message.
    pub fn queues(&self) -> Vec<(String, i32)> {
        self.inner
            .queues
            .all()
            .into_iter()
            .map(|(topic, id, _)| (topic, id))
            .collect()
    }

    /// Removes the queues of topics that `is_wanted` does not want. Their records go with the log.
    pub fn clean_unused_topics(&self, is_wanted: impl Fn(&str) -> bool) -> io::Result<Vec<String>> {
        let unwanted: Vec<String> = self
            .inner
            .queues
            .topics()
            .into_iter()
            .filter(|topic| !is_wanted(topic))
            .collect();
        for topic in &unwanted {
            self.inner.queues.destroy(topic)?;
        }
        Ok(unwanted)
    }

    /// First byte of the log that is left.
    pub fn log_min(&self) -> u64 {
        self.inner.log.min()
    }

    /// First byte of the log that is not written.
    pub fn log_end(&self) -> u64 {
        self.inner.log.end()
    }

    /// First byte of the log that is not synced.
    pub fn log_flushed(&self) -> u64 {
        self.inner.log.flushed()
    }

    /// Store time of the last message.
    pub fn last_store_ms(&self) -> i64 {
        self.inner.log.last_store_ms()
    }

    /// Bytes that are written and not yet told to the queues.
    pub fn dispatch_behind_bytes(&self) -> u64 {
        self.inner.log.end().saturating_sub(self.inner.dispatcher.position())
    }

    /// How long the append lock has been held by its present holder: more than `osPageCacheBusyTimeOutMills` means
    /// that the disk holds up everybody.
    pub fn append_locked_for(&self) -> Duration {
        self.inner.log.locked_for()
    }

    /// Whether messages are taken.
    pub fn is_writable(&self) -> bool {
        self.inner.flags.is_writable()
    }

    /// RocketMQ's running flags, as its log prints them.
    pub fn flag_bits(&self) -> u32 {
        self.inner.flags.bits()
    }

    /// Takes no more messages, or takes them again.
    pub fn set_writable(&self, is_writable: bool) {
        self.inner.flags.set(WriteStop::NotWritable, !is_writable, None);
    }

    /// Ratios in use of the disks of log and queues; −1 when unknown.
    pub fn disk_ratios(&self) -> (f64, f64) {
        (
            self.inner.ratio(&self.inner.config.log_dir()),
            self.inner.ratio(&self.inner.config.queues_dir()),
        )
    }

    /// Bytes of all files, holes included.
    pub fn total_bytes(&self) -> u64 {
        let index = self.inner.index.as_ref().map_or(0, |index| index.total_bytes());
        self.inner.log.segments().total_bytes() + self.inner.queues.total_bytes() + index
    }

    /// Looks at age and disk now, as the store does every ten seconds. Gives the number of log files removed.
    pub fn clean(&self) -> io::Result<usize> {
        self.inner.look()
    }

    /// The next twenty looks delete files past their time whatever the hour (request 329).
    pub fn delete_manually(&self) {
        self.inner.manual_deletes.store(20, Ordering::Release);
    }

    /// Syncs everything and writes the checkpoint now.
    pub fn flush(&self) -> io::Result<()> {
        self.inner.flush_all()
    }

    /// Stops: takes no more messages, dispatches and syncs what is there, removes `abort`. Whether the stop was clean;
    /// if not, the next start recovers.
    pub fn shutdown(&self) -> bool {
        let inner = &self.inner;
        let was_writable = inner.flags.bits() & !(1 << 4) == 0;
        inner.flags.set(WriteStop::Stopped, true, None);
        let synced = inner.flush_log();
        self.join();
        let flushed = synced && inner.flush_all().is_ok();
        let is_clean = was_writable && flushed && inner.dispatcher.position() >= inner.log.end();
        let abort = inner.config.root.join("abort");
        let removed =
            is_clean && inner.disk.remove_file(&abort).is_ok() && inner.disk.sync_dir(&inner.config.root).is_ok();
        lock(&self.lock).take();
        removed
    }

    fn join(&self) {
        self.inner.stopping.store(true, Ordering::Release);
        for thread in lock(&self.threads).drain(..) {
            thread.thread().unpark();
            thread.join().ok();
        }
        self.inner.flusher.abandon();
    }
}

impl Drop for Store {
    /// Without [`Store::shutdown`] this is a crash: threads end, nothing is synced, `abort` stays.
    fn drop(&mut self) {
        self.join();
    }
}

fn status_of(error: EncodeError) -> PutStatus {
    match error {
        EncodeError::Topic | EncodeError::QueueId | EncodeError::TooLong => PutStatus::MessageIllegal,
        EncodeError::PropertiesTooLong | EncodeError::PropertiesZero => PutStatus::PropertiesSizeExceeded,
    }
}

impl Inner {
    fn load(disk: Arc<dyn Disk>, config: StoreConfig, observer: Arc<dyn Observer>) -> Result<Inner, OpenError> {
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

    fn recover(&self) -> Result<Recovered, OpenError> {
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

//! The store as a broker sees it: one value that appends, reads, finds, and stops cleanly.
//!
//! Here: opening, appending, stopping. `ask` reads and finds; `engine` holds the parts and runs the threads.

mod ask;
mod engine;

pub use ask::Boundary;

use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle, Thread};

use engine::Inner;

use crate::commit_log::{AppendError, AppendTimes, Placed};
use crate::config::{FlushMode, StoreConfig};
use crate::config_dir::ConfigDir;
use crate::disk::{Disk, LockGuard, RealDisk};
use crate::event::{Observer, WriteStop};
use crate::flush::Durable;
use crate::record::{self, BatchPart, EncodeError, NewMessage, PROPERTY_SEPARATOR};
use crate::recover::Recovered;
use crate::segments::RowError;
use crate::sync::lock;

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
        // The names of these folders must survive what will lie in them.
        for dir in root.ancestors().take(2).filter(|dir| !dir.as_os_str().is_empty()) {
            disk.sync_dir(dir)?;
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

    /// Takes no more messages, or takes them again.
    pub fn set_writable(&self, is_writable: bool) {
        self.inner.flags.set(WriteStop::NotWritable, !is_writable, None);
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
        // Who appended while the threads ended waits for nobody.
        inner.flusher.abandon();
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

//! Making appended bytes durable: one thread that syncs, and the handles of those who wait for it.
//!
//! With `SYNC_FLUSH` every append wakes the thread; messages that come while a sync runs share the next one (group
//! commit). With `ASYNC_FLUSH` it looks every `flushIntervalCommitLog`. A sync that failed is never tried again: the
//! kernel may have dropped the pages that it could not write, and the next sync would succeed without them.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::commit_log::CommitLog;
use crate::event::{Observer, StoreEvent, WriteStop};
use crate::flags::Flags;
use crate::sync::lock;

/// How waiting for the disk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlushOutcome {
    /// Whether the message is safe.
    pub is_durable: bool,
    /// From the append to this outcome: the stage `flush` of a request.
    pub waited: Duration,
    /// Number of the sync that did it, the same for all messages it made safe; 0 for none.
    pub batch: u64,
    /// How long that sync took by itself.
    pub sync: Duration,
}

#[derive(Debug, Default)]
struct WaitState {
    outcome: Option<FlushOutcome>,
    waker: Option<Waker>,
}

#[derive(Debug)]
struct Waiter {
    log_end: u64,
    asked: Instant,
    state: Mutex<WaitState>,
    done: Condvar,
}

impl Waiter {
    fn finish(&self, is_durable: bool, batch: u64, sync: Duration) {
        let outcome = FlushOutcome {
            is_durable,
            waited: self.asked.elapsed(),
            batch,
            sync,
        };
        let mut state = lock(&self.state);
        state.outcome = Some(outcome);
        let waker = state.waker.take();
        drop(state);
        self.done.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// A promise that a message will be on the disk: wait for it, or await it.
#[derive(Debug)]
pub struct Durable(Option<Arc<Waiter>>);

impl Durable {
    /// Nothing to wait for.
    pub(crate) const READY: Durable = Durable(None);
    const AT_ONCE: FlushOutcome = FlushOutcome {
        is_durable: true,
        waited: Duration::ZERO,
        batch: 0,
        sync: Duration::ZERO,
    };

    /// Whether there is nothing to wait for, as with `ASYNC_FLUSH`.
    pub fn is_ready(&self) -> bool {
        self.0
            .as_ref()
            .is_none_or(|waiter| lock(&waiter.state).outcome.is_some())
    }

    /// Blocks until the outcome is there; `None` after `limit` (RocketMQ's FLUSH_DISK_TIMEOUT, 5 s). Await it instead
    /// where blocking is not wanted, under a time-out of the caller's runtime.
    pub fn wait(&self, limit: Duration) -> Option<FlushOutcome> {
        let Some(waiter) = &self.0 else {
            return Some(Self::AT_ONCE);
        };
        let state = lock(&waiter.state);
        let waited = waiter
            .done
            .wait_timeout_while(state, limit, |state| state.outcome.is_none());
        waited.unwrap_or_else(std::sync::PoisonError::into_inner).0.outcome
    }
}

impl Future for Durable {
    type Output = FlushOutcome;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<FlushOutcome> {
        let Some(waiter) = &self.0 else {
            return Poll::Ready(Self::AT_ONCE);
        };
        let mut state = lock(&waiter.state);
        match state.outcome {
            Some(outcome) => Poll::Ready(outcome),
            None => {
                match &mut state.waker {
                    Some(waker) => waker.clone_from(context.waker()),
                    empty => *empty = Some(context.waker().clone()),
                }
                Poll::Pending
            }
        }
    }
}

/// Syncs the commit log for those who wait.
pub(crate) struct Flusher {
    log: Arc<CommitLog>,
    flags: Arc<Flags>,
    observer: Arc<dyn Observer>,
    waiters: Mutex<Vec<Arc<Waiter>>>,
    batch: AtomicU64,
    /// Held while syncing.
    syncing: Mutex<()>,
}

impl std::fmt::Debug for Flusher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Flusher")
            .field("batch", &self.batch)
            .finish_non_exhaustive()
    }
}

impl Flusher {
    pub(crate) fn new(log: Arc<CommitLog>, flags: Arc<Flags>, observer: Arc<dyn Observer>) -> Self {
        Flusher {
            log,
            flags,
            observer,
            waiters: Mutex::default(),
            batch: AtomicU64::new(0),
            syncing: Mutex::default(),
        }
    }

    /// A handle for bytes up to `log_end`.
    pub(crate) fn promise(&self, log_end: u64) -> Durable {
        let state = Mutex::default();
        let waiter = Arc::new(Waiter {
            log_end,
            asked: Instant::now(),
            state,
            done: Condvar::new(),
        });
        lock(&self.waiters).push(Arc::clone(&waiter));
        Durable(Some(waiter))
    }

    /// Whether somebody waits or something is not synced.
    pub(crate) fn has_work(&self) -> bool {
        !lock(&self.waiters).is_empty() || self.log.flushed() < self.log.end()
    }

    /// Syncs once and tells those who waited. Gives the store time up to which the log is safe.
    pub(crate) fn flush(&self) -> Option<i64> {
        let _one_at_a_time = lock(&self.syncing);
        // Taken first: whatever they wait for was appended before, and is therefore below the end that is synced.
        let waiters = std::mem::take(&mut *lock(&self.waiters));
        let begun = Instant::now();
        let result = if self.flags.holds(WriteStop::FlushError) {
            Err(std::io::Error::other("an earlier sync failed"))
        } else {
            self.log.flush()
        };
        let took = begun.elapsed();
        let batch = self.batch.fetch_add(1, Ordering::Relaxed) + 1;
        match result {
            Ok((bytes, store_ms)) => {
                if bytes > 0 {
                    self.observer.event(&StoreEvent::Flush {
                        batch,
                        bytes,
                        waiters: waiters.len(),
                        took,
                    });
                }
                let flushed = self.log.flushed();
                for waiter in waiters {
                    if waiter.log_end <= flushed {
                        waiter.finish(true, batch, took);
                    } else {
                        lock(&self.waiters).push(waiter);
                    }
                }
                Some(store_ms)
            }
            Err(error) => {
                if !self.flags.holds(WriteStop::FlushError) {
                    self.observer.event(&StoreEvent::IoError {
                        action: "sync",
                        error: error.to_string(),
                    });
                    self.flags.set(WriteStop::FlushError, true, None);
                }
                waiters.iter().for_each(|waiter| waiter.finish(false, batch, took));
                None
            }
        }
    }

    /// [`abandon`](Self::abandon)s when `is_hopeless`.
    pub(crate) fn abandon_if(&self, is_hopeless: bool) {
        if is_hopeless {
            self.abandon();
        }
    }

    /// Tells everybody who still waits that nobody will sync any more.
    pub(crate) fn abandon(&self) {
        for waiter in std::mem::take(&mut *lock(&self.waiters)) {
            waiter.finish(waiter.log_end <= self.log.flushed(), 0, Duration::ZERO);
        }
    }
}

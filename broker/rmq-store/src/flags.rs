//! Whether the store may be written, and why not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::event::{Observer, StoreEvent, WriteStop};

/// One bit for each [`WriteStop`]; the numbers are RocketMQ's `RunningFlags` where it has them.
fn bit(stop: WriteStop) -> u32 {
    match stop {
        WriteStop::NotWritable => 1 << 1,
        WriteStop::QueueError => 1 << 2,
        WriteStop::IndexError => 1 << 3,
        WriteStop::DiskFull => 1 << 4,
        WriteStop::FlushError => 1 << 16,
        WriteStop::Stopped => 1 << 17,
    }
}

pub(crate) struct Flags {
    bits: AtomicU32,
    observer: Arc<dyn Observer>,
}

impl std::fmt::Debug for Flags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Flags({:#x})", self.bits())
    }
}

impl Flags {
    pub(crate) fn new(observer: Arc<dyn Observer>) -> Self {
        Flags {
            bits: AtomicU32::new(bit(WriteStop::Stopped)),
            observer,
        }
    }

    /// All bits, as the Java broker prints them.
    pub(crate) fn bits(&self) -> u32 {
        self.bits.load(Ordering::Acquire)
    }

    pub(crate) fn is_writable(&self) -> bool {
        self.bits() == 0
    }

    pub(crate) fn holds(&self, stop: WriteStop) -> bool {
        self.bits() & bit(stop) != 0
    }

    /// Sets or clears one, and tells when that changed anything.
    pub(crate) fn set(&self, stop: WriteStop, is_set: bool, ratio: Option<f64>) {
        let mask = bit(stop);
        let before = if is_set {
            self.bits.fetch_or(mask, Ordering::AcqRel)
        } else {
            self.bits.fetch_and(!mask, Ordering::AcqRel)
        };
        if (before & mask != 0) != is_set {
            self.observer.event(&StoreEvent::WriteFlag { stop, is_set, ratio });
        }
    }
}

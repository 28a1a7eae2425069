//! The checkpoint: up to which store time log, queues and index are safe on disk. Where recovery begins.
//!
//! ```text
//! checkpoint, 4096 bytes: 0 log time 8 │ 8 queues time 8 │ 16 index time 8 │ 24 master flushed 8 │ 32 confirmed 8
//! ```
//!
//! The 40 bytes lie in one sector, which a disk writes whole or not at all.

use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::disk::{Disk, DiskFile, OpenMode, read_exact_at};

const FILE_BYTES: u64 = 4096;
const USED_BYTES: usize = 40;
/// Java sets the times before it syncs; what lies this far behind them is safe all the same.
const MARGIN_MS: i64 = 3000;

/// The five numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// Store time of the last message that is synced in the commit log.
    pub log_ms: i64,
    /// Store time of the last message that is synced in the consume queues.
    pub queues_ms: i64,
    /// Store time of the last message that is synced in the index.
    pub index_ms: i64,
    /// 5.x: what a master had flushed when this slave last heard.
    pub master_flushed: i64,
    /// 5.x: confirmed offset.
    pub confirmed: i64,
}

impl Checkpoint {
    /// Every message stored up to here is safe in log and queues.
    pub fn safe_ms(&self) -> i64 {
        self.log_ms.min(self.queues_ms).saturating_sub(MARGIN_MS).max(0)
    }
}

/// The open file.
#[derive(Debug)]
pub(crate) struct CheckpointFile(Arc<dyn DiskFile>);

impl CheckpointFile {
    /// Opens or makes it; a file that is too short counts as zeros.
    pub(crate) fn open(disk: &dyn Disk, path: &Path) -> io::Result<(Self, Checkpoint)> {
        let file = disk.open(path, OpenMode::Create)?;
        if file.len_bytes()? < FILE_BYTES {
            file.set_len(FILE_BYTES)?;
            file.sync()?;
            if let Some(dir) = path.parent() {
                disk.sync_dir(dir)?;
            }
        }
        let mut bytes = [0; USED_BYTES];
        read_exact_at(file.as_ref(), &mut bytes, 0)?;
        let long = |at: usize| {
            bytes[at..at + 8]
                .iter()
                .fold(0i64, |sum, &byte| (sum << 8) | i64::from(byte))
        };
        let read = Checkpoint {
            log_ms: long(0),
            queues_ms: long(8),
            index_ms: long(16),
            master_flushed: long(24),
            confirmed: long(32),
        };
        Ok((CheckpointFile(file), read))
    }

    /// Writes and syncs.
    pub(crate) fn write(&self, checkpoint: &Checkpoint) -> io::Result<()> {
        let mut bytes = [0; USED_BYTES];
        let numbers = [
            checkpoint.log_ms,
            checkpoint.queues_ms,
            checkpoint.index_ms,
            checkpoint.master_flushed,
            checkpoint.confirmed,
        ];
        for (slot, number) in bytes.chunks_exact_mut(8).zip(numbers) {
            slot.copy_from_slice(&number.to_be_bytes());
        }
        self.0.write_at(&bytes, 0)?;
        self.0.sync()
    }
}

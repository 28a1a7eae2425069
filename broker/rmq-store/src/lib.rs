//! RocketMQ's store: the files of a broker, byte for byte, so that a Java broker opens what this wrote and the other
//! way round. No connections, no requests, no runtime.
//!
//! ```text
//!   append ─► commit_log ─► flush            one lock, one pwrite; one fdatasync for all who wait
//!                 │
//!             dispatch ─► consume_queue      behind the write, read back from the log
//!                 │
//!                 └─────► index
//!
//!   get ─► consume_queue ─► commit_log       page-cached reads
//! ```
//!
//! * [`Store`]: what a broker holds.
//! * [`record`]: one message as bytes.
//! * [`disk`]: what is asked of a disk, and a disk for tests that loses power.
//! * `segments`: rows of files of one size; `log_reader`: walking records in them.
//! * `recover`: the start; `retain`: what is deleted; `checkpoint`, [`ConfigDir`]: the small files.
//!
//! Not supported: inner batches (`batchconsumequeue`), `consumequeue_ext`, RocksDB, DLedger, and the CRC of properties.

#![cfg_attr(docsrs, warn(missing_docs))]

mod checkpoint;
mod commit_log;
mod config;
mod config_dir;
mod consume_queue;
pub mod disk;
mod dispatch;
mod event;
mod flags;
mod flush;
mod index;
mod log_reader;
mod queues;
mod read;
pub mod record;
mod recover;
mod retain;
mod segments;
mod store;
mod sync;

pub use checkpoint::Checkpoint;
pub use commit_log::{AppendTimes, Placed};
pub use config::{Clock, FlushMode, Retention, StoreConfig};
pub use config_dir::{ConfigDir, LoadError};
pub use consume_queue::{UNIT_BYTES, Unit};
pub use event::{Arrival, NoObserver, Observer, StoreEvent, WriteStop};
pub use flush::{Durable, FlushOutcome};
pub use index::{IndexSize, KeyHits};
pub use read::{Everything, Get, GetRequest, GetStatus, Message, MessageFilter};
pub use recover::Recovered;
pub use retain::{Verdict, judge};
pub use segments::RowError;
pub use store::{Appended, Boundary, OpenError, PutStatus, Store};

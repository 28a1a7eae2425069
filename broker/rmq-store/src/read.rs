//! Reading a queue: from a number on, filtered, as much as one answer may hold.

use crate::commit_log::CommitLog;
use crate::config::StoreConfig;
use crate::consume_queue::{ConsumeQueue, UNIT_BYTES, Unit};

/// RocketMQ's `GetMessageStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GetStatus {
    /// At least one message.
    Found,
    /// Messages, but none that the filter wants.
    NoMatchedMessage,
    /// Their records are deleted already.
    MessageWasRemoving,
    /// The queue's file is missing.
    OffsetFoundNull,
    /// Behind the end by more than one.
    OffsetOverflowBadly,
    /// Exactly the end: nothing new.
    OffsetOverflowOne,
    /// Before the first message that is left.
    OffsetTooSmall,
    /// No such queue.
    NoMatchedLogicQueue,
    /// The queue never had a message.
    NoMessageInQueue,
}

/// Which messages a reader wants.
pub trait MessageFilter {
    /// By the hash of the tags alone, before the record is read.
    fn wants_tag(&self, tag_code: i64) -> bool {
        let _ = tag_code;
        true
    }

    /// By the whole record.
    fn wants_record(&self, record: &[u8]) -> bool {
        let _ = record;
        true
    }
}

/// All of them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Everything;

impl MessageFilter for Everything {}

/// One message of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// Its number in the queue.
    pub queue_offset: i64,
    /// Where it lies in the log.
    pub log_offset: u64,
    /// Length of its record, which follows that of the message before in [`Get::body`].
    pub size_bytes: u32,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Get {
    /// How it went.
    pub status: GetStatus,
    /// Where to read next.
    pub next_offset: i64,
    /// First number of the queue.
    pub min_offset: i64,
    /// Number behind the last.
    pub max_offset: i64,
    /// What was found, in order.
    pub messages: Vec<Message>,
    /// Their records, one behind the other: the body of a pull response.
    pub body: Vec<u8>,
    /// Records read and not wanted.
    pub filtered: usize,
    /// Bytes read that are too far behind to be in memory.
    pub cold_bytes: u64,
    /// The reader is further behind than memory reaches: RocketMQ then sends it to a slave.
    pub is_far_behind: bool,
}

impl Get {
    pub(crate) fn nothing(status: GetStatus, next_offset: i64, min_offset: i64, max_offset: i64) -> Self {
        Get {
            status,
            next_offset,
            min_offset,
            max_offset,
            messages: Vec::new(),
            body: Vec::new(),
            filtered: 0,
            cold_bytes: 0,
            is_far_behind: false,
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct GetRequest<'a> {
    /// Topic.
    pub topic: &'a str,
    /// Queue.
    pub queue_id: i32,
    /// First number.
    pub offset: i64,
    /// At most so many messages.
    pub max_messages: usize,
    /// At most so many bytes; one message is given whatever its size.
    pub max_bytes: usize,
}

/// Whether an answer takes no more (`DefaultMessageStore.isTheBatchFull`).
fn is_full(config: &StoreConfig, request: &GetRequest<'_>, get: &Get, unit: &Unit, is_cold: bool) -> bool {
    if get.messages.is_empty() {
        return false;
    }
    let pick = |(warm, cold): (usize, usize)| if is_cold { cold } else { warm };
    let bytes = get.body.len().saturating_add(unit.size_bytes as usize);
    get.messages.len() >= request.max_messages.min(pick(config.transfer_messages))
        || bytes > request.max_bytes.min(pick(config.transfer_bytes))
}

/// Reads from a queue that is there.
pub(crate) fn get(
    config: &StoreConfig,
    log: &CommitLog,
    queue: &ConsumeQueue,
    request: &GetRequest<'_>,
    filter: &dyn MessageFilter,
) -> Get {
    let (min, max) = (queue.min(), queue.end());
    let corrected = |to| if config.is_slave { request.offset } else { to };
    let nothing = |status, next| Get::nothing(status, corrected(next), min, max);
    if max == 0 {
        return nothing(GetStatus::NoMessageInQueue, 0);
    }
    if request.offset < min {
        return nothing(GetStatus::OffsetTooSmall, min);
    }
    if request.offset == max {
        return nothing(GetStatus::OffsetOverflowOne, max);
    }
    if request.offset > max {
        return nothing(GetStatus::OffsetOverflowBadly, max);
    }
    let scan_bytes = config
        .filter_bytes
        .max((request.max_messages as u64).saturating_mul(UNIT_BYTES));
    let scan_units = usize::try_from(scan_bytes.div_ceil(UNIT_BYTES))
        .unwrap_or(usize::MAX)
        .min(1 << 20);
    let mut get = Get::nothing(GetStatus::NoMatchedMessage, request.offset, min, max);
    let mut units = Vec::new();
    if queue.read(request.offset, scan_units, &mut units).is_err() || units.is_empty() {
        let per_file = (queue.segments().size_bytes() / UNIT_BYTES) as i64;
        return nothing(GetStatus::OffsetFoundNull, (request.offset / per_file + 1) * per_file);
    }
    let log_end = log.end();
    for (number, unit) in (request.offset..).zip(&units) {
        let behind_bytes = log_end.saturating_sub(unit.log_offset);
        let is_cold = behind_bytes > config.memory_bytes;
        if is_full(config, request, &get, unit, is_cold) {
            break;
        }
        get.is_far_behind = is_cold;
        get.next_offset = number + 1;
        if !filter.wants_tag(unit.tag_code) {
            continue;
        }
        let from = get.body.len();
        if log
            .read_record(unit.log_offset, unit.size_bytes as usize, &mut get.body)
            .is_none()
        {
            if get.messages.is_empty() {
                get.status = GetStatus::MessageWasRemoving;
            }
            continue;
        }
        if is_cold {
            get.cold_bytes += u64::from(unit.size_bytes);
        }
        if !filter.wants_record(&get.body[from..]) {
            get.body.truncate(from);
            get.filtered += 1;
            continue;
        }
        get.messages.push(Message {
            queue_offset: number,
            log_offset: unit.log_offset,
            size_bytes: unit.size_bytes,
        });
        get.status = GetStatus::Found;
    }
    get
}

//! The start of a store: where the log ends, what the queues know of it, and what must be told them again.
//!
//! After a clean stop (no `abort` file) everything on disk is whole; the log's end is looked for in the last file, and
//! records that no queue knows are dispatched. After a crash
//!
//! 1. the checkpoint names a store time before which log and queues are safe; the walk begins with the last file whose
//!    first record is that old; the index forgets what is younger than its own time;
//! 2. every queue ends before that file; what it knew of later messages may be torn and is forgotten;
//! 3. records are read, checked and dispatched again up to the first that is not whole; there the log ends, and
//!    everything behind becomes zeros, so that no later crash finds an old record there and believes it;
//! 4. queues, index and checkpoint are synced before the first message is taken.
//!
//! When a queue turns out to lack numbers before the walk, the checkpoint lied: everything is built from the first file.

use std::io;
use std::sync::atomic::Ordering;
use std::time::Instant;

use crate::checkpoint::Checkpoint;
use crate::dispatch::Dispatcher;
use crate::event::StoreEvent;
use crate::log_reader::{Found, LogReader};
use crate::record::{self, Check, Record};

/// Records between two writes of what was put.
const ROUND_RECORDS: u64 = 2000;

/// What recovery found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// Whether the last stop was clean.
    pub clean: bool,
    /// Where the walk began.
    pub from_log: u64,
    /// Records read.
    pub records: u64,
    /// End of the log.
    pub log_end: u64,
    /// Why it ends there.
    pub reason: String,
}

/// Where and why a walk ended.
struct Walk {
    records: u64,
    end: u64,
    store_ms: i64,
    reason: String,
    /// Whether what lies at the end was never written.
    is_untouched: bool,
    /// A queue lacks numbers before its next message.
    has_gap: bool,
}

/// Recovers; the dispatcher's queues and index are loaded, the log has its files.
pub(crate) fn recover(
    dispatcher: &Dispatcher,
    clean: bool,
    checkpoint: &Checkpoint,
    check_crc: bool,
) -> io::Result<Recovered> {
    let begun = Instant::now();
    let log = &dispatcher.log;
    let Some(log_min) = log.segments().first() else {
        return without_log(dispatcher, clean);
    };
    let (from, known) = if clean {
        begin_clean(dispatcher, log_min)?
    } else {
        begin_crash(dispatcher, checkpoint)?
    };
    dispatcher
        .observer
        .event(&StoreEvent::RecoveryBegin { clean, from_log: from });
    let check = if check_crc { Check::Crc } else { Check::Shape };
    let mut from = from;
    let mut walk = walk(dispatcher, from, known, check, clean, from > log_min)?;
    if walk.has_gap {
        from = log_min;
        dispatcher.queues.for_each(|queue| queue.end_before(log_min))?;
        walk = self::walk(dispatcher, from, from, check, clean, false)?;
    }
    settle(dispatcher, &walk, from, clean)?;
    let recovered = Recovered {
        clean,
        from_log: from,
        records: walk.records,
        log_end: walk.end,
        reason: walk.reason,
    };
    dispatcher.observer.event(&StoreEvent::RecoveryEnd {
        records: recovered.records,
        log_end: recovered.log_end,
        reason: recovered.reason.clone(),
        took: begun.elapsed(),
    });
    Ok(recovered)
}

/// RocketMQ: "The commitlog files are deleted, and delete the consume queue files".
fn without_log(dispatcher: &Dispatcher, clean: bool) -> io::Result<Recovered> {
    dispatcher.queues.for_each(|queue| queue.destroy())?;
    if let Some(index) = &dispatcher.index {
        index.destroy()?;
    }
    Ok(Recovered {
        clean,
        from_log: 0,
        records: 0,
        log_end: 0,
        reason: "no commit log file".to_owned(),
    })
}

/// Where to begin after a clean stop, and the first log offset that no queue knows.
fn begin_clean(dispatcher: &Dispatcher, log_min: u64) -> io::Result<(u64, u64)> {
    let mut known = log_min;
    dispatcher.queues.for_each(|queue| {
        queue.find_end()?;
        known = known.max(queue.last_unit()?.map_or(0, |unit| unit.log_end()));
        Ok(())
    })?;
    let firsts = dispatcher.log.segments().firsts();
    let from = firsts
        .iter()
        .rev()
        .find(|&&first| first <= known)
        .copied()
        .unwrap_or(log_min);
    Ok((from, known))
}

/// Where to begin after a crash. Everything from there on is dispatched again.
fn begin_crash(dispatcher: &Dispatcher, checkpoint: &Checkpoint) -> io::Result<(u64, u64)> {
    let segments = dispatcher.log.segments();
    let mut from = segments.first().unwrap_or(0);
    for first in segments.firsts().into_iter().rev() {
        let mut head = vec![0; record::HEAD_BYTES];
        let is_old = segments.read_at(&mut head, first).is_ok()
            && record::store_ms_of_head(&head).is_some_and(|ms| ms > 0 && ms <= checkpoint.safe_ms());
        if is_old {
            from = first;
            break;
        }
    }
    // Units of records that retention took stay: they alone know the number of the next message.
    dispatcher.queues.for_each(|queue| {
        queue.end_before(from)?;
        drop_strange_tail(dispatcher, queue)
    })?;
    Ok((from, from))
}

/// Forgets units at the end of a queue whose records are not that queue's: left over from an older life of the store.
fn drop_strange_tail(dispatcher: &Dispatcher, queue: &crate::consume_queue::ConsumeQueue) -> io::Result<()> {
    let segments = dispatcher.log.segments();
    let log_min = segments.first().unwrap_or(0);
    queue.drop_wrong_tail(|number, unit| {
        // A record that retention took cannot be asked any more.
        if unit.log_offset < log_min {
            return true;
        }
        let mut head = vec![0; record::HEAD_BYTES];
        segments.read_at(&mut head, unit.log_offset).is_ok()
            && record::size_and_log_offset(&head) == Some((unit.size_bytes, unit.log_offset))
            && head[record::QUEUE_OFFSET_AT..record::QUEUE_OFFSET_AT + 8] == number.to_be_bytes()
    })
}

/// Reads from `from`, dispatches what lies at or behind `known`.
fn walk(
    dispatcher: &Dispatcher,
    from: u64,
    known: u64,
    check: Check,
    clean: bool,
    stop_at_gap: bool,
) -> io::Result<Walk> {
    let mut reader = LogReader::new(dispatcher.log.segments());
    let mut walk = Walk {
        records: 0,
        end: from,
        store_ms: 0,
        reason: String::new(),
        is_untouched: false,
        has_gap: false,
    };
    let mut at = from;
    let mut touched = Vec::new();
    loop {
        match reader.at(at, u64::MAX, check) {
            Found::Record(record) if !clean && record.lost_a_sector() => {
                walk.reason = "a sector of the properties was never written".to_owned();
                break;
            }
            Found::Record(record) => {
                if at >= known {
                    if stop_at_gap && has_gap(dispatcher, &record) {
                        walk.has_gap = true;
                        return Ok(walk);
                    }
                    touched.extend(dispatcher.put_record(&record)?);
                }
                walk.store_ms = walk.store_ms.max(record.store_ms);
                walk.records += 1;
                at += record.bytes.len() as u64;
                walk.end = at;
                if walk.records.is_multiple_of(ROUND_RECORDS) {
                    dispatcher.write(&touched)?;
                    touched.clear();
                }
            }
            // The end stays at the blank until the next file has a record: an append may write it again.
            Found::NextFile(next) => at = next,
            Found::End => {
                walk.reason = "end of the last file".to_owned();
                walk.is_untouched = true;
                break;
            }
            Found::Broken(broken) => {
                walk.is_untouched = broken == record::Broken::Empty;
                walk.reason = broken.to_string();
                break;
            }
            Found::Unreadable(error) => return Err(error),
        }
    }
    dispatcher.write(&touched)?;
    Ok(walk)
}

fn has_gap(dispatcher: &Dispatcher, record: &Record<'_>) -> bool {
    let Ok(topic) = std::str::from_utf8(record.topic) else {
        return false;
    };
    let queue = dispatcher.queues.get(topic, record.queue_id);
    // Units that wait to be written count as well, so the question is put to what the queue expects next.
    record.is_queued() && queue.is_some_and(|queue| queue.expected() > 0 && record.queue_offset > queue.expected())
}

/// Ends the log and the queues where the walk ended.
fn settle(dispatcher: &Dispatcher, walk: &Walk, from: u64, clean: bool) -> io::Result<()> {
    let log = &dispatcher.log;
    if clean && walk.is_untouched {
        log.segments()
            .remove_from(walk.end.next_multiple_of(log.segments().size_bytes()))?;
    } else {
        log.segments().cut(walk.end, false)?;
    }
    if !clean {
        // A process that was killed leaves bytes in the page cache that nobody synced; from now on they count as safe.
        log.segments().sync(from, walk.end)?;
    }
    log.set_end(walk.end, walk.store_ms)?;
    dispatcher.position.store(walk.end, Ordering::Release);
    dispatcher.store_ms.store(walk.store_ms, Ordering::Release);
    if let Some(index) = &dispatcher.index {
        index.end_before(walk.end)?;
    }
    let log_min = log.min();
    for (_, _, queue) in dispatcher.queues.all() {
        if queue.last_unit()?.is_some_and(|unit| unit.log_end() > walk.end) {
            queue.end_before(walk.end)?;
        }
        queue.set_next(queue.end());
        queue.forget_before(log_min)?;
    }
    Ok(())
}

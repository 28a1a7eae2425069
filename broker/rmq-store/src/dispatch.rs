//! Behind the write: every record of the commit log goes, in order, to its consume queue and to the index.
//!
//! Records are read back from the log rather than handed over by the append: the append stays short, a slave's bytes
//! and a recovered log take the same way, and what consumers see is what lies in the log.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use crate::commit_log::CommitLog;
use crate::config::Clock;
use crate::consume_queue::{ConsumeQueue, Put, Unit};
use crate::event::{Arrival, Observer, StoreEvent};
use crate::index::Index;
use crate::log_reader::{Found, LogReader};
use crate::queues::Queues;
use crate::record::{Broken, Check, Record, is_folder_name, sys_flag, tag_code};

/// The topic of delayed messages.
const SCHEDULE_TOPIC: &str = "SCHEDULE_TOPIC_XXXX";
/// Records handled before their units are written.
const ROUND_RECORDS: usize = 2000;

/// The dispatcher; one thread drives it.
pub(crate) struct Dispatcher {
    pub(crate) log: Arc<CommitLog>,
    pub(crate) queues: Arc<Queues>,
    pub(crate) index: Option<Arc<Index>>,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) clock: Clock,
    pub(crate) delay_levels_ms: Vec<i64>,
    pub(crate) is_slave: bool,
    /// First byte that is not dispatched.
    pub(crate) position: AtomicU64,
    /// Store time of the last record dispatched.
    pub(crate) store_ms: AtomicI64,
}

impl std::fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dispatcher")
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

/// A record that was told to its queue, for the notice afterwards.
struct Told {
    queue_id: i32,
    queue_offset: i64,
    store_ms: i64,
    tag_code: i64,
    topic: String,
    properties: Vec<u8>,
}

impl Dispatcher {
    /// First byte that is not dispatched.
    pub(crate) fn position(&self) -> u64 {
        self.position.load(Ordering::Acquire)
    }

    /// Dispatches what lies before `limit`, a round of it. `true` when something was done.
    pub(crate) fn round(&self, reader: &mut LogReader<'_>, limit: u64) -> io::Result<bool> {
        let start = self.position().max(self.log.min());
        let mut at = start;
        let mut touched: Vec<Arc<ConsumeQueue>> = Vec::new();
        let mut told = Vec::new();
        let mut last_ms = None;
        for _ in 0..ROUND_RECORDS {
            if at >= limit {
                break;
            }
            match reader.at(at, limit, Check::Shape) {
                Found::Record(record) => {
                    if let Some(queue) = self.put(&record, &mut told)? {
                        touched.push(queue);
                    }
                    last_ms = Some(record.store_ms);
                    at += record.bytes.len() as u64;
                }
                Found::NextFile(next) => at = next,
                Found::End => break,
                // A master's bytes come in pieces that end anywhere.
                Found::Broken(Broken::Short(_)) if self.is_slave => break,
                Found::Unreadable(error) => return Err(error),
                Found::Broken(broken) => {
                    // What was appended or recovered is whole; if not, the disk changed it. As RocketMQ does, go on
                    // behind what was there: messages that come must not wait for one that is lost.
                    let reason = broken.to_string();
                    self.observer
                        .event(&StoreEvent::Undeliverable { log_offset: at, reason });
                    at = limit.min((at + 1).next_multiple_of(self.log.segments().size_bytes()));
                }
            }
        }
        self.write(&touched)?;
        if let Some(ms) = last_ms {
            self.store_ms.store(ms, Ordering::Release);
            self.log.note_store_ms(ms);
        }
        self.position.store(at, Ordering::Release);
        for one in &told {
            self.observer.arrived(&Arrival {
                topic: &one.topic,
                queue_id: one.queue_id,
                queue_offset: one.queue_offset,
                tag_code: one.tag_code,
                store_ms: one.store_ms,
                properties: &one.properties,
            });
        }
        Ok(at > start)
    }

    /// Writes what was put.
    pub(crate) fn write(&self, touched: &[Arc<ConsumeQueue>]) -> io::Result<()> {
        for queue in touched {
            queue.write_pending()?;
            queue.raise_next();
        }
        self.index.as_ref().map_or(Ok(()), |index| index.write_pending())
    }

    fn put(&self, record: &Record<'_>, told: &mut Vec<Told>) -> io::Result<Option<Arc<ConsumeQueue>>> {
        let queue = self.put_record(record)?;
        if queue.is_some() {
            told.push(Told {
                queue_id: record.queue_id,
                queue_offset: record.queue_offset,
                store_ms: record.store_ms,
                tag_code: self.tag_code(record),
                topic: String::from_utf8_lossy(record.topic).into_owned(),
                properties: record.properties.to_vec(),
            });
        }
        Ok(queue)
    }

    /// Gives a record to its queue and to the index. The queue is given back if it took the record.
    pub(crate) fn put_record(&self, record: &Record<'_>) -> io::Result<Option<Arc<ConsumeQueue>>> {
        let topic = std::str::from_utf8(record.topic)
            .ok()
            .filter(|topic| is_folder_name(topic.as_bytes()));
        let Some(topic) = topic.filter(|_| record.queue_id >= 0) else {
            let reason = "topic or queue id cannot be a folder".to_owned();
            self.observer.event(&StoreEvent::Undeliverable {
                log_offset: record.log_offset,
                reason,
            });
            return Ok(None);
        };
        let queue = if record.is_queued() {
            self.put_unit(topic, record)
        } else {
            None
        };
        self.put_keys(topic, record)?;
        Ok(queue)
    }

    fn put_unit(&self, topic: &str, record: &Record<'_>) -> Option<Arc<ConsumeQueue>> {
        let queue = self.queues.get_or_make(topic, record.queue_id);
        let unit = Unit {
            log_offset: record.log_offset,
            size_bytes: record.bytes.len() as u32,
            tag_code: self.tag_code(record),
        };
        match queue.put(record.queue_offset, unit) {
            Put::Taken => Some(queue),
            // Known and waiting: a round that failed is being repeated.
            Put::Known => queue.has_pending().then_some(queue),
            Put::Gap { .. } => {
                let (topic, queue_id, queue_offset) = (topic.to_owned(), record.queue_id, record.queue_offset);
                self.observer.event(&StoreEvent::QueueGap {
                    topic,
                    queue_id,
                    queue_offset,
                });
                Some(queue)
            }
            Put::Absurd => {
                let reason = format!("queue offset {} is out of reach", record.queue_offset);
                self.observer.event(&StoreEvent::Undeliverable {
                    log_offset: record.log_offset,
                    reason,
                });
                None
            }
        }
    }

    fn put_keys(&self, topic: &str, record: &Record<'_>) -> io::Result<()> {
        let Some(index) = &self.index else { return Ok(()) };
        if record.sys_flag & sys_flag::TRANSACTION == sys_flag::ROLLBACK {
            return Ok(());
        }
        let text = |name| record.property(name).map(String::from_utf8_lossy);
        let unique = text("UNIQ_KEY");
        let keys = text("KEYS");
        let words = keys
            .iter()
            .flat_map(|keys| keys.split(' ').filter(|key| !key.is_empty()));
        let all = unique.as_deref().into_iter().chain(words);
        index.put(topic, all, record.log_offset, record.store_ms, || {
            file_time(self.clock.now_ms())
        })
    }

    /// Hash of the tags; for delayed messages the time they are due.
    fn tag_code(&self, record: &Record<'_>) -> i64 {
        if record.topic == SCHEDULE_TOPIC.as_bytes()
            && let Some(level) = record
                .property("DELAY")
                .and_then(|level| std::str::from_utf8(level).ok()?.parse().ok())
        {
            let level: usize = level;
            let level = level.min(self.delay_levels_ms.len());
            if let Some(&delay_ms) = level.checked_sub(1).and_then(|at| self.delay_levels_ms.get(at)) {
                return record.store_ms.saturating_add(delay_ms);
            }
        }
        record.property("TAGS").map_or(0, tag_code)
    }
}

/// Local time as index files are named: `yyyyMMddHHmmssSSS`.
fn file_time(now_ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default();
    jiff::tz::TimeZone::system()
        .to_datetime(time)
        .strftime("%Y%m%d%H%M%S%3f")
        .to_string()
}

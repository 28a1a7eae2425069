//! All consume queues, by topic and number.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, RwLock};

use crate::consume_queue::ConsumeQueue;
use crate::disk::Disk;
use crate::event::{Observer, StoreEvent};
use crate::record::is_folder_name;
use crate::segments::{Handles, RowError, Segments};
use crate::sync::{read, write};

type Topic = BTreeMap<i32, Arc<ConsumeQueue>>;

/// The table.
#[derive(Debug)]
pub(crate) struct Queues {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    file_bytes: u64,
    handles: Arc<Handles>,
    topics: RwLock<HashMap<String, Topic>>,
}

impl Queues {
    pub(crate) fn new(disk: Arc<dyn Disk>, dir: PathBuf, file_bytes: u64, open_files: usize) -> Self {
        // Units do not cross files.
        let file_bytes = (file_bytes / 20).max(1) * 20;
        Queues {
            disk,
            dir,
            file_bytes,
            handles: Handles::new(open_files),
            topics: RwLock::default(),
        }
    }

    /// Finds the queues that are there. One whose files are wrong is destroyed if `may_drop`, because it can be built
    /// again from the log; else it is an error.
    pub(crate) fn load(&self, observer: &dyn Observer) -> Result<bool, RowError> {
        let mut dropped = false;
        let listed = |dir: &PathBuf| {
            self.disk.list(dir).map_err(|source| RowError::Io {
                path: dir.clone(),
                source,
            })
        };
        for topic in listed(&self.dir)?.into_iter().filter(|entry| entry.is_dir) {
            let topic_dir = self.dir.join(&topic.name);
            for entry in listed(&topic_dir)?.into_iter().filter(|entry| entry.is_dir) {
                let Some(queue_id) = entry.name.parse().ok().filter(|&id: &i32| id >= 0) else {
                    continue;
                };
                let queue = self.get_or_make(&topic.name, queue_id);
                match queue.segments().load() {
                    Ok(()) => {}
                    Err(error @ RowError::Io { .. }) => return Err(error),
                    Err(error @ RowError::Length { .. }) => return Err(error),
                    Err(error @ RowError::Gap { .. }) => {
                        let path = queue.segments().dir().to_owned();
                        observer.event(&StoreEvent::Ignored {
                            path,
                            reason: error.to_string(),
                        });
                        dropped = true;
                    }
                }
            }
        }
        Ok(dropped)
    }

    /// The queue, if it is known.
    pub(crate) fn get(&self, topic: &str, queue_id: i32) -> Option<Arc<ConsumeQueue>> {
        read(&self.topics).get(topic)?.get(&queue_id).cloned()
    }

    /// The queue, made if it is not known; its files come with the first message.
    pub(crate) fn get_or_make(&self, topic: &str, queue_id: i32) -> Arc<ConsumeQueue> {
        if let Some(queue) = self.get(topic, queue_id) {
            return queue;
        }
        debug_assert!(is_folder_name(topic.as_bytes()));
        let mut topics = write(&self.topics);
        let queue = topics
            .entry(topic.to_owned())
            .or_default()
            .entry(queue_id)
            .or_insert_with(|| {
                let dir = self.dir.join(topic).join(queue_id.to_string());
                Arc::new(ConsumeQueue::new(Segments::new(
                    Arc::clone(&self.disk),
                    dir,
                    self.file_bytes,
                    Arc::clone(&self.handles),
                )))
            });
        Arc::clone(queue)
    }

    /// Every queue.
    pub(crate) fn all(&self) -> Vec<(String, i32, Arc<ConsumeQueue>)> {
        let topics = read(&self.topics);
        topics
            .iter()
            .flat_map(|(topic, queues)| queues.iter().map(|(&id, queue)| (topic.clone(), id, Arc::clone(queue))))
            .collect()
    }

    /// Does something with every queue.
    pub(crate) fn for_each(&self, mut action: impl FnMut(&ConsumeQueue) -> io::Result<()>) -> io::Result<()> {
        self.all().iter().try_for_each(|(_, _, queue)| action(queue))
    }

    /// Every topic.
    pub(crate) fn topics(&self) -> Vec<String> {
        read(&self.topics).keys().cloned().collect()
    }

    /// Removes the queues of a topic with their files.
    pub(crate) fn destroy(&self, topic: &str) -> io::Result<()> {
        let Some(queues) = write(&self.topics).remove(topic) else {
            return Ok(());
        };
        for queue in queues.values() {
            queue.destroy()?;
            self.disk.remove_dir(queue.segments().dir())?;
        }
        self.disk.remove_dir(&self.dir.join(topic))
    }

    /// Bytes of all files together, holes included.
    pub(crate) fn total_bytes(&self) -> u64 {
        read(&self.topics)
            .values()
            .flat_map(|queues| queues.values())
            .map(|queue| queue.segments().total_bytes())
            .sum()
    }
}

//! What happened to the tables: as the Java name server's log lines, and as structured events.

use std::collections::BTreeMap;

use rmq_journal::{Event, Journal, Level, Severity};
use rmq_protocol::request::registration::RegisterBroker;
use rmq_protocol::route::QueueData;

use super::BrokerKey;

/// The smallest id of a broker name is another one now; its members want to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinIdChange {
    /// The members there are.
    pub addrs: BTreeMap<i64, String>,
    /// The one that went.
    pub offline_addr: Option<String>,
    /// Where to replicate from.
    pub ha_addr: Option<String>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are what the lines below print")]
pub enum Change {
    /// A broker was not live and is now.
    NewBroker { header: RegisterBroker },
    /// A topic that nobody had.
    NewTopic { topic: String, queue: QueueData },
    /// A topic's queues differ from what they were.
    TopicChanged {
        topic: String,
        old: QueueData,
        new: QueueData,
    },
    /// A topic is not listed any more by its broker.
    TopicRemoved { topic: String, queue: QueueData },
    /// Another address with a newer state holds the id.
    Conflict { header: RegisterBroker, old_addr: String },
    /// A broker never seen whole registered a single topic.
    RefusedSingleTopic {
        header: RegisterBroker,
        topics: Vec<String>,
    },
    /// A broker was taken out. `was_listed`: nothing when its name is unknown; `cluster_gone`: nothing when its
    /// cluster is unknown.
    Unregistered {
        key: BrokerKey,
        was_live: bool,
        was_listed: Option<bool>,
        name_gone: Option<String>,
        cluster_gone: Option<bool>,
    },
    /// See [`MinIdChange`].
    MinId(MinIdChange),
}

/// As `QueueData.toString` in Java.
fn queue_text(queue: &QueueData) -> String {
    format!(
        "QueueData [brokerName={}, readQueueNums={}, writeQueueNums={}, perm={}, topicSysFlag={}]",
        queue.broker_name, queue.read_queue_nums, queue.write_queue_nums, queue.perm, queue.topic_sys_flag
    )
}

fn key_of(header: &RegisterBroker) -> BrokerKey {
    BrokerKey {
        cluster: header.cluster_name.clone(),
        addr: header.broker_addr.clone(),
    }
}

fn done(is_done: bool) -> &'static str {
    if is_done { "OK" } else { "Failed" }
}

impl Change {
    /// Writes the change to both files.
    pub fn tell(&self, journal: &Journal, thread: &str) {
        for (level, line) in self.java_lines() {
            journal.log(level, thread, line);
        }
        if let Some(event) = self.event() {
            journal.event(event);
        }
    }

    fn java_lines(&self) -> Vec<(Level, String)> {
        let info = |line: String| vec![(Level::Info, line)];
        match self {
            Self::NewBroker { header } => info(format!(
                "new broker registered, {} HAService: {}",
                key_of(header),
                header.ha_server_addr
            )),
            Self::NewTopic { topic, queue } => info(format!("new topic registered, {topic} {}", queue_text(queue))),
            Self::TopicChanged { topic, old, new } => info(format!(
                "topic changed, {topic} OLD: {} NEW: {}",
                queue_text(old),
                queue_text(new)
            )),
            Self::TopicRemoved { topic, queue } => info(format!(
                "deleteTopic, remove one broker's topic {} {topic} {}",
                queue.broker_name,
                queue_text(queue)
            )),
            Self::Conflict { header, old_addr } => vec![(
                Level::Warn,
                format!(
                    "Registering Broker conflicts with the existed one, just ignore.: Cluster:{}, BrokerName:{}, \
                     BrokerId:{}, Old BrokerAddr:{old_addr}, New BrokerAddr:{}.",
                    header.cluster_name, header.broker_name, header.broker_id, header.broker_addr
                ),
            )],
            Self::RefusedSingleTopic { header, topics } => vec![(
                Level::Warn,
                format!(
                    "Can't register topicConfigWrapper={topics:?} because broker[{}]={} has not registered.",
                    header.broker_id, header.broker_addr
                ),
            )],
            Self::Unregistered {
                key,
                was_live,
                was_listed,
                name_gone,
                cluster_gone,
            } => {
                let mut lines = info(format!(
                    "unregisterBroker, remove from brokerLiveTable {}, {key}",
                    done(*was_live)
                ));
                if let Some(was_listed) = was_listed {
                    let line = format!(
                        "unregisterBroker, remove addr from brokerAddrTable {}, {key}",
                        done(*was_listed)
                    );
                    lines.push((Level::Info, line));
                }
                if let Some(name) = name_gone {
                    lines.push((
                        Level::Info,
                        format!("unregisterBroker, remove name from brokerAddrTable OK, {name}"),
                    ));
                    if cluster_gone.is_some() {
                        let line = format!("unregisterBroker, remove name from clusterAddrTable OK, {name}");
                        lines.push((Level::Info, line));
                    }
                }
                if *cluster_gone == Some(true) {
                    let line = format!("unregisterBroker, remove cluster from clusterAddrTable {}", key.cluster);
                    lines.push((Level::Info, line));
                }
                lines
            }
            Self::MinId(change) => {
                let Some((id, _)) = change.addrs.first_key_value() else {
                    return Vec::new();
                };
                let notify: Vec<_> = change.to_notify().collect();
                let offline = change.offline_addr.as_deref().unwrap_or("null");
                info(format!(
                    "min broker id changed to {id}, notify [{}], offline broker addr {offline}",
                    notify.join(", ")
                ))
            }
        }
    }

    fn event(&self) -> Option<Event> {
        let changed = |kind: &str| Event::new("route.changed", Severity::Notice).text("change", kind);
        Some(match self {
            Self::NewBroker { header } => Event::new("route.registered", Severity::Notice)
                .text("cluster", &header.cluster_name)
                .text("broker", &header.broker_name)
                .number("broker_id", header.broker_id)
                .text("addr", &header.broker_addr)
                .java_line("new broker registered,"),
            Self::NewTopic { topic, queue } => changed("topic_new")
                .text("topic", topic)
                .text("broker", &queue.broker_name)
                .java_line("new topic registered,"),
            Self::TopicChanged { topic, new, .. } => changed("topic_changed")
                .text("topic", topic)
                .text("broker", &new.broker_name)
                .java_line("topic changed,"),
            Self::TopicRemoved { topic, queue } => changed("topic_removed")
                .text("topic", topic)
                .text("broker", &queue.broker_name)
                .java_line("deleteTopic, remove one broker's topic"),
            Self::Conflict { header, old_addr } => Event::new("route.conflict", Severity::Critical)
                .text("cluster", &header.cluster_name)
                .text("broker", &header.broker_name)
                .number("broker_id", header.broker_id)
                .text("addr", &header.broker_addr)
                .text("kept_addr", old_addr)
                .java_line("Registering Broker conflicts with the existed one"),
            Self::RefusedSingleTopic { header, topics } => Event::new("route.refused", Severity::Warning)
                .text("broker", &header.broker_name)
                .text("addr", &header.broker_addr)
                .text("topic", topics.join(","))
                .text("reason", "a single topic from a broker that has not registered")
                .java_line("Can't register topicConfigWrapper="),
            Self::Unregistered { key, name_gone, .. } => changed("broker_removed")
                .text("cluster", &key.cluster)
                .text("addr", &key.addr)
                .boolean("name_gone", name_gone.is_some())
                .java_line("unregisterBroker, remove from brokerLiveTable"),
            Self::MinId(change) => {
                let (id, addr) = change.addrs.first_key_value()?;
                changed("min_broker_id")
                    .number("broker_id", *id)
                    .text("addr", addr)
                    .java_line("min broker id changed to")
            }
        })
    }
}

impl MinIdChange {
    /// Whom to tell: the rest when one went, all but the newcomer when one came.
    pub fn to_notify(&self) -> impl Iterator<Item = &str> {
        let newcomer = match self.offline_addr {
            None if self.addrs.len() > 1 => self.addrs.keys().next(),
            _ => None,
        };
        self.addrs
            .iter()
            .filter(move |(id, _)| Some(*id) != newcomer)
            .map(|(_, addr)| addr.as_str())
    }
}

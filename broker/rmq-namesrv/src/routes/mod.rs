//! The tables of the name server: which brokers live, which topics they have (`RouteInfoManager` in Java).
//!
//! ```text
//! topics     topic → broker name → queues          brokers   broker name → ids and addresses
//! clusters   cluster → broker names                 live      (cluster, address) → last heard, version, connection
//! ```
//!
//! Nothing here logs, waits or asks for the time: what happened comes back as [`Change`]s, and now is passed in.

mod change;
mod query;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use rmq_protocol::register::RegisterBrokerBody;
use rmq_protocol::request::registration::{RegisterBroker, UnregisterBroker};
use rmq_protocol::route::{BrokerData, MASTER_ID, QueueData, TopicRoute};
use rmq_protocol::topic::{DataVersion, TopicConfig, TopicQueueMappingInfo, TopicTable, perm};

pub use change::{Change, MinIdChange};

/// A moment in milliseconds since 1970, passed in by the caller.
pub type Millis = i64;

/// A broker's address in its cluster: what liveness is kept by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BrokerKey {
    /// Its cluster.
    pub cluster: String,
    /// Its address.
    pub addr: String,
}

impl std::fmt::Display for BrokerKey {
    /// As `BrokerAddrInfo.toString` in Java, which is in many log lines.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "BrokerIdentityInfo [clusterName={}, brokerAddr={}]",
            self.cluster, self.addr
        )
    }
}

#[derive(Debug)]
struct Live {
    last_heard: Millis,
    timeout_ms: i64,
    data_version: DataVersion,
    connection_id: u64,
    ha_addr: String,
}

/// What decides how registrations are taken.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Silence after which a broker is dropped when it did not say how long (120 s in Java).
    pub expire_after: Duration,
    /// Topics a broker no longer lists are dropped (`deleteTopicWithBrokerRegistration`).
    pub delete_unlisted_topics: bool,
    /// Routes show the slave with the smallest id as master while there is none (`supportActingMaster`).
    pub support_acting_master: bool,
}

/// A registration as it came in.
#[derive(Debug)]
pub struct Registration {
    /// Its header.
    pub header: RegisterBroker,
    /// Its body.
    pub body: RegisterBrokerBody,
    /// The zone the broker says it is in.
    pub zone: Option<String>,
    /// The connection it came on.
    pub connection_id: u64,
}

/// How a registration was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registered {
    /// Taken; a slave learns of its master.
    Taken {
        /// Where the master replicates from.
        ha_server_addr: Option<String>,
        /// The master's address.
        master_addr: Option<String>,
    },
    /// Refused: a single topic from a broker that was never seen whole.
    Refused,
}

/// All tables.
#[derive(Debug, Default)]
pub struct RouteTable {
    topics: HashMap<String, BTreeMap<String, QueueData>>,
    brokers: BTreeMap<String, BrokerData>,
    clusters: BTreeMap<String, BTreeSet<String>>,
    live: HashMap<BrokerKey, Live>,
    filter_servers: HashMap<BrokerKey, Vec<String>>,
    mappings: HashMap<String, BTreeMap<String, TopicQueueMappingInfo>>,
}

impl RouteTable {
    /// Takes the registration of a broker.
    pub fn register(
        &mut self,
        registration: Registration,
        rules: &Rules,
        now: Millis,
        changes: &mut Vec<Change>,
    ) -> Registered {
        let Registration {
            header,
            body,
            zone,
            connection_id,
        } = registration;
        let key = BrokerKey {
            cluster: header.cluster_name.clone(),
            addr: header.broker_addr.clone(),
        };
        let known = self.brokers.get(&header.broker_name);
        let is_id_known = known.is_some_and(|broker| broker.broker_addrs.contains_key(&header.broker_id));
        if let Some(old_addr) = self.outranked_by(&header, &body.topics.data_version) {
            changes.push(Change::Conflict {
                header: header.clone(),
                old_addr,
            });
            self.live.remove(&key);
            return Registered::Taken {
                ha_server_addr: None,
                master_addr: None,
            };
        }
        if !is_id_known && body.topics.topics.len() == 1 {
            changes.push(Change::RefusedSingleTopic {
                header,
                topics: body.topics.topics.into_keys().collect(),
            });
            return Registered::Refused;
        }

        self.clusters
            .entry(header.cluster_name.clone())
            .or_default()
            .insert(header.broker_name.clone());
        let (is_first, min_id_before) = self.put_address(&header, zone);
        let is_changed = self
            .live
            .get(&key)
            .is_none_or(|live| live.data_version != body.topics.data_version);
        self.take_topics(&header, &body.topics, rules, is_first, is_changed, changes);

        let timeout_ms = header
            .heartbeat_timeout_millis
            .unwrap_or(rules.expire_after.as_millis() as i64);
        let live = Live {
            last_heard: now,
            timeout_ms,
            data_version: body.topics.data_version,
            connection_id,
            ha_addr: header.ha_server_addr.clone(),
        };
        if self.live.insert(key.clone(), live).is_none() {
            changes.push(Change::NewBroker { header: header.clone() });
        }
        if body.filter_servers.is_empty() {
            self.filter_servers.remove(&key);
        } else {
            self.filter_servers.insert(key, body.filter_servers);
        }
        if header.broker_id < min_id_before {
            let addrs = self.brokers[&header.broker_name].broker_addrs.clone();
            let ha_addr = Some(header.ha_server_addr.clone());
            changes.push(Change::MinId(MinIdChange {
                addrs,
                offline_addr: None,
                ha_addr,
            }));
        }
        self.master_of(&header)
    }

    /// The address that keeps its place because its state is newer than the registering one's.
    fn outranked_by(&self, header: &RegisterBroker, version: &DataVersion) -> Option<String> {
        let old_addr = self
            .brokers
            .get(&header.broker_name)?
            .broker_addrs
            .get(&header.broker_id)?;
        if *old_addr == header.broker_addr {
            return None;
        }
        let old = self.live.get(&BrokerKey {
            cluster: header.cluster_name.clone(),
            addr: old_addr.clone(),
        })?;
        (old.data_version.state_version > version.state_version).then(|| old_addr.clone())
    }

    /// Enters the address under its id. Says whether the id is new, and the smallest id before (0 for none).
    fn put_address(&mut self, header: &RegisterBroker, zone: Option<String>) -> (bool, i64) {
        let broker = self
            .brokers
            .entry(header.broker_name.clone())
            .or_insert_with(|| BrokerData {
                cluster: header.cluster_name.clone(),
                broker_name: header.broker_name.clone(),
                ..BrokerData::default()
            });
        broker.enable_acting_master = header.enable_acting_master.unwrap_or_default();
        broker.zone_name = zone;
        let min_id_before = broker.broker_addrs.keys().next().copied().unwrap_or_default();
        // The same address has one id only: a slave that became master leaves its old one.
        broker
            .broker_addrs
            .retain(|id, addr| *addr != header.broker_addr || *id == header.broker_id);
        let old = broker.broker_addrs.insert(header.broker_id, header.broker_addr.clone());
        (old.is_none_or(|old| old.is_empty()), min_id_before)
    }

    /// Takes over the topics of a master, or of the slave that may act for it.
    fn take_topics(
        &mut self,
        header: &RegisterBroker,
        table: &TopicTable,
        rules: &Rules,
        is_first: bool,
        is_changed: bool,
        changes: &mut Vec<Change>,
    ) {
        let broker = &self.brokers[&header.broker_name];
        let is_master = header.broker_id == MASTER_ID;
        let is_min_id = broker.broker_addrs.keys().next() == Some(&header.broker_id);
        let is_prime_slave = header.enable_acting_master.is_some() && !is_master && is_min_id;
        if !is_master && !is_prime_slave {
            return;
        }
        let wipe_write = is_prime_slave && broker.enable_acting_master;
        if rules.delete_unlisted_topics && table.mappings.is_empty() {
            self.delete_unlisted(&header.broker_name, table, changes);
        }
        for topic in table.topics.values() {
            let is_here = self
                .topics
                .get(&topic.name)
                .is_some_and(|queues| queues.contains_key(&header.broker_name));
            if is_first || is_changed || !is_here {
                self.put_queues(&header.broker_name, topic, wipe_write, changes);
            }
        }
        if is_first || is_changed {
            for (topic, mapping) in &table.mappings {
                self.mappings
                    .entry(topic.clone())
                    .or_default()
                    .insert(mapping.broker_name.clone(), mapping.clone());
            }
        }
    }

    fn delete_unlisted(&mut self, broker_name: &str, table: &TopicTable, changes: &mut Vec<Change>) {
        self.topics.retain(|topic, queues| {
            if table.topics.contains_key(topic) {
                return true;
            }
            if let Some(queue) = queues.remove(broker_name) {
                changes.push(Change::TopicRemoved {
                    topic: topic.clone(),
                    queue,
                });
            }
            !queues.is_empty()
        });
    }

    fn put_queues(&mut self, broker_name: &str, topic: &TopicConfig, wipe_write: bool, changes: &mut Vec<Change>) {
        let queue = QueueData {
            broker_name: broker_name.to_owned(),
            read_queue_nums: topic.read_queue_nums,
            write_queue_nums: topic.write_queue_nums,
            perm: if wipe_write {
                topic.perm & !perm::WRITE
            } else {
                topic.perm
            },
            topic_sys_flag: topic.sys_flag,
        };
        let is_new = !self.topics.contains_key(&topic.name);
        let queues = self.topics.entry(topic.name.clone()).or_default();
        let old = queues.insert(broker_name.to_owned(), queue.clone());
        let topic = topic.name.clone();
        match old {
            _ if is_new => changes.push(Change::NewTopic { topic, queue }),
            Some(old) if old != queue => changes.push(Change::TopicChanged { topic, old, new: queue }),
            _ => {}
        }
    }

    fn master_of(&self, header: &RegisterBroker) -> Registered {
        let master = || {
            let addr = self.brokers.get(&header.broker_name)?.broker_addrs.get(&MASTER_ID)?;
            let live = self.live.get(&BrokerKey {
                cluster: header.cluster_name.clone(),
                addr: addr.clone(),
            })?;
            Some((live.ha_addr.clone(), addr.clone()))
        };
        let (ha_server_addr, master_addr) = match header.broker_id {
            MASTER_ID => (None, None),
            _ => master().unzip(),
        };
        Registered::Taken {
            ha_server_addr,
            master_addr,
        }
    }

    /// Takes brokers out, and the topics that only they had.
    pub fn unregister(&mut self, requests: &[UnregisterBroker], changes: &mut Vec<Change>) {
        let mut removed = BTreeSet::new();
        let mut reduced = BTreeSet::new();
        for request in requests {
            if self.remove_address(request, changes) {
                removed.insert(request.broker_name.clone());
            } else {
                reduced.insert(request.broker_name.clone());
            }
        }
        let brokers = &self.brokers;
        self.topics.retain(|_, queues| {
            queues.retain(|broker, _| !removed.contains(broker));
            for name in &reduced {
                let Some(broker) = brokers.get(name).filter(|broker| broker.enable_acting_master) else {
                    continue;
                };
                let has_master = broker.broker_addrs.keys().next().is_some_and(|id| *id == MASTER_ID);
                if let Some(queue) = queues.get_mut(name).filter(|_| !has_master) {
                    // The slave that acts for the master is read-only.
                    queue.perm &= !perm::WRITE;
                }
            }
            !queues.is_empty()
        });
    }

    /// Removes one address. True when its broker name has none left and is gone too.
    fn remove_address(&mut self, request: &UnregisterBroker, changes: &mut Vec<Change>) -> bool {
        let key = BrokerKey {
            cluster: request.cluster_name.clone(),
            addr: request.broker_addr.clone(),
        };
        let was_live = self.live.remove(&key).is_some();
        self.filter_servers.remove(&key);
        let name = &request.broker_name;
        let Some(broker) = self.brokers.get_mut(name) else {
            changes.push(Change::Unregistered {
                key,
                was_live,
                was_listed: None,
                name_gone: None,
                cluster_gone: None,
            });
            return false;
        };
        let is_min_id = broker.broker_addrs.keys().next() == Some(&request.broker_id);
        let count = broker.broker_addrs.len();
        broker.broker_addrs.retain(|_, addr| *addr != request.broker_addr);
        let was_listed = Some(broker.broker_addrs.len() < count);
        if !broker.broker_addrs.is_empty() {
            if is_min_id && broker.enable_acting_master {
                let addrs = broker.broker_addrs.clone();
                let offline_addr = Some(request.broker_addr.clone());
                changes.push(Change::MinId(MinIdChange {
                    addrs,
                    offline_addr,
                    ha_addr: None,
                }));
            }
            changes.push(Change::Unregistered {
                key,
                was_live,
                was_listed,
                name_gone: None,
                cluster_gone: None,
            });
            return false;
        }
        self.brokers.remove(name);
        let cluster_gone = self.clusters.get_mut(&key.cluster).map(|names| {
            names.remove(name);
            names.is_empty()
        });
        if cluster_gone == Some(true) {
            self.clusters.remove(&key.cluster);
        }
        let name_gone = Some(name.clone());
        changes.push(Change::Unregistered {
            key,
            was_live,
            was_listed,
            name_gone,
            cluster_gone,
        });
        true
    }

    /// Brokers whose silence is too long, with the connection each registered on.
    pub fn expired(&self, now: Millis) -> Vec<(BrokerKey, i64, u64)> {
        let is_late = |live: &Live| live.last_heard.saturating_add(live.timeout_ms) < now;
        let late = self.live.iter().filter(|(_, live)| is_late(live));
        late.map(|(key, live)| (key.clone(), live.timeout_ms, live.connection_id))
            .collect()
    }

    /// Brokers that registered on a connection. Java takes out only one of several (a broker container's); the
    /// others are as gone as the first.
    pub fn on_connection(&self, connection_id: u64) -> Vec<BrokerKey> {
        let on_it = self.live.iter().filter(|(_, live)| live.connection_id == connection_id);
        on_it.map(|(key, _)| key.clone()).collect()
    }

    /// The request that takes a broker out. Without a listed address only its liveness is left to forget.
    pub fn unregistration_of(&mut self, key: &BrokerKey) -> Option<UnregisterBroker> {
        let found = self
            .brokers
            .values()
            .filter(|broker| broker.cluster == key.cluster)
            .find_map(|broker| {
                let (id, _) = broker.broker_addrs.iter().find(|(_, addr)| **addr == key.addr)?;
                Some((broker.broker_name.clone(), *id))
            });
        let Some((broker_name, broker_id)) = found else {
            self.live.remove(key);
            self.filter_servers.remove(key);
            return None;
        };
        Some(UnregisterBroker {
            broker_name,
            broker_addr: key.addr.clone(),
            cluster_name: key.cluster.clone(),
            broker_id,
        })
    }

    /// A broker was heard from.
    pub fn touch(&mut self, cluster: &str, addr: &str, now: Millis) {
        if let Some(live) = self.live.get_mut(&BrokerKey {
            cluster: cluster.to_owned(),
            addr: addr.to_owned(),
        }) {
            live.last_heard = now;
        }
    }

    /// The version of a broker's topics as it registered last.
    pub fn data_version(&self, cluster: &str, addr: &str) -> Option<DataVersion> {
        let key = BrokerKey {
            cluster: cluster.to_owned(),
            addr: addr.to_owned(),
        };
        self.live.get(&key).map(|live| live.data_version)
    }

    /// Sets or clears the write permission of all topics on a broker name. Says how many there are.
    pub fn set_write_perm(&mut self, broker_name: &str, is_writable: bool) -> i32 {
        let mut count = 0;
        for queue in self
            .topics
            .values_mut()
            .filter_map(|queues| queues.get_mut(broker_name))
        {
            queue.perm = if is_writable {
                perm::READ | perm::WRITE
            } else {
                queue.perm & !perm::WRITE
            };
            count += 1;
        }
        count
    }

    /// Enters a topic by hand. False when one of its brokers is unknown; then nothing is entered.
    pub fn register_topic(&mut self, topic: &str, queues: Vec<QueueData>) -> bool {
        if queues
            .iter()
            .any(|queue| !self.brokers.contains_key(&queue.broker_name))
        {
            return false;
        }
        let entry = self.topics.entry(topic.to_owned()).or_default();
        entry.extend(queues.into_iter().map(|queue| (queue.broker_name.clone(), queue)));
        true
    }

    /// Removes a topic, everywhere or in one cluster.
    pub fn delete_topic(&mut self, topic: &str, cluster: Option<&str>) {
        let Some(cluster) = cluster else {
            self.topics.remove(topic);
            return;
        };
        let (Some(names), Some(queues)) = (self.clusters.get(cluster), self.topics.get_mut(topic)) else {
            return;
        };
        queues.retain(|broker, _| !names.contains(broker));
        if queues.is_empty() {
            self.topics.remove(topic);
        }
    }
}

/// Leaves in a route what is near `zone` (`ZoneRouteRPCHook`): brokers of the zone, and those whose master is down.
pub fn keep_zone(route: &mut TopicRoute, zone: &str) {
    let is_kept = |broker: &BrokerData| {
        !broker.broker_addrs.contains_key(&MASTER_ID)
            || broker
                .zone_name
                .as_deref()
                .is_some_and(|name| name.eq_ignore_ascii_case(zone))
    };
    let (kept, removed): (Vec<_>, Vec<_>) = std::mem::take(&mut route.brokers).into_iter().partition(is_kept);
    route
        .queues
        .retain(|queue| removed.iter().all(|broker| broker.broker_name != queue.broker_name));
    for addr in removed.iter().flat_map(|broker| broker.broker_addrs.values()) {
        route.filter_servers.remove(addr);
    }
    route.brokers = kept;
}

#[cfg(test)]
mod tests;

//! Reading the tables: routes, cluster, lists of topics.

use rmq_protocol::route::{BrokerData, BrokerMemberGroup, ClusterInfo, MASTER_ID, QueueData, TopicList, TopicRoute};
use rmq_protocol::topic::perm;

use super::{BrokerKey, RouteTable, Rules};

/// Topic of each broker that tells slaves of their peers; its route is never changed.
const SYNC_BROKER_MEMBER_PREFIX: &str = "rmq_sys_SYNC_BROKER_MEMBER_";
/// Bits of a topic's system flag.
const UNIT: i32 = 1;
const UNIT_SUB: i32 = 2;

impl RouteTable {
    /// Where a topic is; nothing when no broker has it.
    pub fn route(&self, topic: &str, rules: &Rules) -> Option<TopicRoute> {
        let queues = self.topics.get(topic)?;
        let mut route = TopicRoute {
            queues: queues.values().cloned().collect(),
            ..TopicRoute::default()
        };
        route.brokers = queues
            .keys()
            .filter_map(|name| self.brokers.get(name).cloned())
            .collect();
        if route.brokers.is_empty() {
            return None;
        }
        if !self.filter_servers.is_empty() {
            for broker in &route.brokers {
                for addr in broker.broker_addrs.values() {
                    let key = BrokerKey {
                        cluster: broker.cluster.clone(),
                        addr: addr.clone(),
                    };
                    route
                        .filter_servers
                        .insert(addr.clone(), self.filter_servers.get(&key).cloned());
                }
            }
        }
        route.mapping_by_broker = self.mappings.get(topic).cloned();
        if rules.support_acting_master && !topic.starts_with(SYNC_BROKER_MEMBER_PREFIX) {
            let TopicRoute { brokers, queues, .. } = &mut route;
            brokers.iter_mut().for_each(|broker| let_slave_act(broker, queues));
        }
        Some(route)
    }

    /// All brokers and clusters.
    pub fn cluster_info(&self) -> ClusterInfo {
        ClusterInfo {
            brokers: self.brokers.clone(),
            clusters: self.clusters.clone(),
        }
    }

    /// The members of a broker name; none when it is unknown.
    pub fn member_group(&self, cluster: &str, broker_name: &str) -> BrokerMemberGroup {
        let broker_addrs = self.brokers.get(broker_name).map(|broker| broker.broker_addrs.clone());
        BrokerMemberGroup {
            cluster: cluster.to_owned(),
            broker_name: broker_name.to_owned(),
            broker_addrs: broker_addrs.unwrap_or_default(),
        }
    }

    /// Every topic.
    pub fn all_topics(&self) -> TopicList {
        TopicList {
            topics: self.topics.keys().cloned().collect(),
            broker_addr: None,
        }
    }

    /// The topics of one cluster; none when the cluster is unknown.
    pub fn topics_of_cluster(&self, cluster: &str) -> TopicList {
        let Some(names) = self.clusters.get(cluster) else {
            return TopicList::default();
        };
        let is_there =
            |queues: &std::collections::BTreeMap<String, QueueData>| queues.keys().any(|broker| names.contains(broker));
        let topics = self.topics.iter().filter(|(_, queues)| is_there(queues));
        TopicList {
            topics: topics.map(|(topic, _)| topic.clone()).collect(),
            broker_addr: None,
        }
    }

    /// Names of clusters and brokers, which are topics too, and one broker's address.
    pub fn system_topics(&self) -> TopicList {
        let mut list = TopicList::default();
        for (cluster, names) in &self.clusters {
            list.topics.insert(cluster.clone());
            list.topics.extend(names.iter().cloned());
        }
        list.broker_addr = self
            .brokers
            .values()
            .find_map(|broker| broker.broker_addrs.values().next().cloned());
        list
    }

    /// Topics by their unit flags: `unit` or not (or whatever, when none), and with a unit subscription or whatever.
    pub fn unit_topics(&self, unit: Option<bool>, unit_sub: bool) -> TopicList {
        let fits =
            |flag: i32| unit.is_none_or(|unit| (flag & UNIT != 0) == unit) && (!unit_sub || flag & UNIT_SUB != 0);
        let topics = self
            .topics
            .iter()
            .filter(|(_, queues)| queues.values().next().is_some_and(|queue| fits(queue.topic_sys_flag)));
        TopicList {
            topics: topics.map(|(topic, _)| topic.clone()).collect(),
            broker_addr: None,
        }
    }
}

/// Shows the slave with the smallest id as master, if there is none and its queues may not be written.
fn let_slave_act(broker: &mut BrokerData, queues: &[QueueData]) {
    if broker.broker_addrs.contains_key(&MASTER_ID) || !broker.enable_acting_master {
        return;
    }
    let queue = queues.iter().find(|queue| queue.broker_name == broker.broker_name);
    if queue.is_some_and(|queue| queue.perm & perm::WRITE == 0)
        && let Some((_, addr)) = broker.broker_addrs.pop_first()
    {
        broker.broker_addrs.insert(MASTER_ID, addr);
    }
}

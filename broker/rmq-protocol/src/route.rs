//! Bodies that name servers answer: routes, cluster, topic lists, key-value tables, members of a broker group.
//!
//! ```text
//! {"brokerDatas":[{"brokerAddrs":{"0":"10.0.0.1:10911"},"brokerName":"broker-a","cluster":"DefaultCluster",
//!   "enableActingMaster":false}],"filterServerTable":{},"queueDatas":[{"brokerName":"broker-a","perm":6,
//!   "readQueueNums":8,"topicSysFlag":0,"writeQueueNums":8}]}
//! ```
//!
//! No white space: the Go client splits the text of `brokerAddrs` at commas and colons.

use std::collections::{BTreeMap, BTreeSet};

use crate::json::{Dialect, JsonError, Reader, Writer};
use crate::topic::{TopicQueueMappingInfo, read_texts};

/// Most entries one list or table of these bodies may have.
const ENTRY_COUNT_MAX: usize = 500_000;
/// Broker id of a master.
pub const MASTER_ID: i64 = 0;

/// A topic's queues on one broker name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueueData {
    /// The broker name.
    pub broker_name: String,
    /// Queues that consumers read.
    pub read_queue_nums: i32,
    /// Queues that producers write.
    pub write_queue_nums: i32,
    /// Bits of [`crate::topic::perm`].
    pub perm: i32,
    /// Bit 0 unit, bit 1 unit subscription. Until 4.8 its name was misspelt and clients read that.
    pub topic_sys_flag: i32,
}

impl QueueData {
    fn write(&self, writer: &mut Writer) {
        writer.object(|writer| {
            writer.key("brokerName").text(&self.broker_name);
            writer.key("perm").number(self.perm.into());
            writer.key("readQueueNums").number(self.read_queue_nums.into());
            writer.key("topicSysFlag").number(self.topic_sys_flag.into());
            writer.key("writeQueueNums").number(self.write_queue_nums.into());
        });
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, JsonError> {
        let mut queue = Self::default();
        reader.object(|key, reader| {
            match key {
                "brokerName" => queue.broker_name = reader.string()?,
                "perm" => queue.perm = reader.int()?,
                "readQueueNums" => queue.read_queue_nums = reader.int()?,
                "writeQueueNums" => queue.write_queue_nums = reader.int()?,
                "topicSysFlag" | "topicSynFlag" => queue.topic_sys_flag = reader.int()?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(queue)
    }
}

/// A broker name: a master and its slaves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BrokerData {
    /// Cluster it belongs to.
    pub cluster: String,
    /// Its name.
    pub broker_name: String,
    /// Addresses by broker id; [`MASTER_ID`] is the master.
    pub broker_addrs: BTreeMap<i64, String>,
    /// Zone, for clients that ask for brokers near them (5.x).
    pub zone_name: Option<String>,
    /// Whether the slave with the smallest id acts for a lost master (5.x).
    pub enable_acting_master: bool,
}

impl BrokerData {
    fn write(&self, writer: &mut Writer) {
        writer.object(|writer| {
            write_addrs(&self.broker_addrs, writer);
            writer.key("brokerName").text(&self.broker_name);
            writer.key("cluster").text(&self.cluster);
            writer.key("enableActingMaster").boolean(self.enable_acting_master);
            if let Some(zone) = &self.zone_name {
                writer.key("zoneName").text(zone);
            }
        });
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, JsonError> {
        let mut broker = Self::default();
        reader.object(|key, reader| {
            match key {
                "cluster" => broker.cluster = reader.string()?,
                "brokerName" => broker.broker_name = reader.string()?,
                "zoneName" => broker.zone_name = reader.text()?.map(|text| text.into_owned()),
                "enableActingMaster" => broker.enable_acting_master = reader.boolean()?,
                "brokerAddrs" => broker.broker_addrs = read_addrs(reader)?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(broker)
    }
}

fn write_addrs(addrs: &BTreeMap<i64, String>, writer: &mut Writer) {
    writer.key("brokerAddrs").object(|writer| {
        for (id, addr) in addrs {
            writer.number_key(*id).text(addr);
        }
    });
}

fn read_addrs(reader: &mut Reader<'_>) -> Result<BTreeMap<i64, String>, JsonError> {
    let mut addrs = BTreeMap::new();
    reader.object(|key, reader| {
        if let (Ok(id), Some(addr)) = (key.trim().parse(), reader.text()?) {
            addrs.insert(id, addr.into_owned());
        }
        Ok(())
    })?;
    Ok(addrs)
}

/// Where a topic is (`TopicRouteData`), the body of GET_ROUTEINFO_BY_TOPIC.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TopicRoute {
    /// `broker-a:4;broker-b:4` for order topics.
    pub order_topic_conf: Option<String>,
    /// Queues on each broker name.
    pub queues: Vec<QueueData>,
    /// The broker names with their addresses.
    pub brokers: Vec<BrokerData>,
    /// Filter servers by broker address; an address without any has an absent list, as in Java.
    pub filter_servers: BTreeMap<String, Option<Vec<String>>>,
    /// Mapping of a static topic by broker name; absent for ordinary topics.
    pub mapping_by_broker: Option<BTreeMap<String, TopicQueueMappingInfo>>,
}

impl TopicRoute {
    /// The body. Clients from 4.9.4 on and those that ask for it get [`Dialect::Strict`].
    pub fn encode(&self, dialect: Dialect) -> Vec<u8> {
        let mut writer = Writer::new(dialect);
        writer.object(|writer| {
            writer
                .key("brokerDatas")
                .array(|writer| self.brokers.iter().for_each(|broker| broker.write(writer)));
            writer.key("filterServerTable").object(|writer| {
                // fastjson leaves out entries whose value is null.
                for (addr, servers) in self
                    .filter_servers
                    .iter()
                    .filter_map(|(addr, list)| Some((addr, list.as_ref()?)))
                {
                    writer
                        .key(addr)
                        .array(|writer| servers.iter().for_each(|server| writer.text(server)));
                }
            });
            if let Some(conf) = &self.order_topic_conf {
                writer.key("orderTopicConf").text(conf);
            }
            writer
                .key("queueDatas")
                .array(|writer| self.queues.iter().for_each(|queue| queue.write(writer)));
            if let Some(mappings) = &self.mapping_by_broker {
                writer.key("topicQueueMappingByBroker").object(|writer| {
                    for (broker, mapping) in mappings {
                        mapping.write(writer.key(broker));
                    }
                });
            }
        });
        writer.into_bytes()
    }

    /// Reads a body of any server.
    pub fn decode(body: &[u8]) -> Result<Self, JsonError> {
        let mut route = Self::default();
        Reader::new(body).object(|key, reader| {
            match key {
                "orderTopicConf" => route.order_topic_conf = reader.text()?.map(|text| text.into_owned()),
                "queueDatas" => {
                    reader.array(|reader| push(&mut route.queues, QueueData::read(reader)?))?;
                }
                "brokerDatas" => {
                    reader.array(|reader| push(&mut route.brokers, BrokerData::read(reader)?))?;
                }
                "filterServerTable" => {
                    reader.object(|key, reader| {
                        let servers = read_list(reader)?;
                        route.filter_servers.insert(key.to_owned(), Some(servers));
                        Ok(())
                    })?;
                }
                "topicQueueMappingByBroker" => {
                    let mut mappings = BTreeMap::new();
                    let is_there = reader.object(|key, reader| {
                        mappings.insert(key.to_owned(), TopicQueueMappingInfo::read(reader)?);
                        Ok(())
                    })?;
                    route.mapping_by_broker = is_there.then_some(mappings);
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(route)
    }
}

fn push<T>(list: &mut Vec<T>, entry: T) -> Result<(), JsonError> {
    if list.len() >= ENTRY_COUNT_MAX {
        return Err(JsonError::TooMany("a list of the route"));
    }
    list.push(entry);
    Ok(())
}

fn read_list(reader: &mut Reader<'_>) -> Result<Vec<String>, JsonError> {
    let mut list = Vec::new();
    reader.array(|reader| {
        let entry = reader.string()?;
        push(&mut list, entry)
    })?;
    Ok(list)
}

/// All brokers and clusters, the body of GET_BROKER_CLUSTER_INFO.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClusterInfo {
    /// By broker name.
    pub brokers: BTreeMap<String, BrokerData>,
    /// Broker names by cluster.
    pub clusters: BTreeMap<String, BTreeSet<String>>,
}

impl ClusterInfo {
    /// The body.
    pub fn encode(&self, dialect: Dialect) -> Vec<u8> {
        let mut writer = Writer::new(dialect);
        writer.object(|writer| {
            writer.key("brokerAddrTable").object(|writer| {
                for (name, broker) in &self.brokers {
                    broker.write(writer.key(name));
                }
            });
            writer.key("clusterAddrTable").object(|writer| {
                for (cluster, names) in &self.clusters {
                    writer
                        .key(cluster)
                        .array(|writer| names.iter().for_each(|name| writer.text(name)));
                }
            });
        });
        writer.into_bytes()
    }

    /// Reads a body of any server.
    pub fn decode(body: &[u8]) -> Result<Self, JsonError> {
        let mut info = Self::default();
        Reader::new(body).object(|key, reader| {
            match key {
                "brokerAddrTable" => {
                    reader.object(|key, reader| {
                        info.brokers.insert(key.to_owned(), BrokerData::read(reader)?);
                        Ok(())
                    })?;
                }
                "clusterAddrTable" => {
                    reader.object(|key, reader| {
                        let names = read_list(reader)?;
                        info.clusters.insert(key.to_owned(), names.into_iter().collect());
                        Ok(())
                    })?;
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(info)
    }
}

/// A list of topics, the body of several requests.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TopicList {
    /// The topics.
    pub topics: BTreeSet<String>,
    /// One broker's address, in lists of system topics.
    pub broker_addr: Option<String>,
}

impl TopicList {
    /// The body.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new(Dialect::Fastjson);
        writer.object(|writer| {
            if let Some(addr) = &self.broker_addr {
                writer.key("brokerAddr").text(addr);
            }
            writer
                .key("topicList")
                .array(|writer| self.topics.iter().for_each(|topic| writer.text(topic)));
        });
        writer.into_bytes()
    }

    /// Reads a body.
    pub fn decode(body: &[u8]) -> Result<Self, JsonError> {
        let mut list = Self::default();
        Reader::new(body).object(|key, reader| {
            match key {
                "brokerAddr" => list.broker_addr = reader.text()?.map(|text| text.into_owned()),
                "topicList" => list.topics = read_list(reader)?.into_iter().collect(),
                _ => {}
            }
            Ok(())
        })?;
        Ok(list)
    }
}

/// A table of texts: `{"table":{…}}`, the body of GET_KVLIST_BY_NAMESPACE and of GET_BROKER_RUNTIME_INFO.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KvTable {
    /// The entries.
    pub table: BTreeMap<String, String>,
}

impl KvTable {
    /// The body.
    pub fn encode(&self) -> Vec<u8> {
        encode_table(&self.table)
    }

    /// Reads a body.
    pub fn decode(body: &[u8]) -> Result<Self, JsonError> {
        let mut table = Self::default();
        Reader::new(body).object(|key, reader| {
            if key == "table" {
                table.table = read_texts(reader)?;
            }
            Ok(())
        })?;
        Ok(table)
    }
}

/// The body of a [`KvTable`] without owning the table.
pub fn encode_table(table: &BTreeMap<String, String>) -> Vec<u8> {
    let mut writer = Writer::new(Dialect::Fastjson);
    writer.object(|writer| {
        writer.key("table").object(|writer| {
            for (key, value) in table {
                writer.key(key).text(value);
            }
        });
    });
    writer.into_bytes()
}

/// The members of one broker name, the body of GET_BROKER_MEMBER_GROUP (5.x).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BrokerMemberGroup {
    /// Cluster asked for.
    pub cluster: String,
    /// Broker name asked for.
    pub broker_name: String,
    /// Addresses by broker id; empty when the name is unknown.
    pub broker_addrs: BTreeMap<i64, String>,
}

impl BrokerMemberGroup {
    /// The body.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new(Dialect::Fastjson);
        writer.object(|writer| {
            writer.key("brokerMemberGroup").object(|writer| {
                write_addrs(&self.broker_addrs, writer);
                writer.key("brokerName").text(&self.broker_name);
                writer.key("cluster").text(&self.cluster);
            });
        });
        writer.into_bytes()
    }

    /// Reads a body.
    pub fn decode(body: &[u8]) -> Result<Self, JsonError> {
        let mut group = Self::default();
        Reader::new(body).object(|key, reader| {
            if key != "brokerMemberGroup" {
                return Ok(());
            }
            reader.object(|key, reader| {
                match key {
                    "cluster" => group.cluster = reader.string()?,
                    "brokerName" => group.broker_name = reader.string()?,
                    "brokerAddrs" => group.broker_addrs = read_addrs(reader)?,
                    _ => {}
                }
                Ok(())
            })?;
            Ok(())
        })?;
        Ok(group)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn route() -> TopicRoute {
        TopicRoute {
            queues: vec![QueueData {
                broker_name: "broker-a".into(),
                read_queue_nums: 8,
                write_queue_nums: 4,
                perm: 6,
                topic_sys_flag: 0,
            }],
            brokers: vec![BrokerData {
                cluster: "DefaultCluster".into(),
                broker_name: "broker-a".into(),
                broker_addrs: BTreeMap::from([(0, "10.0.0.1:10911".into()), (1, "10.0.0.2:10911".into())]),
                ..BrokerData::default()
            }],
            ..TopicRoute::default()
        }
    }

    #[test]
    fn both_dialects_of_a_route() {
        let strict = String::from_utf8(route().encode(Dialect::Strict)).unwrap();
        assert_eq!(
            strict,
            concat!(
                r#"{"brokerDatas":[{"brokerAddrs":{"0":"10.0.0.1:10911","1":"10.0.0.2:10911"},"brokerName":"broker-a","#,
                r#""cluster":"DefaultCluster","enableActingMaster":false}],"filterServerTable":{},"#,
                r#""queueDatas":[{"brokerName":"broker-a","perm":6,"readQueueNums":8,"topicSysFlag":0,"writeQueueNums":4}]}"#
            )
        );
        let dialect = String::from_utf8(route().encode(Dialect::Fastjson)).unwrap();
        assert!(dialect.contains(r#"{0:"10.0.0.1:10911",1:"10.0.0.2:10911"}"#));
        for text in [strict, dialect] {
            assert_eq!(TopicRoute::decode(text.as_bytes()), Ok(route()));
        }
    }

    #[test]
    fn the_other_bodies_round_trip() {
        let info = ClusterInfo {
            brokers: route()
                .brokers
                .into_iter()
                .map(|broker| (broker.broker_name.clone(), broker))
                .collect(),
            clusters: BTreeMap::from([("DefaultCluster".into(), BTreeSet::from(["broker-a".into()]))]),
        };
        assert_eq!(ClusterInfo::decode(&info.encode(Dialect::Fastjson)), Ok(info));
        let list = TopicList {
            topics: BTreeSet::from(["a".into(), "b".into()]),
            broker_addr: None,
        };
        assert_eq!(list.encode(), br#"{"topicList":["a","b"]}"#);
        assert_eq!(TopicList::decode(&list.encode()), Ok(list));
        let table = KvTable {
            table: BTreeMap::from([("k".into(), "v".into())]),
        };
        assert_eq!(KvTable::decode(&table.encode()), Ok(table));
        let group = BrokerMemberGroup {
            cluster: "c".into(),
            broker_name: "b".into(),
            broker_addrs: BTreeMap::from([(0, "x:1".into())]),
        };
        assert_eq!(BrokerMemberGroup::decode(&group.encode()), Ok(group));
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(bytes: Vec<u8>) {
            let _ = TopicRoute::decode(&bytes);
            let _ = ClusterInfo::decode(&bytes);
            let _ = TopicList::decode(&bytes);
            let _ = KvTable::decode(&bytes);
            let _ = BrokerMemberGroup::decode(&bytes);
        }
    }
}

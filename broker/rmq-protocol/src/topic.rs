//! Topics as brokers describe them: configuration, version, mapping of static topics.
//!
//! ```text
//! {"dataVersion":{"counter":5,"stateVersion":0,"timestamp":1700000000000},
//!  "topicConfigTable":{"T":{"attributes":{},"order":false,"perm":6,"readQueueNums":8,"topicFilterType":"SINGLE_TAG",
//!                           "topicName":"T","topicSysFlag":0,"writeQueueNums":8}}}
//! ```
//!
//! The same JSON is the body of GET_ALL_TOPIC_CONFIG, part of a registration, and the file `config/topics.json`.

use std::collections::BTreeMap;

use crate::json::{Dialect, JsonError, Reader, Writer};

/// Most topics one body may list; beyond it the body is refused, so that 16 MiB cannot become a gigabyte.
pub const TOPIC_COUNT_MAX: usize = 500_000;

/// Permission bits of a topic on a broker.
pub mod perm {
    /// The topic inherits; not handed to new topics.
    pub const INHERIT: i32 = 1;
    /// May be written.
    pub const WRITE: i32 = 2;
    /// May be read.
    pub const READ: i32 = 4;
}

/// Counts changes of a table: two tables with equal versions are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DataVersion {
    /// Grows when a controller changes the broker's state.
    pub state_version: i64,
    /// Time of the last change, milliseconds.
    pub timestamp: i64,
    /// Number of changes.
    pub counter: i64,
}

impl DataVersion {
    /// The JSON object.
    pub fn write(&self, writer: &mut Writer) {
        writer.object(|writer| {
            writer.key("counter").number(self.counter);
            writer.key("stateVersion").number(self.state_version);
            writer.key("timestamp").number(self.timestamp);
        });
    }

    /// The JSON object as a body.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new(Dialect::Fastjson);
        self.write(&mut writer);
        writer.into_bytes()
    }

    /// Reads a body.
    pub fn decode(body: &[u8]) -> Result<Self, JsonError> {
        Self::read(&mut Reader::new(body))
    }

    /// Reads the JSON object; `null` gives the default (a registration may carry none).
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, JsonError> {
        let mut version = Self::default();
        reader.object(|key, reader| {
            match key {
                "counter" => version.counter = reader.number()?.unwrap_or_default(),
                "stateVersion" => version.state_version = reader.number()?.unwrap_or_default(),
                "timestamp" => version.timestamp = reader.number()?.unwrap_or_default(),
                _ => {}
            }
            Ok(())
        })?;
        Ok(version)
    }

    /// The version after one more change.
    pub fn next(self, now_ms: i64) -> Self {
        Self {
            timestamp: now_ms,
            counter: self.counter + 1,
            ..self
        }
    }
}

/// A topic on one broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicConfig {
    /// Its name.
    pub name: String,
    /// Queues that consumers read.
    pub read_queue_nums: i32,
    /// Queues that producers write.
    pub write_queue_nums: i32,
    /// Bits of [`perm`].
    pub perm: i32,
    /// Whether a message may have several tags (`MULTI_TAG`).
    pub is_multi_tag: bool,
    /// Bit 0 unit, bit 1 unit subscription.
    pub sys_flag: i32,
    /// Whether it is an order topic.
    pub order: bool,
    /// Attributes of 5.x (`message.type`, `queue.type`, …).
    pub attributes: BTreeMap<String, String>,
}

impl Default for TopicConfig {
    fn default() -> Self {
        Self {
            name: String::new(),
            read_queue_nums: 16,
            write_queue_nums: 16,
            perm: perm::READ | perm::WRITE,
            is_multi_tag: false,
            sys_flag: 0,
            order: false,
            attributes: BTreeMap::new(),
        }
    }
}

impl TopicConfig {
    /// The JSON object, in fastjson's order.
    pub fn write(&self, writer: &mut Writer) {
        writer.object(|writer| {
            writer.key("attributes").object(|writer| {
                for (name, value) in &self.attributes {
                    writer.key(name).text(value);
                }
            });
            writer.key("order").boolean(self.order);
            writer.key("perm").number(self.perm.into());
            writer.key("readQueueNums").number(self.read_queue_nums.into());
            writer.key("topicFilterType").text(self.filter_type());
            writer.key("topicName").text(&self.name);
            writer.key("topicSysFlag").number(self.sys_flag.into());
            writer.key("writeQueueNums").number(self.write_queue_nums.into());
        });
    }

    /// Reads the JSON object.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, JsonError> {
        let mut topic = Self::default();
        reader.object(|key, reader| {
            match key {
                "topicName" => topic.name = reader.string()?,
                "readQueueNums" => topic.read_queue_nums = reader.int()?,
                "writeQueueNums" => topic.write_queue_nums = reader.int()?,
                "perm" => topic.perm = reader.int()?,
                "topicSysFlag" => topic.sys_flag = reader.int()?,
                "order" => topic.order = reader.boolean()?,
                "topicFilterType" => topic.is_multi_tag = reader.text()?.as_deref() == Some("MULTI_TAG"),
                "attributes" => topic.attributes = read_texts(reader)?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(topic)
    }

    /// The one-line form of compressed registrations: `name read write perm filter {attributes}`.
    pub fn to_line(&self) -> String {
        let mut writer = Writer::new(Dialect::Fastjson);
        writer.object(|writer| {
            for (name, value) in &self.attributes {
                writer.key(name).text(value);
            }
        });
        format!(
            "{} {} {} {} {} {}",
            self.name,
            self.read_queue_nums,
            self.write_queue_nums,
            self.perm,
            self.filter_type(),
            writer.into_string()
        )
    }

    /// Reads the one-line form; nothing when it has less than five parts or a number is none.
    pub fn from_line(line: &str) -> Option<Self> {
        let mut parts = line.splitn(6, ' ');
        let mut topic = Self {
            name: parts.next()?.to_owned(),
            read_queue_nums: parts.next()?.parse().ok()?,
            write_queue_nums: parts.next()?.parse().ok()?,
            perm: parts.next()?.parse().ok()?,
            is_multi_tag: parts.next()? == "MULTI_TAG",
            ..Self::default()
        };
        if let Some(attributes) = parts.next().filter(|text| !text.is_empty()) {
            topic.attributes = read_texts(&mut Reader::new(attributes.as_bytes())).unwrap_or_default();
        }
        Some(topic)
    }

    /// The name of the filter type.
    pub fn filter_type(&self) -> &'static str {
        if self.is_multi_tag { "MULTI_TAG" } else { "SINGLE_TAG" }
    }
}

/// Reads an object of texts.
pub(crate) fn read_texts(reader: &mut Reader<'_>) -> Result<BTreeMap<String, String>, JsonError> {
    let mut texts = BTreeMap::new();
    reader.object(|key, reader| {
        if let Some(value) = reader.text()? {
            texts.insert(key.to_owned(), value.into_owned());
        }
        Ok(())
    })?;
    Ok(texts)
}

/// How a static topic's queues are spread over brokers, as one broker tells it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TopicQueueMappingInfo {
    /// The topic.
    pub topic: String,
    /// Scope of the mapping.
    pub scope: String,
    /// Queues in all.
    pub total_queues: i32,
    /// The broker that tells it.
    pub broker_name: String,
    /// Version of the mapping.
    pub epoch: i64,
    /// Whether the mapping is out of date.
    pub dirty: bool,
    /// Logical queue to queue on the broker.
    pub current: BTreeMap<i32, i32>,
}

impl TopicQueueMappingInfo {
    /// The JSON object, in fastjson's order.
    pub fn write(&self, writer: &mut Writer) {
        writer.object(|writer| {
            writer.key("bname").text(&self.broker_name);
            writer.key("currIdMap").object(|writer| {
                for (logical, physical) in &self.current {
                    writer.number_key((*logical).into()).number((*physical).into());
                }
            });
            writer.key("dirty").boolean(self.dirty);
            writer.key("epoch").number(self.epoch);
            writer.key("scope").text(&self.scope);
            writer.key("topic").text(&self.topic);
            writer.key("totalQueues").number(self.total_queues.into());
        });
    }

    /// Reads the JSON object.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, JsonError> {
        let mut info = Self::default();
        reader.object(|key, reader| {
            match key {
                "topic" => info.topic = reader.string()?,
                "scope" => info.scope = reader.string()?,
                "bname" => info.broker_name = reader.string()?,
                "totalQueues" => info.total_queues = reader.int()?,
                "epoch" => info.epoch = reader.number()?.unwrap_or_default(),
                "dirty" => info.dirty = reader.boolean()?,
                "currIdMap" => {
                    reader.object(|key, reader| {
                        if let (Ok(logical), Some(physical)) = (key.parse(), reader.number()?) {
                            info.current.insert(logical, physical as i32);
                        }
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

/// The topics of a broker with their version.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TopicTable {
    /// Changes whenever a topic does.
    pub data_version: DataVersion,
    /// By name.
    pub topics: BTreeMap<String, TopicConfig>,
    /// Mapping of static topics by topic; empty on brokers that have none.
    pub mappings: BTreeMap<String, TopicQueueMappingInfo>,
    /// Changes whenever a mapping does (5.x).
    pub mapping_data_version: DataVersion,
}

impl TopicTable {
    /// The JSON object as a 5.x broker writes it.
    pub fn write(&self, writer: &mut Writer) {
        writer.object(|writer| {
            self.data_version.write(writer.key("dataVersion"));
            self.mapping_data_version.write(writer.key("mappingDataVersion"));
            writer.key("topicConfigTable").object(|writer| {
                for (name, topic) in &self.topics {
                    topic.write(writer.key(name));
                }
            });
            writer.key("topicQueueMappingDetailMap").object(|_| ());
            writer.key("topicQueueMappingInfoMap").object(|writer| {
                for (name, mapping) in &self.mappings {
                    mapping.write(writer.key(name));
                }
            });
        });
    }

    /// The JSON object as a body.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new(Dialect::Fastjson);
        self.write(&mut writer);
        writer.into_bytes()
    }

    /// Reads a body.
    pub fn decode(body: &[u8]) -> Result<Self, JsonError> {
        Self::read(&mut Reader::new(body))
    }

    /// Reads the JSON object of any version.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, JsonError> {
        let mut table = Self::default();
        reader.object(|key, reader| {
            match key {
                "dataVersion" => table.data_version = DataVersion::read(reader)?,
                "mappingDataVersion" => table.mapping_data_version = DataVersion::read(reader)?,
                "topicConfigTable" => {
                    reader.object(|key, reader| {
                        let mut topic = TopicConfig::read(reader)?;
                        if topic.name.is_empty() {
                            topic.name = key.to_owned();
                        }
                        table.insert(topic)
                    })?;
                }
                "topicQueueMappingInfoMap" => {
                    reader.object(|key, reader| {
                        let mapping = TopicQueueMappingInfo::read(reader)?;
                        table.insert_mapping(key.to_owned(), mapping)
                    })?;
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(table)
    }

    /// Adds a topic, within the limit.
    pub(crate) fn insert(&mut self, topic: TopicConfig) -> Result<(), JsonError> {
        if self.topics.len() >= TOPIC_COUNT_MAX {
            return Err(JsonError::TooMany("the topic table"));
        }
        self.topics.insert(topic.name.clone(), topic);
        Ok(())
    }

    /// Adds a mapping, within the limit.
    pub(crate) fn insert_mapping(&mut self, topic: String, mapping: TopicQueueMappingInfo) -> Result<(), JsonError> {
        if self.mappings.len() >= TOPIC_COUNT_MAX {
            return Err(JsonError::TooMany("the mapping table"));
        }
        self.mappings.insert(topic, mapping);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_of_both_versions() {
        let old = TopicConfig::from_line("T 8 4 6 SINGLE_TAG").unwrap();
        assert_eq!(
            (old.name.as_str(), old.read_queue_nums, old.write_queue_nums, old.perm),
            ("T", 8, 4, 6)
        );
        let new = TopicConfig::from_line(r#"T 8 4 6 MULTI_TAG {"message.type":"FIFO"}"#).unwrap();
        assert!(new.is_multi_tag);
        assert_eq!(new.attributes["message.type"], "FIFO");
        assert_eq!(TopicConfig::from_line(&new.to_line()), Some(new));
        assert_eq!(
            TopicConfig::from_line("T 8 4 6 SINGLE_TAG ").unwrap().attributes.len(),
            0
        );
        for bad in ["", "T", "T x 4 6 SINGLE_TAG", "T 8 4 6"] {
            assert_eq!(TopicConfig::from_line(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_table_of_4_9() {
        let body = br#"{"dataVersion":{"counter":2,"timestamp":1700000000000},"topicConfigTable":{"T":{"order":false,"perm":6,"readQueueNums":8,"topicFilterType":"SINGLE_TAG","topicName":"T","topicSysFlag":0,"writeQueueNums":8}}}"#;
        let table = TopicTable::decode(body).unwrap();
        assert_eq!(
            table.data_version,
            DataVersion {
                counter: 2,
                state_version: 0,
                timestamp: 1_700_000_000_000
            }
        );
        assert_eq!(table.topics["T"].write_queue_nums, 8);
        assert_eq!(TopicTable::decode(&table.encode()), Ok(table));
    }

    #[test]
    fn a_mapping_with_bare_numbers_as_keys() {
        let body = br#"{"topicQueueMappingInfoMap":{"S":{"bname":"broker-a","currIdMap":{0:0,2:1},"dirty":false,"epoch":1700,"scope":"__global__","topic":"S","totalQueues":4}}}"#;
        let table = TopicTable::decode(body).unwrap();
        assert_eq!(table.mappings["S"].current, BTreeMap::from([(0, 0), (2, 1)]));
        assert_eq!(TopicTable::decode(&table.encode()), Ok(table));
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(bytes: Vec<u8>, line: String) {
            let _ = TopicTable::decode(&bytes);
            let _ = TopicConfig::from_line(&line);
        }
    }
}

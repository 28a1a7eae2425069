//! The body of REGISTER_BROKER (103), plain and compressed.
//!
//! ```text
//! plain        {"filterServerList":[],"topicConfigSerializeWrapper":{ a topic table }}
//! compressed   zlib of: int32 n + data version (JSON) · int32 topics, each int32 n + one line
//!              · int32 n + filter servers (JSON) · from 5.0 on: int32 mappings, each int32 n + JSON
//! ```

use std::io::{Read, Write as _};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use crate::json::{Dialect, JsonError, Reader, Writer};
use crate::record::body_crc;
use crate::topic::{DataVersion, TopicConfig, TopicQueueMappingInfo, TopicTable};
use crate::version;

/// Most bytes a compressed body may become: a bomb is refused instead of inflated.
const INFLATED_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Most filter servers a broker may list.
const FILTER_SERVER_COUNT_MAX: usize = 1024;

/// Why a registration cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Its JSON is broken.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The compressed stream is broken or ends early.
    #[error("the compressed body ends early or is damaged: {0}")]
    Stream(#[from] std::io::Error),
    /// A length in it is negative or too large.
    #[error("the compressed body has a bad length: {0}")]
    Length(i32),
    /// A topic's line cannot be read.
    #[error("the line of a topic cannot be read: {0:?}")]
    Topic(String),
}

/// What a broker registers besides its addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RegisterBrokerBody {
    /// Its topics.
    pub topics: TopicTable,
    /// Its filter servers (4.x).
    pub filter_servers: Vec<String>,
}

impl RegisterBrokerBody {
    /// The plain body.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new(Dialect::Fastjson);
        writer.object(|writer| {
            write_list(&self.filter_servers, writer.key("filterServerList"));
            self.topics.write(writer.key("topicConfigSerializeWrapper"));
        });
        writer.into_bytes()
    }

    /// The compressed body as a 5.x broker sends it.
    pub fn encode_compressed(&self) -> Vec<u8> {
        let mut plain = Vec::new();
        put_block(&self.topics.data_version.encode(), &mut plain);
        plain.extend_from_slice(&(self.topics.topics.len() as i32).to_be_bytes());
        for topic in self.topics.topics.values() {
            put_block(topic.to_line().as_bytes(), &mut plain);
        }
        let mut writer = Writer::new(Dialect::Fastjson);
        write_list(&self.filter_servers, &mut writer);
        put_block(&writer.into_bytes(), &mut plain);
        plain.extend_from_slice(&(self.topics.mappings.len() as i32).to_be_bytes());
        for mapping in self.topics.mappings.values() {
            let mut writer = Writer::new(Dialect::Fastjson);
            mapping.write(&mut writer);
            put_block(&writer.into_bytes(), &mut plain);
        }
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
        zlib.write_all(&plain)
            .and_then(|()| zlib.finish())
            .expect("writing to memory does not fail")
    }

    /// Reads a body of a broker of version `broker_version`. An empty body is an empty registration, as in Java.
    pub fn decode(body: &[u8], is_compressed: bool, broker_version: i32) -> Result<Self, RegisterError> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        if broker_version < version::V3_0_11 {
            return Ok(Self {
                topics: TopicTable::decode(body)?,
                filter_servers: Vec::new(),
            });
        }
        if is_compressed {
            Self::decode_compressed(body, broker_version)
        } else {
            Ok(Self::decode_plain(body)?)
        }
    }

    fn decode_plain(body: &[u8]) -> Result<Self, JsonError> {
        let mut read = Self::default();
        Reader::new(body).object(|key, reader| {
            match key {
                "filterServerList" => read.filter_servers = read_list(reader)?,
                "topicConfigSerializeWrapper" => read.topics = TopicTable::read(reader)?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(read)
    }

    fn decode_compressed(body: &[u8], broker_version: i32) -> Result<Self, RegisterError> {
        let mut blocks = Blocks {
            stream: ZlibDecoder::new(body).take(INFLATED_BYTES_MAX),
        };
        let mut read = Self::default();
        read.topics.data_version = DataVersion::decode(&blocks.block()?)?;
        for _ in 0..blocks.count()? {
            let line = blocks.block()?;
            let line = String::from_utf8_lossy(&line);
            let topic =
                TopicConfig::from_line(&line).ok_or_else(|| RegisterError::Topic(line.chars().take(200).collect()))?;
            read.topics.insert(topic)?;
        }
        // Java goes on without filter servers when their list is broken.
        read.filter_servers = read_list(&mut Reader::new(&blocks.block()?)).unwrap_or_default();
        if broker_version >= version::V5_0_0 {
            for _ in 0..blocks.count()? {
                let mapping = TopicQueueMappingInfo::read(&mut Reader::new(&blocks.block()?))?;
                read.topics.insert_mapping(mapping.topic.clone(), mapping)?;
            }
        }
        Ok(read)
    }
}

/// The CRC a broker sends along with its body; 0 means "do not check".
pub fn crc(body: &[u8]) -> i32 {
    body_crc(body) as i32
}

fn write_list(list: &[String], writer: &mut Writer) {
    writer.array(|writer| list.iter().for_each(|entry| writer.text(entry)));
}

fn read_list(reader: &mut Reader<'_>) -> Result<Vec<String>, JsonError> {
    let mut list = Vec::new();
    reader.array(|reader| {
        if list.len() >= FILTER_SERVER_COUNT_MAX {
            return Err(JsonError::TooMany("the list of filter servers"));
        }
        list.push(reader.string()?);
        Ok(())
    })?;
    Ok(list)
}

fn put_block(block: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&(block.len() as i32).to_be_bytes());
    out.extend_from_slice(block);
}

/// Lengths and blocks of the inflated stream.
struct Blocks<R> {
    stream: R,
}

impl<R: Read> Blocks<R> {
    fn count(&mut self) -> Result<u32, RegisterError> {
        let mut field = [0; 4];
        self.stream.read_exact(&mut field)?;
        let count = i32::from_be_bytes(field);
        u32::try_from(count).map_err(|_| RegisterError::Length(count))
    }

    /// Reads a block. Memory grows with what really arrives, not with what the length promises.
    fn block(&mut self) -> Result<Vec<u8>, RegisterError> {
        let length = self.count()?;
        let mut block = Vec::new();
        let read = self.stream.by_ref().take(length.into()).read_to_end(&mut block)?;
        if read as u64 != u64::from(length) {
            return Err(RegisterError::Length(length as i32));
        }
        Ok(block)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn sample() -> RegisterBrokerBody {
        let topic = |name: &str| {
            let attributes = BTreeMap::from([("message.type".to_owned(), "NORMAL".to_owned())]);
            (
                name.to_owned(),
                TopicConfig {
                    name: name.to_owned(),
                    attributes,
                    ..TopicConfig::default()
                },
            )
        };
        let mapping = TopicQueueMappingInfo {
            topic: "S".into(),
            broker_name: "broker-a".into(),
            total_queues: 2,
            current: BTreeMap::from([(0, 1)]),
            ..TopicQueueMappingInfo::default()
        };
        RegisterBrokerBody {
            topics: TopicTable {
                data_version: DataVersion {
                    state_version: 1,
                    timestamp: 2,
                    counter: 3,
                },
                topics: BTreeMap::from([topic("A"), topic("%RETRY%g")]),
                mappings: BTreeMap::from([("S".to_owned(), mapping)]),
                mapping_data_version: DataVersion::default(),
            },
            filter_servers: vec!["10.0.0.1:4000".into()],
        }
    }

    #[test]
    fn both_forms_round_trip() {
        let body = sample();
        assert_eq!(
            RegisterBrokerBody::decode(&body.encode(), false, version::V5_3_3).unwrap(),
            body
        );
        assert_eq!(
            RegisterBrokerBody::decode(&body.encode_compressed(), true, version::V5_3_3).unwrap(),
            body
        );
        let old = RegisterBrokerBody::decode(&body.encode_compressed(), true, 399).unwrap();
        assert!(old.topics.mappings.is_empty());
        assert_eq!(
            RegisterBrokerBody::decode(&[], true, 0).unwrap(),
            RegisterBrokerBody::default()
        );
    }

    #[test]
    fn a_bomb_is_refused() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
        zlib.write_all(&i32::MAX.to_be_bytes()).unwrap();
        let zeros = vec![0; 1 << 20];
        for _ in 0..(INFLATED_BYTES_MAX >> 20) + 8 {
            zlib.write_all(&zeros).unwrap();
        }
        let bomb = zlib.finish().unwrap();
        assert!(bomb.len() < 1 << 20);
        assert!(RegisterBrokerBody::decode(&bomb, true, version::V5_3_3).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(bytes: Vec<u8>, compressed: bool, version in 0..500) {
            let _ = RegisterBrokerBody::decode(&bytes, compressed, version);
        }

        #[test]
        fn any_inflated_bytes_never_panic(bytes: Vec<u8>) {
            let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
            zlib.write_all(&bytes).unwrap();
            let _ = RegisterBrokerBody::decode(&zlib.finish().unwrap(), true, version::V5_3_3);
        }
    }
}

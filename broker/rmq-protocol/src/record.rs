//! The message as the commit log keeps it and as pull, query and view answers carry it: the same bytes.
//!
//! ```text
//!  0 int32 size           4 int32 magic          8 int32 body CRC      12 int32 queue id     16 int32 flag
//! 20 int64 queue offset  28 int64 physical offset                      36 int32 system flag
//! 40 int64 born time     48 born host (8 or 20)     store time int64     store host (8 or 20)
//!    int32 reconsume times    int64 prepared transaction offset
//!    int32 + body    int8 or int16 + topic    int16 + properties
//! ```
//!
//! Where a record is put and when it is flushed is the store's business. The constants say where the store fills in
//! what it knows last.

use std::net::{IpAddr, SocketAddr};

use crate::property::SysFlag;

/// Magic of a record whose topic length has one byte.
pub const MAGIC_V1: u32 = 0xDAA3_20A7;
/// Magic of a record whose topic length has two bytes (topics over 127 bytes).
pub const MAGIC_V2: u32 = 0xDAA3_20AB;
/// Magic of the blank that fills the end of a commit-log file.
pub const MAGIC_BLANK: u32 = 0xCBD4_3194;
/// Bytes of a blank's own fields: size and magic.
pub const BLANK_BYTES_MIN: usize = 8;
/// Where the queue offset is.
pub const QUEUE_OFFSET_AT: usize = 20;
/// Where the physical offset is.
pub const PHYSICAL_OFFSET_AT: usize = 28;
/// Where the system flag is.
pub const SYS_FLAG_AT: usize = 36;
/// Where the born time is.
pub const BORN_TIMESTAMP_AT: usize = 40;
/// Where the born host is.
pub const BORN_HOST_AT: usize = 48;
/// Longest properties: their length is a signed 16-bit number.
pub const PROPERTIES_BYTES_MAX: usize = i16::MAX as usize;

/// Where the store time is, which depends on the size of the born host.
pub fn store_timestamp_at(flag: SysFlag) -> usize {
    BORN_HOST_AT + host_bytes(flag.is_born_host_v6())
}

/// CRC of a body as RocketMQ keeps it: CRC-32 without its sign bit (`UtilAll.crc32`).
pub fn body_crc(body: &[u8]) -> u32 {
    crc32fast::hash(body) & 0x7FFF_FFFF
}

fn host_bytes(v6: bool) -> usize {
    if v6 { 20 } else { 8 }
}

/// Why bytes are not a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Neither a record's nor a blank's magic.
    #[error("magic {0:#010x} is that of no record")]
    Magic(u32),
    /// The bytes end before the record does.
    #[error("the record ends after {present} of {needed} bytes")]
    Short {
        /// Bytes there are.
        present: usize,
        /// Bytes needed.
        needed: usize,
    },
    /// The size does not fit its parts.
    #[error("size {size} does not fit the record's parts ({parts} bytes)")]
    Size {
        /// The record's first field.
        size: i32,
        /// What the parts add up to.
        parts: usize,
    },
    /// The body's CRC differs.
    #[error("body CRC is {found:#010x}, the record says {stored:#010x}")]
    Crc {
        /// Computed.
        found: u32,
        /// Stored.
        stored: u32,
    },
    /// Topic or properties are not UTF-8, or a port is none.
    #[error("{0} cannot be read")]
    Field(&'static str),
    /// A part is too long to be written.
    #[error("{part} of {bytes} bytes is longer than {limit}")]
    TooLong {
        /// Which part.
        part: &'static str,
        /// Its length.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
}

/// A stored message. Its texts and body are borrowed: from a segment when read, from a request when written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// Queue of the topic.
    pub queue_id: i32,
    /// The user's flag.
    pub flag: i32,
    /// Index in the consume queue; 0 for prepared and rolled-back messages.
    pub queue_offset: i64,
    /// Where the record lies in the commit log.
    pub physical_offset: i64,
    /// Compression, transaction state, address sizes.
    pub sys_flag: SysFlag,
    /// When the client made the message, milliseconds by its clock.
    pub born_timestamp: i64,
    /// The client.
    pub born_host: SocketAddr,
    /// When the broker stored it, milliseconds by its clock.
    pub store_timestamp: i64,
    /// The broker, at the address clients reach it.
    pub store_host: SocketAddr,
    /// How often it was sent back.
    pub reconsume_times: i32,
    /// Commit-log offset of the half message, else 0.
    pub prepared_transaction_offset: i64,
    /// The body as sent, compressed or not.
    pub body: &'a [u8],
    /// CRC of the body, see [`body_crc`].
    pub body_crc: u32,
    /// The topic.
    pub topic: &'a str,
    /// The properties text, see [`crate::property`].
    pub properties: &'a str,
}

/// What was found at the start of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found<'a> {
    /// A record and how many bytes it takes.
    Record(Record<'a>, usize),
    /// The blank at the end of a commit-log file and how many bytes it says it takes.
    Blank(usize),
    /// Zeros: nothing was written here.
    Nothing,
}

impl<'a> Record<'a> {
    /// Reads the record at the start of `bytes` and checks that its size fits its parts. The CRC is left to
    /// [`Record::check_body`], because recovery may skip it (`checkCRCOnRecover`).
    pub fn decode(bytes: &'a [u8]) -> Result<Found<'a>, RecordError> {
        let mut at = Cursor { bytes, at: 0 };
        let size = at.i32()?;
        let magic = at.i32()? as u32;
        match magic {
            MAGIC_V1 | MAGIC_V2 => {}
            MAGIC_BLANK => return Ok(Found::Blank(usize::try_from(size).unwrap_or_default())),
            0 if size == 0 => return Ok(Found::Nothing),
            _ => return Err(RecordError::Magic(magic)),
        }
        let body_crc = at.i32()? as u32;
        let queue_id = at.i32()?;
        let flag = at.i32()?;
        let queue_offset = at.i64()?;
        let physical_offset = at.i64()?;
        let sys_flag = SysFlag(at.i32()?);
        let born_timestamp = at.i64()?;
        let born_host = at.host(sys_flag.is_born_host_v6())?;
        let store_timestamp = at.i64()?;
        let store_host = at.host(sys_flag.is_store_host_v6())?;
        let reconsume_times = at.i32()?;
        let prepared_transaction_offset = at.i64()?;
        let body_bytes = at.i32()?;
        let body = at.take(usize::try_from(body_bytes).map_err(|_| RecordError::Field("the body's length"))?)?;
        let topic_bytes = match magic {
            MAGIC_V1 => usize::from(at.take(1)?[0]),
            _ => at.length16("the topic's length")?,
        };
        let topic = at.text(topic_bytes, "the topic")?;
        let properties_bytes = at.length16("the properties' length")?;
        let properties = at.text(properties_bytes, "the properties")?;
        let parts = at.at;
        if usize::try_from(size) != Ok(parts) {
            return Err(RecordError::Size { size, parts });
        }
        let record = Self {
            queue_id,
            flag,
            queue_offset,
            physical_offset,
            sys_flag,
            born_timestamp,
            born_host,
            store_timestamp,
            store_host,
            reconsume_times,
            prepared_transaction_offset,
            body,
            body_crc,
            topic,
            properties,
        };
        Ok(Found::Record(record, parts))
    }

    /// Compares the body with its CRC. As Java, takes a CRC of 0 as "not checked".
    pub fn check_body(&self) -> Result<(), RecordError> {
        let found = body_crc(self.body);
        if self.body_crc == 0 || found == self.body_crc {
            return Ok(());
        }
        Err(RecordError::Crc {
            found,
            stored: self.body_crc,
        })
    }

    /// How many bytes [`Record::encode_into`] appends.
    pub fn encoded_bytes(&self) -> usize {
        let hosts = host_bytes(self.born_host.is_ipv6()) + host_bytes(self.store_host.is_ipv6());
        let topic = if self.is_v2() { 2 } else { 1 } + self.topic.len();
        // 56 before, between and after the hosts up to the store time; 12 after; 4 and 2 are lengths.
        48 + 8 + 12 + 4 + 2 + hosts + topic + self.body.len() + self.properties.len()
    }

    /// Appends the record. The sizes of the addresses in the system flag are set from the addresses.
    pub fn encode_into(&self, out: &mut Vec<u8>) -> Result<usize, RecordError> {
        limit("the topic", self.topic.len(), i16::MAX as usize)?;
        limit("the properties", self.properties.len(), PROPERTIES_BYTES_MAX)?;
        let bytes = self.encoded_bytes();
        limit("the record", bytes, i32::MAX as usize)?;
        let start = out.len();
        out.reserve(bytes);
        out.extend_from_slice(&(bytes as i32).to_be_bytes());
        out.extend_from_slice(&if self.is_v2() { MAGIC_V2 } else { MAGIC_V1 }.to_be_bytes());
        out.extend_from_slice(&self.body_crc.to_be_bytes());
        out.extend_from_slice(&self.queue_id.to_be_bytes());
        out.extend_from_slice(&self.flag.to_be_bytes());
        out.extend_from_slice(&self.queue_offset.to_be_bytes());
        out.extend_from_slice(&self.physical_offset.to_be_bytes());
        let flag = self
            .sys_flag
            .with_hosts(self.born_host.is_ipv6(), self.store_host.is_ipv6());
        out.extend_from_slice(&flag.0.to_be_bytes());
        out.extend_from_slice(&self.born_timestamp.to_be_bytes());
        put_host(self.born_host, out);
        out.extend_from_slice(&self.store_timestamp.to_be_bytes());
        put_host(self.store_host, out);
        out.extend_from_slice(&self.reconsume_times.to_be_bytes());
        out.extend_from_slice(&self.prepared_transaction_offset.to_be_bytes());
        out.extend_from_slice(&(self.body.len() as i32).to_be_bytes());
        out.extend_from_slice(self.body);
        if self.is_v2() {
            out.extend_from_slice(&(self.topic.len() as i16).to_be_bytes());
        } else {
            out.push(self.topic.len() as u8);
        }
        out.extend_from_slice(self.topic.as_bytes());
        out.extend_from_slice(&(self.properties.len() as i16).to_be_bytes());
        out.extend_from_slice(self.properties.as_bytes());
        debug_assert_eq!(out.len() - start, bytes, "encoded_bytes agrees with what is written");
        Ok(bytes)
    }

    fn is_v2(&self) -> bool {
        self.topic.len() > i8::MAX as usize
    }
}

/// Reads concatenated records, as pull and query answers carry them. Stops after the first error.
pub fn records(bytes: &[u8]) -> impl Iterator<Item = Result<Record<'_>, RecordError>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        match Record::decode(rest) {
            Ok(Found::Record(record, size)) => {
                rest = &rest[size..];
                Some(Ok(record))
            }
            Ok(Found::Blank(_) | Found::Nothing) => {
                rest = &[];
                None
            }
            Err(error) => {
                rest = &[];
                Some(Err(error))
            }
        }
    })
}

fn limit(part: &'static str, bytes: usize, limit: usize) -> Result<(), RecordError> {
    if bytes > limit {
        Err(RecordError::TooLong { part, bytes, limit })
    } else {
        Ok(())
    }
}

fn put_host(host: SocketAddr, out: &mut Vec<u8>) {
    match host.ip() {
        IpAddr::V4(address) => out.extend_from_slice(&address.octets()),
        IpAddr::V6(address) => out.extend_from_slice(&address.octets()),
    }
    out.extend_from_slice(&i32::from(host.port()).to_be_bytes());
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], RecordError> {
        let present = self.bytes.len();
        let needed = self.at.saturating_add(length);
        let taken = self
            .bytes
            .get(self.at..needed)
            .ok_or(RecordError::Short { present, needed })?;
        self.at = needed;
        Ok(taken)
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], RecordError> {
        self.take(N)
            .map(|bytes| bytes.try_into().expect("take gives as many bytes as asked for"))
    }

    fn i32(&mut self) -> Result<i32, RecordError> {
        self.fixed().map(i32::from_be_bytes)
    }

    fn i64(&mut self) -> Result<i64, RecordError> {
        self.fixed().map(i64::from_be_bytes)
    }

    fn length16(&mut self, what: &'static str) -> Result<usize, RecordError> {
        let length = i16::from_be_bytes(self.fixed()?);
        usize::try_from(length).map_err(|_| RecordError::Field(what))
    }

    fn text(&mut self, length: usize, what: &'static str) -> Result<&'a str, RecordError> {
        std::str::from_utf8(self.take(length)?).map_err(|_| RecordError::Field(what))
    }

    fn host(&mut self, v6: bool) -> Result<SocketAddr, RecordError> {
        let ip: IpAddr = if v6 {
            self.fixed::<16>()?.into()
        } else {
            self.fixed::<4>()?.into()
        };
        let port = u16::try_from(self.i32()?).map_err(|_| RecordError::Field("a port"))?;
        Ok(SocketAddr::new(ip, port))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample<'a>(body: &'a [u8], topic: &'a str, properties: &'a str, v6: bool) -> Record<'a> {
        let host = |port| SocketAddr::new(if v6 { "2001:db8::7" } else { "10.0.0.7" }.parse().unwrap(), port);
        Record {
            queue_id: 3,
            flag: -1,
            queue_offset: 77,
            physical_offset: 1 << 33,
            sys_flag: SysFlag(1).with_hosts(v6, v6),
            born_timestamp: 1_700_000_000_000,
            born_host: host(40_000),
            store_timestamp: 1_700_000_000_005,
            store_host: host(10_911),
            reconsume_times: 2,
            prepared_transaction_offset: 9,
            body,
            body_crc: body_crc(body),
            topic,
            properties,
        }
    }

    #[test]
    fn places_of_the_fields() {
        let mut bytes = Vec::new();
        let record = sample(b"body", "T", "K\u{1}v\u{2}", false);
        assert_eq!(record.encode_into(&mut bytes), Ok(91 + 4 + 1 + 4));
        let i64_at = |at: usize| i64::from_be_bytes(bytes[at..at + 8].try_into().unwrap());
        assert_eq!(i64_at(QUEUE_OFFSET_AT), 77);
        assert_eq!(i64_at(PHYSICAL_OFFSET_AT), 1 << 33);
        assert_eq!(i64_at(BORN_TIMESTAMP_AT), 1_700_000_000_000);
        assert_eq!(i64_at(store_timestamp_at(record.sys_flag)), 1_700_000_000_005);
        assert_eq!(store_timestamp_at(record.sys_flag), 56);
        assert_eq!(body_crc(b"123456789"), 0x4BF4_3926);
    }

    #[test]
    fn what_is_no_record() {
        assert_eq!(Record::decode(&[0; 8]), Ok(Found::Nothing));
        assert_eq!(
            Record::decode(&[0, 0, 1, 0, 0xCB, 0xD4, 0x31, 0x94]),
            Ok(Found::Blank(256))
        );
        assert_eq!(
            Record::decode(&[0; 3]),
            Err(RecordError::Short { present: 3, needed: 4 })
        );
        assert_eq!(Record::decode(&[1; 8]), Err(RecordError::Magic(0x0101_0101)));
        let mut bytes = Vec::new();
        sample(b"body", "T", "", false).encode_into(&mut bytes).unwrap();
        bytes[3] += 1;
        assert!(matches!(Record::decode(&bytes), Err(RecordError::Size { .. })));
        let long = "x".repeat(40_000);
        assert!(sample(b"", "T", &long, false).encode_into(&mut bytes).is_err());
    }

    #[test]
    fn a_wrong_body_is_told() {
        let mut record = sample(b"body", "T", "", false);
        record.check_body().unwrap();
        record.body_crc ^= 1;
        assert!(matches!(record.check_body(), Err(RecordError::Crc { .. })));
    }

    proptest! {
        #[test]
        fn round_trip(body: Vec<u8>, topic in "[a-zA-Z%_-]{1,200}", properties in ".{0,40}", v6: bool) {
            let record = sample(&body, &topic, &properties, v6);
            let mut bytes = Vec::new();
            let size = record.encode_into(&mut bytes).unwrap();
            prop_assert_eq!(size, record.encoded_bytes());
            prop_assert_eq!(Record::decode(&bytes), Ok(Found::Record(record, size)));
            bytes.extend_from_within(..);
            prop_assert_eq!(records(&bytes).filter_map(Result::ok).count(), 2);
        }

        #[test]
        fn any_bytes_never_panic(bytes: Vec<u8>) {
            let _ = Record::decode(&bytes);
        }

        #[test]
        fn damaged_records_never_panic(at in 0usize..120, byte: u8, cut in 0usize..120) {
            let mut bytes = Vec::new();
            sample(b"0123456789", "Topic", "K\u{1}v\u{2}", false).encode_into(&mut bytes).unwrap();
            let at = at % bytes.len();
            bytes[at] = byte;
            bytes.truncate(cut.max(1));
            records(&bytes).for_each(drop);
        }
    }
}

//! One message as it lies in the commit log and travels in pull responses: bytes to fields and back. Pure, no I/O.
//!
//! ```text
//! 0  total size  4 │ 4  magic 4 │ 8 body CRC 4 │ 12 queue id 4 │ 16 flag 4 │ 20 queue offset 8
//! 28 log offset  8 │ 36 system flags 4 │ 40 born time 8 │ 48 born host 8 or 20 │ store time 8
//! store host 8 or 20 │ reconsume times 4 │ prepared offset 8 │ body 4 + n │ topic 1 or 2 + n │ properties 2 + n
//! ```
//!
//! All integers are big-endian. Not here: where a record may lie (`commit_log`), what is told of it to the queues
//! (`dispatch`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Magic of a record with a one-byte topic length.
pub const MAGIC_V1: u32 = 0xDAA3_20A7;
/// Magic of a record with a two-byte topic length.
pub const MAGIC_V2: u32 = 0xDAA3_20AB;
/// Magic of the filler at the end of a file.
pub const MAGIC_BLANK: u32 = 0xCBD4_3194;
/// Size and magic of the filler: what must always be left in a file.
pub const BLANK_BYTES: usize = 8;
/// Longest topic that is stored with a one-byte length.
const TOPIC_V1_BYTES: usize = 127;
/// Longest properties.
pub const PROPERTIES_MAX_BYTES: usize = i16::MAX as usize;
/// Between a property's name and its value.
pub const NAME_VALUE_SEPARATOR: u8 = 1;
/// Behind a property.
pub const PROPERTY_SEPARATOR: u8 = 2;

/// Where the queue offset lies in a record.
pub(crate) const QUEUE_OFFSET_AT: usize = 20;
/// Where the commit log offset lies in a record.
pub(crate) const LOG_OFFSET_AT: usize = 28;
const SYS_FLAG_AT: usize = 36;
/// Bytes that hold the store time whatever the born host is.
pub(crate) const HEAD_BYTES: usize = 76;

/// Bits of the system flag.
pub mod sys_flag {
    /// The body is compressed.
    pub const COMPRESSED: u32 = 1;
    /// Mask of the transaction type.
    pub const TRANSACTION: u32 = 0b11 << 2;
    /// Half message.
    pub const PREPARED: u32 = 0b01 << 2;
    /// Committed message.
    pub const COMMIT: u32 = 0b10 << 2;
    /// Rolled back.
    pub const ROLLBACK: u32 = 0b11 << 2;
    /// The born host is IPv6.
    pub const BORN_HOST_V6: u32 = 1 << 4;
    /// The store host is IPv6.
    pub const STORE_HOST_V6: u32 = 1 << 5;
}

/// What a broker hands over to be stored.
#[derive(Debug, Clone, Copy)]
pub struct NewMessage<'a> {
    /// Topic name.
    pub topic: &'a str,
    /// Queue within the topic.
    pub queue_id: i32,
    /// The user's flag.
    pub flag: i32,
    /// System flags; the two host bits are set here from the addresses.
    pub sys_flag: u32,
    /// Client's clock in milliseconds.
    pub born_ms: i64,
    /// Client's address.
    pub born_host: SocketAddr,
    /// This broker's address as clients reach it.
    pub store_host: SocketAddr,
    /// How often consumers sent it back.
    pub reconsume_times: i32,
    /// Commit log offset of the half message, else 0.
    pub prepared_offset: i64,
    /// Body as stored, maybe compressed.
    pub body: &'a [u8],
    /// Properties as stored: `name 0x01 value 0x02 …`.
    pub properties: &'a [u8],
}

/// Why a message cannot be a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The topic is empty, too long, or not usable as a folder name.
    #[error("topic is empty, longer than 255 bytes or no folder name")]
    Topic,
    /// A negative queue id.
    #[error("queue id is negative")]
    QueueId,
    /// More than 32,767 bytes.
    #[error("properties are longer than {PROPERTIES_MAX_BYTES} bytes")]
    PropertiesTooLong,
    /// See [`encode`].
    #[error("properties hold a zero byte")]
    PropertiesZero,
    /// Body or record above the limit.
    #[error("message is longer than the store takes")]
    TooLong,
}

/// Whether a topic can be a folder: what is stored under it must not leave the store.
pub fn is_folder_name(topic: &[u8]) -> bool {
    !topic.is_empty()
        && topic.len() <= 255
        && topic != b"."
        && topic != b".."
        && !topic.iter().any(|&byte| byte < b' ' || byte == b'/' || byte == b'\\')
}

/// CRC-32 of a body as RocketMQ stores it: without the top bit.
pub fn body_crc(body: &[u8]) -> u32 {
    crc32fast::hash(body) & 0x7FFF_FFFF
}

/// Appends a record to `out`; gives its length. Queue offset, log offset and store time are 0 until it is placed.
///
/// Properties with a zero byte are refused, though RocketMQ takes them: properties carry no checksum, and zeros are
/// how a sector looks that a power cut kept from the disk. No client library writes one.
pub fn encode(out: &mut Vec<u8>, message: &NewMessage<'_>, max_body_bytes: usize) -> Result<usize, EncodeError> {
    let topic = message.topic.as_bytes();
    if !is_folder_name(topic) {
        return Err(EncodeError::Topic);
    }
    if message.queue_id < 0 {
        return Err(EncodeError::QueueId);
    }
    if message.properties.len() > PROPERTIES_MAX_BYTES {
        return Err(EncodeError::PropertiesTooLong);
    }
    if message.properties.contains(&0) {
        return Err(EncodeError::PropertiesZero);
    }
    let is_v2 = topic.len() > TOPIC_V1_BYTES;
    let size = 72 // everything of fixed length
        + host_bytes(message.born_host.is_ipv6())
        + host_bytes(message.store_host.is_ipv6())
        + message.body.len()
        + if is_v2 { 2 } else { 1 }
        + topic.len()
        + 2
        + message.properties.len();
    // RocketMQ keeps 64 KiB beside the body for everything else.
    if message.body.len() > max_body_bytes || size > max_body_bytes.saturating_add(64 * 1024) {
        return Err(EncodeError::TooLong);
    }
    let size32 = u32::try_from(size).map_err(|_| EncodeError::TooLong)?;
    let body32 = u32::try_from(message.body.len()).map_err(|_| EncodeError::TooLong)?;
    let mut flags = message.sys_flag & !(sys_flag::BORN_HOST_V6 | sys_flag::STORE_HOST_V6);
    if message.born_host.is_ipv6() {
        flags |= sys_flag::BORN_HOST_V6;
    }
    if message.store_host.is_ipv6() {
        flags |= sys_flag::STORE_HOST_V6;
    }
    let before = out.len();
    out.reserve(size);
    out.extend_from_slice(&size32.to_be_bytes());
    out.extend_from_slice(&if is_v2 { MAGIC_V2 } else { MAGIC_V1 }.to_be_bytes());
    out.extend_from_slice(&body_crc(message.body).to_be_bytes());
    out.extend_from_slice(&message.queue_id.to_be_bytes());
    out.extend_from_slice(&message.flag.to_be_bytes());
    out.extend_from_slice(&[0; 16]); // queue offset, log offset
    out.extend_from_slice(&flags.to_be_bytes());
    out.extend_from_slice(&message.born_ms.to_be_bytes());
    put_host(out, message.born_host);
    out.extend_from_slice(&[0; 8]); // store time
    put_host(out, message.store_host);
    out.extend_from_slice(&message.reconsume_times.to_be_bytes());
    out.extend_from_slice(&message.prepared_offset.to_be_bytes());
    out.extend_from_slice(&body32.to_be_bytes());
    out.extend_from_slice(message.body);
    if is_v2 {
        out.push(0);
    }
    out.push(topic.len() as u8);
    out.extend_from_slice(topic);
    out.extend_from_slice(&(message.properties.len() as u16).to_be_bytes());
    out.extend_from_slice(message.properties);
    debug_assert_eq!(out.len() - before, size);
    Ok(size)
}

/// Writes into an encoded record what is known only under the append lock.
pub(crate) fn place(record: &mut [u8], queue_offset: i64, log_offset: u64, store_ms: i64) {
    record[QUEUE_OFFSET_AT..QUEUE_OFFSET_AT + 8].copy_from_slice(&queue_offset.to_be_bytes());
    record[LOG_OFFSET_AT..LOG_OFFSET_AT + 8].copy_from_slice(&log_offset.to_be_bytes());
    let at = store_time_at(record);
    record[at..at + 8].copy_from_slice(&store_ms.to_be_bytes());
}

/// The filler from `left_bytes` before the end of a file.
pub(crate) fn blank(left_bytes: u32) -> [u8; BLANK_BYTES] {
    let mut out = [0; BLANK_BYTES];
    out[..4].copy_from_slice(&left_bytes.to_be_bytes());
    out[4..].copy_from_slice(&MAGIC_BLANK.to_be_bytes());
    out
}

fn host_bytes(is_v6: bool) -> usize {
    if is_v6 { 20 } else { 8 }
}

fn put_host(out: &mut Vec<u8>, host: SocketAddr) {
    match host.ip() {
        IpAddr::V4(ip) => out.extend_from_slice(&ip.octets()),
        IpAddr::V6(ip) => out.extend_from_slice(&ip.octets()),
    }
    out.extend_from_slice(&u32::from(host.port()).to_be_bytes());
}

fn store_time_at(record: &[u8]) -> usize {
    let flags = u32_at(record, SYS_FLAG_AT).unwrap_or(0);
    48 + host_bytes(flags & sys_flag::BORN_HOST_V6 != 0)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(four.try_into().ok()?))
}

/// The store time in the first [`HEAD_BYTES`] of a record.
pub(crate) fn store_ms_of_head(head: &[u8]) -> Option<i64> {
    let magic = u32_at(head, 4)?;
    if magic != MAGIC_V1 && magic != MAGIC_V2 {
        return None;
    }
    let at = store_time_at(head);
    let eight = head.get(at..at + 8)?;
    Some(i64::from_be_bytes(eight.try_into().ok()?))
}

/// Total size and log offset in the first bytes of a record, if it is one.
pub(crate) fn size_and_log_offset(head: &[u8]) -> Option<(u32, u64)> {
    let magic = u32_at(head, 4)?;
    let offset = head.get(LOG_OFFSET_AT..LOG_OFFSET_AT + 8)?;
    let is_record = magic == MAGIC_V1 || magic == MAGIC_V2;
    is_record.then_some((u32_at(head, 0)?, u64::from_be_bytes(offset.try_into().ok()?)))
}

/// A record, borrowed from its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// All bytes of the record.
    pub bytes: &'a [u8],
    /// CRC of the body as written.
    pub body_crc: u32,
    /// Queue within the topic.
    pub queue_id: i32,
    /// The user's flag.
    pub flag: i32,
    /// Number within the queue; 0 for half and rolled-back messages.
    pub queue_offset: i64,
    /// Where it says it lies.
    pub log_offset: u64,
    /// System flags.
    pub sys_flag: u32,
    /// Client's clock in milliseconds.
    pub born_ms: i64,
    /// Client's address.
    pub born_host: SocketAddr,
    /// When it was stored.
    pub store_ms: i64,
    /// The broker's address.
    pub store_host: SocketAddr,
    /// How often consumers sent it back.
    pub reconsume_times: i32,
    /// Commit log offset of the half message.
    pub prepared_offset: i64,
    /// Body as stored.
    pub body: &'a [u8],
    /// Topic name; UTF-8 unless hostile.
    pub topic: &'a [u8],
    /// Properties as stored.
    pub properties: &'a [u8],
}

/// What lies at a place of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parsed<'a> {
    /// A message.
    Record(Record<'a>),
    /// Filler up to the end of the file.
    Blank,
}

/// Why the bytes at a place of the log are no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Zeros: nothing was written here.
    #[error("nothing written")]
    Empty,
    /// Fewer bytes than the record needs; says how many it claims.
    #[error("record of {0} bytes is cut off")]
    Short(usize),
    /// Unknown magic.
    #[error("illegal magic 0x{0:08x}")]
    Magic(u32),
    /// The parts do not add up to the total.
    #[error("sizes do not add up")]
    Sizes,
    /// The body is not what was written.
    #[error("CRC does not match")]
    Crc,
    /// It says that it lies elsewhere: left over from an older use of these bytes.
    #[error("says that it lies at {0}")]
    Elsewhere(u64),
    /// The topic holds zeros or other bytes that none can have.
    #[error("topic is damaged")]
    Topic,
}

/// A cursor that never reads beyond its bytes.
struct Take<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Take<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8], Broken> {
        let end = self.at.checked_add(count).ok_or(Broken::Sizes)?;
        let out = self.bytes.get(self.at..end).ok_or(Broken::Sizes)?;
        self.at = end;
        Ok(out)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Broken> {
        self.bytes(N)?.try_into().map_err(|_| Broken::Sizes)
    }

    fn u32(&mut self) -> Result<u32, Broken> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    fn i32(&mut self) -> Result<i32, Broken> {
        Ok(i32::from_be_bytes(self.array()?))
    }

    fn i64(&mut self) -> Result<i64, Broken> {
        Ok(i64::from_be_bytes(self.array()?))
    }

    fn host(&mut self, is_v6: bool) -> Result<SocketAddr, Broken> {
        let ip = if is_v6 {
            IpAddr::V6(Ipv6Addr::from(self.array::<16>()?))
        } else {
            IpAddr::V4(Ipv4Addr::from(self.array::<4>()?))
        };
        // The port is stored in four bytes; a damaged one must not stop a reader.
        Ok(SocketAddr::new(ip, self.u32()? as u16))
    }
}

/// How closely a record is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Sizes and magic; enough for what this process wrote or recovered.
    Shape,
    /// The CRC of the body as well.
    Crc,
}

/// Reads the record at the start of `bytes`, which may hold more behind it.
pub fn parse(bytes: &[u8], check: Check) -> Result<Parsed<'_>, Broken> {
    let total = u32_at(bytes, 0).ok_or(Broken::Short(BLANK_BYTES))?;
    let magic = u32_at(bytes, 4).ok_or(Broken::Short(BLANK_BYTES))?;
    if magic == MAGIC_BLANK {
        return Ok(Parsed::Blank);
    }
    if magic == 0 && total == 0 {
        return Err(Broken::Empty);
    }
    if magic != MAGIC_V1 && magic != MAGIC_V2 {
        return Err(Broken::Magic(magic));
    }
    let total = usize::try_from(total).map_err(|_| Broken::Sizes)?;
    if total > i32::MAX as usize {
        return Err(Broken::Sizes);
    }
    let whole = bytes.get(..total).ok_or(Broken::Short(total))?;
    let mut take = Take { bytes: whole, at: 8 };
    let body_crc_stored = take.u32()?;
    let queue_id = take.i32()?;
    let flag = take.i32()?;
    let queue_offset = take.i64()?;
    let log_offset = take.i64()? as u64;
    let flags = take.u32()?;
    let born_ms = take.i64()?;
    let born_host = take.host(flags & sys_flag::BORN_HOST_V6 != 0)?;
    let store_ms = take.i64()?;
    let store_host = take.host(flags & sys_flag::STORE_HOST_V6 != 0)?;
    let reconsume_times = take.i32()?;
    let prepared_offset = take.i64()?;
    let body_len = usize::try_from(take.i32()?).map_err(|_| Broken::Sizes)?;
    let body = take.bytes(body_len)?;
    let topic_len = if magic == MAGIC_V2 {
        usize::from(u16::from_be_bytes(take.array()?))
    } else {
        usize::from(take.array::<1>()?[0])
    };
    let topic = take.bytes(topic_len)?;
    let properties_len = usize::try_from(i16::from_be_bytes(take.array()?)).map_err(|_| Broken::Sizes)?;
    let properties = take.bytes(properties_len)?;
    if take.at != total {
        return Err(Broken::Sizes);
    }
    if topic.is_empty() || topic.contains(&0) {
        return Err(Broken::Topic);
    }
    if check == Check::Crc && !body.is_empty() && body_crc(body) != body_crc_stored {
        return Err(Broken::Crc);
    }
    Ok(Parsed::Record(Record {
        bytes: whole,
        body_crc: body_crc_stored,
        queue_id,
        flag,
        queue_offset,
        log_offset,
        sys_flag: flags,
        born_ms,
        born_host,
        store_ms,
        store_host,
        reconsume_times,
        prepared_offset,
        body,
        topic,
        properties,
    }))
}

impl<'a> Record<'a> {
    /// The last value of a property, by Java's reading: pairs of three bytes and more with a name and a value.
    pub fn property(&self, name: &str) -> Option<&'a [u8]> {
        properties(self.properties)
            .filter(|(key, _)| *key == name.as_bytes())
            .map(|(_, value)| value)
            .last()
    }

    /// Whether a sector under the properties was never written. Properties carry no checksum, so a power cut that kept
    /// one of their sectors from the disk shows only in zeros from one sector boundary to the next, or to the end.
    pub fn lost_a_sector(&self) -> bool {
        const SECTOR_BYTES: u64 = 512;
        let end = self.log_offset + self.bytes.len() as u64;
        let start = end - self.properties.len() as u64;
        let mut sector = start.next_multiple_of(SECTOR_BYTES);
        while sector < end {
            let from = (sector - start) as usize;
            let to = from + (end - sector).min(SECTOR_BYTES) as usize;
            if self.properties[from..to].iter().all(|&byte| byte == 0) {
                return true;
            }
            sector += SECTOR_BYTES;
        }
        false
    }

    /// Whether consumers may see it: half and rolled-back messages enter no queue.
    pub fn is_queued(&self) -> bool {
        is_queued(self.sys_flag)
    }
}

/// Whether a message with these system flags enters a consume queue.
pub fn is_queued(flags: u32) -> bool {
    matches!(flags & sys_flag::TRANSACTION, 0 | sys_flag::COMMIT)
}

/// The pairs of a property string, in order. The last separator may be missing.
pub fn properties(bytes: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    bytes.split(|&byte| byte == PROPERTY_SEPARATOR).filter_map(|pair| {
        let at = pair.iter().position(|&byte| byte == NAME_VALUE_SEPARATOR)?;
        let (name, value) = (&pair[..at], &pair[at + 1..]);
        (!name.is_empty() && !value.is_empty()).then_some((name, value))
    })
}

/// Java's `String.hashCode`: over UTF-16 units, wrapping.
pub fn java_hash(text: &str) -> i32 {
    text.encode_utf16()
        .fold(0i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

/// The tag code of a TAGS value: what a tag filter compares.
pub fn tag_code(tags: &[u8]) -> i64 {
    i64::from(java_hash(&String::from_utf8_lossy(tags)))
}

/// One message of a batch body (request 320).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchPart<'a> {
    /// The user's flag.
    pub flag: i32,
    /// Its body.
    pub body: &'a [u8],
    /// Its own properties.
    pub properties: &'a [u8],
}

/// Reads the body of a batch: total 4, magic 4, CRC 4, flag 4, body 4 + n, properties 2 + n, again and again.
/// `None` when it is not made of whole parts, or empty.
pub fn parse_batch(mut bytes: &[u8]) -> Option<Vec<BatchPart<'_>>> {
    let mut parts = Vec::new();
    while !bytes.is_empty() {
        let mut take = Take { bytes, at: 12 };
        let flag = take.i32().ok()?;
        let body_len = usize::try_from(take.i32().ok()?).ok()?;
        let body = take.bytes(body_len).ok()?;
        let properties_len = usize::try_from(i16::from_be_bytes(take.array().ok()?)).ok()?;
        let properties = take.bytes(properties_len).ok()?;
        parts.push(BatchPart { flag, body, properties });
        bytes = &bytes[take.at..];
    }
    (!parts.is_empty()).then_some(parts)
}

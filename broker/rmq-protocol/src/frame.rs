//! One frame: header and body, to and from bytes, with both kinds of header.
//!
//! ```text
//! 00 00 00 4F  00 00 00 4B  {"code":105,"extFields":{"topic":"T"},"flag":0,…}      JSON header
//! 00 00 00 2A  01 00 00 26  0069 00 01DF 00000001 00000000 00000000 0000000B …     binary header
//! ```
//!
//! Reading is as tolerant as Java's: missing keys have defaults, values may be numbers or booleans, text after the
//! object is ignored. Anything else ends the connection, and [`FrameError`] says why.

use bytes::{BufMut, Bytes, BytesMut};

use crate::code::{RequestCode, ResponseCode};
use crate::fields::Fields;
use crate::header::{Header, HeaderError};
use crate::json::{JsonError, Reader};
use crate::language::Language;
use crate::version;

/// Largest value of the length field that Java accepts (`com.rocketmq.remoting.frameMaxLength`).
pub const FRAME_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Longest header: its length has 24 bits.
const HEADER_BYTES_MAX: usize = 0x00FF_FFFF;
const FLAG_RESPONSE: i32 = 1;
const FLAG_ONE_WAY: i32 = 2;

/// Why bytes are not a frame. The connection is closed with this as the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The length field asks for more than the limit, or is negative.
    #[error("frame length {length} is beyond the limit of {limit} bytes")]
    TooLong {
        /// The field as an unsigned number.
        length: u32,
        /// The limit in force.
        limit: usize,
    },
    /// The frame is shorter than its own fixed part or than its header says.
    #[error("bad header length {header}: the frame has {frame} bytes")]
    HeaderLength {
        /// Length of the header as sent.
        header: usize,
        /// Bytes that follow the length field.
        frame: usize,
    },
    /// The kind byte is neither JSON (0) nor ROCKETMQ (1).
    #[error("unknown kind of header {0}")]
    HeaderKind(u8),
    /// The JSON header cannot be read.
    #[error("JSON header: {0}")]
    Json(#[from] JsonError),
    /// The binary header ends inside a field, or a length in it is negative or too large.
    #[error("binary header: {0} does not fit")]
    Binary(&'static str),
    /// More fields than any peer sends.
    #[error("the header has more than {} fields", crate::fields::FIELD_COUNT_MAX)]
    TooManyFields,
}

/// How the header of a frame is written. A response uses the kind of its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum HeaderKind {
    /// One JSON object.
    #[default]
    Json = 0,
    /// RocketMQ's own binary form; its code has 16 bits only.
    Binary = 1,
}

/// A request or a response.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frame {
    /// Request code, or response code when [`Frame::is_response`].
    pub code: i32,
    /// Language of the sender.
    pub language: Language,
    /// Version of the sender, an ordinal of `MQVersion` ([`version`]).
    pub version: i32,
    /// Number that joins a response to its request; each side counts its own.
    pub opaque: i32,
    /// Bit 0: response; bit 1: one-way.
    pub flag: i32,
    /// Text for people, mostly of failed responses.
    pub remark: Option<String>,
    /// The typed header as text.
    pub fields: Fields,
    /// What follows the header; empty when absent.
    pub body: Bytes,
    /// How the header is written.
    pub kind: HeaderKind,
}

impl Frame {
    /// A request with a typed header. The connection that sends it sets the opaque.
    pub fn request(code: RequestCode, header: &impl Header) -> Self {
        let mut frame = Self {
            code: code.0,
            version: version::CURRENT,
            ..Self::default()
        };
        header.write(&mut frame.fields);
        frame
    }

    /// A request without a header.
    pub fn bare_request(code: RequestCode) -> Self {
        Self {
            code: code.0,
            version: version::CURRENT,
            ..Self::default()
        }
    }

    /// An answer to `self`: same opaque, same kind of header.
    pub fn answer(&self, code: ResponseCode) -> Self {
        Self {
            code: code.0,
            version: version::CURRENT,
            opaque: self.opaque,
            flag: FLAG_RESPONSE,
            kind: self.kind,
            ..Self::default()
        }
    }

    /// An answer that tells why the request failed.
    pub fn failure(&self, code: ResponseCode, remark: impl Into<String>) -> Self {
        Self {
            remark: Some(remark.into()),
            ..self.answer(code)
        }
    }

    /// The same frame with a typed header added.
    pub fn with_header(mut self, header: &impl Header) -> Self {
        header.write(&mut self.fields);
        self
    }

    /// The same frame with a body.
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// The same frame, marked as one that is not answered.
    pub fn one_way(mut self) -> Self {
        self.flag |= FLAG_ONE_WAY;
        self
    }

    /// Whether this answers a request.
    pub fn is_response(&self) -> bool {
        self.flag & FLAG_RESPONSE != 0
    }

    /// Whether no answer may be sent.
    pub fn is_one_way(&self) -> bool {
        self.flag & FLAG_ONE_WAY != 0
    }

    /// The code of a request.
    pub fn request_code(&self) -> RequestCode {
        RequestCode(self.code)
    }

    /// The code of a response.
    pub fn response_code(&self) -> ResponseCode {
        ResponseCode(self.code)
    }

    /// Reads the typed header.
    pub fn header<H: Header>(&self) -> Result<H, HeaderError> {
        H::read(&self.fields)
    }

    /// Reads a frame from the bytes that follow its length field. The body shares them.
    pub fn decode(mut rest: Bytes) -> Result<Self, FrameError> {
        let frame = rest.len();
        if frame < 4 {
            return Err(FrameError::HeaderLength { header: 0, frame });
        }
        let mark = u32::from_be_bytes([rest[0], rest[1], rest[2], rest[3]]);
        let header = (mark & HEADER_BYTES_MAX as u32) as usize;
        if header > frame - 4 {
            return Err(FrameError::HeaderLength { header, frame });
        }
        let body = rest.split_off(4 + header);
        let mut read = match (mark >> 24) as u8 {
            0 => decode_json(&rest[4..])?,
            1 => decode_binary(&rest[4..])?,
            other => return Err(FrameError::HeaderKind(other)),
        };
        read.body = body;
        Ok(read)
    }

    /// Appends the whole frame, length field included.
    pub fn encode_into(&self, out: &mut BytesMut) {
        self.encode_head_into(out);
        out.extend_from_slice(&self.body);
    }

    /// Appends everything but the body, with the lengths that count it: a large body is then sent from where it is.
    pub fn encode_head_into(&self, out: &mut BytesMut) {
        let start = out.len();
        out.put_u64(0);
        match self.kind {
            HeaderKind::Json => encode_json(self, out),
            HeaderKind::Binary => encode_binary(self, out),
        }
        let header = out.len() - start - 8;
        if header > HEADER_BYTES_MAX {
            // 24 bits cannot say how long it is; the other side must not take the rest of it for a body.
            out.truncate(start);
            let fields = Fields::new();
            let remark = Some(format!("the header of {header} bytes is too long to be sent"));
            let code = ResponseCode::SYSTEM_ERROR.0;
            return Self {
                code,
                fields,
                remark,
                ..self.clone()
            }
            .encode_head_into(out);
        }
        let length = (4 + header + self.body.len()) as u32;
        let mark = ((self.kind as u32) << 24) | (header as u32 & HEADER_BYTES_MAX as u32);
        out[start..start + 4].copy_from_slice(&length.to_be_bytes());
        out[start + 4..start + 8].copy_from_slice(&mark.to_be_bytes());
    }

    /// The whole frame as bytes.
    pub fn encode(&self) -> Bytes {
        let mut out = BytesMut::with_capacity(256 + self.body.len());
        self.encode_into(&mut out);
        out.freeze()
    }
}

fn decode_json(header: &[u8]) -> Result<Frame, FrameError> {
    let mut frame = Frame::default();
    let mut too_many = false;
    Reader::new(header).object(|key, reader| {
        match key {
            "code" => frame.code = reader.int()?,
            "flag" => frame.flag = reader.int()?,
            "opaque" => frame.opaque = reader.int()?,
            "version" => frame.version = reader.int()?,
            "language" => {
                frame.language = reader
                    .text()?
                    .map(|text| Language::from_text(&text))
                    .unwrap_or_default()
            }
            "remark" => frame.remark = reader.text()?.map(|text| text.into_owned()),
            "extFields" => {
                frame.fields = Fields::with_capacity(header.len() / 2);
                reader.object(|key, reader| {
                    if let Some(value) = reader.text()? {
                        too_many |= frame.fields.push_checked(key, &value).is_err();
                    }
                    Ok(())
                })?;
            }
            _ => {}
        }
        Ok(())
    })?;
    if too_many {
        Err(FrameError::TooManyFields)
    } else {
        Ok(frame)
    }
}

/// Writes the keys in fastjson's order, so that a frame is byte for byte what Java writes for the same fields.
fn encode_json(frame: &Frame, out: &mut BytesMut) {
    out.extend_from_slice(b"{\"code\":");
    put_number(frame.code, out);
    if !frame.fields.is_empty() {
        out.extend_from_slice(b",\"extFields\":{");
        for (place, (key, value)) in frame.fields.iter().enumerate() {
            if place > 0 {
                out.put_u8(b',');
            }
            put_text(key, out);
            out.put_u8(b':');
            put_text(value, out);
        }
        out.put_u8(b'}');
    }
    out.extend_from_slice(b",\"flag\":");
    put_number(frame.flag, out);
    out.extend_from_slice(b",\"language\":\"");
    out.extend_from_slice(frame.language.name().as_bytes());
    out.extend_from_slice(b"\",\"opaque\":");
    put_number(frame.opaque, out);
    if let Some(remark) = &frame.remark {
        out.extend_from_slice(b",\"remark\":");
        put_text(remark, out);
    }
    out.extend_from_slice(b",\"serializeTypeCurrentRPC\":\"JSON\",\"version\":");
    put_number(frame.version, out);
    out.put_u8(b'}');
}

fn put_number(number: i32, out: &mut BytesMut) {
    use std::fmt::Write as _;
    let _ = write!(out, "{number}");
}

/// Writes a text between quotes. Runs without anything to escape are copied whole.
fn put_text(text: &str, out: &mut BytesMut) {
    out.put_u8(b'"');
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' && byte != 0x7f {
            continue;
        }
        out.extend_from_slice(&text.as_bytes()[from..at]);
        from = at + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            _ => {
                let digit = |nibble: u8| b"0123456789ABCDEF"[usize::from(nibble)];
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
    out.extend_from_slice(&text.as_bytes()[from..]);
    out.put_u8(b'"');
}

/// A place in a binary header.
struct Binary<'a>(&'a [u8]);

impl<'a> Binary<'a> {
    fn take(&mut self, length: usize, what: &'static str) -> Result<&'a [u8], FrameError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(FrameError::Binary(what))?;
        self.0 = rest;
        Ok(taken)
    }

    fn i16(&mut self, what: &'static str) -> Result<i16, FrameError> {
        self.take(2, what).map(|bytes| i16::from_be_bytes([bytes[0], bytes[1]]))
    }

    fn i32(&mut self, what: &'static str) -> Result<i32, FrameError> {
        self.take(4, what)
            .map(|bytes| i32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn text(&mut self, length: i64, what: &'static str) -> Result<std::borrow::Cow<'a, str>, FrameError> {
        let length = usize::try_from(length).map_err(|_| FrameError::Binary(what))?;
        self.take(length, what).map(String::from_utf8_lossy)
    }
}

fn decode_binary(header: &[u8]) -> Result<Frame, FrameError> {
    let mut at = Binary(header);
    let mut frame = Frame {
        kind: HeaderKind::Binary,
        ..Frame::default()
    };
    frame.code = widen(at.i16("the code")?);
    frame.language = Language::from_number(at.take(1, "the language")?[0]);
    frame.version = i32::from(at.i16("the version")?);
    frame.opaque = at.i32("the opaque")?;
    frame.flag = at.i32("the flag")?;
    let remark = at.i32("the remark")?;
    if remark != 0 {
        frame.remark = Some(at.text(remark.into(), "the remark")?.into_owned());
    }
    let fields = at.i32("the fields")?;
    let fields = usize::try_from(fields).map_err(|_| FrameError::Binary("the fields"))?;
    let mut at = Binary(at.take(fields, "the fields")?);
    frame.fields = Fields::with_capacity(fields);
    while !at.0.is_empty() {
        let key = at.i16("a key")?;
        let key = at.text(key.into(), "a key")?;
        let value = at.i32("a value")?;
        let value = at.text(value.into(), "a value")?;
        // Java reads an empty key or value as null and so loses it; an empty value says no less when kept.
        if !key.is_empty() {
            frame.fields.push_checked(&key, &value)?;
        }
    }
    Ok(frame)
}

/// Binary headers carry 16 bits of the code. The POP codes do not fit and arrive cut; nothing else has these numbers.
fn widen(code: i16) -> i32 {
    match i32::from(code) {
        cut @ 3442..=3448 => 200_050 + (cut - 3442),
        3543 => RequestCode::BATCH_ACK_MESSAGE.0,
        whole => whole,
    }
}

fn encode_binary(frame: &Frame, out: &mut BytesMut) {
    out.put_i16(frame.code as i16);
    out.put_u8(frame.language.number());
    out.put_i16(frame.version as i16);
    out.put_i32(frame.opaque);
    out.put_i32(frame.flag);
    let remark = frame.remark.as_deref().unwrap_or_default();
    out.put_i32(remark.len() as i32);
    out.extend_from_slice(remark.as_bytes());
    let start = out.len();
    out.put_i32(0);
    for (key, value) in frame.fields.iter().filter(|(key, _)| key.len() <= i16::MAX as usize) {
        out.put_i16(key.len() as i16);
        out.extend_from_slice(key.as_bytes());
        out.put_i32(value.len() as i32);
        out.extend_from_slice(value.as_bytes());
    }
    let length = (out.len() - start - 4) as i32;
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn json(header: &str) -> Frame {
        let mut bytes = (header.len() as u32).to_be_bytes().to_vec();
        bytes.extend_from_slice(header.as_bytes());
        Frame::decode(bytes.into()).unwrap()
    }

    #[test]
    fn headers_of_foreign_clients() {
        // The C++ client: no serialize type, a newline at the end, a boolean as "0", numbers without quotes.
        let frame = json(concat!(
            r#"{"code":10,"extFields":{"batch":"0","defaultTopicQueueNums":4,"properties":"K\u0001v\u0002","n":null},"#,
            r#""flag":0,"language":"CPP","opaque":1,"remark":"","version":63}"#,
            "\n"
        ));
        assert_eq!(
            (frame.code, frame.language, frame.opaque, frame.version),
            (10, Language::Cpp, 1, 63)
        );
        assert_eq!(frame.fields.get("defaultTopicQueueNums"), Some("4"));
        assert_eq!(frame.fields.get("properties"), Some("K\u{1}v\u{2}"));
        assert_eq!(frame.fields.get("n"), None);
        // The least that can be said.
        let frame = json(r#"{"code":105}"#);
        assert_eq!(
            frame,
            Frame {
                code: 105,
                ..Frame::default()
            }
        );
        // A boolean that is none, a language by its ordinal.
        let frame = json(r#"{"code":310,"language":9,"extFields":{"k":false,"d":4}}"#);
        assert_eq!((frame.language, frame.fields.get("k")), (Language::Go, Some("false")));
    }

    #[test]
    fn what_is_refused() {
        let refuse = |bytes: &[u8]| Frame::decode(Bytes::copy_from_slice(bytes)).unwrap_err().to_string();
        assert_eq!(refuse(&[0, 0]), "bad header length 0: the frame has 2 bytes");
        assert_eq!(
            refuse(&[0, 0, 1, 0, b'{']),
            "bad header length 256: the frame has 5 bytes"
        );
        assert_eq!(refuse(&[7, 0, 0, 0]), "unknown kind of header 7");
        assert_eq!(refuse(&[1, 0, 0, 1, 0]), "binary header: the code does not fit");
        assert_eq!(
            refuse(b"\0\0\0\x02[]"),
            "JSON header: bad JSON at byte 0: expected an object"
        );
    }

    #[test]
    fn a_header_beyond_24_bits_becomes_a_failure() {
        let value = "\n".repeat(HEADER_BYTES_MAX / 2 + 1);
        let mut frame = Frame::default().answer(ResponseCode::SUCCESS).with_body(&b"body"[..]);
        frame.fields.push("value", &value);
        let read = Frame::decode(frame.encode().slice(4..)).unwrap();
        assert_eq!(
            (read.response_code(), &read.body[..]),
            (ResponseCode::SYSTEM_ERROR, &b"body"[..])
        );
        assert!(
            read.remark
                .is_some_and(|remark| remark.ends_with("is too long to be sent"))
        );
    }

    #[test]
    fn cut_pop_codes_are_widened() {
        assert_eq!(widen(200_050_u32 as i16), 200_050);
        assert_eq!(widen(200_056_u32 as i16), 200_056);
        assert_eq!(widen(200_151_u32 as i16), 200_151);
        assert_eq!(widen(310), 310);
    }

    fn any_frame() -> impl Strategy<Value = Frame> {
        let fields = prop::collection::btree_map("[a-zA-Z]{1,9}", ".{1,12}", 0..8);
        (
            any::<i16>(),
            0u8..14,
            0i16..,
            any::<i32>(),
            any::<i32>(),
            prop::option::of(".{1,30}"),
            fields,
            any::<Vec<u8>>(),
        )
            .prop_map(|(code, language, version, opaque, flag, remark, fields, body)| Frame {
                code: widen(code),
                language: Language::from_number(language),
                version: version.into(),
                opaque,
                flag,
                remark,
                fields: fields
                    .iter()
                    .map(|(key, value)| (key.as_str(), value.as_str()))
                    .collect(),
                body: body.into(),
                kind: HeaderKind::Json,
            })
    }

    proptest! {
        #[test]
        fn both_kinds_round_trip(mut frame in any_frame(), binary: bool) {
            if binary {
                frame.kind = HeaderKind::Binary;
            }
            let bytes = frame.encode();
            let length = u32::from_be_bytes(bytes[..4].try_into().unwrap()) as usize;
            prop_assert_eq!(length + 4, bytes.len());
            prop_assert_eq!(Frame::decode(bytes.slice(4..)).unwrap(), frame);
        }

        #[test]
        fn any_bytes_never_panic(bytes: Vec<u8>) {
            let _ = Frame::decode(bytes.into());
        }

        #[test]
        fn damaged_frames_never_panic(frame in any_frame(), binary: bool, at: prop::sample::Index, byte: u8) {
            let frame = Frame { kind: if binary { HeaderKind::Binary } else { HeaderKind::Json }, ..frame };
            let mut bytes = frame.encode().to_vec();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = Frame::decode(Bytes::from(bytes).slice(4..));
        }
    }
}

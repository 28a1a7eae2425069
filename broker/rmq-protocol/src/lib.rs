//! RocketMQ's remoting protocol as bytes and types. No I/O, no async, no clock.
//!
//! ```text
//! offset 0  int32  L   bytes that follow this field (= 4 + header + body)
//! offset 4  int32  H   bits 31..24: kind of header (0 JSON, 1 ROCKETMQ); bits 23..0: length of the header
//! offset 8  header     code, language, version, opaque, flag, remark, fields (text to text)
//!           body       may be empty
//! ```
//!
//! What reads the frame from a socket is `rmq-net`; what a request means is told where it is answered. Here is only
//! what both ends must agree on: [`frame`], [`code`], the typed headers of [`request`], the bodies ([`route`],
//! [`topic`], [`register`], [`properties_text`]), and the message as it is stored and sent ([`record`], [`batch`],
//! [`property`], [`message_id`]).
//!
//! Reading is tolerant wherever clients in the field need it, writing is what Java's readers accept. Every reader is
//! bounded: no input makes it panic or take more memory than a small multiple of its own length.
#![deny(missing_docs)]

pub mod batch;
pub mod code;
pub mod fields;
pub mod frame;
pub mod header;
pub mod json;
pub mod language;
pub mod message_id;
pub mod properties_text;
pub mod property;
pub mod record;
pub mod register;
pub mod request;
pub mod route;
pub mod topic;
pub mod version;

pub use code::{RequestCode, ResponseCode};
pub use fields::Fields;
pub use frame::{Frame, FrameError, HeaderKind};
pub use header::{Header, HeaderError};
pub use language::Language;

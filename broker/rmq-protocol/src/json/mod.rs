//! The JSON that RocketMQ's peers exchange: fastjson's dialect, read as a stream, written in Java's order.
//!
//! ```text
//! {"brokerAddrs":{0:"10.0.0.1:10911"},"brokerName":"broker-a"}        numbers as keys, without quotes
//! {"offsetTable":{{"brokerName":"b","queueId":0,"topic":"t"}:12}}     objects as keys
//! ```
//!
//! [`Reader`] builds no tree: a body is read straight into its type and what is not known is skipped, so no input
//! costs more memory than what the type keeps. [`Writer`] knows the strict form and fastjson's own.

mod reader;
mod writer;

pub use reader::{JsonError, Reader};
pub use writer::{Dialect, Writer};

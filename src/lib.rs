//! The doctor for Apache RocketMQ: bytes in, findings out.

pub mod format;
pub mod lint;
pub mod model;

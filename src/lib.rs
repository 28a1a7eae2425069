//! The doctor for Apache RocketMQ: bytes in, findings out.

pub mod format;
pub mod input;
pub mod model;

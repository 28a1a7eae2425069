//! What RocketMQ's own tools print: mqadmin of 4.x and 5.x, the benchmark programs, metrics pages, and the events of our
//! own broker.

mod command;

pub mod bench;
pub mod cluster;
pub mod connection;
pub mod diag;
pub mod ha;
pub mod progress;
pub mod prometheus;
pub mod status;
pub mod topic;

use crate::format::Format;

/// Formats of this folder.
pub const ADMIN_FORMATS: &[Format] = &[
    cluster::FORMAT,
    progress::FORMAT,
    status::FORMAT,
    connection::FORMAT,
    topic::FORMAT,
    ha::FORMAT,
    bench::FORMAT,
    prometheus::FORMAT,
    diag::FORMAT,
];

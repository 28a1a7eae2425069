//! A name server that RocketMQ's brokers, clients and tools use unchanged.
//!
//! ```text
//! rmq-net ─► server.rs ─► handler/ (table of requests) ─► routes/ · kv.rs · config/ ─► answer
//!                 └► expiry.rs (silence) · connection closed ─► routes/ ─► Change ─► log line and event
//! ```
//!
//! Every request that Java's name server (5.3.3) answers is answered; every other one gets
//! REQUEST_CODE_NOT_SUPPORTED and leaves an event.
#![deny(missing_docs)]

pub mod config;
mod expiry;
mod handler;
pub mod kv;
pub mod routes;
mod server;

pub use server::{NameServer, StartError};

//! TCP connections on which both sides send requests and answers, told apart by bit 0 of a frame's flag.
//!
//! ```text
//! socket ─ reader ─► Incoming ─► Service::request ─► Reply ─► outbox ─ writer ─► socket
//!                └► answer ─► in-flight table (by opaque) ─► Connection::request of this side
//! ```
//!
//! One task per connection reads, writes and watches the clock. Everything a peer can make us hold is bounded by
//! [`Limits`], and every connection ends with a [`CloseReason`]. What a request means is not decided here.
#![deny(missing_docs)]

mod budget;
mod close;
mod connection;
mod dial;
mod limits;
mod outbox;
mod reader;
mod server;

pub use close::CloseReason;
pub use connection::{Connection, Incoming, Reply, RequestError, Service};
pub use dial::{Peers, connect};
pub use limits::Limits;
pub use outbox::Written;
pub use server::Server;

//! What one peer may cost us, in bytes, connections and time.

use std::time::Duration;

use rmq_protocol::frame::FRAME_BYTES_MAX;

/// Bounds of a connection. The defaults are Java's where Java has one.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Longest frame (`com.rocketmq.remoting.frameMaxLength`).
    pub frame_bytes_max: usize,
    /// Most bytes of unfinished frames that all connections of a server may hold together.
    pub arriving_bytes_max: usize,
    /// Longest time from a frame's first byte to its last: what a slow-loris peer gets.
    pub frame_time_max: Duration,
    /// Neither read nor written for so long: closed (`serverChannelMaxIdleTimeSeconds`).
    pub idle_time_max: Duration,
    /// No byte accepted by the peer for so long while bytes wait: closed.
    pub write_stall_max: Duration,
    /// Above so many waiting bytes nothing more is read from the peer until it has read.
    pub outbox_bytes_high: usize,
    /// Above so many waiting bytes the peer is closed as one that does not read.
    pub outbox_bytes_max: usize,
    /// Most of our own requests that may wait for an answer on one connection.
    pub in_flight_max: usize,
    /// Most connections a server holds at once.
    pub connection_count_max: usize,
    /// Longest time to connect (`connectTimeoutMillis`).
    pub connect_time_max: Duration,
    /// Size of the kernel's send buffer; 0 leaves it to the system (`serverSocketSndBufSize`).
    pub socket_send_bytes: u32,
    /// Size of the kernel's receive buffer; 0 leaves it to the system (`serverSocketRcvBufSize`).
    pub socket_receive_bytes: u32,
    /// Connections the kernel queues before they are accepted (`serverSocketBacklog`).
    pub backlog: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame_bytes_max: FRAME_BYTES_MAX,
            arriving_bytes_max: 512 << 20,
            frame_time_max: Duration::from_secs(60),
            idle_time_max: Duration::from_secs(120),
            write_stall_max: Duration::from_secs(60),
            outbox_bytes_high: 4 << 20,
            outbox_bytes_max: 64 << 20,
            in_flight_max: 65_535,
            connection_count_max: 65_536,
            connect_time_max: Duration::from_secs(3),
            socket_send_bytes: 0,
            socket_receive_bytes: 0,
            backlog: 1024,
        }
    }
}

//! Why a connection ended, and by whom. It is what `conn.closed` tells the operator.

use std::io;
use std::time::Duration;

use rmq_protocol::FrameError;

/// The end of a connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CloseReason {
    /// The peer closed between two frames.
    #[error("the peer closed the connection")]
    PeerClosed,
    /// The peer closed inside a frame.
    #[error("the peer closed inside a frame, {missing_bytes} bytes before its end")]
    PeerClosedInFrame {
        /// What was missing.
        missing_bytes: usize,
    },
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(io::ErrorKind),
    /// The peer sent something that is no frame.
    #[error("bad frame: {0}")]
    BadFrame(#[from] FrameError),
    /// The first bytes are a TLS ClientHello; TLS is not spoken here.
    #[error("the peer speaks TLS, which is not supported here (tls.enable=false at the client)")]
    Tls,
    /// The first bytes are HAProxy's protocol.
    #[error("the peer speaks the HAProxy protocol, which is not supported here")]
    ProxyProtocol,
    /// A frame did not arrive within its time.
    #[error("a frame was not complete after {0:?}")]
    FrameTooSlow(Duration),
    /// The unfinished frames of all connections together are too many bytes; this one wanted more.
    #[error("no memory is left for unfinished frames, the limit is {0} bytes")]
    TooMuchArriving(usize),
    /// The peer does not read what is sent to it.
    #[error("the peer does not read: {waiting_bytes} bytes wait for it")]
    PeerDoesNotRead {
        /// What waits.
        waiting_bytes: usize,
    },
    /// Nothing was read or written for the idle time.
    #[error("idle for {0:?}")]
    Idle(Duration),
    /// The server has as many connections as it may.
    #[error("too many connections, the limit is {0}")]
    TooMany(usize),
    /// This side stops.
    #[error("this server stops")]
    Stopping,
    /// A handler asked for it.
    #[error("{0}")]
    Asked(String),
}

impl CloseReason {
    /// Who ended it: `peer`, `network` or `self`.
    pub fn by(&self) -> &'static str {
        match self {
            Self::PeerClosed | Self::PeerClosedInFrame { .. } => "peer",
            Self::Broken(_) => "network",
            _ => "self",
        }
    }

    /// The kind of reason in one word, for counting.
    pub fn name(&self) -> &'static str {
        match self {
            Self::PeerClosed => "peer_closed",
            Self::PeerClosedInFrame { .. } => "peer_closed_in_frame",
            Self::Broken(_) => "broken",
            Self::BadFrame(FrameError::TooLong { .. }) => "frame_too_long",
            Self::BadFrame(_) => "bad_frame",
            Self::Tls => "tls",
            Self::ProxyProtocol => "proxy_protocol",
            Self::FrameTooSlow(_) => "frame_too_slow",
            Self::TooMuchArriving(_) => "too_much_arriving",
            Self::PeerDoesNotRead { .. } => "peer_does_not_read",
            Self::Idle(_) => "idle",
            Self::TooMany(_) => "too_many_connections",
            Self::Stopping => "stopping",
            Self::Asked(_) => "asked",
        }
    }
}

impl From<io::Error> for CloseReason {
    fn from(error: io::Error) -> Self {
        Self::Broken(error.kind())
    }
}

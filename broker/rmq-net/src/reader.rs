//! Bytes of a socket into frames. Memory grows with what has arrived, never with what a length field promises.

use std::io;
use std::time::Instant;

use bytes::{Buf, BytesMut};
use rmq_protocol::{Frame, FrameError};
use tokio::net::tcp::ReadHalf;
use tokio::time::timeout_at;

use crate::budget::Claim;
use crate::close::CloseReason;
use crate::limits::Limits;

/// Room made for one read; a frame known to be longer gets more at a time.
const READ_BYTES: usize = 16 * 1024;
const READ_BYTES_LARGE: usize = 256 * 1024;
/// A TLS record of a handshake begins so; as a length it would be beyond any limit.
const TLS_HANDSHAKE: u8 = 0x16;
/// The two forms of HAProxy's protocol begin so.
const PROXY_V1: u8 = b'P';
const PROXY_V2: u8 = 0x0D;

/// A frame with the moments of its arrival: the stages `recv` and `decode`.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) frame: Frame,
    pub(crate) first_byte: Instant,
    pub(crate) complete: Instant,
    pub(crate) decoded: Instant,
}

/// The reading side of a connection.
#[derive(Debug)]
pub(crate) struct FrameReader<'s> {
    socket: ReadHalf<'s>,
    buffer: BytesMut,
    limits: &'s Limits,
    /// What a large unfinished frame takes of the memory all connections share.
    claim: Claim,
    /// When the bytes at the start of the buffer were read, and when the newest were.
    first_byte: Instant,
    newest: Instant,
    is_fresh: bool,
}

impl<'s> FrameReader<'s> {
    pub(crate) fn new(socket: ReadHalf<'s>, limits: &'s Limits, claim: Claim) -> Self {
        let now = Instant::now();
        Self {
            socket,
            buffer: BytesMut::new(),
            limits,
            claim,
            first_byte: now,
            newest: now,
            is_fresh: true,
        }
    }

    /// The next frame. `on_read` hears of every piece that arrives.
    pub(crate) async fn next(&mut self, on_read: impl Fn()) -> Result<Arrived, CloseReason> {
        loop {
            if let Some(arrived) = self.take_frame()? {
                return Ok(arrived);
            }
            self.wait_readable().await?;
            let missing = self.missing_bytes();
            self.buffer.reserve(if missing > READ_BYTES {
                missing.min(READ_BYTES_LARGE)
            } else {
                READ_BYTES
            });
            match self.socket.try_read_buf(&mut self.buffer) {
                Ok(0) => return Err(self.end_of_stream()),
                Ok(count) => {
                    self.newest = Instant::now();
                    if self.buffer.len() == count {
                        self.first_byte = self.newest;
                    }
                    self.claim_buffer()?;
                    on_read();
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Waits for bytes: as long as it takes between frames, but only for the frame's time inside one.
    async fn wait_readable(&mut self) -> Result<(), CloseReason> {
        if self.buffer.is_empty() {
            // An idle connection keeps no buffer.
            self.buffer = BytesMut::new();
            self.claim.resize(0);
            return Ok(self.socket.readable().await?);
        }
        let deadline = self.first_byte + self.limits.frame_time_max;
        match timeout_at(deadline.into(), self.socket.readable()).await {
            Ok(ready) => Ok(ready?),
            Err(_) => Err(CloseReason::FrameTooSlow(self.limits.frame_time_max)),
        }
    }

    /// Counts the buffer against the shared memory once it is more than what every connection may have.
    fn claim_buffer(&mut self) -> Result<(), CloseReason> {
        let held = self.buffer.len();
        let counted = if held > READ_BYTES_LARGE { held } else { 0 };
        if self.claim.resize(counted) {
            return Ok(());
        }
        Err(CloseReason::TooMuchArriving(self.limits.arriving_bytes_max))
    }

    fn take_frame(&mut self) -> Result<Option<Arrived>, CloseReason> {
        if self.is_fresh {
            match self.buffer.first() {
                None => return Ok(None),
                Some(&TLS_HANDSHAKE) => return Err(CloseReason::Tls),
                Some(&PROXY_V1 | &PROXY_V2) => return Err(CloseReason::ProxyProtocol),
                Some(_) => self.is_fresh = false,
            }
        }
        let Some(length) = self.length() else { return Ok(None) };
        if length > self.limits.frame_bytes_max {
            let limit = self.limits.frame_bytes_max;
            return Err(FrameError::TooLong {
                length: length as u32,
                limit,
            }
            .into());
        }
        if self.buffer.len() < 4 + length {
            return Ok(None);
        }
        self.buffer.advance(4);
        let bytes = self.buffer.split_to(length).freeze();
        let (first_byte, complete) = (self.first_byte, self.newest);
        // What follows in the buffer came with the newest read at the latest.
        self.first_byte = self.newest;
        let frame = Frame::decode(bytes)?;
        Ok(Some(Arrived {
            frame,
            first_byte,
            complete,
            decoded: Instant::now(),
        }))
    }

    fn length(&self) -> Option<usize> {
        let field = self.buffer.get(..4)?;
        Some(u32::from_be_bytes([field[0], field[1], field[2], field[3]]) as usize)
    }

    fn missing_bytes(&self) -> usize {
        match self.length() {
            Some(length) => (4 + length).saturating_sub(self.buffer.len()),
            None if self.buffer.is_empty() => 0,
            None => 4 - self.buffer.len(),
        }
    }

    fn end_of_stream(&self) -> CloseReason {
        match self.missing_bytes() {
            0 => CloseReason::PeerClosed,
            missing_bytes => CloseReason::PeerClosedInFrame { missing_bytes },
        }
    }
}

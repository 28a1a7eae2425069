//! Bytes that wait to be written. Small frames are gathered, large bodies are sent from where they are.

use std::collections::VecDeque;
use std::fmt;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use rmq_protocol::Frame;

/// Bodies from here on are not copied.
const BODY_BYTES_SHARED: usize = 8 * 1024;

/// When a frame was written: the stages `resp_queue` and `write` of its request.
#[derive(Debug, Clone, Copy)]
pub struct Written {
    /// The frame was queued.
    pub queued: Instant,
    /// Its first byte was offered to the kernel.
    pub started: Instant,
    /// The kernel had its last byte.
    pub finished: Instant,
}

/// Hears when a frame was written.
pub(crate) type Tell = Box<dyn FnOnce(Written) + Send>;

struct Mark {
    start: u64,
    end: u64,
    queued: Instant,
    started: Option<Instant>,
    tell: Tell,
}

/// The queue of one connection.
#[derive(Default)]
pub(crate) struct Outbox {
    chunks: VecDeque<Bytes>,
    tail: BytesMut,
    /// Bytes queued and bytes written since the connection began.
    queued: u64,
    written: u64,
    marks: VecDeque<Mark>,
}

impl Outbox {
    /// Bytes that wait.
    pub(crate) fn waiting(&self) -> usize {
        (self.queued - self.written) as usize
    }

    /// Queues a frame; `tell` hears when it was written.
    pub(crate) fn push(&mut self, frame: &Frame, tell: Option<Tell>) {
        let before = self.tail.len();
        let start = self.queued;
        if frame.body.len() < BODY_BYTES_SHARED {
            frame.encode_into(&mut self.tail);
            self.queued += (self.tail.len() - before) as u64;
        } else {
            frame.encode_head_into(&mut self.tail);
            self.queued += (self.tail.len() - before + frame.body.len()) as u64;
            self.chunks.push_back(self.tail.split().freeze());
            self.chunks.push_back(frame.body.clone());
        }
        if let Some(tell) = tell {
            self.marks.push_back(Mark {
                start,
                end: self.queued,
                queued: Instant::now(),
                started: None,
                tell,
            });
        }
    }

    /// Takes what is to be written next, up to `pieces_max` pieces. What was taken still counts as waiting.
    pub(crate) fn take(&mut self, pieces_max: usize) -> VecDeque<Bytes> {
        if !self.tail.is_empty() {
            self.chunks.push_back(self.tail.split().freeze());
        }
        if self.chunks.len() <= pieces_max {
            return std::mem::take(&mut self.chunks);
        }
        self.chunks.drain(..pieces_max).collect()
    }

    /// Notes that writing goes on now, for the marks whose first byte is next.
    pub(crate) fn note_start(&mut self, up_to: usize) {
        let reach = self.written + up_to as u64;
        if self.marks.is_empty() {
            return;
        }
        let now = Instant::now();
        for mark in self.marks.iter_mut().take_while(|mark| mark.start < reach) {
            mark.started.get_or_insert(now);
        }
    }

    /// Notes that the kernel took `bytes`; gives back what is to be told.
    pub(crate) fn note_written(&mut self, bytes: usize) -> Vec<(Tell, Written)> {
        self.written += bytes as u64;
        let mut told = Vec::new();
        while self.marks.front().is_some_and(|mark| mark.end <= self.written) {
            let Some(mark) = self.marks.pop_front() else { break };
            let finished = Instant::now();
            let started = mark.started.unwrap_or(finished);
            told.push((
                mark.tell,
                Written {
                    queued: mark.queued,
                    started,
                    finished,
                },
            ));
        }
        told
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Outbox")
            .field("waiting", &self.waiting())
            .finish_non_exhaustive()
    }
}

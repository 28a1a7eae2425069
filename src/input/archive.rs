//! Members of packed files as streams: one pass over an archive feeds all members that are read in order.
//!
//! The pass runs on a thread of its own and hands blocks over a bounded channel, so unpacking goes on beside the scan
//! and never runs far ahead of it. A member opened after the one before it was read to its end continues the same
//! pass; any other order is right too, but starts a pass of its own.

use super::limits::Limits;
use super::stored::Stored;
use super::unpack::{explain_packed, stop};
use super::walk::{Leaf, Visitor, walk};
use std::collections::BTreeSet;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Where the packed bytes are.
#[derive(Debug, Clone)]
pub(super) enum Packed {
    /// Opened for each pass, so that many archives do not keep many files open.
    File(PathBuf),
    /// In memory or in a temporary file.
    Held(Stored),
}

impl Packed {
    pub(super) fn open(&self) -> io::Result<Stored> {
        match self {
            Packed::File(path) => Stored::open(path),
            Packed::Held(bytes) => Ok(bytes.clone()),
        }
    }
}

/// A packed file whose members are read as streams.
#[derive(Debug)]
pub(super) struct Archive {
    packed: Packed,
    limits: Limits,
    idle: Mutex<Option<Pump>>,
    /// Ordinals that are read as streams, once known; the others are in memory.
    streamed: OnceLock<BTreeSet<usize>>,
}

/// Blocks waiting in the channel.
const BLOCKS_AHEAD: usize = 4;
const BLOCK_BYTES: usize = 256 << 10;

enum Message {
    /// Bytes of the member with this ordinal.
    Block(usize, Vec<u8>),
    /// The member ended, with an error or without.
    End(usize, io::Result<()>),
}

/// A pass under way.
#[derive(Debug)]
struct Pump {
    blocks: Receiver<Message>,
    empties: Sender<Vec<u8>>,
    /// First ordinal that has not ended yet.
    next: usize,
}

impl Archive {
    pub(super) fn new(packed: Packed, limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            packed,
            limits: limits.clone(),
            idle: Mutex::default(),
            streamed: OnceLock::new(),
        })
    }

    /// Tells which members will be opened; a pass skips all others.
    pub(super) fn will_stream(&self, ordinals: BTreeSet<usize>) {
        // Set once, when the members are listed.
        let _ = self.streamed.set(ordinals);
    }

    /// Opens the member with this ordinal, which counts the text members of a walk from 0.
    pub(super) fn member(self: &Arc<Self>, ordinal: usize) -> io::Result<Member> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).take();
        let pump = match idle {
            Some(pump) if pump.next <= ordinal => pump,
            _ => self.start(ordinal)?,
        };
        Ok(Member {
            archive: Arc::clone(self),
            pump: Some(pump),
            ordinal,
            block: Vec::new(),
            at: 0,
            ended: false,
        })
    }

    fn start(&self, from: usize) -> io::Result<Pump> {
        let bytes = self.packed.open()?;
        let limits = self.limits.clone();
        let streamed = self.streamed.get().cloned();
        let (send, blocks) = sync_channel(BLOCKS_AHEAD);
        let (empties, returned) = channel();
        let job = move || {
            let mut feeder = Feeder {
                from,
                streamed,
                ordinal: 0,
                send,
                returned,
            };
            walk(bytes, "", None, &limits, &mut feeder);
        };
        std::thread::Builder::new().name("unpack".to_owned()).spawn(job)?;
        Ok(Pump {
            blocks,
            empties,
            next: from,
        })
    }
}

/// The visitor on the unpacking thread.
struct Feeder {
    from: usize,
    streamed: Option<BTreeSet<usize>>,
    ordinal: usize,
    send: SyncSender<Message>,
    returned: Receiver<Vec<u8>>,
}

impl Visitor for Feeder {
    fn leaf(&mut self, leaf: Leaf<'_>) -> ControlFlow<(), io::Result<()>> {
        let ordinal = self.ordinal;
        self.ordinal += 1;
        let streamed = self.streamed.as_ref().is_none_or(|set| set.contains(&ordinal));
        if ordinal < self.from || !streamed {
            return ControlFlow::Continue(Ok(()));
        }
        let result = loop {
            let mut block = self.returned.try_recv().unwrap_or_default();
            block.clear();
            block.reserve_exact(BLOCK_BYTES);
            let end = leaf.read.take(BLOCK_BYTES as u64).read_to_end(&mut block);
            let full = block.len() == BLOCK_BYTES;
            if !block.is_empty() && self.send.send(Message::Block(ordinal, block)).is_err() {
                return ControlFlow::Break(());
            }
            match end {
                Ok(_) if full => {}
                Ok(_) => break Ok(()),
                Err(error) => break Err(stop(explain_packed(leaf.inside, &error))),
            }
        };
        match self.send.send(Message::End(ordinal, result)) {
            Ok(()) => ControlFlow::Continue(Ok(())),
            Err(_) => ControlFlow::Break(()),
        }
    }

    fn problem(&mut self, _: &str, _: String) {
        // Told when the members were listed.
    }
}

/// A member being read.
#[derive(Debug)]
pub(super) struct Member {
    archive: Arc<Archive>,
    pump: Option<Pump>,
    ordinal: usize,
    block: Vec<u8>,
    at: usize,
    ended: bool,
}

impl Member {
    /// Waits for the next block of this member; blocks of members that nobody opened are passed by.
    fn refill(&mut self) -> io::Result<()> {
        let Some(pump) = &mut self.pump else {
            self.ended = true;
            return Ok(());
        };
        let _ = pump.empties.send(std::mem::take(&mut self.block));
        self.at = 0;
        loop {
            match pump.blocks.recv() {
                Ok(Message::Block(ordinal, block)) if ordinal == self.ordinal => {
                    self.block = block;
                    return Ok(());
                }
                Ok(Message::Block(_, block)) => {
                    let _ = pump.empties.send(block);
                }
                Ok(Message::End(ordinal, result)) => {
                    pump.next = ordinal + 1;
                    if ordinal >= self.ordinal {
                        self.ended = true;
                        return result;
                    }
                }
                Err(_) => {
                    self.ended = true;
                    self.pump = None;
                    return Err(stop("the archive changed while it was read"));
                }
            }
        }
    }
}

impl Read for Member {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.at == self.block.len() {
            if self.ended || buf.is_empty() {
                return Ok(0);
            }
            self.refill()?;
        }
        let len = buf.len().min(self.block.len() - self.at);
        buf[..len].copy_from_slice(&self.block[self.at..self.at + len]);
        self.at += len;
        Ok(len)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        if self.ended
            && let Some(pump) = self.pump.take()
        {
            *self.archive.idle.lock().unwrap_or_else(PoisonError::into_inner) = Some(pump);
        }
    }
}

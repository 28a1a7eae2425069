//! One connection: what is in flight on it, what waits to be written, when it was last used, why it ended.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::io::IoSlice;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use bytes::Buf;
use rmq_protocol::{Frame, HeaderKind};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::WriteHalf;
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

use crate::budget::Budget;
use crate::close::CloseReason;
use crate::limits::Limits;
use crate::outbox::{Outbox, Tell, Written};
use crate::reader::{Arrived, FrameReader};

/// Pieces written with one system call.
const PIECES_MAX: usize = 64;
/// No request was seen yet.
const NO_CODE: i32 = -1;

/// What a side does with the requests of its peers. No method may block.
pub trait Service: Send + Sync + 'static {
    /// A connection begins.
    fn opened(&self, _connection: &Arc<Connection>) {}
    /// A request arrived. It is answered now or later through [`Incoming::reply`].
    fn request(&self, connection: &Arc<Connection>, incoming: Incoming);
    /// A connection ended. Called once for each one that was opened, and for one refused because there are too many.
    fn closed(&self, _connection: &Arc<Connection>, _reason: &CloseReason) {}
}

/// A request with the moments of its arrival.
#[derive(Debug)]
pub struct Incoming {
    /// The request.
    pub frame: Frame,
    /// Where its answer goes.
    pub reply: Reply,
    /// Its first byte was read.
    pub first_byte: Instant,
    /// Its last byte was read.
    pub complete: Instant,
    /// It was decoded.
    pub decoded: Instant,
}

/// Where the answer to one request goes. Knows whether one is wanted, and its opaque and kind of header.
#[derive(Debug)]
pub struct Reply {
    connection: Arc<Connection>,
    opaque: i32,
    kind: HeaderKind,
    is_one_way: bool,
}

impl Reply {
    /// Sends the answer, unless the request was one-way.
    pub fn send(self, answer: Frame) {
        self.deliver(answer, None);
    }

    /// Sends the answer and tells when it was written; a one-way request is never told.
    pub fn send_told(self, answer: Frame, tell: impl FnOnce(Written) + Send + 'static) {
        self.deliver(answer, Some(Box::new(tell)));
    }

    /// Whether an answer will be sent at all.
    pub fn is_wanted(&self) -> bool {
        !self.is_one_way
    }

    /// The connection the request came on.
    pub fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    fn deliver(self, mut answer: Frame, tell: Option<Tell>) {
        if self.is_one_way {
            return;
        }
        answer.opaque = self.opaque;
        answer.kind = self.kind;
        // An answer to a peer that is gone has nowhere to go; the reason is told by `Service::closed`.
        let _ = self.connection.enqueue(&answer, tell);
    }
}

/// Why a request of ours has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The peer did not answer in time.
    #[error("no answer from {peer} within {after:?}")]
    TimedOut {
        /// The peer.
        peer: SocketAddr,
        /// The time-out.
        after: Duration,
    },
    /// The connection ended first.
    #[error("the connection to {peer} ended: {reason}")]
    Closed {
        /// The peer.
        peer: SocketAddr,
        /// Why it ended.
        reason: CloseReason,
    },
    /// As many requests as allowed wait already.
    #[error("{0} requests wait for an answer already")]
    TooManyInFlight(usize),
}

/// A connection that both sides may send requests on.
pub struct Connection {
    id: u64,
    peer: SocketAddr,
    local: SocketAddr,
    opened: Instant,
    limits: Arc<Limits>,
    outbox: Mutex<Outbox>,
    wake_writer: Notify,
    wake_reader: Notify,
    in_flight: Mutex<HashMap<i32, oneshot::Sender<Frame>>>,
    next_opaque: AtomicI32,
    closed: OnceLock<CloseReason>,
    wake_close: Notify,
    last_used_ms: AtomicU64,
    last_code: AtomicI32,
}

impl Connection {
    /// Prepares a connection over `stream`; [`run`] makes it live.
    pub(crate) fn new(id: u64, stream: &TcpStream, limits: Arc<Limits>) -> std::io::Result<Arc<Self>> {
        stream.set_nodelay(true)?;
        Ok(Arc::new(Self {
            id,
            peer: stream.peer_addr()?,
            local: stream.local_addr()?,
            opened: Instant::now(),
            limits,
            outbox: Mutex::default(),
            wake_writer: Notify::new(),
            wake_reader: Notify::new(),
            in_flight: Mutex::default(),
            next_opaque: AtomicI32::new(0),
            closed: OnceLock::new(),
            wake_close: Notify::new(),
            last_used_ms: AtomicU64::new(0),
            last_code: AtomicI32::new(NO_CODE),
        }))
    }

    /// Number of the connection in this process.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The other side's address.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Our address.
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// How long it has been open.
    pub fn age(&self) -> Duration {
        self.opened.elapsed()
    }

    /// How long nothing was read or written.
    pub fn idle(&self) -> Duration {
        self.age()
            .saturating_sub(Duration::from_millis(self.last_used_ms.load(Ordering::Relaxed)))
    }

    /// Code of the last request that came in.
    pub fn last_code(&self) -> Option<i32> {
        Some(self.last_code.load(Ordering::Relaxed)).filter(|code| *code != NO_CODE)
    }

    /// How many of our requests wait for an answer.
    pub fn in_flight(&self) -> usize {
        lock(&self.in_flight).len()
    }

    /// Why it ended, once it has.
    pub fn close_reason(&self) -> Option<&CloseReason> {
        self.closed.get()
    }

    /// Ends the connection. What already waits is still written if the peer takes it at once.
    pub fn close(&self, reason: CloseReason) {
        let _ = self.closed.set(reason);
        self.wake_close.notify_one();
    }

    /// Sends a request that is not answered.
    pub fn send_one_way(&self, request: Frame) -> Result<(), RequestError> {
        let mut request = request.one_way();
        request.opaque = self.next_opaque.fetch_add(1, Ordering::Relaxed);
        self.enqueue(&request, None)
    }

    /// Sends a request and waits for its answer.
    pub async fn request(&self, mut request: Frame, after: Duration) -> Result<Frame, RequestError> {
        let (opaque, answer) = self.reserve()?;
        let _reserved = Reserved {
            connection: self,
            opaque,
        };
        request.opaque = opaque;
        self.enqueue(&request, None)?;
        match timeout(after, answer).await {
            Ok(Ok(frame)) => Ok(frame),
            Ok(Err(_)) => Err(self.closed_error()),
            Err(_) => Err(RequestError::TimedOut { peer: self.peer, after }),
        }
    }

    /// Takes an opaque that no waiting request has.
    fn reserve(&self) -> Result<(i32, oneshot::Receiver<Frame>), RequestError> {
        let mut in_flight = lock(&self.in_flight);
        if self.closed.get().is_some() {
            return Err(self.closed_error());
        }
        if in_flight.len() >= self.limits.in_flight_max {
            return Err(RequestError::TooManyInFlight(in_flight.len()));
        }
        loop {
            let opaque = self.next_opaque.fetch_add(1, Ordering::Relaxed);
            if let Entry::Vacant(entry) = in_flight.entry(opaque) {
                let (sender, receiver) = oneshot::channel();
                entry.insert(sender);
                return Ok((opaque, receiver));
            }
        }
    }

    fn enqueue(&self, frame: &Frame, tell: Option<Tell>) -> Result<(), RequestError> {
        if self.closed.get().is_some() {
            return Err(self.closed_error());
        }
        let waiting_bytes = {
            let mut outbox = lock(&self.outbox);
            outbox.push(frame, tell);
            outbox.waiting()
        };
        if waiting_bytes > self.limits.outbox_bytes_max {
            self.close(CloseReason::PeerDoesNotRead { waiting_bytes });
            return Err(self.closed_error());
        }
        self.wake_writer.notify_one();
        Ok(())
    }

    fn closed_error(&self) -> RequestError {
        let reason = self.closed.get().cloned().unwrap_or(CloseReason::PeerClosed);
        RequestError::Closed {
            peer: self.peer,
            reason,
        }
    }

    fn touch(&self) {
        self.last_used_ms
            .store(self.opened.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    fn answered(&self, frame: Frame) {
        let waiting = lock(&self.in_flight).remove(&frame.opaque);
        if let Some(waiting) = waiting {
            // The one who asked may have given up in this moment.
            let _ = waiting.send(frame);
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Connection({} {} -> {})", self.id, self.local, self.peer)
    }
}

/// An opaque in the in-flight table, taken out whatever happens to the request.
struct Reserved<'c> {
    connection: &'c Connection,
    opaque: i32,
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        lock(&self.connection.in_flight).remove(&self.opaque);
    }
}

/// A lock that a panic elsewhere does not make unusable: the tables are consistent between statements.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells the service of the end, even when a handler panics.
struct Announced {
    connection: Arc<Connection>,
    service: Arc<dyn Service>,
}

impl Drop for Announced {
    fn drop(&mut self) {
        let reason = self
            .connection
            .closed
            .get_or_init(|| CloseReason::Asked("a handler failed".into()))
            .clone();
        // Those who wait for an answer learn now that none comes.
        lock(&self.connection.in_flight).clear();
        self.service.closed(&self.connection, &reason);
    }
}

/// Serves a connection until it ends.
pub(crate) async fn run(
    mut stream: TcpStream,
    connection: Arc<Connection>,
    service: Arc<dyn Service>,
    budget: Arc<Budget>,
) {
    service.opened(&connection);
    let announced = Announced { connection, service };
    let Announced { connection, service } = &announced;
    let limits = Arc::clone(&connection.limits);
    let (read, mut write) = stream.split();
    let reader = FrameReader::new(read, &limits, budget.claim());
    let reason = tokio::select! {
        reason = read_all(reader, connection, service) => reason,
        reason = write_all(&mut write, connection) => reason,
        reason = watch_idle(connection, limits.idle_time_max) => reason,
        () = connection.wake_close.notified() => CloseReason::Stopping,
    };
    // Whoever closed on purpose has set the reason already.
    let _ = connection.closed.set(reason);
    // What was answered before the end is offered to the kernel once more, but nobody is waited for.
    let _ = timeout(Duration::from_millis(100), drain(&mut write, connection)).await;
    let _ = write.shutdown().await;
}

async fn read_all(
    mut reader: FrameReader<'_>,
    connection: &Arc<Connection>,
    service: &Arc<dyn Service>,
) -> CloseReason {
    loop {
        let arrived = match reader.next(|| connection.touch()).await {
            Ok(arrived) => arrived,
            Err(reason) => return reason,
        };
        if arrived.frame.is_response() {
            connection.answered(arrived.frame);
            continue;
        }
        connection.last_code.store(arrived.frame.code, Ordering::Relaxed);
        service.request(connection, incoming(arrived, connection));
        while lock(&connection.outbox).waiting() > connection.limits.outbox_bytes_high {
            connection.wake_reader.notified().await;
        }
    }
}

fn incoming(arrived: Arrived, connection: &Arc<Connection>) -> Incoming {
    let Arrived {
        frame,
        first_byte,
        complete,
        decoded,
    } = arrived;
    let reply = Reply {
        connection: Arc::clone(connection),
        opaque: frame.opaque,
        kind: frame.kind,
        is_one_way: frame.is_one_way(),
    };
    Incoming {
        frame,
        reply,
        first_byte,
        complete,
        decoded,
    }
}

async fn write_all(write: &mut WriteHalf<'_>, connection: &Connection) -> CloseReason {
    loop {
        connection.wake_writer.notified().await;
        if let Err(reason) = drain(write, connection).await {
            return reason;
        }
    }
}

/// Writes until nothing waits.
async fn drain(write: &mut WriteHalf<'_>, connection: &Connection) -> Result<(), CloseReason> {
    loop {
        let mut pieces = lock(&connection.outbox).take(PIECES_MAX);
        if pieces.is_empty() {
            return Ok(());
        }
        while let Some(first) = pieces.front() {
            if first.is_empty() {
                pieces.pop_front();
                continue;
            }
            let mut slices = [IoSlice::new(&[]); PIECES_MAX];
            let mut offered = 0;
            for (slice, piece) in slices.iter_mut().zip(&pieces) {
                *slice = IoSlice::new(piece);
                offered += piece.len();
            }
            lock(&connection.outbox).note_start(offered);
            let stalled = connection.limits.write_stall_max;
            let count = match timeout(stalled, write.write_vectored(&slices[..pieces.len()])).await {
                Ok(Ok(0)) => return Err(CloseReason::PeerClosed),
                Ok(Ok(count)) => count,
                Ok(Err(error)) => return Err(error.into()),
                Err(_) => {
                    let waiting_bytes = lock(&connection.outbox).waiting();
                    return Err(CloseReason::PeerDoesNotRead { waiting_bytes });
                }
            };
            connection.touch();
            let mut rest = count;
            while rest > 0 {
                let Some(piece) = pieces.front_mut() else { break };
                let step = rest.min(piece.len());
                piece.advance(step);
                rest -= step;
                if piece.is_empty() {
                    pieces.pop_front();
                }
            }
            let told = lock(&connection.outbox).note_written(count);
            told.into_iter().for_each(|(tell, written)| tell(written));
            connection.wake_reader.notify_one();
        }
    }
}

async fn watch_idle(connection: &Connection, idle_time_max: Duration) -> CloseReason {
    loop {
        let idle = connection.idle();
        if idle >= idle_time_max {
            return CloseReason::Idle(idle_time_max);
        }
        tokio::time::sleep(idle_time_max - idle).await;
    }
}

//! The running name server: its state, its connections, its clock.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rmq_journal::{Event, Journal, Level, Severity};
use rmq_net::{CloseReason, Connection, Incoming, Peers, Server, Service, Written};
use rmq_protocol::request::registration::NotifyMinBrokerIdChange;
use rmq_protocol::{Frame, RequestCode};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::config::{Config, Finding};
use crate::expiry;
use crate::handler;
use crate::kv::{self, KvConfig};
use crate::routes::{Change, Millis, MinIdChange, RouteTable};

/// How long a stopping server waits for its connections.
const STOP_PATIENCE: Duration = Duration::from_secs(5);
/// How often the key-value configuration is logged, as in Java.
const KV_LOG_INTERVAL: Duration = Duration::from_secs(600);
/// The Java thread that tells of connections.
const CODEC_THREAD: &str = "NettyServerCodecThread_1";
/// Unsupported requests are told once for each code and peer, up to so many of both.
const UNSUPPORTED_TOLD_MAX: usize = 1024;

/// Why a name server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration names no address.
    #[error("{0}")]
    Address(String),
    /// The port cannot be had.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// The key-value file is there but cannot be used: to go on would be to overwrite it.
    #[error("cannot read {path}: {error}")]
    KvFile {
        /// The file.
        path: String,
        /// What is wrong.
        error: String,
    },
}

/// What all requests work on.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) journal: Journal,
    routes: RwLock<RouteTable>,
    kv: Mutex<KvConfig>,
    config: RwLock<Config>,
    started: Instant,
    peers: Peers,
    told_unsupported: Mutex<HashMap<(i32, std::net::IpAddr), u64>>,
}

impl State {
    pub(crate) fn routes(&self) -> RwLockReadGuard<'_, RouteTable> {
        self.routes.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn routes_mut(&self) -> RwLockWriteGuard<'_, RouteTable> {
        self.routes.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn kv(&self) -> MutexGuard<'_, KvConfig> {
        self.kv.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn config(&self) -> RwLockReadGuard<'_, Config> {
        self.config.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn config_mut(&self) -> RwLockWriteGuard<'_, Config> {
        self.config.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long the server runs.
    pub(crate) fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// Writes what changed, and tells brokers of a new smallest id if that is asked for.
    pub(crate) fn tell(self: &Arc<Self>, changes: Vec<Change>, thread: &str) {
        let is_min_id_notified = self.config().is_min_id_notified();
        for change in changes {
            if let Change::MinId(min_id) = &change {
                if !is_min_id_notified {
                    continue;
                }
                self.notify_min_id(min_id);
            }
            change.tell(&self.journal, thread);
        }
    }

    fn notify_min_id(self: &Arc<Self>, change: &MinIdChange) {
        let Some((id, addr)) = change.addrs.first_key_value() else {
            return;
        };
        let header = NotifyMinBrokerIdChange {
            min_broker_id: Some(*id),
            broker_name: None,
            min_broker_addr: Some(addr.clone()),
            offline_broker_addr: change.offline_addr.clone(),
            ha_broker_addr: change.ha_addr.clone(),
        };
        let notice = Frame::request(RequestCode::NOTIFY_MIN_BROKER_ID_CHANGE, &header);
        for addr in change.to_notify().map(str::to_owned) {
            let (state, notice) = (Arc::clone(self), notice.clone());
            tokio::spawn(async move {
                let sent = match state.peers.get(&addr).await {
                    Ok(connection) => connection.send_one_way(notice).map_err(|error| error.to_string()),
                    Err(error) => Err(error.to_string()),
                };
                if let Err(error) = sent {
                    let line = format!("notify min broker id changed to {addr} failed: {error}");
                    state.journal.log(Level::Warn, "main", line);
                }
            });
        }
    }

    /// Tells of findings in the configuration, once each.
    fn tell_findings(&self, findings: &[Finding]) {
        for finding in findings {
            self.journal.log(Level::Warn, "main", finding);
            let (name, key) = match finding {
                Finding::Unknown { key, .. } => ("config.unknown", key.as_str()),
                Finding::NoEffect { key, .. } => ("config.no_effect", *key),
                Finding::BadValue { key, .. } => ("config.bad_value", *key),
            };
            self.journal.event(
                Event::new(name, Severity::Warning)
                    .text("key", key)
                    .text("reason", finding.to_string()),
            );
        }
    }

    /// An unsupported request leaves an event; a peer that repeats it leaves no more.
    pub(crate) fn tell_unsupported(&self, frame: &Frame, peer: SocketAddr) {
        {
            let mut told = self.told_unsupported.lock().unwrap_or_else(PoisonError::into_inner);
            let is_full = told.len() >= UNSUPPORTED_TOLD_MAX;
            match told.get_mut(&(frame.code, peer.ip())) {
                Some(count) => {
                    *count += 1;
                    return;
                }
                None if is_full => return,
                None => told.insert((frame.code, peer.ip()), 1),
            };
        }
        let event = Event::new("request.unsupported", Severity::Warning)
            .number("code", frame.code.into())
            .text("request", frame.request_code().name().unwrap_or("unknown"))
            .text("client", peer.to_string())
            .text("lang", frame.language.name())
            .number("version", frame.version.into());
        self.journal.event(event);
        let line = format!("{peer} request type {} not supported", frame.code);
        self.journal.log(Level::Warn, CODEC_THREAD, line);
    }
}

/// The clock that brokers are timed with.
pub(crate) fn now_ms() -> Millis {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as Millis)
}

/// The service of the listening port.
struct Requests(Arc<State>);

impl Service for Requests {
    fn opened(&self, connection: &Arc<Connection>) {
        let peer = connection.peer();
        let log = |line: String| self.0.journal.log(Level::Info, CODEC_THREAD, line);
        log(format!("NETTY SERVER PIPELINE: channelRegistered {peer}"));
        log(format!("NETTY SERVER PIPELINE: channelActive, the channel[{peer}]"));
    }

    fn request(&self, connection: &Arc<Connection>, incoming: Incoming) {
        let answer = handler::answer(&self.0, connection, &incoming.frame);
        let handled = Instant::now();
        let Incoming {
            frame,
            reply,
            first_byte,
            complete,
            decoded,
        } = incoming;
        if !reply.is_wanted() {
            return;
        }
        let times = Times {
            first_byte,
            complete,
            decoded,
            handled,
        };
        let (state, peer, code) = (Arc::clone(&self.0), connection.peer(), frame.request_code());
        let slow = state.config().slow_request();
        reply.send_told(answer, move |written| {
            if written.finished.duration_since(first_byte) >= slow {
                state.journal.event(times.event(code, peer, written));
            }
        });
    }

    fn closed(&self, connection: &Arc<Connection>, reason: &CloseReason) {
        let (journal, peer) = (&self.0.journal, connection.peer());
        let java_line = match reason {
            CloseReason::Idle(_) => format!("NETTY SERVER PIPELINE: IDLE exception [{peer}]"),
            CloseReason::BadFrame(_) => format!("decode exception, {peer} {reason}"),
            _ => format!("NETTY SERVER PIPELINE: channelInactive, the channel[{peer}]"),
        };
        let is_usual = matches!(
            reason,
            CloseReason::PeerClosed | CloseReason::Stopping | CloseReason::Asked(_)
        );
        let (level, severity) = if is_usual {
            (Level::Info, Severity::Notice)
        } else {
            (Level::Warn, Severity::Warning)
        };
        journal.log(level, CODEC_THREAD, &java_line);
        let event = Event::new("conn.closed", severity)
            .text("by", reason.by())
            .text("reason", reason.name())
            .text("detail", reason.to_string())
            .text("client", peer.to_string())
            .number("age_ms", connection.age().as_millis() as i64)
            .number("idle_ms", connection.idle().as_millis() as i64)
            .number("inflight", connection.in_flight() as i64)
            .number("last_code", connection.last_code().unwrap_or_default().into())
            .java_line(java_line);
        journal.event(event);
        expiry::drop_connected(&self.0, connection.id());
    }
}

/// The moments of one request.
struct Times {
    first_byte: Instant,
    complete: Instant,
    decoded: Instant,
    handled: Instant,
}

impl Times {
    /// The stages of a slow request. The total is measured by itself; `rest` is what the stages leave unexplained.
    fn event(&self, code: RequestCode, peer: SocketAddr, written: Written) -> Event {
        let ms = |from: Instant, to: Instant| to.saturating_duration_since(from).as_secs_f64() * 1e3;
        let total = ms(self.first_byte, written.finished);
        let stages = [
            ("recv_ms", ms(self.first_byte, self.complete)),
            ("decode_ms", ms(self.complete, self.decoded)),
            ("handle_ms", ms(self.decoded, self.handled)),
            ("resp_queue_ms", ms(written.queued, written.started)),
            ("write_ms", ms(written.started, written.finished)),
        ];
        let rest = total - stages.iter().map(|(_, ms)| ms).sum::<f64>();
        let event = Event::new("request.done", Severity::Warning)
            .text("request", code.name().unwrap_or("unknown"))
            .text("client", peer.to_string())
            .double("total_ms", total);
        stages
            .into_iter()
            .fold(event, |event, (stage, ms)| event.double(stage, ms))
            .double("rest_ms", rest)
    }
}

/// Nobody sends requests on the connections that the name server opens.
struct NoRequests;

impl Service for NoRequests {
    fn request(&self, _: &Arc<Connection>, incoming: Incoming) {
        let answer = handler::not_supported(&incoming.frame);
        incoming.reply.send(answer);
    }
}

/// A name server that serves.
#[derive(Debug)]
pub struct NameServer {
    server: Arc<Server>,
    state: Arc<State>,
    ticking: JoinHandle<()>,
}

impl NameServer {
    /// Reads the key-value file, listens, and serves from then on.
    pub fn start(config: Config, findings: &[Finding], journal: Journal) -> Result<Self, StartError> {
        let address = config.listen().map_err(StartError::Address)?;
        let kv = load_kv(&config, &journal)?;
        for (key, value) in config.effective() {
            journal.log(Level::Info, "main", format_args!("{key}={value}"));
        }
        let limits = config.limits();
        let scan_interval = config.scan_interval();
        let state = Arc::new(State {
            journal,
            routes: RwLock::default(),
            kv: Mutex::new(kv),
            config: RwLock::new(config),
            started: Instant::now(),
            peers: Peers::new(limits.clone(), Arc::new(NoRequests)),
            told_unsupported: Mutex::default(),
        });
        state.tell_findings(findings);
        let server = Server::bind(address, limits, Arc::new(Requests(Arc::clone(&state))))
            .map_err(|error| StartError::Listen { address, error })?;
        let server = Arc::new(server);
        let ticking = tokio::spawn(tick(Arc::clone(&state), Arc::clone(&server), scan_interval));
        let started = Self { server, state, ticking };
        started.state.journal.log(Level::Info, "main", started.boot_line());
        Ok(started)
    }

    /// The address it serves on.
    pub fn local(&self) -> SocketAddr {
        self.server.local()
    }

    /// What Java's name server prints when it is ready.
    pub fn boot_line(&self) -> String {
        format!(
            "The Name Server boot success. serializeType=JSON, address {}",
            self.local()
        )
    }

    /// Looks for silent brokers now, as of the given moment, instead of waiting for the next look.
    pub fn drop_silent_brokers(&self, now: Millis) {
        close_expired(&self.state, &self.server, now);
    }

    /// Stops: no new connections, what is answered is written, all connections end.
    pub async fn stop(self) {
        let begun = Instant::now();
        self.state
            .journal
            .log(Level::Info, "ShutdownHook", "shutdown hook was invoked, 1 times.");
        self.ticking.abort();
        // The task gives up its share of the server when it has ended.
        let _ = self.ticking.await;
        if let Ok(server) = Arc::try_unwrap(self.server) {
            server.stop(STOP_PATIENCE).await;
        }
        let ms = begun.elapsed().as_millis();
        let line = format!("shutdown hook done, consuming total time(ms): {ms}");
        self.state.journal.log(Level::Info, "ShutdownHook", line);
    }
}

fn load_kv(config: &Config, journal: &Journal) -> Result<KvConfig, StartError> {
    let path = config.kv_path();
    let failed = |error: String| StartError::KvFile {
        path: path.display().to_string(),
        error,
    };
    let Some(text) = kv::read_file(&path).map_err(|error| failed(error.to_string()))? else {
        return Ok(KvConfig::default());
    };
    let loaded = KvConfig::decode(&text).map_err(|error| failed(error.to_string()))?;
    journal.log(Level::Info, "main", "load KV config table OK");
    Ok(loaded)
}

async fn tick(state: Arc<State>, server: Arc<Server>, scan_interval: Duration) {
    let mut scan = interval(scan_interval);
    let mut kv_log = interval(KV_LOG_INTERVAL);
    scan.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = scan.tick() => close_expired(&state, &server, now_ms()),
            _ = kv_log.tick() => log_kv(&state),
        }
    }
}

fn close_expired(state: &Arc<State>, server: &Server, now: Millis) {
    for connection_id in expiry::drop_silent(state, now) {
        if let Some(connection) = server.connection(connection_id) {
            connection.close(CloseReason::Asked("the broker was silent too long".into()));
        }
    }
}

fn log_kv(state: &State) {
    let log = |line: String| state.journal.log(Level::Info, "NSScheduledThread1", line);
    log("-".repeat(56));
    let kv = state.kv();
    log(format!("configTable SIZE: {}", kv.namespaces().count()));
    for (namespace, table) in kv.namespaces() {
        for (key, value) in table {
            log(format!("configTable NS: {namespace} Key: {key} Value: {value}"));
        }
    }
}

//! Accepts connections and serves each in a task of its own; stops without cutting off what is being answered.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use crate::budget::Budget;
use crate::close::CloseReason;
use crate::connection::{Connection, Service, lock, run};
use crate::limits::Limits;

/// Numbers of connections, in the order they came, over all servers of the process.
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

pub(crate) fn next_id() -> u64 {
    NEXT_ID.fetch_add(1, Ordering::Relaxed)
}

/// A listening port and its connections.
#[derive(Debug)]
pub struct Server {
    local: SocketAddr,
    shared: Arc<Shared>,
    accepting: tokio::task::JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    budget: Arc<Budget>,
    limits: Arc<Limits>,
    connections: Mutex<HashMap<u64, Arc<Connection>>>,
    emptied: Notify,
}

impl Server {
    /// Binds `address` (port 0 takes a free one) and serves from then on.
    pub fn bind(address: SocketAddr, limits: Limits, service: Arc<dyn Service>) -> io::Result<Self> {
        let listener = listen(address, &limits)?;
        let local = listener.local_addr()?;
        let shared = Arc::new(Shared {
            budget: Budget::new(limits.arriving_bytes_max),
            limits: Arc::new(limits),
            connections: Mutex::default(),
            emptied: Notify::new(),
        });
        let accepting = tokio::spawn(accept_all(listener, Arc::clone(&shared), service));
        Ok(Self {
            local,
            shared,
            accepting,
        })
    }

    /// The address it listens on.
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// The connections there are now.
    pub fn connections(&self) -> Vec<Arc<Connection>> {
        lock(&self.shared.connections).values().cloned().collect()
    }

    /// A connection by its number, while it is open.
    pub fn connection(&self, id: u64) -> Option<Arc<Connection>> {
        lock(&self.shared.connections).get(&id).cloned()
    }

    /// Accepts no more, closes every connection and waits for them, at most `patience`.
    pub async fn stop(self, patience: Duration) {
        self.accepting.abort();
        let everyone_gone = async {
            loop {
                let emptied = self.shared.emptied.notified();
                let open: Vec<_> = lock(&self.shared.connections).values().cloned().collect();
                if open.is_empty() {
                    return;
                }
                open.iter()
                    .for_each(|connection| connection.close(CloseReason::Stopping));
                emptied.await;
            }
        };
        let _ = timeout(patience, everyone_gone).await;
    }
}

fn listen(address: SocketAddr, limits: &Limits) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    if limits.socket_send_bytes > 0 {
        socket.set_send_buffer_size(limits.socket_send_bytes)?;
    }
    if limits.socket_receive_bytes > 0 {
        socket.set_recv_buffer_size(limits.socket_receive_bytes)?;
    }
    socket.bind(address)?;
    socket.listen(limits.backlog.max(1))
}

async fn accept_all(listener: TcpListener, shared: Arc<Shared>, service: Arc<dyn Service>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => admit(stream, &shared, &service),
            // Out of file descriptors, or a peer that was gone before it was accepted: the port must stay open.
            Err(_) => sleep(Duration::from_millis(20)).await,
        }
    }
}

fn admit(stream: TcpStream, shared: &Arc<Shared>, service: &Arc<dyn Service>) {
    let Ok(connection) = Connection::new(next_id(), &stream, Arc::clone(&shared.limits)) else {
        return;
    };
    let limit = shared.limits.connection_count_max;
    {
        let mut connections = lock(&shared.connections);
        if connections.len() >= limit {
            drop(connections);
            service.closed(&connection, &CloseReason::TooMany(limit));
            return;
        }
        connections.insert(connection.id(), Arc::clone(&connection));
    }
    let listed = Listed {
        shared: Arc::clone(shared),
        id: connection.id(),
    };
    let (service, budget) = (Arc::clone(service), Arc::clone(&shared.budget));
    tokio::spawn(async move {
        let _listed = listed;
        run(stream, connection, service, budget).await;
    });
}

/// A connection's place in the server's list, given up when its task ends in whatever way.
struct Listed {
    shared: Arc<Shared>,
    id: u64,
}

impl Drop for Listed {
    fn drop(&mut self) {
        lock(&self.shared.connections).remove(&self.id);
        self.shared.emptied.notify_one();
    }
}

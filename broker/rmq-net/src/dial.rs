//! Connections to servers: one by one, or kept by address.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};

use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::budget::Budget;
use crate::connection::{Connection, Service, lock, run};
use crate::limits::Limits;
use crate::server::next_id;

/// Connects to `address` (`host:port`). Requests that the server sends on the connection go to `service`.
pub async fn connect(address: &str, limits: Arc<Limits>, service: Arc<dyn Service>) -> io::Result<Arc<Connection>> {
    let stream = timeout(limits.connect_time_max, TcpStream::connect(address))
        .await
        .map_err(|_| {
            io::Error::new(
                io::ErrorKind::TimedOut,
                format!("connecting to {address} took too long"),
            )
        })??;
    let budget = Budget::new(limits.arriving_bytes_max);
    let connection = Connection::new(next_id(), &stream, limits)?;
    tokio::spawn(run(stream, Arc::clone(&connection), service, budget));
    Ok(connection)
}

/// Connections kept by address; a broken one is made anew when it is next asked for.
pub struct Peers {
    limits: Arc<Limits>,
    service: Arc<dyn Service>,
    known: Mutex<HashMap<String, Arc<Connection>>>,
}

impl Peers {
    /// No connections yet.
    pub fn new(limits: Limits, service: Arc<dyn Service>) -> Self {
        Self {
            limits: Arc::new(limits),
            service,
            known: Mutex::default(),
        }
    }

    /// The connection to `address`. Two callers at once may both connect; one of the connections is kept.
    pub async fn get(&self, address: &str) -> io::Result<Arc<Connection>> {
        if let Some(connection) = lock(&self.known)
            .get(address)
            .filter(|known| known.close_reason().is_none())
        {
            return Ok(Arc::clone(connection));
        }
        let connection = connect(address, Arc::clone(&self.limits), Arc::clone(&self.service)).await?;
        let mut known = lock(&self.known);
        known.retain(|_, old| old.close_reason().is_none());
        Ok(Arc::clone(known.entry(address.to_owned()).or_insert(connection)))
    }
}

impl std::fmt::Debug for Peers {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Peers")
            .field("known", &lock(&self.known).len())
            .finish_non_exhaustive()
    }
}

//! Accepting connections.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::response::Response;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::address::Proxies;
use crate::clients::Clients;
use crate::connection::{Accepted, Shared};
use crate::load::Load;

/// Limits of a server.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Largest number of open connections. Further ones wait.
    pub connections: usize,
    /// Largest number of open connections of one client. Further ones are closed. Behind a trusted proxy: largest
    /// number of requests in progress.
    pub per_client: usize,
    /// Proxies in front of the server.
    pub proxies: Proxies,
    /// Time for the head of a request, beginning with the connection or the previous response. So it is also the
    /// longest time that a connection may be idle.
    pub head_timeout: Duration,
    /// Time in which a client must read a response, if it does not fit into the kernel's buffers.
    pub response_timeout: Duration,
    /// Time for requests in progress when the server stops.
    pub drain_timeout: Duration,
}

/// A server before it accepts connections.
pub struct Server {
    listener: TcpListener,
    shared: Arc<Shared>,
    free: Arc<Semaphore>,
    drain_timeout: Duration,
}

impl Server {
    /// Creates a server. `name` is its label in metrics and logs, and `refusal` the response to requests of a client
    /// behind a proxy that has too many in progress.
    pub fn new(
        name: &'static str,
        listener: TcpListener,
        routes: Router,
        limits: Limits,
        refusal: fn() -> Response,
        stop: CancellationToken,
    ) -> Self {
        let load = Arc::new(Load::new(name, limits.connections));
        let shared = Shared {
            routes,
            refusal,
            proxies: limits.proxies,
            clients: Clients::new(limits.per_client, load.clone()),
            load,
            head_timeout: limits.head_timeout,
            response_timeout: limits.response_timeout,
            stop,
        };
        let free = Arc::new(Semaphore::new(limits.connections));
        Self { listener, shared: Arc::new(shared), free, drain_timeout: limits.drain_timeout }
    }

    /// Returns the server's load, which changes while it runs.
    pub fn load(&self) -> Arc<Load> {
        self.shared.load.clone()
    }

    /// Serves until the server is stopped. Completes requests in progress.
    pub async fn run(self) {
        let connections = TaskTracker::new();
        let stop = self.shared.stop.clone();
        while let Some(Some((stream, accepted, permit))) = stop.run_until_cancelled(self.next()).await {
            let shared = self.shared.clone();
            let open = shared.load.open();
            connections.spawn(async move {
                shared.serve(stream, &accepted).await;
                drop((accepted, permit, open));
            });
        }
        drop(self.listener);
        connections.close();
        if tokio::time::timeout(self.drain_timeout, connections.wait()).await.is_err() {
            tracing::warn!("closing connections that did not complete in time");
        }
    }

    /// Returns the next connection that its client may have, and its permit. `None` never happens in practice.
    async fn next(&self) -> Option<(TcpStream, Accepted, OwnedSemaphorePermit)> {
        loop {
            let (stream, peer) = self.accept().await;
            // Before the wait for a free connection, so that a client at its limit does not delay others.
            let Some(accepted) = self.shared.accept(peer) else { continue };
            let permit = match self.free.clone().try_acquire_owned() {
                Ok(permit) => permit,
                Err(_) => {
                    self.shared.load.full();
                    // Fails only if the semaphore is closed, which never happens.
                    self.free.clone().acquire_owned().await.ok()?
                }
            };
            return Some((stream, accepted, permit));
        }
    }

    async fn accept(&self) -> (TcpStream, IpAddr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => return (stream, peer.ip()),
                Err(error) => {
                    // Usually too many open files. Wait, so that open connections can end first.
                    tracing::warn!(%error, "could not accept connection");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        }
    }
}

//! HTTP server.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Timeout for the head of a request. Prevents clients that send it byte by byte from occupying connections.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);

/// Largest number of open connections. Further ones wait to be accepted.
const MAX_CONNECTIONS: usize = 1024;

/// Time for requests in progress when the service stops: slightly more than the default time budget of an order.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(35);

/// Listens and serves until `stop` is cancelled. Requests in progress are completed.
pub(super) async fn on(
    bind: IpAddr,
    port: u16,
    routes: Router,
    stop: &CancellationToken,
    tasks: &TaskTracker,
) -> Result<SocketAddr, String> {
    let wanted = SocketAddr::new(bind, port);
    let listener = TcpListener::bind(wanted).await.map_err(|error| {
        format!(
            "could not listen on {wanted}: {error}. If another process uses the port, choose another one with \
             --api-port or --probe-port"
        )
    })?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    tasks.spawn(serve(listener, routes, stop.clone()));
    Ok(address)
}

async fn serve(listener: TcpListener, routes: Router, stop: CancellationToken) {
    let connections = GracefulShutdown::new();
    let free = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    while let Some((stream, place)) = next(&listener, &free, &stop).await {
        let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes.clone()));
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(reason = %error, "connection closed early");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN_TIMEOUT, connections.shutdown()).await.is_err() {
        tracing::warn!("closing connections that did not complete in time");
    }
}

/// Returns the next connection and its permit. `None` when `stop` is cancelled.
async fn next(
    listener: &TcpListener,
    free: &Arc<Semaphore>,
    stop: &CancellationToken,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    loop {
        let accepted = async {
            // `acquire_owned` fails only if the semaphore is closed, which never happens.
            let place = free.clone().acquire_owned().await.ok()?;
            Some((listener.accept().await, place))
        };
        let (accepted, place) = tokio::select! {
            () = stop.cancelled() => return None,
            accepted = accepted => accepted?,
        };
        match accepted {
            Ok((stream, _)) => return Some((stream, place)),
            Err(error) => {
                // Usually too many open files. Wait, so that open connections can end first.
                tracing::warn!(%error, "could not accept connection");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

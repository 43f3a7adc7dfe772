//! HTTP server.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
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

/// One of the two servers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Server {
    Api,
    Probes,
}

/// Listens and serves until `stop` is cancelled. Requests in progress are completed.
pub(super) async fn on(
    server: Server,
    wanted: SocketAddr,
    routes: Router,
    stop: &CancellationToken,
    tasks: &TaskTracker,
) -> Result<SocketAddr, String> {
    let listener = TcpListener::bind(wanted).await.map_err(|error| could_not_listen(server, wanted, &error))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    tasks.spawn(serve(listener, routes, stop.clone()));
    Ok(address)
}

/// Returns the error for the operator: which server, why, and which option and setting to change.
fn could_not_listen(server: Server, wanted: SocketAddr, error: &io::Error) -> String {
    const BIND: &str = "--bind or KEYFERRY_BIND";
    let (what, port) = match server {
        Server::Api => ("the API", "--api-port or KEYFERRY_API_PORT"),
        Server::Probes => ("the probes", "--probe-port or KEYFERRY_PROBE_PORT"),
    };
    let why = match error.kind() {
        ErrorKind::AddrInUse => {
            format!("another process uses port {}. Stop it, or set another port with {port}", wanted.port())
        }
        ErrorKind::AddrNotAvailable => format!(
            "this machine has no address {}. Set an address of this machine with {BIND}, or 0.0.0.0 for all of its \
             IPv4 addresses",
            wanted.ip()
        ),
        ErrorKind::PermissionDenied => format!(
            "the process is not permitted to use port {}. Set a port of 1024 or higher with {port}, or grant the \
             process CAP_NET_BIND_SERVICE",
            wanted.port()
        ),
        _ => format!("{error}. Check {BIND}, and {port}"),
    };
    format!("could not listen on {wanted} for {what}: {why}")
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

#[cfg(test)]
mod tests {
    use super::*;

    async fn error_of(server: Server, wanted: SocketAddr) -> String {
        on(server, wanted, Router::new(), &CancellationToken::new(), &TaskTracker::new()).await.unwrap_err()
    }

    #[tokio::test]
    async fn port_in_use_names_the_option_of_the_port() {
        let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wanted = other.local_addr().unwrap();
        let port = wanted.port();
        assert_eq!(
            error_of(Server::Probes, wanted).await,
            format!(
                "could not listen on {wanted} for the probes: another process uses port {port}. Stop it, or set \
                 another port with --probe-port or KEYFERRY_PROBE_PORT"
            )
        );
        assert!(error_of(Server::Api, wanted).await.ends_with("--api-port or KEYFERRY_API_PORT"));
    }

    #[tokio::test]
    async fn address_of_another_machine_names_the_option_of_the_address() {
        // Reserved for documentation (RFC 5737), so that no machine has it.
        assert_eq!(
            error_of(Server::Api, "192.0.2.1:0".parse().unwrap()).await,
            "could not listen on 192.0.2.1:0 for the API: this machine has no address 192.0.2.1. Set an address of \
             this machine with --bind or KEYFERRY_BIND, or 0.0.0.0 for all of its IPv4 addresses"
        );
    }

    #[test]
    fn privileged_port_names_the_permission() {
        let denied = io::Error::from(ErrorKind::PermissionDenied);
        assert_eq!(
            could_not_listen(Server::Api, "0.0.0.0:443".parse().unwrap(), &denied),
            "could not listen on 0.0.0.0:443 for the API: the process is not permitted to use port 443. Set a port of \
             1024 or higher with --api-port or KEYFERRY_API_PORT, or grant the process CAP_NET_BIND_SERVICE"
        );
    }
}

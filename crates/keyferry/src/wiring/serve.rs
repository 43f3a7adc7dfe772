//! One HTTP server.

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

/// How long a client may take for the head of a request: whoever sends it byte by byte holds no connection for ever.
const HEAD: Duration = Duration::from_secs(15);

/// How many connections are served at once; more wait to be accepted.
const CONNECTIONS: usize = 1024;

/// How long requests under way are waited for when the service stops: an order's budget and a little more.
const LAST_ANSWERS: Duration = Duration::from_secs(35);

/// Listens and serves until `stop` is cancelled; requests under way are answered first.
pub(super) async fn on(
    bind: IpAddr,
    port: u16,
    routes: Router,
    stop: &CancellationToken,
    tasks: &TaskTracker,
) -> Result<SocketAddr, String> {
    let wanted = SocketAddr::new(bind, port);
    let listener = TcpListener::bind(wanted).await.map_err(|error| {
        format!("{wanted} cannot be listened on: {error}. Is another one running? Choose another port with --api-port or --probe-port")
    })?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    tasks.spawn(serve(listener, routes, stop.clone()));
    Ok(address)
}

async fn serve(listener: TcpListener, routes: Router, stop: CancellationToken) {
    let connections = GracefulShutdown::new();
    let free = Arc::new(Semaphore::new(CONNECTIONS));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD);
    while let Some((stream, place)) = next(&listener, &free, &stop).await {
        let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes.clone()));
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(reason = %error, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(LAST_ANSWERS, connections.shutdown()).await.is_err() {
        tracing::warn!("connections are cut: they were not done in time");
    }
}

/// The next connection with its place; `None` when it is time to stop.
async fn next(
    listener: &TcpListener,
    free: &Arc<Semaphore>,
    stop: &CancellationToken,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    loop {
        let accepted = async {
            // The semaphore is never closed.
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
                // Mostly too many open files: the ones there are must end before more come.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

//! One HTTP server.

use std::net::{IpAddr, SocketAddr};

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

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
    let stopped = stop.clone().cancelled_owned();
    tasks.spawn(async move {
        if let Err(error) = axum::serve(listener, routes).with_graceful_shutdown(stopped).await {
            tracing::error!(%address, %error, "a server ended");
        }
    });
    Ok(address)
}

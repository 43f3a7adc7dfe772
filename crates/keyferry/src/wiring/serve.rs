//! The two HTTP servers: API and probes.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use keyferry_engine::Problem;
use keyferry_server::{ConnectionSettings, Limits, Load, Overload, Proxies, Server};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::system;

/// Time for the head of a request, and for an idle connection. Clients that send it byte by byte occupy connections.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);

/// Time in which a client must read a response. The largest one, a page of shipments, has less than 1 MB.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);

/// Time for requests in progress when the service stops, in addition to the time budget of an order.
const DRAIN_MARGIN: Duration = Duration::from_secs(5);

/// Returns the time for requests in progress when the service stops. Every order ends within it.
pub(super) fn drain_timeout(create_budget: Duration) -> Duration {
    create_budget + DRAIN_MARGIN
}

/// Connections of the probes: far more than an orchestrator and a few Prometheus servers need.
const PROBE_CONNECTIONS: usize = 128;

/// Open files for everything but incoming connections: database, journal, log, outgoing calls.
const OTHER_FILES: usize = 256;

/// One of the two servers.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Api,
    Probes,
}

/// Listens for the API. The server accepts connections when it runs.
pub(super) async fn api(
    wanted: SocketAddr,
    routes: Router,
    settings: ConnectionSettings,
    drain_timeout: Duration,
    stop: &CancellationToken,
) -> Result<(SocketAddr, Server), String> {
    let (address, listener) = listen(Kind::Api, wanted).await?;
    let limits = api_limits(settings, drain_timeout);
    Ok((address, Server::new("api", listener, routes, limits, keyferry_api::too_many_requests, stop.clone())))
}

/// Listens for the probes. The server accepts connections when it runs.
pub(super) async fn probes(
    wanted: SocketAddr,
    routes: Router,
    stop: &CancellationToken,
) -> Result<(SocketAddr, Server), String> {
    let (address, listener) = listen(Kind::Probes, wanted).await?;
    let refusal = keyferry_api::too_many_requests;
    Ok((address, Server::new("probes", listener, routes, probe_limits(), refusal, stop.clone())))
}

async fn listen(server: Kind, wanted: SocketAddr) -> Result<(SocketAddr, TcpListener), String> {
    let listener = TcpListener::bind(wanted).await.map_err(|error| could_not_listen(server, wanted, &error))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    Ok((address, listener))
}

/// Returns the error for the operator: which server, why, and which option and setting to change.
fn could_not_listen(server: Kind, wanted: SocketAddr, error: &io::Error) -> String {
    const BIND: &str = "--bind or KEYFERRY_BIND";
    let (what, port) = match server {
        Kind::Api => ("the API", "--api-port or KEYFERRY_API_PORT"),
        Kind::Probes => ("the probes", "--probe-port or KEYFERRY_PROBE_PORT"),
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

/// Returns the limits of the API. Leaves open files for everything else: with too few, orders would fail before
/// connections do.
fn api_limits(settings: ConnectionSettings, drain_timeout: Duration) -> Limits {
    let ConnectionSettings { max_connections, max_connections_per_address, trusted_proxies } = settings;
    let wanted = max_connections + PROBE_CONNECTIONS + OTHER_FILES;
    let open_files = system::raise_open_files(wanted);
    let connections = if open_files < wanted { max_connections.min(open_files / 2) } else { max_connections };
    if connections < max_connections {
        tracing::warn!(
            open_files,
            wanted,
            connections,
            remedy = "increase the limit of open files (LimitNOFILE in systemd, ulimit -n), or decrease \
                      KEYFERRY_MAX_CONNECTIONS",
            "the limit of open files is too low for KEYFERRY_MAX_CONNECTIONS: accepting fewer connections"
        );
    }
    Limits {
        connections,
        per_client: max_connections_per_address,
        proxies: Proxies::new(trusted_proxies),
        head_timeout: HEAD_TIMEOUT,
        response_timeout: RESPONSE_TIMEOUT,
        drain_timeout,
    }
}

/// Returns the limits of the probes. They have their own connections, so that a full API does not affect them.
fn probe_limits() -> Limits {
    Limits {
        connections: PROBE_CONNECTIONS,
        per_client: PROBE_CONNECTIONS / 4,
        proxies: Proxies::default(),
        head_timeout: HEAD_TIMEOUT,
        response_timeout: RESPONSE_TIMEOUT,
        drain_timeout: DRAIN_MARGIN,
    }
}

/// Returns what readiness reports about the load of the API.
pub(super) fn problem(load: &Load) -> Option<Problem> {
    let problem = |code, is_blocking, message: &str| Problem { code, message: message.to_owned(), is_blocking };
    load.overload().map(|overload| match overload {
        Overload::Connections => problem(
            "saturated",
            true,
            "All connections to the API are in use: new ones wait. Find out which clients keep connections open. If \
             all are legitimate, increase KEYFERRY_MAX_CONNECTIONS or add replicas.",
        ),
        Overload::Clients => problem(
            "client-saturated",
            false,
            "A client address has as many open connections as it may have: further ones are refused. The log names \
             the address and what to do.",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn error_of(server: Kind, wanted: SocketAddr) -> String {
        listen(server, wanted).await.unwrap_err()
    }

    #[tokio::test]
    async fn port_in_use_names_the_option_of_the_port() {
        let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wanted = other.local_addr().unwrap();
        let port = wanted.port();
        assert_eq!(
            error_of(Kind::Probes, wanted).await,
            format!(
                "could not listen on {wanted} for the probes: another process uses port {port}. Stop it, or set \
                 another port with --probe-port or KEYFERRY_PROBE_PORT"
            )
        );
        assert!(error_of(Kind::Api, wanted).await.ends_with("--api-port or KEYFERRY_API_PORT"));
    }

    #[tokio::test]
    async fn address_of_another_machine_names_the_option_of_the_address() {
        // Reserved for documentation (RFC 5737), so that no machine has it.
        assert_eq!(
            error_of(Kind::Api, "192.0.2.1:0".parse().unwrap()).await,
            "could not listen on 192.0.2.1:0 for the API: this machine has no address 192.0.2.1. Set an address of \
             this machine with --bind or KEYFERRY_BIND, or 0.0.0.0 for all of its IPv4 addresses"
        );
    }

    #[test]
    fn privileged_port_names_the_permission() {
        let denied = io::Error::from(ErrorKind::PermissionDenied);
        assert_eq!(
            could_not_listen(Kind::Api, "0.0.0.0:443".parse().unwrap(), &denied),
            "could not listen on 0.0.0.0:443 for the API: the process is not permitted to use port 443. Set a port of \
             1024 or higher with --api-port or KEYFERRY_API_PORT, or grant the process CAP_NET_BIND_SERVICE"
        );
    }
}

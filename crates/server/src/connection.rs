//! One connection.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tower::Service as _;

use crate::address::Proxies;
use crate::clients::{Clients, Place};
use crate::load::{Dropped, Load};
use crate::write_deadline::WriteDeadline;

/// Largest head of a request, and most bytes of responses that wait for the client. A token has at most 16 KiB.
const BUFFER: usize = 64 * 1024;

/// What all connections of a server share.
pub(crate) struct Shared {
    pub(crate) routes: Router,
    /// Response to a request of a client behind a proxy that has too many in progress.
    pub(crate) refusal: fn() -> Response,
    pub(crate) proxies: Proxies,
    pub(crate) clients: Arc<Clients>,
    pub(crate) load: Arc<Load>,
    pub(crate) head_timeout: Duration,
    pub(crate) response_timeout: Duration,
    pub(crate) stop: CancellationToken,
}

/// Connection that a client may have.
pub(crate) enum Accepted {
    /// It takes one of the client's places.
    Client { _place: Place },
    /// Its requests take places of the clients that they are forwarded for.
    Proxy(IpAddr),
}

impl Shared {
    /// Returns `None` if the client has as many connections as it may have.
    pub(crate) fn accept(&self, peer: IpAddr) -> Option<Accepted> {
        if self.proxies.contain(peer) {
            return Some(Accepted::Proxy(peer));
        }
        self.clients.enter(peer).map(|place| Accepted::Client { _place: place })
    }

    /// Serves the requests of a connection until it ends.
    pub(crate) async fn serve(&self, stream: TcpStream, accepted: &Accepted) {
        let service = service_fn(|request| self.respond(request, accepted));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(self.head_timeout).max_buf_size(BUFFER);
        let stream = TokioIo::new(WriteDeadline::new(stream, self.response_timeout));
        let mut connection = pin!(http.serve_connection(stream, service));
        let mut pressure = self.load.pressure();
        let closing = async {
            tokio::select! {
                () = self.stop.cancelled() => {}
                // Fails only when the sender is dropped, which `self` prevents.
                _ = pressure.changed() => {}
            }
        };
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = closing => {
                // Closes an idle connection at once, and any other one after its response.
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            if let Some(reason) = reason(&error) {
                self.load.drop_one(reason);
            }
            tracing::debug!(reason = %error, "connection closed early");
        }
    }

    async fn respond(
        &self,
        request: Request<Incoming>,
        accepted: &Accepted,
    ) -> Result<Response, std::convert::Infallible> {
        let _place = match accepted {
            Accepted::Client { .. } => None,
            Accepted::Proxy(proxy) => {
                let client = self.proxies.client(request.headers()).unwrap_or(*proxy);
                match self.clients.enter(client) {
                    Some(place) => Some(place),
                    None => return Ok((self.refusal)()),
                }
            }
        };
        self.routes.clone().call(request.map(Body::new)).await
    }
}

/// Returns which time limit ended the connection, if one did.
fn reason(error: &hyper::Error) -> Option<Dropped> {
    if error.is_timeout() {
        return Some(Dropped::RequestTimeout);
    }
    let cause = error.source()?.downcast_ref::<io::Error>()?;
    (cause.kind() == ErrorKind::TimedOut).then_some(Dropped::ResponseTimeout)
}

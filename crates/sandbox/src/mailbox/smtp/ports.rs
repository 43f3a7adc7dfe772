//! The two SMTP ports: one without TLS, which accepts no mail before STARTTLS, and one with implicit TLS.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::idle::within;
use super::session::{End, Session};
use crate::mailbox::state::Mailbox;

/// Maximum number of connections of a port. Further ones wait.
const CONNECTIONS: usize = 64;
/// When TLS starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tls {
    /// After STARTTLS (RFC 3207).
    OnRequest,
    /// With the connection (RFC 8314).
    Implicit,
}

/// Serves both SMTP ports until `stop` is cancelled.
pub(crate) async fn serve(mailbox: Arc<Mailbox>, smtp: TcpListener, smtps: TcpListener, stop: CancellationToken) {
    let sessions = TaskTracker::new();
    tokio::join!(
        accept(&mailbox, &smtp, Tls::OnRequest, &stop, &sessions),
        accept(&mailbox, &smtps, Tls::Implicit, &stop, &sessions),
    );
    sessions.close();
    sessions.wait().await;
}

async fn accept(mailbox: &Arc<Mailbox>, port: &TcpListener, tls: Tls, stop: &CancellationToken, open: &TaskTracker) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let arrival = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, port.accept().await)
        };
        let (place, accepted) = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            arrival = arrival => arrival,
        };
        let Ok((stream, _)) = accepted else {
            // Most likely there are no file descriptors left. Wait until connections end, instead of a busy loop.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let (mailbox, stop) = (Arc::clone(mailbox), stop.clone());
        open.spawn(async move {
            let ended = tokio::select! {
                biased;
                () = stop.cancelled() => Ok(()),
                ended = run_session(&mailbox, stream, tls) => ended,
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "SMTP session failed");
            }
            drop(place);
        });
    }
}

async fn run_session(mailbox: &Arc<Mailbox>, stream: TcpStream, tls: Tls) -> io::Result<()> {
    let acceptor = &mailbox.tls.acceptor;
    match tls {
        Tls::Implicit => {
            let stream = within(acceptor.accept(stream)).await?;
            Session::new(mailbox, stream, true).run(true).await.map(drop)
        }
        Tls::OnRequest => match Session::new(mailbox, stream, false).run(true).await? {
            End::StartTls(stream) => {
                let stream = within(acceptor.accept(stream)).await?;
                // RFC 3207 section 4.2: a new session, which must not keep state from before TLS. No second greeting.
                Session::new(mailbox, stream, true).run(false).await.map(drop)
            }
            End::Closed => Ok(()),
        },
    }
}

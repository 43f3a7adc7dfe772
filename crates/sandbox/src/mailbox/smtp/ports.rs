//! Both ports: one that starts in the clear and accepts nothing before STARTTLS, one with TLS from the start.

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

/// Connections at a time; more wait.
const CONNECTIONS: usize = 64;
/// How a port begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tls {
    /// After STARTTLS (RFC 3207).
    OnRequest,
    /// At once (RFC 8314).
    Implicit,
}

/// Runs both SMTP ports until `stop`.
pub(crate) async fn serve(mailbox: Arc<Mailbox>, smtp: TcpListener, smtps: TcpListener, stop: CancellationToken) {
    let conversations = TaskTracker::new();
    tokio::join!(
        accept(&mailbox, &smtp, Tls::OnRequest, &stop, &conversations),
        accept(&mailbox, &smtps, Tls::Implicit, &stop, &conversations),
    );
    conversations.close();
    conversations.wait().await;
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
            // Out of descriptors, most likely: let some connections end first.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let (mailbox, stop) = (Arc::clone(mailbox), stop.clone());
        open.spawn(async move {
            let ended = tokio::select! {
                biased;
                () = stop.cancelled() => Ok(()),
                ended = converse(&mailbox, stream, tls) => ended,
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "an SMTP conversation broke off");
            }
            drop(place);
        });
    }
}

async fn converse(mailbox: &Arc<Mailbox>, stream: TcpStream, tls: Tls) -> io::Result<()> {
    let acceptor = &mailbox.tls.acceptor;
    match tls {
        Tls::Implicit => {
            let stream = within(acceptor.accept(stream)).await?;
            Session::new(mailbox, stream, true).run(true).await.map(drop)
        }
        Tls::OnRequest => match Session::new(mailbox, stream, false).run(true).await? {
            End::StartTls(stream) => {
                let stream = within(acceptor.accept(stream)).await?;
                // RFC 3207 section 4.2: everything starts again, without another greeting.
                Session::new(mailbox, stream, true).run(false).await.map(drop)
            }
            End::Closed => Ok(()),
        },
    }
}

//! Ingress of several replicas: one address that forwards TCP connections.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub(super) struct Ingress {
    pub(super) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Ingress {
    /// Forwards connections to the replicas in turn. A replica that does not listen is skipped.
    pub(super) async fn open(replicas: Vec<SocketAddr>) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let replicas: Arc<[SocketAddr]> = replicas.into();
        let task = tokio::spawn(async move {
            let mut next = 0;
            while let Ok((outer, _)) = listener.accept().await {
                let replicas = Arc::clone(&replicas);
                tokio::spawn(forward(outer, replicas, next));
                next += 1;
            }
        });
        Ok(Self { address, task })
    }
}

impl Drop for Ingress {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn forward(mut outer: TcpStream, replicas: Arc<[SocketAddr]>, next: usize) {
    for replica in replicas.iter().cycle().skip(next % replicas.len()).take(replicas.len()) {
        if let Ok(mut inner) = TcpStream::connect(replica).await {
            // Either side may close at any time.
            drop(copy_bidirectional(&mut outer, &mut inner).await);
            return;
        }
    }
}

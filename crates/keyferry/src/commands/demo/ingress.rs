//! What stands before several replicas: one address, whose connections go to whoever takes them.

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
    /// The first connection goes to the first replica, the next to the second, and so on. One that does not listen is passed over.
    pub(super) async fn open(replicas: Vec<SocketAddr>) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let replicas: Arc<[SocketAddr]> = replicas.into();
        let task = tokio::spawn(async move {
            let mut turn = 0;
            while let Ok((outer, _)) = listener.accept().await {
                let replicas = Arc::clone(&replicas);
                tokio::spawn(forward(outer, replicas, turn));
                turn += 1;
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

async fn forward(mut outer: TcpStream, replicas: Arc<[SocketAddr]>, turn: usize) {
    for replica in replicas.iter().cycle().skip(turn % replicas.len()).take(replicas.len()) {
        if let Ok(mut inner) = TcpStream::connect(replica).await {
            // Either side may go away at any time.
            drop(copy_bidirectional(&mut outer, &mut inner).await);
            return;
        }
    }
}

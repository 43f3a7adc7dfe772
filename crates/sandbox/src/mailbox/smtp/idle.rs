//! How long a client may keep the server waiting.

use std::io;
use std::time::Duration;

/// A client that says nothing for so long is disconnected.
const IDLE: Duration = Duration::from_secs(60);

/// Waits no longer than [`IDLE`].
pub(super) async fn within<T>(step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(IDLE, step).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

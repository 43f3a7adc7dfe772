//! Idle timeout of SMTP connections.

use std::io;
use std::time::Duration;

/// Time after which the server closes an idle connection.
const IDLE: Duration = Duration::from_secs(60);

/// Runs `step` with a time limit of [`IDLE`].
pub(super) async fn within<T>(step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(IDLE, step).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

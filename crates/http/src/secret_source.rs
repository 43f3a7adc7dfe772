//! A secret that authenticates calls.

use async_trait::async_trait;
use keyferry_domain::{Failure, SecretBytes};

/// Provides a secret that authenticates calls, such as an API token or a client secret. Read each time it is needed, so that a vault can
/// rotate it.
#[async_trait]
pub trait SecretSource: Send + Sync {
    /// Returns the secret: UTF-8, without a line end.
    ///
    /// # Errors
    /// When whatever stores the secret does not return it.
    async fn secret(&self) -> Result<SecretBytes, Failure>;

    /// Notes that the other side refused this secret. A source that caches drops its copy and reads again.
    fn refused(&self, _secret: &SecretBytes) {}
}

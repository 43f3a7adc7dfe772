//! Source of a secret that authenticates calls.

use async_trait::async_trait;
use keyferry_domain::{Failure, SecretBytes};

/// Provides a secret that authenticates calls, for example an API token or a client secret. It is read each time it is
/// needed, so that it can be rotated in a vault.
#[async_trait]
pub trait SecretSource: Send + Sync {
    /// Returns the secret: UTF-8, without a line end.
    ///
    /// # Errors
    /// Fails when the secret cannot be read.
    async fn secret(&self) -> Result<SecretBytes, Failure>;

    /// Reports that the other service refused this secret. A source with a cache drops its copy and reads it again.
    fn refused(&self, _secret: &SecretBytes) {}
}

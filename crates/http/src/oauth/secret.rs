//! Where a client secret comes from.

use async_trait::async_trait;
use keyferry_domain::{Failure, SecretBytes};

/// Where a client secret comes from. It is asked for each time a token is acquired, so a vault can rotate it.
#[async_trait]
pub trait SecretSource: Send + Sync {
    /// The secret: UTF-8, without a line end.
    ///
    /// # Errors
    /// When whoever keeps it does not give it.
    async fn secret(&self) -> Result<SecretBytes, Failure>;

    /// Says that the other side did not take this secret: whoever keeps a copy forgets it and looks for another.
    fn refused(&self, _secret: &SecretBytes) {}
}

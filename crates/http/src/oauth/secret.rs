//! Where a client secret comes from.

use async_trait::async_trait;
use keyferry_domain::{Failure, SecretBytes};
use zeroize::Zeroizing;

/// Where a client secret comes from. It is asked for each time a token is acquired, so a vault can rotate it.
#[async_trait]
pub trait SecretSource: Send + Sync {
    /// The secret: UTF-8, without a line end.
    ///
    /// # Errors
    /// When whoever keeps it does not give it.
    async fn secret(&self) -> Result<SecretBytes, Failure>;
}

/// A secret that was given at start.
pub struct FixedSecret(Zeroizing<String>);

impl FixedSecret {
    /// Takes over the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }
}

#[async_trait]
impl SecretSource for FixedSecret {
    async fn secret(&self) -> Result<SecretBytes, Failure> {
        Ok(SecretBytes::new(self.0.as_bytes().to_vec()))
    }
}

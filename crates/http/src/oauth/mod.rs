//! Access tokens for calls to Entra-protected resources.

mod authorized;
mod client_credentials;
mod expiries;
mod kept;
mod refusal;
mod secret;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use keyferry_domain::Failure;
use zeroize::Zeroizing;

pub use authorized::send_authorized;
pub use client_credentials::{ClientCredentials, ClientCredentialsGrant, ClientCredentialsSettings, Credential};
pub use expiries::Expiries;
pub use kept::{Acquire, Acquired, Kept};
pub use secret::SecretSource;

/// An access token: opaque, without any form that shows it, wiped when its last clone is dropped.
#[derive(Clone)]
pub struct AccessToken(Arc<Zeroizing<String>>);

impl AccessToken {
    /// Takes over the token's text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Arc::new(Zeroizing::new(text.into())))
    }

    /// Shows the token: for an `Authorization` header, and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether both are the token of one acquisition.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(..)")
    }
}

/// Where access tokens for one resource come from.
#[async_trait]
pub trait TokenSource: Send + Sync {
    /// A token that is good for some minutes at least.
    ///
    /// # Errors
    /// When none can be had: a failure of `Party::TokenEndpoint`, or of whoever keeps the secret.
    async fn token(&self) -> Result<AccessToken, Failure>;

    /// Says that the resource refused this token (401). A newer one that somebody got meanwhile stays.
    fn invalidate(&self, refused: &AccessToken);
}

//! Access tokens for resources that Entra ID protects.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use keyferry_domain::Failure;
use zeroize::Zeroizing;

/// Opaque access token. `Debug` does not print it. It is wiped from memory when its last clone is dropped.
#[derive(Clone)]
pub struct AccessToken(Arc<Zeroizing<String>>);

impl AccessToken {
    /// Wraps the token's text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Arc::new(Zeroizing::new(text.into())))
    }

    /// Returns the token's text, for an `Authorization` header only.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns whether both are the same token from the same acquisition.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(..)")
    }
}

/// Provides access tokens for one resource.
#[async_trait]
pub trait TokenSource: Send + Sync {
    /// Returns a token that is valid for at least some minutes.
    ///
    /// # Errors
    /// Fails when no token can be obtained, with a failure of `Party::TokenEndpoint` or of the store of the app
    /// credential.
    async fn token(&self) -> Result<AccessToken, Failure>;

    /// Drops this token, which the resource refused (401). Keeps a newer token that was acquired meanwhile.
    fn invalidate(&self, refused: &AccessToken);
}

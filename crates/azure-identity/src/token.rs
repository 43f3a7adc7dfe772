//! Access tokens for resources that Entra ID protects.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use keyferry_domain::Failure;
use zeroize::Zeroizing;

/// An opaque access token. Neither `Debug` nor anything else prints it; it is wiped when its last clone is dropped.
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
    /// Returns a token that is valid for some minutes at least.
    ///
    /// # Errors
    /// When no token can be obtained: a failure of `Party::TokenEndpoint`, or of whatever stores the app credential.
    async fn token(&self) -> Result<AccessToken, Failure>;

    /// Drops this token, which the resource refused (401). A newer token that was acquired meanwhile stays.
    fn invalidate(&self, refused: &AccessToken);
}

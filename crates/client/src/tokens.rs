//! Access tokens for the API.

use std::time::Duration;

use async_trait::async_trait;
use keyferry_http::CallError;
use zeroize::Zeroizing;

/// Access token. It has no `Debug` that reveals it, and is wiped on drop.
#[derive(Clone)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// Wraps a token.
    pub fn new(token: impl Into<String>) -> Self {
        Self(Zeroizing::new(token.into()))
    }

    /// Returns the token, for a header.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Reasons why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The token service could not be reached, or its response is not usable.
    #[error("could not get an access token: {0}")]
    Call(#[from] CallError),
    /// The token service refused the request.
    #[error("the token service refused the request ({code}): {message}")]
    Refused {
        /// Error code (RFC 6749 section 5.2).
        code: String,
        /// The token service's message.
        message: String,
    },
    /// The user declined the sign-in.
    #[error("the sign-in was declined in the browser. Nothing was stored. To sign in, log in again")]
    Declined,
    /// The codes of a sign-in have expired.
    #[error("the code expired before the sign-in was complete. Nothing was stored. Log in again for a new code")]
    CodeExpired,
    /// Something is missing on this machine: for example the file with the secret.
    #[error("{0}")]
    Local(String),
}

/// Source of access tokens.
#[async_trait]
pub trait Tokens: Send + Sync {
    /// Returns a token that is not about to expire.
    ///
    /// # Errors
    /// Fails when there is none and none can be obtained.
    async fn token(&self) -> Result<Token, TokenError>;

    /// Returns a token for a call that cannot be repeated. It lives at least this long where that can be had.
    ///
    /// # Errors
    /// As [`Tokens::token`].
    async fn lasting(&self, at_least: Duration) -> Result<Token, TokenError> {
        let _ = at_least;
        self.token().await
    }

    /// Returns another token, after the API rejected the one of [`Tokens::token`]. `None` if there is no other.
    ///
    /// # Errors
    /// As [`Tokens::token`].
    async fn another(&self) -> Result<Option<Token>, TokenError>;
}

/// A token that was given. There is no other one.
pub struct FixedToken(pub Token);

#[async_trait]
impl Tokens for FixedToken {
    async fn token(&self) -> Result<Token, TokenError> {
        Ok(self.0.clone())
    }

    async fn another(&self) -> Result<Option<Token>, TokenError> {
        Ok(None)
    }
}

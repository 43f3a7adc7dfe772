//! The two ways in which callers can authenticate.

use std::sync::Arc;

use super::token::TokenValidator;

/// How callers authenticate.
#[derive(Clone)]
pub enum Authentication {
    /// By an access token of the identity provider, which the connector verifies.
    Tokens(Arc<TokenValidator>),
    /// By the platform in front of the connector (Container Apps built-in authentication). It names the caller in
    /// headers, and removes these headers from incoming requests. Safe only if every request passes the platform.
    Platform,
}

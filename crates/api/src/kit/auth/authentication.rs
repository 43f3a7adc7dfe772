//! The two ways in which callers authenticate.

use std::sync::Arc;

use super::token::TokenValidator;

/// How callers prove who they are.
#[derive(Clone)]
pub enum Authentication {
    /// With an access token of the identity provider, which is checked here.
    Tokens(Arc<TokenValidator>),
    /// The platform in front (Container Apps built-in authentication) has checked them and says who they are in
    /// headers that it strips from what comes from outside. Only for a service that nobody reaches around it.
    Platform,
}

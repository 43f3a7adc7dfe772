//! Who calls, and whether they may.

mod caller;
mod claims;
mod error;
mod jwks;
mod keys;
mod layer;
mod platform;
mod token;

use std::sync::Arc;

pub(crate) use caller::Caller;
pub use error::SettingsError;
pub use token::{TokenSettings, TokenValidator};

pub(crate) use error::AuthError;
pub(crate) use layer::authenticate;

/// How callers prove who they are.
#[derive(Clone)]
pub enum Authentication {
    /// With an access token of the identity provider, which is checked here.
    Tokens(Arc<TokenValidator>),
    /// The platform in front (Container Apps built-in authentication) has checked them and says who they are in
    /// headers that it strips from what comes from outside. Only for a service that nobody reaches around it.
    Platform,
}

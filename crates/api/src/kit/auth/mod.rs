//! Authentication of callers: access tokens, or the platform in front.

mod authentication;
mod caller;
mod claims;
mod error;
mod jwks;
mod keys;
mod layer;
mod platform;
mod response;
mod settings;
#[cfg(test)]
mod tests;
mod token;

pub use authentication::Authentication;
pub(crate) use caller::Caller;
pub(crate) use layer::authenticate;
pub use settings::{SettingsError, TokenSettings};
pub use token::TokenValidator;

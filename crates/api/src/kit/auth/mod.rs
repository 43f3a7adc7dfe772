//! Authentication of callers: by access token, or by the platform in front of the connector.

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

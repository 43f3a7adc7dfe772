//! Access tokens of the identity provider.

mod claims;
mod jwks;
mod keys;
mod settings;
mod validator;

pub use settings::{SettingsError, TokenSettings};
pub use validator::TokenValidator;

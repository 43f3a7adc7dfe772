//! Access tokens of the identity provider.

mod claims;
mod id_token;
mod jwks;
mod keys;
mod settings;
mod validator;

pub use id_token::{IdTokenSettings, IdTokenVerifier, SignedInUser};
pub use settings::{SettingsError, TokenSettings};
pub use validator::TokenValidator;

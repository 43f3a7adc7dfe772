//! Simulator of Microsoft Entra ID: tokens for applications and users, and the metadata to verify them.

mod assertion;
mod claims;
mod client;
mod client_credentials;
mod discovery;
mod form;
mod identity;
mod refusal;
mod resource;
mod routes;
mod signing;
mod state;
mod token;
mod users;

#[cfg(test)]
mod assertion_tests;
#[cfg(test)]
mod tests;

pub(crate) use claims::{AppClaims, issuer_v1};
pub(crate) use identity::IDENTITY_HEADER;
pub(crate) use resource::{GRAPH_APP_ID, MANAGEMENT_AUDIENCE, VAULT_AUDIENCE, is_graph};
pub(crate) use routes::router;
pub(crate) use signing::TokenError;
pub(crate) use state::Entra;
pub(crate) use users::{SilentSignIn, USER_PASSWORD, revoke, sign_in_silently, summary};

//! Azure Key Vault: secrets, their versions, and what is deleted and not yet gone. HTTPS only.

mod access;
mod calls;
mod error;
mod routes;
mod secrets;
mod state;
#[cfg(test)]
mod tests;

pub(crate) use routes::router;
pub(crate) use secrets::Attributes;
pub(crate) use state::Vault;

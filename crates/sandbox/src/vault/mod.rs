//! Simulator of Azure Key Vault: secrets, their versions, and soft-deleted secrets. HTTPS only.

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

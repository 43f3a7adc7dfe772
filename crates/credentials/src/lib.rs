//! How the connector shows who it is.

mod managed;
pub mod sdk;

pub use managed::{IdentityEndpoint, ManagedIdentity, managed_identity};

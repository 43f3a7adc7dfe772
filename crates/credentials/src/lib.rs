//! How the connector shows who it is.

mod certificate;
mod federated;
mod managed;
pub mod sdk;

pub use certificate::ClientCertificate;
pub use federated::FederatedToken;
pub use managed::{IdentityEndpoint, ManagedIdentity, managed_identity};

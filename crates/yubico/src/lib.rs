//! Adapter for Yubico's delivery service and the key factory behind it. Implements the ports `DeliveryService` and
//! `Sealer` of the domain.
//!
//! | call | purpose |
//! | --- | --- |
//! | `POST {base}/fpr/shipments` | places an order |
//! | `GET {base}/fpr/shipments/{id}` | returns the state of an order |
//! | `DELETE {base}/fpr/shipments/{id}` | deletes the order of a cancelled shipment (inferred) |
//! | `GET {base}/products`, `/inventory`, `/countries` | returns what can be ordered, and where to |
//! | `POST {base}/validate-address` | judges an address |
//! | `GET` of the transport keys (JWKS, no authentication) | keys to which requests are encrypted |
//! | `GET` of the signing keys (JWKS, no authentication) | keys that verify the factory's responses |
//!
//! The table in `states.rs` maps the delivery service's states to the progress of an order.
//!
//! An [`EnvelopeFormat`] defines the plaintexts inside the envelopes. Keyferry's own format is `keyferry-1`.
//!
//! The crate decrypts a response and verifies the factory's signature. It does not verify the credential inside and
//! does not decide what the progress means for a shipment (`keyferry-engine` does both). `keyferry-jose` implements JWE
//! and JWS.
//!
//! Start reading at [`Delivery`], then at `seal.rs` (requests) and `open.rs` (responses).

mod call;
mod cancel;
mod catalogue;
mod choice;
mod delivery;
mod envelope;
mod error;
pub mod failures;
mod jwks;
mod limits;
mod models;
mod open;
mod response_keys;
mod seal;
mod self_check;
mod settings;
mod states;
#[cfg(test)]
mod testing;
mod trust;
mod wire;

pub use delivery::Delivery;
pub use envelope::{EnvelopeFormat, Plaintext, Rejection, RejectionCode, Signed, UnusableCreationOptions};
pub use error::Error;
pub use keyferry_jose::{ContentEncryption, KeyManagement};
pub use models::known_models;
pub use settings::{ApiTokenSettings, ProductSettings, YubicoSettings};
pub use trust::{ATTESTATION_INTERMEDIATES, ATTESTATION_ROOTS, FIRMWARE_EXTENSION};

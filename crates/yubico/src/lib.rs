//! The delivery service of Yubico, and the key factory behind it: an implementation of the domain's ports `DeliveryService` and `Sealer`.
//!
//! Orders go to `POST {base}/fpr/shipments`, their state comes from `GET {base}/fpr/shipments/{id}`, and two key sets are
//! published without authentication: the transport keys, to which requests are sealed, and the signing keys, by which
//! the factory's responses are verified. What a state means for an order is in the table of `states.rs`.
//!
//! The plaintexts inside the envelopes are the matter of an [`EnvelopeFormat`]; the project's own is `keyferry-1`.

mod call;
mod choice;
mod delivery;
mod envelope;
mod error;
pub mod failures;
mod jwks;
mod limits;
mod models;
mod open;
mod seal;
mod self_check;
mod settings;
mod states;
#[cfg(test)]
mod testing;
mod trust;
mod wire;

pub use delivery::Delivery;
pub use envelope::{EnvelopeFormat, Plaintext, Refusal, RefusalCode, Signed, UnusableCreationOptions};
pub use error::Error;
pub use keyferry_jose::{ContentEncryption, KeyManagement};
pub use models::known_models;
pub use settings::{ApiTokenSettings, ProductSettings, YubicoSettings};
pub use trust::{ATTESTATION_INTERMEDIATES, ATTESTATION_ROOTS};

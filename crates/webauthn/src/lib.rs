//! Parsing and verification of WebAuthn registrations and assertions.
//!
//! Section numbers in this crate refer to [WebAuthn level 3](https://www.w3.org/TR/webauthn-3/). All input is
//! untrusted: sizes and nesting are limited, and no input causes a panic. The caller provides the current time.
//!
//! The crate does no I/O and stores nothing: the caller keeps challenges, credentials and signature counters, and
//! provides the trust anchors.
//!
//! Start reading at [`verify_registration`] and [`verify_assertion`]. [`builder`] creates the output of a simulated
//! authenticator, for the sandbox and for tests. All other modules only parse and verify.

pub mod aaguid;
pub mod algorithm;
pub mod assertion;
pub mod attestation;
pub mod auth_data;
pub mod builder;
mod cbor;
pub mod client_data;
pub mod cose;
pub mod encoding;
pub mod error;
pub mod extensions;
pub mod options;
pub mod registration;
pub mod response;
#[cfg(test)]
mod testing;

pub use aaguid::Aaguid;
pub use algorithm::Algorithm;
pub use assertion::{AssertionExpectations, SignCount, StoredCredential, VerifiedAssertion, verify_assertion};
pub use attestation::{
    AttestationKind, AttestationObject, CertificateSummary, Metadata, StatusReport, TrustAnchors, VerifiedAttestation,
};
pub use auth_data::{AttestedCredential, AuthenticatorData, Flags};
pub use client_data::{Ceremony, ClientData, default_origin};
pub use cose::PublicKey;
pub use encoding::Base64Url;
pub use error::{CertificateFault, Error};
pub use extensions::Extensions;
pub use options::CreationOptions;
pub use registration::{AttestationPolicy, RegistrationExpectations, VerifiedCredential, verify_registration};
pub use response::{AuthenticationResponse, RegistrationResponse};

use aws_lc_rs::digest;

/// Returns the SHA-256 of `bytes`.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

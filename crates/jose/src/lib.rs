//! JWK, JWE and JWS in compact serialisation, based on aws-lc-rs.
//!
//! Implements only those parts of RFC 7515 to 7518 and RFC 7638 that the envelopes between a connector and a key
//! factory use. It is not a general JOSE library: it does not verify access tokens (`keyferry-api` does, with the crate
//! `jsonwebtoken`).
//!
//! | task | items |
//! | --- | --- |
//! | published keys of the other side | [`JwkSet`], which contains [`EncryptionKey`]s and [`VerificationKey`]s |
//! | own keys | [`PrivateKey`] decrypts a JWE, [`SigningKey`] signs a JWS |
//! | encrypt, decrypt | [`jwe::encrypt`], [`jwe::decrypt`] |
//! | sign, verify | [`jws::sign_es384`], [`jws::verify`] |
//! | JSON without duplicate members | [`strict_json`] |
//!
//! All keys are EC P-384. Received messages are checked against an allow-list before any key is used: `alg: none`,
//! unlisted algorithms, `zip` and `crit` are rejected. Keys inside a message (`jwk`, `jku`, `x5c`) are never used.
//! Errors and `Debug` output of this crate contain no private key and no plaintext.
//!
//! Start reading at [`jwe`] and [`jws`].

mod alg;
mod base64url;
mod error;
mod header;
mod jwk;
mod jwks;
mod kdf;
mod keys;
mod private_key;
mod signing_key;

pub mod jwe;
pub mod jws;
pub mod strict_json;

pub use alg::{ContentEncryption, KeyManagement};
pub use error::{Error, Result};
pub use jwk::{Curve, KeyUse, PublicKey};
pub use jwks::{JwkSet, Skipped};
pub use keys::{EncryptionKey, VerificationKey};
pub use private_key::PrivateKey;
pub use signing_key::SigningKey;

/// Default maximum length of a compact serialisation, in bytes: 128 KiB.
pub const DEFAULT_MAX_COMPACT_BYTES: usize = 128 * 1024;

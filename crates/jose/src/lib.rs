//! JWK, JWE and JWS in compact serialisation, over aws-lc-rs: as much of RFC 7515 to 7518 and RFC 7638 as the envelopes
//! between a connector and a key factory need, and nothing that they do not.
//!
//! | need | here |
//! | --- | --- |
//! | published keys of the other side | [`JwkSet`], which hands out [`EncryptionKey`]s and [`VerificationKey`]s |
//! | our own keys | [`PrivateKey`] opens a JWE, [`SigningKey`] signs a JWS |
//! | encrypt, decrypt | [`jwe::encrypt`], [`jwe::decrypt`] |
//! | sign, verify | [`jws::sign_es384`], [`jws::verify`] |
//! | JSON without duplicate members | [`strict_json`] |
//!
//! All keys are EC P-384. Whatever arrives is judged by an allow-list before any key is touched: `alg: none`, an
//! unlisted algorithm, `zip` and `crit` are refused, and keys that a message brings along (`jwk`, `jku`, `x5c`) are
//! never used. No error, no `Debug` and no log of this crate shows a private key or a plaintext.

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

/// Longest compact serialisation that is looked at by default, in bytes: 128 KiB.
pub const DEFAULT_MAX_COMPACT_BYTES: usize = 128 * 1024;

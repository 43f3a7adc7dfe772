//! Header of a JWE.

use crate::{ContentEncryption, KeyManagement};

/// The members of a JWE header that receivers use.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Header {
    /// Key management algorithm.
    pub alg: KeyManagement,
    /// Content encryption algorithm.
    pub enc: ContentEncryption,
    /// `kid` of the recipient's key.
    pub kid: String,
    /// Media type of the plaintext, unchanged.
    pub cty: Option<String>,
}

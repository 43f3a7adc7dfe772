//! What a JWE says of itself.

use crate::{ContentEncryption, KeyManagement};

/// The members of a JWE header that a receiver may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Header {
    /// How the key was agreed upon.
    pub alg: KeyManagement,
    /// How the content is encrypted.
    pub enc: ContentEncryption,
    /// The key that the message is for.
    pub kid: String,
    /// The media type of the plaintext, as it was written.
    pub cty: Option<String>,
}

//! Supported algorithms of a JWE, with their registered names.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::aead;
use aws_lc_rs::key_wrap::{AES_128, AES_256, AesBlockCipher};

use crate::Error;
use crate::error::shown;

/// Key management algorithm of a JWE: the header `alg` (RFC 7518 section 4.6).
///
/// `ECDH-ES+A192KW` is not supported, because aws-lc-rs has no AES-192 key wrap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyManagement {
    /// `ECDH-ES`: the agreed key encrypts the content itself.
    EcdhEs,
    /// `ECDH-ES+A128KW`: the agreed key wraps the content encryption key with AES-128.
    EcdhEsA128Kw,
    /// `ECDH-ES+A256KW`: the agreed key wraps the content encryption key with AES-256.
    EcdhEsA256Kw,
}

impl KeyManagement {
    /// All supported algorithms.
    pub const ALL: [Self; 3] = [Self::EcdhEs, Self::EcdhEsA128Kw, Self::EcdhEsA256Kw];

    /// Returns the registered name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EcdhEs => "ECDH-ES",
            Self::EcdhEsA128Kw => "ECDH-ES+A128KW",
            Self::EcdhEsA256Kw => "ECDH-ES+A256KW",
        }
    }

    /// Returns the cipher that wraps the content encryption key, or `None` if the key is not wrapped.
    pub(crate) fn wrapping(self) -> Option<&'static AesBlockCipher> {
        match self {
            Self::EcdhEs => None,
            Self::EcdhEsA128Kw => Some(&AES_128),
            Self::EcdhEsA256Kw => Some(&AES_256),
        }
    }
}

/// Content encryption algorithm of a JWE: the header `enc` (RFC 7518 section 5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContentEncryption {
    /// `A128GCM`.
    A128Gcm,
    /// `A192GCM`.
    A192Gcm,
    /// `A256GCM`.
    A256Gcm,
}

impl ContentEncryption {
    /// All supported algorithms.
    pub const ALL: [Self; 3] = [Self::A128Gcm, Self::A192Gcm, Self::A256Gcm];

    /// Returns the registered name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A128Gcm => "A128GCM",
            Self::A192Gcm => "A192GCM",
            Self::A256Gcm => "A256GCM",
        }
    }

    /// Returns the length of the content encryption key, in bytes.
    pub(crate) fn key_len(self) -> usize {
        self.aead().key_len()
    }

    pub(crate) fn aead(self) -> &'static aead::Algorithm {
        match self {
            Self::A128Gcm => &aead::AES_128_GCM,
            Self::A192Gcm => &aead::AES_192_GCM,
            Self::A256Gcm => &aead::AES_256_GCM,
        }
    }
}

/// Returns the algorithm of `accepted` whose name is `actual`. Names are case-sensitive.
///
/// # Errors
/// [`Error::Algorithm`] if there is none.
pub(crate) fn pick<T: Copy + fmt::Display>(member: &'static str, actual: &str, accepted: &[T]) -> Result<T, Error> {
    accepted.iter().find(|candidate| candidate.to_string() == actual).copied().ok_or_else(|| Error::Algorithm {
        member,
        actual: shown(actual),
        accepted: accepted.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    })
}

impl fmt::Display for KeyManagement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Display for ContentEncryption {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for KeyManagement {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        pick("alg", name, &Self::ALL)
    }
}

impl FromStr for ContentEncryption {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        pick("enc", name, &Self::ALL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_case_sensitive_and_exact() {
        for alg in KeyManagement::ALL {
            assert_eq!(alg.as_str().parse(), Ok(alg));
        }
        for enc in ContentEncryption::ALL {
            assert_eq!(enc.as_str().parse(), Ok(enc));
        }
        for other in ["none", "", "ecdh-es", "ECDH-ES+A192KW", "RSA-OAEP-256", "dir"] {
            let error = other.parse::<KeyManagement>().unwrap_err().to_string();
            assert!(error.ends_with("accepted values: ECDH-ES, ECDH-ES+A128KW, ECDH-ES+A256KW"), "{error}");
        }
        assert!("A128CBC-HS256".parse::<ContentEncryption>().is_err());
    }
}

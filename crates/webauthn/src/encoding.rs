//! base64url members of WebAuthn's JSON types.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Error;

/// Bytes that are encoded as base64url without padding (RFC 4648 section 5; `Base64URLString` of section 5.1.8).
///
/// Decoding is strict: padding, the standard base64 alphabet and non-zero unused bits are rejected.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Base64Url(pub Vec<u8>);

impl Base64Url {
    /// Decodes `text`. `what` names the value in the error.
    ///
    /// # Errors
    /// [`Error::Base64`]
    pub fn decode(what: &'static str, text: &str) -> Result<Self, Error> {
        match URL_SAFE_NO_PAD.decode(text) {
            Ok(bytes) => Ok(Self(bytes)),
            Err(error) => Err(Error::Base64 { what, reason: error.to_string() }),
        }
    }

    /// Returns the bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Base64Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(&self.0))
    }
}

impl fmt::Debug for Base64Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl AsRef<[u8]> for Base64Url {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Base64Url {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<&[u8]> for Base64Url {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl Serialize for Base64Url {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Base64Url {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Base64Url;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a base64url string without padding")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Base64Url, E> {
                Base64Url::decode("value", text).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_only_canonical_unpadded_base64url() {
        assert_eq!(Base64Url::decode("x", "-_8").unwrap().0, [0xfb, 0xff]);
        for bad in ["-_8=", "+/8", "-_9", "a", "a b", "-_8\n"] {
            assert!(Base64Url::decode("x", bad).is_err(), "{bad:?}");
        }
        assert_eq!(serde_json::to_string(&Base64Url(vec![0xfb, 0xff])).unwrap(), "\"-_8\"");
    }

    #[test]
    fn shows_and_serialises_as_base64url() {
        let value: Base64Url = serde_json::from_str("\"-_8\"").unwrap();
        assert_eq!((value.as_bytes(), value.as_ref()), (&[0xfb, 0xff][..], &[0xfb, 0xff][..]));
        assert_eq!((value.to_string(), format!("{value:?}")), ("-_8".to_owned(), "-_8".to_owned()));
        let error = serde_json::from_str::<Base64Url>("7").unwrap_err().to_string();
        assert!(error.contains("expected a base64url string without padding"), "{error}");
    }
}

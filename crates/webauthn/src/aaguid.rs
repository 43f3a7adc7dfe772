//! Authenticator models.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Authenticator Attestation GUID (section 6.5.1): 16 bytes that identify an authenticator model. The text form is a
/// lower-case UUID.
///
/// It proves the model only if the attestation has a certificate with the same AAGUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Aaguid(Uuid);

impl Aaguid {
    /// All bytes zero: the authenticator does not disclose its model, for example with U2F.
    pub const ZERO: Self = Self(Uuid::nil());

    /// Creates an AAGUID from the 16 bytes in authenticator data.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// Returns the 16 bytes, in the order of authenticator data.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for Aaguid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for Aaguid {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::try_parse(text).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_through_text_and_bytes() {
        let aaguid: Aaguid = "FA2B99DC-9E39-4257-8F92-4A30D23C4118".parse().unwrap();
        assert_eq!(aaguid.to_string(), "fa2b99dc-9e39-4257-8f92-4a30d23c4118");
        assert_eq!(aaguid.as_bytes()[..3], [0xfa, 0x2b, 0x99]);
        assert_eq!(Aaguid::from_bytes(*aaguid.as_bytes()), aaguid);
        assert_eq!(serde_json::to_string(&aaguid).unwrap(), "\"fa2b99dc-9e39-4257-8f92-4a30d23c4118\"");
        assert_eq!(serde_json::from_str::<Aaguid>("\"fa2b99dc-9e39-4257-8f92-4a30d23c4118\"").unwrap(), aaguid);
    }

    #[test]
    fn rejects_text_that_is_not_a_uuid() {
        assert!("fa2b99dc".parse::<Aaguid>().is_err());
        assert!(serde_json::from_str::<Aaguid>("\"\"").is_err());
    }
}

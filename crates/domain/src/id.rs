//! Identifiers. Each has its own type, so that two kinds of ids cannot be confused.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Timestamp;
use crate::ports::Entropy;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Creates an id. Ids sort by `now`.
            pub fn new(now: Timestamp, entropy: &dyn Entropy) -> Self {
                let mut random = [0; 10];
                entropy.fill(&mut random);
                let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
            }

            /// Parses the hyphenated form. Returns `None` for other UUID forms, other versions and other text.
            pub fn parse(text: &str) -> Option<Self> {
                // The length rejects the other forms that `Uuid` accepts: without hyphens, in braces, and as URN.
                Uuid::try_parse(text).ok().filter(|uuid| text.len() == 36 && uuid.get_version_num() == 7).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    };
}

uuid_id! {
    /// Keyferry's id of a shipment, a UUIDv7 (RFC 9562 section 5.7). Assigned before the order is sent.
    ShipmentId
}
uuid_id! {
    /// Keyferry's id of a batch of orders, a UUIDv7 (RFC 9562 section 5.7).
    BatchId
}
uuid_id! {
    /// Keyferry's id of a webhook, a UUIDv7 (RFC 9562 section 5.7).
    WebhookId
}
uuid_id! {
    /// Keyferry's id of a message to a webhook, a UUIDv7 (RFC 9562 section 5.7). The same in each attempt to send it.
    MessageId
}

impl ShipmentId {
    /// Stands for the organisation, to which events belong that belong to no shipment. No shipment has it: its time is
    /// that of 1970.
    pub const ORGANISATION: Self = Self(Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0000));
}

impl WebhookId {
    /// Id of the webhook in the settings.
    pub const SETTINGS: Self = Self(Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001));
}

impl MessageId {
    /// Returns the time in the id, in milliseconds since 1970.
    pub fn millis(self) -> i64 {
        i64::try_from(self.0.as_u128() >> 80).unwrap_or_default()
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps the text unchanged.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// Returns the text unchanged.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

text_id! {
    /// Name of a configured identity provider, defined by its adapter. Each credential has the name of its provider.
    ProviderId
}
text_id! {
    /// Delivery service's id of a shipment. Opaque; base58 in practice.
    DeliveryId
}
text_id! {
    /// Id of the calling application: the `appid` (v1) or `azp` (v2) claim of its access token.
    CallerId
}
text_id! {
    /// Serial number of a key in decimal, as printed on the key.
    SerialNumber
}

/// Credential id: raw bytes from the authenticator. Its text form is base64url without padding.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CredentialId(Vec<u8>);

impl CredentialId {
    /// Wraps raw bytes.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// Parses base64url without padding (RFC 4648 section 5).
    ///
    /// # Errors
    /// [`base64::DecodeError`] if the text is not base64url without padding.
    pub fn from_base64url(text: &str) -> Result<Self, base64::DecodeError> {
        URL_SAFE_NO_PAD.decode(text).map(Self)
    }

    /// Returns the raw bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Encodes the id as base64url without padding.
    pub fn to_base64url(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.0)
    }
}

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_base64url())
    }
}

impl fmt::Debug for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CredentialId({self})")
    }
}

impl Serialize for CredentialId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_base64url())
    }
}

impl<'de> Deserialize<'de> for CredentialId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_base64url(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);
    impl Entropy for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }
    }

    #[test]
    fn creates_uuid_version_7_that_sorts_by_time() {
        let early = ShipmentId::new(Timestamp::from_timestamp_millis(1_000).unwrap(), &Fixed(0xff));
        let late = ShipmentId::new(Timestamp::from_timestamp_millis(2_000).unwrap(), &Fixed(0));
        assert_eq!(early.0.get_version_num(), 7);
        assert!(early < late);
        assert_eq!(ShipmentId::parse(&early.to_string()), Some(early));
    }

    #[test]
    fn rejects_other_uuid_versions_and_text_as_shipment_id() {
        assert_eq!(ShipmentId::parse("0c0ffee0-0000-4000-8000-000000000001"), None);
        assert_eq!(ShipmentId::parse("0196f0a000007000800000000000000a"), None);
        assert_eq!(ShipmentId::parse("8gYnYQk5vVqYzKqY1p2xTQ"), None);
    }

    #[test]
    fn encodes_credential_id_as_base64url_without_padding() {
        let id = CredentialId::from_bytes([0xfb, 0xff]);
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"-_8\"");
        assert!(CredentialId::from_base64url("-_8=").is_err());
    }
}

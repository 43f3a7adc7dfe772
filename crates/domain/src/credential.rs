//! What passes between the identity provider and the maker of a credential.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{CredentialId, Timestamp, UserHandle};

/// An identity provider's creation options for one user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CreationOptions {
    /// `PublicKeyCredentialCreationOptionsJSON` (WebAuthn level 3 section 5.1.8); binary members are base64url.
    pub public_key: Map<String, Value>,
    /// The challenge, the very string that came.
    pub challenge: String,
    /// Relying party id.
    pub rp_id: String,
    /// The user's handle.
    pub user_handle: UserHandle,
    /// Until when the provider takes an answer, as it said.
    pub deadline: Timestamp,
    /// `client-request-id` of the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
}

/// A credential to be registered, all binary members in base64url without padding.
#[derive(Clone, Debug, PartialEq)]
pub struct NewCredential {
    /// The credential's id.
    pub credential_id: CredentialId,
    /// `clientDataJSON`, base64url.
    pub client_data_json: String,
    /// `attestationObject`, base64url.
    pub attestation_object: String,
    /// Client extension results, as the maker reported them.
    pub client_extension_results: Map<String, Value>,
    /// Name under which the user finds the key, 1 to 30 characters.
    pub display_name: String,
}

/// A method as the identity provider holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredMethod {
    /// The provider's id of it.
    pub id: String,
    /// The name it carries.
    pub display_name: Option<String>,
    /// The authenticator's model, where told.
    pub aaguid: Option<Aaguid>,
    /// `client-request-id` of the call that told.
    pub correlation: Option<String>,
}

/// Authenticator Attestation GUID: the model of an authenticator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Aaguid(Uuid);

impl Aaguid {
    /// From its 16 bytes in authenticator data.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// Its 16 bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
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

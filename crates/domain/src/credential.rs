//! Data exchanged between the identity provider and the factory that creates a credential.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{CredentialId, Timestamp, UserHandle};

/// Creation options of an identity provider for one user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CreationOptions {
    /// `PublicKeyCredentialCreationOptionsJSON` (WebAuthn level 3 section 5.1.8). Binary members are base64url.
    pub public_key: Map<String, Value>,
    /// Challenge exactly as received. The credential's client data must contain the same string.
    pub challenge: String,
    /// Relying party id.
    pub rp_id: String,
    /// User handle.
    pub user_handle: UserHandle,
    /// Time after which the provider rejects a response, as stated by the provider.
    pub deadline: Timestamp,
    /// Number of the user's credentials. Only needed before the order, so it is not stored.
    #[serde(skip)]
    pub existing_credentials: usize,
    /// `client-request-id` of the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
}

impl CreationOptions {
    /// Returns the user name in the options (WebAuthn level 3 section 5.4.1, `user.name`), if there is one.
    pub fn user_name(&self) -> Option<&str> {
        self.public_key.get("user")?.get("name")?.as_str()
    }
}

/// Credential to register. All binary members are base64url without padding.
#[derive(Clone, Debug, PartialEq)]
pub struct NewCredential {
    /// Credential id.
    pub credential_id: CredentialId,
    /// `clientDataJSON`, base64url.
    pub client_data_json: String,
    /// `attestationObject`, base64url.
    pub attestation_object: String,
    /// Client extension results, as reported by the factory.
    pub client_extension_results: Map<String, Value>,
    /// Name of the key in the user's list of methods, 1 to 30 characters.
    pub display_name: String,
}

/// Authentication method stored by the identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredMethod {
    /// Provider's id of the method.
    pub id: String,
    /// Display name of the method.
    pub display_name: Option<String>,
    /// Model of the authenticator. `None` if the provider did not report it.
    pub aaguid: Option<Aaguid>,
    /// `client-request-id` of the call that returned the method.
    pub correlation: Option<String>,
}

/// Passkey of a user, as the identity provider lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldMethod {
    /// Provider's id of the method.
    pub id: String,
    /// Display name of the method.
    pub display_name: Option<String>,
    /// Model of the authenticator. `None` if the provider did not report it.
    pub aaguid: Option<Aaguid>,
    /// Name of the model. `None` if the provider did not report it.
    pub model: Option<String>,
    /// Time of the registration. `None` if the provider did not report it.
    pub created_at: Option<Timestamp>,
}

/// Result of the deletion of a method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodDeletion {
    /// Whether the user had the method. A repeated deletion finds none.
    pub existed: bool,
    /// `client-request-id` of the call.
    pub correlation: Option<String>,
}

/// Authenticator Attestation GUID: identifies the model of an authenticator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Aaguid(Uuid);

impl Aaguid {
    /// Creates an AAGUID from its 16 bytes in authenticator data.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// Returns the 16 bytes.
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

//! Security keys and the credentials on them.

use serde::{Deserialize, Serialize};

use crate::user::ObjectId;
use crate::{Aaguid, CredentialId, PinLength, ProviderId, SerialNumber, Timestamp, UserHandle, UserRef};

/// Product to order: model, stock and customization. The delivery service assigns the numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Id of the model.
    pub product_id: i64,
    /// Id of the subscription or stock.
    pub inventory_product_id: i64,
    /// Customization id (CID).
    pub customization_id: String,
}

/// Key as ordered: product, credentials to create on it, and length of its PIN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Product ordered.
    pub product: Product,
    /// One credential for each identity provider and user. Version 1 of the API orders exactly one.
    pub credentials: Vec<PlannedCredential>,
    /// Length of the PIN.
    pub pin_length: PinLength,
}

/// Credential to create on a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCredential {
    /// Identity provider of the credential.
    pub provider: ProviderId,
    /// User as given by the caller.
    pub user: UserRef,
    /// Object id of the user. `None` if the app's permissions do not allow reading it.
    pub object_id: Option<ObjectId>,
    /// Relying party id of the identity provider.
    pub rp_id: String,
    /// Data from the provider for this credential.
    pub request: CredentialRequest,
}

/// Data from an identity provider for a credential to create.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "sealed_by", rename_all = "snake_case")]
pub enum CredentialRequest {
    /// The provider returned creation options. Keyferry seals the request for the factory and opens the response.
    Connector {
        /// User handle from the creation options. It identifies the recipient even after a rename.
        user_handle: UserHandle,
        /// Time after which the identity provider rejects a response to its challenge, as stated by the provider.
        deadline: Timestamp,
    },
    /// The provider sealed the request, and opens the response.
    Provider {
        /// Provider's id of the enrolment that the response completes.
        enrolment_id: String,
    },
}

impl PlannedCredential {
    /// Returns the most stable reference to the user: the object id if known, else the value from the caller.
    pub fn pinned_user(&self) -> UserRef {
        self.object_id.map_or_else(|| self.user.clone(), UserRef::ObjectId)
    }

    /// Returns the user handle. `None` if the provider sealed the request.
    pub fn user_handle(&self) -> Option<&UserHandle> {
        match &self.request {
            CredentialRequest::Connector { user_handle, .. } => Some(user_handle),
            CredentialRequest::Provider { .. } => None,
        }
    }

    /// Returns the time after which the identity provider rejects a response. `None` if the provider sealed the
    /// request.
    pub fn deadline(&self) -> Option<Timestamp> {
        match &self.request {
            CredentialRequest::Connector { deadline, .. } => Some(*deadline),
            CredentialRequest::Provider { .. } => None,
        }
    }
}

/// Physical key that was produced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hardware {
    /// Serial number of the key.
    pub serial: SerialNumber,
    /// Firmware version, for example `5.7.4`. `None` if the delivery service did not report it.
    pub firmware: Option<String>,
}

/// Parcel tracking data reported by the delivery service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracking {
    /// Carrier, for example `FEDEX`.
    pub carrier: Option<String>,
    /// Tracking number.
    pub number: Option<String>,
    /// URL of the carrier's tracking page.
    pub link: Option<String>,
}

/// Revocation of a registered credential: its method was deleted at the identity provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// Identity provider's id of the deleted method.
    pub method_id: String,
    /// Time at which the provider no longer had the method.
    pub at: Timestamp,
}

/// Credential registered with the identity provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredCredential {
    /// Credential id. `None` if the provider opened the response and does not report the id.
    pub credential_id: Option<CredentialId>,
    /// Model of the authenticator. `None` if the provider opened the response and does not report the model.
    pub aaguid: Option<Aaguid>,
    /// Identity provider's id of the authentication method.
    pub method_id: String,
    /// Display name of the method.
    pub display_name: String,
    /// Time at which Keyferry saw that the credential is registered.
    pub registered_at: Timestamp,
}

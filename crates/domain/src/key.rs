//! Keys and the credentials on them.

use serde::{Deserialize, Serialize};

use crate::user::ObjectId;
use crate::{Aaguid, CredentialId, PinLength, ProviderId, SerialNumber, Timestamp, UserHandle, UserRef};

/// Which model is ordered, from which stock, with which customization. Numbers are the delivery service's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Model.
    pub product_id: i64,
    /// Subscription or stock.
    pub inventory_product_id: i64,
    /// Customization (CID).
    pub customization_id: String,
}

/// An ordered key: what it is, the credentials to be made on it, and how long its PIN is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The model.
    pub product: Product,
    /// One for each identity provider and user. The API's version 1 orders exactly one.
    pub credentials: Vec<PlannedCredential>,
    /// Length of the PIN.
    pub pin_length: PinLength,
}

/// A credential that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCredential {
    /// The identity provider that it is for.
    pub provider: ProviderId,
    /// The user as the caller named them.
    pub user: UserRef,
    /// Their object id, where the permissions allow to read it.
    pub object_id: Option<ObjectId>,
    /// Relying party id of the identity provider.
    pub rp_id: String,
    /// What the provider gave for it.
    pub request: CredentialRequest,
}

/// What an identity provider gave for a credential that is to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "sealed_by", rename_all = "snake_case")]
pub enum CredentialRequest {
    /// Creation options. The connector seals the request to the factory and opens the response.
    Connector {
        /// What pins the person: the handle inside the creation options.
        user_handle: UserHandle,
        /// When the identity provider stops taking an answer to its challenge, as it said itself.
        deadline: Timestamp,
    },
    /// A request that the provider sealed itself. It opens the response, too.
    Provider {
        /// The provider's id of the enrolment that the response completes.
        enrolment_id: String,
    },
}

impl PlannedCredential {
    /// The surest name for the user: the object id where known, else what the caller gave.
    pub fn pinned_user(&self) -> UserRef {
        self.object_id.map_or_else(|| self.user.clone(), UserRef::ObjectId)
    }

    /// The handle that pins the person, where the connector knows it.
    pub fn user_handle(&self) -> Option<&UserHandle> {
        match &self.request {
            CredentialRequest::Connector { user_handle, .. } => Some(user_handle),
            CredentialRequest::Provider { .. } => None,
        }
    }

    /// When the identity provider stops taking an answer, where it said so.
    pub fn deadline(&self) -> Option<Timestamp> {
        match &self.request {
            CredentialRequest::Connector { deadline, .. } => Some(*deadline),
            CredentialRequest::Provider { .. } => None,
        }
    }
}

/// The physical key that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hardware {
    /// Serial number.
    pub serial: SerialNumber,
    /// Firmware version such as `5.7.4`, where told.
    pub firmware: Option<String>,
}

/// Where the parcel is, as far as the delivery service tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracking {
    /// Carrier, such as `FEDEX`.
    pub carrier: Option<String>,
    /// The carrier's number.
    pub number: Option<String>,
    /// The carrier's page.
    pub link: Option<String>,
}

/// A credential that the identity provider holds for the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredCredential {
    /// The credential's id; `None` where the provider opened the response and does not tell.
    pub credential_id: Option<CredentialId>,
    /// The authenticator's model; `None` where the provider opened the response and does not tell.
    pub aaguid: Option<Aaguid>,
    /// The identity provider's id of the method.
    pub method_id: String,
    /// The name it was registered under.
    pub display_name: String,
    /// When we saw that it is registered.
    pub registered_at: Timestamp,
}

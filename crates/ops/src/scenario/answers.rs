//! Response bodies that the scenario reads. Unknown members are ignored.

use serde::Deserialize;

use crate::webdriver;

/// Response of the token endpoint. No `Debug`: it contains a token.
#[derive(Deserialize)]
pub(super) struct Token {
    pub(super) access_token: String,
}

/// `GET /v1/status`
#[derive(Deserialize)]
pub(super) struct Status {
    #[serde(rename = "FIDO_CONNECTOR_VERSION")]
    pub(super) version: String,
}

/// `POST /v1/fpr/shipments`
#[derive(Deserialize)]
pub(super) struct Created {
    pub(super) data: CreatedData,
}

#[derive(Deserialize)]
pub(super) struct CreatedData {
    pub(super) shipment_id: String,
}

/// `GET /v1/fpr/shipments/{id}`
#[derive(Deserialize)]
pub(super) struct Shipment {
    pub(super) shipment_id: String,
    pub(super) shipment_state: String,
    pub(super) error_kind: Option<String>,
    pub(super) error_message: Option<String>,
}

/// `GET /v1/shipments/{id}`
#[derive(Deserialize)]
pub(super) struct Details {
    pub(super) id: String,
    pub(super) shipment_id: Option<String>,
    pub(super) phase: String,
    pub(super) deadline: Option<String>,
    pub(super) obstacle: Option<Obstacle>,
    pub(super) tracking: Option<Tracking>,
    pub(super) keys: Vec<Key>,
    pub(super) completed_by: Option<String>,
    pub(super) history: Vec<Event>,
    /// Keyferry's id of the shipment that replaces this one.
    pub(super) replaced_by: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Obstacle {
    pub(super) class: String,
}

#[derive(Deserialize)]
pub(super) struct Tracking {
    pub(super) carrier: Option<String>,
    pub(super) number: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Key {
    pub(super) serial_number: Option<String>,
    pub(super) firmware_version: Option<String>,
    pub(super) credentials: Vec<Credential>,
}

#[derive(Deserialize)]
pub(super) struct Credential {
    pub(super) credential_id: String,
    pub(super) aaguid: String,
    pub(super) method_id: String,
    pub(super) display_name: String,
}

#[derive(Deserialize)]
pub(super) struct Event {
    pub(super) event: String,
    pub(super) detail: String,
}

/// `GET /control/world`
#[derive(Deserialize)]
pub(super) struct Tenant {
    pub(super) token_endpoint: url::Url,
    pub(super) apps: Vec<App>,
    pub(super) users: Vec<User>,
}

/// Other members of `GET /control/world`.
#[derive(Deserialize)]
pub(super) struct Site {
    /// Sign-in page for a browser.
    pub(super) signin: url::Url,
    pub(super) rp_id: String,
}

/// Other members of `GET /control/world`. No `Debug`: it contains secrets.
#[derive(Deserialize)]
pub(super) struct Outside {
    pub(super) delivery_endpoint: url::Url,
    pub(super) delivery_token: String,
    /// Password of each user.
    pub(super) user_password: String,
}

/// The delivery service's list of orders.
#[derive(Deserialize)]
pub(super) struct Orders {
    pub(super) shipments: Vec<Order>,
}

/// Order in the delivery service's list.
#[derive(Deserialize)]
pub(super) struct Order {
    pub(super) shipment_id: String,
    #[serde(flatten)]
    pub(super) members: serde_json::Map<String, serde_json::Value>,
}

/// `POST /v1/orders`
#[derive(Deserialize)]
pub(super) struct Queued {
    pub(super) id: String,
}

/// `POST /v1/people/{user}/lost-key`
#[derive(Deserialize)]
pub(super) struct Withdrawn {
    pub(super) id: String,
    pub(super) serial_number: Option<String>,
    pub(super) withdrawal: Option<Withdrawal>,
}

#[derive(Deserialize)]
pub(super) struct Withdrawal {
    pub(super) replacement: Option<String>,
}

/// No `Debug`: it contains a secret.
#[derive(Deserialize)]
pub(super) struct App {
    pub(super) client_id: String,
    pub(super) client_secret: String,
}

#[derive(Clone, Deserialize)]
pub(super) struct User {
    pub(super) id: String,
    pub(super) upn: String,
    pub(super) display_name: String,
    pub(super) mail: Option<String>,
    pub(super) manager: Option<String>,
}

/// Item of `GET /control/calls`
#[derive(Deserialize)]
pub(super) struct Call {
    pub(super) endpoint: String,
    pub(super) status: Option<u16>,
    pub(super) client_request_id: Option<String>,
}

/// `GET /control/parcels/{id}`
#[derive(Deserialize)]
pub(super) struct ParcelView {
    pub(super) state_id: i64,
    pub(super) message: Option<String>,
    pub(super) product: Option<String>,
    pub(super) serial_number: Option<String>,
    pub(super) firmware_version: Option<String>,
    pub(super) aaguid: Option<String>,
    pub(super) credential_id: Option<String>,
    pub(super) carrier: Option<String>,
    pub(super) tracking_number: Option<String>,
}

/// Graph's `fido2AuthenticationMethod`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MethodView {
    pub(super) id: String,
    pub(super) display_name: String,
    pub(super) aa_guid: String,
    pub(super) attestation_level: String,
}

/// A collection of Microsoft Graph.
#[derive(Deserialize)]
pub(super) struct Collection<T> {
    pub(super) value: Vec<T>,
}

/// Item of `GET /mailbox/messages`. No `Debug`: it may contain a PIN.
#[derive(Deserialize)]
pub(super) struct Message {
    pub(super) id: u64,
    pub(super) via: String,
    pub(super) to: Vec<String>,
    pub(super) subject: Option<String>,
    pub(super) text: Option<String>,
    pub(super) html: Option<String>,
}

/// `GET /control/keys/{serial}`
#[derive(Deserialize)]
pub(super) struct KeyState {
    pub(super) retries_left: u64,
}

/// `POST /control/keys/{serial}/plug-in`. No `Debug`: it contains private keys.
#[derive(Deserialize)]
pub(super) struct PluggedIn {
    pub(super) credentials: Vec<webdriver::Credential>,
}

/// Error response of a key.
#[derive(Deserialize)]
pub(super) struct KeyRefusal {
    pub(super) error: String,
    pub(super) retries_left: Option<u64>,
}

/// `POST /signin/verify`
#[derive(Deserialize)]
pub(super) struct SignedIn {
    pub(super) user: String,
    pub(super) user_id: String,
    pub(super) upn: String,
    pub(super) method_id: String,
}

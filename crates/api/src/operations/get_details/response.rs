//! Everything about a shipment. Times are RFC 3339 in UTC.

use keyferry_domain::EventKind;
use serde::Serialize;
use utoipa::ToSchema;

/// All that is known of a shipment and not secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct DetailsBody {
    /// Our id.
    pub(super) id: String,
    /// The delivery service's id, from acceptance on.
    pub(super) shipment_id: Option<String>,
    /// `ongoing` or `complete`.
    pub(super) shipment_state: &'static str,
    /// `submitting`, `refused`, `unconfirmed`, `accepted`, `fulfilled`, `registered`, `complete` or `cancelled`.
    pub(super) phase: &'static str,
    /// The application that ordered it.
    pub(super) requested_by: String,
    /// When.
    pub(super) created_at: String,
    /// Until when the identity provider takes the credential.
    pub(super) deadline: Option<String>,
    /// What stands in the way.
    pub(super) obstacle: Option<ObstacleBody>,
    /// What holds it back without being its own matter, such as a delivery service that refuses the connector's token.
    pub(super) waits_for: Option<String>,
    /// The delivery service's state, as last seen.
    pub(super) delivery_state_id: Option<i64>,
    /// The text that came with it.
    pub(super) delivery_state_message: Option<String>,
    /// Where the parcel is.
    pub(super) tracking: Option<TrackingBody>,
    /// What was ordered and made.
    pub(super) keys: Vec<KeyBody>,
    /// Who completed it.
    pub(super) completed_by: Option<String>,
    /// What happened, oldest first.
    pub(super) history: Vec<EventBody>,
}

/// What stands in the way.
#[derive(Serialize, ToSchema)]
pub(crate) struct ObstacleBody {
    /// `retry`: the next run tries again. `attention`: a person must mend something. `final`: nothing happens until a
    /// person decides.
    pub(super) class: &'static str,
    /// Which one: the same code is the same obstacle.
    pub(super) code: String,
    /// What it is and what to do.
    pub(super) message: String,
    /// Since when.
    pub(super) since: String,
    /// How often in a row it was met.
    pub(super) attempts: u32,
    /// When it is looked at again.
    pub(super) next_attempt: Option<String>,
}

/// Where the parcel is.
#[derive(Serialize, ToSchema)]
pub(crate) struct TrackingBody {
    /// Carrier.
    pub(super) carrier: Option<String>,
    /// The carrier's number.
    pub(super) number: Option<String>,
    /// The carrier's page.
    pub(super) link: Option<String>,
}

/// One key.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyBody {
    /// The model ordered.
    pub(super) product_id: i64,
    /// The subscription or stock.
    pub(super) inventory_product_id: i64,
    /// The customization.
    pub(super) customization_id: String,
    /// Whom it is for, as the caller named them.
    pub(super) user_id: Option<String>,
    /// Serial number, once it is made.
    pub(super) serial_number: Option<String>,
    /// Firmware version.
    pub(super) firmware_version: Option<String>,
    /// What the identity provider holds.
    pub(super) credentials: Vec<CredentialBody>,
}

/// One registered credential.
#[derive(Serialize, ToSchema)]
pub(crate) struct CredentialBody {
    /// base64url without padding; `null` where the identity provider opened the response and does not tell.
    pub(super) credential_id: Option<String>,
    /// The authenticator's model; `null` where the identity provider opened the response and does not tell.
    pub(super) aaguid: Option<String>,
    /// The identity provider's id of the method.
    pub(super) method_id: String,
    /// The name it has there.
    pub(super) display_name: String,
    /// When it was seen there.
    pub(super) registered_at: String,
}

/// One thing that happened.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventBody {
    /// When it first happened.
    pub(super) at: String,
    /// When it last happened.
    pub(super) last_at: String,
    /// How many times in a row.
    pub(super) times: u32,
    /// What kind of thing.
    #[schema(value_type = String)]
    pub(super) event: EventKind,
    /// Who did it.
    pub(super) by: String,
    /// What exactly.
    pub(super) detail: String,
    /// Names the call concerned in the other side's logs.
    pub(super) client_request_id: Option<String>,
}

//! Everything about a shipment, as it is answered. Times are RFC 3339 in UTC.

use keyferry_engine::Details;
use keyferry_engine::views::{CredentialView, EventView, KeyView, ObstacleView, TrackingView};
use serde::Serialize;
use utoipa::ToSchema;

/// All that is known of a shipment and not secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct DetailsBody {
    /// Our id.
    id: String,
    /// The delivery service's id, from acceptance on.
    shipment_id: Option<String>,
    /// `ongoing` or `complete`.
    shipment_state: &'static str,
    /// `submitting`, `refused`, `unconfirmed`, `accepted`, `fulfilled`, `registered`, `complete` or `cancelled`.
    phase: &'static str,
    /// The application that ordered it.
    requested_by: String,
    /// When.
    created_at: String,
    /// Until when the identity provider takes the credential.
    deadline: Option<String>,
    /// What stands in the way.
    obstacle: Option<ObstacleBody>,
    /// What holds it back without being its own matter, such as a delivery service that refuses the connector's token.
    waits_for: Option<String>,
    /// The delivery service's state, as last seen.
    delivery_state_id: Option<i64>,
    /// The text that came with it.
    delivery_state_message: Option<String>,
    /// Where the parcel is.
    tracking: Option<TrackingBody>,
    /// What was ordered and made.
    keys: Vec<KeyBody>,
    /// Who completed it.
    completed_by: Option<String>,
    /// What happened, oldest first.
    history: Vec<EventBody>,
}

/// What stands in the way.
#[derive(Serialize, ToSchema)]
pub(crate) struct ObstacleBody {
    /// `retry`: the next run tries again. `attention`: a person must mend something. `final`: nothing happens until a
    /// person decides.
    class: &'static str,
    /// Which one: the same code is the same obstacle.
    code: String,
    /// What it is and what to do.
    message: String,
    /// Since when.
    since: String,
    /// How often in a row it was met.
    attempts: u32,
    /// When it is looked at again.
    next_attempt: Option<String>,
}

/// Where the parcel is.
#[derive(Serialize, ToSchema)]
pub(crate) struct TrackingBody {
    /// Carrier.
    carrier: Option<String>,
    /// The carrier's number.
    number: Option<String>,
    /// The carrier's page.
    link: Option<String>,
}

/// One key.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyBody {
    /// The model ordered.
    product_id: i64,
    /// The subscription or stock.
    inventory_product_id: i64,
    /// The customization.
    customization_id: String,
    /// Whom it is for, as the caller named them.
    user_id: Option<String>,
    /// Serial number, once it is made.
    serial_number: Option<String>,
    /// Firmware version.
    firmware_version: Option<String>,
    /// What the identity provider holds.
    credentials: Vec<CredentialBody>,
}

/// One registered credential.
#[derive(Serialize, ToSchema)]
pub(crate) struct CredentialBody {
    /// base64url without padding.
    credential_id: String,
    /// The authenticator's model.
    aaguid: String,
    /// The identity provider's id of the method.
    method_id: String,
    /// The name it has there.
    display_name: String,
    /// When it was seen there.
    registered_at: String,
}

/// One thing that happened.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventBody {
    /// When it first happened.
    at: String,
    /// When it last happened.
    last_at: String,
    /// How many times in a row.
    times: u32,
    /// What kind of thing.
    event: String,
    /// Who did it.
    by: String,
    /// What exactly.
    detail: String,
    /// Names the call concerned in the other side's logs.
    client_request_id: Option<String>,
}

impl From<Details> for DetailsBody {
    fn from(details: Details) -> Self {
        Self {
            id: details.id,
            shipment_id: details.shipment_id,
            shipment_state: details.shipment_state,
            phase: details.phase,
            requested_by: details.requested_by,
            created_at: details.created_at,
            deadline: details.deadline,
            waits_for: details.waits_for,
            obstacle: details.obstacle.map(|ObstacleView { class, code, message, since, attempts, next_attempt }| {
                ObstacleBody { class, code, message, since, attempts, next_attempt }
            }),
            delivery_state_id: details.delivery_state_id,
            delivery_state_message: details.delivery_state_message,
            tracking: details.tracking.map(|TrackingView { carrier, number, link }| TrackingBody {
                carrier,
                number,
                link,
            }),
            keys: details.keys.into_iter().map(KeyBody::from).collect(),
            completed_by: details.completed_by,
            history: details.history.into_iter().map(EventBody::from).collect(),
        }
    }
}

impl From<KeyView> for KeyBody {
    fn from(key: KeyView) -> Self {
        Self {
            product_id: key.product_id,
            inventory_product_id: key.inventory_product_id,
            customization_id: key.customization_id,
            user_id: key.user_id,
            serial_number: key.serial_number,
            firmware_version: key.firmware_version,
            credentials: key.credentials.into_iter().map(CredentialBody::from).collect(),
        }
    }
}

impl From<CredentialView> for CredentialBody {
    fn from(credential: CredentialView) -> Self {
        let CredentialView { credential_id, aaguid, method_id, display_name, registered_at } = credential;
        Self { credential_id, aaguid, method_id, display_name, registered_at }
    }
}

impl From<EventView> for EventBody {
    fn from(event: EventView) -> Self {
        let EventView { at, last_at, times, event, by, detail, client_request_id } = event;
        Self { at, last_at, times, event, by, detail, client_request_id }
    }
}

//! Response body: all details of a shipment. Times are in RFC 3339 format, in UTC.

use keyferry_domain::EventKind;
use serde::Serialize;
use utoipa::ToSchema;

use crate::kit::schemas;
use crate::kit::withdrawal::WithdrawalBody;

/// All details of a shipment, except secrets.
#[derive(Serialize, ToSchema)]
pub(crate) struct DetailsBody {
    /// Keyferry's id of the shipment.
    #[schema(format = "uuid", example = "019a0000-0000-7000-8000-000000000001")]
    pub(super) id: String,
    /// Delivery service's id of the shipment. `null` until the delivery service has accepted the order.
    pub(super) shipment_id: Option<String>,
    /// State in the guide's view.
    #[schema(value_type = schemas::ShipmentState)]
    pub(super) shipment_state: &'static str,
    /// Phase.
    #[schema(value_type = schemas::Phase)]
    pub(super) phase: &'static str,
    /// Client id of the application that created the shipment.
    pub(super) requested_by: String,
    /// User for whom the application ordered. `null` if it acted as itself.
    pub(super) requested_for: Option<ActingUserBody>,
    /// Batch of the order.
    #[schema(format = "uuid", example = "019a0000-0000-7000-8000-0000000000b1")]
    pub(super) batch: Option<String>,
    /// Key of the order's row in its batch.
    pub(super) row: Option<String>,
    /// The caller's own number of the order.
    #[schema(example = "REQ0010042")]
    pub(super) reference: Option<String>,
    /// Person or system that asked the caller for the key.
    pub(super) requester: Option<String>,
    /// First day (UTC) on which the order may be sent.
    #[schema(format = Date, example = "2026-12-01")]
    pub(super) not_before: Option<String>,
    /// Day on which the person needs the key.
    #[schema(format = Date, example = "2026-12-15")]
    pub(super) needed_by: Option<String>,
    /// Country of the delivery (ISO 3166-1 alpha-2).
    #[schema(example = "US")]
    pub(super) country: Option<String>,
    /// Keyferry's id of the shipment that this one replaces.
    #[schema(format = "uuid", example = "019a0000-0000-7000-8000-000000000001")]
    pub(super) replaces: Option<String>,
    /// Keyferry's id of the newest shipment that replaces this one.
    #[schema(format = "uuid", example = "019a0000-0000-7000-8000-00000000000a")]
    pub(super) replaced_by: Option<String>,
    /// Act that ends the use of the key: it was lost or returned, or its person left.
    pub(super) withdrawal: Option<WithdrawalBody>,
    /// Time of creation.
    #[schema(format = DateTime, example = "2026-11-24T07:00:00Z")]
    pub(super) created_at: String,
    /// Time until which the identity provider accepts the credential.
    #[schema(format = DateTime, example = "2026-11-24T07:00:00Z")]
    pub(super) deadline: Option<String>,
    /// Obstacle that keeps the shipment from progressing.
    pub(super) obstacle: Option<ObstacleBody>,
    /// Reason why the shipment is on hold, if a dependency fails. Example: the delivery service refuses the connector's
    /// API token.
    pub(super) on_hold: Option<String>,
    /// Id of the last known state at the delivery service.
    pub(super) delivery_state_id: Option<i64>,
    /// Description of that state, as returned by the delivery service.
    pub(super) delivery_state_message: Option<String>,
    /// Tracking of the parcel.
    pub(super) tracking: Option<TrackingBody>,
    /// Ordered keys.
    pub(super) keys: Vec<KeyBody>,
    /// Actor that completed the shipment.
    pub(super) completed_by: Option<String>,
    /// Cancellation of the shipment, if it was cancelled.
    pub(super) cancellation: Option<CancellationBody>,
    /// Events of the shipment, oldest first.
    pub(super) history: Vec<EventBody>,
}

/// Obstacle that keeps a shipment from progressing.
#[derive(Serialize, ToSchema)]
pub(crate) struct ObstacleBody {
    /// `retry`: the next run tries again. `attention`: an operator must fix the cause. `final`: the shipment is not
    /// processed until an operator decides.
    #[schema(value_type = schemas::ObstacleClass)]
    pub(super) class: &'static str,
    /// Code of the obstacle. The same cause always has the same code.
    pub(super) code: String,
    /// What happened and what to do.
    pub(super) message: String,
    /// Time of the first occurrence.
    #[schema(format = DateTime, example = "2026-11-24T07:00:00Z")]
    pub(super) since: String,
    /// Number of consecutive failed attempts.
    pub(super) attempts: u32,
    /// Time of the next attempt.
    #[schema(format = DateTime, example = "2026-11-24T07:00:00Z")]
    pub(super) next_attempt: Option<String>,
}

/// Tracking of a parcel.
#[derive(Serialize, ToSchema)]
pub(crate) struct TrackingBody {
    /// Carrier.
    pub(super) carrier: Option<String>,
    /// Tracking number.
    pub(super) number: Option<String>,
    /// URL of the carrier's tracking page.
    pub(super) link: Option<String>,
}

/// Ordered key.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyBody {
    /// Id of the ordered model.
    pub(super) product_id: i64,
    /// Id of the subscription or stock.
    pub(super) inventory_product_id: i64,
    /// Id of the customization.
    pub(super) customization_id: String,
    /// Holder of the key, as named by the caller.
    pub(super) user_id: Option<String>,
    /// Serial number. `null` until the key is fulfilled.
    pub(super) serial_number: Option<String>,
    /// Firmware version. `null` until the key is fulfilled, or if unknown.
    pub(super) firmware_version: Option<String>,
    /// Credentials registered with the identity provider.
    pub(super) credentials: Vec<CredentialBody>,
}

/// Registered credential.
#[derive(Serialize, ToSchema)]
pub(crate) struct CredentialBody {
    /// Credential id, base64url without padding. `null` if the identity provider opens the response and does not return
    /// the id.
    pub(super) credential_id: Option<String>,
    /// AAGUID of the authenticator's model. `null` if the identity provider opens the response and does not return it.
    #[schema(format = "uuid", example = "a25342c0-3cdc-4414-8e46-f4807fca511c")]
    pub(super) aaguid: Option<String>,
    /// Identity provider's id of the authentication method.
    pub(super) method_id: String,
    /// Name of the credential at the identity provider.
    pub(super) display_name: String,
    /// Time of the registration.
    #[schema(format = DateTime, example = "2026-11-24T07:00:00Z")]
    pub(super) registered_at: String,
    /// Time of the revocation, after which the credential cannot be used. `null` if Keyferry did not revoke it.
    #[schema(format = DateTime, example = "2026-11-24T07:00:00Z")]
    pub(super) revoked_at: Option<String>,
}

/// Cancellation of a shipment.
#[derive(Serialize, ToSchema)]
pub(crate) struct CancellationBody {
    /// Actor that cancelled the shipment. `processing`: the delivery service did not know it for a day.
    pub(super) by: String,
    /// Reason of the cancellation.
    pub(super) reason: String,
    /// Time of the request.
    #[schema(format = DateTime, example = "2026-11-24T07:00:00Z")]
    pub(super) requested_at: String,
    /// Time from which no key can come any more: the delivery service has no order, or the key was taken back. `null`
    /// while Keyferry watches the shipment.
    #[schema(format = DateTime, example = "2026-11-24T07:00:00Z")]
    pub(super) confirmed_at: Option<String>,
}

/// Event in the history of a shipment.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventBody {
    /// Number of the event within its shipment, starting at 1.
    #[schema(example = 1)]
    pub(super) seq: u32,
    /// Time of the first occurrence.
    #[schema(format = DateTime, example = "2026-11-24T07:00:00Z")]
    pub(super) at: String,
    /// Time of the last occurrence.
    #[schema(format = DateTime, example = "2026-11-24T07:00:00Z")]
    pub(super) last_at: String,
    /// Number of consecutive occurrences.
    pub(super) times: u32,
    /// Kind of event.
    #[schema(value_type = schemas::EventKind)]
    pub(super) event: EventKind,
    /// Actor that caused the event.
    pub(super) by: String,
    /// Description of the event.
    pub(super) detail: String,
    /// Id of the call in the logs of the other service.
    pub(super) client_request_id: Option<String>,
}

/// Signed-in user for whom an application acted.
#[derive(Serialize, ToSchema)]
pub(crate) struct ActingUserBody {
    /// Object id.
    pub(super) object_id: String,
    /// Sign-in name at that time.
    pub(super) user_name: Option<String>,
    /// Display name at that time.
    pub(super) name: Option<String>,
}

//! Summary of a shipment, in lists and exports.

use keyferry_domain::PhaseName;
use keyferry_domain::ports::Summary;
use serde::Serialize;
use utoipa::ToSchema;

use crate::kit::schemas;
use crate::kit::time::rfc3339;

/// Summary of a shipment, without secrets.
#[derive(Serialize, ToSchema)]
pub(crate) struct SummaryBody {
    /// Keyferry's id of the shipment.
    #[schema(format = "uuid", example = "019a0000-0000-7000-8000-000000000001")]
    pub(crate) id: String,
    /// Delivery service's id of the shipment. `null` until the delivery service has accepted the order.
    #[schema(example = "8gYnYQk5vVqYzKqY1p2xTQ")]
    pub(crate) shipment_id: Option<String>,
    /// State in the guide's view.
    #[schema(value_type = schemas::ShipmentState)]
    pub(crate) shipment_state: &'static str,
    /// Phase.
    #[schema(value_type = schemas::Phase)]
    pub(crate) phase: &'static str,
    /// Obstacle that keeps the shipment from progressing.
    pub(crate) obstacle: Option<SummaryObstacle>,
    /// Error message as in the guide's status: the obstacle, or why the order was refused, cancelled or not confirmed.
    pub(crate) error_message: Option<String>,
    /// Whether the shipment cannot progress without an operator.
    pub(crate) needs_human: bool,
    /// Holder of the first key, as named by the caller.
    #[schema(example = "adele@contoso.example")]
    pub(crate) user_id: Option<String>,
    /// Object id of the holder, if known.
    #[schema(format = "uuid", example = "7dc95e2f-53b1-4b0a-9b7c-0d5b7e6f2a11")]
    pub(crate) object_id: Option<String>,
    /// Serial number of the first key. `null` until the key is fulfilled.
    #[schema(example = "20123456")]
    pub(crate) serial_number: Option<String>,
    /// Tracking number of the parcel.
    #[schema(example = "794953535000")]
    pub(crate) tracking_number: Option<String>,
    /// Batch of the order.
    #[schema(format = "uuid", example = "019a0000-0000-7000-8000-0000000000b1")]
    pub(crate) batch: Option<String>,
    /// Product id of the first key.
    #[schema(example = 1)]
    pub(crate) product_id: Option<i64>,
    /// The caller's own number of the order.
    #[schema(example = "REQ0010042")]
    pub(crate) reference: Option<String>,
    /// Country of the delivery (ISO 3166-1 alpha-2).
    #[schema(example = "US")]
    pub(crate) country: Option<String>,
    /// First day (UTC) on which the order may be sent.
    #[schema(format = Date, example = "2026-12-01")]
    pub(crate) not_before: Option<String>,
    /// Day on which the person needs the key.
    #[schema(format = Date, example = "2026-12-15")]
    pub(crate) needed_by: Option<String>,
    /// Time of creation.
    #[schema(format = DateTime, example = "2026-11-24T07:00:00Z")]
    pub(crate) created_at: String,
    /// Time of the last change.
    #[schema(format = DateTime, example = "2026-11-24T07:00:00Z")]
    pub(crate) updated_at: String,
    /// Time until which the identity provider accepts the credential.
    #[schema(format = DateTime, example = "2026-11-24T07:00:00Z")]
    pub(crate) deadline: Option<String>,
    /// Time of the next attempt.
    #[schema(format = DateTime, example = "2026-11-24T07:00:00Z")]
    pub(crate) next_attempt: Option<String>,
}

/// Obstacle of a shipment, in a summary.
#[derive(Serialize, ToSchema)]
pub(crate) struct SummaryObstacle {
    /// `retry`: the next run tries again. `attention`: an operator must fix the cause. `final`: the shipment is not
    /// processed until an operator decides.
    #[schema(value_type = schemas::ObstacleClass)]
    pub(crate) class: &'static str,
    /// Code of the obstacle. The same cause always has the same code.
    #[schema(example = "no-manager")]
    pub(crate) code: String,
    /// What happened and what to do.
    pub(crate) message: String,
}

/// Shipment whose record cannot be read.
#[derive(Serialize, ToSchema)]
pub(crate) struct UnreadableBody {
    /// Keyferry's id of the shipment.
    pub(crate) id: String,
    /// What cannot be read.
    pub(crate) reason: String,
}

impl From<Summary> for SummaryBody {
    fn from(summary: Summary) -> Self {
        let is_complete = summary.phase == PhaseName::Complete || summary.set_by_hand;
        Self {
            id: summary.id.to_string(),
            shipment_id: summary.delivery_id.map(|id| id.to_string()),
            shipment_state: if is_complete { "complete" } else { "ongoing" },
            phase: summary.phase.shown(),
            obstacle: summary.obstacle.map(|(class, code)| SummaryObstacle {
                class: class.as_str(),
                code,
                message: summary.error_message.clone().unwrap_or_default(),
            }),
            error_message: summary.error_message,
            needs_human: summary.needs_human,
            user_id: summary.user,
            object_id: summary.object_id.map(|id| id.to_string()),
            serial_number: summary.serial.map(|serial| serial.to_string()),
            tracking_number: summary.tracking,
            batch: summary.batch.map(|batch| batch.to_string()),
            product_id: summary.product,
            reference: summary.reference,
            country: summary.country,
            not_before: summary.not_before.map(|day| day.to_string()),
            needed_by: summary.needed_by.map(|day| day.to_string()),
            created_at: rfc3339(summary.created_at),
            updated_at: rfc3339(summary.updated_at),
            deadline: summary.deadline.map(rfc3339),
            next_attempt: summary.next_attempt.map(rfc3339),
        }
    }
}

impl From<(String, String)> for UnreadableBody {
    fn from((id, reason): (String, String)) -> Self {
        Self { id, reason }
    }
}

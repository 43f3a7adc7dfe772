//! Response body.

use keyferry_domain::Delivery;
use keyferry_domain::ports::Page;
use serde::Serialize;
use utoipa::ToSchema;

use crate::kit::schemas;
use crate::kit::time::rfc3339;

/// Page of deliveries.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveriesBody {
    /// Deliveries, newest first.
    items: Vec<DeliveryBody>,
    /// Value of `cursor` for the next page. `null` if there are no more deliveries.
    next_cursor: Option<String>,
}

/// Message to a webhook, and what became of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryBody {
    /// Id of the message: its header `webhook-id`.
    #[schema(example = "0196f0a0-0000-7000-8000-00000000000a")]
    message_id: String,
    /// Type of the event.
    #[schema(example = "shipment.completed")]
    event_type: String,
    /// Keyferry's id of the shipment.
    shipment: Option<String>,
    /// `pending`: it is sent, or sent again. `delivered`: the receiver accepted it. `dead`: it was not accepted within
    /// three days.
    #[schema(value_type = schemas::DeliveryStage)]
    state: &'static str,
    /// When the event was read.
    #[schema(format = DateTime)]
    created_at: String,
    /// Number of attempts since then, or since the replay.
    attempts: u32,
    /// Time of the last attempt.
    #[schema(format = DateTime)]
    last_attempt: Option<String>,
    /// Earliest time of the next attempt. `null` if it is not sent again.
    #[schema(format = DateTime)]
    next_attempt: Option<String>,
    /// Status of the last response. `null` if there was none.
    status: Option<u16>,
    /// Why the last attempt failed.
    reason: Option<String>,
}

impl From<Page<Delivery>> for DeliveriesBody {
    fn from(page: Page<Delivery>) -> Self {
        let items = page.items.into_iter().map(DeliveryBody::from).collect();
        Self { items, next_cursor: page.next.map(|cursor| cursor.0) }
    }
}

impl From<Delivery> for DeliveryBody {
    fn from(delivery: Delivery) -> Self {
        let is_pending = delivery.stage == keyferry_domain::DeliveryStage::Pending;
        Self {
            message_id: delivery.id.to_string(),
            event_type: delivery.event_type,
            shipment: delivery
                .shipment
                .filter(|id| *id != keyferry_domain::ShipmentId::ORGANISATION)
                .map(|id| id.to_string()),
            state: delivery.stage.as_str(),
            created_at: rfc3339(delivery.created_at),
            attempts: delivery.attempts,
            last_attempt: delivery.last_attempt.map(rfc3339),
            next_attempt: is_pending.then(|| rfc3339(delivery.next_attempt)),
            status: delivery.outcome.as_ref().and_then(|outcome| outcome.status),
            reason: delivery.outcome.and_then(|outcome| outcome.problem),
        }
    }
}

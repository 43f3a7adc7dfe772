//! Response body. A webhook receives the same form of an event.

use keyferry_engine::{EventPage, Notice};
use serde::Serialize;
use utoipa::ToSchema;

use crate::kit::schemas;
use crate::kit::time::rfc3339;

/// Events of all shipments after a cursor.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventPageBody {
    /// Events in the order in which they were stored. Empty if there are none yet.
    events: Vec<NoticeBody>,
    /// Value of `after` for the next request, also if there are no events. Empty before the first event.
    #[schema(example = "4711")]
    next: String,
}

impl From<EventPage> for EventPageBody {
    fn from(page: EventPage) -> Self {
        Self { events: page.events.into_iter().map(NoticeBody::from).collect(), next: page.next.0 }
    }
}

/// Event of a shipment or of the organisation. Contains no PIN, address or secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct NoticeBody {
    /// Type of the event: `shipment.` or `organisation.`, and the name of the event.
    #[serde(rename = "type")]
    #[schema(value_type = schemas::EventType)]
    event_type: String,
    /// Time of the event.
    #[schema(format = DateTime, example = "2026-11-24T07:00:00Z")]
    timestamp: String,
    /// Shipment of the event.
    data: NoticeDataBody,
}

/// Shipment of an event, when the response was written; or what an event of the organisation is about.
#[derive(Serialize, ToSchema)]
pub(crate) struct NoticeDataBody {
    /// Keyferry's id of the shipment. Of an event of the organisation: `00000000-0000-7000-8000-000000000000`.
    #[schema(example = "0196f0a0-0000-7000-8000-00000000000a")]
    id: String,
    /// Number of the event within its shipment. With `id`, it identifies the event.
    #[schema(example = 3)]
    event: u32,
    /// Delivery service's id of the shipment. `null` until known.
    #[schema(example = "8gYnYQk5vVqYzKqY1p2xTQ")]
    shipment_id: Option<String>,
    /// User for whom the key was ordered, as the caller named it.
    #[schema(example = "adele@contoso.example")]
    user: Option<String>,
    /// Phase of the shipment when the response was written. `null` if its record cannot be read.
    #[schema(value_type = Option<schemas::Phase>)]
    phase: Option<&'static str>,
    /// Serial number of the key. `null` until known.
    #[schema(example = "30000001")]
    serial: Option<String>,
    /// Tracking number of the parcel. `null` until known.
    tracking: Option<String>,
    /// The caller's own number of the order.
    reference: Option<String>,
    /// Batch of the order.
    #[schema(format = "uuid", example = "019a0000-0000-7000-8000-0000000000b1")]
    batch: Option<String>,
    /// Inventory, of an event of the organisation about its stock. Missing otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    stock: Option<StockBody>,
}

/// Keys that are left of an inventory.
#[derive(Serialize, ToSchema)]
pub(crate) struct StockBody {
    /// Delivery service's id of the inventory.
    #[schema(example = 106)]
    inventory: i64,
    /// Number of keys that were left at the time of the event.
    #[schema(example = 49)]
    quantity: i64,
    /// Number of keys below which the inventory is low.
    #[schema(example = 50)]
    threshold: i64,
}

impl From<Notice> for NoticeBody {
    fn from(notice: Notice) -> Self {
        let data = notice.data;
        Self {
            event_type: notice.event_type.to_string(),
            timestamp: rfc3339(notice.timestamp),
            data: NoticeDataBody {
                id: data.id.to_string(),
                event: data.event,
                shipment_id: data.shipment_id,
                user: data.user,
                phase: data.phase,
                serial: data.serial,
                tracking: data.tracking,
                reference: data.reference,
                batch: data.batch,
                stock: data.stock.map(|keyferry_domain::StockLevel { inventory, quantity, threshold }| StockBody {
                    inventory,
                    quantity,
                    threshold,
                }),
            },
        }
    }
}

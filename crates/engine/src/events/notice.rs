//! What a front end receives about an event.

use std::collections::BTreeMap;
use std::fmt;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use keyferry_domain::ports::{RecordedEvent, ShipmentStore, StoreError};
use keyferry_domain::{Event, EventKind, Shipment, ShipmentId, StockLevel, Timestamp};
use serde::{Serialize, Serializer};

/// Number of shipments that are read at the same time.
const CONCURRENCY: usize = 8;

/// Prefix of the types of events about a shipment.
const PREFIX: &str = "shipment.";

/// Prefix of the types of events about the organisation.
const OF_ORGANISATION: &str = "organisation.";

fn prefix(kind: EventKind) -> &'static str {
    if kind.is_of_organisation() { OF_ORGANISATION } else { PREFIX }
}

/// Type of an event for front ends, for example `shipment.completed`. The names are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventType(pub EventKind);

impl EventType {
    /// Parses the name.
    pub fn parse(text: &str) -> Option<Self> {
        let is_it = |kind: &EventKind| text.strip_prefix(prefix(*kind)) == Some(kind.as_str());
        EventKind::ALL.into_iter().find(is_it).map(Self)
    }

    /// Returns all types.
    pub fn all() -> impl Iterator<Item = Self> {
        EventKind::ALL.into_iter().map(Self)
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", prefix(self.0), self.0.as_str())
    }
}

impl Serialize for EventType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// An event with the data by which a front end finds its shipment. Contains no PIN, address, contact or secret, and no
/// text of the event, which may name the addressee of a PIN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// Type of the event.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// Time of the event.
    #[serde(serialize_with = "seconds")]
    pub timestamp: Timestamp,
    /// Shipment of the event.
    pub data: NoticeData,
}

/// Shipment of an event, when the notice was written; or what an event of the organisation is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NoticeData {
    /// Keyferry's id of the shipment, or [`ShipmentId::ORGANISATION`].
    pub id: ShipmentId,
    /// Number of the event within its shipment.
    pub event: u32,
    /// Delivery service's id, once known.
    pub shipment_id: Option<String>,
    /// User for whom the key was ordered, as the caller named it.
    pub user: Option<String>,
    /// Phase of the shipment when the notice was written, as responses show it.
    pub phase: Option<&'static str>,
    /// Serial number of the key, once known.
    pub serial: Option<String>,
    /// Tracking number of the parcel, once known.
    pub tracking: Option<String>,
    /// The caller's own number of the order.
    pub reference: Option<String>,
    /// Batch of the order.
    pub batch: Option<String>,
    /// Inventory, of an event about the stock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stock: Option<StockLevel>,
}

impl NoticeData {
    /// Returns the data of the organisation, or of a shipment that cannot be read or was deleted since.
    fn without_shipment(id: ShipmentId, event: &Event) -> Self {
        Self {
            id,
            event: event.seq,
            shipment_id: None,
            user: None,
            phase: None,
            serial: None,
            tracking: None,
            reference: None,
            batch: None,
            stock: event.stock,
        }
    }

    fn of(shipment: &Shipment, event: u32) -> Self {
        Self {
            id: shipment.id(),
            event,
            shipment_id: shipment.phase().delivery_id().map(ToString::to_string),
            user: shipment.user().map(ToString::to_string),
            phase: Some(shipment.phase().name().shown()),
            serial: shipment.phase().fulfilled().and_then(|made| Some(made.keys.first()?.serial.to_string())),
            tracking: shipment.tracking_number().map(str::to_owned),
            reference: shipment.info().reference.clone(),
            batch: shipment.batch().map(|batch| batch.to_string()),
            stock: None,
        }
    }
}

fn seconds<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&keyferry_domain::time_text(*at))
}

/// Writes the notices of events.
pub(crate) struct Notices<'a>(pub(crate) &'a dyn ShipmentStore);

impl Notices<'_> {
    /// Returns the notices of the events, in their order. Reads each shipment once.
    ///
    /// # Errors
    /// The error of the store. A record that cannot be read does not fail the others.
    pub(crate) async fn of(&self, events: &[RecordedEvent]) -> Result<Vec<Notice>, StoreError> {
        let mut ids: Vec<_> = events.iter().map(|event| event.shipment).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.retain(|id| *id != ShipmentId::ORGANISATION);
        let read = |id| async move {
            match self.0.get(id).await {
                Ok(stored) => Ok((id, stored.map(|stored| stored.change.into_shipment()))),
                Err(StoreError::Broken { .. }) => Ok((id, None)),
                Err(error) => Err(error),
            }
        };
        let shipments: BTreeMap<_, _> = stream::iter(ids).map(read).buffer_unordered(CONCURRENCY).try_collect().await?;
        let data = |event: &RecordedEvent| match shipments.get(&event.shipment) {
            Some(Some(shipment)) => NoticeData::of(shipment, event.event.seq),
            _ => NoticeData::without_shipment(event.shipment, &event.event),
        };
        let notice = |event: &RecordedEvent| Notice {
            event_type: EventType(event.event.kind),
            timestamp: event.event.at,
            data: data(event),
        };
        Ok(events.iter().map(notice).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_the_names_of_the_events() {
        assert_eq!(EventType(EventKind::Completed).to_string(), "shipment.completed");
        assert_eq!(EventType(EventKind::StockLow).to_string(), "organisation.stock_low");
        for kind in EventType::all() {
            assert_eq!(EventType::parse(&kind.to_string()), Some(kind));
        }
        for text in [
            "",
            "shipment.stock_low",
            "organisation.completed",
            "completed",
            "shipment.",
            "shipment.Completed",
            "shipment.completed ",
            "batch.completed",
        ] {
            assert_eq!(EventType::parse(text), None, "{text}");
        }
    }
}

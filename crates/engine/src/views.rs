//! Views of a shipment for callers.

use std::borrow::Cow;
use std::sync::Arc;

use keyferry_domain::ports::StoreError;
use keyferry_domain::{Caller, Change, Event, Shipment};

use crate::context::{Context, shown_id};

/// Status of a shipment as defined by the guide: id, state and error message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShipmentView {
    /// Delivery service's id if known, else Keyferry's id.
    pub shipment_id: String,
    /// `ongoing` or `complete`.
    pub state: &'static str,
    /// Obstacle, or the outage because of which the shipment is on hold.
    pub error_message: Option<String>,
    /// Caller that ordered it.
    pub requested_by: Caller,
    /// User for whom it was ordered, as the caller named it.
    pub user: String,
}

/// Shipment with its events and its outage, if any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShipmentDetails {
    /// Shipment as stored.
    pub shipment: Shipment,
    /// Events of the shipment, oldest first.
    pub events: Vec<Event>,
    /// Reason why the shipment is on hold, for example a dependency that failed in the last run. Not an obstacle of
    /// this shipment alone.
    pub on_hold_reason: Option<String>,
}

/// Reads shipments for callers. Cheap to clone.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Views(Arc<Context>);

impl Views {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self(context)
    }

    /// Returns the status of a shipment, found by Keyferry's id or the delivery service's id.
    ///
    /// # Errors
    /// The error of the store.
    pub async fn shipment(&self, id: &str) -> Result<Option<ShipmentView>, StoreError> {
        Ok(self.0.look_up(id).await?.map(|stored| ShipmentView {
            shipment_id: shown_id(stored.shipment()),
            state: stored.shipment().state(),
            requested_by: stored.shipment().requested_by().clone(),
            user: stored.shipment().user().map(ToString::to_string).unwrap_or_default(),
            error_message: stored
                .shipment()
                .error_message()
                .map(Cow::into_owned)
                .or_else(|| self.on_hold_reason(stored.shipment())),
        }))
    }

    /// Returns the shipment with its events, found by Keyferry's id or the delivery service's id.
    ///
    /// # Errors
    /// The error of the store.
    pub async fn details(&self, id: &str) -> Result<Option<ShipmentDetails>, StoreError> {
        let Some(stored) = self.0.look_up(id).await? else { return Ok(None) };
        let events = self.events_of(&stored.change).await?;
        let shipment = stored.change.into_shipment();
        Ok(Some(ShipmentDetails { on_hold_reason: self.on_hold_reason(&shipment), shipment, events }))
    }

    /// Returns all events of the shipment, including those that are not committed yet.
    async fn events_of(&self, change: &Change) -> Result<Vec<Event>, StoreError> {
        const PAGE: u32 = 500;
        let mut events: Vec<Event> = Vec::new();
        loop {
            let after = events.last().map_or(0, |last| last.seq);
            let page = self.0.ports.shipments.events(change.shipment().id(), after, PAGE).await?;
            if page.is_empty() {
                events.extend(change.events().iter().cloned());
                return Ok(events);
            }
            events.extend(page);
        }
    }

    /// Returns the outage because of which the shipment is on hold, as of the last run.
    fn on_hold_reason(&self, shipment: &Shipment) -> Option<String> {
        self.0.outages.reason_for(shipment.phase().name(), self.0.ports.pin_delivery.addressing())
    }
}

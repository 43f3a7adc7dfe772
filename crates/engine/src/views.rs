//! What callers see of a shipment.

use std::sync::Arc;

use keyferry_domain::ports::StoreError;
use keyferry_domain::{Change, Event, Shipment};

use crate::context::{Context, shown_id};

/// The guide's view: two words and an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShipmentView {
    /// The delivery service's id; ours until there is one.
    pub shipment_id: String,
    /// `ongoing` or `complete`.
    pub state: &'static str,
    /// What stands in the way.
    pub error_message: Option<String>,
}

/// A shipment with what only the engine knows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShipmentDetails {
    /// The shipment as recorded.
    pub shipment: Shipment,
    /// What happened to it, oldest first.
    pub events: Vec<Event>,
    /// What holds it back without being its own obstacle, such as a dependency that failed in the last run.
    pub waits_for: Option<String>,
}

/// What callers see of shipments. Cheap to clone: all clones are one.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Views(Arc<Context>);

impl Views {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self(context)
    }

    /// The guide's view of the shipment, under either id.
    ///
    /// # Errors
    /// The store's.
    pub async fn shipment(&self, id: &str) -> Result<Option<ShipmentView>, StoreError> {
        Ok(self.0.look_up(id).await?.map(|stored| ShipmentView {
            shipment_id: shown_id(stored.shipment()),
            state: stored.shipment().state(),
            error_message: stored
                .shipment()
                .error_message()
                .map(str::to_owned)
                .or_else(|| self.waits_for(stored.shipment())),
        }))
    }

    /// The shipment, under either id.
    ///
    /// # Errors
    /// The store's.
    pub async fn details(&self, id: &str) -> Result<Option<ShipmentDetails>, StoreError> {
        let Some(stored) = self.0.look_up(id).await? else { return Ok(None) };
        let events = self.events_of(&stored.change).await?;
        let shipment = stored.change.into_shipment();
        Ok(Some(ShipmentDetails { waits_for: self.waits_for(&shipment), shipment, events }))
    }

    /// All events of the shipment, those that are not durable yet included.
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

    /// What is nobody's shipment but holds this one back, as the last run saw it.
    fn waits_for(&self, shipment: &Shipment) -> Option<String> {
        self.0.outages.reason_for(shipment.phase().name(), self.0.ports.pin_delivery.addressing())
    }
}

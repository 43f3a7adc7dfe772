//! Views of a shipment for callers.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use keyferry_domain::ports::{Counts, Cursor, Page, ShipmentFilter, ShipmentSort, StoreError, Summary};
use keyferry_domain::{Caller, Change, Event, ObjectId, PhaseName, Shipment, ShipmentId, UserKey, UserRef};

use crate::context::{Context, shown_id};
use crate::report::{self, Report, ReportBy};

/// Number of shipments that are requested from the store at once, where all are needed.
const LONGEST_PAGE: u32 = 500;

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

    /// Returns a page of summaries: `limit` of them, or fewer if there are no more, or if a store finds few matches in
    /// a bounded number of calls. Continue from [`Page::next`] while there is one.
    ///
    /// # Errors
    /// The error of the store.
    pub async fn list(
        &self,
        filter: &ShipmentFilter,
        sort: ShipmentSort,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Summary>, StoreError> {
        const MOST_CALLS: usize = 8;
        let mut page = Page { next: after.cloned(), ..Page::default() };
        for _ in 0..MOST_CALLS {
            let found = u32::try_from(page.items.len() + page.broken.len()).unwrap_or(limit);
            let Some(missing) = limit.checked_sub(found).filter(|missing| *missing > 0) else { break };
            let part = self.0.ports.shipments.query(filter, sort, page.next.as_ref(), missing).await?;
            page.items.extend(part.items);
            page.broken.extend(part.broken);
            page.next = part.next;
            if page.next.is_none() {
                break;
            }
        }
        Ok(page)
    }

    /// Returns the number of matching shipments by phase and obstacle. Shipments that cannot be read are left out.
    ///
    /// # Errors
    /// The error of the store.
    pub async fn counts(&self, filter: &ShipmentFilter) -> Result<Counts, StoreError> {
        self.0.ports.shipments.counts(filter).await
    }

    /// Returns Keyferry's id of a shipment, its phase, and whether it is set to complete by hand. `None` if it does not
    /// exist.
    ///
    /// # Errors
    /// The error of the store.
    pub async fn phase(&self, id: &str) -> Result<Option<(ShipmentId, PhaseName, bool)>, StoreError> {
        Ok(self.0.look_up(id).await?.map(|stored| {
            let shipment = stored.shipment();
            (shipment.id(), shipment.phase().name(), stored.change.is_changed())
        }))
    }

    /// Returns the caller that ordered a shipment, and up to `limit` of its committed events with a number greater than
    /// `after`, oldest first. `None` if the shipment does not exist.
    ///
    /// # Errors
    /// The error of the store.
    pub async fn events(&self, id: &str, after: u32, limit: u32) -> Result<Option<(Caller, Vec<Event>)>, StoreError> {
        let Some(stored) = self.0.look_up(id).await? else { return Ok(None) };
        let shipment = stored.shipment();
        let events = self.0.ports.shipments.events(shipment.id(), after, limit).await?;
        Ok(Some((shipment.requested_by().clone(), events)))
    }

    /// Returns figures about matching shipments. Reads each record.
    ///
    /// # Errors
    /// The error of the store.
    pub async fn report(&self, filter: &ShipmentFilter, by: ReportBy) -> Result<Report, StoreError> {
        report::report(&self.0, filter, by).await
    }

    /// Returns all shipments for a person, newest first, and those that cannot be read. Finds what was ordered under
    /// the given name, and what belongs to the directory object that these shipments name. With `requested_by`, only
    /// what this caller ordered.
    ///
    /// # Errors
    /// The error of the store.
    pub async fn person(&self, user: &UserRef, requested_by: Option<Caller>) -> Result<Page<Summary>, StoreError> {
        let given = UserKey::from(user);
        let mut found = self.of_user(given.clone(), requested_by.as_ref()).await?;
        let objects: BTreeSet<_> =
            found.items.iter().filter_map(|item| item.object_id.map(|id| id.to_string())).collect();
        for object in objects.iter().filter_map(|id| ObjectId::parse(id)).map(UserKey::ObjectId) {
            if object == given {
                continue;
            }
            let more = self.of_user(object, requested_by.as_ref()).await?;
            for item in more.items {
                if !found.items.iter().any(|known| known.id == item.id) {
                    found.items.push(item);
                }
            }
            found.broken.extend(more.broken);
        }
        found.items.sort_by_key(|item| Reverse((item.created_at, item.id)));
        found.broken.sort();
        found.broken.dedup();
        Ok(found)
    }

    async fn of_user(&self, user: UserKey, requested_by: Option<&Caller>) -> Result<Page<Summary>, StoreError> {
        let filter =
            ShipmentFilter { person: Some(user), requested_by: requested_by.cloned(), ..ShipmentFilter::default() };
        let mut all = Page::default();
        loop {
            let part = self.list(&filter, ShipmentSort::Newest, all.next.as_ref(), LONGEST_PAGE).await?;
            all.items.extend(part.items);
            all.broken.extend(part.broken);
            all.next = part.next;
            if all.next.is_none() {
                return Ok(all);
            }
        }
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

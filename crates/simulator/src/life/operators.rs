//! Operators: they work off the list of shipments that need a human, and use every verb, also wrongly.

use std::sync::Arc;

use keyferry_domain::ports::{ShipmentFilter, ShipmentSort, Summary};
use keyferry_domain::{ObstacleClass, PhaseName, ShipmentId};
use keyferry_engine::{Outcome, Release, ResolveError};
use keyferry_testkit::outside::lock;

use super::Life;
use super::asking::caller;

impl Life {
    /// Looks at every shipment that needs a human. With `thorough`, decides about all; else about some.
    pub(super) async fn work_off(self: Arc<Self>, thorough: bool) {
        let filter = ShipmentFilter { needs_human: true, ..ShipmentFilter::default() };
        let list = lock(&self.world.outside.records).query(&filter, ShipmentSort::Id, None, 100).items;
        let mut after = list.last().map(|last| last.id);
        let mut page = list;
        loop {
            for summary in &page {
                if thorough || self.chance.percent(30) {
                    self.decide(summary, thorough).await;
                }
            }
            let Some(last) = after.filter(|_| !page.is_empty()) else { return };
            let cursor = keyferry_domain::ports::Cursor(last.to_string());
            page = lock(&self.world.outside.records).query(&filter, ShipmentSort::Id, Some(&cursor), 100).items;
            after = page.last().map(|last| last.id);
        }
    }

    async fn decide(&self, summary: &Summary, thorough: bool) {
        let id = summary.id;
        match (summary.phase, summary.obstacle.as_ref().map(|(class, _)| *class)) {
            (PhaseName::Unconfirmed, _) => self.resolve_unconfirmed(id, thorough).await,
            (PhaseName::Cancelling, _) if thorough || self.chance.percent(20) => {
                self.resolve(id, Outcome::Recalled).await;
            }
            (_, Some(ObstacleClass::Attention | ObstacleClass::Final)) => match self.chance.below(10) {
                0..4 => {
                    self.resolve(id, Outcome::Retry).await;
                }
                4 if !thorough => self.cancel(id).await,
                5 if !thorough => self.complete_by_hand(id),
                _ => {}
            },
            _ => {}
        }
    }

    /// Looks the order up in the delivery service's own console, and records what is found there.
    async fn resolve_unconfirmed(&self, id: ShipmentId, thorough: bool) {
        let found = {
            let delivery = lock(&self.world.outside.delivery);
            delivery.parcel_of(id).filter(|(_, parcel)| !parcel.deleted).map(|(found, _)| found.clone())
        };
        if !thorough && self.chance.percent(5) {
            // Takes the parcel of another order for this one. The connector must refuse.
            let other = {
                let delivery = lock(&self.world.outside.delivery);
                delivery.parcels.get(self.index(delivery.parcels.len().max(1))).map(|(other, _)| other.clone())
            };
            if let Some(other) = other.filter(|other| Some(other) != found.as_ref()) {
                self.resolve(id, Outcome::Adopted(other)).await;
            }
            return;
        }
        match found {
            Some(found) => self.resolve(id, Outcome::Adopted(found)).await,
            None => self.resolve(id, Outcome::Abandoned).await,
        };
    }

    async fn resolve(&self, id: ShipmentId, outcome: Outcome) -> bool {
        let text = id.to_string();
        let ask = async |engine: keyferry_engine::Engine| {
            engine.operator.resolve(&text, caller(), "checked".into(), outcome.clone()).await
        };
        let settled = |error: &ResolveError| {
            !matches!(error, ResolveError::Busy(_) | ResolveError::Store(_) | ResolveError::Upstream(_))
        };
        let done = matches!(self.insist(ask, settled).await, Some(Ok(())));
        let result = if done { "done" } else { "refused" };
        self.world.meddling.life(Some(id), format!("operator resolves as {outcome:?}: {result}"));
        done
    }

    async fn cancel(&self, id: ShipmentId) {
        let text = id.to_string();
        let cancelled = self.ask(async |engine| engine.operator.cancel(&text, caller(), "not needed").await).await;
        match cancelled {
            Some(Ok(())) => {
                let now = self.now();
                self.world.meddling.with(|state| state.court.book.cancelled.insert(id, now));
                self.world.meddling.life(Some(id), "operator cancels: acknowledged");
            }
            Some(Err(error)) => self.read(&format!("{error} {error:?}")),
            None => {}
        }
    }

    fn complete_by_hand(&self, id: ShipmentId) {
        self.world.meddling.with(|state| state.court.book.decided.insert(id));
        lock(&self.world.outside.records).set_complete_by_hand(id);
        self.world.meddling.life(Some(id), "operator sets the record to complete by hand");
    }

    /// Returns any shipment.
    pub(super) fn any_shipment(&self) -> Option<ShipmentId> {
        let delivery = lock(&self.world.outside.delivery);
        let index = self.index(delivery.parcels.len().max(1));
        delivery.parcels.get(index).map(|(_, parcel)| parcel.request)
    }

    /// An operator does something to any shipment, whether it makes sense or not.
    pub(super) async fn meddle(self: Arc<Self>) {
        let Some(id) = self.any_shipment() else { return };
        let text = id.to_string();
        match self.chance.below(10) {
            0..4 => {
                let may_override = self.chance.percent(30);
                let release = Release { reason: may_override.then(|| "asked by phone".to_owned()), may_override };
                if may_override {
                    self.world.meddling.with(|state| state.court.book.overridden.insert(id));
                }
                self.world.meddling.life(Some(id), "operator resends the PIN");
                let sent = self.ask(async |engine| engine.operator.resend_pin(&text, caller(), release).await).await;
                if let Some(Err(error)) = sent {
                    self.read(&format!("{error} {error:?}"));
                }
            }
            4..6 => self.cancel(id).await,
            6 => {
                self.world.meddling.life(Some(id), "operator asks for a retry");
                self.resolve(id, Outcome::Retry).await;
            }
            7 => {
                self.resolve(id, Outcome::Abandoned).await;
            }
            8 => {
                self.resolve(id, Outcome::Recalled).await;
            }
            _ => {
                self.world.meddling.life(None, "somebody asks for processing at once");
                self.ask(async |engine| engine.processing.process_on_demand().await).await;
            }
        }
    }
}

//! Shipments that an action is for.

use std::collections::BTreeSet;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use keyferry_domain::ShipmentId;
use keyferry_domain::ports::{ShipmentFilter, ShipmentSort, StoreError};
use keyferry_engine::Engine;

use super::action::Action;
use super::response::RefusedBody;
use super::work::CONCURRENCY;
use crate::kit::problem::Problem;

/// Number of shipments that are read at once.
const PAGE: u32 = 500;

/// Shipments that an action is for, each once.
#[derive(Default)]
pub(super) struct Targets {
    pub(super) possible: Vec<ShipmentId>,
    pub(super) impossible: Vec<RefusedBody>,
}

impl Targets {
    fn refuse(&mut self, id: impl ToString, why: impl Into<String>) {
        self.impossible.push(RefusedBody { id: id.to_string(), why: why.into() });
    }

    /// Finds the shipments that match.
    pub(super) async fn matching(engine: &Engine, filter: &ShipmentFilter, action: Action) -> Result<Self, Problem> {
        let (mut targets, mut after) = (Self::default(), None);
        loop {
            let page = engine.views.list(filter, ShipmentSort::Id, after.as_ref(), PAGE).await?;
            for summary in page.items {
                match action.obstacle(summary.phase, summary.set_by_hand) {
                    None => targets.possible.push(summary.id),
                    Some(why) => targets.refuse(summary.id, why),
                }
            }
            for (id, reason) in page.broken {
                targets.refuse(id, format!("its record cannot be read: {reason}"));
            }
            after = page.next;
            if after.is_none() {
                return Ok(targets);
            }
        }
    }

    /// Finds the shipments with these ids.
    pub(super) async fn named(engine: &Engine, ids: Vec<String>, action: Action) -> Result<Self, Problem> {
        let found = stream::iter(ids).map(|id| {
            let views = engine.views.clone();
            async move {
                match views.phase(&id).await {
                    Ok(found) => Ok((id, Ok(found))),
                    Err(StoreError::Broken { reason, .. }) => Ok((id, Err(reason))),
                    Err(error) => Err(Problem::from(error)),
                }
            }
        });
        let found: Vec<_> = found.buffered(CONCURRENCY).try_collect().await?;
        let (mut targets, mut seen) = (Self::default(), BTreeSet::new());
        for (id, found) in found {
            match found {
                Ok(None) => targets.refuse(id, "it does not exist"),
                Err(reason) => targets.refuse(id, format!("its record cannot be read: {reason}")),
                // A shipment has two ids, and the list may repeat one.
                Ok(Some((own, ..))) if !seen.insert(own) => {}
                Ok(Some((own, phase, set_by_hand))) => match action.obstacle(phase, set_by_hand) {
                    None => targets.possible.push(own),
                    Some(why) => targets.refuse(id, why),
                },
            }
        }
        Ok(targets)
    }
}

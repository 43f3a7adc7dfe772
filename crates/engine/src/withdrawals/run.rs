//! Withdrawals that a run finishes.

use std::collections::BTreeMap;

use keyferry_domain::ports::{ShipmentFilter, ShipmentSort, StoreError, Summary};
use keyferry_domain::{ObstacleClass, Party, Timestamp};

use super::finish::{Finished, finish};
use crate::context::Context;
use crate::failures::{Scope, explain, meaning};

/// What a run did about withdrawals.
#[derive(Debug, Default)]
pub(crate) struct Withdrawn {
    /// Number of withdrawals processed.
    pub(crate) processed: usize,
    /// Number of these that are finished or progressed.
    pub(crate) moved: usize,
    /// Number of these that have an obstacle now.
    pub(crate) obstructed: usize,
    /// Number of unreadable records.
    pub(crate) broken: usize,
    /// Earliest next attempt.
    pub(crate) next_due: Option<Timestamp>,
    /// Failing dependencies with their reasons.
    pub(crate) outages: BTreeMap<Party, String>,
}

/// Does the steps that interrupted requests left, one shipment after the other: there are few. If `only_due`, those
/// whose last attempt failed wait for their next attempt. An outage ends it.
pub(crate) async fn finish_all(context: &Context, only_due: bool) -> Result<Withdrawn, StoreError> {
    let mut done = Withdrawn::default();
    let filter = ShipmentFilter { being_withdrawn: true, ..ShipmentFilter::default() };
    let mut after = None;
    loop {
        let page = context.ports.shipments.query(&filter, ShipmentSort::Id, after.as_ref(), 100).await?;
        for (key, reason) in &page.broken {
            tracing::error!(record = %key, %reason, "skipped withdrawn shipment whose record cannot be read");
        }
        done.broken += page.broken.len();
        for summary in page.items {
            if context.stopping.is_cancelled() || !done.outages.is_empty() {
                return Ok(done);
            }
            if !is_wanted(context, &summary, only_due) {
                done.wait_until(summary.next_attempt.filter(|_| is_retried(&summary)));
                continue;
            }
            match finish(context, summary.id).await {
                Ok(finished) => done.count(context, &finished),
                Err(StoreError::Broken { id, reason }) => {
                    tracing::error!(record = %id, %reason, "skipped withdrawn shipment with invalid data");
                    done.broken += 1;
                }
                Err(StoreError::Damaged(reason)) => {
                    tracing::error!(shipment = %summary.id, reason, "could not read withdrawn shipment");
                    done.broken += 1;
                }
                Err(error) => return Err(error),
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(done);
        }
    }
}

/// Returns whether an attempt failed and another one follows.
fn is_retried(summary: &Summary) -> bool {
    summary.obstacle.as_ref().is_some_and(|(class, _)| *class != ObstacleClass::Final)
}

fn is_wanted(context: &Context, summary: &Summary, only_due: bool) -> bool {
    let is_due = summary.next_attempt.is_none_or(|at| at <= context.now());
    match &summary.obstacle {
        None => true,
        Some((ObstacleClass::Final, _)) => false,
        Some(_) => !only_due || is_due,
    }
}

impl Withdrawn {
    fn wait_until(&mut self, next: Option<Timestamp>) {
        self.next_due = self.next_due.into_iter().chain(next).min();
    }

    fn count(&mut self, context: &Context, finished: &Finished) {
        self.processed += 1;
        self.wait_until(finished.next_attempt);
        let Some(failure) = &finished.failure else {
            self.moved += usize::from(!finished.is_busy);
            return;
        };
        if meaning(failure.class()).scope == Scope::Shipment {
            self.obstructed += 1;
            return;
        }
        if let Some(pause) = failure.retry_after {
            context.cooldowns.set(failure.party, pause, context.ports.clock.as_ref());
        }
        self.outages.insert(failure.party, explain(failure));
    }
}

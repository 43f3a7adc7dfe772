//! Run over open shipments: page by page, several shipments concurrently.

use std::panic::AssertUnwindSafe;

use futures::{FutureExt as _, StreamExt as _, stream};
use keyferry_domain::ports::{ShipmentFilter, ShipmentSort, StoreError, Stored, Summary};
use keyferry_domain::{ObstacleClass, Party, Phase, PhaseName, ShipmentId};
use tracing::Instrument as _;

use super::advance::Advance;
use super::report::{Run, RunReport};
use super::worked::Worked;
use crate::context::Context;
use crate::failures::{explain, findings};
use crate::metrics::Tally;
use crate::outages::Outages;

/// Processes all shipments that the run selects.
pub(super) async fn run_over(context: &Context, run: Run, tally: &mut Tally) -> RunReport {
    let mut report = RunReport::default();
    let under_way = UnderWay { context, run, outages: Outages::new(context.cooldowns.at(context.now())) };
    if let Err(error) = under_way.process_open(tally, &mut report).await {
        under_way.outages.add(Party::Store, explain(&findings::store(&error)));
    }
    report.outages = under_way.outages.into_inner();
    report.resume_at = context.cooldowns.last_end();
    for (party, reason) in &report.outages {
        tracing::error!(%party, %reason, "dependency is failing; affected shipments are on hold");
    }
    context.outages.replace(&report.outages);
    report
}

/// Processes one shipment at once, unless another worker processes it. Returns the reason of an outage that prevents
/// it.
pub(crate) async fn process_one(context: &Context, id: ShipmentId, phase: PhaseName) -> Option<String> {
    let outages = Outages::new(context.cooldowns.at(context.now()));
    match (UnderWay { context, run: Run::All, outages }).work_on(id, phase).await {
        Worked::Outage(_, reason) => Some(reason),
        _ => None,
    }
}

/// Run in progress.
struct UnderWay<'a> {
    context: &'a Context,
    run: Run,
    outages: Outages,
}

impl UnderWay<'_> {
    async fn process_open(&self, tally: &mut Tally, report: &mut RunReport) -> Result<(), StoreError> {
        if self.outages.hold_all() {
            return Ok(());
        }
        let context = self.context;
        let store = &context.ports.shipments;
        tally.counts = store.counts().await?;
        let open = ShipmentFilter::phases(&PhaseName::OPEN);
        let oldest = store.query(&open, ShipmentSort::Id, None, 1).await?;
        tally.oldest = oldest.items.first().map(|summary| summary.created_at);

        let wanted = self.run.filter(context.now());
        let mut after = None;
        while !context.stopping.is_cancelled() && !self.outages.hold_all() {
            let page = store.query(&wanted, ShipmentSort::Id, after.as_ref(), 100).await?;
            for (key, reason) in &page.broken {
                tracing::error!(record = %key, %reason, "skipped record with unreadable columns");
            }
            report.broken += page.broken.len();
            self.run_page(page.items, report).await;
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        let next = store.query(&Run::to_be_retried(), ShipmentSort::NextAttempt, None, 1).await?;
        report.next_due = next.items.first().and_then(|summary| summary.next_attempt);
        Ok(())
    }

    async fn run_page(&self, items: Vec<Summary>, report: &mut RunReport) {
        let mut work = stream::iter(items)
            .map(|summary| async move {
                let worked = self.work_on(summary.id, summary.phase).await;
                if let Worked::Outage(party, reason) = &worked {
                    self.outages.add(*party, reason.clone());
                }
                worked
            })
            .buffer_unordered(self.context.settings.concurrency);
        while let Some(worked) = work.next().await {
            report.count(&worked);
        }
    }

    /// Claims one shipment and advances it as far as possible.
    async fn work_on(&self, id: ShipmentId, phase: PhaseName) -> Worked {
        let context = self.context;
        if self.outages.hold(phase, context.ports.pin_delivery.addressing()) || context.stopping.is_cancelled() {
            return Worked::Skipped;
        }
        let result = async {
            // The record may have changed since the page was read, so check again whether the run selects it.
            match context.ports.shipments.get(id).await? {
                Some(stored) if self.is_wanted(&stored) => self.claimed(stored).await,
                _ => Ok(Worked::Skipped),
            }
        };
        match result.await {
            Ok(worked) => worked,
            Err(StoreError::Conflict(_)) => {
                tracing::info!(shipment = %id, "skipped shipment changed or claimed by another worker");
                Worked::Skipped
            }
            Err(error @ (StoreError::Unavailable(_) | StoreError::Damaged(_))) => {
                Worked::Outage(Party::Store, explain(&findings::store(&error)))
            }
            Err(StoreError::Broken { id, reason }) => {
                tracing::error!(record = %id, %reason, "skipped record with invalid data");
                Worked::Broken
            }
            Err(error) => {
                tracing::error!(shipment = %id, %error, "could not write shipment record");
                Worked::Obstructed
            }
        }
    }

    async fn claimed(&self, stored: Stored) -> Result<Worked, StoreError> {
        let context = self.context;
        let Stored { change, version, .. } = stored;
        let (id, phase) = (change.shipment().id(), change.shipment().phase().name());
        let claimed = context.claim(id, &version, context.new_id()).await?;
        let advance = Advance { context, claimed: &claimed, outages: &self.outages };
        // Catch panics, so that a bug hit by one shipment neither stops the others nor keeps the claim.
        let span = tracing::info_span!("shipment", shipment = %id, phase = phase.as_str());
        let work = async {
            match AssertUnwindSafe(advance.advance(change).instrument(span)).catch_unwind().await {
                Ok(worked) => worked,
                Err(_) => self.note_defect(&advance, id).await,
            }
        };
        claimed.during(work).await
    }

    /// Records on the current record that processing it panicked.
    async fn note_defect(&self, advance: &Advance<'_>, id: ShipmentId) -> Result<Worked, StoreError> {
        tracing::error!(shipment = %id, "processing of shipment panicked; the run continues with the others");
        let Some(Stored { change, .. }) = self.context.ports.shipments.get(id).await? else {
            return Ok(Worked::Skipped);
        };
        advance.obstruct(change, &findings::defect()).await
    }

    fn is_wanted(&self, stored: &Stored) -> bool {
        let now = self.context.now();
        let shipment = stored.shipment();
        if stored.claim.as_ref().is_some_and(|claim| claim.until > now) {
            return false;
        }
        if let Phase::Submitting(submitting) = shipment.phase() {
            return submitting.until <= now && !self.context.is_creating(shipment.id());
        }
        match (shipment.obstacle(), self.run) {
            (Some(obstacle), _) if obstacle.class == ObstacleClass::Final => false,
            (Some(obstacle), Run::Due) => obstacle.next_attempt.is_some_and(|at| at <= now),
            (None, Run::Due) => false,
            (_, Run::All) => !matches!(shipment.phase(), Phase::Unconfirmed(_)),
        }
    }
}

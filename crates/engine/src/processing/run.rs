//! Run over open shipments: several concurrently, read in pages.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::channel::mpsc;
use futures::{FutureExt as _, Stream, StreamExt as _, stream};
use keyferry_domain::ports::{
    Cursor, OpenCounts, Page, REPAIR, ShipmentFilter, ShipmentSort, StoreError, Stored, Summary, is_held,
};
use keyferry_domain::{Lane, ObstacleClass, Party, Phase, PhaseName, ShipmentId, Timestamp};
use tracing::Instrument as _;

use super::advance::{Advance, is_stopped};
use super::gate::{Entry, Gate};
use super::pass::Pass;
use super::report::{Run, RunReport};
use super::worked::Worked;
use crate::context::Context;
use crate::failures::{explain, findings};
use crate::metrics::Tally;
use crate::outages::number_on_hold;
use crate::person::MailPass;
use crate::withdrawals::finish_all;

/// Processes all shipments that the run selects.
pub(super) async fn run_over(context: &Context, run: Run, tally: &mut Tally) -> RunReport {
    let mut report = RunReport::default();
    let under_way = UnderWay::new(context, run);
    if let Err(error) = Lane::Bulk.scope(under_way.process_open(tally, &mut report)).await {
        under_way.gate.outages.add(Party::Store, explain(&findings::store(&error)));
    }
    // Shipments on hold have no next attempt. A run over all shipments processes those that come after the recovery.
    let is_missing_some = run == Run::Due || under_way.gate.has_skipped();
    let recovered = (under_way.gate.has_recovered() && is_missing_some).then(|| context.now());
    report.outages = under_way.gate.outages.into_inner();
    report.resume_at = recovered.or_else(|| context.cooldowns.last_end(context.ports.clock.as_ref()));
    report_outages(context, &report.outages, tally).await;
    context.outages.replace(&report.outages);
    report
}

/// Processes one shipment at once, unless another worker processes it. Returns the reason of an outage that prevents
/// it.
pub(crate) async fn process_one(context: &Context, id: ShipmentId, phase: PhaseName) -> Option<String> {
    let under_way = UnderWay::new(context, Run::All);
    match under_way.work_on(Pass::Keys, id, phase).await {
        Worked::Outage(_, reason) => Some(reason),
        _ => None,
    }
}

/// Logs each outage once, with the number of shipments that it puts on hold.
async fn report_outages(context: &Context, outages: &BTreeMap<Party, String>, tally: &Tally) {
    if outages.is_empty() {
        return;
    }
    // Shipments may have entered phases in this run that need the party.
    let counts = match outages.contains_key(&Party::Store) {
        true => None,
        false => context.ports.shipments.counts(&ShipmentFilter::default()).await.ok(),
    };
    for (party, reason) in outages {
        let counts = counts.as_ref().unwrap_or(&tally.counts);
        let shipments = number_on_hold(*party, counts, context.ports.pin_delivery.addressing());
        tracing::error!(%party, %reason, shipments, "dependency is failing; affected shipments are on hold");
    }
}

/// First damage of the store that the run met. The run continues with what can be read, and reports the damage at its
/// end.
#[derive(Default)]
struct Damage(Option<StoreError>);

impl Damage {
    /// Returns `None` for what cannot be read because of damage.
    fn spare<T>(&mut self, read: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
        match read {
            Err(error @ StoreError::Damaged(_)) => {
                self.0.get_or_insert(error);
                Ok(None)
            }
            read => read.map(Some),
        }
    }
}

/// What was read of a listing.
#[derive(Default)]
struct Read {
    listed: usize,
    broken: usize,
    failed: Option<StoreError>,
}

/// Run in progress.
struct UnderWay<'a> {
    context: &'a Context,
    run: Run,
    gate: Gate<'a>,
    /// Shipments that the first pass registered.
    registered: Mutex<BTreeSet<ShipmentId>>,
    /// Where the first pass puts them, so that their PINs are delivered.
    ready: Mutex<Option<mpsc::UnboundedSender<(ShipmentId, PhaseName)>>>,
    /// Shipments that met an obstacle in this run. It does not process them again.
    obstructed: Mutex<BTreeSet<ShipmentId>>,
}

impl<'a> UnderWay<'a> {
    fn new(context: &'a Context, run: Run) -> Self {
        let (registered, ready, obstructed) = Default::default();
        Self { context, run, gate: Gate::new(context), registered, ready, obstructed }
    }

    async fn process_open(&self, tally: &mut Tally, report: &mut RunReport) -> Result<(), StoreError> {
        let withdrawn = self.finish_withdrawals(report).await?;
        if self.gate.outages.hold_all() {
            report.next_due = withdrawn;
            return Ok(());
        }
        let store = &self.context.ports.shipments;
        let mut damage = Damage::default();
        tally.counts = damage.spare(store.counts(&ShipmentFilter::default()).await)?.unwrap_or_default();
        let open = ShipmentFilter::phases(&PhaseName::OPEN);
        let oldest = damage.spare(store.query(&open, ShipmentSort::Id, None, 1).await)?;
        tally.oldest = oldest.and_then(|page| page.items.first().map(|summary| summary.created_at));
        damage.spare(self.compare_index(report).await)?;

        damage.spare(self.register_and_hand_over(report).await)?;
        damage.spare(self.run_pass(Pass::Pins, report).await)?;
        report.next_due = self.next_due(&mut damage).await?;
        if report.next_due.is_some_and(|due| due <= self.context.now()) {
            let pause = self.mail_persons(&mut damage).await?;
            let next = self.next_due(&mut damage).await?;
            report.next_due = next.map(|next| pause.map_or(next, |pause| next.max(pause)));
        }
        report.next_due = report.next_due.into_iter().chain(withdrawn).min();
        damage.0.map_or(Ok(()), Err)
    }

    /// Returns the earliest next attempt.
    async fn next_due(&self, damage: &mut Damage) -> Result<Option<Timestamp>, StoreError> {
        let wanted = Run::to_be_retried(!self.context.settings.person_mails.is_empty());
        let next = self.context.ports.shipments.query(&wanted, ShipmentSort::NextAttempt, None, 1).await;
        let next = damage.spare(next)?;
        Ok(next.and_then(|page| page.items.first().and_then(|summary| summary.next_attempt)))
    }

    /// Sends the mails to persons that are due, after all other work. Returns the time before which there is no need to
    /// look at mails again.
    async fn mail_persons(&self, damage: &mut Damage) -> Result<Option<Timestamp>, StoreError> {
        let needed = [Party::PinDelivery, Party::IdentityProvider, Party::TokenEndpoint];
        if needed.into_iter().any(|party| self.gate.outages.is_out(party)) || self.context.stopping.is_cancelled() {
            return Ok(None);
        }
        Ok(damage.spare(MailPass::new(self.context).run().await)?.flatten())
    }

    /// Does what interrupted requests to withdraw keys left. First, because a lost key can still be used. Returns the
    /// time of the next attempt.
    async fn finish_withdrawals(&self, report: &mut RunReport) -> Result<Option<Timestamp>, StoreError> {
        if self.gate.outages.is_out(Party::Store) || self.gate.outages.is_out(Party::IdentityProvider) {
            return Ok(None);
        }
        let withdrawn = match Box::pin(finish_all(self.context, self.run == Run::Due)).await {
            // What can be read is processed all the same.
            Err(StoreError::Damaged(reason)) => {
                tracing::error!(reason, "could not list withdrawn shipments because the store is damaged");
                return Ok(None);
            }
            withdrawn => withdrawn?,
        };
        report.processed += withdrawn.processed;
        report.moved += withdrawn.moved;
        report.obstructed += withdrawn.obstructed;
        report.broken += withdrawn.broken;
        for (party, reason) in withdrawn.outages {
            self.gate.outages.add(party, reason);
        }
        Ok(withdrawn.next_due)
    }

    /// Compares the numbers of open shipments by table and by index. If they differ, the run does not find some
    /// shipments.
    async fn compare_index(&self, report: &mut RunReport) -> Result<(), StoreError> {
        let Some(counts) = self.context.ports.shipments.open_counts().await? else { return Ok(()) };
        let OpenCounts { by_table, by_index } = counts;
        let difference = by_table.abs_diff(by_index);
        if difference > 0 {
            tracing::error!(
                by_table,
                by_index,
                remedy = REPAIR,
                "table and index of the store differ in their number of open shipments; the run misses shipments"
            );
        }
        report.missing += difference;
        self.context.metrics.index_mismatch(difference);
        self.context.health.set_index_mismatch((difference > 0).then_some(counts));
        Ok(())
    }

    /// Makes the first pass, and meanwhile delivers the PINs of the keys that it registers: with workers of their own,
    /// so that a PIN delivery that hangs delays no registration, and no PIN waits for the last key of a large run.
    async fn register_and_hand_over(&self, report: &mut RunReport) -> Result<(), StoreError> {
        let (registered, ready) = mpsc::unbounded();
        let mut handed_over = Vec::new();
        let keys = async {
            *lock(&self.ready) = Some(registered);
            let result = self.run_pass(Pass::Keys, report).await;
            lock(&self.ready).take();
            result
        };
        let pins = self.work_on_all(Pass::Pins, ready, |_, worked| handed_over.push(worked));
        let (result, ()) = tokio::join!(keys, pins);
        handed_over.iter().for_each(|worked| report.count_again(worked));
        result
    }

    async fn run_pass(&self, pass: Pass, report: &mut RunReport) -> Result<(), StoreError> {
        for (wanted, sort) in self.run.listings(pass, self.context.now()) {
            self.run_listing(pass, &wanted, sort, report).await?;
        }
        Ok(())
    }

    async fn run_listing(
        &self,
        pass: Pass,
        wanted: &ShipmentFilter,
        sort: ShipmentSort,
        report: &mut RunReport,
    ) -> Result<(), StoreError> {
        let read = Mutex::new(Read::default());
        // No pause between pages: a shipment whose calls take long does not hold those of the next page, and failures
        // at the end of each page would follow each other.
        let pages = stream::unfold(Some(None), |after: Option<Option<Cursor>>| async {
            let page = self.read_page(pass, wanted, sort, after?.as_ref(), &read).await?;
            let items: Vec<_> = page.items.into_iter().map(|summary| (summary.id, summary.phase)).collect();
            Some((stream::iter(items), page.next.map(Some)))
        });
        self.work_on_all(pass, pages.flatten().boxed(), |id, worked| self.count(pass, id, &worked, report)).await;
        let Read { broken, failed, .. } = read.into_inner().unwrap_or_else(PoisonError::into_inner);
        report.broken += broken;
        failed.map_or(Ok(()), Err)
    }

    /// Returns the next page. `None` if the run ends before it, or if it cannot be read.
    async fn read_page(
        &self,
        pass: Pass,
        wanted: &ShipmentFilter,
        sort: ShipmentSort,
        after: Option<&Cursor>,
        read: &Mutex<Read>,
    ) -> Option<Page<Summary>> {
        let context = self.context;
        if context.stopping.is_cancelled() || self.gate.outages.hold_all() {
            return None;
        }
        let page = context.ports.shipments.query(wanted, sort, after, 100).await;
        let mut read = lock(read);
        match page {
            Ok(page) => {
                for (key, reason) in &page.broken {
                    tracing::error!(record = %key, %reason, "skipped record that cannot be read completely");
                }
                read.broken += page.broken.len();
                read.listed += page.items.len();
                Some(page)
            }
            Err(error) => {
                if let StoreError::Damaged(reason) = &error {
                    let listed = read.listed;
                    tracing::error!(
                        reason,
                        listed,
                        ?pass,
                        "could not read a page of open shipments because the store is damaged; the shipments after \
                         the listed ones are not processed"
                    );
                }
                read.failed = Some(error);
                None
            }
        }
    }

    async fn work_on_all(
        &self,
        pass: Pass,
        shipments: impl Stream<Item = (ShipmentId, PhaseName)> + Send,
        mut each: impl FnMut(ShipmentId, Worked) + Send,
    ) {
        let work = shipments
            .map(|(id, phase)| async move {
                let worked = self.work_on(pass, id, phase).await;
                match &worked {
                    Worked::Outage(party, reason) => _ = self.gate.outages.add(*party, reason.clone()),
                    Worked::Obstructed => _ = lock(&self.obstructed).insert(id),
                    _ => {}
                }
                (id, worked)
            })
            .buffer_unordered(self.context.settings.concurrency);
        let mut work = pin!(work);
        while let Some((id, worked)) = work.next().await {
            each(id, worked);
        }
    }

    fn count(&self, pass: Pass, id: ShipmentId, worked: &Worked, report: &mut RunReport) {
        if pass == Pass::Pins && self.registered().contains(&id) {
            report.count_again(worked);
            return;
        }
        if *worked == Worked::Registered {
            self.registered().insert(id);
            if let Some(ready) = &*lock(&self.ready) {
                // Fails only if the run was dropped.
                let _ = ready.unbounded_send((id, PhaseName::Registered));
            }
        }
        report.count(worked);
    }

    fn registered(&self) -> MutexGuard<'_, BTreeSet<ShipmentId>> {
        lock(&self.registered)
    }

    /// Advances one shipment as far as possible.
    async fn work_on(&self, pass: Pass, id: ShipmentId, phase: PhaseName) -> Worked {
        let context = self.context;
        let Some(entry) = self.gate.enter(phase).await.filter(|_| !context.stopping.is_cancelled()) else {
            return Worked::Skipped;
        };
        let result = async {
            // The record may have changed since the page was read, so check again whether the run selects it.
            match context.ports.shipments.get(id).await? {
                Some(stored) if self.is_wanted(pass, &stored) => self.advance(pass, stored, entry).await,
                _ => Ok(Worked::Skipped),
            }
        };
        match result.await {
            Ok(worked) => worked,
            Err(StoreError::Conflict(_)) => {
                tracing::info!(shipment = %id, "skipped shipment changed or claimed by another worker");
                Worked::Skipped
            }
            Err(StoreError::Damaged(reason)) => {
                tracing::error!(shipment = %id, reason, "could not read or write record because the store is damaged");
                Worked::Missing
            }
            Err(error @ StoreError::Unavailable(_)) => Worked::Outage(Party::Store, explain(&findings::store(&error))),
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

    async fn advance(&self, pass: Pass, stored: Stored, entry: Entry<'_>) -> Result<Worked, StoreError> {
        let context = self.context;
        let Stored { change, version, .. } = stored;
        let (id, phase) = (change.shipment().id(), change.shipment().phase().name());
        let claimed = context.unclaimed(id, &version, context.new_id());
        let advance = Advance { context, claimed: &claimed, gate: &self.gate, pass };
        // Catch panics, so that a bug hit by one shipment neither stops the others nor keeps the claim.
        let span = tracing::info_span!("shipment", shipment = %id, phase = phase.as_str());
        let work = async {
            match AssertUnwindSafe(advance.advance(change, entry).instrument(span)).catch_unwind().await {
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

    fn is_wanted(&self, pass: Pass, stored: &Stored) -> bool {
        let context = self.context;
        let (now, shipment) = (context.now(), stored.shipment());
        let is_claimed = stored.claim.as_ref().is_some_and(|claim| claim.is_valid(now, context.settings.claim));
        let is_done = lock(&self.obstructed).contains(&shipment.id());
        if is_claimed || is_done || !pass.covers(shipment.phase().name()) || is_stopped(shipment) {
            return false;
        }
        if let Phase::Submitting(submitting) = shipment.phase() {
            return !is_held(submitting.until, now, context.settings.submitting_claim)
                && !context.is_creating(shipment.id());
        }
        if pass == Pass::Pins && self.registered().contains(&shipment.id()) {
            return true;
        }
        match (shipment.obstacle(), self.run) {
            (Some(obstacle), _) if obstacle.class == ObstacleClass::Final => false,
            (Some(obstacle), Run::Due) => obstacle.next_attempt.is_some_and(|at| at <= now),
            (None, Run::Due) => false,
            (_, Run::All) => !matches!(shipment.phase(), Phase::Unconfirmed(_)),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

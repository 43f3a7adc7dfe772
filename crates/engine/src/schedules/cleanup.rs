//! Clean-up of old shipments and batches, orphaned secrets and expired idempotency keys.

use std::time::Duration;

use chrono::{Days, NaiveTime, TimeDelta};
use keyferry_domain::ports::{JournalEntry, SecretName, ShipmentFilter, ShipmentSort, StoreError, Stored, TimeRange};
use keyferry_domain::{CancelledBy, ObstacleClass, Phase, PhaseName, Shipment, ShipmentId, Timestamp};

use super::cleanup_batches::CleanUpBatches;
use crate::context::Context;
use crate::person::is_wanted;
use crate::pins::is_window_over;

/// Age after which a secret without a record is an orphan. An order stores its secret before its record, so a new
/// secret may still get one.
const ORPHAN_AGE: Duration = Duration::from_secs(3600);

/// Age after which a delivery to a webhook is deleted, unless it is still to be sent.
const DELIVERY_AGE: Duration = Duration::from_secs(30 * 24 * 3600);

/// Report of a clean-up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CleanupReport {
    /// Number of deleted shipments, with their secrets, history and idempotency records.
    pub shipments: usize,
    /// Number of deleted batches, with their rows.
    pub batches: usize,
    /// Number of deleted secrets that no record needs.
    pub orphaned_secrets: usize,
    /// Number of deleted expired idempotency records.
    pub idempotency_records: u64,
}

/// Clean-up.
pub(super) struct CleanUp<'a>(pub(super) &'a Context);

impl CleanUp<'_> {
    /// Deletes shipments and batches that finished more than the configured number of days ago, batches that were never
    /// submitted, orphaned secrets and expired idempotency records.
    pub(super) async fn run(&self) -> Result<CleanupReport, StoreError> {
        let now = self.0.now();
        let mut report = CleanupReport::default();
        let cutoff = self.cutoff(now);
        if let Some(before) = cutoff {
            report.shipments = self.delete_settled(before).await?;
        }
        report.batches = CleanUpBatches(self.0).run(now, cutoff).await?;
        report.orphaned_secrets = self.sweep_secrets(now).await?;
        report.idempotency_records = self.0.ports.idempotency.sweep(now - self.0.settings.idempotency_lifetime).await?;
        for stored in self.0.ports.webhooks.webhooks().await? {
            self.0.ports.webhooks.sweep_deliveries(stored.webhook.id, now - DELIVERY_AGE).await?;
        }
        // The data are deleted already, so a failure delays only the release of their space.
        if let Err(error) = self.0.ports.shipments.tidy().await {
            tracing::warn!(%error, "could not release the space of deleted data; the next clean-up tries again");
        }
        tracing::info!(?report, "clean-up finished");
        Ok(report)
    }

    /// Returns the start of the day (UTC) before which finished shipments are deleted. `None` keeps all.
    fn cutoff(&self, now: Timestamp) -> Option<Timestamp> {
        let days = u64::from(self.0.settings.cleanup_completed_days);
        if days == 0 {
            return None;
        }
        let day = now.date_naive().checked_sub_days(Days::new(days))?;
        Some(day.and_time(NaiveTime::MIN).and_utc())
    }

    async fn delete_settled(&self, before: Timestamp) -> Result<usize, StoreError> {
        const SETTLED: [PhaseName; 3] = [PhaseName::Complete, PhaseName::Cancelled, PhaseName::Refused];
        let mut deleted = 0;
        let mut after = None;
        loop {
            // A shipment cannot finish before it is created, so this filter misses none.
            let old = ShipmentFilter { created: TimeRange::before(before), ..ShipmentFilter::phases(&SETTLED) };
            let page = self.0.ports.shipments.query(&old, ShipmentSort::Id, after.as_ref(), 100).await?;
            for summary in page.items {
                deleted += usize::from(self.delete_if_settled(summary.id, before).await?);
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(deleted),
            }
        }
    }

    async fn delete_if_settled(&self, id: ShipmentId, before: Timestamp) -> Result<bool, StoreError> {
        match self.0.ports.shipments.get(id).await {
            Ok(Some(stored)) if self.is_settled_before(stored.shipment(), before) => self.delete(&stored).await,
            // An operator may still repair an unreadable record.
            Ok(_) | Err(StoreError::Broken { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Deletes the record first: if it was changed since, nothing else must be deleted. If the process dies in between,
    /// a later clean-up deletes the rest. What is sealed about the person, which few shipments have, is swept.
    async fn delete(&self, stored: &Stored) -> Result<bool, StoreError> {
        let id = stored.shipment().id();
        // Before the deletion: a record that is missing without this entry looks like a restored database.
        self.0.ledger.write(JournalEntry::Deleted { shipment: id, at: self.0.now() }).await?;
        match self.0.ports.shipments.delete(id, &stored.version).await {
            Ok(()) => {}
            Err(StoreError::Conflict(_)) => return Ok(false),
            Err(error) => return Err(error),
        }
        self.0.ports.secrets.purge(&SecretName::of(id)).await?;
        self.0.ports.secrets.purge(&SecretName::of_order(id)).await?;
        self.0.ports.idempotency.release(id).await?;
        Ok(true)
    }

    /// Returns whether the shipment finished before this time, and nothing is left that a run will do: a step of a
    /// withdrawal, or word about a lost key, which is sent or given up in about four days.
    fn is_settled_before(&self, shipment: &Shipment, before: Timestamp) -> bool {
        let is_retried = shipment.obstacle().is_none_or(|obstacle| obstacle.class != ObstacleClass::Final);
        let is_owed = shipment.owed_word_of_loss().is_some_and(|mail| is_wanted(&self.0.settings, mail));
        let is_unfinished = shipment.is_being_withdrawn() && is_retried;
        let is_over = !is_unfinished && !is_owed;
        settled_at(shipment.phase()).is_some_and(|at| at < before) && is_over
    }

    async fn sweep_secrets(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut swept = 0;
        let mut after = None;
        loop {
            let (names, next) = self.0.ports.secrets.list(after.as_ref()).await?;
            for (name, put_at) in names {
                if put_at + ORPHAN_AGE < now && self.is_orphan(&name).await? {
                    self.0.ports.secrets.purge(&name).await?;
                    tracing::info!(secret = %name, "deleted orphaned secret");
                    swept += 1;
                }
            }
            match next {
                Some(next) => after = Some(next),
                None => return Ok(swept),
            }
        }
    }

    /// Returns whether a withdrawal that is not finished will queue the order.
    async fn is_planned(&self, order: ShipmentId) -> Result<bool, StoreError> {
        let filter = ShipmentFilter { being_withdrawn: true, ..ShipmentFilter::default() };
        let mut after = None;
        loop {
            let page = self.0.ports.shipments.query(&filter, ShipmentSort::Id, after.as_ref(), 100).await?;
            for summary in page.items {
                let found = match self.0.ports.shipments.get(summary.id).await {
                    // An operator may still repair an unreadable record.
                    Err(StoreError::Broken { .. }) => return Ok(true),
                    found => found?,
                };
                let withdrawal = found.as_ref().and_then(|stored| stored.shipment().withdrawal());
                let replacement = withdrawal.and_then(|withdrawal| withdrawal.replacement);
                if replacement.is_some_and(|replacement| replacement.shipment == order) {
                    return Ok(true);
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(!page.broken.is_empty());
            }
        }
    }

    async fn is_orphan(&self, name: &SecretName) -> Result<bool, StoreError> {
        let shipment = match name {
            SecretName::Webhook(id) => return Ok(self.0.ports.webhooks.webhook(*id).await?.is_none()),
            SecretName::Shipment(shipment) | SecretName::Order(shipment) | SecretName::Person(shipment) => *shipment,
        };
        if self.0.is_creating(shipment) {
            return Ok(false);
        }
        match self.0.ports.shipments.get(shipment).await {
            // The order of a replacement is stored before its record.
            Ok(None) if matches!(name, SecretName::Order(_)) => Ok(!self.is_planned(shipment).await?),
            Ok(None) => Ok(true),
            Ok(Some(stored)) if matches!(name, SecretName::Order(_)) => Ok(!may_be_sent(stored.shipment().phase())),
            Ok(Some(stored)) if matches!(name, SecretName::Person(_)) => {
                let (shipment, now) = (stored.shipment(), self.0.now());
                let links = TimeDelta::days(self.0.settings.person_link_days.into());
                let ended = match shipment.phase() {
                    // Until then, its links lead to a page that names what to do.
                    Phase::Complete(complete) => complete.at + links < now && shipment.due_mail().is_none(),
                    phase => needs_no_secret(phase),
                };
                Ok(ended)
            }
            Ok(Some(stored)) => {
                let (settings, phase) = (&self.0.settings, stored.shipment().phase());
                // The window itself starts before the completion: a read of each secret would only find an earlier end.
                let window_over = match phase {
                    Phase::Complete(complete) => is_window_over(settings, complete.at, self.0.now()),
                    _ => false,
                };
                Ok((settings.delete_secrets_after_window && window_over) || needs_no_secret(phase))
            }
            // An operator may still repair an unreadable record, which then needs its secret.
            Err(StoreError::Broken { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Returns whether the queued order of the shipment may still have to be sent.
fn may_be_sent(phase: &Phase) -> bool {
    matches!(phase, Phase::Queued(_) | Phase::Submitting(_) | Phase::Unconfirmed(_))
}

/// Returns whether the shipment can never use its secret again. A shipment that processing cancelled can be retried.
fn needs_no_secret(phase: &Phase) -> bool {
    match phase {
        Phase::Refused(_) => true,
        Phase::Cancelled(cancelled) => matches!(cancelled.by, CancelledBy::Caller(_)),
        _ => false,
    }
}

fn settled_at(phase: &Phase) -> Option<Timestamp> {
    match phase {
        Phase::Complete(complete) => Some(complete.at),
        Phase::Cancelled(cancelled) => Some(cancelled.at),
        Phase::Refused(refused) => Some(refused.at),
        _ => None,
    }
}

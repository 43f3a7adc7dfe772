//! Comparison of database and journal.

use std::collections::HashSet;
use std::sync::Arc;

use keyferry_domain::ports::{Acceptance, JournalContent, JournalEntry, StoreError};
use keyferry_domain::{Journal, Phase, ShipmentId, ShipmentStore};

use super::hold::Unrecorded;
use super::record::accept_late;
use super::resume::resume_when_recorded;
use crate::context::Context;

/// Number of entries in sequence whose fact the database must contain for older ones not to be compared: a database
/// that was restored lacks the newest entries first. Several, as a fact is written to the journal before the database,
/// and by several processes at once.
const CONTAINED: usize = 100;

/// Result of the comparison of database and journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Continuity {
    /// Accepted orders of which the database has no record, or one that still waits in the queue, newest first.
    pub missing: Vec<Acceptance>,
    /// Orders whose response was lost, and of which the database has no record, or one that still waits in the queue,
    /// newest first.
    pub unconfirmed: Vec<ShipmentId>,
    /// Shipments whose PIN was sent, but that the database has in an earlier phase, newest first.
    pub behind: Vec<ShipmentId>,
    /// Accepted orders whose record does not know yet that they were accepted, newest first.
    pub unrecorded: Vec<Acceptance>,
    /// Places of the journal that cannot be read.
    pub unreadable: Vec<String>,
}

impl Continuity {
    /// Compares the database with the journal, newest entries first, back to the last confirmation.
    ///
    /// # Errors
    /// The error of the store or the journal.
    pub async fn of(journal: &dyn Journal, shipments: &dyn ShipmentStore) -> Result<Self, StoreError> {
        compare_content(journal.read().await?, shipments).await
    }

    /// Returns whether the database contains everything that the journal says. If not, it was restored from a backup or
    /// is another one, and orders and PINs could be repeated.
    pub fn is_intact(&self) -> bool {
        self.missing.is_empty() && self.unconfirmed.is_empty() && self.behind.is_empty()
    }
}

async fn compare_content(content: JournalContent, shipments: &dyn ShipmentStore) -> Result<Continuity, StoreError> {
    let mut found = Continuity { unreadable: content.unreadable, ..Continuity::default() };
    let recent = content.entries.iter().rev().take_while(|entry| !matches!(entry, JournalEntry::Reconciled { .. }));
    let (mut deleted, mut adopted, mut contained) = (HashSet::new(), HashSet::new(), 0);
    for entry in recent {
        if contained == CONTAINED {
            break;
        }
        let id = match entry {
            JournalEntry::Deleted { shipment, .. } => {
                // Its record is also absent from a database that never had it.
                deleted.insert(*shipment);
                continue;
            }
            JournalEntry::Reconciled { .. } => continue,
            JournalEntry::Accepted(Acceptance { shipment, .. })
            | JournalEntry::Unconfirmed { shipment, .. }
            | JournalEntry::PinSent { shipment, .. } => *shipment,
        };
        if deleted.contains(&id) {
            continue;
        }
        let stored = match shipments.get(id).await {
            // It exists. Runs and the check of the store report it.
            Err(StoreError::Broken { .. }) => continue,
            stored => stored?,
        };
        match (entry, stored.as_ref().map(|stored| stored.shipment().phase())) {
            (JournalEntry::Accepted(acceptance), None | Some(Phase::Queued(_))) => {
                adopted.insert(id);
                found.missing.push(acceptance.clone());
            }
            (JournalEntry::Accepted(acceptance), Some(Phase::Submitting(_) | Phase::Unconfirmed(_))) => {
                found.unrecorded.push(acceptance.clone());
            }
            (JournalEntry::Unconfirmed { .. }, None | Some(Phase::Queued(_))) => {
                // If the order was found and adopted, the acceptance is in the journal, too.
                if !adopted.contains(&id) {
                    found.unconfirmed.push(id);
                }
            }
            // A PIN is sent only after the registration was recorded.
            (
                JournalEntry::PinSent { .. },
                Some(
                    Phase::Queued(_)
                    | Phase::Submitting(_)
                    | Phase::Unconfirmed(_)
                    | Phase::Accepted(_)
                    | Phase::Fulfilled(_),
                ),
            ) => found.behind.push(id),
            // The database does not contain it, but nothing is repeated: a run looks it up, or in the journal.
            (JournalEntry::Unconfirmed { .. }, Some(Phase::Submitting(_)))
            | (JournalEntry::PinSent { .. }, None | Some(Phase::Registered(_))) => {}
            _ => {
                contained += 1;
                continue;
            }
        }
        contained = 0;
    }
    Ok(found)
}

/// Compares the database with the journal, and records accepted orders that the last process could not record.
pub(crate) async fn compare(context: &Arc<Context>) -> Result<Continuity, StoreError> {
    let content = context.ledger.load().await?;
    let found = compare_content(content, context.ports.shipments.as_ref()).await?;
    for acceptance in &found.unrecorded {
        record(context, acceptance).await;
    }
    Ok(found)
}

/// Confirms all differences, so that the next start accepts the database.
pub(crate) async fn confirm(context: &Context) -> Result<(), StoreError> {
    context.ledger.write(JournalEntry::Reconciled { at: context.now() }).await
}

/// Records the acceptance. If that fails, ordering stops until it succeeds.
async fn record(context: &Arc<Context>, acceptance: &Acceptance) {
    let Acceptance { shipment: id, delivery_id, .. } = acceptance;
    match accept_late(context, *id, delivery_id, None).await {
        Ok(()) => tracing::info!(shipment = %id, %delivery_id, "recorded accepted order from the journal"),
        Err(error) => {
            tracing::error!(shipment = %id, %delivery_id, %error,
                "could not record accepted order from the journal; ordering is stopped until it is recorded");
            let reason = format!("shipment {id} was accepted as {delivery_id}, but could not be recorded ({error})");
            let missing = Unrecorded { delivery_id: delivery_id.clone(), correlation: None };
            if context.ordering.stop(reason, Some((*id, missing))) {
                resume_when_recorded(context);
            }
        }
    }
}

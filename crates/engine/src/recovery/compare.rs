//! Comparison of database and journal at start.

use std::collections::HashSet;
use std::sync::Arc;

use keyferry_domain::ports::{Acceptance, JournalEntry, StoreError};
use keyferry_domain::{PhaseName, ShipmentId};

use super::hold::Unrecorded;
use super::record::accept_late;
use super::resume::resume_when_recorded;
use crate::context::Context;

/// Number of entries that are compared at least. Older ones are compared only if one of these differs: a database that
/// was restored lacks the newest entries first.
const BATCH: usize = 100;

/// Result of the comparison of database and journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Continuity {
    /// Accepted orders of which the database has no record, newest first.
    pub missing: Vec<Acceptance>,
    /// Shipments whose PIN was sent, but that the database has in an earlier phase, newest first.
    pub behind: Vec<ShipmentId>,
    /// Accepted orders that the last process could not record, and that are recorded now.
    pub recorded: Vec<ShipmentId>,
    /// Places of the journal that cannot be read.
    pub unreadable: Vec<String>,
}

impl Continuity {
    /// Returns whether the database contains everything that the journal says. If not, it was restored from a backup or
    /// is another one, and orders and PINs could be repeated.
    pub fn is_intact(&self) -> bool {
        self.missing.is_empty() && self.behind.is_empty()
    }
}

/// Compares the database with the journal, newest entries first, back to the last confirmation. Records accepted orders
/// that the last process could not record.
pub(crate) async fn compare(context: &Arc<Context>) -> Result<Continuity, StoreError> {
    let content = context.ledger.load().await?;
    let mut found = Continuity { unreadable: content.unreadable, ..Continuity::default() };
    let entries = content.entries.iter().rev();
    let recent = entries.take_while(|entry| !matches!(entry, JournalEntry::Reconciled { .. }));
    let (mut deleted, mut differs) = (HashSet::new(), false);
    for (index, entry) in recent.enumerate() {
        if index >= BATCH && index % BATCH == 0 && !std::mem::take(&mut differs) {
            break;
        }
        match entry {
            JournalEntry::Deleted { shipment, .. } => {
                deleted.insert(*shipment);
            }
            JournalEntry::Accepted(acceptance) if !deleted.contains(&acceptance.shipment) => {
                differs |= compare_acceptance(context, acceptance, &mut found).await?;
            }
            JournalEntry::PinSent { shipment, .. } if !deleted.contains(shipment) => {
                if is_behind(context, *shipment).await? {
                    found.behind.push(*shipment);
                    differs = true;
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

/// Confirms all differences, so that the next start accepts the database.
pub(crate) async fn confirm(context: &Context) -> Result<(), StoreError> {
    context.ledger.write(JournalEntry::Reconciled { at: context.now() }).await
}

/// Returns whether the record is missing.
async fn compare_acceptance(
    context: &Arc<Context>,
    acceptance: &Acceptance,
    found: &mut Continuity,
) -> Result<bool, StoreError> {
    let Acceptance { shipment: id, delivery_id, .. } = acceptance;
    let Some(stored) = context.ports.shipments.get(*id).await? else {
        found.missing.push(acceptance.clone());
        return Ok(true);
    };
    if !matches!(stored.shipment().phase().name(), PhaseName::Submitting | PhaseName::Unconfirmed) {
        return Ok(false);
    }
    match accept_late(context, *id, delivery_id, None).await {
        Ok(()) => {
            tracing::info!(shipment = %id, %delivery_id, "recorded accepted order from the journal");
            found.recorded.push(*id);
        }
        Err(error) => {
            tracing::error!(shipment = %id, %delivery_id, %error,
                "could not record accepted order from the journal; ordering is stopped until it is recorded");
            let missing = Unrecorded { delivery_id: delivery_id.clone(), correlation: None };
            if context.ordering.stop(
                format!("shipment {id} was accepted as {delivery_id}, but could not be recorded: {error}"),
                Some((*id, missing)),
            ) {
                resume_when_recorded(context);
            }
        }
    }
    Ok(false)
}

/// Returns whether the record is in a phase from which no PIN can have been sent.
async fn is_behind(context: &Context, id: ShipmentId) -> Result<bool, StoreError> {
    let Some(stored) = context.ports.shipments.get(id).await? else { return Ok(false) };
    let phase = stored.shipment().phase().name();
    Ok(matches!(phase, PhaseName::Submitting | PhaseName::Unconfirmed | PhaseName::Accepted | PhaseName::Fulfilled))
}

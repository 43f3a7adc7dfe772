//! Return of a key: its passkey is removed, and its story ends.

use std::sync::Arc;

use keyferry_domain::ports::{ShipmentFilter, ShipmentSort, StoreError};
use keyferry_domain::{Caller, PhaseName, SerialNumber, Shipment, ShipmentId, Withdrawal, WithdrawalCause};

use super::decision::Undecided;
use super::task::in_own_task;
use super::withdraw::{Withdrawn, finish_now, mark, result};
use crate::context::Context;

/// Reason why a key was not marked as returned. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReturnKeyError {
    /// No shipment has a key with this serial number.
    #[error("no shipment has a key with serial number {0}")]
    NotFound(SerialNumber),
    /// The record was claimed or changed by others during all attempts.
    #[error("shipment {0} is being processed. Try again in a minute")]
    Busy(ShipmentId),
    /// The store failed. If the act was committed, runs finish it; the request can be repeated.
    #[error("{0}")]
    Store(StoreError),
}

impl From<StoreError> for ReturnKeyError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Commits the act, then does its steps. Runs in its own task.
pub(super) async fn return_key(
    context: &Arc<Context>,
    serial: &SerialNumber,
    by: Caller,
    reason: &str,
) -> Result<Withdrawn, ReturnKeyError> {
    let (task_context, serial, reason) = (context.clone(), serial.clone(), reason.to_owned());
    in_own_task(context, async move {
        let id = select(&task_context, &serial).await?;
        let at = task_context.now();
        let marked = mark(&task_context, id, |shipment| {
            let (by, reason) = (by.clone(), reason.clone());
            let withdrawal = Withdrawal { cause: WithdrawalCause::Returned, by, reason, at, replacement: None };
            Ok::<_, std::convert::Infallible>(Some(withdrawal).filter(|_| has_key(shipment, &serial)))
        });
        let change = marked.await.map_err(|undecided| match undecided {
            Undecided::NotFound => ReturnKeyError::NotFound(serial.clone()),
            Undecided::Busy => ReturnKeyError::Busy(id),
            Undecided::Refused(never) => match never {},
            Undecided::Store(error) => ReturnKeyError::Store(error),
        })?;
        if change.is_changed() {
            tracing::info!(shipment = %id, caller = %by, "operator marked key as returned");
        }
        let is_repeated = !change.is_changed();
        let finished = finish_now(&task_context, id).await?;
        result(&task_context, id, finished, is_repeated).await?.ok_or(ReturnKeyError::NotFound(serial))
    })
    .await
}

fn has_key(shipment: &Shipment, serial: &SerialNumber) -> bool {
    shipment.phase().fulfilled().is_some_and(|fulfilled| fulfilled.keys.iter().any(|key| key.serial == *serial))
}

/// Returns the newest shipment of the key that is not cancelled, or else the newest one: a delivery service can report
/// a serial number again after it was corrected.
async fn select(context: &Context, serial: &SerialNumber) -> Result<ShipmentId, ReturnKeyError> {
    let filter = ShipmentFilter { serial: Some(serial.clone()), ..ShipmentFilter::default() };
    let page = context.ports.shipments.query(&filter, ShipmentSort::Newest, None, 100).await?;
    let used = page.items.iter().find(|summary| summary.phase != PhaseName::Cancelled);
    let found = used.or_else(|| page.items.first()).map(|summary| summary.id);
    match (found, page.broken.into_iter().next()) {
        (Some(found), _) => Ok(found),
        (None, Some((id, reason))) => Err(StoreError::Broken { id, reason }.into()),
        (None, None) => Err(ReturnKeyError::NotFound(serial.clone())),
    }
}

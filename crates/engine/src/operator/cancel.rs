//! Cancellation of a shipment on request of an operator.

use std::sync::Arc;

use keyferry_domain::ports::StoreError;
use keyferry_domain::{Caller, Change, Note, PhaseName, Phased, Registered, ShipmentId};
use tracing::Instrument as _;

use super::decision::{Undecided, apply};
use crate::context::Context;
use crate::processing::process_one;

/// Reason why a shipment was not cancelled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CancelError {
    /// The shipment does not exist.
    #[error("shipment {0} does not exist")]
    NotFound(String),
    /// The shipment cannot be cancelled in this phase.
    #[error("cannot cancel shipment {id}: {why}")]
    WrongPhase {
        /// Id as given by the caller.
        id: String,
        /// Current phase.
        phase: PhaseName,
        /// What is in the way, and what to do.
        why: String,
    },
    /// The record was claimed or changed by others during all attempts, or its order is being sent.
    #[error("shipment {0} is being processed. Try again in a minute")]
    Busy(String),
    /// The store failed.
    #[error("{0}")]
    Store(StoreError),
}

/// What a cancellation applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cancellable {
    /// Any shipment whose key is not registered.
    Any,
    /// Only an order that waits in the queue.
    Waiting,
}

/// Records the cancellation, then asks the delivery service to delete the order.
///
/// The record comes first: from then on nothing is registered, whatever the delivery service does.
pub(super) async fn cancel(
    context: &Arc<Context>,
    id: &str,
    by: Caller,
    reason: &str,
    what: Cancellable,
) -> Result<(), CancelError> {
    let decided = apply(context, id, |change| match (what, change.shipment().phase().name()) {
        (Cancellable::Waiting, phase) if phase != PhaseName::Queued => {
            let why = "its order does not wait any more".to_owned();
            Err(CancelError::WrongPhase { id: id.to_owned(), phase, why })
        }
        _ => decide(context, id, change, &by, reason),
    })
    .await;
    let change = decided.map_err(|error| match error {
        Undecided::NotFound => CancelError::NotFound(id.to_owned()),
        Undecided::Busy => CancelError::Busy(id.to_owned()),
        Undecided::Refused(error) => error,
        Undecided::Store(error) => CancelError::Store(error),
    })?;
    let (shipment, phase) = (change.shipment().id(), change.shipment().phase().name());
    if change.is_changed() {
        tracing::info!(%shipment, caller = %by, "operator cancelled shipment");
    }
    match phase {
        PhaseName::Cancelling => ask_for_deletion(context, shipment).await,
        _ => {
            context.drop_secret(shipment).await;
            if change.shipment().phase().queued().is_some() {
                context.drop_queued_order(shipment).await;
            }
        }
    }
    Ok(())
}

/// Asks the delivery service to delete the order of a cancelled shipment, and waits for it for a while.
///
/// In its own task, which continues if the caller disconnects. If it takes long, or fails, a run does the same.
pub(super) async fn ask_for_deletion(context: &Arc<Context>, shipment: ShipmentId) {
    let task_context = context.clone();
    let work = async move { process_one(&task_context, shipment, PhaseName::Cancelling).await }.in_current_span();
    let asked = context.tasks.spawn(work);
    tokio::select! {
        biased;
        outcome = asked => if let Ok(Some(reason)) = outcome {
            let retry = "a later run retries";
            tracing::warn!(%shipment, reason, retry, "could not delete order of cancelled shipment");
        },
        () = context.ports.clock.sleep(context.settings.on_demand_wait) => {}
    }
}

fn decide(context: &Context, id: &str, change: Change, by: &Caller, reason: &str) -> Result<Change, CancelError> {
    let shipment = change.shipment();
    if context.is_creating(shipment.id()) {
        return Err(CancelError::Busy(id.to_owned()));
    }
    let phase = shipment.phase().name();
    let wrong = |why: String| Err(CancelError::WrongPhase { id: id.to_owned(), phase, why });
    let revoked = shipment.key_revoked_at().is_some();
    if let Some(registered) = shipment.phase().registered().filter(|_| !revoked) {
        return wrong(delete_method(registered));
    }
    let (note, by) = (Note::new(context.now(), reason), by.clone());
    match change.into_shipment().phased() {
        Phased::Queued(it) => Ok(it.request_cancel(by, note)),
        Phased::Unconfirmed(it) => Ok(it.request_cancel(by, note)),
        Phased::Accepted(it) => Ok(it.request_cancel(by, note)),
        Phased::Fulfilled(it) => Ok(it.request_cancel(by, note)),
        // A repeated request changes nothing, but asks the delivery service again.
        Phased::Cancelling(it) => Ok(Change::none(it)),
        Phased::Cancelled(it) => Ok(it.request_cancel(by, note)),
        Phased::Submitting(_) => wrong("its order is being sent. Try again in a few minutes".to_owned()),
        Phased::Refused(_) => wrong("its order was not placed, so there is nothing to cancel".to_owned()),
        Phased::Registered(_) | Phased::Complete(_) if revoked => {
            wrong("the passkey of its key was revoked, so there is nothing to cancel".to_owned())
        }
        Phased::Registered(_) | Phased::Complete(_) => {
            wrong("it was completed without a registration, and no run processes it".to_owned())
        }
    }
}

fn delete_method(registered: &Registered) -> String {
    let methods: Vec<_> = registered.credentials.iter().flatten().map(|one| one.method_id.as_str()).collect();
    format!(
        "its key is registered, and a cancellation would not disable it. Delete the user's authentication method {} in \
         the identity provider",
        methods.join(", ")
    )
}

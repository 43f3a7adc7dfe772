//! Decisions of an operator about a shipment.

use keyferry_domain::ports::StoreError;
use keyferry_domain::{
    Caller, Cancelling, Change, DeliveryId, Failure, In, Note, ObstacleClass, Phase, PhaseName, Phased,
};

use super::decision::{Undecided, apply};
use crate::context::{Context, shown_id};
use crate::failures::explain;
use crate::pins::close_link;

/// Decision of an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Complete a shipment whose key is registered. No run processes it again.
    Complete,
    /// Retry, even if the obstacle is final.
    Retry,
    /// Link the unconfirmed order to this shipment of the delivery service.
    Adopted(DeliveryId),
    /// End the watch over a cancelled shipment: its key was taken back or destroyed.
    Recalled,
    /// End the unconfirmed order: it was never placed.
    Abandoned,
}

/// Reason why a decision was not recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// The shipment does not exist.
    #[error("shipment {0} does not exist")]
    NotFound(String),
    /// The decision is not possible in this phase.
    #[error("shipment {id} is {}: {expected}", .phase.shown())]
    WrongPhase {
        /// Id as given by the caller.
        id: String,
        /// Current phase.
        phase: PhaseName,
        /// Precondition of the decision.
        expected: &'static str,
    },
    /// The record was claimed or changed by others during all attempts.
    #[error("shipment {0} is being processed. Try again in a minute")]
    Busy(String),
    /// The delivery service's id belongs to another shipment.
    #[error("the delivery service's shipment {delivery_id} already belongs to shipment {other}")]
    Taken {
        /// Delivery service's id.
        delivery_id: DeliveryId,
        /// Id of the other shipment, as shown to callers.
        other: String,
    },
    /// The delivery service could not confirm the id.
    #[error("{}", explain(.0))]
    Upstream(Failure),
    /// The store failed.
    #[error("{0}")]
    Store(StoreError),
}

pub(super) async fn resolve(
    context: &Context,
    id: &str,
    by: Caller,
    reason: String,
    outcome: Outcome,
) -> Result<(), ResolveError> {
    if let Outcome::Adopted(delivery_id) = &outcome {
        check_adoptable(context, id, delivery_id).await?;
    }
    let decided = apply(context, id, |change| decide(context, id, change, &by, &reason, &outcome)).await;
    let change = decided.map_err(|error| match error {
        Undecided::NotFound => ResolveError::NotFound(id.to_owned()),
        Undecided::Busy => ResolveError::Busy(id.to_owned()),
        Undecided::Refused(error) => error,
        Undecided::Store(error) => ResolveError::Store(error),
    })?;
    let shipment = change.shipment().id();
    tracing::info!(%shipment, caller = %by, ?outcome, "operator resolved shipment");
    if let Outcome::Adopted(delivery_id) = &outcome {
        // A database that is restored to a state from before the order does not know it.
        context.ledger.adopted(shipment, delivery_id.clone(), context.now()).await;
    }
    if outcome == Outcome::Complete {
        close_link(context, change.shipment()).await;
    }
    if matches!(outcome, Outcome::Recalled | Outcome::Abandoned) {
        context.drop_secret(shipment).await;
    }
    Ok(())
}

fn decide(
    context: &Context,
    id: &str,
    change: Change,
    by: &Caller,
    reason: &str,
    outcome: &Outcome,
) -> Result<Change, ResolveError> {
    if context.is_creating(change.shipment().id()) {
        // This process may still record that the order was accepted.
        return Err(ResolveError::Busy(id.to_owned()));
    }
    let phase = change.shipment().phase().name();
    let wrong = |expected| Err(ResolveError::WrongPhase { id: id.to_owned(), phase, expected });
    let by = || by.clone();
    let note = Note::new(context.now(), reason);
    Ok(match (outcome, change.into_shipment().phased()) {
        (Outcome::Complete, Phased::Registered(it)) => it.settle(by(), note),
        (Outcome::Complete, Phased::Complete(_)) => return wrong("there is nothing to resolve"),
        (Outcome::Complete, Phased::Refused(_)) => {
            return wrong("its order was not placed. There is nothing to resolve");
        }
        (Outcome::Complete, Phased::Submitting(_)) => {
            return wrong("its order is being sent. Try again in a few minutes");
        }
        (Outcome::Complete, Phased::Queued(_)) => return wrong("its order was not sent yet. Cancel it instead"),
        (Outcome::Complete, Phased::Unconfirmed(_) | Phased::Accepted(_) | Phased::Fulfilled(_)) => {
            return wrong("its key is not registered, so it cannot count as complete. Cancel the shipment instead");
        }
        (Outcome::Complete, Phased::Cancelling(_) | Phased::Cancelled(_)) => {
            return wrong("a cancelled shipment cannot count as complete");
        }
        (Outcome::Retry, Phased::Queued(it)) => it.retry(by(), note),
        (Outcome::Retry, Phased::Accepted(it)) => it.retry(by(), note),
        (Outcome::Retry, Phased::Fulfilled(it)) => it.retry(by(), note),
        (Outcome::Retry, Phased::Registered(it)) => it.retry(by(), note),
        (Outcome::Retry, Phased::Cancelled(it)) => match it.retry(by(), note) {
            Some(change) => change,
            None => return wrong("it was cancelled on request, which is final. Order a new key"),
        },
        (Outcome::Retry, _) => return wrong("only a queued or accepted order can be retried"),
        (Outcome::Recalled, Phased::Cancelling(it)) if is_passkey_sought(&it) => {
            return wrong(
                "whether an interrupted run registered its key is not known yet. Try again after the next run",
            );
        }
        (Outcome::Recalled, Phased::Cancelling(it)) => it.recall(by(), note),
        (Outcome::Recalled, _) => return wrong("only a cancelled shipment that is still watched can be recalled"),
        (Outcome::Adopted(delivery_id), Phased::Unconfirmed(it)) => {
            let note = Note { detail: format!("adopted as {delivery_id}: {reason}"), ..note };
            it.adopt(delivery_id.clone(), by(), note)
        }
        (Outcome::Abandoned, Phased::Unconfirmed(it)) => it.abandon(by(), note),
        (Outcome::Abandoned, _) => return wrong("only an unconfirmed order can be abandoned"),
        (Outcome::Adopted(_), _) => return wrong("only an unconfirmed order can be adopted"),
    })
}

/// Returns whether a run will look for a passkey of the key that no record names. After the recall, none could.
fn is_passkey_sought(it: &In<Cancelling>) -> bool {
    it.phase().maybe_registered().is_some() && it.obstacle().is_none_or(|met| met.class != ObstacleClass::Final)
}

async fn check_adoptable(context: &Context, id: &str, delivery_id: &DeliveryId) -> Result<(), ResolveError> {
    let found = context.look_up(id).await.map_err(ResolveError::Store)?;
    let found = found.ok_or_else(|| ResolveError::NotFound(id.to_owned()))?;
    let shipment = found.shipment();
    if !matches!(shipment.phase(), Phase::Unconfirmed(_)) {
        let expected = "only an unconfirmed order can be adopted";
        return Err(ResolveError::WrongPhase { id: id.to_owned(), phase: shipment.phase().name(), expected });
    }
    let other = context.ports.shipments.find(delivery_id).await.map_err(ResolveError::Store)?;
    if let Some(other) = other.filter(|other| other.shipment().id() != shipment.id()) {
        let other = shown_id(other.shipment());
        return Err(ResolveError::Taken { delivery_id: delivery_id.clone(), other });
    }
    context.ports.delivery_service.status(delivery_id).await.map(drop).map_err(ResolveError::Upstream)
}

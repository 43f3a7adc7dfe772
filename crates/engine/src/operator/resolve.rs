//! Decisions of an operator about a shipment.

use std::time::Duration;

use keyferry_domain::ports::{StoreError, Stored};
use keyferry_domain::{CallerId, Change, DeliveryId, Failure, Note, Phase, PhaseName, Phased};

use crate::context::{Context, shown_id};
use crate::failures::explain;

/// Decision of an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Complete the shipment. No run processes it again.
    Complete,
    /// Retry, even if the obstacle is final.
    Retry,
    /// Link the unconfirmed order to this shipment of the delivery service.
    Adopted(DeliveryId),
}

/// Reason why a decision was not recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// The shipment does not exist.
    #[error("shipment {0} does not exist")]
    NotFound(String),
    /// The decision is not possible in this phase.
    #[error("shipment {id} is {}: {expected}", .phase.as_str())]
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
    by: CallerId,
    reason: String,
    outcome: Outcome,
) -> Result<(), ResolveError> {
    if let Outcome::Adopted(delivery_id) = &outcome {
        check_adoptable(context, id, delivery_id).await?;
    }
    for _ in 0..5 {
        let found = context.look_up(id).await.map_err(ResolveError::Store)?;
        let Stored { change, version, claim } = found.ok_or_else(|| ResolveError::NotFound(id.to_owned()))?;
        if claim.is_some_and(|claim| claim.until > context.now()) {
            // The holder of the claim may be registering the key, which must be recorded first.
            context.ports.clock.sleep(Duration::from_secs(1)).await;
            continue;
        }
        let change = decide(context, id, change, &by, &reason, &outcome)?;
        match context.ports.shipments.commit(&change, &version).await {
            Ok(_) => {
                let shipment = change.shipment().id();
                tracing::info!(%shipment, caller = %by, ?outcome, "operator resolved shipment");
                return Ok(());
            }
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(ResolveError::Store(error)),
        }
    }
    Err(ResolveError::Busy(id.to_owned()))
}

fn decide(
    context: &Context,
    id: &str,
    change: Change,
    by: &CallerId,
    reason: &str,
    outcome: &Outcome,
) -> Result<Change, ResolveError> {
    let phase = change.shipment().phase().name();
    let wrong = |expected| Err(ResolveError::WrongPhase { id: id.to_owned(), phase, expected });
    let by = || by.clone();
    let note = Note::new(context.now(), reason);
    // Dropping an uncommitted completion by hand is safe: such a shipment is `Complete`, which every decision rejects.
    Ok(match (outcome, change.into_shipment().phased()) {
        (Outcome::Complete, Phased::Complete(_)) => return wrong("there is nothing to resolve"),
        (Outcome::Complete, Phased::Submitting(_)) => {
            return wrong("its order is being sent. Try again in a few minutes");
        }
        (Outcome::Complete, Phased::Refused(it)) => it.settle(by(), note),
        (Outcome::Complete, Phased::Unconfirmed(it)) => it.settle(by(), note),
        (Outcome::Complete, Phased::Accepted(it)) => it.settle(by(), note),
        (Outcome::Complete, Phased::Fulfilled(it)) => it.settle(by(), note),
        (Outcome::Complete, Phased::Registered(it)) => it.settle(by(), note),
        (Outcome::Complete, Phased::Cancelled(it)) => it.settle(by(), note),
        (Outcome::Retry, Phased::Accepted(it)) => it.retry(by(), note),
        (Outcome::Retry, Phased::Fulfilled(it)) => it.retry(by(), note),
        (Outcome::Retry, Phased::Registered(it)) => it.retry(by(), note),
        (Outcome::Retry, Phased::Cancelled(it)) => it.retry(by(), note),
        (Outcome::Retry, _) => return wrong("only an accepted order can be retried"),
        (Outcome::Adopted(delivery_id), Phased::Unconfirmed(it)) => {
            let note = Note { detail: format!("adopted as {delivery_id}: {reason}"), ..note };
            it.adopt(delivery_id.clone(), by(), note)
        }
        (Outcome::Adopted(_), _) => return wrong("only an unconfirmed order can be adopted"),
    })
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

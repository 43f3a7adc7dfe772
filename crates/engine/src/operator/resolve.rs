//! What only an operator can decide about a shipment.

use std::time::Duration;

use keyferry_domain::ports::{StoreError, Stored};
use keyferry_domain::{CallerId, Change, DeliveryId, Failure, Note, Phase, PhaseName, Phased};

use crate::context::{Context, shown_id};
use crate::failures::explain;

/// A person's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is settled: leave it alone from now on.
    Complete,
    /// Try again, even though an obstacle was final.
    Retry,
    /// The unconfirmed order is this one of the delivery service.
    Adopted(DeliveryId),
}

/// Why a person's word could not be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// There is no such shipment.
    #[error("no shipment {0} is known here")]
    NotFound(String),
    /// It makes no sense in this phase.
    #[error("shipment {id} is {}: {expected}", .phase.as_str())]
    WrongPhase {
        /// As the caller named it.
        id: String,
        /// Where it stands.
        phase: PhaseName,
        /// What this asks for.
        expected: &'static str,
    },
    /// The record changed again and again.
    #[error("shipment {0} is being worked on right now; try again in a minute")]
    Busy(String),
    /// Another shipment has this id of the delivery service.
    #[error("the delivery service's shipment {delivery_id} belongs to shipment {other} already")]
    Taken {
        /// The delivery service's id.
        delivery_id: DeliveryId,
        /// Whose it is.
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
            // Whoever works on it may be registering the key this moment; that must be recorded first.
            context.ports.clock.sleep(Duration::from_secs(1)).await;
            continue;
        }
        let change = decide(context, id, change, &by, &reason, &outcome)?;
        match context.ports.shipments.commit(&change, &version).await {
            Ok(_) => {
                let shipment = change.shipment().id();
                tracing::info!(%shipment, caller = %by, ?outcome, "a person decided about a shipment");
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
    // What was completed by hand is complete, so none of these takes up a change that is still to be committed.
    Ok(match (outcome, change.into_shipment().phased()) {
        (Outcome::Complete, Phased::Complete(_)) => return wrong("there is nothing to resolve"),
        (Outcome::Complete, Phased::Submitting(_)) => {
            return wrong("its order is being sent; try again in a few minutes");
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
        (Outcome::Retry, _) => return wrong("only an accepted order can be tried again"),
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

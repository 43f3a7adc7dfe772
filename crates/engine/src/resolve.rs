//! What only a person can decide about a shipment.

use std::time::Duration;

use keyferry_domain::ports::{StoreError, Stored};
use keyferry_domain::{
    Actor, CallerId, CompletedBy, Event, EventKind, Failure, FulfilmentId, Phase, PhaseName, Shipment,
};

use crate::Engine;
use crate::engine::shown_id;
use crate::failures::explain;

/// A person's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is settled: leave it alone from now on.
    Complete,
    /// Try again, even though an obstacle was final.
    Retry,
    /// The unconfirmed order is this one of the delivery service.
    Adopted(FulfilmentId),
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
    #[error("the delivery service's shipment {fulfilment_id} belongs to shipment {other} already")]
    Taken {
        /// The delivery service's id.
        fulfilment_id: FulfilmentId,
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

impl Engine {
    /// Takes a person's word about a shipment.
    ///
    /// # Errors
    /// [`ResolveError`]; the record is unchanged then.
    pub async fn resolve(&self, id: &str, by: CallerId, reason: String, outcome: Outcome) -> Result<(), ResolveError> {
        if let Outcome::Adopted(fulfilment_id) = &outcome {
            self.check_adoptable(id, fulfilment_id).await?;
        }
        for _ in 0..5 {
            let found = self.look_up(id).await.map_err(ResolveError::Store)?;
            let Stored { mut shipment, version, claim } = found.ok_or_else(|| ResolveError::NotFound(id.to_owned()))?;
            if claim.is_some_and(|claim| claim.until > self.ports.clock.now()) {
                // Whoever works on it may be registering the key this moment; that must be recorded first.
                self.ports.clock.sleep(Duration::from_secs(1)).await;
                continue;
            }
            self.decide(id, &mut shipment, &by, &reason, &outcome)?;
            match self.ports.shipments.replace(&shipment, &version).await {
                Ok(_) => {
                    tracing::info!(shipment = %shipment.id, caller = %by, ?outcome, "a person decided about a shipment");
                    return Ok(());
                }
                Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(ResolveError::Store(error)),
            }
        }
        Err(ResolveError::Busy(id.to_owned()))
    }

    fn decide(
        &self,
        id: &str,
        shipment: &mut Shipment,
        by: &CallerId,
        reason: &str,
        outcome: &Outcome,
    ) -> Result<(), ResolveError> {
        let now = self.ports.clock.now();
        let wrong = |phase: &Phase, expected| {
            Err(ResolveError::WrongPhase { id: id.to_owned(), phase: phase.name(), expected })
        };
        let event = |kind, detail: &str| Event::new(now, kind, Actor::Caller(by.clone()), detail);
        match (outcome, shipment.phase.clone()) {
            (Outcome::Complete, phase @ Phase::Complete(_)) => wrong(&phase, "there is nothing to resolve"),
            (Outcome::Complete, phase @ Phase::Submitting(_)) => {
                wrong(&phase, "its order is being sent; try again in a few minutes")
            }
            (Outcome::Complete, phase) => {
                let completed_by = CompletedBy::Caller { caller: by.clone(), reason: reason.to_owned() };
                shipment.enter(phase.set_complete(now, completed_by), event(EventKind::Completed, reason));
                Ok(())
            }
            (Outcome::Retry, phase @ (Phase::Accepted(_) | Phase::Fulfilled(_) | Phase::Registered(_))) => {
                shipment.enter(phase, event(EventKind::RetryAsked, reason));
                Ok(())
            }
            (Outcome::Retry, Phase::Cancelled(cancelled)) => {
                shipment.enter(*cancelled.before, event(EventKind::RetryAsked, reason));
                Ok(())
            }
            (Outcome::Retry, phase) => wrong(&phase, "only an accepted order can be tried again"),
            (Outcome::Adopted(fulfilment_id), Phase::Unconfirmed(unconfirmed)) => {
                let detail = format!("adopted as {fulfilment_id}: {reason}");
                shipment.enter(unconfirmed.adopted(fulfilment_id.clone(), now), event(EventKind::Adopted, &detail));
                Ok(())
            }
            (Outcome::Adopted(_), phase) => wrong(&phase, "only an unconfirmed order can be adopted"),
        }
    }

    async fn check_adoptable(&self, id: &str, fulfilment_id: &FulfilmentId) -> Result<(), ResolveError> {
        let found = self.look_up(id).await.map_err(ResolveError::Store)?;
        let shipment = found.ok_or_else(|| ResolveError::NotFound(id.to_owned()))?.shipment;
        if !matches!(shipment.phase, Phase::Unconfirmed(_)) {
            let expected = "only an unconfirmed order can be adopted";
            return Err(ResolveError::WrongPhase { id: id.to_owned(), phase: shipment.phase.name(), expected });
        }
        let other = self.ports.shipments.find(fulfilment_id).await.map_err(ResolveError::Store)?;
        if let Some(other) = other.map(|stored| stored.shipment).filter(|other| other.id != shipment.id) {
            let other = shown_id(&other);
            return Err(ResolveError::Taken { fulfilment_id: fulfilment_id.clone(), other });
        }
        self.ports.fulfilment.status(fulfilment_id).await.map(drop).map_err(ResolveError::Upstream)
    }
}

//! Sending of one queued order.

use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::ports::{Claim, SecretName, StoreError, Stored};
use keyferry_domain::{
    Change, Failure, FailureClass, In, ObstacleClass, Party, PhaseName, Phased, Queued, Shipment, ShipmentId,
};

use super::hold::held_by_batch;
use super::stored_order::{StoredOrder, Unusable as UnusableOrder};
use crate::context::Context;
use crate::failures::{Meaning, Scope, explain, findings, meaning};
use crate::orders::error::{CreateError, outcome};
use crate::orders::filling::{Filled, fill};
use crate::orders::intent::{FromQueue, Intent};
use crate::orders::place::{Placement, place};
use crate::orders::progress::Stage;
use crate::outages::needed;
use crate::person;
use crate::processing::obstacle;
use crate::shipment_secret::Unusable;

/// Result of an attempt to send an order.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// The order left the queue, or has an obstacle of its own.
    Handled,
    /// Another worker has the order, or it is not due any more.
    Skipped,
    /// A dependency fails, so no order can be sent.
    Outage(Outage),
}

/// Reason why no order can be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outage {
    pub(super) party: Party,
    pub(super) reason: String,
    /// Pause that the other side asks for.
    pub(super) pause: Option<Duration>,
}

impl Outage {
    fn of(failure: &Failure) -> Self {
        Self { party: failure.party, reason: explain(failure), pause: failure.retry_after }
    }

    pub(super) fn of_store(error: &StoreError) -> Self {
        Self::of(&findings::store(error))
    }
}

/// Sends the order, if it is still queued and no other worker has it.
pub(super) async fn send(context: &Arc<Context>, id: ShipmentId) -> Sent {
    if context.is_creating(id) {
        return Sent::Skipped;
    }
    // Runs and clean-up of this process skip the record meanwhile.
    let sending = context.begin_creating(id);
    let holder = context.new_id().to_string();
    let sent = match claim(context, id, &holder).await {
        Ok(Some((queued, order))) => attempt(context, id, queued, order).await,
        Ok(None) | Err(Problem::Store(StoreError::Conflict(_))) => Ok(Sent::Skipped),
        Err(Problem::Attended) => Ok(Sent::Handled),
        Err(problem) => Err(problem),
    };
    let sent = match sent {
        Ok(sent) => sent,
        Err(Problem::Store(error)) => Sent::Outage(Outage::of_store(&error)),
        Err(Problem::Attended) => Sent::Handled,
        Err(Problem::Order(failure)) => record(context, id, &failure, None).await.0,
    };
    if let Err(error) = context.ports.shipments.release(id, &holder).await {
        tracing::debug!(shipment = %id, %error, "could not release claim; it will expire");
    }
    drop(sending);
    sent
}

enum Problem {
    Store(StoreError),
    /// The stored order cannot be sent.
    Order(Failure),
    /// Something else was due first: a mail to the person.
    Attended,
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Claims the record, and reads what is needed to send its order. `None` if there is nothing to send.
async fn claim(context: &Context, id: ShipmentId, holder: &str) -> Result<Option<(FromQueue, StoredOrder)>, Problem> {
    let Some(Stored { change, version, .. }) = context.ports.shipments.get(id).await? else { return Ok(None) };
    if change.is_changed() {
        context.ports.shipments.commit(&change, &version).await?;
        tracing::info!(shipment = %id, "recorded completion by hand");
        return Ok(None);
    }
    let now = context.now();
    let shipment = change.into_shipment();
    if shipment.next_attempt().is_none_or(|due| due > now) {
        return Ok(None);
    }
    if shipment.withdrawal().is_some() {
        // A run cancels it.
        return Ok(None);
    }
    let Phased::Queued(queued) = shipment.clone().phased() else { return Ok(None) };
    let claim = Claim { holder: holder.to_owned(), until: now + context.settings.claim };
    let version = context.ports.shipments.claim(id, &version, &claim, now).await?;
    let accepted = context.ledger.accepted_as(id).map(|delivery_id| format!("accepted before as {delivery_id}"));
    let lost = || context.ledger.is_unconfirmed(id).then(|| "sent before, and its response was lost".to_owned());
    if let Some(before) = accepted.or_else(lost) {
        let message = format!("the order was {before}: the database was restored from a backup");
        return Err(Problem::Order(findings::queued_order("accepted-before", message)));
    }
    if let Some(failure) = held_by_batch(context, &shipment).await? {
        return Err(Problem::Order(failure));
    }
    let stored = match context.ports.secrets.get(&SecretName::of_order(id)).await {
        Ok(Some(stored)) => stored,
        Ok(None) => return Err(gone("its sealed order does not exist")),
        Err(StoreError::Broken { reason, .. } | StoreError::Damaged(reason)) => return Err(gone(&reason)),
        Err(error) => return Err(error.into()),
    };
    let order = StoredOrder::decode(&stored, &shipment).map_err(|unusable| match unusable {
        UnusableOrder::Unreadable => gone("its sealed order is damaged, or a newer version of Keyferry wrote it"),
        UnusableOrder::Altered(facts) => Problem::Order(Context::unusable(id, &Unusable::Altered(facts))),
    })?;
    if shipment.awaits_address() && shipment.obstacle().is_some_and(|met| met.next_attempt.is_some_and(|at| at <= now))
    {
        // For example a pause of the batch, which is over. As long as it is recorded, the person is not asked.
        context.ports.shipments.commit(&shipment.clear_obstacle(now), &version).await?;
        return Err(Problem::Attended);
    }
    if person::is_due(&shipment, now) {
        let change = person::attend(context, shipment).await;
        context.ports.shipments.commit(&change, &version).await?;
        return Err(Problem::Attended);
    }
    if shipment.may_be_sent_from().is_none_or(|due| due > now) {
        return Ok(None);
    }
    let earlier_secret = context.ports.secrets.get(&SecretName::of(id)).await?;
    Ok(Some((FromQueue { shipment: queued, version, earlier_secret, filled: Vec::new() }, order)))
}

fn gone(reason: &str) -> Problem {
    Problem::Order(findings::queued_order("order-gone", format!("the queued order cannot be read: {reason}")))
}

async fn attempt(
    context: &Arc<Context>,
    id: ShipmentId,
    mut queued: FromQueue,
    stored: StoredOrder,
) -> Result<Sent, Problem> {
    let Filled { order, members, person } = match fill(context, stored.order).await {
        Ok(filled) => filled,
        Err(failure) => return Ok(failed(context, id, &failure, None).await),
    };
    queued.filled = members;
    let placement = Placement {
        id,
        order: &order,
        additional: stored.additional,
        may_be_privileged: stored.may_be_privileged,
        idempotency_key: stored.idempotency_key,
        intent: Intent::Queued(Box::new(queued)),
        filled_for: person,
    };
    let placed = place(context, placement, &Stage::default()).await;
    context.metrics.order(outcome(&placed));
    let error = match placed {
        Ok(_) => {
            context.breakers.answered(needed(PhaseName::Queued, context.ports.pin_delivery.addressing()));
            context.drop_queued_order(id).await;
            return Ok(Sent::Handled);
        }
        // An order is lost with each attempt, so an outage must not be tried with many.
        Err(CreateError::Unconfirmed { failure: Some(failure), .. }) if context.breakers.failed(&failure, false) => {
            return Ok(Sent::Outage(Outage::of(&failure)));
        }
        // The record says so, or will. The order is kept until an operator has decided.
        Err(error) if error.order_may_exist() => return Ok(Sent::Handled),
        Err(error) => error,
    };
    let (failure, class) = match error {
        CreateError::Store(StoreError::Conflict(_) | StoreError::Exists(_)) => return Ok(Sent::Skipped),
        CreateError::Store(error) => return Err(Problem::Store(error)),
        CreateError::OrderingStopped { reason } => {
            return Ok(Sent::Outage(Outage { party: Party::Store, reason, pause: None }));
        }
        CreateError::Refused(failure) => {
            // The order itself cannot be changed any more.
            let refused = (failure.party, failure.class()) == (Party::DeliveryService, FailureClass::Rejected);
            (failure, refused.then_some(ObstacleClass::Final))
        }
        CreateError::UserNotFound { failure, .. } => (*failure, None),
        CreateError::TokenRefused(failure) | CreateError::Throttled(failure) | CreateError::Upstream(failure) => {
            (failure, None)
        }
        CreateError::OpenOrderExists { shipment } => {
            let message = format!("the user already has an open order: {shipment}");
            (findings::queued_order("open-order", message), None)
        }
        CreateError::ContactNotAllowed(refused) => {
            (findings::queued_order("contact-not-allowed", refused.to_string()), None)
        }
        error @ CreateError::PinTooShort { .. } => (findings::queued_order("pin-too-short", error.to_string()), None),
        // Impossible without a caller that waits and without an idempotency key to reserve.
        error => (findings::queued_order("unexpected", error.to_string()), None),
    };
    Ok(failed(context, id, &failure, class).await)
}

/// Returns the outage that the failure is part of, or records it on the order.
async fn failed(context: &Context, id: ShipmentId, failure: &Failure, class: Option<ObstacleClass>) -> Sent {
    if meaning(failure.class()).scope == Scope::Run {
        return Sent::Outage(Outage::of(failure));
    }
    // Recorded even if it shows an outage, so that another order is tried next: a failure may concern this one only.
    let (sent, is_repeated) = record(context, id, failure, class).await;
    match context.breakers.failed(failure, is_repeated) {
        true => Sent::Outage(Outage::of(failure)),
        false => sent,
    }
}

/// Records the failure as the obstacle of the queued order. `class` overrides the failure's own. Also returns whether
/// the order met the same failure before.
async fn record(context: &Context, id: ShipmentId, failure: &Failure, class: Option<ObstacleClass>) -> (Sent, bool) {
    let recorded = async {
        let Some(Stored { change, version, .. }) = context.ports.shipments.get(id).await? else { return Ok(false) };
        let Phased::Queued(queued) = change.into_shipment().phased() else { return Ok(false) };
        let Meaning { class: usual, .. } = meaning(failure.class());
        let is_repeated = queued.attempts_with(&failure.short()) > 1;
        let shipment = with_obstacle(context, queued, failure, class.unwrap_or(usual));
        let usual_days = context.settings.usual_delivery_days;
        let shipment = shipment.then(|shipment| shipment.raise_late_alarm(usual_days, context.now()));
        context.ports.shipments.commit(&shipment, &version).await?;
        Ok(is_repeated)
    };
    match recorded.await {
        Ok(is_repeated) => (Sent::Handled, is_repeated),
        Err(StoreError::Conflict(_)) => (Sent::Skipped, false),
        Err(error) => (Sent::Outage(Outage::of_store(&error)), false),
    }
}

fn with_obstacle(context: &Context, queued: In<Queued>, failure: &Failure, class: ObstacleClass) -> Change {
    let shipment = Shipment::from(queued);
    let obstacle = obstacle(context, &shipment, failure, class);
    shipment.meet(obstacle)
}

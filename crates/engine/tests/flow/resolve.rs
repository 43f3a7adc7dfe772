//! Decisions of operators about shipments.

use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::{CompletedBy, DeliveryId, Phase, PhaseName, ShipmentId};
use keyferry_engine::Run;
use keyferry_engine::{CreateError, Created, Engine, Outcome, ResolveError};

use crate::support::trouble::status;
use crate::support::world::{ada, caller, hour_later, request};
use crate::support::{Call, Trouble, World, lock};

async fn resolve(engine: &Engine, id: &str, outcome: Outcome) -> Result<(), ResolveError> {
    engine.operator.resolve(id, caller(), "because".into(), outcome).await
}

/// Creates an order whose key is registered and whose PIN could not be delivered.
async fn registered(world: &Arc<World>, engine: &Engine) -> Created {
    let created = world.shipped(engine).await;
    world.faults.once(Call::Deliver, status(400));
    engine.processing.run(Run::All).await;
    assert_eq!(world.phase(created.shipment), "registered");
    created
}

async fn unconfirmed(world: &World, engine: &Engine) -> ShipmentId {
    world.faults.once(Call::Order, Trouble::Lost { done: true });
    let error = engine.orders.create(request(ada())).await.unwrap_err();
    let CreateError::Unconfirmed { shipment, .. } = error else { panic!("{error:?}") };
    shipment
}

fn wrong_phase(result: Result<(), ResolveError>) -> PhaseName {
    let Err(ResolveError::WrongPhase { phase, .. }) = result else { panic!("{result:?}") };
    phase
}

#[tokio::test]
async fn completed_shipment_is_not_processed_and_names_caller() {
    let world = World::new();
    let engine = world.engine();
    let created = registered(&world, &engine).await;
    resolve(&engine, created.delivery_id.as_str(), Outcome::Complete).await.unwrap();
    hour_later(&world, &engine).await;
    let details = engine.views.details(created.delivery_id.as_str()).await.unwrap().unwrap();
    assert_eq!(details.shipment.state(), "complete");
    let Phase::Complete(complete) = &details.shipment.phase() else { panic!("{details:?}") };
    assert_eq!(complete.by, CompletedBy::Caller { caller: caller(), reason: "because".into() });
    assert_eq!((world.methods(0), world.sent().len()), (1, 0));
    assert_eq!(
        wrong_phase(resolve(&engine, created.delivery_id.as_str(), Outcome::Complete).await),
        PhaseName::Complete
    );
    assert_eq!(wrong_phase(resolve(&engine, created.delivery_id.as_str(), Outcome::Retry).await), PhaseName::Complete);
}

#[tokio::test]
async fn adopted_order_continues_to_completion() {
    let world = World::new();
    let engine = world.engine();
    let id = unconfirmed(&world, &engine).await;
    let found = lock(&world.delivery).parcel_of(id).unwrap().0.clone();
    resolve(&engine, &id.to_string(), Outcome::Adopted(found.clone())).await.unwrap();
    assert_eq!(world.phase(id), "accepted");
    assert_eq!(
        wrong_phase(resolve(&engine, &id.to_string(), Outcome::Adopted(found.clone())).await),
        PhaseName::Accepted
    );
    world.ship(&found);
    hour_later(&world, &engine).await;
    assert_eq!((world.phase(id), world.methods(0), world.orders()), ("complete", 1, 1));
}

#[tokio::test]
async fn rejects_adoption_of_taken_or_unknown_order() {
    let world = World::new();
    let engine = world.engine();
    let other = world.ordered(&engine).await;
    let id = unconfirmed(&world, &engine).await.to_string();
    let taken = resolve(&engine, &id, Outcome::Adopted(other.delivery_id.clone())).await;
    assert!(matches!(taken, Err(ResolveError::Taken { .. })), "{taken:?}");
    let unknown = resolve(&engine, &id, Outcome::Adopted(DeliveryId::new("nothing"))).await;
    assert!(matches!(&unknown, Err(ResolveError::Upstream(failure)) if failure.status() == Some(404)), "{unknown:?}");
}

#[tokio::test]
async fn wrongly_adopted_order_registers_nothing() {
    let world = World::new();
    let engine = world.engine();
    let (first, second) = (unconfirmed(&world, &engine).await, unconfirmed(&world, &engine).await);
    let of_second = lock(&world.delivery).parcel_of(second).unwrap().0.clone();
    resolve(&engine, &first.to_string(), Outcome::Adopted(of_second.clone())).await.unwrap();
    world.ship(&of_second);
    hour_later(&world, &engine).await;
    assert_eq!((world.obstacle(first).0, world.methods(0)), ("final", 0));
}

#[tokio::test]
async fn retries_final_obstacle_and_cancelled_shipment() {
    let world = World::new();
    let engine = world.engine();
    let created = world.ordered(&engine).await;
    let id = created.delivery_id.to_string();
    world.set_state(&created.delivery_id, Some(99));
    engine.processing.run(Run::All).await;
    lock(&world.delivery).parcel(&created.delivery_id).deleted = true;
    resolve(&engine, &id, Outcome::Retry).await.unwrap();
    for _ in 0..26 {
        hour_later(&world, &engine).await;
    }
    assert_eq!(world.phase(created.shipment), "cancelled");
    lock(&world.delivery).parcel(&created.delivery_id).deleted = false;
    world.ship(&created.delivery_id);
    resolve(&engine, &id, Outcome::Retry).await.unwrap();
    hour_later(&world, &engine).await;
    assert_eq!(world.phase(created.shipment), "complete");
}

#[tokio::test]
async fn rejects_decision_in_wrong_phase() {
    let world = World::new();
    let engine = world.engine();
    let missing = resolve(&engine, "unknown", Outcome::Retry).await;
    assert_eq!(missing, Err(ResolveError::NotFound("unknown".into())));
    let id = unconfirmed(&world, &engine).await.to_string();
    assert_eq!(wrong_phase(resolve(&engine, &id, Outcome::Retry).await), PhaseName::Unconfirmed);
    world.faults.once(Call::Order, status(400));
    engine.orders.create(request(ada())).await.unwrap_err();
    let refused = lock(&world.records).all().into_iter().find(|shipment| shipment.phase().name() == PhaseName::Refused);
    let refused = refused.unwrap().id().to_string();
    assert_eq!(wrong_phase(resolve(&engine, &refused, Outcome::Retry).await), PhaseName::Refused);
}

/// Completing such a shipment would hide a key that is made and shipped all the same, and count it as a success.
#[tokio::test]
async fn rejects_completion_before_registration() {
    let world = World::new();
    let engine = world.engine();
    let lost = unconfirmed(&world, &engine).await;
    let created = world.ordered(&engine).await;
    for (id, phase) in [(lost, PhaseName::Unconfirmed), (created.shipment, PhaseName::Accepted)] {
        let error = resolve(&engine, &id.to_string(), Outcome::Complete).await.unwrap_err();
        assert!(error.to_string().ends_with("Cancel the shipment instead"), "{error}");
        assert_eq!(wrong_phase(Err(error)), phase);
    }
    engine.operator.cancel(&created.shipment.to_string(), caller(), "left").await.unwrap();
    let cancelled = resolve(&engine, &created.shipment.to_string(), Outcome::Complete).await;
    assert_eq!(wrong_phase(cancelled), PhaseName::Cancelled);
    assert_eq!(
        wrong_phase(resolve(&engine, &created.shipment.to_string(), Outcome::Retry).await),
        PhaseName::Cancelled
    );
}

#[tokio::test]
async fn rejects_completion_while_order_is_being_sent() {
    let world = World::new();
    let engine = world.engine();
    world.faults.once(Call::Order, Trouble::Hang { done: false });
    let error = engine.orders.create(request(ada())).await.unwrap_err();
    let CreateError::TimedOut { shipment: Some(id) } = error else { panic!("{error:?}") };
    let own = resolve(&engine, &id.to_string(), Outcome::Complete).await;
    assert!(matches!(own, Err(ResolveError::Busy(_))), "this process is sending it: {own:?}");
    let other = resolve(&world.engine(), &id.to_string(), Outcome::Complete).await;
    assert_eq!(wrong_phase(other), PhaseName::Submitting);
}

#[tokio::test]
async fn retries_after_concurrent_change() {
    let world = World::new();
    let engine = world.engine();
    let created = registered(&world, &engine).await;
    let (said, _) = tokio::join!(
        resolve(&engine, created.delivery_id.as_str(), Outcome::Complete),
        engine.processing.run(Run::All)
    );
    said.unwrap();
    assert_eq!(world.phase(created.shipment), "complete");
}

#[tokio::test]
async fn waits_for_claim_to_end() {
    for (claim, expected, waited) in
        [(Duration::from_secs(90), false, 5), (Duration::from_secs(3), true, 3), (Duration::ZERO, true, 0)]
    {
        let world = World::new();
        let engine = world.engine();
        let created = registered(&world, &engine).await;
        let before = world.clock.now();
        lock(&world.records).claim_by_hand(created.shipment, before + claim);
        let said = resolve(&engine, created.delivery_id.as_str(), Outcome::Complete).await;
        let busy = Err(ResolveError::Busy(created.delivery_id.to_string()));
        assert_eq!(said, if expected { Ok(()) } else { busy });
        assert_eq!(
            (world.phase(created.shipment) == "complete", (world.clock.now() - before).num_seconds()),
            (expected, waited)
        );
    }
}

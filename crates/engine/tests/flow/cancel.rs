//! Cancellation of shipments by operators.

use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::{EventKind, Phase, PhaseName, ShipmentId};
use keyferry_engine::{CancelError, CreateError, CreateRequest, Created, Engine, Outcome, Run};
use tokio::sync::Notify;

use crate::support::trouble::status;
use crate::support::world::{DAY, HOUR, ada, caller, hour_later, request};
use crate::support::{Call, Trouble, World, lock};

const LEFT: &str = "the person left";

async fn cancel(engine: &Engine, id: ShipmentId) -> Result<(), CancelError> {
    engine.operator.cancel(&id.to_string(), caller(), LEFT).await
}

fn kinds(world: &World, id: ShipmentId) -> Vec<EventKind> {
    world.events(id).iter().map(|event| event.kind).collect()
}

fn why(result: Result<(), CancelError>) -> (PhaseName, String) {
    let Err(CancelError::WrongPhase { phase, why, .. }) = result else { panic!("{result:?}") };
    (phase, why)
}

async fn message(engine: &Engine, created: &Created) -> (&'static str, String) {
    let view = engine.views.shipment(created.delivery_id.as_str()).await.unwrap().unwrap();
    (view.state, view.error_message.unwrap())
}

#[tokio::test]
async fn order_is_deleted_and_never_made() {
    let world = World::new();
    let engine = world.engine();
    let created = world.ordered(&engine).await;
    cancel(&engine, created.shipment).await.unwrap();
    assert_eq!(world.phase(created.shipment), "cancelled");
    use EventKind::{Accepted, CancelRequested, CancellationConfirmed, StateChanged, Submitted};
    let expected = [Submitted, Accepted, CancelRequested, StateChanged, CancellationConfirmed];
    assert_eq!(kinds(&world, created.shipment), expected);
    assert!(lock(&world.delivery).parcel(&created.delivery_id).deleted);
    assert!(!lock(&world.vault).has(created.shipment));
    assert_eq!(message(&engine, &created).await, ("ongoing", format!("Cancelled by {}: {LEFT}", caller())));

    world.faults.calls();
    assert_eq!(hour_later(&world, &engine).await.processed, 0);
    assert_eq!(world.faults.count(Call::Status), 0, "a closed shipment needs no call");
    cancel(&engine, created.shipment).await.unwrap();
    assert_eq!(kinds(&world, created.shipment), expected, "a repeated request changes nothing");
    assert_eq!((world.methods(0), world.sent().len()), (0, 0));
}

#[tokio::test]
async fn watches_until_order_deleted_by_hand_is_gone() {
    let world = World::new();
    let engine = world.engine();
    let created = world.ordered(&engine).await;
    lock(&world.delivery).keeps_orders = true;
    cancel(&engine, created.shipment).await.unwrap();
    assert_eq!(world.phase(created.shipment), "cancelling");
    assert_eq!(world.obstacle(created.shipment).0, "attention");
    let (state, text) = message(&engine, &created).await;
    assert_eq!(state, "ongoing");
    assert!(text.starts_with("Cancelled by ") && text.contains("Delete the order in the delivery"), "{text}");

    lock(&world.delivery).parcel(&created.delivery_id).deleted = true;
    for _ in 0..24 {
        assert_eq!(world.phase(created.shipment), "cancelling", "the API address may be wrong");
        hour_later(&world, &engine).await;
    }
    hour_later(&world, &engine).await;
    assert_eq!(world.phase(created.shipment), "cancelled");
    assert!(!lock(&world.vault).has(created.shipment));
}

#[tokio::test]
async fn later_run_deletes_order_after_failure() {
    for call in [Call::Cancel, Call::Status] {
        let world = World::new();
        let engine = world.engine();
        let created = world.ordered(&engine).await;
        world.faults.once(call, Trouble::Lost { done: false });
        cancel(&engine, created.shipment).await.unwrap();
        assert_eq!((world.phase(created.shipment), world.obstacle(created.shipment).0), ("cancelling", "retry"));
        hour_later(&world, &engine).await;
        assert_eq!(world.phase(created.shipment), "cancelled", "{call:?}");
    }
}

#[tokio::test]
async fn run_deletes_order_if_the_process_died_after_recording() {
    let world = World::new();
    let (mortal, life) = world.living_engine(|_| {});
    let created = world.ordered(&mortal).await;
    world.faults.once(Call::Status, Trouble::Crash { done: false });
    tokio::select! {
        _ = cancel(&mortal, created.shipment) => panic!("the process should have died"),
        () = life.ended() => {}
    }
    let engine = world.engine();
    hour_later(&world, &engine).await;
    assert_eq!(world.phase(created.shipment), "cancelled");
    assert!(lock(&world.delivery).parcel(&created.delivery_id).deleted);
}

/// The outage is that of the delivery service: it is not recorded on the shipment, which a later run processes.
#[tokio::test]
async fn cancels_while_delivery_service_is_down() {
    let world = World::new();
    let engine = world.engine();
    let created = world.ordered(&engine).await;
    world.faults.once(Call::Status, Trouble::Throttle(HOUR));
    cancel(&engine, created.shipment).await.unwrap();
    assert_eq!(world.phase(created.shipment), "cancelling");
    for _ in 0..2 {
        hour_later(&world, &engine).await;
    }
    assert_eq!(world.phase(created.shipment), "cancelled");
}

#[tokio::test]
async fn raises_alarm_once_if_key_ships_all_the_same() {
    let world = World::new();
    let engine = world.engine();
    let created = world.ordered(&engine).await;
    lock(&world.delivery).keeps_orders = true;
    cancel(&engine, created.shipment).await.unwrap();
    world.ship(&created.delivery_id);
    hour_later(&world, &engine).await;
    let (class, text) = world.obstacle(created.shipment);
    assert_eq!(class, "attention");
    assert!(text.contains("Recall the parcel and do not hand out the key"), "{text}");
    for _ in 0..30 {
        hour_later(&world, &engine).await;
    }
    let alarms = kinds(&world, created.shipment).into_iter();
    assert_eq!(alarms.filter(|kind| *kind == EventKind::ShippedDespiteCancellation).count(), 1);
    assert_eq!((world.phase(created.shipment), world.methods(0), world.sent().len()), ("cancelling", 0, 0));

    // The delivery service forgets the order; the key still exists.
    lock(&world.delivery).parcel(&created.delivery_id).deleted = true;
    for _ in 0..3 {
        world.clock.pass(DAY);
        engine.processing.run(Run::All).await;
    }
    assert_eq!(world.phase(created.shipment), "cancelling");
    let id = created.shipment.to_string();
    engine.operator.resolve(&id, caller(), "the key is destroyed".into(), Outcome::Recalled).await.unwrap();
    assert_eq!((world.phase(created.shipment), lock(&world.vault).count()), ("cancelled", 0));
    assert_eq!(hour_later(&world, &engine).await.processed, 0);
}

#[tokio::test]
async fn key_made_before_the_request_raises_alarm_at_once() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    world.faults.once(Call::Register, status(503));
    engine.processing.run(Run::All).await;
    assert_eq!(world.phase(created.shipment), "fulfilled");
    cancel(&engine, created.shipment).await.unwrap();
    assert_eq!((world.phase(created.shipment), world.obstacle(created.shipment).0), ("cancelling", "attention"));
    assert_eq!(kinds(&world, created.shipment).last(), Some(&EventKind::Obstacle));
    hour_later(&world, &engine).await;
    assert_eq!((world.methods(0), world.sent().len(), world.faults.count(Call::Cancel)), (0, 0, 0));
}

/// Registers a key, and dies before that is recorded. Returns after the claim of the dead run has ended.
async fn registered_without_a_record(world: &Arc<World>) -> Created {
    let (dying, life) = world.living_engine(|_| {});
    let created = world.shipped(&dying).await;
    world.faults.once(Call::Register, Trouble::Crash { done: true });
    tokio::select! {
        _ = dying.processing.run(Run::All) => panic!("it must die"),
        () = life.ended() => {}
    }
    assert_eq!((world.phase(created.shipment), world.methods(0)), ("fulfilled", 1));
    world.clock.pass(Duration::from_secs(600));
    created
}

fn revocations(world: &World, id: ShipmentId) -> Vec<String> {
    world.events(id).into_iter().filter(|event| event.kind == EventKind::Revoked).map(|event| event.detail).collect()
}

#[tokio::test]
async fn passkey_that_an_interrupted_run_registered_is_deleted() {
    let world = World::new();
    let created = registered_without_a_record(&world).await;
    let engine = world.engine();
    cancel(&engine, created.shipment).await.unwrap();
    assert_eq!((world.phase(created.shipment), world.methods(0)), ("cancelling", 0));
    let [detail] = &revocations(&world, created.shipment)[..] else { panic!("one passkey") };
    assert!(detail.starts_with("an interrupted run had registered passkey "), "{detail}");
    assert!(world.obstacle(created.shipment).1.contains("Recall the parcel"));
    world.faults.calls();
    hour_later(&world, &engine).await;
    assert_eq!(
        (world.faults.count(Call::Find), revocations(&world, created.shipment).len()),
        (0, 1),
        "looked for once"
    );
    let (id, outcome) = (created.shipment.to_string(), Outcome::Recalled);
    engine.operator.resolve(&id, caller(), "it is in the safe".into(), outcome).await.unwrap();
    assert_eq!((world.phase(created.shipment), world.sent().len()), ("cancelled", 0));
}

/// The cancellation counts at once, whatever the identity provider answers, and runs look for the passkey.
#[tokio::test]
async fn passkey_is_looked_for_until_it_is_known_whether_there_is_one() {
    for call in [Call::Find, Call::DeleteMethod, Call::Status] {
        let world = World::new();
        let created = registered_without_a_record(&world).await;
        let engine = world.engine();
        world.faults.once(call, status(503));
        cancel(&engine, created.shipment).await.unwrap();
        assert_eq!((world.phase(created.shipment), world.methods(0)), ("cancelling", 1), "{call:?}");
        assert!(kinds(&world, created.shipment).contains(&EventKind::ShippedDespiteCancellation), "{call:?}");
        let id = created.shipment.to_string();
        let early = engine.operator.resolve(&id, caller(), "it is in the safe".into(), Outcome::Recalled).await;
        assert!(early.unwrap_err().to_string().contains("is not known yet"), "{call:?}");
        hour_later(&world, &engine).await;
        assert_eq!((world.methods(0), revocations(&world, created.shipment).len()), (0, 1), "{call:?}");
        engine.operator.resolve(&id, caller(), "it is in the safe".into(), Outcome::Recalled).await.unwrap();
    }
}

/// The process died after the cancellation was recorded.
#[tokio::test]
async fn run_looks_for_the_passkey_if_the_cancellation_was_interrupted() {
    let world = World::new();
    let created = registered_without_a_record(&world).await;
    let (mortal, life) = world.living_engine(|_| {});
    world.faults.once(Call::Find, Trouble::Crash { done: false });
    tokio::select! {
        _ = cancel(&mortal, created.shipment) => panic!("the process should have died"),
        () = life.ended() => {}
    }
    world.clock.pass(Duration::from_secs(600));
    hour_later(&world, &world.engine()).await;
    assert_eq!((world.phase(created.shipment), world.methods(0)), ("cancelling", 0));
}

#[tokio::test]
async fn rejects_cancellation_of_registered_key_and_names_the_method() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    world.faults.once(Call::Deliver, status(400));
    engine.processing.run(Run::All).await;
    let Phase::Registered(registered) = world.shipment(created.shipment).phase().clone() else { panic!() };
    let method = &registered.credentials[0][0].method_id;
    let (phase, text) = why(cancel(&engine, created.shipment).await);
    assert_eq!(phase, PhaseName::Registered);
    assert!(text.contains(&format!("Delete the user's authentication method {method} in")), "{text}");
    hour_later(&world, &engine).await;
    let (phase, text) = why(cancel(&engine, created.shipment).await);
    assert_eq!((phase, text.contains(method.as_str())), (PhaseName::Complete, true));
}

#[tokio::test]
async fn rejects_cancellation_of_order_that_is_sent_refused_or_unknown() {
    let world = World::new();
    let engine = world.engine();
    let unknown = engine.operator.cancel("unknown", caller(), LEFT).await;
    assert_eq!(unknown, Err(CancelError::NotFound("unknown".into())));
    world.faults.once(Call::Order, status(400));
    engine.orders.create(request(ada())).await.unwrap_err();
    let refused = lock(&world.records).all()[0].id();
    assert_eq!(why(cancel(&engine, refused).await).0, PhaseName::Refused);
    world.faults.once(Call::Order, Trouble::Hang { done: true });
    let error = engine.orders.create(request(ada())).await.unwrap_err();
    let CreateError::TimedOut { shipment: Some(id) } = error else { panic!("{error:?}") };
    assert!(matches!(cancel(&engine, id).await, Err(CancelError::Busy(_))), "this process is sending it");
    assert_eq!(why(cancel(&world.engine(), id).await).0, PhaseName::Submitting);
    let edited = world.ordered(&engine).await.shipment;
    lock(&world.records).set_complete_by_hand(edited);
    assert_eq!(why(cancel(&engine, edited).await).0, PhaseName::Complete);
}

#[tokio::test]
async fn unconfirmed_order_is_closed_and_watched_if_it_is_accepted_late() {
    for abandons in [false, true] {
        closed_and_watched_if_accepted_late(abandons).await;
    }
}

async fn closed_and_watched_if_accepted_late(abandons: bool) {
    let world = World::new();
    let (slow, other) = (world.engine(), world.engine());
    let gate = Arc::new(Notify::new());
    world.faults.once(Call::Order, Trouble::Hold(gate.clone()));
    let cancelling = async {
        world.faults.met(Call::Order).await;
        let id = lock(&world.records).all()[0].id();
        world.clock.pass(World::settings().submitting_claim + Duration::from_secs(1));
        other.processing.run(Run::All).await;
        assert_eq!(world.phase(id), "unconfirmed");
        if abandons {
            let (reason, outcome) = ("never placed".to_owned(), Outcome::Abandoned);
            other.operator.resolve(&id.to_string(), caller(), reason, outcome).await.unwrap();
        } else {
            cancel(&other, id).await.unwrap();
        }
        assert_eq!((world.phase(id), lock(&world.vault).has(id)), ("cancelled", false));
        gate.notify_one();
        id
    };
    let (_, id) = tokio::join!(slow.orders.create(request(ada())), cancelling);
    slow.shut_down().await;
    assert_eq!(world.phase(id), "cancelling", "its acceptance arrived after the cancellation");
    hour_later(&world, &other).await;
    assert_eq!((world.phase(id), world.orders()), ("cancelled", 1));
}

/// The run read the record before the cancellation and claims it afterwards.
#[tokio::test]
async fn run_that_read_the_record_before_registers_nothing() {
    let world = World::new();
    let (run, desk) = (world.engine(), world.engine());
    let created = world.shipped(&run).await;
    let gate = Arc::new(Notify::new());
    // Forgets the commits of the order.
    world.faults.calls();
    world.faults.once(Call::Commit, Trouble::Hold(gate.clone()));
    let cancelling = async {
        world.faults.met(Call::Commit).await;
        cancel(&desk, created.shipment).await.unwrap();
        gate.notify_one();
    };
    tokio::join!(run.processing.run(Run::All), cancelling);
    hour_later(&world, &run).await;
    assert_eq!((world.phase(created.shipment), world.methods(0), world.sent().len()), ("cancelling", 0, 0));
}

/// The run holds the claim: the cancellation waits for it, and then finds what the run did.
#[tokio::test]
async fn run_that_holds_the_claim_excludes_the_cancellation() {
    for held in [Call::OpenCredential, Call::Register] {
        for (seconds, busy) in [(2, false), (30, true)] {
            let world = World::new();
            let (run, desk) = (world.engine(), world.engine());
            let created = world.shipped(&run).await;
            let gate = Arc::new(Notify::new());
            world.faults.once(held, Trouble::Hold(gate.clone()));
            let release = async {
                world.faults.met(held).await;
                world.clock.sleep(Duration::from_secs(seconds)).await;
                gate.notify_one();
            };
            let cancelling = async {
                world.faults.met(held).await;
                cancel(&desk, created.shipment).await
            };
            let (_, (), said) = tokio::join!(run.processing.run(Run::All), release, cancelling);
            match busy {
                true => assert_eq!(said, Err(CancelError::Busy(created.shipment.to_string()))),
                false => assert_eq!(why(said).0, PhaseName::Complete),
            }
            assert_eq!((world.phase(created.shipment), world.methods(0)), ("complete", 1));
        }
    }
}

/// A run that asks for the status has not claimed the shipment, and its commit fails.
#[tokio::test]
async fn shipment_can_be_cancelled_while_a_run_asks_for_its_status() {
    let world = World::new();
    let (run, desk) = (world.engine(), world.engine());
    let created = world.shipped(&run).await;
    let gate = Arc::new(Notify::new());
    world.faults.once(Call::Status, Trouble::Hold(gate.clone()));
    let cancelling = async {
        world.faults.met(Call::Status).await;
        cancel(&desk, created.shipment).await.unwrap();
        gate.notify_one();
    };
    tokio::join!(run.processing.run(Run::All), cancelling);
    assert_eq!((world.phase(created.shipment), world.methods(0), world.sent().len()), ("cancelling", 0, 0));
}

/// Whichever comes first: a registered key is never recorded as cancelled, and a cancelled one never registered.
#[tokio::test]
async fn concurrent_run_and_cancellation_agree() {
    for turns in 0..40 {
        let world = World::new();
        let (run, desk) = (world.engine(), world.engine());
        let created = world.shipped(&run).await;
        let cancelling = async {
            for _ in 0..turns * 5 {
                tokio::task::yield_now().await;
            }
            cancel(&desk, created.shipment).await
        };
        let (_, said) = tokio::join!(run.processing.run(Run::All), cancelling);
        hour_later(&world, &run).await;
        let (phase, methods) = (world.phase(created.shipment), world.methods(0));
        match said {
            Ok(()) => assert_eq!((phase, methods, world.sent().len()), ("cancelling", 0, 0), "{turns}"),
            Err(_) => assert_eq!((phase, methods, world.sent().len()), ("complete", 1, 1), "{turns}"),
        }
    }
}

#[tokio::test]
async fn cancelled_order_does_not_block_the_next_one() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.one_open_order_per_user = true);
    let created = world.ordered(&engine).await;
    lock(&world.delivery).keeps_orders = true;
    cancel(&engine, created.shipment).await.unwrap();
    assert_eq!(world.phase(created.shipment), "cancelling");
    engine.orders.create(request(ada())).await.unwrap();
}

#[tokio::test]
async fn idempotency_key_of_cancelled_order_returns_the_acceptance() {
    let world = World::new();
    let engine = world.engine();
    let keyed = || CreateRequest { idempotency: Some(("k".into(), "body".into())), ..request(ada()) };
    let created = engine.orders.create(keyed()).await.unwrap();
    cancel(&engine, created.shipment).await.unwrap();
    assert_eq!(world.phase(created.shipment), "cancelled");
    let again = engine.orders.create(keyed()).await.unwrap();
    assert_eq!((again, world.orders()), (Created { replayed: true, ..created }, 1));
}

#[tokio::test]
async fn cancellation_ends_retries_of_shipment_cancelled_by_processing() {
    let world = World::new();
    let engine = world.engine();
    let created = world.ordered(&engine).await;
    lock(&world.delivery).parcel(&created.delivery_id).deleted = true;
    for _ in 0..26 {
        hour_later(&world, &engine).await;
    }
    assert_eq!((world.phase(created.shipment), lock(&world.vault).count()), ("cancelled", 1), "it can be retried");
    cancel(&engine, created.shipment).await.unwrap();
    assert_eq!((world.phase(created.shipment), lock(&world.vault).count()), ("cancelled", 0));
    let retry = engine.operator.resolve(&created.shipment.to_string(), caller(), "x".into(), Outcome::Retry).await;
    assert!(retry.unwrap_err().to_string().ends_with("Order a new key"));
}

//! Orders that cannot be recorded, and databases that are older than the journal.

use std::time::Duration;

use keyferry_domain::FailureKind;
use keyferry_engine::{Continuity, CreateError, CreateRequest, Outcome, Run};

use crate::queue::{Dispatching, enqueue, queued};
use crate::support::log::Log;
use crate::support::world::{ada, caller, request};
use crate::support::{Call, Trouble, World, lock};

fn keyed() -> CreateRequest {
    CreateRequest { idempotency: Some(("order-1".into(), "body".into())), ..request(ada()) }
}

fn refused() -> Trouble {
    Trouble::Refuse(FailureKind::Unreachable)
}

#[tokio::test]
async fn ordering_stops_until_the_accepted_order_is_recorded() {
    let world = World::new();
    let engine = world.engine();
    world.faults.always(Call::Commit, refused());
    let error = engine.orders.create(request(ada())).await.unwrap_err();
    let CreateError::NotRecorded { shipment, delivery_id, .. } = error else { panic!("{error:?}") };
    for _ in 0..30 {
        let error = engine.orders.create(request(ada())).await.unwrap_err();
        assert!(matches!(error, CreateError::OrderingStopped { .. }), "{error:?}");
    }
    assert_eq!(world.orders(), 1, "no key is ordered while one cannot be recorded");
    let readiness = engine.readiness().await;
    assert!(!readiness.is_ready());
    let [problem] = readiness.problems.as_slice() else { panic!("{readiness:?}") };
    assert!(problem.code == "ordering" && problem.message.contains(delivery_id.as_str()), "{problem:?}");

    world.faults.heal();
    world.clock.sleep(Duration::from_secs(60)).await;
    assert_eq!(world.shipment(shipment).phase().delivery_id(), Some(&delivery_id));
    assert!(engine.readiness().await.is_ready());
    engine.orders.create(request(ada())).await.unwrap();
}

#[tokio::test]
async fn each_change_of_readiness_is_logged_once() {
    const NOT_READY: &str = "process is not ready for requests";
    let (log, _guard) = Log::start();
    let world = World::new();
    let engine = world.engine();
    let probed = async || {
        for _ in 0..5 {
            engine.readiness().await;
            // Longer than a proof of a write is valid.
            world.clock.pass(Duration::from_secs(10));
        }
        let taken = log.taken();
        let lines = taken.lines().filter(|line| line.contains("ready for requests"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(probed().await, [""; 0]);
    world.faults.always(Call::ProveWrite, refused());
    let [line] = probed().await.try_into().unwrap();
    assert!(line.contains("WARN") && line.contains(NOT_READY) && line.contains("problems=\"store: "), "{line}");
    world.faults.always(Call::AppendJournal, refused());
    world.ordered(&engine).await;
    let [line] = probed().await.try_into().unwrap();
    assert!(line.contains("store: ") && line.contains("; ordering: "), "{line}");
    world.faults.heal();
    world.clock.sleep(Duration::from_secs(60)).await;
    let [line] = probed().await.try_into().unwrap();
    assert!(line.contains("INFO") && line.ends_with("process is ready for requests again"), "{line}");
}

#[tokio::test]
async fn ordering_resumes_only_after_a_proven_write() {
    let world = World::new();
    let engine = world.engine();
    world.faults.always(Call::Commit, refused());
    engine.orders.create(request(ada())).await.unwrap_err();
    world.faults.heal();
    world.faults.always(Call::ProveWrite, refused());
    world.clock.sleep(Duration::from_secs(120)).await;
    let error = engine.orders.create(request(ada())).await.unwrap_err();
    assert!(matches!(error, CreateError::OrderingStopped { .. }), "{error:?}");
}

#[tokio::test]
async fn journal_that_cannot_be_written_stops_ordering() {
    let world = World::new();
    let engine = world.engine();
    world.faults.always(Call::AppendJournal, refused());
    let created = world.ordered(&engine).await;
    assert_eq!(world.phase(created.shipment), "accepted");
    let error = engine.orders.create(request(ada())).await.unwrap_err();
    assert!(matches!(error, CreateError::OrderingStopped { .. }), "{error:?}");
    world.faults.heal();
    world.clock.sleep(Duration::from_secs(60)).await;
    engine.orders.create(request(ada())).await.unwrap();
    assert_eq!(lock(&world.journal).len(), 2, "the entry that failed was written later");
}

#[tokio::test]
async fn next_start_records_what_only_the_journal_knows() {
    let world = World::new();
    let (engine, life) = world.living_engine(|_| {});
    world.faults.once(Call::Commit, Trouble::Crash { done: false });
    tokio::select! {
        _ = engine.orders.create(request(ada())) => unreachable!("the process is dead"),
        () = life.ended() => {}
    }
    let engine = world.engine();
    let found = engine.compare_with_journal().await.unwrap();
    let [acceptance] = found.unrecorded.as_slice() else { panic!("{found:?}") };
    assert!(found.is_intact());
    assert_eq!(world.phase(acceptance.shipment), "accepted");
    assert_eq!(engine.compare_with_journal().await.unwrap(), Continuity::default());
}

#[tokio::test]
async fn restored_database_is_noticed_and_orders_nothing_again() {
    let world = World::new();
    let backup = (lock(&world.records).clone(), lock(&world.keys).clone());
    let created = world.engine().orders.create(keyed()).await.unwrap();
    (*lock(&world.records), *lock(&world.keys)) = backup;

    let engine = world.engine();
    let found = engine.compare_with_journal().await.unwrap();
    assert!(!found.is_intact());
    let [missing] = found.missing.as_slice() else { panic!("{found:?}") };
    assert_eq!((missing.shipment, &missing.delivery_id), (created.shipment, &created.delivery_id));

    engine.confirm_differences().await.unwrap();
    let engine = world.engine();
    assert!(engine.compare_with_journal().await.unwrap().is_intact());
    for _ in 0..2 {
        let error = engine.orders.create(keyed()).await.unwrap_err();
        let CreateError::Unconfirmed { shipment, reason, replayed: true, .. } = error else { panic!("{error:?}") };
        assert_eq!(shipment, created.shipment);
        assert!(reason.contains(created.delivery_id.as_str()) && reason.contains("restored"), "{reason}");
    }
    assert_eq!(world.orders(), 1);
}

#[tokio::test]
async fn restored_database_lacks_an_adopted_order() {
    let world = World::new();
    let backup = lock(&world.records).clone();
    let engine = world.engine();
    world.faults.once(Call::Order, Trouble::Lost { done: true });
    let CreateError::Unconfirmed { shipment, .. } = engine.orders.create(request(ada())).await.unwrap_err() else {
        panic!("the response was lost");
    };
    let found = lock(&world.delivery).parcel_of(shipment).unwrap().0.clone();
    let reason = "found in the console".to_owned();
    engine.operator.resolve(&shipment.to_string(), caller(), reason, Outcome::Adopted(found.clone())).await.unwrap();
    *lock(&world.records) = backup;

    let missing = world.engine().compare_with_journal().await.unwrap().missing;
    let missing: Vec<_> = missing.into_iter().map(|missing| (missing.shipment, missing.delivery_id)).collect();
    assert_eq!(missing, [(shipment, found)]);
}

#[tokio::test]
async fn restored_queue_sends_no_order_again_whose_response_was_lost() {
    let world = World::new();
    let engine = world.engine();
    let id = enqueue(&engine, queued(ada())).await;
    let backup = (lock(&world.records).clone(), lock(&world.vault).clone());
    world.faults.once(Call::Order, Trouble::Lost { done: true });
    let dispatching = Dispatching::start(&world, &engine);
    dispatching.pass(Duration::from_secs(60)).await;
    dispatching.end().await;
    assert_eq!((world.phase(id), world.orders()), ("unconfirmed", 1));
    (*lock(&world.records), *lock(&world.vault)) = backup;

    let engine = world.engine();
    assert_eq!(engine.compare_with_journal().await.unwrap().unconfirmed, [id]);
    engine.confirm_differences().await.unwrap();
    let engine = world.engine();
    assert!(engine.compare_with_journal().await.unwrap().is_intact());
    let dispatching = Dispatching::start(&world, &engine);
    dispatching.pass(Duration::from_secs(600)).await;
    dispatching.end().await;
    assert_eq!((world.phase(id), world.orders()), ("queued", 1));
    assert!(world.obstacle(id).1.contains("its response was lost"), "{}", world.obstacle(id).1);
}

#[tokio::test]
async fn restored_reservation_without_record_orders_nothing_again() {
    let world = World::new();
    let records = lock(&world.records).clone();
    let created = world.engine().orders.create(keyed()).await.unwrap();
    // The backup was made between the reservation of the key and the record.
    *lock(&world.records) = records;
    let engine = world.engine();
    engine.compare_with_journal().await.unwrap();
    engine.confirm_differences().await.unwrap();
    world.clock.pass(World::settings().submitting_claim + Duration::from_secs(60));
    let error = engine.orders.create(keyed()).await.unwrap_err();
    let CreateError::Unconfirmed { shipment, reason, .. } = error else { panic!("{error:?}") };
    assert_eq!((shipment, world.orders()), (created.shipment, 1));
    let at = reason.split_once(" at ").unwrap().1.split_once(',').unwrap().0;
    assert!(at.len() == "2026-01-01T00:00:00Z".len() && at.ends_with('Z'), "{reason}");
}

#[tokio::test]
async fn broken_record_does_not_prevent_the_comparison() {
    let world = World::new();
    let created = world.ordered(&world.engine()).await;
    lock(&world.records).damage(created.shipment, true);
    assert_eq!(world.engine().compare_with_journal().await.unwrap(), Continuity::default());
}

#[tokio::test]
async fn restored_database_sends_no_pin_again() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    let backup = lock(&world.records).clone();
    engine.processing.run(Run::All).await;
    assert_eq!((world.phase(created.shipment), world.sent().len()), ("complete", 1));
    *lock(&world.records) = backup;

    let engine = world.engine();
    let found = engine.compare_with_journal().await.unwrap();
    assert_eq!((found.is_intact(), found.behind), (false, vec![created.shipment]));
    engine.confirm_differences().await.unwrap();
    engine.processing.run(Run::All).await;
    assert_eq!((world.phase(created.shipment), world.sent().len()), ("complete", 1));
}

#[tokio::test]
async fn order_is_missing_behind_many_sent_pins() {
    let world = World::new();
    let engine = world.engine();
    let mut shipped = Vec::new();
    for _ in 0..101 {
        shipped.push(world.shipped(&engine).await.shipment);
    }
    world.faults.always(Call::Deliver, refused());
    while shipped.iter().any(|id| world.phase(*id) != "registered") {
        engine.processing.run(Run::All).await;
        world.clock.pass(Duration::from_secs(24 * 3600));
    }
    let backup = lock(&world.records).clone();
    let created = world.ordered(&engine).await;
    world.faults.heal();
    while shipped.iter().any(|id| world.phase(*id) != "complete") {
        engine.processing.run(Run::All).await;
        world.clock.pass(Duration::from_secs(24 * 3600));
    }
    *lock(&world.records) = backup;

    let found = world.engine().compare_with_journal().await.unwrap();
    let missing: Vec<_> = found.missing.iter().map(|missing| missing.shipment).collect();
    assert_eq!((found.is_intact(), missing), (false, vec![created.shipment]));
}

#[tokio::test]
async fn order_is_missing_behind_many_deleted_records() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.cleanup_completed_days = 1);
    for _ in 0..101 {
        world.completed(&engine).await;
    }
    let backup = lock(&world.records).clone();
    let created = world.ordered(&engine).await;
    world.clock.pass(Duration::from_secs(3 * 24 * 3600));
    assert_eq!(engine.schedules.clean_up().await.unwrap().shipments, 101);
    *lock(&world.records) = backup;

    let found = world.engine().compare_with_journal().await.unwrap();
    let missing: Vec<_> = found.missing.iter().map(|missing| missing.shipment).collect();
    assert_eq!((found.is_intact(), missing), (false, vec![created.shipment]));
}

#[tokio::test]
async fn deleted_shipment_is_not_missing() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.cleanup_completed_days = 1);
    world.completed(&engine).await;
    world.clock.pass(Duration::from_secs(3 * 24 * 3600));
    assert_eq!(engine.schedules.clean_up().await.unwrap().shipments, 1);
    assert_eq!(world.engine().compare_with_journal().await.unwrap(), Continuity::default());
}

#[tokio::test]
async fn response_with_the_id_of_another_shipment_is_unconfirmed() {
    let world = World::new();
    let engine = world.engine();
    let first = world.ordered(&engine).await;
    lock(&world.delivery).next_id = Some(first.delivery_id.clone());
    let error = engine.orders.create(request(ada())).await.unwrap_err();
    let CreateError::Unconfirmed { shipment, reason, .. } = error else { panic!("{error:?}") };
    assert!(reason.contains(&first.shipment.to_string()), "{reason}");
    assert_eq!((world.phase(shipment), world.phase(first.shipment)), ("unconfirmed", "accepted"));
}

#[tokio::test]
async fn call_before_the_order_ends_with_its_caller() {
    let world = World::new();
    let engine = world.engine();
    world.faults.once(Call::CreationOptions, Trouble::Hang { done: false });
    assert_eq!(engine.orders.create(request(ada())).await, Err(CreateError::TimedOut { shipment: None }));
    // Shutdown waits for all tasks: it would hang if the call still waited.
    engine.shut_down().await;
}

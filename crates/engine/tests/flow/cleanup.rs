//! Clean-up: retention in days (UTC), and orphaned secrets.

use std::time::Duration;

use keyferry_engine::Release;
use keyferry_engine::Run;
use keyferry_engine::{CreateError, Outcome};

use crate::support::trouble::status;
use crate::support::world::{DAY, HOUR, ada, caller, request};
use crate::support::{Call, Trouble, World, lock};

#[tokio::test]
async fn deletes_shipment_at_start_of_day_after_retention() {
    for (days, hours_until_midnight) in [(1_u32, 12_u64), (30, 12)] {
        let world = World::new();
        let engine = world.engine_with(|settings| settings.cleanup_completed_days = days);
        let created = world.completed(&engine).await;
        // The shipment completes at noon, so the retention is `days` whole days plus the rest of that day.
        world.clock.pass(DAY * days + HOUR * u32::try_from(hours_until_midnight).unwrap() - Duration::from_secs(1));
        assert_eq!(engine.schedules.clean_up().await.unwrap().shipments, 0);
        world.clock.pass(Duration::from_secs(1));
        assert_eq!(engine.schedules.clean_up().await.unwrap().shipments, 1);
        assert_eq!(world.try_shipment(created.shipment), None);
        assert_eq!(lock(&world.vault).count(), 0);
    }
}

#[tokio::test]
async fn deletes_idempotency_record_with_shipment() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.cleanup_completed_days = 1);
    let keyed = keyferry_engine::CreateRequest { idempotency: Some(("k".into(), "b".into())), ..request(ada()) };
    let created = engine.orders.create(keyed).await.unwrap();
    world.ship(&created.delivery_id);
    engine.processing.run(Run::All).await;
    world.clock.pass(3 * DAY);
    engine.schedules.clean_up().await.unwrap();
    assert!(lock(&world.keys).0.is_empty());
}

#[tokio::test]
async fn zero_days_keeps_everything() {
    let world = World::new();
    let engine = world.engine();
    let created = world.completed(&engine).await;
    world.clock.pass(4000 * DAY);
    assert_eq!(engine.schedules.clean_up().await.unwrap().shipments, 0);
    assert!(world.try_shipment(created.shipment).is_some() && lock(&world.vault).has(created.shipment));
}

#[tokio::test]
async fn keeps_open_shipments() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.cleanup_completed_days = 1);
    world.ordered(&engine).await;
    world.faults.once(Call::Order, Trouble::Lost { done: true });
    engine.orders.create(request(ada())).await.unwrap_err();
    world.clock.pass(400 * DAY);
    assert_eq!(engine.schedules.clean_up().await.unwrap(), keyferry_engine::schedules::CleanupReport::default());
    assert_eq!((lock(&world.records).all().len(), lock(&world.vault).count()), (2, 2));
}

#[tokio::test]
async fn deletes_refused_and_cancelled_shipments() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.cleanup_completed_days = 1);
    world.faults.once(Call::Order, status(400));
    engine.orders.create(request(ada())).await.unwrap_err();
    let created = world.ordered(&engine).await;
    lock(&world.delivery).parcel(&created.delivery_id).deleted = true;
    for _ in 0..4 {
        world.clock.pass(DAY);
        engine.processing.run(Run::All).await;
    }
    world.clock.pass(3 * DAY);
    assert_eq!(engine.schedules.clean_up().await.unwrap().shipments, 2);
    assert_eq!((lock(&world.records).all().len(), lock(&world.vault).count()), (0, 0));
}

/// Retention counts from the confirmation: until then, the shipment is watched.
#[tokio::test]
async fn keeps_cancelled_shipment_until_it_is_confirmed() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.cleanup_completed_days = 1);
    let created = world.shipped(&engine).await;
    let id = created.shipment.to_string();
    engine.operator.cancel(&id, caller(), "the person left").await.unwrap();
    world.clock.pass(100 * DAY);
    assert_eq!(engine.schedules.clean_up().await.unwrap().shipments, 0);
    assert_eq!(lock(&world.vault).count(), 1);
    engine.operator.resolve(&id, caller(), "the key is destroyed".into(), Outcome::Recalled).await.unwrap();
    assert_eq!(lock(&world.vault).count(), 0, "the secret of a closed cancellation is purged at once");
    assert_eq!(engine.schedules.clean_up().await.unwrap().shipments, 0);
    world.clock.pass(2 * DAY);
    assert_eq!(engine.schedules.clean_up().await.unwrap().shipments, 1);
}

#[tokio::test]
async fn retention_counts_from_completion_by_operator() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.cleanup_completed_days = 1);
    let created = world.shipped(&engine).await;
    world.faults.once(Call::Deliver, status(400));
    engine.processing.run(Run::All).await;
    world.clock.pass(100 * DAY);
    let id = created.shipment.to_string();
    engine.operator.resolve(&id, caller(), "done elsewhere".into(), Outcome::Complete).await.unwrap();
    assert_eq!(engine.schedules.clean_up().await.unwrap().shipments, 0);
    world.clock.pass(2 * DAY);
    assert_eq!(engine.schedules.clean_up().await.unwrap().shipments, 1);
}

#[tokio::test]
async fn deletes_orphaned_secrets_with_retention_disabled() {
    let world = World::new();
    let engine = world.engine();
    for _ in 0..8 {
        let (mortal, life) = world.living_engine(|_| {});
        world.faults.once(Call::Insert, Trouble::Crash { done: false });
        tokio::select! {
            _ = mortal.orders.create(request(ada())) => panic!("the process should have died"),
            () = life.ended() => {}
        }
    }
    let kept = world.ordered(&engine).await;
    assert_eq!(engine.schedules.clean_up().await.unwrap().orphaned_secrets, 0, "an order may still store its record");
    world.clock.pass(HOUR);
    assert_eq!(engine.schedules.clean_up().await.unwrap().orphaned_secrets, 0, "kept for one hour");
    world.clock.pass(Duration::from_secs(1));
    assert_eq!(engine.schedules.clean_up().await.unwrap().orphaned_secrets, 8);
    assert!(lock(&world.vault).has(kept.shipment));
}

#[tokio::test]
async fn deletes_secret_of_refused_order_and_keeps_that_of_broken_record() {
    let world = World::new();
    let engine = world.engine();
    world.faults.once(Call::Order, status(400));
    world.faults.once(Call::PurgeSecret, Trouble::Lost { done: false });
    engine.orders.create(request(ada())).await.unwrap_err();
    let broken = world.ordered(&engine).await;
    lock(&world.records).damage(broken.shipment, true);
    world.clock.pass(2 * HOUR);
    assert_eq!(engine.schedules.clean_up().await.unwrap().orphaned_secrets, 1);
    assert!(lock(&world.vault).has(broken.shipment));
}

#[tokio::test]
async fn keeps_secret_of_order_in_progress() {
    let world = World::new();
    let engine = world.engine();
    let gate = std::sync::Arc::new(tokio::sync::Notify::new());
    world.faults.once(Call::Insert, Trouble::Hold(gate.clone()));
    let error = engine.orders.create(request(ada())).await.unwrap_err();
    assert_eq!(error, CreateError::TimedOut { shipment: None });
    world.clock.pass(2 * HOUR);
    assert_eq!(engine.schedules.clean_up().await.unwrap().orphaned_secrets, 0);
    gate.notify_one();
    engine.shut_down().await;
    assert_eq!(world.orders(), 0);
}

#[tokio::test]
async fn keeps_shipment_changed_since_it_was_listed() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.cleanup_completed_days = 1);
    let created = world.completed(&engine).await;
    world.clock.pass(3 * DAY);
    let gate = std::sync::Arc::new(tokio::sync::Notify::new());
    world.faults.once(Call::Delete, Trouble::Hold(gate.clone()));
    let resending = async {
        world.faults.met(Call::Delete).await;
        engine.operator.resend_pin(created.delivery_id.as_str(), caller(), Release::default()).await.unwrap();
        gate.notify_one();
    };
    let (report, ()) = tokio::join!(engine.schedules.clean_up(), resending);
    assert_eq!(report.unwrap().shipments, 0);
    assert!(lock(&world.vault).has(created.shipment));
}

#[tokio::test]
async fn next_clean_up_finishes_interrupted_one() {
    for call in [Call::Delete, Call::PurgeSecret, Call::ReleaseKey] {
        let world = World::new();
        let (engine, life) = world.living_engine(|settings| settings.cleanup_completed_days = 1);
        world.completed(&engine).await;
        world.clock.pass(3 * DAY);
        world.faults.once(call, Trouble::Crash { done: false });
        tokio::select! {
            _ = engine.schedules.clean_up() => panic!("the process should have died"),
            () = life.ended() => {}
        }
        world.engine_with(|settings| settings.cleanup_completed_days = 1).schedules.clean_up().await.unwrap();
        assert_eq!((lock(&world.records).all().len(), lock(&world.vault).count()), (0, 0), "{call:?}");
    }
}

#[tokio::test]
async fn completion_at_midnight_belongs_to_new_day() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.cleanup_completed_days = 1);
    // From noon to midnight.
    world.clock.pass(12 * HOUR);
    world.completed(&engine).await;
    world.clock.pass(2 * DAY - Duration::from_secs(1));
    assert_eq!(engine.schedules.clean_up().await.unwrap().shipments, 0);
    world.clock.pass(Duration::from_secs(1));
    assert_eq!(engine.schedules.clean_up().await.unwrap().shipments, 1);
}

#[tokio::test]
async fn store_is_tidied_once_after_each_clean_up() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.cleanup_completed_days = 1);
    world.completed(&engine).await;
    world.clock.pass(3 * DAY);
    // The shipment is deleted already, so a store that cannot be tidied does not fail the clean-up.
    world.faults.once(Call::Tidy, Trouble::Lost { done: false });
    assert_eq!(engine.schedules.clean_up().await.unwrap().shipments, 1);
    assert_eq!(world.faults.count(Call::Tidy), 1);
    engine.schedules.clean_up().await.unwrap();
    assert_eq!(world.faults.count(Call::Tidy), 2);
}

//! Clean up: by days of UTC, and orphans.

use std::time::Duration;

use keyferry_engine::Run;
use keyferry_engine::{CreateError, Outcome};

use crate::support::trouble::status;
use crate::support::world::{DAY, HOUR, ada, caller, request};
use crate::support::{Call, Trouble, World, lock};

#[tokio::test]
async fn a_shipment_goes_at_the_start_of_the_day_after_its_last() {
    for (days, hours_until_midnight) in [(1_u32, 12_u64), (30, 12)] {
        let world = World::new();
        let engine = world.engine_with(|settings| settings.cleanup_completed_days = days);
        let created = world.completed(&engine).await;
        // Completed at noon: `days` whole days, and the rest of its own.
        world.clock.pass(DAY * days + HOUR * u32::try_from(hours_until_midnight).unwrap() - Duration::from_secs(1));
        assert_eq!(engine.schedules.clean_up().await.unwrap().shipments, 0);
        world.clock.pass(Duration::from_secs(1));
        assert_eq!(engine.schedules.clean_up().await.unwrap().shipments, 1);
        assert_eq!(world.try_shipment(created.shipment), None);
        assert_eq!(lock(&world.vault).count(), 0);
    }
}

#[tokio::test]
async fn its_idempotency_record_goes_with_it() {
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
async fn zero_keeps_everything_for_ever() {
    let world = World::new();
    let engine = world.engine();
    let created = world.completed(&engine).await;
    world.clock.pass(4000 * DAY);
    assert_eq!(engine.schedules.clean_up().await.unwrap().shipments, 0);
    assert!(world.try_shipment(created.shipment).is_some() && lock(&world.vault).has(created.shipment));
}

#[tokio::test]
async fn what_is_not_settled_stays_however_old_it_is() {
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
async fn refused_and_cancelled_ones_go_too() {
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

#[tokio::test]
async fn the_age_of_one_set_to_complete_counts_from_then() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.cleanup_completed_days = 1);
    let created = world.ordered(&engine).await;
    world.clock.pass(100 * DAY);
    let id = created.shipment.to_string();
    engine.operator.resolve(&id, caller(), "done elsewhere".into(), Outcome::Complete).await.unwrap();
    assert_eq!(engine.schedules.clean_up().await.unwrap().shipments, 0);
    world.clock.pass(2 * DAY);
    assert_eq!(engine.schedules.clean_up().await.unwrap().shipments, 1);
}

#[tokio::test]
async fn secrets_without_a_record_are_swept_whatever_the_days() {
    let world = World::new();
    let engine = world.engine();
    for _ in 0..8 {
        let (mortal, life) = world.living_engine(|_| {});
        world.faults.once(Call::Insert, Trouble::Crash { done: false });
        tokio::select! {
            _ = mortal.orders.create(request(ada())) => panic!("the process is dead"),
            () = life.ended() => {}
        }
    }
    let kept = world.ordered(&engine).await;
    assert_eq!(
        engine.schedules.clean_up().await.unwrap().orphaned_secrets,
        0,
        "a create may be about to write its record"
    );
    world.clock.pass(HOUR);
    assert_eq!(engine.schedules.clean_up().await.unwrap().orphaned_secrets, 0, "an hour is given to it");
    world.clock.pass(Duration::from_secs(1));
    assert_eq!(engine.schedules.clean_up().await.unwrap().orphaned_secrets, 8);
    assert!(lock(&world.vault).has(kept.shipment));
}

#[tokio::test]
async fn the_secret_of_a_refused_order_is_swept_and_that_of_a_broken_record_kept() {
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
async fn a_create_that_is_alive_keeps_its_secret() {
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
async fn a_record_that_changed_since_it_was_listed_keeps_all_that_is_its() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.cleanup_completed_days = 1);
    let created = world.completed(&engine).await;
    world.clock.pass(3 * DAY);
    let gate = std::sync::Arc::new(tokio::sync::Notify::new());
    world.faults.once(Call::Delete, Trouble::Hold(gate.clone()));
    let resending = async {
        world.faults.met(Call::Delete).await;
        engine.operator.resend_pin(created.delivery_id.as_str(), caller()).await.unwrap();
        gate.notify_one();
    };
    let (report, ()) = tokio::join!(engine.schedules.clean_up(), resending);
    assert_eq!(report.unwrap().shipments, 0);
    assert!(lock(&world.vault).has(created.shipment));
}

#[tokio::test]
async fn a_clean_up_that_died_half_way_is_finished_by_the_next() {
    for call in [Call::Delete, Call::PurgeSecret, Call::ReleaseKey] {
        let world = World::new();
        let (engine, life) = world.living_engine(|settings| settings.cleanup_completed_days = 1);
        world.completed(&engine).await;
        world.clock.pass(3 * DAY);
        world.faults.once(call, Trouble::Crash { done: false });
        tokio::select! {
            _ = engine.schedules.clean_up() => panic!("the process is dead"),
            () = life.ended() => {}
        }
        world.engine_with(|settings| settings.cleanup_completed_days = 1).schedules.clean_up().await.unwrap();
        assert_eq!((lock(&world.records).all().len(), lock(&world.vault).count()), (0, 0), "{call:?}");
    }
}

#[tokio::test]
async fn what_was_settled_as_a_day_began_is_of_that_day() {
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

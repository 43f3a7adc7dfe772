//! Clean-up of batches.

use std::time::Duration;

use keyferry_domain::{Batch, BatchId, BatchStateName, BatchStore as _};
use keyferry_engine::{Engine, Run};

use crate::batches::{Working, checked, rows, upload, view};
use crate::support::world::{DAY, HOUR, caller};
use crate::support::{World, lock};

async fn state(engine: &Engine, id: BatchId) -> Option<BatchStateName> {
    engine.batches.get(id).await.unwrap().map(|view| view.batch.state.name())
}

async fn deleted(engine: &Engine) -> usize {
    engine.schedules.clean_up().await.unwrap().batches
}

#[tokio::test]
async fn deletes_upload_that_broke_off_after_an_hour() {
    let world = World::new();
    let engine = world.engine();
    let mut broken_off = engine.batches.begin("roll-out".to_owned(), caller()).await.unwrap();
    for row in rows(&world, 150) {
        broken_off.add(row).await.unwrap();
    }
    drop(broken_off);
    assert_eq!(world.batches.orders(), 100);
    world.clock.pass(HOUR);
    assert_eq!(deleted(&engine).await, 0);
    world.clock.pass(Duration::from_secs(1));
    assert_eq!(deleted(&engine).await, 1);
    assert_eq!(world.batches.orders(), 0);
}

/// An upload that the clean-up took for broken off fails, and leaves nothing.
#[tokio::test]
async fn upload_of_more_than_an_hour_fails_as_a_whole() {
    let world = World::new();
    let engine = world.engine();
    let mut slow = engine.batches.begin("roll-out".to_owned(), caller()).await.unwrap();
    let mut rows = rows(&world, 150).into_iter();
    for row in rows.by_ref().take(120) {
        slow.add(row).await.unwrap();
    }
    world.clock.pass(2 * HOUR);
    assert_eq!(deleted(&engine).await, 1);
    for row in rows {
        slow.add(row).await.unwrap();
    }
    let result = slow.finish(Vec::new(), Vec::new(), Vec::new()).await;
    assert!(slow.settled(result).await.is_err());
    assert_eq!(world.batches.orders(), 0);
}

#[tokio::test]
async fn deletes_batch_that_was_not_submitted_for_30_days() {
    let world = World::new();
    let engine = world.engine();
    let (draft, other) = (upload(&engine, rows(&world, 3)).await, upload(&engine, rows(&world, 3)).await);
    world.clock.pass(10 * DAY);
    let working = Working::start(&world, &engine);
    checked(&working, &engine, other).await;
    working.end().await;
    world.clock.pass(20 * DAY);
    assert_eq!(deleted(&engine).await, 1);
    assert_eq!((state(&engine, draft).await, state(&engine, other).await), (None, Some(BatchStateName::Checked)));
    world.clock.pass(9 * DAY);
    assert_eq!(deleted(&engine).await, 0, "30 days after the check");
    world.clock.pass(2 * DAY);
    assert_eq!(deleted(&engine).await, 1);
    assert_eq!((state(&engine, other).await, world.batches.orders()), (None, 0));
}

#[tokio::test]
async fn keeps_batch_that_is_being_worked_on() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.cleanup_completed_days = 1);
    let ids = [upload(&engine, rows(&world, 2)).await, upload(&engine, rows(&world, 2)).await];
    let working = Working::start(&world, &engine);
    for id in ids {
        checked(&working, &engine, id).await;
    }
    working.kill();
    engine.batches.check(ids[0], &caller(), false).await.unwrap();
    engine.batches.submit(ids[1], &caller(), false, 2).await.unwrap();
    for expected in [BatchStateName::Submitted, BatchStateName::Paused, BatchStateName::Cancelling] {
        match expected {
            BatchStateName::Paused => _ = engine.batches.pause(ids[1], &caller(), "wrong model").await.unwrap(),
            BatchStateName::Cancelling => _ = engine.batches.cancel(ids[1], &caller(), "wrong file").await.unwrap(),
            _ => {}
        }
        world.clock.pass(400 * DAY);
        assert_eq!(deleted(&engine).await, 0, "{expected}");
        assert_eq!(state(&engine, ids[1]).await, Some(expected));
    }
    assert_eq!(state(&engine, ids[0]).await, Some(BatchStateName::Checking));
}

#[tokio::test]
async fn deletes_finished_batch_after_its_last_shipment() {
    for days in [0, 1] {
        let world = World::new();
        let engine = world.engine_with(|settings| settings.cleanup_completed_days = days);
        let id = upload(&engine, rows(&world, 2)).await;
        let working = Working::start(&world, &engine);
        checked(&working, &engine, id).await;
        engine.batches.submit(id, &caller(), false, 2).await.unwrap();
        working.pass(HOUR).await;
        working.end().await;
        assert_eq!(view(&engine, id).await.batch.state.name(), BatchStateName::Finished);
        world.clock.pass(10 * DAY);
        assert_eq!(deleted(&engine).await, 0, "its keys are under way");
        for shipment in lock(&world.records).all() {
            world.ship(shipment.phase().delivery_id().unwrap());
        }
        engine.processing.run(Run::All).await;
        assert_eq!(deleted(&engine).await, 0);
        world.clock.pass(3 * DAY);
        let report = engine.schedules.clean_up().await.unwrap();
        assert_eq!((report.shipments, report.batches), if days == 0 { (0, 0) } else { (2, 1) });
        assert_eq!(state(&engine, id).await.is_some(), days == 0);
    }
}

/// What the clean-up saw as old may have been submitted since.
#[tokio::test]
async fn clean_up_that_died_leaves_a_batch_that_cannot_be_submitted() {
    let world = World::new();
    let engine = world.engine();
    let id = upload(&engine, rows(&world, 2)).await;
    let stored = world.batches.batch(id).await.unwrap().unwrap();
    let claimed = Batch { state: keyferry_domain::BatchState::Uploading, ..stored.batch };
    world.batches.commit_batch(&claimed, &stored.version).await.unwrap();
    assert!(engine.batches.check(id, &caller(), false).await.is_err());
    world.clock.pass(2 * HOUR);
    assert_eq!((deleted(&engine).await, world.batches.orders()), (1, 0));
}

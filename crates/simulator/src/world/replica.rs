//! The process of a replica: it runs what the program runs, and is started again when it died.

use std::sync::Arc;

use keyferry_engine::Engine;
use keyferry_testkit::outside::{Life, lock};
use tokio_util::sync::CancellationToken;

use super::World;
use crate::trace::{ReplicaEvent, What};

/// Runs a replica without end.
pub(super) async fn supervise(world: Arc<World>, number: usize) {
    loop {
        let life = Arc::new(Life::default());
        let engine = world.engine(number, &life);
        world.meddling.step(Some(number), None, What::Replica(ReplicaEvent::Started));
        {
            let mut slot = lock(&world.slots[number]);
            (slot.engine, slot.life) = (None, life.clone());
        }
        let (own, started) = (world.clone(), engine.clone());
        let task = tokio::spawn(async move { run(&own, number, started).await });
        life.ended().await;
        task.abort();
        drop(task.await);
        lock(&world.slots[number]).engine = None;
        let now = world.now();
        world.meddling.with(|state| state.court.noticed.died(number, now));
        world.meddling.step(Some(number), None, What::Replica(ReplicaEvent::Killed));
        let pause = 5 + world.meddling.with(|state| state.chance.below(90));
        world.sleep(pause).await;
    }
}

async fn run(world: &World, number: usize, engine: Engine) {
    loop {
        match engine.compare_with_journal().await {
            Ok(found) if found.is_intact() => break,
            // The program does not start. Some time later, an operator has read the list, and confirms it.
            Ok(found) => {
                let missing = found.missing.iter().chain(&found.unrecorded).map(|acceptance| acceptance.shipment);
                let listed: Vec<_> = missing.chain(found.behind.iter().copied()).collect();
                world.meddling.with(|state| state.court.book.listed.extend(listed));
                world.sleep(600).await;
                drop(engine.confirm_differences().await);
            }
            Err(_) => world.sleep(10).await,
        }
    }
    lock(&world.slots[number]).engine = Some(engine.clone());
    let stop = CancellationToken::new();
    let settings = world.settings();
    tokio::join!(
        engine.dispatcher.run(&stop),
        engine.batch_worker.run(&stop),
        engine.webhook_worker.run(&stop),
        engine.schedules.process_on_schedule(&settings.process_schedule, &stop),
        engine.schedules.clean_up_on_schedule(&settings.cleanup_schedule, &stop),
    );
}

//! The process of a replica: it runs what the program runs, and is started again when it died.

use std::sync::Arc;

use keyferry_engine::Engine;
use keyferry_testkit::outside::{Life, lock};
use tokio::task::JoinSet;
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
                let listed: Vec<_> = missing.chain(found.behind.iter().chain(&found.unconfirmed).copied()).collect();
                world.meddling.with(|state| state.court.book.listed.extend(listed));
                world.sleep(600).await;
                drop(engine.confirm_differences().await);
            }
            Err(_) => world.sleep(10).await,
        }
    }
    lock(&world.slots[number]).engine = Some(engine.clone());
    // A task for each loop, so that a wake-up polls one of them and not all. They end with this future.
    let mut loops = JoinSet::new();
    let settings = world.settings();
    let (process, clean_up) = (settings.process_schedule, settings.cleanup_schedule);
    let (of, stop) = (engine.clone(), CancellationToken::new);
    loops.spawn(async move { of.dispatcher.run(&stop()).await });
    let of = engine.clone();
    loops.spawn(async move { of.batch_worker.run(&stop()).await });
    let of = engine.clone();
    loops.spawn(async move { of.webhook_worker.run(&stop()).await });
    let of = engine.clone();
    loops.spawn(async move { of.schedules.process_on_schedule(&process, &stop()).await });
    loops.spawn(async move { engine.schedules.clean_up_on_schedule(&clean_up, &stop()).await });
    while loops.join_next().await.is_some() {}
}

//! One run: an organisation, its time, and the verdict.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use keyferry_engine::NewWebhook;
use keyferry_testkit::outside::{VirtualClock, lock};
use tokio::sync::Notify;

use crate::config::Config;
use crate::judge::{Finding, Verdict};
use crate::life::Life;
use crate::trace::Trace;
use crate::world::{BEGIN, Log, World};

/// Receiver that wants every event.
const RECEIVER: &str = "https://desk.contoso.example/keyferry";

/// What a run found.
#[derive(Clone, Debug)]
pub struct Report {
    /// Counts.
    pub verdict: Verdict,
    /// First findings.
    pub findings: Vec<Finding>,
    /// What happened.
    pub trace: Trace,
    /// Number of shipments.
    pub shipments: u64,
    /// Number of faults that were injected.
    pub faults: u64,
    /// Numbers of these faults.
    pub injected: Vec<u64>,
    /// Number of days.
    pub days: u64,
    /// Number of complete shipments.
    pub complete: u64,
}

/// Runs a configuration in this thread.
pub fn run(config: &Config) -> Report {
    let clock = VirtualClock::manual(BEGIN.parse().unwrap());
    let (driven, is_over) = (clock.clone(), Arc::new(AtomicBool::new(false)));
    let over = is_over.clone();
    // The runtime is about to park its thread: no task can run before a sleeper wakes.
    let pump = Arc::new(Notify::new());
    let pumped = pump.clone();
    let advance = move || {
        // Whoever slept may have lost interest. Then nothing runs, and the runtime must come back here.
        pump.notify_one();
        if !driven.wake_next() && !over.load(Ordering::SeqCst) {
            panic!("no task can run, and none sleeps");
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().on_thread_park(advance).build().unwrap();
    runtime.spawn(async move {
        loop {
            pumped.notified().await;
        }
    });
    let people = tokio::task::LocalSet::new();
    let report = people.block_on(&runtime, live(config, &clock));
    is_over.store(true, Ordering::SeqCst);
    // What is left are calls of dead processes, which never return.
    runtime.shutdown_background();
    report
}

async fn live(config: &Config, clock: &Arc<VirtualClock>) -> Report {
    let world = World::new(config, clock);
    let _log = tracing::subscriber::set_default(Log::new(&world.meddling, clock, config.prints_log));
    world.start();
    subscribe(&world).await;
    let life = Life::new(&world, config.seed, config.people, config.days);
    for hour in 0..config.days * 24 {
        if hour % 24 == 0 {
            if let Some(progress) = config.progress {
                progress(hour / 24);
            }
            world.meddling.sweep(false);
        }
        if config.stop_at_first && world.meddling.with(|state| !state.court.verdict.is_clean()) {
            break;
        }
        life.hour(hour).await;
    }
    world.heal();
    if !(config.stop_at_first && world.meddling.with(|state| !state.court.verdict.is_clean())) {
        life.settle().await;
        world.meddling.sweep(true);
    }
    let shipments = lock(&world.outside.records).count() as u64;
    let complete = lock(&world.outside.records)
        .counts(&keyferry_domain::ports::ShipmentFilter::phases(&[keyferry_domain::PhaseName::Complete]))
        .0
        .values()
        .sum();
    world.meddling.with(|state| Report {
        verdict: state.court.verdict,
        findings: state.court.findings.clone(),
        trace: std::mem::take(&mut state.trace),
        shipments,
        complete,
        faults: state.faults.injected.len() as u64,
        injected: state.faults.injected.iter().copied().collect(),
        days: config.days,
    })
}

/// Creates the webhook.
async fn subscribe(world: &Arc<World>) {
    loop {
        world.sleep(1).await;
        let Some((_, engine, _)) = world.running(0) else { continue };
        let url = RECEIVER.to_owned();
        let new = NewWebhook { url, event_types: Vec::new(), description: None, secret: None };
        if engine.webhooks.create(new, crate::life::caller()).await.is_ok() {
            break;
        }
    }
    world.meddling.with(|state| state.court.receivers.push(RECEIVER.to_owned()));
}

//! The outside, the replicas, and everything that interferes with their calls.

mod log;
mod meddling;
mod replica;

use std::sync::{Arc, Mutex};

use crate::judge::is_over;
use chrono::TimeDelta;
use keyferry_domain::{Aaguid, ProviderId, Timestamp};
use keyferry_engine::{Engine, EngineSettings, Ports, Provider, Providers, Registration, Schedule};
use keyferry_testkit::outside::{FACTORY, Life, MODEL, Node, Outside, VirtualClock, lock};

pub(crate) use self::log::Log;
pub(crate) use self::meddling::Meddling;
use crate::bugs::{self, Bug};
use crate::config::Config;
use crate::faults::{Blow, Faults, Planned, plan};
use crate::trace::{ReplicaEvent, Trace, What};

/// Product of all orders.
const PRODUCT: i64 = 29;

/// Begin of every simulation.
pub(crate) const BEGIN: &str = "2026-06-01T06:00:00Z";

/// A simulated world.
pub(crate) struct World {
    /// Everything outside of the replicas.
    pub(crate) outside: Arc<Outside>,
    /// What decides about calls, judges and remembers.
    pub(crate) meddling: Arc<Meddling>,
    slots: Vec<Mutex<Slot>>,
    bug: Option<Bug>,
    planned: Vec<Planned>,
}

/// Place of a replica. Its process changes.
#[derive(Default)]
struct Slot {
    engine: Option<Engine>,
    life: Arc<Life>,
}

impl World {
    /// Creates a world whose replicas are not started.
    pub(crate) fn new(config: &Config, clock: &Arc<VirtualClock>) -> Arc<Self> {
        let outside = Arc::new(Outside::with_clock(config.seed, clock.clone()));
        {
            let mut records = lock(&outside.records);
            (records.page, records.rereads) = (100, false);
            lock(&outside.vault).page = 100;
        }
        let (weather, planned, next) = plan(config.seed, clock.right(), config.days, config.replicas);
        let faults = Faults::new(config.seed, config.faults, weather, config.only.clone(), next);
        let meddling = Meddling::new(&outside, Trace::new(config.keep.clone()), faults);
        let slots = (0..config.replicas).map(|_| Mutex::default()).collect();
        Arc::new(Self { outside, meddling, slots, bug: config.bug, planned })
    }

    /// Returns the right time.
    pub(crate) fn now(&self) -> Timestamp {
        self.outside.clock.right()
    }

    /// Sleeps in simulated time.
    pub(crate) async fn sleep(&self, seconds: u64) {
        self.outside.clock.sleep(std::time::Duration::from_secs(seconds)).await;
    }

    /// Returns the number of replicas.
    pub(crate) fn replicas(&self) -> usize {
        self.slots.len()
    }

    /// Starts all replicas, and lets the planned blows happen.
    pub(crate) fn start(self: &Arc<Self>) {
        for number in 0..self.replicas() {
            tokio::spawn(replica::supervise(self.clone(), number));
        }
        tokio::spawn(suffer(self.clone()));
    }

    /// Returns a replica that runs, and its process. `wanted` chooses among them.
    pub(crate) fn running(&self, wanted: u64) -> Option<(usize, Engine, Arc<Life>)> {
        let now = self.now();
        let running: Vec<_> = (0..self.replicas())
            .filter_map(|number| {
                let slot = lock(&self.slots[number]);
                let engine = slot.engine.clone().filter(|_| !slot.life.is_over() && !slot.life.is_paused(now))?;
                Some((number, engine, slot.life.clone()))
            })
            .collect();
        let index = usize::try_from(wanted % running.len().max(1) as u64).unwrap_or_default();
        running.into_iter().nth(index)
    }

    /// Sets all clocks right, and lets paused replicas run.
    pub(crate) fn heal(&self) {
        self.meddling.with(|state| state.faults.heal());
        for slot in &self.slots {
            let slot = lock(slot);
            slot.life.set_clock(TimeDelta::zero());
            slot.life.pause(self.now());
        }
    }

    /// Returns whether every shipment reached an end or the list of a human, and every event its receiver.
    pub(crate) fn is_settled(&self) -> bool {
        let records = lock(&self.outside.records);
        let is_open = |id| records.shipment(id).is_some_and(|shipment| !is_over(shipment));
        let is_sent = self.meddling.with(|state| state.court.is_sent(&self.outside, &records));
        !records.ids().any(is_open) && is_sent
    }

    fn settings(&self) -> EngineSettings {
        let mut settings = EngineSettings::new(FACTORY.anchors.clone());
        settings.product_aaguids.insert(PRODUCT, vec![Aaguid::from_bytes(*MODEL.as_bytes())]);
        settings.contact_domains = vec!["contoso.example".into()];
        let schedule = |text| Schedule::parse(text).unwrap();
        settings.process_schedule = schedule("0 0 */4 * * *");
        settings.cleanup_schedule = schedule("0 30 2 * * *");
        if let Some(bug) = self.bug {
            bugs::misconfigure(bug, &mut settings);
        }
        settings
    }

    fn engine(&self, number: usize, life: &Arc<Life>) -> Engine {
        let node = Node::meddled(&self.outside, life, number, self.meddling.clone());
        let provider = Provider { registration: Registration::CreationOptions(node.clone()), directory: node.clone() };
        let ports = Ports {
            clock: node.clone(),
            entropy: self.outside.chance.clone(),
            providers: Providers::new(ProviderId::new("login"), provider),
            delivery_service: node.clone(),
            sealer: node.clone(),
            pin_delivery: node.clone(),
            shipments: node.clone(),
            secrets: node.clone(),
            idempotency: node.clone(),
            leases: node.clone(),
            batches: node.clone(),
            journal: node.clone(),
            webhooks: node.clone(),
            webhook_sender: node,
        };
        let ports = match self.bug {
            Some(bug) => bugs::planted(bug, ports),
            None => ports,
        };
        Engine::without_metrics(ports, self.settings())
    }
}

async fn suffer(world: Arc<World>) {
    let mut backup = None;
    for planned in world.planned.clone() {
        world.sleep(u64::try_from((planned.at - world.now()).num_seconds()).unwrap_or_default()).await;
        if !world.meddling.with(|state| state.faults.allows(planned.number)) {
            continue;
        }
        let life = |number: usize| lock(&world.slots[number]).life.clone();
        let (replica, event) = match planned.blow {
            Blow::Kill(replica) => {
                life(replica).end();
                continue;
            }
            Blow::PowerLoss => {
                (0..world.replicas()).for_each(|number| life(number).end());
                continue;
            }
            Blow::Backup => {
                backup = Some(world.outside.backup());
                world.meddling.life(None, "a backup of the stores is made");
                continue;
            }
            Blow::Restore => {
                let Some(backup) = backup.take() else { continue };
                (0..world.replicas()).for_each(|number| life(number).end());
                world.outside.restore(backup);
                world.meddling.life(None, "the stores are restored from the backup");
                world.meddling.with(|state| state.court.restored(&world.outside));
                continue;
            }
            Blow::Pause(replica, seconds) => {
                let until = world.now() + TimeDelta::seconds(i64::try_from(seconds).unwrap());
                life(replica).pause(until);
                (replica, ReplicaEvent::Paused(seconds))
            }
            Blow::Clock(replica, seconds) => {
                life(replica).set_clock(TimeDelta::seconds(seconds));
                world.meddling.with(|state| state.court.clock_set(replica, TimeDelta::seconds(seconds)));
                (replica, ReplicaEvent::ClockSet(seconds))
            }
        };
        world.meddling.step(Some(replica), None, What::Replica(event));
    }
}

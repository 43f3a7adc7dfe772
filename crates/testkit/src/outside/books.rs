//! State of the simulated outside.

use std::sync::{Arc, Mutex};

use keyferry_domain::ports::{EventChain, JournalEntry, OpenCounts};
use keyferry_domain::{DeliveryId, Event, Shipment, ShipmentId};

use super::clock::VirtualClock;
use super::delivery::Delivery;
use super::lock::lock;
use super::people::People;
use super::pins::{Pins, Sent};
use super::trouble::Faults;
use super::vault::Vault;
use crate::{Keys, Leases, MemoryBatches, MemoryWebhooks, Receivers, Records, SeededRandom};

/// State of everything outside of connectors: one member for each party.
pub struct Outside {
    pub clock: Arc<VirtualClock>,
    pub chance: Arc<SeededRandom>,
    pub faults: Faults,
    pub people: Mutex<People>,
    pub delivery: Mutex<Delivery>,
    pub pins: Mutex<Pins>,
    pub records: Mutex<Records>,
    pub keys: Mutex<Keys>,
    pub leases: Mutex<Leases>,
    pub vault: Mutex<Vault>,
    pub journal: Mutex<Vec<JournalEntry>>,
    pub damage: Mutex<Damage>,
    pub batches: Arc<MemoryBatches>,
    pub webhooks: Arc<MemoryWebhooks>,
    pub receivers: Arc<Receivers>,
}

/// Damage of the record store, as it reports it.
#[derive(Default)]
pub struct Damage {
    pub findings: Vec<String>,
    pub open_counts: Option<OpenCounts>,
    pub events: Option<EventChain>,
}

impl Outside {
    /// Creates an outside without users. All random choices derive from the seed.
    pub fn new(seed: u64) -> Self {
        Self::with_clock(seed, VirtualClock::start("2026-06-01T12:00:00Z".parse().unwrap()))
    }

    /// Creates an outside without users that follows this clock.
    pub fn with_clock(seed: u64, clock: Arc<VirtualClock>) -> Self {
        Self {
            clock,
            chance: Arc::new(SeededRandom::new(seed)),
            faults: Faults::default(),
            people: Mutex::default(),
            delivery: Mutex::default(),
            pins: Mutex::default(),
            records: Mutex::default(),
            keys: Mutex::default(),
            leases: Mutex::default(),
            vault: Mutex::default(),
            journal: Mutex::default(),
            damage: Mutex::default(),
            batches: Arc::default(),
            webhooks: Arc::default(),
            receivers: Arc::default(),
        }
    }

    /// Sets whose data the parties answer: 0, or that of another.
    pub fn confuse(&self, shift: usize) {
        lock(&self.people).confused = shift;
        lock(&self.delivery).confused = shift;
    }

    pub fn ship(&self, id: &DeliveryId) {
        lock(&self.delivery).ship(id, &self.chance);
    }

    pub fn set_state(&self, id: &DeliveryId, state: Option<i64>) {
        lock(&self.delivery).parcel(id).state = state;
    }

    pub fn try_shipment(&self, id: ShipmentId) -> Option<Shipment> {
        lock(&self.records).get(id, self.clock.now()).unwrap().map(|stored| stored.change.into_shipment())
    }

    pub fn shipment(&self, id: ShipmentId) -> Shipment {
        self.try_shipment(id).unwrap()
    }

    /// Returns class and message of the shipment's obstacle.
    pub fn obstacle(&self, id: ShipmentId) -> (&'static str, String) {
        let shipment = self.shipment(id);
        let obstacle = shipment.obstacle().unwrap();
        (obstacle.class.as_str(), obstacle.message.clone())
    }

    /// Returns the shipment's events.
    pub fn events(&self, id: ShipmentId) -> Vec<Event> {
        lock(&self.records).events(id, 0, u32::MAX)
    }

    pub fn phase(&self, id: ShipmentId) -> &'static str {
        self.shipment(id).phase().name().as_str()
    }

    /// Returns the number of methods registered for the user at this index.
    pub fn methods(&self, user: usize) -> usize {
        lock(&self.people).users[user].methods.len()
    }

    pub fn sent(&self) -> Vec<Sent> {
        lock(&self.pins).sent.clone()
    }

    pub fn orders(&self) -> usize {
        lock(&self.delivery).parcels.len()
    }
}

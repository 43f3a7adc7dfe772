//! Store of parcels.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::keys::{KeyRing, Keys};
use super::order::Order;
use super::parcel::{Context, Parcel};
use super::refusal::Refusal;
use crate::factory::Factory;
use crate::factory::device::Device;
use crate::factory::programme::Responses;
use crate::factory::tamper::Tamper;
use crate::ground::clock::Clock;
use crate::ground::facts::Facts;
use crate::ground::seeded_random::SeededRandom;

const BASE58: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const ID_LENGTH: usize = 22;

/// All parcels, and the generator of their ids.
#[derive(Debug)]
pub(crate) struct Parcels {
    clock: Arc<Clock>,
    factory: Arc<Factory>,
    keys: Arc<KeyRing>,
    seconds_per_state: f64,
    seed: u64,
    chance: SeededRandom,
    store: Mutex<Store>,
}

#[derive(Debug, Default)]
struct Store {
    by_id: HashMap<String, Parcel>,
    /// Ids, oldest order first.
    ids: Vec<String>,
}

impl Parcels {
    /// Creates an empty store. The seed determines the parcels' ids.
    pub(super) fn new(facts: &Facts, clock: Arc<Clock>, factory: Arc<Factory>, keys: Arc<KeyRing>) -> Self {
        Self {
            clock,
            factory,
            keys,
            seconds_per_state: facts.parcel_seconds_per_state,
            seed: facts.seed,
            chance: SeededRandom::new(facts.seed),
            store: Mutex::default(),
        }
    }

    /// Deletes all parcels and restarts the sequence of ids.
    pub(super) fn reset(&self) {
        *self.store.lock().unwrap_or_else(PoisonError::into_inner) = Store::default();
        self.chance.reseed(self.seed);
    }

    /// Creates a parcel for an order and returns its shipment id.
    ///
    /// Two identical orders create two parcels: the delivery service does not detect duplicates.
    pub(super) fn take(&self, order: Order) -> String {
        let now = self.clock.parcels();
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let id = loop {
            let letter = |_| char::from(BASE58[usize::try_from(self.chance.below(58)).unwrap_or_default()]);
            let id: String = (0..ID_LENGTH).map(letter).collect();
            if !store.by_id.contains_key(&id) {
                break id;
            }
        };
        let tracking = format!("{:012}", self.chance.below(1_000_000_000_000));
        store.ids.push(id.clone());
        store.by_id.insert(id.clone(), Parcel::new(id.clone(), order, tracking, now));
        id
    }

    /// Deletes a parcel. Returns `false` if there is no such parcel.
    pub(crate) fn remove(&self, id: &str) -> bool {
        self.with(|store| {
            store.ids.retain(|one| one != id);
            store.by_id.remove(id).is_some()
        })
    }

    /// Advances a parcel to the current time, then reads it.
    pub(crate) fn read<T>(&self, id: &str, look: impl FnOnce(&Parcel) -> T) -> Result<T, Refusal> {
        self.change(id, |_, _| None, look)
    }

    /// Moves a parcel to its next state.
    pub(crate) fn advance<T>(&self, id: &str, look: impl FnOnce(&Parcel) -> T) -> Result<T, Refusal> {
        self.change(id, Parcel::advance, look)
    }

    /// Sets the state of a parcel.
    pub(crate) fn set_state<T>(&self, id: &str, state_id: u32, look: impl FnOnce(&Parcel) -> T) -> Result<T, Refusal> {
        self.change(id, |parcel, at| parcel.set_state(state_id, at), look)
    }

    /// Sets the defect of the next responses of a parcel.
    pub(crate) fn tamper(&self, id: &str, how: Option<Tamper>) -> Result<(), Refusal> {
        self.change(
            id,
            |parcel, _| {
                parcel.tamper = how;
                None
            },
            |_| (),
        )
    }

    /// Advances all parcels to the current time, then reads them, oldest order first.
    pub(crate) fn read_all<T>(&self, look: impl Fn(&Parcel) -> T) -> Vec<T> {
        let keys = self.keys.now();
        let at = self.context(&keys);
        let mut made = Vec::new();
        let views = self.with(|store| {
            let Store { by_id, ids } = store;
            ids.iter()
                .filter_map(|id| {
                    let parcel = by_id.get_mut(id)?;
                    made.extend(parcel.catch_up(&at));
                    Some(look(parcel))
                })
                .collect()
        });
        self.keep(made);
        views
    }

    /// Reads a parcel and its sealed responses. There are no responses before the parcel is shipped.
    pub(super) fn read_with_responses<T>(
        &self,
        id: &str,
        look: impl FnOnce(&Parcel, Option<Responses>) -> T,
    ) -> Result<T, Refusal> {
        let swapped = self.read(id, |parcel| match &parcel.tamper {
            Some(Tamper::SwapWith(other)) => Some(other.clone()),
            _ => None,
        })?;
        let keys = self.keys.now();
        let respond = |parcel: &Parcel, how: Option<&Tamper>| -> Option<Responses> {
            let made = parcel.shipped()?.respond(self.factory.attestation(), keys.signer().ok()?, how);
            made.inspect_err(
                |reason| tracing::error!(%reason, shipment_id = %parcel.id, "could not create shipment responses"),
            )
            .ok()
        };
        match swapped {
            None => self.read(id, |parcel| look(parcel, respond(parcel, parcel.tamper.as_ref()))),
            Some(other) => {
                let theirs = self.read(&other, |parcel| respond(parcel, None))?;
                self.read(id, |parcel| look(parcel, theirs.filter(|_| parcel.shipped().is_some())))
            }
        }
    }

    fn change<T>(
        &self,
        id: &str,
        act: impl FnOnce(&mut Parcel, &Context<'_>) -> Option<Device>,
        look: impl FnOnce(&Parcel) -> T,
    ) -> Result<T, Refusal> {
        let keys = self.keys.now();
        let at = self.context(&keys);
        let mut made = Vec::new();
        let view = self.with(|store| {
            let parcel = store.by_id.get_mut(id)?;
            made.extend(parcel.catch_up(&at));
            made.extend(act(parcel, &at));
            Some(look(parcel))
        });
        // After the lock is released: a service does not wait for another one while it holds its lock.
        self.keep(made);
        view.ok_or_else(|| Refusal::not_found("Shipment"))
    }

    fn keep(&self, made: Vec<Device>) {
        for device in made {
            self.factory.keep(device);
        }
    }

    fn context<'a>(&'a self, keys: &'a Keys) -> Context<'a> {
        let (now, seconds_per_state) = (self.clock.parcels(), self.seconds_per_state);
        Context { factory: &self.factory, keys, now, seconds_per_state }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Store) -> T) -> T {
        act(&mut self.store.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

//! Store of parcels.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::keys::{KeyRing, Keys};
use super::order::Order;
use super::parcel::{Context, Parcel};
use super::refusal::Refusal;
use super::stock::Stock;
use crate::factory::Factory;
use crate::factory::device::Device;
use crate::factory::programme::Responses;
use crate::factory::tamper::Tamper;
use crate::ground::clock::Clock;
use crate::ground::parts::Ground;
use crate::ground::seeded_random::SeededRandom;
use crate::ground::settings::Settings;
use crate::ground::shared::Shared;

const BASE58: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const ID_LENGTH: usize = 22;

/// All parcels, and the generator of their ids.
#[derive(Debug)]
pub(crate) struct Parcels {
    clock: Arc<Clock>,
    factory: Arc<Factory>,
    keys: Arc<KeyRing>,
    stock: Arc<Stock>,
    settings: Arc<Shared<Settings>>,
    seed: u64,
    chance: SeededRandom,
    store: Mutex<Store>,
}

/// Parcels by the number of their order, and the numbers by shipment id.
#[derive(Debug, Default)]
struct Store {
    last: u64,
    parcels: BTreeMap<u64, Parcel>,
    numbers: HashMap<String, u64>,
}

impl Store {
    fn get_mut(&mut self, id: &str) -> Option<&mut Parcel> {
        self.parcels.get_mut(self.numbers.get(id)?)
    }
}

/// Parcels that move together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Advance {
    /// Only parcels in this state.
    pub(crate) from: Option<u32>,
    /// State in which the parcels stop. By default, each moves to its next state.
    pub(crate) until: Option<u32>,
    /// Part of these parcels that moves, from 0.0 to 1.0: those with the oldest orders.
    pub(crate) share: f64,
}

impl Parcels {
    /// Creates an empty store. The seed determines the parcels' ids.
    pub(super) fn new(ground: &Ground, factory: Arc<Factory>, keys: Arc<KeyRing>, stock: Arc<Stock>) -> Self {
        Self {
            clock: Arc::clone(&ground.clock),
            factory,
            keys,
            stock,
            settings: Arc::clone(&ground.settings),
            seed: ground.facts.seed,
            chance: SeededRandom::new(ground.facts.seed),
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
    pub(crate) fn take(&self, order: Order) -> String {
        let now = self.clock.parcels();
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let id = loop {
            let letter = |_| char::from(BASE58[usize::try_from(self.chance.below(58)).unwrap_or_default()]);
            let id: String = (0..ID_LENGTH).map(letter).collect();
            if !store.numbers.contains_key(&id) {
                break id;
            }
        };
        let tracking = format!("{:012}", self.chance.below(1_000_000_000_000));
        store.last += 1;
        let number = store.last;
        store.numbers.insert(id.clone(), number);
        store.parcels.insert(number, Parcel::new(id.clone(), order, tracking, now));
        id
    }

    /// Deletes a parcel. Returns `false` if there is no such parcel.
    pub(crate) fn remove(&self, id: &str) -> bool {
        self.with(|store| store.numbers.remove(id).and_then(|number| store.parcels.remove(&number)).is_some())
    }

    /// Advances a parcel to the current time, then reads it.
    pub(crate) fn read<T>(&self, id: &str, look: impl FnOnce(&Parcel) -> T) -> Result<T, Refusal> {
        self.change(id, |_, _| None, look)
    }

    /// Moves many parcels on. Returns how many moved.
    ///
    /// The parcels are locked one by one: a key takes some milliseconds to make, and clients are served in between.
    pub(crate) fn advance_many(&self, which: Advance) -> usize {
        let ids: Vec<String> = self.with(|store| {
            let movable = |parcel: &&Parcel| {
                which.from.is_none_or(|state| parcel.state_id == state) && parcel.can_move_until(which.until)
            };
            store.parcels.values().filter(movable).map(|parcel| parcel.id.clone()).collect()
        });
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a number of parcels that fits into memory"
        )]
        let wanted = (ids.len() as f64 * which.share).ceil() as usize;
        let moved = |id: &String| {
            let before = self.read(id, |parcel| parcel.state_id);
            let after = self.change(id, |parcel, at| parcel.advance_until(which.until, at), |parcel| parcel.state_id);
            // A parcel that was removed in the meantime did not move.
            before.is_ok_and(|before| after.is_ok_and(|after| before != after))
        };
        ids.iter().take(wanted).filter(|id| moved(id)).count()
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

    /// Reads the wanted parcels from `offset` on, oldest order first, and counts all wanted ones.
    ///
    /// Before that, it advances all parcels to the current time.
    pub(crate) fn page<T>(
        &self,
        offset: usize,
        limit: usize,
        wanted: impl Fn(&Parcel) -> bool,
        look: impl Fn(&Parcel) -> T,
    ) -> (usize, Vec<T>) {
        self.catch_up();
        self.with(|store| {
            let mut total = 0;
            let mut shown = Vec::new();
            for parcel in store.parcels.values().filter(|parcel| wanted(parcel)) {
                if (offset..offset.saturating_add(limit)).contains(&total) {
                    shown.push(look(parcel));
                }
                total += 1;
            }
            (total, shown)
        })
    }

    /// Advances all parcels to the current time, one by one.
    fn catch_up(&self) {
        let keys = self.keys.now();
        let at = self.context(&keys);
        let due: Vec<u64> = self.with(|store| {
            let due = store.parcels.iter().filter(|(_, parcel)| parcel.is_due(&at));
            due.map(|(number, _)| *number).collect()
        });
        for number in due {
            let made = self.with(|store| store.parcels.get_mut(&number).and_then(|parcel| parcel.catch_up(&at)));
            self.keep(made);
        }
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
            let parcel = store.get_mut(id)?;
            made.extend(parcel.catch_up(&at));
            made.extend(act(parcel, &at));
            Some(look(parcel))
        });
        // After the lock is released: a service does not wait for another one while it holds its lock.
        self.keep(made);
        view.ok_or_else(|| Refusal::not_found("Shipment"))
    }

    fn keep(&self, made: impl IntoIterator<Item = Device>) {
        for device in made {
            self.factory.keep(device);
        }
    }

    fn context<'a>(&'a self, keys: &'a Keys) -> Context<'a> {
        let (now, seconds_per_state) = (self.clock.parcels(), self.settings.lock().parcel_seconds);
        Context { factory: &self.factory, stock: &self.stock, keys, now, seconds_per_state }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Store) -> T) -> T {
        act(&mut self.store.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

//! All parcels.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::keys::Keys;
use super::order::Order;
use super::parcel::{Parcel, Workshop};
use super::refusal::Refusal;
use crate::factory::device::Device;
use crate::factory::programme::Responses;
use crate::factory::tamper::Tamper;
use crate::ground::chance::Chance;
use crate::world::World;

const BASE58: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const ID_LENGTH: usize = 22;

/// The parcels, and the chance that names them.
#[derive(Debug)]
pub(super) struct Parcels {
    seed: u64,
    chance: Chance,
    shelf: Mutex<Shelf>,
}

#[derive(Debug, Default)]
struct Shelf {
    by_id: HashMap<String, Parcel>,
    /// In the order of their ordering.
    ids: Vec<String>,
}

impl Parcels {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, chance: Chance::new(seed), shelf: Mutex::default() }
    }

    pub(super) fn reset(&self) {
        *self.shelf.lock().unwrap_or_else(PoisonError::into_inner) = Shelf::default();
        self.chance.reseed(self.seed);
    }

    /// Takes an order. Two orders are two parcels, however alike they are.
    fn take(&self, order: Order, at: &Workshop<'_>) -> String {
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        let id = loop {
            let letter = |_| char::from(BASE58[usize::try_from(self.chance.below(58)).unwrap_or_default()]);
            let id: String = (0..ID_LENGTH).map(letter).collect();
            if !shelf.by_id.contains_key(&id) {
                break id;
            }
        };
        let tracking = format!("{:012}", self.chance.below(1_000_000_000_000));
        shelf.ids.push(id.clone());
        shelf.by_id.insert(id.clone(), Parcel::new(id.clone(), order, tracking, at.now));
        id
    }

    fn with<T>(&self, use_them: impl FnOnce(&mut Shelf) -> T) -> T {
        use_them(&mut self.shelf.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Takes an order and tells its shipment id.
pub(super) fn take(world: &World, order: Order) -> String {
    let keys = world.delivery.keys();
    world.delivery.parcels.take(order, &workshop(world, &keys))
}

/// Forgets a parcel: from now on it is not found.
pub(crate) fn remove(world: &World, id: &str) -> bool {
    world.delivery.parcels.with(|shelf| {
        shelf.ids.retain(|one| one != id);
        shelf.by_id.remove(id).is_some()
    })
}

/// Looks at one parcel, after the time that has passed took effect.
pub(crate) fn read<T>(world: &World, id: &str, look: impl FnOnce(&Parcel) -> T) -> Result<T, Refusal> {
    change(world, id, |_, _| None, look)
}

/// Moves a parcel on by one state.
pub(crate) fn advance<T>(world: &World, id: &str, look: impl FnOnce(&Parcel) -> T) -> Result<T, Refusal> {
    change(world, id, Parcel::advance, look)
}

/// Puts a parcel into a state.
pub(crate) fn set_state<T>(
    world: &World,
    id: &str,
    state_id: u32,
    look: impl FnOnce(&Parcel) -> T,
) -> Result<T, Refusal> {
    change(world, id, |parcel, at| parcel.set_state(state_id, at), look)
}

/// Says how the next responses of a parcel come out.
pub(crate) fn tamper(world: &World, id: &str, how: Option<Tamper>) -> Result<(), Refusal> {
    change(
        world,
        id,
        |parcel, _| {
            parcel.tamper = how;
            None
        },
        |_| (),
    )
}

/// Looks at all parcels in the order of their ordering, after the time that has passed took effect.
pub(crate) fn read_all<T>(world: &World, look: impl Fn(&Parcel) -> T) -> Vec<T> {
    let keys = world.delivery.keys();
    let at = workshop(world, &keys);
    let mut made = Vec::new();
    let views = world.delivery.parcels.with(|shelf| {
        let Shelf { by_id, ids } = shelf;
        ids.iter()
            .filter_map(|id| {
                let parcel = by_id.get_mut(id)?;
                made.extend(parcel.catch_up(&at));
                Some(look(parcel))
            })
            .collect()
    });
    keep(world, made);
    views
}

/// One parcel and its sealed responses, once it has left the house.
pub(super) fn read_with_responses<T>(
    world: &World,
    id: &str,
    look: impl FnOnce(&Parcel, Option<Responses>) -> T,
) -> Result<T, Refusal> {
    let swapped = read(world, id, |parcel| match &parcel.tamper {
        Some(Tamper::SwapWith(other)) => Some(other.clone()),
        _ => None,
    })?;
    let keys = world.delivery.keys();
    let respond = |parcel: &Parcel, how: Option<&Tamper>| -> Option<Responses> {
        let made = parcel.shipped()?.respond(world.factory.attestation(), keys.signer().ok()?, how);
        made.inspect_err(|reason| tracing::error!(%reason, shipment_id = %parcel.id, "no responses")).ok()
    };
    match swapped {
        None => read(world, id, |parcel| look(parcel, respond(parcel, parcel.tamper.as_ref()))),
        Some(other) => {
            let theirs = read(world, &other, |parcel| respond(parcel, None))?;
            read(world, id, |parcel| look(parcel, theirs.filter(|_| parcel.shipped().is_some())))
        }
    }
}

fn change<T>(
    world: &World,
    id: &str,
    act: impl FnOnce(&mut Parcel, &Workshop<'_>) -> Option<Device>,
    look: impl FnOnce(&Parcel) -> T,
) -> Result<T, Refusal> {
    let keys = world.delivery.keys();
    let at = workshop(world, &keys);
    let mut made = Vec::new();
    let view = world.delivery.parcels.with(|shelf| {
        let parcel = shelf.by_id.get_mut(id)?;
        made.extend(parcel.catch_up(&at));
        made.extend(act(parcel, &at));
        Some(look(parcel))
    });
    keep(world, made);
    view.ok_or_else(|| Refusal::not_found("Shipment"))
}

fn keep(world: &World, made: Vec<Device>) {
    for device in made {
        world.factory.keep(device);
    }
}

fn workshop<'a>(world: &'a World, keys: &'a Keys) -> Workshop<'a> {
    Workshop { world, keys, now: world.clock.parcels() }
}

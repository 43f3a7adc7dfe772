//! What happens to parcels at the delivery service and on their way.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use keyferry_domain::Timestamp;
use keyferry_testkit::SeededRandom;
use keyferry_testkit::outside::{Delivery, lock};

use crate::world::World;

/// Parcels, and what happens to them next.
#[derive(Default)]
pub(super) struct Parcels {
    /// Number of parcels that were seen.
    seen: usize,
    /// Next stages, by time.
    next: BTreeMap<(Timestamp, usize), Stage>,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    Editing,
    Unknown,
    Production,
    Shipped,
    Delivered,
    Failed,
    Returned,
}

/// Returns a time in this many hours, from inclusive, to exclusive.
fn in_hours(world: &World, chance: &SeededRandom, from: u64, to: u64) -> Timestamp {
    let seconds = from * 3600 + chance.below((to - from) * 3600);
    world.now() + TimeDelta::seconds(i64::try_from(seconds).unwrap())
}

impl Parcels {
    /// Lets everything happen that is due, and plans what happens to new parcels.
    pub(super) fn look(&mut self, world: &World, chance: &SeededRandom) {
        let outside = &world.outside;
        let orders = lock(&outside.delivery).parcels.len();
        while self.seen < orders {
            let index = self.seen;
            self.seen += 1;
            let first = match chance.below(100) {
                0..4 => Stage::Editing,
                4..6 => Stage::Unknown,
                // A skipped state.
                6..10 => Stage::Shipped,
                10 => Stage::Failed,
                _ => Stage::Production,
            };
            self.next.insert((in_hours(world, chance, 1, 40), index), first);
        }
        let now = world.now();
        while let Some(entry) = self.next.first_entry()
            && entry.key().0 <= now
        {
            let ((_, index), stage) = entry.remove_entry();
            self.reach(world, chance, index, stage);
        }
    }

    fn reach(&mut self, world: &World, chance: &SeededRandom, index: usize, stage: Stage) {
        let outside = &world.outside;
        let mut delivery = lock(&outside.delivery);
        let (id, parcel) = &mut delivery.parcels[index];
        if parcel.deleted {
            return;
        }
        let (id, request) = (id.clone(), parcel.request);
        let next = match stage {
            Stage::Editing => Some((parcel.state.replace(7), Stage::Production, 10, 60)),
            Stage::Unknown => Some((parcel.state.replace(55), Stage::Production, 4, 30)),
            Stage::Production => Some((parcel.state.replace(100), Stage::Shipped, 6, 72)),
            Stage::Failed => {
                parcel.state = Some(99);
                None
            }
            Stage::Shipped => {
                ship(&mut delivery, index, &outside.chance);
                let then = match chance.below(100) {
                    0..2 => Stage::Returned,
                    _ => Stage::Delivered,
                };
                // One parcel in a hundred takes longer than its challenge lives.
                let longest = if chance.percent(1) { 24 * 20 } else { 24 * 4 };
                Some((None, then, 12, longest))
            }
            Stage::Delivered => {
                parcel.state = Some(104);
                None
            }
            Stage::Returned => {
                (parcel.state, parcel.lost_on_the_way) = (Some(105), chance.percent(50));
                None
            }
        };
        let credential = delivery.parcels[index].1.made.as_ref().and_then(|made| made.credential.as_ref());
        if let (Stage::Shipped, Some(made)) = (stage, credential) {
            world.meddling.with(|state| state.court.made(made.id.clone(), request));
        }
        drop(delivery);
        world.meddling.life(Some(request), format!("parcel {id}: {stage:?}"));
        if let Some((_, stage, from, to)) = next {
            self.next.insert((in_hours(world, chance, from, to), index), stage);
        }
    }

    /// Lets all parcels arrive at once.
    pub(super) fn arrive(&mut self, world: &World, chance: &SeededRandom) {
        self.look(world, chance);
        for ((_, index), stage) in std::mem::take(&mut self.next) {
            match stage {
                Stage::Editing | Stage::Unknown | Stage::Production | Stage::Shipped => {
                    self.reach(world, chance, index, Stage::Shipped);
                    self.reach(world, chance, index, Stage::Delivered);
                }
                other => self.reach(world, chance, index, other),
            }
        }
        self.next.clear();
    }
}

fn ship(delivery: &mut Delivery, index: usize, chance: &SeededRandom) {
    let id = delivery.parcels[index].0.clone();
    delivery.ship(&id, chance);
}

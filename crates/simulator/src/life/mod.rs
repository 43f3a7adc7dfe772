//! The life of the organisation: who orders keys, what happens to parcels and people, and what operators do.
//!
//! The life has its own chance, so that a fault does not change who joins or loses a key.

mod asking;
mod operators;
mod orders;
mod parcels;
mod people;
mod withdrawals;

use std::sync::{Arc, Mutex};

use keyferry_domain::Timestamp;
use keyferry_testkit::SeededRandom;
use keyferry_testkit::outside::lock;

pub(crate) use self::asking::caller;
use self::parcels::Parcels;
use crate::world::World;

/// Most hours without faults in which everything must come to an end.
const SETTLING: u64 = 48;

/// The organisation.
pub(crate) struct Life {
    world: Arc<World>,
    chance: SeededRandom,
    parcels: Mutex<Parcels>,
    /// Names that nobody has any more.
    free_names: Mutex<Vec<String>>,
    people: usize,
    days: u64,
}

impl Life {
    /// Founds the organisation.
    pub(crate) fn new(world: &Arc<World>, seed: u64, people: usize, days: u64) -> Arc<Self> {
        let life = Self {
            world: world.clone(),
            chance: SeededRandom::new(seed ^ 0x11fe_0000_0000_0003),
            parcels: Mutex::default(),
            free_names: Mutex::default(),
            people,
            days,
        };
        for number in 0..people {
            life.hire(&format!("person{number}"));
        }
        Arc::new(life)
    }

    /// Lives one hour. Everything that happens in it begins at its own second.
    pub(crate) async fn hour(self: &Arc<Self>, hour: u64) {
        self.roll_out(hour);
        lock(&self.parcels).look(&self.world, &self.chance);
        for _ in 0..self.times(self.people, 1_000) {
            self.soon(|life| async move { life.join().await });
        }
        for _ in 0..self.times(self.people, 300) {
            self.rename();
        }
        for _ in 0..self.times(self.people, 500) {
            self.change_manager();
        }
        for _ in 0..self.times(self.people, 300) {
            let person = self.leave();
            if self.chance.percent(50) {
                self.soon(move |life| async move { life.offboard(person).await });
            }
        }
        for _ in 0..self.times(self.people, 300) {
            self.soon(|life| async move { life.return_key().await });
        }
        for _ in 0..self.times(self.people, 1_000) {
            self.soon(|life| async move { life.lose_key().await });
        }
        for _ in 0..self.times(self.people, 1_500) {
            self.soon(|life| async move { life.meddle().await });
        }
        if hour % 3 == 2 {
            self.soon(|life| async move { life.work_off(false).await });
        }
        self.world.sleep(3600).await;
    }

    /// Ends all troubles outside: parcels arrive, and operators work off their list.
    pub(crate) async fn settle(self: &Arc<Self>) {
        for hour in 0..SETTLING {
            // Also those that operators let be ordered meanwhile.
            lock(&self.parcels).arrive(&self.world, &self.chance);
            if hour % 6 == 3 {
                self.clone().work_off(true).await;
            }
            self.world.sleep(3600).await;
            if hour % 6 == 5 && self.world.is_settled() {
                return;
            }
        }
    }

    /// Returns how often something happens in this hour that happens to this many of a million people in a day.
    fn times(&self, people: usize, per_million_and_day: u64) -> u64 {
        // At least once in two days, so that small organisations see everything.
        let a_day = (people as u64 * per_million_and_day).max(500_000);
        let (whole, rest) = (a_day / 24_000_000, a_day % 24_000_000);
        whole + u64::from(self.chance.below(24_000_000) < rest)
    }

    /// Runs something at a second of this hour.
    fn soon<F: Future<Output = ()> + 'static>(self: &Arc<Self>, what: impl FnOnce(Arc<Self>) -> F + 'static) {
        let (life, second) = (self.clone(), self.chance.below(3_600));
        tokio::task::spawn_local(async move {
            life.world.sleep(second).await;
            what(life).await;
        });
    }

    fn now(&self) -> Timestamp {
        self.world.now()
    }

    fn index(&self, limit: usize) -> usize {
        usize::try_from(self.chance.below(limit as u64)).unwrap()
    }
}

//! Scenes: short lives of a few shipments, each with the troubles of one kind. They are the fixed set with which the
//! planted bugs are found, beside the random lives.

mod acts;
mod faults;
mod good;
mod loops;
mod orders;

use std::pin::Pin;

use crate::bugs::Bug;
use crate::judge::Finding;
use crate::stage::block_on;

type Running = Pin<Box<dyn Future<Output = Vec<Finding>>>>;

/// Scene of the fixed set.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    /// Name.
    pub name: &'static str,
    run: fn(u64, Option<Bug>) -> Running,
}

macro_rules! scenes {
    ($($module:ident::$scene:ident),* $(,)?) => {
        &[$(Scene {
            name: stringify!($scene),
            run: |seed, bug| Box::pin($module::$scene(seed, bug)),
        },)*]
    };
}

impl Scene {
    /// All scenes.
    pub const ALL: &'static [Self] = scenes![
        good::ten_people,
        good::last_parcels_first,
        good::names_swapped,
        good::user_without_manager,
        orders::response_lost,
        orders::response_late,
        orders::repeated_request,
        orders::same_key_of_two_callers,
        orders::second_order,
        orders::short_challenge,
        orders::order_while_cleaning_up,
        faults::registration_lost,
        faults::registration_refused,
        faults::mail_refused,
        faults::mail_refused_always,
        faults::status_throttled,
        faults::killed_while_registering,
        faults::paused_while_registering,
        faults::killed_at_each_commit,
        acts::resent,
        acts::resent_late,
        acts::unknown_state,
        acts::lost_parcel,
        acts::cancelled,
        acts::key_lost,
        acts::completed_by_hand,
        acts::backup_restored,
        loops::two_dispatchers,
        loops::holder_killed,
        loops::clock_of_holder_ahead,
        loops::clock_set_back,
        loops::refused_for_hours,
        loops::receiver_down,
        loops::killed_while_feeding,
    ];

    /// Plays the scene in a runtime of its own, and returns what the judge found.
    pub fn play(&self, seed: u64, bug: Option<Bug>) -> Vec<Finding> {
        block_on((self.run)(seed, bug))
    }
}

/// First scene and seed that find a bug, with the first finding.
#[derive(Clone, Debug)]
pub struct Found {
    /// Scene.
    pub scene: &'static str,
    /// Seed.
    pub seed: u64,
    /// What the judge found first.
    pub finding: Finding,
}

/// Seeds of the fixed set.
pub const SEEDS: [u64; 2] = [1, 2];

/// Plays all scenes with all seeds until one finds something.
pub fn find(bug: Option<Bug>) -> Option<Found> {
    for seed in SEEDS {
        for scene in Scene::ALL {
            if let Some(finding) = scene.play(seed, bug).into_iter().next() {
                return Some(Found { scene: scene.name, seed, finding });
            }
        }
    }
    None
}

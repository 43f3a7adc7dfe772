//! What happened in a simulation, in order. Its text and its hash are the same for the same seed.

mod step;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use keyferry_domain::{ShipmentId, Timestamp};

pub use self::step::{Ended, Fault, Replica, ReplicaEvent, Step, What};

/// Which steps of a trace are kept. The hash always covers all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// No step.
    #[default]
    Nothing,
    /// Every step.
    Everything,
    /// The steps of these shipments, and whatever happened that was neither a call nor about another shipment.
    Shipments(BTreeSet<ShipmentId>),
    /// Every step from this time on, before the other one.
    Between(Timestamp, Timestamp),
}

/// Steps of a simulation.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    keep: Keep,
    steps: Vec<Step>,
    count: u64,
    hash: DefaultHasher,
}

impl Trace {
    /// Starts an empty trace.
    pub fn new(keep: Keep) -> Self {
        Self { keep, ..Self::default() }
    }

    /// Adds a step.
    pub fn push(&mut self, step: Step) {
        self.count += 1;
        step.hash(&mut self.hash);
        let kept = match &self.keep {
            Keep::Nothing => false,
            Keep::Everything => true,
            Keep::Shipments(ids) => match step.shipment {
                Some(id) => ids.contains(&id),
                None => !matches!(step.what, What::Call { .. }),
            },
            Keep::Between(from, to) => (*from..*to).contains(&step.at),
        };
        if kept {
            self.steps.push(step);
        }
    }

    /// Returns the kept steps.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Returns the number of all steps.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns the hash of all steps. It is the same for the same seed in the same build.
    pub fn hash(&self) -> u64 {
        self.hash.finish()
    }

    /// Returns the kept steps as text, one line each.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for step in &self.steps {
            let _ = writeln!(text, "{step}");
        }
        text
    }
}

//! What can be asked of many shipments at once, and the short form in which they are listed.

use std::collections::BTreeMap;

use crate::user::ObjectId;
use crate::{BatchId, DeliveryId, ObstacleClass, PersonKey, PhaseName, SerialNumber, ShipmentId, Term, Timestamp};

/// Which shipments are meant. Each member restricts the others; the default restricts nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShipmentFilter {
    /// In one of these phases; empty for any.
    pub phases: Vec<PhaseName>,
    /// Beside those that `phases` and `obstacles` mean: shipments that were set to `complete` by hand and whose completion is not durable
    /// yet.
    pub or_set_by_hand: bool,
    /// With an obstacle of one of these classes, `None` standing for no obstacle; empty for any.
    pub obstacles: Vec<Option<ObstacleClass>>,
    /// With an obstacle of this code.
    pub code: Option<String>,
    /// For this person.
    pub person: Option<PersonKey>,
    /// With a key of this serial number.
    pub serial: Option<SerialNumber>,
    /// Ordered in this batch.
    pub batch: Option<BatchId>,
    /// Whose first key is of this product (`product_id` of the delivery service).
    pub product: Option<i64>,
    /// By the time of creation.
    pub created: TimeRange,
    /// By the time of the last commit.
    pub updated: TimeRange,
    /// By the earliest deadline of its challenges.
    pub deadline: TimeRange,
    /// By the next attempt.
    pub next_attempt: TimeRange,
}

impl ShipmentFilter {
    /// Shipments in one of these phases.
    pub fn phases(phases: &[PhaseName]) -> Self {
        Self { phases: phases.to_vec(), ..Self::default() }
    }

    /// Shipments to which something may still happen by itself, and those that were completed by hand unnoticed.
    pub fn open() -> Self {
        Self { or_set_by_hand: true, ..Self::phases(&PhaseName::OPEN) }
    }

    /// The exact terms that a shipment must have.
    pub fn terms(&self) -> Vec<Term> {
        self.person.iter().map(Term::person).chain(self.serial.iter().map(Term::serial)).collect()
    }

    /// Whether the summary matches all but [`ShipmentFilter::terms`], which it does not hold.
    pub fn matches(&self, summary: &Summary) -> bool {
        let in_phase = self.phases.is_empty() || self.phases.contains(&summary.phase);
        let class = summary.obstacle.as_ref().map(|(class, _)| *class);
        let meant = in_phase && (self.obstacles.is_empty() || self.obstacles.contains(&class));
        (meant || (self.or_set_by_hand && summary.set_by_hand))
            && self.code.as_ref().is_none_or(|code| summary.obstacle.as_ref().is_some_and(|(_, met)| met == code))
            && self.batch.is_none_or(|batch| summary.batch == Some(batch))
            && self.product.is_none_or(|product| summary.product == Some(product))
            && self.created.holds(Some(summary.created_at))
            && self.updated.holds(Some(summary.updated_at))
            && self.deadline.holds(summary.deadline)
            && self.next_attempt.holds(summary.next_attempt)
    }
}

/// A span of time, open at either end by default. What has no time lies in the open span only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeRange {
    /// Not before this instant.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub before: Option<Timestamp>,
}

impl TimeRange {
    /// All before this instant.
    pub fn before(at: Timestamp) -> Self {
        Self { from: None, before: Some(at) }
    }

    /// This instant and all after it.
    pub fn from(at: Timestamp) -> Self {
        Self { from: Some(at), before: None }
    }

    /// Whether the instant lies in it.
    pub fn holds(&self, at: Option<Timestamp>) -> bool {
        match at {
            Some(at) => self.from.is_none_or(|from| from <= at) && self.before.is_none_or(|before| at < before),
            None => *self == Self::default(),
        }
    }
}

/// In which order shipments are listed. Equal ones, and those without the time in question, are sorted by id; the latter come last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ShipmentSort {
    /// By our id, which is the order of creation.
    #[default]
    Id,
    /// Newest first.
    Newest,
    /// Last changed first.
    Updated,
    /// Earliest deadline first.
    Deadline,
    /// Earliest next attempt first.
    NextAttempt,
}

/// A shipment in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Our id.
    pub id: ShipmentId,
    /// The delivery service's id.
    pub delivery_id: Option<DeliveryId>,
    /// The phase.
    pub phase: PhaseName,
    /// Whether it was set to `complete` by hand and that is not durable yet; `phase` is the one before then.
    pub set_by_hand: bool,
    /// Class and code of its obstacle.
    pub obstacle: Option<(ObstacleClass, String)>,
    /// The guide's `error_message`.
    pub error_message: Option<String>,
    /// The first credential's user, as the caller named them.
    pub user: Option<String>,
    /// Their object id, where known.
    pub object_id: Option<ObjectId>,
    /// The first key's serial number, once it is made.
    pub serial: Option<SerialNumber>,
    /// The batch.
    pub batch: Option<BatchId>,
    /// The first key's `product_id`.
    pub product: Option<i64>,
    /// When the intent was made durable.
    pub created_at: Timestamp,
    /// When it was committed last.
    pub updated_at: Timestamp,
    /// The earliest deadline of its challenges.
    pub deadline: Option<Timestamp>,
    /// When a run must look at it again at the latest.
    pub next_attempt: Option<Timestamp>,
}

/// How many shipments there are, by phase and by class and code of the obstacle. What does not occur is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(pub BTreeMap<(PhaseName, Option<(ObstacleClass, String)>), u64>);

impl Counts {
    /// How many are in this phase with an obstacle of this class, `None` standing for no obstacle.
    pub fn of(&self, phase: PhaseName, class: Option<ObstacleClass>) -> u64 {
        let found = self
            .0
            .iter()
            .filter(|((found, obstacle), _)| *found == phase && obstacle.as_ref().map(|(class, _)| *class) == class);
        found.map(|(_, count)| count).sum()
    }
}

//! Queries over shipments: filter, sort order, summaries and counts.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::user::ObjectId;
use crate::{
    BatchId, Caller, DeliveryId, ObstacleClass, PhaseName, SerialNumber, ShipmentId, Term, Timestamp, UserKey,
};

/// Filter for shipments. All conditions must match; the default matches every shipment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShipmentFilter {
    /// In one of these phases. Empty for any phase.
    pub phases: Vec<PhaseName>,
    /// Hint that few of all shipments are in these phases: a store then looks them up by phase, and sorts them. Without
    /// it, a store walks all shipments in the order of the listing, which is bounded whatever matches.
    pub few: bool,
    /// Also shipments that do not match `phases` and `obstacles`, but were set to `complete` by hand and whose
    /// completion is not committed yet.
    pub or_set_by_hand: bool,
    /// With an obstacle of one of these classes; `None` matches shipments without obstacle. Empty for any.
    pub obstacles: Vec<Option<ObstacleClass>>,
    /// With an obstacle with one of these codes. Empty for any.
    pub codes: Vec<String>,
    /// For this user.
    pub person: Option<UserKey>,
    /// With a key with this serial number.
    pub serial: Option<SerialNumber>,
    /// With this number of the caller, compared without regard to case.
    pub reference: Option<String>,
    /// With this tracking number of the parcel, compared without regard to case and spaces.
    pub tracking: Option<String>,
    /// Only shipments with a withdrawal that is not finished ([`crate::Shipment::is_being_withdrawn`]).
    pub being_withdrawn: bool,
    /// Only queued orders that wait for their address ([`crate::Shipment::awaits_address`]).
    pub awaits_address: bool,
    /// Ordered by this caller: the same application, acting for the same user.
    pub requested_by: Option<Caller>,
    /// Only shipments that need an operator ([`crate::Shipment::needs_human`]).
    pub needs_human: bool,
    /// Ordered in this batch.
    pub batch: Option<BatchId>,
    /// With a first key of this product (`product_id` of the delivery service).
    pub product: Option<i64>,
    /// Created in this range.
    pub created: TimeRange,
    /// Last committed in this range.
    pub updated: TimeRange,
    /// With a delivery to this country: ISO 3166-1 alpha-2 code, upper case.
    pub country: Option<String>,
    /// With the earliest deadline of the challenges in this range.
    pub deadline: TimeRange,
    /// With the next attempt in this range.
    pub next_attempt: TimeRange,
    /// Needed by a day of this range.
    pub needed_by: DayRange,
}

impl ShipmentFilter {
    /// Creates a filter for the few shipments in these phases.
    pub fn phases(phases: &[PhaseName]) -> Self {
        Self { phases: phases.to_vec(), few: true, ..Self::default() }
    }

    /// Creates a filter for shipments that processing can still change, and for uncommitted completions by hand.
    pub fn open() -> Self {
        Self { or_set_by_hand: true, ..Self::phases(&PhaseName::OPEN) }
    }

    /// Returns the search terms that a shipment must have.
    pub fn terms(&self) -> Vec<Term> {
        let people = self.person.iter().map(Term::person);
        let serials = self.serial.iter().map(Term::serial);
        let references = self.reference.iter().map(|reference| Term::reference(reference));
        let tracking = self.tracking.iter().map(|number| Term::tracking(number));
        let withdrawn = self.being_withdrawn.then(Term::being_withdrawn);
        let awaiting = self.awaits_address.then(Term::awaits_address);
        people.chain(serials).chain(references).chain(tracking).chain(withdrawn).chain(awaiting).collect()
    }

    /// Returns whether the summary matches. Does not check [`ShipmentFilter::terms`], which a summary does not contain.
    pub fn matches(&self, summary: &Summary) -> bool {
        let in_phase = self.phases.is_empty() || self.phases.contains(&summary.phase);
        let class = summary.obstacle.as_ref().map(|(class, _)| *class);
        let meant = in_phase && (self.obstacles.is_empty() || self.obstacles.contains(&class));
        (meant || (self.or_set_by_hand && summary.set_by_hand))
            && (self.codes.is_empty() || summary.obstacle.as_ref().is_some_and(|(_, met)| self.codes.contains(met)))
            && self.requested_by.as_ref().is_none_or(|caller| summary.requested_by == caller.key())
            && (!self.needs_human || summary.needs_human)
            && self.batch.is_none_or(|batch| summary.batch == Some(batch))
            && self.product.is_none_or(|product| summary.product == Some(product))
            && self.created.holds(Some(summary.created_at))
            && self.updated.holds(Some(summary.updated_at))
            && self.deadline.holds(summary.deadline)
            && self.next_attempt.holds(summary.next_attempt)
            && self.country.as_ref().is_none_or(|country| summary.country.as_ref() == Some(country))
            && self.needed_by.holds(summary.needed_by)
    }
}

/// Range of times or days, unbounded by default. A missing time matches only the unbounded range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range<T> {
    /// Inclusive start.
    pub from: Option<T>,
    /// Exclusive end.
    pub before: Option<T>,
}

/// Range of time.
pub type TimeRange = Range<Timestamp>;

/// Range of days.
pub type DayRange = Range<NaiveDate>;

impl<T: PartialOrd> Range<T> {
    /// Creates a range that ends before `at`.
    pub fn before(at: T) -> Self {
        Self { from: None, before: Some(at) }
    }

    /// Creates a range that starts at `at`.
    pub fn from(at: T) -> Self {
        Self { from: Some(at), before: None }
    }

    /// Returns whether the range contains every time.
    pub fn is_unbounded(&self) -> bool {
        self.from.is_none() && self.before.is_none()
    }

    /// Returns whether the range contains the time.
    pub fn holds(&self, at: Option<T>) -> bool {
        match at {
            Some(at) => {
                self.from.as_ref().is_none_or(|from| *from <= at) && self.before.as_ref().is_none_or(|end| at < *end)
            }
            None => self.is_unbounded(),
        }
    }
}

/// Sort order of shipments. Ties are sorted by id. Shipments without the time come last, sorted by id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ShipmentSort {
    /// By Keyferry's id, which is the order of creation.
    #[default]
    Id,
    /// Newest first.
    Newest,
    /// Most recently changed first.
    Updated,
    /// Earliest deadline first.
    Deadline,
    /// Earliest next attempt first.
    NextAttempt,
}

/// Summary of a shipment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Keyferry's id.
    pub id: ShipmentId,
    /// Delivery service's id.
    pub delivery_id: Option<DeliveryId>,
    /// Phase of the shipment.
    pub phase: PhaseName,
    /// Whether it was set to `complete` by hand and the completion is not committed yet. `phase` is then the previous
    /// phase.
    pub set_by_hand: bool,
    /// Class and code of the obstacle.
    pub obstacle: Option<(ObstacleClass, String)>,
    /// `error_message` defined by the guide.
    pub error_message: Option<String>,
    /// User of the first credential, as given by the caller.
    pub user: Option<String>,
    /// Object id of that user, if known.
    pub object_id: Option<ObjectId>,
    /// Serial number of the first key. `None` before production.
    pub serial: Option<SerialNumber>,
    /// Tracking number of the parcel, once known.
    pub tracking: Option<String>,
    /// Caller that ordered it, as [`Caller::key`].
    pub requested_by: String,
    /// Whether it needs an operator ([`crate::Shipment::needs_human`]).
    pub needs_human: bool,
    /// Batch of the order.
    pub batch: Option<BatchId>,
    /// `product_id` of the first key.
    pub product: Option<i64>,
    /// The caller's own number of the order.
    pub reference: Option<String>,
    /// Country of the delivery.
    pub country: Option<String>,
    /// First day on which the order may be sent.
    pub not_before: Option<NaiveDate>,
    /// Day on which the person needs the key.
    pub needed_by: Option<NaiveDate>,
    /// Time at which the intent to order was stored.
    pub created_at: Timestamp,
    /// Time of the last commit.
    pub updated_at: Timestamp,
    /// Earliest deadline of the challenges.
    pub deadline: Option<Timestamp>,
    /// Time by which a run must process the shipment again.
    pub next_attempt: Option<Timestamp>,
}

/// Number of shipments by phase and by class and code of the obstacle. Combinations that do not occur are omitted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(pub BTreeMap<(PhaseName, Option<(ObstacleClass, String)>), u64>);

impl Counts {
    /// Returns the number of shipments in this phase with an obstacle of this class. `None` counts those without
    /// obstacle.
    pub fn of(&self, phase: PhaseName, class: Option<ObstacleClass>) -> u64 {
        let found = self
            .0
            .iter()
            .filter(|((found, obstacle), _)| *found == phase && obstacle.as_ref().map(|(class, _)| *class) == class);
        found.map(|(_, count)| count).sum()
    }
}

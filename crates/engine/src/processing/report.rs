//! Kinds of runs, and the report of a run.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use keyferry_domain::ports::{ShipmentFilter, ShipmentSort, TimeRange};
use keyferry_domain::{ObstacleClass, Party, PhaseName, Timestamp};

use super::pass::Pass;
use super::worked::Worked;

/// Kind of a run: determines the shipments it processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// All open shipments without a final obstacle. Scheduled or on demand.
    All,
    /// Only shipments whose next attempt is due. Between two scheduled runs.
    Due,
}

impl Run {
    /// Returns what to list in a pass, one after the other.
    ///
    /// Shipments with an obstacle come last, and of these the one whose attempt is due first. So a shipment that fails
    /// each time never keeps the others from a party that is tried with one shipment only.
    pub(super) fn listings(self, pass: Pass, now: Timestamp) -> Vec<(ShipmentFilter, ShipmentSort)> {
        let obstacles = vec![Some(ObstacleClass::Retry), Some(ObstacleClass::Attention)];
        let phases = ShipmentFilter::phases(&pass.phases());
        match self {
            Self::All => {
                let or_set_by_hand = pass == Pass::Keys;
                let free = ShipmentFilter { obstacles: vec![None], or_set_by_hand, ..phases.clone() };
                let obstructed = ShipmentFilter { obstacles, ..phases };
                vec![(free, ShipmentSort::Id), (obstructed, ShipmentSort::NextAttempt)]
            }
            Self::Due => {
                // The end is exclusive: add one microsecond, the resolution of stored times, to include `now`.
                let next_attempt = TimeRange::before(now + TimeDelta::microseconds(1));
                let obstacles = [vec![None], obstacles].concat();
                vec![(ShipmentFilter { obstacles, next_attempt, ..phases }, ShipmentSort::NextAttempt)]
            }
        }
    }

    /// Returns the label `kind` for logs and metrics.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Due => "due",
        }
    }

    /// Returns the filter for shipments with a next attempt: those with an obstacle, those that a process may have left
    /// while it sent their order, and those with a mail to the person, also of a shipment that has ended.
    pub(super) fn to_be_retried(with_mails: bool) -> ShipmentFilter {
        let open = ShipmentFilter {
            obstacles: vec![None, Some(ObstacleClass::Retry), Some(ObstacleClass::Attention)],
            next_attempt: TimeRange::from(Timestamp::UNIX_EPOCH),
            ..ShipmentFilter::phases(&PhaseName::OPEN)
        };
        match with_mails {
            false => open,
            true => {
                let ended = vec![PhaseName::Complete, PhaseName::Cancelled];
                ShipmentFilter { phases: [open.phases, ended].concat(), few: false, ..open }
            }
        }
    }
}

/// Report of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunReport {
    /// Number of shipments processed.
    pub processed: usize,
    /// Number of these that entered another phase.
    pub moved: usize,
    /// Number of these that have an obstacle now.
    pub obstructed: usize,
    /// Number of unreadable records.
    pub broken: usize,
    /// Number of open shipments that the store cannot find or read because it is damaged.
    pub missing: u64,
    /// Earliest next attempt of all shipments with an obstacle.
    pub next_due: Option<Timestamp>,
    /// Time at which shipments on hold can be processed: the end of the last cooldown of a dependency, or the end of
    /// this run if a dependency answers again.
    pub resume_at: Option<Timestamp>,
    /// Failing dependencies with their reasons. All shipments that need one of them are on hold.
    pub outages: BTreeMap<Party, String>,
}

impl RunReport {
    /// Returns the reason of the first outage, if there is one.
    pub fn first_outage(&self) -> Option<&String> {
        self.outages.values().next()
    }

    pub(super) fn count(&mut self, worked: &Worked) {
        self.broken += usize::from(*worked == Worked::Broken);
        self.missing += u64::from(*worked == Worked::Missing);
        self.processed += usize::from(!matches!(worked, Worked::Skipped | Worked::Broken | Worked::Missing));
        self.moved += usize::from(matches!(worked, Worked::Moved | Worked::Registered));
        self.obstructed += usize::from(*worked == Worked::Obstructed);
    }

    /// Counts the second pass of a shipment that the first pass counted as moved.
    pub(super) fn count_again(&mut self, worked: &Worked) {
        if *worked == Worked::Obstructed {
            self.moved -= 1;
            self.obstructed += 1;
        }
    }
}

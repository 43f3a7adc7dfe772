//! What a run is for, and what it did.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use keyferry_domain::ports::{ShipmentFilter, TimeRange};
use keyferry_domain::{ObstacleClass, Party, PhaseName, Timestamp};

use super::worked::Worked;

/// Which shipments a run looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// All that are not final: the schedule, or a person who asks for it.
    All,
    /// Only those whose next attempt is due: between two scheduled runs.
    Due,
}

impl Run {
    /// The shipments that it may have to work on.
    pub(super) fn filter(self, now: Timestamp) -> ShipmentFilter {
        let unless_final = vec![None, Some(ObstacleClass::Retry), Some(ObstacleClass::Attention)];
        match self {
            Self::All => ShipmentFilter { obstacles: unless_final, ..ShipmentFilter::open() },
            Self::Due => ShipmentFilter {
                obstacles: unless_final,
                // What is due now, in the resolution of stored times.
                next_attempt: TimeRange::before(now + TimeDelta::microseconds(1)),
                ..ShipmentFilter::phases(&PhaseName::OPEN)
            },
        }
    }

    /// The kind of run, for logs and metrics.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Due => "due",
        }
    }

    /// The shipments whose obstacle has a next attempt.
    pub(super) fn to_be_retried() -> ShipmentFilter {
        let obstacles = vec![Some(ObstacleClass::Retry), Some(ObstacleClass::Attention)];
        ShipmentFilter { obstacles, ..ShipmentFilter::phases(&PhaseName::OPEN) }
    }
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunReport {
    /// Shipments worked on.
    pub looked_at: usize,
    /// Of these, shipments that entered another phase.
    pub moved: usize,
    /// Of these, shipments that an obstacle stands in the way of now.
    pub obstructed: usize,
    /// Records that could not be read.
    pub broken: usize,
    /// The earliest next attempt at a shipment that an obstacle stands in the way of.
    pub next_due: Option<Timestamp>,
    /// When a party that asked to be left alone may be asked again.
    pub resume_at: Option<Timestamp>,
    /// The dependencies that fail, and how: every shipment that needs one of them is on hold.
    pub outages: BTreeMap<Party, String>,
}

impl RunReport {
    /// The first reason why shipments had to wait, if there is one.
    pub fn first_outage(&self) -> Option<&String> {
        self.outages.values().next()
    }

    pub(super) fn count(&mut self, worked: &Worked) {
        self.broken += usize::from(*worked == Worked::Broken);
        self.looked_at += usize::from(!matches!(worked, Worked::Skipped | Worked::Broken));
        self.moved += usize::from(*worked == Worked::Moved);
        self.obstructed += usize::from(*worked == Worked::Obstructed);
    }
}

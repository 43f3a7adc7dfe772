//! One step of a trace.

use std::fmt;

use keyferry_domain::{ShipmentId, Timestamp};
use keyferry_testkit::outside::Call;
pub use keyferry_testkit::outside::Ended;

use crate::judge::Finding;

/// Number of a replica, from 0.
pub type Replica = usize;

/// Something that happened in a simulation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// Simulated time, on a clock that is right.
    pub at: Timestamp,
    /// Replica that did it. `None` for the outside.
    pub replica: Option<Replica>,
    /// Shipment that it concerns, as far as the outside can know.
    pub shipment: Option<ShipmentId>,
    /// What happened.
    pub what: What,
}

/// What happened in a step.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// A replica called an outside party or a store.
    Call {
        /// The call.
        call: Call,
        /// Injected fault, if there was one.
        fault: Option<Fault>,
        /// How the call ended.
        ended: Ended,
    },
    /// Something happened to a replica.
    Replica(ReplicaEvent),
    /// Somebody acted, or something happened outside: an order, a parcel, a person who leaves.
    Life(String),
    /// The judge found that something happened that must never happen.
    Finding(Finding),
}

/// Fault that was injected into a call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fault {
    /// Number of the fault in its run, from 0. The same seed gives the same numbers.
    pub number: u64,
    /// What it was, in a few words.
    pub what: &'static str,
}

/// Something that happened to a replica.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ReplicaEvent {
    /// It started.
    Started,
    /// Its process was killed.
    Killed,
    /// It stopped for this many seconds, as a suspended machine.
    Paused(u64),
    /// Its clock was set by this many seconds.
    ClockSet(i64),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.at.format("%Y-%m-%dT%H:%M:%S%.3fZ"))?;
        match self.replica {
            Some(replica) => write!(f, " r{replica}")?,
            None => write!(f, " --")?,
        }
        match self.shipment {
            Some(id) => write!(f, " {id} ")?,
            None => write!(f, " - ")?,
        }
        write!(f, "{}", self.what)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call { call, fault, ended } => {
                write!(f, "{call:?}")?;
                if let Some(fault) = fault {
                    write!(f, " [fault {}: {}]", fault.number, fault.what)?;
                }
                match ended {
                    Ended::Answered => Ok(()),
                    Ended::Failed => write!(f, " failed"),
                    Ended::Never => write!(f, " never returned"),
                }
            }
            Self::Replica(ReplicaEvent::Started) => write!(f, "started"),
            Self::Replica(ReplicaEvent::Killed) => write!(f, "killed"),
            Self::Replica(ReplicaEvent::Paused(seconds)) => write!(f, "paused for {seconds} s"),
            Self::Replica(ReplicaEvent::ClockSet(seconds)) => write!(f, "clock set by {seconds} s"),
            Self::Life(text) => write!(f, "{text}"),
            Self::Finding(finding) => write!(f, "MUST NEVER HAPPEN: {finding}"),
        }
    }
}

//! One case: how often and when the connector is killed, and under which conditions.

use std::fmt;
use std::time::Duration;

use crate::child::planted::Bug;
use crate::child::{RefuseFrom, StepAt};

/// The PIN delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PinBy {
    /// With the connector's usual permissions.
    Smtp,
    /// With the connector's usual permissions.
    Graph,
    /// With the guide's single permission.
    LogicApp,
}

/// What is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Orders whose caller waits, until clean-up has removed them.
    Single,
    /// Orders that wait in the queue, until they have left.
    Queued,
    /// A batch, until its orders have left.
    Batch,
    /// A key that is lost, until the next one is ordered.
    Lost,
    /// Keys that come back, until nothing of them can be used.
    Returned,
    /// The keys of a person who leaves, each in another phase, until none can be used.
    Leaver,
    /// Orders without an address, until the address was given and the orders have left.
    Address,
    /// A PIN on the page that shows it once.
    PinPage,
}

impl Work {
    /// Returns how many keys are ordered, of those that wait in the queue.
    pub(crate) fn orders(self) -> usize {
        match self {
            Self::Lost | Self::PinPage => 1,
            Self::Returned | Self::Address => 2,
            Self::Leaver => 5,
            Self::Single | Self::Queued | Self::Batch => 3,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) enum PlannedKill {
    /// At a step.
    AtStep(StepAt),
    /// This long after the start of the process.
    AfterStart(Duration),
    /// This long after the process was ready.
    AfterReady(Duration),
    /// When the store refuses a write, as it does from a step on: at once, or when the API has answered.
    Refused { from: RefuseFrom, answered: bool },
}

#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) seed: u64,
    pub(crate) pin_by: PinBy,
    pub(crate) work: Work,
    /// The kills, one for each process except the last.
    pub(crate) kills: Vec<PlannedKill>,
    /// Whether the next process starts to work while claims of the killed one are still valid.
    pub(crate) restarted_at_once: bool,
    /// Whether new orders arrive until the kill.
    pub(crate) busy: bool,
    /// Whether external systems fail at random in all processes except the last.
    pub(crate) faults: bool,
    /// Seconds by which the clock of the first process is wrong. The next processes have the true clock.
    pub(crate) clock: i64,
    /// Whether a process outside of the test uses the data directory from the first kill on, so that no restart may
    /// void the claims and leases of the killed process.
    pub(crate) accompanied: bool,
    pub(crate) planted: Option<Bug>,
}

impl Case {
    /// Creates a case with these kills and without further conditions.
    pub(crate) fn new(seed: u64, pin_by: PinBy, kills: Vec<PlannedKill>) -> Self {
        Self {
            seed,
            pin_by,
            work: Work::Single,
            kills,
            restarted_at_once: false,
            busy: false,
            faults: false,
            clock: 0,
            accompanied: false,
            planted: None,
        }
    }

    /// Returns whether there were kills, each only after the API had answered, so that no PIN was being sent.
    pub(crate) fn is_killed_idle(&self) -> bool {
        !self.kills.is_empty()
            && self.kills.iter().all(|kill| matches!(kill, PlannedKill::Refused { answered: true, .. }))
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}, PIN by {:?}, killed", self.seed, self.pin_by)?;
        for kill in &self.kills {
            match kill {
                PlannedKill::AtStep(StepAt { step, occurrence }) => write!(f, " at {step} (time {occurrence})")?,
                PlannedKill::AfterStart(pause) => write!(f, " {} ms after start", pause.as_millis())?,
                PlannedKill::AfterReady(pause) => write!(f, " {} ms after ready", pause.as_millis())?,
                PlannedKill::Refused { from: RefuseFrom { by, at }, answered } => {
                    let when = if *answered { "when answered" } else { "at once" };
                    write!(f, " {when} after {by:?} refused a write from {} (time {}) on", at.step, at.occurrence)?;
                }
            }
        }
        let circumstances = [
            (self.work == Work::Queued, "orders in the queue"),
            (self.work == Work::Batch, "a batch"),
            (self.work == Work::Lost, "a lost key"),
            (self.work == Work::Returned, "returned keys"),
            (self.work == Work::Leaver, "a person who leaves"),
            (self.work == Work::Address, "orders without an address"),
            (self.work == Work::PinPage, "a PIN on a page"),
            (self.restarted_at_once, "restarted at once"),
            (self.busy, "busy"),
            (self.faults, "with faults"),
            (self.clock > 0, "first clock ahead"),
            (self.clock < 0, "first clock behind"),
            (self.accompanied, "accompanied"),
        ];
        circumstances.iter().filter(|(holds, _)| *holds).try_for_each(|(_, what)| write!(f, ", {what}"))
    }
}

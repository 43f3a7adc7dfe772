//! One case: how often and when the process dies, and in what circumstances.

use std::fmt;
use std::time::Duration;

use crate::child::Strike;
use crate::child::planted::Bug;

/// The way the PIN goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// With the connector's usual permissions.
    Smtp,
    /// The same.
    Graph,
    /// With the guide's single permission.
    LogicApp,
}

#[derive(Clone, Debug)]
pub(crate) enum Death {
    At(Strike),
    /// This long after the process was started.
    Young(Duration),
    /// This long after it was ready.
    After(Duration),
}

#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) seed: u64,
    pub(crate) way: Way,
    /// One for each life but the last.
    pub(crate) deaths: Vec<Death>,
    /// Whether the next life works before time has passed, while claims of the last one stand.
    pub(crate) at_once: bool,
    /// Whether orders go on coming in until the process dies.
    pub(crate) busy: bool,
    /// Whether the outside fails now and then in all lives but the last.
    pub(crate) faults: bool,
    pub(crate) planted: Option<Bug>,
}

impl Case {
    /// Nothing but the deaths.
    pub(crate) fn new(seed: u64, way: Way, deaths: Vec<Death>) -> Self {
        Self { seed, way, deaths, at_once: false, busy: false, faults: false, planted: None }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}, PIN by {:?}, killed", self.seed, self.way)?;
        for death in &self.deaths {
            match death {
                Death::At(Strike { step, occurrence }) => write!(f, " at {step} (time {occurrence})")?,
                Death::Young(pause) => write!(f, " {} ms after its start", pause.as_millis())?,
                Death::After(pause) => write!(f, " after {} ms", pause.as_millis())?,
            }
        }
        let circumstances = [(self.at_once, "restarted at once"), (self.busy, "busy"), (self.faults, "with faults")];
        circumstances.iter().filter(|(holds, _)| *holds).try_for_each(|(_, what)| write!(f, ", {what}"))
    }
}

//! What to simulate.

use std::collections::BTreeSet;

use crate::bugs::Bug;
use crate::trace::Keep;

/// One organisation and its time. The same configuration gives the same trace.
#[derive(Clone, Debug)]
pub struct Config {
    /// Source of all chance.
    pub seed: u64,
    /// Number of people at the beginning.
    pub people: usize,
    /// Days of life with faults. Some days without faults follow, in which everything must come to an end.
    pub days: u64,
    /// Number of replicas.
    pub replicas: usize,
    /// Whether faults are injected.
    pub faults: bool,
    /// Numbers of the faults that are injected. `None`: all.
    pub only: Option<BTreeSet<u64>>,
    /// Which steps the trace keeps.
    pub keep: Keep,
    /// Bug that is planted in each replica.
    pub bug: Option<Bug>,
    /// Whether to end at the first finding.
    pub stop_at_first: bool,
    /// Whether warnings and errors of the replicas are printed to standard error.
    pub prints_log: bool,
    /// Called at the begin of each simulated day with its number.
    pub progress: Option<fn(u64)>,
}

impl Config {
    /// Returns an organisation of 120 people, 8 days and three replicas, with faults.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            people: 120,
            days: 8,
            replicas: 3,
            faults: true,
            only: None,
            keep: Keep::Nothing,
            bug: None,
            stop_at_first: false,
            prints_log: false,
            progress: None,
        }
    }
}

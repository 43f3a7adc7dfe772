//! Last runs of this process, for operators.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use keyferry_domain::Timestamp;

use super::report::{Run, RunReport};

/// Number of runs that are kept.
const KEPT: usize = 10;

/// Finished run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecentRun {
    /// Kind of the run.
    pub run: Run,
    /// Begin of the run.
    pub begin: Timestamp,
    /// End of the run.
    pub end: Timestamp,
    /// Its report.
    pub report: RunReport,
}

/// Last runs: full runs, and others that processed a shipment.
#[derive(Default)]
pub(super) struct Recent(Mutex<VecDeque<RecentRun>>);

impl Recent {
    pub(super) fn add(&self, recent: RecentRun) {
        if recent.run == Run::Due && recent.report.processed == 0 {
            return;
        }
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.push_front(recent);
        runs.truncate(KEPT);
    }

    /// Returns the runs, newest first.
    pub(super) fn all(&self) -> Vec<RecentRun> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_newest_runs_that_worked() {
        let recent = Recent::default();
        let at = |second| Timestamp::from_timestamp(second, 0).unwrap();
        let add = |run, processed, second| {
            let report = RunReport { processed, ..RunReport::default() };
            recent.add(RecentRun { run, begin: at(second), end: at(second), report });
        };
        for second in 0..20 {
            add(Run::Due, 0, second);
            add(Run::All, 0, second);
        }
        add(Run::Due, 1, 20);
        let ends: Vec<_> = recent.all().iter().map(|run| run.end.timestamp()).collect();
        assert_eq!(ends, [20, 19, 18, 17, 16, 15, 14, 13, 12, 11]);
    }
}

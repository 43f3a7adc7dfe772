//! Last runs of this process.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use keyferry_domain::Timestamp;

use crate::processing::Run;

/// Number of runs that are kept.
const KEPT: usize = 10;

/// Last runs of this process.
#[derive(Default)]
pub(crate) struct LastRuns(Mutex<State>);

/// The same, at one time.
#[derive(Clone, Default)]
pub(super) struct State {
    pub(super) processing: Option<FinishedRun<ProcessingRun>>,
    /// Newest first: full runs, and others that processed a shipment.
    worked: VecDeque<FinishedRun<ProcessingRun>>,
    pub(super) clean_up: Option<FinishedRun<Result<CleanUpRun, String>>>,
}

/// Run that finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinishedRun<T> {
    /// Begin.
    pub began_at: Timestamp,
    /// End.
    pub ended_at: Timestamp,
    /// Result.
    pub result: T,
}

/// Result of processing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessingRun {
    /// Kind of the run.
    pub run: Run,
    /// Number of shipments processed.
    pub processed: usize,
    /// Number of these that entered another phase.
    pub moved: usize,
    /// Number of these that have an obstacle now.
    pub obstructed: usize,
    /// Number of records that cannot be read.
    pub unreadable: usize,
    /// Reasons of failing dependencies. Shipments that need one of them are on hold.
    pub outages: Vec<String>,
}

/// Result of a clean-up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CleanUpRun {
    /// Number of deleted shipments.
    pub shipments: usize,
    /// Number of deleted batches.
    pub batches: usize,
}

impl LastRuns {
    pub(crate) fn processed(&self, run: FinishedRun<ProcessingRun>) {
        self.with(|state| {
            if run.result.run == Run::All || run.result.processed > 0 {
                state.worked.push_front(run.clone());
                state.worked.truncate(KEPT);
            }
            state.processing = Some(run);
        });
    }

    /// Returns the last full runs and others that processed a shipment, newest first.
    pub(crate) fn worked(&self) -> Vec<FinishedRun<ProcessingRun>> {
        self.with(|state| state.worked.iter().cloned().collect())
    }

    /// The error is that of the store.
    pub(crate) fn cleaned_up(&self, run: FinishedRun<Result<CleanUpRun, String>>) {
        self.with(|state| state.clean_up = Some(run));
    }

    pub(super) fn state(&self) -> State {
        self.with(|state| state.clone())
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_newest_runs_that_worked() {
        let runs = LastRuns::default();
        let at = |second| Timestamp::from_timestamp(second, 0).unwrap();
        let add = |run, processed, second| {
            let result = ProcessingRun { run, processed, moved: 0, obstructed: 0, unreadable: 0, outages: Vec::new() };
            runs.processed(FinishedRun { began_at: at(second), ended_at: at(second), result });
        };
        for second in 0..20 {
            add(Run::Due, 0, second);
            add(Run::All, 0, second);
        }
        add(Run::Due, 1, 20);
        add(Run::Due, 0, 21);
        let ends: Vec<_> = runs.worked().iter().map(|run| run.ended_at.timestamp()).collect();
        assert_eq!(ends, [20, 19, 18, 17, 16, 15, 14, 13, 12, 11]);
        assert_eq!(runs.state().processing.map(|run| run.ended_at), Some(at(21)));
    }
}

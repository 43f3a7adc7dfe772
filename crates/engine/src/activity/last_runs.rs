//! Last runs of this process.

use std::sync::{Mutex, PoisonError};

use keyferry_domain::Timestamp;

/// Last runs of this process.
#[derive(Default)]
pub(crate) struct LastRuns(Mutex<State>);

/// The same, at one time.
#[derive(Clone, Default)]
pub(super) struct State {
    pub(super) processing: Option<FinishedRun<ProcessingRun>>,
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProcessingRun {
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
        self.with(|state| state.processing = Some(run));
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

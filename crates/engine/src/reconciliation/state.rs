//! State of the whole comparison of this process.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use keyferry_domain::Timestamp;

use super::difference::{Difference, DifferenceKind};
use super::slice::{Compared, NotCompared, Slice};

/// Differences that are kept for pages. All are counted.
const KEPT: usize = 500;

/// Comparison that is in progress, or ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    /// Start of the comparison.
    pub began_at: Timestamp,
    /// End. `None`: it is in progress.
    pub ended_at: Option<Timestamp>,
    /// Why it ended early.
    pub ended_early: Option<String>,
    /// What was compared.
    pub compared: Compared,
    /// Number of differences of each kind.
    pub counts: BTreeMap<DifferenceKind, u64>,
    /// The first differences.
    pub differences: Vec<Difference>,
    /// What was not compared.
    pub not_compared: Vec<NotCompared>,
}

/// Last comparison of this process.
#[derive(Default)]
pub(crate) struct State(Mutex<Option<Whole>>);

impl State {
    pub(super) fn last(&self) -> Option<Whole> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns whether a new comparison begins.
    pub(super) fn begin(&self, now: Timestamp) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref().is_some_and(|whole| whole.ended_at.is_none()) {
            return false;
        }
        *last = Some(Whole {
            began_at: now,
            ended_at: None,
            ended_early: None,
            compared: Compared::default(),
            counts: BTreeMap::new(),
            differences: Vec::new(),
            not_compared: Vec::new(),
        });
        true
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Whole)) {
        if let Some(whole) = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            change(whole);
        }
    }
}

impl Whole {
    pub(super) fn add(&mut self, slice: Slice) {
        let mut parts = Slice { not_compared: std::mem::take(&mut self.not_compared), ..Slice::default() };
        for difference in &slice.differences {
            *self.counts.entry(difference.kind).or_default() += 1;
        }
        parts.add(slice);
        self.compared.add(parts.compared);
        self.not_compared = parts.not_compared;
        let room = KEPT.saturating_sub(self.differences.len());
        self.differences.extend(parts.differences.into_iter().take(room));
    }
}

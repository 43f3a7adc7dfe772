//! Comparison for callers.

use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::Lane;
use keyferry_domain::ports::StoreError;

use super::background;
use super::slice::{Position, Slice};
use super::state::Whole;
use super::step::step;
use crate::context::Context;

/// Time after which no further step of a slice begins.
const BUDGET: Duration = Duration::from_secs(10);

/// Compares both sides. Cheap to clone.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Reconciliation(Arc<Context>);

impl Reconciliation {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self(context)
    }

    /// Compares from a position on, for some seconds. Its calls wait for those that callers wait for.
    ///
    /// # Errors
    /// The error of the store; also for a position that is not one of it. What another side does not answer is in
    /// [`Slice::not_compared`].
    pub async fn slice(&self, from: Position) -> Result<Slice, StoreError> {
        let clock = &self.0.ports.clock;
        let begin = clock.monotonic();
        let mut slice = Slice { next: Some(from), ..Slice::default() };
        while let Some(position) = slice.next.clone() {
            let step = Lane::Bulk.scope(step(&self.0, position)).await?;
            slice.add(step);
            if slice.pause.is_some() || clock.monotonic().saturating_sub(begin) >= BUDGET {
                break;
            }
        }
        Ok(slice)
    }

    /// Starts a whole comparison in the background, unless one is in progress in this process.
    pub fn start(&self) {
        background::start(&self.0);
    }

    /// Returns the comparison in progress or the last one of this process.
    pub fn last(&self) -> Option<Whole> {
        self.0.reconciliation.last()
    }
}

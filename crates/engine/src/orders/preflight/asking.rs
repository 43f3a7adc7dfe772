//! Calls of a check: throttled calls are repeated, a party that does not answer is left alone for a while, and what
//! could not be checked becomes a finding.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use keyferry_domain::{CheckCode, Clock, Failure, FailureClass, OrderFinding, Party};

use crate::breakers::Breakers;

/// Number of repetitions of a throttled call.
const REPETITIONS: u32 = 5;

/// Longest wait before a throttled call is repeated.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Time for which a party is left alone after several calls without an answer.
const REST: Duration = Duration::from_secs(30);

/// Calls of one check.
#[derive(Default)]
pub(super) struct Asking {
    breakers: Breakers,
    /// Parties that are left alone, with the monotonic time until which.
    resting: Mutex<BTreeMap<Party, Duration>>,
    general: Mutex<BTreeMap<String, OrderFinding>>,
}

/// Reason why a call has no result.
pub(super) enum Unasked {
    /// The call failed.
    Failed(Failure),
    /// The party is left alone.
    Resting(Party),
}

impl Asking {
    /// Calls `party`.
    pub(super) async fn ask<T, F: Future<Output = Result<T, Failure>>>(
        &self,
        clock: &dyn Clock,
        party: Party,
        call: impl Fn() -> F,
    ) -> Result<T, Unasked> {
        let is_resting = lock(&self.resting).get(&party).is_some_and(|until| clock.monotonic() < *until);
        if is_resting {
            return Err(Unasked::Resting(party));
        }
        let mut wait = Duration::from_secs(1);
        for repetition in 0..=REPETITIONS {
            let failure = match call().await {
                Ok(value) => {
                    self.breakers.answered(&[party, Party::TokenEndpoint]);
                    return Ok(value);
                }
                Err(failure) => failure,
            };
            if failure.class() != FailureClass::Throttled || repetition == REPETITIONS {
                if self.breakers.failed(&failure, false) {
                    // Not the party of the failure, which may be the one that issues the tokens for this call.
                    lock(&self.resting).insert(party, clock.monotonic() + REST);
                }
                return Err(Unasked::Failed(failure));
            }
            clock.sleep(failure.retry_after.unwrap_or(wait).min(LONGEST_WAIT)).await;
            wait *= 2;
        }
        Err(Unasked::Resting(party))
    }

    /// Returns the finding for a row that could not be checked. A missing permission and the like concern all rows:
    /// they become one finding of the whole check, and `None` is returned.
    pub(super) fn not_checked(&self, what: &str, reason: Unasked) -> Option<OrderFinding> {
        use FailureClass::{AppCredentialRefused, AppCredentialUnusable, Forbidden, Misconfigured, NotAllowed};
        let failure = match reason {
            Unasked::Failed(failure) => failure,
            Unasked::Resting(party) => {
                let message = format!("Not checked: {what}. The {party} did not answer several calls in a row");
                return Some(OrderFinding::general(CheckCode::NotChecked, message));
            }
        };
        match failure.class() {
            Forbidden | Misconfigured | AppCredentialRefused | AppCredentialUnusable | NotAllowed => {
                self.fact_not_checked(what, &failure);
                None
            }
            _ => {
                let message =
                    format!("Not checked: {what}. The call to the {} failed: {}", failure.party, failure.message);
                Some(OrderFinding::general(CheckCode::NotChecked, message))
            }
        }
    }

    /// Adds the finding of the whole check that `what` was not checked for any row.
    pub(super) fn fact_not_checked(&self, what: &str, failure: &Failure) {
        let Failure { party, message, .. } = failure;
        let message = format!("Not checked: {what}. The call to the {party} failed: {message}. {}", failure.remedy());
        self.add(what, CheckCode::NotChecked, message);
    }

    /// Adds the finding of the whole check that another system does not offer to check `what`.
    pub(super) fn not_offered(&self, what: &str, why: &str) {
        self.add(what, CheckCode::NotChecked, format!("Not checked: {what}. {why}"));
    }

    /// Adds a finding of the whole check. `subject` identifies it: a later one replaces it.
    pub(super) fn add(&self, subject: &str, code: CheckCode, message: String) {
        lock(&self.general).insert(subject.to_owned(), OrderFinding::general(code, message));
    }

    /// Returns the findings of the whole check.
    pub(super) fn general(&self) -> Vec<OrderFinding> {
        lock(&self.general).values().cloned().collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

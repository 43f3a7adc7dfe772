//! Breakers: a party that leaves several calls in a row unanswered is held, and tried again by a single shipment.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use keyferry_domain::{Failure, FailureClass, FailureKind, Party};

/// Number of unanswered calls in a row after which a party is held.
const LIMIT: u32 = 3;

/// Numbers of unanswered calls in a row, by party. They outlast a run, so that the next run tries a held party with one
/// shipment only.
#[derive(Default)]
pub(crate) struct Breakers(Mutex<BTreeMap<Party, u32>>);

impl Breakers {
    /// Records a failure. Returns whether its party must be held for the rest of the run. `is_repeated` states whether
    /// the subject of the call met the same failure before: that says more about the subject than about the party.
    pub(crate) fn failed(&self, failure: &Failure, is_repeated: bool) -> bool {
        let mut counts = self.counts();
        if !is_unanswered(failure) {
            // Another failure is an answer, or Keyferry's own finding about one.
            counts.remove(&failure.party);
            return false;
        }
        let count = counts.entry(failure.party).or_default();
        *count = count.saturating_add(u32::from(!is_repeated));
        *count >= LIMIT
    }

    /// Records that all these parties answered. Returns whether one of them was held.
    pub(crate) fn answered(&self, parties: &[Party]) -> bool {
        let mut counts = self.counts();
        parties.iter().filter(|party| counts.remove(party).is_some_and(|count| count >= LIMIT)).count() > 0
    }

    /// Returns whether one of these parties was held and did not answer since.
    pub(crate) fn is_to_be_tried(&self, parties: &[Party]) -> bool {
        let counts = self.counts();
        parties.iter().any(|party| counts.get(party).is_some_and(|count| *count >= LIMIT))
    }

    fn counts(&self) -> MutexGuard<'_, BTreeMap<Party, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns whether the party did not process the call. A response with `Retry-After` is an answer, and so is a
/// temporary reply of a mail server (4xx), which often concerns one addressee only.
fn is_unanswered(failure: &Failure) -> bool {
    let silent = match failure.kind {
        FailureKind::Unreachable | FailureKind::TimedOut | FailureKind::ConnectionLost => true,
        FailureKind::Answered { status, .. } => status >= 500,
        FailureKind::InvalidResponse | FailureKind::Found(_) => false,
    };
    silent && failure.class() == FailureClass::Unavailable && failure.retry_after.is_none()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use keyferry_domain::Operation;

    use super::*;

    fn failure(kind: FailureKind) -> Failure {
        keyferry_testkit::failures::failure(Party::PinDelivery, Operation::DeliverPin, kind, "no")
    }

    fn answered(status: u16) -> FailureKind {
        FailureKind::Answered { status, code: None }
    }

    #[test]
    fn third_unanswered_call_in_a_row_holds_the_party() {
        let breakers = Breakers::default();
        for kind in [FailureKind::Unreachable, FailureKind::TimedOut] {
            assert!(!breakers.failed(&failure(kind), false));
        }
        assert!(!breakers.is_to_be_tried(&[Party::PinDelivery]));
        assert!(breakers.failed(&failure(answered(503)), false));
        assert!(breakers.is_to_be_tried(&[Party::Store, Party::PinDelivery]));
        assert!(!breakers.is_to_be_tried(&[Party::Store]));
        assert!(
            breakers.failed(&failure(FailureKind::ConnectionLost), false),
            "one call suffices until the party answers"
        );
        assert!(breakers.answered(&[Party::PinDelivery]));
        assert!(!breakers.answered(&[Party::PinDelivery]), "it was not held");
        assert!(!breakers.failed(&failure(FailureKind::Unreachable), false));
    }

    #[test]
    fn answers_end_the_row() {
        let mut later = failure(answered(503));
        later.retry_after = Some(Duration::from_secs(2));
        for answer in [later, failure(answered(421)), failure(answered(550)), failure(FailureKind::InvalidResponse)] {
            let breakers = Breakers::default();
            for _ in 0..2 {
                assert!(!breakers.failed(&failure(FailureKind::Unreachable), false));
            }
            assert!(!breakers.failed(&answer, false), "{answer:?}");
            assert!(!breakers.failed(&failure(FailureKind::Unreachable), false), "{answer:?}");
        }
    }
}

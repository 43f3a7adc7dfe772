//! Breakers: a party that leaves several calls in a row unanswered is held, and tried again by a single shipment.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use keyferry_domain::{Failure, FailureClass, FailureKind, Party, ShipmentId};

/// Number of unanswered calls in a row after which a party is held.
const LIMIT: u32 = 3;

/// Unanswered calls in a row. They outlast a run, so that the next run tries a held party with one shipment only.
#[derive(Default)]
pub(crate) struct Breakers(Mutex<Row>);

#[derive(Default)]
struct Row {
    /// Number of unanswered calls, by party.
    counts: BTreeMap<Party, u32>,
    /// Shipments of these calls.
    shipments: BTreeSet<ShipmentId>,
}

impl Row {
    /// Ends the row of a party. Returns its length.
    fn end(&mut self, party: Party) -> u32 {
        let count = self.counts.remove(&party).unwrap_or_default();
        if self.counts.is_empty() {
            self.shipments.clear();
        }
        count
    }
}

impl Breakers {
    /// Records a failure of the shipment's step. Returns whether its party must be held for the rest of the run.
    pub(crate) fn failed(&self, failure: &Failure, shipment: ShipmentId) -> bool {
        let mut row = self.row();
        if !is_unanswered(failure) {
            // Another failure is an answer, or Keyferry's own finding about one.
            row.end(failure.party);
            return false;
        }
        row.shipments.insert(shipment);
        let count = row.counts.entry(failure.party).or_default();
        *count = count.saturating_add(1);
        *count >= LIMIT
    }

    /// Records that all these parties answered. Returns whether one of them was held.
    pub(crate) fn answered(&self, parties: &[Party]) -> bool {
        let mut row = self.row();
        parties.iter().filter(|party| row.end(**party) >= LIMIT).count() > 0
    }

    /// Returns whether one of these parties was held and did not answer since.
    pub(crate) fn is_to_be_tried(&self, parties: &[Party]) -> bool {
        let row = self.row();
        parties.iter().any(|party| row.counts.get(party).is_some_and(|count| *count >= LIMIT))
    }

    /// Moves the shipments whose calls were not answered to the end. Otherwise a shipment whose calls are never
    /// answered would try a held party in each run, and keep all others on hold.
    pub(crate) fn try_others_first<T>(&self, items: &mut [(ShipmentId, T)]) {
        let row = self.row();
        items.sort_by_key(|(id, _)| row.shipments.contains(id));
    }

    fn row(&self) -> MutexGuard<'_, Row> {
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

    fn failed(breakers: &Breakers, failure: &Failure) -> bool {
        breakers.failed(failure, ShipmentId::parse("0191e2a0-0000-7000-8000-000000000001").unwrap())
    }

    fn answered(status: u16) -> FailureKind {
        FailureKind::Answered { status, code: None }
    }

    #[test]
    fn third_unanswered_call_in_a_row_holds_the_party() {
        let breakers = Breakers::default();
        for kind in [FailureKind::Unreachable, FailureKind::TimedOut] {
            assert!(!failed(&breakers, &failure(kind)));
        }
        assert!(!breakers.is_to_be_tried(&[Party::PinDelivery]));
        assert!(failed(&breakers, &failure(answered(503))));
        assert!(breakers.is_to_be_tried(&[Party::Store, Party::PinDelivery]));
        assert!(!breakers.is_to_be_tried(&[Party::Store]));
        assert!(failed(&breakers, &failure(FailureKind::ConnectionLost)), "one call suffices until the party answers");
        assert!(breakers.answered(&[Party::PinDelivery]));
        assert!(!breakers.answered(&[Party::PinDelivery]), "it was not held");
        assert!(!failed(&breakers, &failure(FailureKind::Unreachable)));
    }

    #[test]
    fn answers_end_the_row() {
        let mut later = failure(answered(503));
        later.retry_after = Some(Duration::from_secs(2));
        for answer in [later, failure(answered(421)), failure(answered(550)), failure(FailureKind::InvalidResponse)] {
            let breakers = Breakers::default();
            for _ in 0..2 {
                assert!(!failed(&breakers, &failure(FailureKind::Unreachable)));
            }
            assert!(!failed(&breakers, &answer), "{answer:?}");
            assert!(!failed(&breakers, &failure(FailureKind::Unreachable)), "{answer:?}");
        }
    }
}

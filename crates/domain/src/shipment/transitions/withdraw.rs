//! Withdrawal of a key.

use crate::shipment::aggregate::Shipment;
use crate::shipment::change::Change;
use crate::shipment::withdrawal::{Withdrawal, WithdrawalCause};
use crate::{Actor, Note};

impl Shipment {
    /// Records the act that ends the use of the key. Its steps follow, each in its own transition.
    ///
    /// Changes nothing if an earlier act is the same or a later cause: a lost key can be found and returned, and its
    /// person can leave, but not the other way round. A replacement that is not queued when the person leaves is not
    /// ordered any more.
    pub fn withdraw(mut self, withdrawal: Withdrawal) -> Change {
        let before = self.common.withdrawal.as_ref();
        if before.is_some_and(|before| before.cause >= withdrawal.cause) {
            return Change::none(self);
        }
        let kept = before.and_then(|before| before.replacement);
        let replacement = match withdrawal.cause {
            WithdrawalCause::Lost => withdrawal.replacement,
            WithdrawalCause::Left => kept.filter(|kept| kept.is_queued),
            WithdrawalCause::Returned => kept,
        };
        let (cause, actor) = (withdrawal.cause, Actor::Caller(withdrawal.by.clone()));
        let note = Note::new(withdrawal.at, withdrawal.reason.clone());
        self.common.withdrawal = Some(Withdrawal { replacement, ..withdrawal });
        // What kept the shipment from progressing does not keep the act from it.
        self.common.obstacle = None;
        Change::with_event(self, cause.event(), actor, note)
    }
}

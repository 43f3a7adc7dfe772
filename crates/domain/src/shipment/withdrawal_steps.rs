//! What is left of a withdrawal, computed from the record.

use super::aggregate::Shipment;
use super::withdrawal::{Withdrawal, WithdrawalCause, WithdrawalStep};
use crate::Phase;

impl Shipment {
    /// Returns the steps of the withdrawal in their order, and whether each is done. Empty without a withdrawal.
    pub fn withdrawal_steps(&self) -> Vec<(WithdrawalStep, bool)> {
        let Some(withdrawal) = self.withdrawal() else { return Vec::new() };
        self.steps_of(withdrawal)
    }

    /// Returns whether the step belongs to the withdrawal and is not done.
    pub fn lacks(&self, step: WithdrawalStep) -> bool {
        self.withdrawal_steps().contains(&(step, false))
    }

    /// Returns whether a step of the withdrawal is not done.
    pub fn is_being_withdrawn(&self) -> bool {
        self.withdrawal_steps().iter().any(|(_, done)| !done)
    }

    /// Returns whether a withdrawal would have anything to do.
    pub fn would_change_by(&self, withdrawal: &Withdrawal) -> bool {
        self.steps_of(withdrawal).iter().any(|(_, done)| !done)
    }

    fn steps_of(&self, withdrawal: &Withdrawal) -> Vec<(WithdrawalStep, bool)> {
        let mut steps = Vec::new();
        let is_back = withdrawal.cause == WithdrawalCause::Returned;
        match self.phase() {
            // Nothing was ordered, or no run processes it and nothing is registered.
            Phase::Refused(_) => {}
            phase if phase.registered().is_some() => {
                steps.push((WithdrawalStep::RemovePasskey, self.key_revoked_at().is_some()));
            }
            Phase::Complete(_) => {}
            Phase::Cancelled(_) => steps.push((WithdrawalStep::CancelOrder, true)),
            // A cancelled key that is on its way is watched until it is back.
            Phase::Cancelling(_) => steps.push((WithdrawalStep::CancelOrder, !is_back)),
            _ => steps.push((WithdrawalStep::CancelOrder, false)),
        }
        if let Some(replacement) = withdrawal.replacement {
            steps.push((WithdrawalStep::QueueReplacement, replacement.is_queued));
        }
        // While the key is lost, the person needs the pass.
        if withdrawal.cause != WithdrawalCause::Lost
            && let Some(pass) = self.access_pass().filter(|pass| pass.may_exist())
        {
            steps.push((WithdrawalStep::RemoveAccessPass, pass.removed_at.is_some()));
        }
        steps
    }
}

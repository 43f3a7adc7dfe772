//! Actions that are possible for many shipments, and in which phases.

use keyferry_access::{Operation, Principal, Role};
use keyferry_domain::PhaseName;
use keyferry_engine::{Outcome, Release};

use crate::kit::problem::Problem;
use crate::operations::resend_pin;
use crate::state::ApiState;

/// Action for each of many shipments. The names are those of the paths of the operations for one shipment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Retry,
    Cancel,
    Abandon,
    Resolve,
    ResendPin,
}

impl Action {
    pub(super) const ALL: [Self; 5] = [Self::Retry, Self::Cancel, Self::Abandon, Self::Resolve, Self::ResendPin];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Cancel => "cancel",
            Self::Abandon => "abandon",
            Self::Resolve => "resolve",
            Self::ResendPin => "resend-pin",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == name)
    }

    /// Checks that the caller may do this to many shipments.
    ///
    /// # Errors
    /// 403. In the mode `drop-in`, too, sending many PINs needs the role.
    pub(super) fn check_rights(self, principal: &Principal) -> Result<(), Problem> {
        let operation = match self {
            Self::Retry => Operation::RetryShipment,
            Self::Cancel => Operation::CancelShipment,
            Self::Abandon => Operation::AbandonShipment,
            Self::Resolve => Operation::ResolveShipment,
            Self::ResendPin if principal.has(Role::Pin) => Operation::ResendPin,
            Self::ResendPin => return Err(Problem::missing_role(Role::Pin)),
        };
        Ok(principal.permits(operation)?)
    }

    /// Returns why the action is not possible for a shipment in this phase. `None`: it is possible, as far as the phase
    /// decides.
    pub(super) fn obstacle(self, phase: PhaseName, set_by_hand: bool) -> Option<String> {
        use PhaseName::{Accepted, Complete, Fulfilled, Queued, Registered, Unconfirmed};
        let possible: &[PhaseName] = match self {
            // A shipment that processing cancelled can be retried, too, but only on its own.
            Self::Retry => &[Queued, Accepted, Fulfilled, Registered],
            Self::Cancel => &[Queued, Unconfirmed, Accepted, Fulfilled],
            Self::Abandon => &[Unconfirmed],
            Self::Resolve => &[Registered],
            Self::ResendPin => &[Registered, Complete],
        };
        match set_by_hand {
            true => Some("it was set to complete by hand".to_owned()),
            false if possible.contains(&phase) => None,
            false => Some(format!("it is {}", phase.shown())),
        }
    }

    /// Does it to one shipment, as the operation for one shipment does.
    pub(super) async fn perform(
        self,
        state: &ApiState,
        principal: &Principal,
        id: &str,
        reason: &str,
    ) -> Result<(), Problem> {
        let (operator, by) = (&state.engine.operator, principal.caller().clone());
        let outcome = match self {
            Self::Cancel => return Ok(operator.cancel(id, by, reason).await?),
            Self::ResendPin => {
                // One reason for many shipments releases no PIN against the rules.
                let release = Release { reason: Some(reason.to_owned()), may_override: false };
                return resend_pin::resend(state, principal, id, release).await;
            }
            Self::Retry => Outcome::Retry,
            Self::Abandon => Outcome::Abandoned,
            Self::Resolve => Outcome::Complete,
        };
        Ok(operator.resolve(id, by, reason.to_owned(), outcome).await?)
    }
}

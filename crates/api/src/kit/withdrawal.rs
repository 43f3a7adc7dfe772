//! Act that ends the use of a key, in responses.

use keyferry_domain::{Actor, Shipment, WithdrawalStep};
use keyferry_engine::Withdrawn;
use serde::Serialize;
use utoipa::ToSchema;

use super::schemas;
use super::time::rfc3339;

/// Act that ends the use of a key.
#[derive(Serialize, ToSchema)]
pub(crate) struct WithdrawalBody {
    /// Cause of the act.
    #[schema(value_type = schemas::WithdrawalCause, example = "lost")]
    cause: &'static str,
    /// Actor that requested it.
    by: String,
    /// Reason of the request.
    reason: String,
    /// Time of the request.
    #[schema(format = DateTime, example = "2026-11-24T07:00:00Z")]
    requested_at: String,
    /// Keyferry's id of the shipment that replaces the key. Its order exists once the step `queue_replacement` is done.
    #[schema(format = "uuid", example = "019a0000-0000-7000-8000-00000000000a")]
    replacement: Option<String>,
    /// Whether all steps are done.
    complete: bool,
    /// Steps, in their order. Those that are left are done by runs of processing.
    steps: Vec<WithdrawalStepBody>,
}

/// Step of the act.
#[derive(Serialize, ToSchema)]
pub(crate) struct WithdrawalStepBody {
    /// The step.
    #[schema(value_type = schemas::WithdrawalStep, example = "remove_passkey")]
    step: &'static str,
    /// Whether it is done.
    done: bool,
}

impl WithdrawalBody {
    /// Returns the act of the shipment, if there is one.
    pub(crate) fn of(shipment: &Shipment) -> Option<Self> {
        let withdrawal = shipment.withdrawal()?;
        let step = |(step, done): (WithdrawalStep, bool)| WithdrawalStepBody { step: step.as_str(), done };
        Some(Self {
            cause: withdrawal.cause.as_str(),
            by: Actor::Caller(withdrawal.by.clone()).to_string(),
            reason: withdrawal.reason.clone(),
            requested_at: rfc3339(withdrawal.at),
            replacement: withdrawal.replacement.map(|replacement| replacement.shipment.to_string()),
            complete: !shipment.is_being_withdrawn(),
            steps: shipment.withdrawal_steps().into_iter().map(step).collect(),
        })
    }
}

/// Result of an act that ends the use of a key.
#[derive(Serialize, ToSchema)]
pub(crate) struct WithdrawnBody {
    /// Keyferry's id of the key's shipment.
    #[schema(format = "uuid", example = "019a0000-0000-7000-8000-000000000001")]
    id: String,
    /// Serial number of the key. `null` if it was not made.
    serial_number: Option<String>,
    /// Phase of the shipment after the call.
    #[schema(value_type = schemas::Phase)]
    phase: &'static str,
    /// The act, with its steps. `null` if the shipment has nothing to end.
    withdrawal: Option<WithdrawalBody>,
    /// Whether an earlier call made the act. This call only continued it.
    repeated: bool,
    /// What failed, or what the steps that are left wait for. Runs of processing do them. `null` if none is left.
    left: Option<String>,
}

impl From<Withdrawn> for WithdrawnBody {
    fn from(withdrawn: Withdrawn) -> Self {
        let shipment = &withdrawn.shipment;
        let made = shipment.phase().fulfilled().and_then(|fulfilled| fulfilled.keys.first());
        Self {
            id: shipment.id().to_string(),
            serial_number: made.map(|key| key.serial.to_string()),
            phase: shipment.phase().name().shown(),
            withdrawal: WithdrawalBody::of(shipment),
            repeated: withdrawn.is_repeated,
            left: withdrawn.left,
        }
    }
}

//! Actions on one shipment: for whom, in which phases, and by which operation.

use keyferry_access::Operation;
use keyferry_domain::{CancelledBy, Phase, PhaseName, Shipment, Withdrawal, WithdrawalCause};
use keyferry_http::encode_segment;
use serde_json::{Value, json};

/// Action on one shipment. The names are those of the paths of the API's operations, where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Retry,
    Cancel,
    Adopt,
    Abandon,
    Resolve,
    Recall,
    Return,
    ResendPin,
}

/// What an operator enters for an action.
pub(super) struct Given<'a> {
    pub(super) reason: &'a str,
    pub(super) delivery_id: &'a str,
    /// Serial number of the key. Empty before it is made.
    pub(super) serial: &'a str,
}

/// Returns whether a shipment can be replaced. One that was not sent is cancelled instead.
pub(crate) fn is_replaceable(phase: PhaseName) -> bool {
    !matches!(phase, PhaseName::Queued | PhaseName::Submitting)
}

impl Verb {
    pub(crate) const ALL: [Self; 8] = [
        Self::Retry,
        Self::Adopt,
        Self::Abandon,
        Self::ResendPin,
        Self::Resolve,
        Self::Recall,
        Self::Return,
        Self::Cancel,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Cancel => "cancel",
            Self::Adopt => "adopt",
            Self::Abandon => "abandon",
            Self::Resolve => "resolve",
            Self::Recall => "recall",
            Self::Return => "return",
            Self::ResendPin => "resend-pin",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.as_str() == name)
    }

    pub(crate) fn operation(self) -> Operation {
        match self {
            Self::Retry => Operation::RetryShipment,
            Self::Cancel => Operation::CancelShipment,
            Self::Adopt => Operation::AdoptShipment,
            Self::Abandon => Operation::AbandonShipment,
            Self::Resolve | Self::Recall => Operation::ResolveShipment,
            Self::Return => Operation::ReturnKey,
            Self::ResendPin => Operation::ResendPin,
        }
    }

    /// Returns whether the action cannot be undone.
    pub(crate) fn is_final(self) -> bool {
        self != Self::Retry
    }

    /// Returns whether the action ends an order.
    pub(crate) fn is_end(self) -> bool {
        matches!(self, Self::Cancel | Self::Abandon)
    }

    /// Returns whether the page of the shipment offers the action. The operation decides whether it is possible.
    pub(super) fn fits(self, shipment: &Shipment) -> bool {
        match (self, shipment.phase()) {
            (_, Phase::Submitting(_) | Phase::Refused(_)) => false,
            (Self::Retry, Phase::Cancelled(cancelled)) => cancelled.by == CancelledBy::Processing,
            (Self::Retry, Phase::Queued(_) | Phase::Accepted(_) | Phase::Fulfilled(_) | Phase::Registered(_)) => {
                shipment.obstacle().is_some()
            }
            (Self::Cancel, phase) => {
                matches!(phase, Phase::Queued(_) | Phase::Unconfirmed(_) | Phase::Accepted(_) | Phase::Fulfilled(_))
            }
            (Self::Adopt | Self::Abandon, phase) => matches!(phase, Phase::Unconfirmed(_)),
            (Self::Resolve, phase) => matches!(phase, Phase::Registered(_)),
            (Self::Recall, phase) => matches!(phase, Phase::Cancelling(cancelling) if cancelling.key_exists()),
            (Self::Return, phase) => {
                let is_back = |act: &Withdrawal| act.cause == WithdrawalCause::Returned;
                phase.fulfilled().is_some() && !shipment.withdrawal().is_some_and(is_back)
            }
            (Self::ResendPin, phase) => {
                phase.registered().is_some() && shipment.key_revoked_at().is_none() && shipment.withdrawal().is_none()
            }
            (Self::Retry, _) => false,
        }
    }

    /// Returns whether the action needs a reason. A PIN that is sent again needs one only against a release rule, and
    /// with a reason it would be sent against one.
    pub(super) fn needs_reason(self, is_override: bool) -> bool {
        self != Self::ResendPin || is_override
    }

    /// Returns the path of the operation for the shipment with this id, and its body.
    pub(super) fn request(self, id: &str, given: &Given<'_>) -> (String, Value) {
        let Given { reason, delivery_id, serial } = *given;
        let path = |name: &str| format!("/v1/shipments/{id}/{name}");
        match self {
            Self::Retry | Self::Cancel | Self::Abandon | Self::Resolve => {
                (path(self.as_str()), json!({ "reason": reason }))
            }
            Self::Adopt => (path("adopt"), json!({ "reason": reason, "shipment_id": delivery_id })),
            Self::Recall => (path("resolve"), json!({ "reason": reason, "outcome": "recalled" })),
            Self::Return => (format!("/v1/keys/{}/return", encode_segment(serial)), json!({ "reason": reason })),
            Self::ResendPin if reason.is_empty() => (path("resend-pin"), json!({})),
            Self::ResendPin => (path("resend-pin"), json!({ "reason": reason })),
        }
    }
}

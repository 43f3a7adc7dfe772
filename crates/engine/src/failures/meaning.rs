//! Mapping from the class of a failure to its meaning for a shipment.

use keyferry_domain::{FailureClass, ObstacleClass};

/// Scope of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Affects this shipment.
    Shipment,
    /// Affects every shipment that needs the party: an outage. It is reported once, and not recorded on shipments.
    Run,
}

/// Meaning of a failure for a shipment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// Class of the obstacle.
    pub class: ObstacleClass,
    /// Scope of the failure.
    pub scope: Scope,
}

/// Returns the meaning of a class of failures.
pub const fn meaning(class: FailureClass) -> Meaning {
    use FailureClass as Class;
    let (class, scope) = match class {
        Class::Throttled | Class::Outage => (ObstacleClass::Retry, Scope::Run),
        Class::AppCredentialRefused | Class::AppCredentialUnusable | Class::Misconfigured => {
            (ObstacleClass::Attention, Scope::Run)
        }
        Class::Unavailable | Class::NotYet | Class::Conflict => (ObstacleClass::Retry, Scope::Shipment),
        Class::Forbidden
        | Class::NotFound
        | Class::Rejected
        | Class::InvalidResponse
        | Class::NoAddressee
        | Class::NeedsEditing
        | Class::UnknownState
        | Class::UnknownShipment
        | Class::ResponseMissing
        | Class::UnknownSigner
        | Class::ShippedDespiteCancellation
        | Class::AgainstPolicy
        | Class::Defect
        | Class::Unexpected => (ObstacleClass::Attention, Scope::Shipment),
        Class::NotAllowed
        | Class::DeliveryFailed
        | Class::UnexpectedKeys
        | Class::Untrusted
        | Class::SecretLost
        | Class::ChallengeExpired
        | Class::UserChanged => (ObstacleClass::Final, Scope::Shipment),
    };
    Meaning { class, scope }
}

//! From the class of a failure to what it means for a shipment.

use keyferry_domain::{FailureClass, ObstacleClass};

/// What a failure affects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// This shipment.
    Shipment,
    /// Every shipment that needs the party: it is an outage, reported once, and no shipment is marked.
    Run,
}

/// What a failure means for a shipment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// What it takes to go on.
    pub class: ObstacleClass,
    /// What it affects.
    pub scope: Scope,
}

/// What a class of failures means for a shipment.
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
        | Class::Unintelligible
        | Class::NoAddressee
        | Class::NeedsEditing
        | Class::UnknownState
        | Class::UnknownShipment
        | Class::ResponseMissing
        | Class::UnknownSigner
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

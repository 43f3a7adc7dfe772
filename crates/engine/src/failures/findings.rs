//! What the engine itself finds wrong, as failures.

use keyferry_domain::ports::{DeliveryStatus, StoreError};
use keyferry_domain::{Failure, FailureKind, Operation, Party, ProviderId, SerialNumber, ShipmentId};

/// A store's error.
pub(crate) fn store(error: &StoreError) -> Failure {
    Failure::new(Party::Store, Operation::Store, FailureKind::Found("store"), error.to_string())
}

/// Something about the credential or its user that the identity provider's answer shows.
pub(crate) fn identity(operation: Operation, code: &'static str, message: impl Into<String>) -> Failure {
    Failure::new(Party::IdentityProvider, operation, FailureKind::Found(code), message)
}

/// No identity provider of this name is configured.
pub(crate) fn unknown_provider(id: &ProviderId) -> Failure {
    let message = format!("no identity provider \"{id}\" is configured");
    identity(Operation::Process, "unknown-provider", message)
}

/// Something about the shipment that the delivery service's answer shows.
pub(crate) fn delivery(status: &DeliveryStatus, code: &'static str, message: &str) -> Failure {
    Failure::new(Party::DeliveryService, Operation::ShipmentStatus, FailureKind::Found(code), message)
        .with_correlation(status.correlation.clone())
}

/// The delivery service serves no PIN response for the key.
pub(crate) fn pin_missing(serial: &SerialNumber) -> Failure {
    Failure::new(
        Party::DeliveryService,
        Operation::ShipmentStatus,
        FailureKind::Found("pin-missing"),
        format!("The delivery service does not serve the PIN response of key {serial}"),
    )
}

/// What the factory sent is not what was asked for.
pub(crate) fn factory(code: &'static str, message: &str) -> Failure {
    Failure::new(Party::Factory, Operation::VerifyCredential, FailureKind::Found(code), message)
}

/// The secret of the shipment is gone, wholly or in part.
pub(crate) fn secret_gone(shipment: ShipmentId) -> Failure {
    factory("response-key-gone", &format!("the secret of shipment {shipment} is not there any more"))
}

/// The secret of the shipment is there and of no use.
pub(crate) fn secret_unusable(shipment: ShipmentId, why: &str) -> Failure {
    factory("response-key-gone", &format!("the secret of shipment {shipment} cannot be used: {why}"))
}

/// The secret of a shipment that is about to be ordered could not be written down.
pub(crate) fn secret_not_encoded() -> Failure {
    store(&StoreError::Unavailable("the shipment's secret could not be encoded".into()))
}

/// The PIN has no addressee whom it may be sent to.
pub(crate) fn addressee(code: &'static str, message: String) -> Failure {
    Failure::new(Party::PinDelivery, Operation::ResolveAddressee, FailureKind::Found(code), message)
}

/// Processing a shipment panicked.
pub(crate) fn defect() -> Failure {
    let message = "Processing this shipment failed by a defect of the connector.";
    Failure::new(Party::Connector, Operation::Process, FailureKind::Found("defect"), message)
}

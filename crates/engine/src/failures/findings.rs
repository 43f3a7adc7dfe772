//! What the engine itself finds wrong, as failures.

use keyferry_domain::ports::{DeliveryStatus, StoreError};
use keyferry_domain::{
    Failure, FailureClass as Class, FailureKind, FailureTable, Operation as Op, Party, ProviderId, Rule, SerialNumber,
    ShipmentId, When,
};

/// Findings about users, challenges and providers.
#[rustfmt::skip]
pub const IDENTITY_PROVIDER: FailureTable = FailureTable::new(Party::IdentityProvider, &[
    Rule::new(When::Code("challenge-expired"), Class::ChallengeExpired, "Its challenge has run out, so this key can never be registered: order a new one, and resolve this shipment."),
    Rule::new(When::Code("user-changed"), Class::UserChanged, "The name belongs to somebody else now, so no PIN was sent: it would go to that person's manager. Resolve this shipment, and order a new key by object id.").at(Op::DeliverPin),
    Rule::new(When::Code("user-changed"), Class::UserChanged, "The name belongs to somebody else now. Nothing was registered. If that is as it should be, resolve this shipment; the key must not be used."),
    Rule::new(When::Code("challenge-too-short"), Class::Misconfigured, "The challenge would run out before a key can arrive, so nothing was ordered: check the version of the identity provider's API that is set, and KEYFERRY_CREATION_OPTIONS_FORM."),
    Rule::new(When::Code("unknown-provider"), Class::NotFound, "Configure the identity provider again, or resolve this shipment; every run looks again."),
    Rule::new(When::Anything, Class::Unexpected, "Check the identity provider."),
]);

/// Findings about what the delivery service reports.
#[rustfmt::skip]
pub const DELIVERY_SERVICE: FailureTable = FailureTable::new(Party::DeliveryService, &[
    Rule::new(When::Code("needs-editing"), Class::NeedsEditing, "The delivery service holds the order back: edit it in its console, every run looks again."),
    Rule::new(When::Code("delivery-failed"), Class::DeliveryFailed, "The delivery failed. Ask the delivery service's support; then ask for a retry, or resolve this shipment and order again."),
    Rule::new(When::Code(SHIPMENT_GONE), Class::UnknownShipment, "The key is registered, but its PIN cannot be fetched. If the shipment was deleted there, order a new key; else check the address of the delivery service's API and the organisation of the API token."),
    Rule::new(When::Code("unknown-state"), Class::UnknownState, "The delivery service reports a state that this version does not know; nothing is done with it. Look at the shipment in its console."),
    Rule::new(When::Code("responses-missing"), Class::NotYet, "The shipment is ready but its responses are not there yet; the next run looks again."),
    Rule::new(When::Code("pin-missing"), Class::ResponseMissing, "The delivery service does not serve the PIN response, or not any more; every run looks again. If it stays away, ask its support."),
    Rule::new(When::Code("unexpected-keys"), Class::UnexpectedKeys, "The delivery service reports other keys than were ordered. Nothing was registered. Ask its support."),
    Rule::new(When::Anything, Class::Unexpected, "Look at the shipment in the delivery service's console."),
]);

/// Findings about responses of the factory, and about what is needed to open them.
#[rustfmt::skip]
pub const FACTORY: FailureTable = FailureTable::new(Party::Factory, &[
    Rule::new(When::Code("response-key-gone"), Class::SecretLost, "Without the response key nothing that the factory sends can be opened. Restore it from a backup and ask for a retry, or order a new key."),
    Rule::new(When::Anything, Class::Untrusted, "The response is not what was asked for, so it is not used. Do not hand out this key; ask the delivery service's support."),
]);

/// Findings about the addressee of a PIN.
#[rustfmt::skip]
pub const ADDRESSEE: FailureTable = FailureTable::new(Party::PinDelivery, &[
    Rule::new(When::Code("no-manager"), Class::NoAddressee, "Set a manager for the user; every run looks again."),
    Rule::new(When::Anything, Class::NoAddressee, "Mend the addressee of the PIN; every run looks again."),
]);

/// Errors of the stores.
#[rustfmt::skip]
pub const STORE: FailureTable = FailureTable::new(Party::Store, &[
    Rule::new(When::Anything, Class::Outage, "The store does not work: check disk space, permissions and its log."),
]);

/// Defects of the connector.
#[rustfmt::skip]
pub const CONNECTOR: FailureTable = FailureTable::new(Party::Connector, &[
    Rule::new(When::Anything, Class::Defect, "Every run tries again. Report it with the version and the lines of the log; do not order again for this person."),
]);

/// The code of the finding that the delivery service does not know a shipment.
pub(crate) const SHIPMENT_UNKNOWN: &str = "shipment-unknown";

/// The same once the key is registered.
pub(crate) const SHIPMENT_GONE: &str = "shipment-gone";

/// A store's error.
pub(crate) fn store(error: &StoreError) -> Failure {
    Failure::new(&STORE, Op::Store, FailureKind::Found("store"), error.to_string())
}

/// Something about the credential or its user that the identity provider's answer shows.
pub(crate) fn identity(operation: Op, code: &'static str, message: impl Into<String>) -> Failure {
    Failure::new(&IDENTITY_PROVIDER, operation, FailureKind::Found(code), message)
}

/// No identity provider of this name is configured.
pub(crate) fn unknown_provider(id: &ProviderId) -> Failure {
    identity(Op::Process, "unknown-provider", format!("no identity provider \"{id}\" is configured"))
}

/// Something about the shipment that the delivery service's answer shows.
pub(crate) fn delivery(status: &DeliveryStatus, code: &'static str, message: &str) -> Failure {
    Failure::new(&DELIVERY_SERVICE, Op::ShipmentStatus, FailureKind::Found(code), message)
        .with_correlation(status.correlation.clone())
}

/// The delivery service serves no PIN response for the key.
pub(crate) fn pin_missing(serial: &SerialNumber) -> Failure {
    let message = format!("The delivery service does not serve the PIN response of key {serial}");
    Failure::new(&DELIVERY_SERVICE, Op::ShipmentStatus, FailureKind::Found("pin-missing"), message)
}

/// What the factory sent is not what was asked for.
pub(crate) fn factory(code: &'static str, message: &str) -> Failure {
    Failure::new(&FACTORY, Op::VerifyCredential, FailureKind::Found(code), message)
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

/// The PIN has no addressee to whom it may be sent.
pub(crate) fn addressee(code: &'static str, message: String) -> Failure {
    Failure::new(&ADDRESSEE, Op::ResolveAddressee, FailureKind::Found(code), message)
}

/// Processing a shipment panicked.
pub(crate) fn defect() -> Failure {
    let message = "Processing this shipment failed by a defect of the connector.";
    Failure::new(&CONNECTOR, Op::Process, FailureKind::Found("defect"), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rule_is_hidden() {
        for table in [IDENTITY_PROVIDER, DELIVERY_SERVICE, FACTORY, ADDRESSEE, STORE, CONNECTOR] {
            keyferry_testkit::failures::check_no_rule_is_hidden(&table);
        }
    }
}

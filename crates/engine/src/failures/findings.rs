//! Failures found by the engine's own checks.

use keyferry_domain::ports::{DeliveryStatus, StoreError};
use keyferry_domain::{
    Failure, FailureClass as Class, FailureKind, FailureTable, Operation as Op, Party, ProviderId, Rule, SerialNumber,
    ShipmentId, UserRef, When,
};

use crate::pins::ReleaseRule;

/// Code of the finding that an account is disabled.
pub(crate) const ACCOUNT_DISABLED: &str = "account-disabled";

/// Findings about users, challenges and identity providers.
pub const IDENTITY_PROVIDER: FailureTable = FailureTable::new(
    Party::IdentityProvider,
    &[
        Rule::new(
            When::Code("challenge-expired"),
            Class::ChallengeExpired,
            "The challenge has expired, so this key cannot be registered. Order a new key and cancel this shipment.",
        ),
        Rule::new(
            When::Code("user-changed"),
            Class::UserChanged,
            "No PIN was sent, because it would go to the manager of the user who now has this name. \
             Resolve this shipment and order a new key by object id.",
        )
        .at(Op::DeliverPin),
        Rule::new(
            When::Code("user-changed"),
            Class::UserChanged,
            "The passkey may still be there, with the user who had this name before. Find that user, and delete the \
             method there.",
        )
        .at(Op::DeleteMethod),
        Rule::new(
            When::Code("revocation-not-supported"),
            Class::NotAllowed,
            "Keyferry cannot delete the passkey. Delete it at the identity provider.",
        ),
        Rule::new(
            When::Code("user-changed"),
            Class::UserChanged,
            "Nothing was registered, because another user now has this name. The key must not be used. \
             If the change is correct, cancel this shipment.",
        ),
        Rule::new(
            When::Code("user-reassigned"),
            Class::Conflict,
            "Nothing was ordered. The next attempt reads the user again. To be independent of user names, order by \
             object id.",
        ),
        Rule::new(
            When::Code("challenge-too-short"),
            Class::Misconfigured,
            "The challenge would expire before a key can arrive, so nothing was ordered. \
             Check the configured version of the identity provider's API and KEYFERRY_CREATION_OPTIONS_FORM.",
        ),
        Rule::new(
            When::Code(ACCOUNT_DISABLED),
            Class::AgainstPolicy,
            "Keyferry registers no key and sends no PIN while the account is disabled. If the person left, cancel this \
             shipment and have the parcel returned. Otherwise enable the account: every run checks again.",
        )
        .at(Op::ResolveAddressee),
        Rule::new(
            When::Code("account-gone"),
            Class::NotFound,
            "The directory has no such user, so nothing was registered. If the person left, cancel this shipment and \
             have the parcel returned. If the user was renamed, cancel it, and order a new key by object id.",
        ),
        Rule::new(
            When::Code(ACCOUNT_DISABLED),
            Class::Rejected,
            "The key could not be used. Enable the account, then order again.",
        ),
        Rule::new(
            When::Code("too-many-passkeys"),
            Class::Rejected,
            "The key could not be registered. Delete a passkey of the user, then order again. If the identity provider \
             allows more, change KEYFERRY_PASSKEYS_PER_USER.",
        ),
        Rule::new(
            When::Code("user-excluded"),
            Class::AgainstPolicy,
            "Keyferry does not register this key and sends no PIN while the user is in the group. Remove the user from \
             the group, or cancel this shipment. If the rule is wrong, change KEYFERRY_EXCLUDED_GROUPS and restart \
             Keyferry.",
        )
        .at(Op::Register),
        Rule::new(
            When::Code("user-excluded"),
            Class::AgainstPolicy,
            "No caller may order keys for this user. Remove the user from the group, then order again. If the rule is \
             wrong, change KEYFERRY_EXCLUDED_GROUPS and restart Keyferry.",
        ),
        Rule::new(
            When::Code("user-not-allowed"),
            Class::AgainstPolicy,
            "Keyferry does not register this key and sends no PIN until the user is in an allowed group. Add the user \
             to a group, or cancel this shipment. If the rule is wrong, change KEYFERRY_ALLOWED_GROUPS and restart \
             Keyferry.",
        )
        .at(Op::Register),
        Rule::new(
            When::Code("user-not-allowed"),
            Class::AgainstPolicy,
            "Add the user to an allowed group, then order again. If the rule is wrong, change KEYFERRY_ALLOWED_GROUPS \
             and restart Keyferry.",
        ),
        Rule::new(
            When::Code("user-privileged"),
            Class::AgainstPolicy,
            "Keyferry does not register this key and sends no PIN while the user holds the role. Remove the role, or \
             cancel this shipment and order a new key as a caller with the role Keyferry.Admin.",
        )
        .at(Op::Register),
        Rule::new(
            When::Code("user-privileged"),
            Class::AgainstPolicy,
            "Order as a caller with the role Keyferry.Admin. To let all callers order for privileged users, set \
             KEYFERRY_PRIVILEGED_USERS=allow and restart Keyferry.",
        ),
        Rule::new(
            When::Code(ANSWER_OF_ANOTHER_USER),
            Class::InvalidResponse,
            "Keyferry received the identity provider's answer to another call, and did not use it. Check the proxies \
             between Keyferry and the identity provider, above all those that inspect TLS.",
        ),
        Rule::new(
            When::Code("unknown-provider"),
            Class::NotFound,
            "Configure the identity provider again, or resolve this shipment. Every run retries.",
        ),
        Rule::new(When::Anything, Class::Unexpected, "Check the identity provider."),
    ],
);

/// Findings about the delivery service's status.
pub const DELIVERY_SERVICE: FailureTable = FailureTable::new(
    Party::DeliveryService,
    &[
        Rule::new(
            When::Code("needs-editing"),
            Class::NeedsEditing,
            "The delivery service is holding the order. Edit the order in its console. Every run checks again.",
        ),
        Rule::new(
            When::Code("delivery-failed"),
            Class::DeliveryFailed,
            "The delivery failed. Contact the delivery service's support. \
             Then request a retry, or cancel this shipment and order again.",
        ),
        Rule::new(
            When::Code(SHIPMENT_GONE),
            Class::UnknownShipment,
            "The key is registered, but its PIN cannot be fetched. If the shipment was deleted in the delivery \
             service, order a new key. Otherwise check the address of its API and the organisation of the API token.",
        ),
        Rule::new(
            When::Code("cannot-delete"),
            Class::NeedsEditing,
            "Delete the order in the delivery service's console. Every run checks whether it is deleted.",
        ),
        Rule::new(
            When::Code("shipped-despite-cancellation"),
            Class::ShippedDespiteCancellation,
            "The key is not registered, so nobody can sign in with it. Recall the parcel and do not hand out the key. \
             When the key is back or destroyed, resolve this shipment with the outcome recalled.",
        ),
        Rule::new(
            When::Code("unknown-state"),
            Class::UnknownState,
            "The delivery service reports a state that this version of Keyferry does not support, so Keyferry \
             took no action. Check the shipment in the delivery service's console.",
        ),
        Rule::new(
            When::Code("responses-missing"),
            Class::NotYet,
            "The responses are not available yet. The next run checks again.",
        ),
        Rule::new(
            When::Code("parcel-not-delivered"),
            Class::NotYet,
            "KEYFERRY_HOLD_PIN_UNTIL_DELIVERED is set. The next run checks again.",
        ),
        Rule::new(
            When::Code("pin-missing"),
            Class::ResponseMissing,
            "Every run checks again until the PIN is sent. If the PIN response stays missing, contact the delivery \
             service's support, or order a new key.",
        ),
        Rule::new(
            When::Code("unexpected-keys"),
            Class::UnexpectedKeys,
            "The delivery service reports other keys than ordered. Nothing was registered. \
             Contact the delivery service's support.",
        ),
        Rule::new(When::Anything, Class::Unexpected, "Check the shipment in the delivery service's console."),
    ],
);

/// Findings about responses of the factory, and about the secrets that open them.
pub const FACTORY: FailureTable = FailureTable::new(
    Party::Factory,
    &[
        Rule::new(
            When::Code("response-key-gone"),
            Class::SecretLost,
            "Without the response key, the factory's responses cannot be opened. \
             Restore the secret from a backup and request a retry, or order a new key.",
        ),
        Rule::new(
            When::Code("firmware-too-old"),
            Class::AgainstPolicy,
            "Nothing was registered and no PIN was sent. Do not hand out this key. Cancel this shipment and order a \
             key with newer firmware. To accept the key, lower KEYFERRY_MINIMUM_FIRMWARE and restart Keyferry.",
        ),
        Rule::new(
            When::Code("firmware-unknown"),
            Class::AgainstPolicy,
            "Nothing was registered and no PIN was sent. Ask the delivery service's support for the firmware of this \
             key. To accept keys of this product without it, change KEYFERRY_MINIMUM_FIRMWARE so that it contains no \
             minimum for this product, and restart Keyferry.",
        ),
        Rule::new(
            When::Code("model-compromised"),
            Class::AgainstPolicy,
            "Nothing was registered and no PIN was sent. Do not hand out this key. Cancel this shipment and order \
             another model. To accept the model, set KEYFERRY_COMPROMISED_MODELS=warn and restart Keyferry.",
        ),
        Rule::new(
            When::Anything,
            Class::Untrusted,
            "Keyferry did not use this response. Do not hand out this key. \
             Contact the delivery service's support.",
        ),
    ],
);

/// Findings about the addressee of a PIN.
pub const ADDRESSEE: FailureTable = FailureTable::new(
    Party::PinDelivery,
    &[
        Rule::new(When::Code("no-manager"), Class::NoAddressee, "Set a manager for the user. Every run retries."),
        Rule::new(
            When::Code("manager-disabled"),
            Class::NoAddressee,
            "Set another manager for the user in the directory, or enable the manager's account. Every run retries.",
        ),
        Rule::new(
            When::Code("addressee-changed"),
            Class::NoAddressee,
            "Resend the PIN with a reason, as a caller with the right to release PINs. Every run checks whether the \
             previous addressee is set again.",
        ),
        Rule::new(
            When::Code("pin-link-expired"),
            Class::NoAddressee,
            "The addressee did not open the page with the PIN in time. Find out why, then resend the PIN, which sends \
             a new link.",
        ),
        Rule::new(When::Anything, Class::NoAddressee, "Correct the addressee of the PIN. Every run retries."),
    ],
);

/// Errors of the stores.
pub const STORE: FailureTable = FailureTable::new(
    Party::Store,
    &[
        Rule::new(
            When::Code("record-altered"),
            Class::Untrusted,
            "Somebody edited the record, so Keyferry registered nothing and sent no PIN. Find out who can write to the \
             store. Restore the record from a backup and request a retry, or cancel this shipment and order a new key.",
        ),
        Rule::new(When::Anything, Class::Outage, "Check disk space, permissions and the log of the store."),
    ],
);

/// Bugs of Keyferry.
pub const CONNECTOR: FailureTable = FailureTable::new(
    Party::Connector,
    &[
        Rule::new(
            When::Code("open-order"),
            Class::NotAllowed,
            "Cancel this order. If the user needs another key beside the open one, order it with `additional`.",
        ),
        Rule::new(
            When::Code("contact-not-allowed"),
            Class::NotAllowed,
            "Cancel this order, and order again with other contacts or without any.",
        ),
        Rule::new(
            When::Code("pin-too-short"),
            Class::NotAllowed,
            "Cancel this order, and order again with a longer PIN. KEYFERRY_MIN_PIN_LENGTH sets the shortest one.",
        ),
        Rule::new(
            When::Code("accepted-before"),
            Class::NotAllowed,
            "The order is not sent again. A key is on its way that Keyferry cannot register. Delete the order in the \
             delivery service's console, cancel this order, and order again.",
        ),
        Rule::new(
            When::Code("batch-paused"),
            Class::NotYet,
            "Resume the batch to send the order, or cancel the batch.",
        ),
        Rule::new(
            When::Code("batch-cancelled"),
            Class::NotYet,
            "The order is not sent. The cancellation of the batch cancels it.",
        ),
        Rule::new(
            When::Code("batch-gone"),
            Class::NotFound,
            "The order is not sent. If the user needs a key, cancel this order, and order again.",
        ),
        Rule::new(
            When::Code("recipient-incomplete"),
            Class::NeedsEditing,
            "Complete the user in the directory; the next attempt reads it again. Or cancel this order, and order \
             again with the missing data.",
        ),
        Rule::new(
            When::Code("recipient-unusable"),
            Class::NeedsEditing,
            "Correct the user in the directory; the next attempt reads it again. Or cancel this order, and order \
             again with data that the delivery service accepts.",
        ),
        Rule::new(
            When::Code("filling-off"),
            Class::NeedsEditing,
            "Set KEYFERRY_FILL_FROM_DIRECTORY=true, or cancel this order and order again with all data.",
        ),
        Rule::new(
            When::Code("order-gone"),
            Class::SecretLost,
            "The order cannot be sent without its address. Nothing was ordered. Cancel this order and order again.",
        ),
        Rule::new(
            When::Anything,
            Class::Defect,
            "Every run retries. Report this bug with the version and the log lines. Do not order again for this user.",
        ),
    ],
);

/// Code of an answer about another user than requested.
pub(crate) const ANSWER_OF_ANOTHER_USER: &str = "answer-of-another-user";

/// Code of a shipment that does not exist in the delivery service.
pub(crate) const SHIPMENT_UNKNOWN: &str = "shipment-unknown";

/// Code of a shipment that no longer exists in the delivery service, although its key is registered.
pub(crate) const SHIPMENT_GONE: &str = "shipment-gone";

/// The link to a PIN expired unused.
pub(crate) fn pin_link_expired() -> Failure {
    addressee("pin-link-expired", "the link to the PIN has expired, and the PIN was not seen".to_owned())
}

/// The address of the page that shows PINs is not known.
pub(crate) fn no_pin_page() -> Failure {
    let message = "the address of the page that shows PINs is not known";
    Failure::new(&CONNECTOR, Op::DeliverPin, FailureKind::Found("no-pin-page"), message)
}

/// Error of a store.
pub(crate) fn store(error: &StoreError) -> Failure {
    Failure::new(&STORE, Op::Store, FailureKind::Found("store"), error.to_string())
}

/// The record of the shipment differs from what its secret proves.
pub(crate) fn record_altered(shipment: ShipmentId, facts: &[&str]) -> Failure {
    let message = format!("the record of shipment {shipment} was altered since the order: {}", facts.join(", "));
    Failure::new(&STORE, Op::Store, FailureKind::Found("record-altered"), message)
}

/// Finding about an order that waits in the queue.
pub(crate) fn queued_order(code: &'static str, message: impl Into<String>) -> Failure {
    Failure::new(&CONNECTOR, Op::Process, FailureKind::Found(code), message)
}

/// Finding about a credential or its user.
pub(crate) fn identity(operation: Op, code: &'static str, message: impl Into<String>) -> Failure {
    Failure::new(&IDENTITY_PROVIDER, operation, FailureKind::Found(code), message)
}

/// The directory answered with the entry of another user.
pub(crate) fn entry_of_another_user(asked: &UserRef) -> Failure {
    let message = format!("requested the directory entry of {asked}, but received that of another user");
    identity(Op::ReadUser, ANSWER_OF_ANOTHER_USER, message)
}

/// Returns the finding if the failure shows that the user's account is disabled or does not exist.
pub(crate) fn no_usable_account(failure: &Failure) -> Option<Failure> {
    if failure.code() == Some(ACCOUNT_DISABLED) {
        return Some(failure.clone());
    }
    let is_missing = failure.class() == Class::NotFound && matches!(failure.operation, Op::ReadUser | Op::ReadManager);
    is_missing.then(|| {
        let mut finding = identity(Op::Register, "account-gone", failure.message.clone());
        finding.correlation.clone_from(&failure.correlation);
        finding
    })
}

/// No identity provider with this id is configured.
pub(crate) fn unknown_provider(id: &ProviderId) -> Failure {
    identity(Op::Process, "unknown-provider", format!("no identity provider \"{id}\" is configured"))
}

/// Finding about the delivery service's status of a shipment.
pub(crate) fn delivery(status: &DeliveryStatus, code: &'static str, message: &str) -> Failure {
    Failure::new(&DELIVERY_SERVICE, Op::ShipmentStatus, FailureKind::Found(code), message)
        .with_correlation(status.correlation.clone())
}

/// The order of a cancelled shipment could not be deleted.
pub(crate) fn cannot_delete(status: &DeliveryStatus, reason: &str) -> Failure {
    let message =
        format!("Keyferry could not delete the order at the delivery service ({reason}; {})", status.state_line);
    Failure::new(&DELIVERY_SERVICE, Op::CancelShipment, FailureKind::Found("cannot-delete"), message)
}

/// The key of a cancelled shipment was made or shipped.
pub(crate) fn shipped_despite_cancellation() -> Failure {
    let message = "The key was made or shipped although the shipment is cancelled";
    Failure::new(&DELIVERY_SERVICE, Op::ShipmentStatus, FailureKind::Found("shipped-despite-cancellation"), message)
}

/// The delivery service does not return a PIN response for the key.
pub(crate) fn pin_missing(serial: &SerialNumber) -> Failure {
    let message = format!("The delivery service does not return the PIN response of key {serial}");
    Failure::new(&DELIVERY_SERVICE, Op::ShipmentStatus, FailureKind::Found("pin-missing"), message)
}

/// A response of the factory does not match the request.
pub(crate) fn factory(code: &'static str, message: &str) -> Failure {
    Failure::new(&FACTORY, Op::VerifyCredential, FailureKind::Found(code), message)
}

/// The secret of the shipment, or a part of it, does not exist.
pub(crate) fn secret_gone(shipment: ShipmentId) -> Failure {
    factory("response-key-gone", &format!("the secret of shipment {shipment} does not exist"))
}

/// The secret of the shipment exists, but is unusable.
pub(crate) fn secret_unusable(shipment: ShipmentId, why: &str) -> Failure {
    factory("response-key-gone", &format!("the secret of shipment {shipment} is unusable: {why}"))
}

/// The secret of a shipment that is being ordered could not be encoded.
pub(crate) fn secret_not_encoded() -> Failure {
    store(&StoreError::Unavailable("could not encode the shipment's secret".into()))
}

/// The PIN has no permitted addressee.
pub(crate) fn addressee(code: &'static str, message: String) -> Failure {
    Failure::new(&ADDRESSEE, Op::ResolveAddressee, FailureKind::Found(code), message)
}

/// A rule forbids the automatic release of a PIN.
pub(crate) fn release_refused(rules: &[ReleaseRule]) -> Failure {
    let message = rules.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    match rules {
        [rule @ ReleaseRule::AddresseeChanged, ..] => addressee(rule.code(), message),
        _ => {
            let kind = FailureKind::Found(ReleaseRule::ParcelNotDelivered.code());
            Failure::new(&DELIVERY_SERVICE, Op::ShipmentStatus, kind, message)
        }
    }
}

/// Processing a shipment panicked.
pub(crate) fn defect() -> Failure {
    let message = "Processing this shipment failed because of a bug in Keyferry.";
    Failure::new(&CONNECTOR, Op::Process, FailureKind::Found("defect"), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_have_no_unreachable_rules() {
        for table in [IDENTITY_PROVIDER, DELIVERY_SERVICE, FACTORY, ADDRESSEE, STORE, CONNECTOR] {
            keyferry_testkit::failures::check_every_rule_is_reachable(&table);
        }
    }
}

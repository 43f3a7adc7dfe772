//! What failures of the delivery service and the factory mean.

use keyferry_domain::{FailureClass as Class, FailureTable, Operation, Party, Rule, When};

/// Failures of the delivery service.
#[rustfmt::skip]
pub const DELIVERY_SERVICE: FailureTable = FailureTable::new(Party::DeliveryService, &[
    Rule::new(When::Status(401), Class::AppCredentialRefused, "The delivery service refuses our API token: it is wrong, expired or its user was removed. Set a new token (YED_API_TOKEN)."),
    Rule::new(When::Status(403), Class::Forbidden, "The delivery service does not let our API token see this: was it ordered by another organisation, or is the role of the token's user too small?"),
    Rule::new(When::Code("token-not-text"), Class::AppCredentialUnusable, "The delivery service's API token is not a token: set it anew."),
    Rule::new(When::Code("secret-unreadable"), Class::AppCredentialUnusable, "The delivery service's API token cannot be read: mend its file, or the secret in the vault."),
    Rule::new(When::Code("no-signing-key"), Class::Misconfigured, "The delivery service publishes no key that could have signed a response: check the endpoint setting."),
    Rule::new(When::Status(429), Class::Throttled, "The delivery service throttles; the next run goes on."),
    Rule::new(When::Status(404), Class::UnknownShipment, "If it was deleted there, nothing is to be done: it is cancelled here after a day. Else check YE_API_BASE_URL and the organisation of the API token.").at(Operation::ShipmentStatus),
    Rule::new(When::Status(404), Class::NotFound, LOOK),
    Rule::new(When::Status(400), Class::Rejected, LOOK),
    Rule::new(When::Status(405), Class::Rejected, LOOK),
    Rule::new(When::Status(409), Class::Rejected, LOOK),
    Rule::new(When::Status(422), Class::Rejected, LOOK),
    Rule::new(When::ServerError, Class::Unavailable, "The delivery service has trouble; the next run tries again."),
    Rule::new(When::NoAnswer, Class::Unavailable, "The delivery service did not answer; the next run tries again."),
    Rule::new(When::NotUnderstood, Class::Unintelligible, "The delivery service's answer is not what its documentation says: check the endpoint setting."),
    Rule::new(When::Anything, Class::Unexpected, LOOK),
]);

const LOOK: &str = "Look at the shipment in the delivery service's console.";

/// What is wrong with the factory's responses, and with requests to it.
#[rustfmt::skip]
pub const FACTORY: FailureTable = FailureTable::new(Party::Factory, &[
    Rule::new(When::Code("cannot-seal"), Class::Unexpected, "Nothing was ordered. Report it with the version and the lines of the log."),
    Rule::new(When::Code("request-too-large"), Class::Unexpected, "Nothing was ordered. Report it with the version and the lines of the log."),
    Rule::new(When::Code("response-key-gone"), Class::SecretLost, "Without the response key nothing that the factory sends can be opened. Restore it from a backup and ask for a retry, or order a new key."),
    Rule::new(When::Code("library-failed"), Class::Unavailable, "The cryptographic library gave up; the next run tries again."),
    Rule::new(When::Code("unknown-signing-key"), Class::UnknownSigner, "The response is signed by a key that the delivery service does not publish. If it stays, ask its support; nothing was registered."),
    Rule::new(When::Anything, Class::Untrusted, "The response is not what was asked for, so it is not used. Do not hand out this key; ask the delivery service's support."),
]);

/// Creation options that cannot be sealed as they are.
#[rustfmt::skip]
pub const CREATION_OPTIONS: FailureTable = FailureTable::new(Party::IdentityProvider, &[
    Rule::new(When::Anything, Class::Unintelligible, "The identity provider's answer is not what its documentation says: check the endpoint setting."),
]);

#[cfg(test)]
mod tests {
    use keyferry_domain::{Failure, FailureKind, Operation};

    /// The setting is named where an operator reads what to do.
    #[test]
    fn a_refused_token_and_an_unknown_shipment_name_the_setting_to_check() {
        for (status, setting) in [(401, "YED_API_TOKEN"), (404, "YE_API_BASE_URL")] {
            let kind = FailureKind::Answered { status, code: None };
            let failure = Failure::new(&super::DELIVERY_SERVICE, Operation::ShipmentStatus, kind, "no");
            assert!(failure.remedy().contains(setting), "{status}");
        }
    }

    #[test]
    fn no_rule_is_hidden() {
        for table in [super::DELIVERY_SERVICE, super::FACTORY, super::CREATION_OPTIONS] {
            keyferry_testkit::failures::check_no_rule_is_hidden(&table);
        }
    }
}

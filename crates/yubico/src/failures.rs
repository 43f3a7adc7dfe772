//! Failure tables of the delivery service and the factory: class and remedy of each failure.

use keyferry_domain::{FailureClass as Class, FailureTable, Operation, Party, Rule, When};
use keyferry_http::{QUEUE_FULL, rules};

/// Failures of the delivery service.
pub const DELIVERY_SERVICE: FailureTable = FailureTable::new(
    Party::DeliveryService,
    &[
        rules::ANOTHER_CALL,
        rules::CERTIFICATE,
        Rule::new(
            When::Code(QUEUE_FULL),
            Class::Throttled,
            "The delivery service throttles Keyferry, so this call was not sent. Keyferry calls it again after the \
             pause that it asked for.",
        ),
        Rule::new(
            When::Status(401),
            Class::AppCredentialRefused,
            "The delivery service refused the API token: the token is wrong or expired, or its user was removed. Set a \
             new token (YED_API_TOKEN).",
        ),
        Rule::new(
            When::Status(403),
            Class::Forbidden,
            "The delivery service does not permit the API token to read products, inventory and countries. Check the \
             role of the token's user.",
        )
        .at(Operation::ReadCatalogue),
        Rule::new(
            When::Status(403),
            Class::Forbidden,
            "The delivery service does not permit the API token to list orders. Check the role of the token's user.",
        )
        .at(Operation::ListOrders),
        Rule::new(
            When::Status(403),
            Class::Forbidden,
            "The delivery service does not permit the API token to validate addresses. Check the role of the token's \
             user.",
        )
        .at(Operation::ValidateAddress),
        Rule::new(
            When::Code("unusable-base-url"),
            Class::Misconfigured,
            "The base URL of the delivery service cannot be extended by a path. Check YE_API_BASE_URL.",
        ),
        Rule::new(
            When::Status(403),
            Class::Forbidden,
            "The delivery service denied the API token access to this shipment. Check that the token's organisation \
             ordered it, and check the role of the token's user.",
        ),
        Rule::new(
            When::Code("token-not-text"),
            Class::AppCredentialUnusable,
            "The delivery service's API token is empty or contains invalid characters. Set the token exactly as the \
             console shows it.",
        ),
        Rule::new(
            When::Code("secret-unreadable"),
            Class::AppCredentialUnusable,
            "Keyferry could not read the delivery service's API token. Check the token's file or the secret in the \
             vault.",
        ),
        Rule::new(
            When::Code("no-transport-key"),
            Class::Misconfigured,
            "The delivery service publishes no usable transport key. Check YE_JWKS_TRANSPORT_ENDPOINT.",
        ),
        Rule::new(
            When::Code("unusable-shipment-id"),
            Class::InvalidResponse,
            "The shipment id cannot be part of a URL. Look up the order in the delivery service's console.",
        ),
        Rule::new(
            When::Code("response-of-another-shipment"),
            Class::InvalidResponse,
            "The response belongs to another call, so Keyferry used nothing of it and closed its connections. Every \
             run asks again. If this persists, look for a proxy that mixes up responses.",
        ),
        Rule::new(
            When::Code("no-signing-key"),
            Class::Misconfigured,
            "The delivery service publishes no usable signing key. Check YE_JWKS_SIGN_ENDPOINT.",
        ),
        Rule::new(
            When::Status(429),
            Class::Throttled,
            "The delivery service is throttling calls. Keyferry retries in the next run.",
        ),
        Rule::new(
            When::Status(404),
            Class::UnknownShipment,
            "If the shipment was deleted at the delivery service, do nothing: Keyferry cancels it after one day. \
             Otherwise check YE_API_BASE_URL and the organisation of the API token.",
        )
        .at(Operation::ShipmentStatus),
        Rule::new(When::Status(404), Class::NotFound, CHECK_SHIPMENT),
        Rule::new(When::Status(400), Class::Rejected, CHECK_SHIPMENT),
        Rule::new(When::Status(405), Class::Rejected, CHECK_SHIPMENT),
        Rule::new(When::Status(409), Class::Rejected, CHECK_SHIPMENT),
        Rule::new(When::Status(422), Class::Rejected, CHECK_SHIPMENT),
        Rule::new(
            When::ServerError,
            Class::Unavailable,
            "The delivery service is failing. Keyferry retries in the next run.",
        ),
        Rule::new(
            When::NoAnswer,
            Class::Unavailable,
            "The delivery service did not respond. Keyferry retries in the next run.",
        ),
        Rule::new(
            When::InvalidResponse,
            Class::InvalidResponse,
            "The delivery service's response does not match its documentation. Check the endpoint settings \
             (YE_API_BASE_URL, YE_JWKS_SIGN_ENDPOINT, YE_JWKS_TRANSPORT_ENDPOINT).",
        ),
        Rule::new(When::Anything, Class::Unexpected, CHECK_SHIPMENT),
    ],
);

const CHECK_SHIPMENT: &str = "Check the shipment in the delivery service's console.";

/// Failures when sealing requests to the factory or opening its responses.
pub const FACTORY: FailureTable = FailureTable::new(
    Party::Factory,
    &[
        Rule::new(
            When::Code("cannot-seal"),
            Class::Unexpected,
            "Nothing was ordered. Report a bug with the version and the log.",
        ),
        Rule::new(
            When::Code("request-too-large"),
            Class::Unexpected,
            "Nothing was ordered. Report a bug with the version and the log.",
        ),
        Rule::new(
            When::Code("response-key-gone"),
            Class::SecretLost,
            "Without the response key, Keyferry cannot open the factory's responses. Restore the response key from a \
             backup and request a retry, or order a new key.",
        ),
        Rule::new(
            When::Code("library-failed"),
            Class::Unavailable,
            "The cryptographic library failed. Keyferry retries in the next run.",
        ),
        Rule::new(
            When::Code("unknown-signing-key"),
            Class::UnknownSigner,
            "The response is signed with a key that the delivery service does not publish. Nothing was registered. If \
             this persists, contact the delivery service's support.",
        ),
        Rule::new(
            When::Anything,
            Class::Untrusted,
            "The response does not match the request, so Keyferry did not use it. Do not hand out this key. Contact \
             the delivery service's support.",
        ),
    ],
);

/// Failures of creation options that cannot be sealed.
pub const CREATION_OPTIONS: FailureTable = FailureTable::new(
    Party::IdentityProvider,
    &[Rule::new(
        When::Anything,
        Class::InvalidResponse,
        "The identity provider's response does not match its documentation. Check the endpoint settings.",
    )],
);

#[cfg(test)]
mod tests {
    use keyferry_domain::{Failure, FailureKind, Operation};

    #[test]
    fn remedies_name_the_setting_to_check() {
        for (status, setting) in [(401, "YED_API_TOKEN"), (404, "YE_API_BASE_URL")] {
            let kind = FailureKind::Answered { status, code: None };
            let failure = Failure::new(&super::DELIVERY_SERVICE, Operation::ShipmentStatus, kind, "no");
            assert!(failure.remedy().contains(setting), "{status}");
        }
    }

    #[test]
    fn no_rule_is_unreachable() {
        for table in [super::DELIVERY_SERVICE, super::FACTORY, super::CREATION_OPTIONS] {
            keyferry_testkit::failures::check_every_rule_is_reachable(&table);
        }
    }
}

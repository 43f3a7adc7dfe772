//! Failure table of token acquisition: class and remedy of each failure.

use keyferry_domain::{FailureClass as Class, FailureTable, Party, Rule, When};
use keyferry_http::rules;

/// Failures of the token endpoint, and of the app credentials that are sent to it.
pub const FAILURES: FailureTable = FailureTable::new(
    Party::TokenEndpoint,
    &[
        rules::ANOTHER_CALL,
        rules::CERTIFICATE,
        Rule::new(
            When::Code("AADSTS7000215"),
            Class::AppCredentialRefused,
            "The connector's client secret is wrong. Set the current secret (its value, not its id).",
        ),
        Rule::new(
            When::Code("AADSTS7000222"),
            Class::AppCredentialRefused,
            "The connector's client secret has expired. Create a new secret and set it.",
        ),
        Rule::new(
            When::Status(400),
            Class::Misconfigured,
            "The connector's app registration or tenant setting is wrong. Check the tenant id and the client id.",
        ),
        Rule::new(
            When::Status(401),
            Class::AppCredentialRefused,
            "The token endpoint refused the connector's app credential. Check the client secret.",
        ),
        Rule::new(When::Status(429), Class::Throttled, RETRY),
        Rule::new(
            When::Code("secret-unreadable"),
            Class::AppCredentialUnusable,
            "Keyferry could not read the connector's client secret. Check the secret's file or the secret in the \
             vault.",
        ),
        Rule::new(
            When::Code("certificate-unusable"),
            Class::AppCredentialUnusable,
            "Keyferry could not use the connector's client certificate. Replace it with a valid one.",
        ),
        Rule::new(
            When::Code("federated-token-unreadable"),
            Class::AppCredentialUnusable,
            "Keyferry could not read the workload's token. Check the volume that provides AZURE_FEDERATED_TOKEN_FILE.",
        ),
        Rule::new(When::Anything, Class::Outage, RETRY),
    ],
);

const RETRY: &str = "Keyferry could not obtain an access token. It retries in the next run.";

#[cfg(test)]
mod tests {
    #[test]
    fn no_rule_is_hidden() {
        keyferry_testkit::failures::check_every_rule_is_reachable(&super::FAILURES);
    }
}

//! What failures to obtain a token mean.

use keyferry_domain::{FailureClass as Class, FailureTable, Party, Rule, When};

/// Failures of the token endpoint, and of the app credentials that are shown to it.
#[rustfmt::skip]
pub const FAILURES: FailureTable = FailureTable::new(Party::TokenEndpoint, &[
    Rule::new(When::Code("AADSTS7000215"), Class::AppCredentialRefused, "The connector's client secret is wrong: set the current one (the secret's value, not its id)."),
    Rule::new(When::Code("AADSTS7000222"), Class::AppCredentialRefused, "The connector's client secret has expired: make a new one and set it."),
    Rule::new(When::Status(400), Class::Misconfigured, "The connector's app registration or tenant setting is wrong: compare tenant id and client id."),
    Rule::new(When::Status(401), Class::AppCredentialRefused, "The connector's credentials are refused: check the client secret."),
    Rule::new(When::Status(429), Class::Throttled, LATER),
    Rule::new(When::Code("secret-unreadable"), Class::AppCredentialUnusable, "The connector's client secret cannot be read: mend its file, or the secret in the vault."),
    Rule::new(When::Code("certificate-unusable"), Class::AppCredentialUnusable, "The connector's client certificate cannot be used: put a sound one in its place."),
    Rule::new(When::Code("federated-token-unreadable"), Class::AppCredentialUnusable, "The workload's token cannot be read: look at what mounts it."),
    Rule::new(When::Anything, Class::Outage, LATER),
]);

const LATER: &str = "No access token can be had for now; the next run tries again.";

#[cfg(test)]
mod tests {
    #[test]
    fn no_rule_is_hidden() {
        keyferry_testkit::failures::check_no_rule_is_hidden(&super::FAILURES);
    }
}

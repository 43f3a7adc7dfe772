//! What failures of Microsoft Graph mean.

use keyferry_domain::{FailureClass as Class, FailureTable, Operation as Op, Party, Rule, When};

/// Failures of the identity provider.
#[rustfmt::skip]
pub const FAILURES: FailureTable = FailureTable::new(Party::IdentityProvider, &[
    Rule::new(When::Status(429), Class::Throttled, "The identity provider throttles; the next run goes on."),
    Rule::new(When::Status(401), Class::AppCredentialRefused, "The identity provider does not take the connector's token: check tenant, endpoint and app registration."),
    Rule::new(When::Status(400), Class::Rejected, "The identity provider does not take this credential. Check the policy for passkeys (enabled for the user, self-service, attestation, key restrictions), the account, and how many passkeys it has; every run tries again.").at(Op::Register),
    Rule::new(When::Status(403), Class::Forbidden, "The connector may not register keys for this user: check the permission UserAuthMethod-Passkey.ReadWrite.All and its consent.").at(Op::Register),
    Rule::new(When::Status(404), Class::NotFound, "The user is not found any more: was the account deleted or renamed?").at(Op::Register),
    Rule::new(When::Status(405), Class::NotAllowed, "The identity provider does not allow this registration at all.").at(Op::Register),
    Rule::new(When::Status(409), Class::Conflict, "The identity provider says the method exists, but it cannot be found yet; the next run looks again.").at(Op::Register),
    Rule::new(When::Status(422), Class::Unexpected, CHECK).at(Op::Register),
    Rule::new(When::Status(404), Class::NotFound, "The user is not found: was the account deleted or renamed?").at(Op::CreationOptions),
    Rule::new(When::Status(403), Class::Forbidden, "The connector lacks a permission for this call: grant it and consent to it."),
    Rule::new(When::Status(404), Class::NotFound, "The identity provider does not find it: was the account deleted or renamed?"),
    Rule::new(When::Status(400), Class::Rejected, "The identity provider refuses the call: check the authentication methods policy and the user."),
    Rule::new(When::Status(405), Class::Rejected, CHECK),
    Rule::new(When::Status(409), Class::Rejected, CHECK),
    Rule::new(When::Status(422), Class::Rejected, CHECK),
    Rule::new(When::ServerError, Class::Unavailable, "The identity provider has trouble; the next run tries again."),
    Rule::new(When::NoAnswer, Class::Unavailable, "The identity provider did not answer; the next run tries again."),
    Rule::new(When::NotUnderstood, Class::Unintelligible, "The identity provider's answer is not what its documentation says: check the endpoint setting."),
    Rule::new(When::Anything, Class::Unexpected, CHECK),
]);

const CHECK: &str = "Check the identity provider.";

#[cfg(test)]
mod tests {
    #[test]
    fn no_rule_is_hidden() {
        keyferry_testkit::failures::check_no_rule_is_hidden(&super::FAILURES);
    }
}

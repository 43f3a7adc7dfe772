//! Failure table of Microsoft Graph: class and remedy of each failure.

use keyferry_domain::{FailureClass as Class, FailureTable, Operation as Op, Party, Rule, When};
use keyferry_http::{QUEUE_FULL, rules};

/// Code of a response that belongs to another call.
pub const FOREIGN_ANSWER: &str = "answer-of-another-call";

/// Failures of the identity provider.
pub const FAILURES: FailureTable = FailureTable::new(
    Party::IdentityProvider,
    &[
        rules::ANOTHER_CALL,
        rules::CERTIFICATE,
        Rule::new(
            When::Code(FOREIGN_ANSWER),
            Class::InvalidResponse,
            "Keyferry received the identity provider's answer to another call, and did not use it. Check the proxies \
             between Keyferry and the identity provider, above all those that inspect TLS.",
        ),
        Rule::new(
            When::Code(QUEUE_FULL),
            Class::Throttled,
            "Too many calls are waiting for Keyferry's own rate limit (KEYFERRY_GRAPH_REQUESTS_PER_10_SECONDS), so \
             this call was not sent. Keyferry retries in the next run.",
        ),
        Rule::new(
            When::Status(429),
            Class::Throttled,
            "The identity provider is throttling calls. Keyferry retries in the next run.",
        ),
        Rule::new(
            When::Status(401),
            Class::AppCredentialRefused,
            "The identity provider refused the connector's token. Check tenant, endpoint and app registration.",
        ),
        Rule::new(
            When::Status(400),
            Class::Rejected,
            "The identity provider refused this credential. Check the passkey policy (enabled for the user, \
             self-service, attestation, key restrictions), the account, and how many passkeys it has. Keyferry retries \
             in every run.",
        )
        .at(Op::Register),
        Rule::new(
            When::Status(403),
            Class::Forbidden,
            "The connector is not allowed to register keys for this user. Check the permission \
             UserAuthMethod-Passkey.ReadWrite.All and its admin consent.",
        )
        .at(Op::Register),
        Rule::new(
            When::Status(404),
            Class::NotFound,
            "The identity provider no longer finds the user. Check whether the account was deleted or renamed.",
        )
        .at(Op::Register),
        Rule::new(When::Status(405), Class::NotAllowed, "The identity provider does not allow this registration.")
            .at(Op::Register),
        Rule::new(
            When::Status(409),
            Class::Conflict,
            "The identity provider reports that the credential exists, but does not find it yet. Keyferry checks again \
             in the next run.",
        )
        .at(Op::Register),
        Rule::new(When::Status(422), Class::Unexpected, CHECK).at(Op::Register),
        Rule::new(
            When::Status(404),
            Class::NotFound,
            "The identity provider does not find the user. Check whether the account was deleted or renamed.",
        )
        .at(Op::CreationOptions),
        Rule::new(
            When::Status(403),
            Class::Forbidden,
            "The connector may not read groups of users, which KEYFERRY_ALLOWED_GROUPS and KEYFERRY_EXCLUDED_GROUPS \
             need. Grant the application permissions GroupMember.Read.All and User.Read.All, with admin consent.",
        )
        .at(Op::ReadGroups),
        Rule::new(
            When::Status(403),
            Class::Forbidden,
            "The connector may not read directory roles. Grant the application permission \
             RoleManagement.Read.Directory, and User.Read.All for orders by user name, with admin consent.",
        )
        .at(Op::ReadRoles),
        Rule::new(
            When::Status(403),
            Class::Forbidden,
            "The connector may not read the data of recipients, which KEYFERRY_FILL_FROM_DIRECTORY needs. Grant the \
             application permission User.Read.All, with admin consent.",
        )
        .at(Op::ReadProfile),
        Rule::new(
            When::Status(403),
            Class::Forbidden,
            "The connector may not read the passkey policy. Grant the application permission \
             Policy.Read.AuthenticationMethod, with admin consent.",
        )
        .at(Op::ReadPolicy),
        Rule::new(
            When::Status(404),
            Class::InvalidResponse,
            "The identity provider does not answer calls about directory roles as documented. Check the endpoint \
             setting. To order without this check, set KEYFERRY_PRIVILEGED_USERS=allow and restart Keyferry.",
        )
        .at(Op::ReadRoles),
        Rule::new(
            When::Status(403),
            Class::Forbidden,
            "The connector may not list passkeys of users. Grant the application permission \
             UserAuthMethod-Passkey.Read.All, with admin consent.",
        )
        .at(Op::ListMethods),
        Rule::new(
            When::Status(403),
            Class::Forbidden,
            "The connector is not allowed to delete passkeys of this user. Check the permission \
             UserAuthMethod-Passkey.ReadWrite.All and its admin consent.",
        )
        .at(Op::DeleteMethod),
        Rule::new(When::Status(403), Class::Forbidden, PASSES_DENIED).at(Op::ListAccessPasses),
        Rule::new(When::Status(403), Class::Forbidden, PASSES_DENIED).at(Op::CreateAccessPass),
        Rule::new(When::Status(403), Class::Forbidden, PASSES_DENIED).at(Op::DeleteAccessPass),
        Rule::new(
            When::Status(400),
            Class::Rejected,
            "The identity provider refused to make a Temporary Access Pass. Check this method in the authentication \
             methods policy: that it is enabled for the user, and that its range of lifetimes contains \
             KEYFERRY_ACCESS_PASS_MINUTES. External guests cannot have one.",
        )
        .at(Op::CreateAccessPass),
        Rule::new(
            When::Status(403),
            Class::Forbidden,
            "The connector lacks a permission for this call. Grant the permission, with admin consent.",
        ),
        Rule::new(
            When::Status(404),
            Class::NotFound,
            "The identity provider does not find the user. Check whether the account was deleted or renamed.",
        ),
        Rule::new(
            When::Status(400),
            Class::Rejected,
            "The identity provider refused the call. Check the authentication methods policy and the user.",
        ),
        Rule::new(When::Status(405), Class::Rejected, CHECK),
        Rule::new(When::Status(409), Class::Rejected, CHECK),
        Rule::new(When::Status(422), Class::Rejected, CHECK),
        Rule::new(
            When::ServerError,
            Class::Unavailable,
            "The identity provider is failing. Keyferry retries in the next run.",
        ),
        Rule::new(
            When::NoAnswer,
            Class::Unavailable,
            "The identity provider did not respond. Keyferry retries in the next run.",
        ),
        Rule::new(
            When::InvalidResponse,
            Class::InvalidResponse,
            "The identity provider's response does not match its documentation. Check the endpoint setting.",
        ),
        Rule::new(When::Anything, Class::Unexpected, CHECK),
    ],
);

const PASSES_DENIED: &str = "The connector is not allowed to make Temporary Access Passes. Grant the application \
                             permission UserAuthMethod-TAP.ReadWrite.All, with admin consent.";

const CHECK: &str = "Check the identity provider.";

#[cfg(test)]
mod tests {
    #[test]
    fn no_rule_is_hidden() {
        keyferry_testkit::failures::check_every_rule_is_reachable(&super::FAILURES);
    }
}

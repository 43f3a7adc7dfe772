//! Failures as adapters report them, for tests without an adapter, and a check for failure tables.

use keyferry_domain::{Failure, FailureClass as Class, FailureKind, FailureTable, Operation, Party, Rule, When};

/// Checks that each rule of a table can match, because no earlier rule matches everything that it matches.
///
/// # Panics
/// If an earlier rule hides a rule.
pub fn check_every_rule_is_reachable(table: &FailureTable) {
    for (index, rule) in table.rules().iter().enumerate() {
        let hidden = table.rules()[..index].iter().any(|earlier| {
            (earlier.operation.is_none() || earlier.operation == rule.operation)
                && (earlier.when == When::Anything || earlier.when == rule.when)
        });
        assert!(!hidden, "rule {index} of {}: {rule:?}", table.party());
    }
}

/// Returns a failure of `party` without effect, classified by its status as adapters do.
pub fn failure(party: Party, operation: Operation, kind: FailureKind, message: impl Into<String>) -> Failure {
    Failure::new(table(party), operation, kind, message)
}

/// Returns the table that [`failure`] uses for `party`.
pub fn table(party: Party) -> &'static FailureTable {
    use Party::{Connector, DeliveryService, Factory, IdentityProvider, PinDelivery, Store, TokenEndpoint};
    const fn of(party: Party) -> FailureTable {
        FailureTable::new(party, BY_STATUS)
    }
    const REST: [FailureTable; 2] = [of(IdentityProvider), of(DeliveryService)];
    const MAIL: FailureTable = FailureTable::new(PinDelivery, BY_REPLY);
    const TOKENS: FailureTable = FailureTable::new(TokenEndpoint, BY_GRANT);
    const OUTAGES: [FailureTable; 2] = [FailureTable::new(Store, OUTAGE), FailureTable::new(Connector, OUTAGE)];
    const FACTORY: FailureTable =
        FailureTable::new(Factory, &[Rule::new(When::Anything, Class::Untrusted, "Do not hand out this key.")]);
    match party {
        IdentityProvider => &REST[0],
        DeliveryService => &REST[1],
        PinDelivery => &MAIL,
        TokenEndpoint => &TOKENS,
        Store => &OUTAGES[0],
        Connector => &OUTAGES[1],
        Factory => &FACTORY,
    }
}

const OUTAGE: &[Rule] = &[Rule::new(When::Anything, Class::Outage, "Wait for the next run.")];

/// Replies of a mail server (RFC 5321 section 4.2), and statuses of HTTP services that deliver PINs.
#[rustfmt::skip]
const BY_REPLY: &[Rule] = &[
    Rule::new(When::Status(401), Class::AppCredentialRefused, "Check the app credential."),
    Rule::new(When::Status(421), Class::Unavailable, "Wait for the next run."),
    Rule::new(When::Status(429), Class::Throttled, "Wait for the next run."),
    Rule::new(When::Status(535), Class::AppCredentialRefused, "Check the app credential."),
    Rule::new(When::Status(550), Class::NoAddressee, "Check the mail address of the addressee."),
    Rule::new(When::ServerError, Class::Unavailable, "Wait for the next run."),
    Rule::new(When::NoAnswer, Class::Unavailable, "Wait for the next run."),
    Rule::new(When::Anything, Class::Unexpected, "Check the log."),
];

#[rustfmt::skip]
const BY_GRANT: &[Rule] = &[
    Rule::new(When::Status(400), Class::Misconfigured, "Check the app registration."),
    Rule::new(When::Status(401), Class::AppCredentialRefused, "Check the app credential."),
    Rule::new(When::Status(429), Class::Throttled, "Wait for the next run."),
    Rule::new(When::Anything, Class::Outage, "Wait for the next run."),
];

#[rustfmt::skip]
const BY_STATUS: &[Rule] = &[
    Rule::new(When::Status(400), Class::Rejected, "Check the request."),
    Rule::new(When::Status(401), Class::AppCredentialRefused, "Check the app credential."),
    Rule::new(When::Status(403), Class::Forbidden, "Check the permission."),
    Rule::new(When::Status(404), Class::UnknownShipment, "Check whether it was deleted.").at(Operation::ShipmentStatus),
    Rule::new(When::Status(404), Class::NotFound, "Check whether it was deleted."),
    Rule::new(When::Status(405), Class::NotAllowed, "Check the policy.").at(Operation::Register),
    Rule::new(When::Status(405), Class::Rejected, "Check the request."),
    Rule::new(When::Status(409), Class::Conflict, "Read again.").at(Operation::Register),
    Rule::new(When::Status(409), Class::Rejected, "Check the request."),
    Rule::new(When::Status(422), Class::Rejected, "Check the request."),
    Rule::new(When::Status(429), Class::Throttled, "Wait for the next run."),
    Rule::new(When::ServerError, Class::Unavailable, "Wait for the next run."),
    Rule::new(When::NoAnswer, Class::Unavailable, "Wait for the next run."),
    Rule::new(When::InvalidResponse, Class::InvalidResponse, "Check the endpoint."),
    Rule::new(When::Anything, Class::Unexpected, "Check the log."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_reachable() {
        for party in [Party::IdentityProvider, Party::PinDelivery, Party::TokenEndpoint, Party::Store, Party::Factory] {
            check_every_rule_is_reachable(table(party));
        }
    }

    #[test]
    #[should_panic = "rule 1 of store"]
    fn detects_hidden_rule() {
        const RULES: &[Rule] = &[
            Rule::new(When::Status(400), Class::Rejected, ""),
            Rule::new(When::Status(400), Class::Rejected, "").at(Operation::Store),
            Rule::new(When::Anything, Class::Unexpected, ""),
        ];
        check_every_rule_is_reachable(&FailureTable::new(Party::Store, RULES));
    }
}

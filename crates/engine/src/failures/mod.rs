//! One table: what each failure means for a shipment, and what a person can do about it.
//!
//! Rules are tried in order; the first that matches counts, and the last matches everything. The table is printed into
//! `docs/reference/failures.md`.

pub(crate) mod findings;
mod page;
mod rule;
mod table;

use keyferry_domain::{Failure, ObstacleClass, Party};

pub use self::page::markdown;
use self::rule::rule;
pub use self::rule::{Rule, Scope, When};
pub use self::table::RULES;

/// What the failure means.
pub fn classify(failure: &Failure) -> &'static Rule {
    const LAST: Rule =
        rule(Party::Store, None, When::Anything, ObstacleClass::Attention, Scope::Shipment, "See the log.");
    RULES
        .iter()
        .find(|rule| {
            rule.party == failure.party
                && rule.operation.is_none_or(|operation| operation == failure.operation)
                && rule.when.matches(failure)
        })
        .unwrap_or(&LAST)
}

/// The failure with its meaning and the next step, as it is shown to a person.
pub fn explain(failure: &Failure) -> String {
    let separator = if failure.to_string().ends_with('.') { " " } else { ". " };
    format!("{failure}{separator}{}", classify(failure).advice)
}

/// The same without the id of the single call.
pub fn explain_without_call(failure: &Failure) -> String {
    explain(&Failure { correlation: None, ..failure.clone() })
}

#[cfg(test)]
mod tests {
    use ObstacleClass::{Attention, Final};
    use keyferry_domain::{FailureKind, Operation};

    use super::*;

    #[test]
    fn the_page_of_the_documentation_is_the_table() {
        keyferry_testkit::golden::check("docs/reference/failures.md", &markdown());
    }

    #[test]
    fn every_party_has_a_rule_for_anything() {
        use Party::{Connector, DeliveryService, Factory, IdentityProvider, PinDelivery, Store, TokenEndpoint};
        for party in [TokenEndpoint, IdentityProvider, DeliveryService, Factory, PinDelivery, Store, Connector] {
            let last = RULES.iter().rfind(|rule| rule.party == party).unwrap();
            assert_eq!((last.operation, last.when), (None, When::Anything), "{party}");
        }
    }

    #[test]
    fn no_rule_is_hidden_by_an_earlier_one_that_matches_all() {
        for (index, rule) in RULES.iter().enumerate() {
            let hidden = RULES[..index].iter().any(|earlier| {
                earlier.party == rule.party
                    && (earlier.operation.is_none() || earlier.operation == rule.operation)
                    && (earlier.when == When::Anything || earlier.when == rule.when)
            });
            assert!(!hidden, "rule {index}: {rule:?}");
        }
    }

    #[test]
    fn each_condition_matches_its_failures_and_no_other() {
        let answered = |status| FailureKind::Answered { status, code: Some("x".into()) };
        let kinds = [
            answered(400),
            answered(500),
            FailureKind::Unreachable,
            FailureKind::TimedOut,
            FailureKind::ConnectionLost,
            FailureKind::NotUnderstood,
            FailureKind::Found("y"),
        ];
        for (when, expected) in [
            (When::Anything, [true; 7]),
            (When::Status(400), [true, false, false, false, false, false, false]),
            (When::ServerError, [false, true, false, false, false, false, false]),
            (When::NoAnswer, [false, false, true, true, true, false, false]),
            (When::Unreachable, [false, false, true, false, false, false, false]),
            (When::NotUnderstood, [false, false, false, false, false, true, false]),
            (When::Code("x"), [true, true, false, false, false, false, false]),
            (When::Code("y"), [false, false, false, false, false, false, true]),
        ] {
            let matched =
                kinds.clone().map(|kind| when.matches(&Failure::new(Party::Store, Operation::Store, kind, "")));
            assert_eq!(matched, expected, "{when:?}");
        }
    }

    /// Whether a person who gets the PIN twice may wonder.
    #[test]
    fn a_pin_that_was_certainly_not_sent_is_told_from_one_that_may_have_been() {
        let advice =
            |kind| classify(&Failure::new(Party::PinDelivery, Operation::DeliverPin, kind, "no answer")).advice;
        assert!(advice(FailureKind::Unreachable).starts_with("The PIN has not gone out"));
        for kind in [FailureKind::TimedOut, FailureKind::ConnectionLost] {
            assert!(advice(kind).starts_with("The PIN may or may not have gone out"));
        }
    }

    /// The history counts what repeats; the id of each call would make it new each time.
    #[test]
    fn without_its_call_a_failure_is_explained_in_the_same_words() {
        let failure = Failure::new(Party::Store, Operation::Store, FailureKind::Unreachable, "the disk is full");
        let first = explain_without_call(&failure.clone().with_correlation("c0ffee"));
        assert_eq!(first, explain_without_call(&failure.with_correlation("decaf")));
        assert!(first.starts_with("the disk is full. The store does not work"), "{first}");
    }

    #[test]
    fn a_dead_challenge_is_final_and_what_a_person_can_mend_is_not() {
        let refused = |kind| {
            Failure::new(Party::IdentityProvider, Operation::Register, kind, "Graph answered 400 badRequest")
                .with_correlation("c0ffee")
        };
        assert_eq!(classify(&refused(FailureKind::Found("challenge-expired"))).class, Final);
        let refused = refused(FailureKind::Answered { status: 400, code: Some("badRequest".into()) });
        assert_eq!(classify(&refused).class, Attention);
        assert!(
            explain(&refused).starts_with("Graph answered 400 badRequest (client-request-id: c0ffee). The identity")
        );
        let nobody = Failure::new(
            Party::PinDelivery,
            Operation::ResolveAddressee,
            FailureKind::Found("no-manager"),
            "the user has no manager",
        );
        assert_eq!(classify(&nobody).class, Attention);
    }
}

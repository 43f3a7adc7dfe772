//! Findings about the person whom a key is for.

use keyferry_domain::{Failure, FailureClass as Class, FailureKind, FailureTable, Operation as Op, Party, Rule, When};

/// Code of an objection of the person.
pub(crate) const OBJECTED: &str = "objected";

/// Findings about the person's side of a shipment.
pub const PERSON: FailureTable = FailureTable::new(
    Party::Connector,
    &[
        Rule::new(
            When::Code(OBJECTED),
            Class::AgainstPolicy,
            "Nothing is ordered, registered or sent for this shipment. The history has the person's text. Talk to the \
             person. To release the shipment, request a retry with a reason. Otherwise cancel it.",
        ),
        Rule::new(
            When::Code("address-overdue"),
            Class::NeedsEditing,
            "Fill in the address for the person, or request a retry, which asks the person again. Otherwise cancel the \
             order.",
        ),
        Rule::new(
            When::Code("address-unasked"),
            Class::NeedsEditing,
            "Fill in the address for the person. Or correct the person's mail address in the directory, and request a \
             retry, which asks the person. Otherwise cancel the order.",
        ),
        Rule::new(When::Anything, Class::Defect, "Report this bug with the version and the log lines."),
    ],
);

/// The person objected to the key.
pub(crate) fn objected() -> Failure {
    finding(OBJECTED, "The person whom the key is for objected to it")
}

/// The person did not give the address in time.
pub(crate) fn address_overdue() -> Failure {
    finding("address-overdue", "The person did not give the address in time")
}

/// The person cannot be asked for the address.
pub(crate) fn address_unasked(reason: &str) -> Failure {
    finding("address-unasked", &format!("The person could not be asked for the address: {reason}"))
}

/// The address of a page for persons is not known.
pub(crate) fn no_person_page() -> Failure {
    finding("no-person-page", "the address of the pages for people is not known")
}

fn finding(code: &'static str, message: &str) -> Failure {
    Failure::new(&PERSON, Op::Process, FailureKind::Found(code), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_has_no_unreachable_rules() {
        keyferry_testkit::failures::check_every_rule_is_reachable(&PERSON);
    }
}

use super::*;

const TABLE: FailureTable = FailureTable::new(
    Party::DeliveryService,
    &[
        Rule::new(When::Code("gone"), FailureClass::UnknownShipment, "Look for it."),
        Rule::new(When::NoAnswer, FailureClass::Unavailable, "Wait."),
        Rule::new(When::Anything, FailureClass::Unexpected, "Report it."),
    ],
);

fn failure(kind: FailureKind) -> Failure {
    Failure::new(&TABLE, Operation::Order, kind, "the order was refused")
}

fn answered(status: u16, code: Option<&str>) -> FailureKind {
    FailureKind::Answered { status, code: code.map(str::to_owned) }
}

/// Retries are counted by this word: it must tell failures apart and stay the same from one attempt to the next.
#[test]
fn each_kind_of_failure_has_its_word_with_its_party() {
    for (kind, word) in [
        (answered(403, Some("Forbidden")), "delivery-service-403-Forbidden"),
        (answered(403, None), "delivery-service-403"),
        (FailureKind::Unreachable, "delivery-service-unreachable"),
        (FailureKind::TimedOut, "delivery-service-timed-out"),
        (FailureKind::ConnectionLost, "delivery-service-connection-lost"),
        (FailureKind::NotUnderstood, "delivery-service-not-understood"),
        (FailureKind::Found("no-manager"), "no-manager"),
    ] {
        assert_eq!(failure(kind).short(), word);
    }
    let parties = [
        (Party::TokenEndpoint, "token endpoint"),
        (Party::IdentityProvider, "identity provider"),
        (Party::DeliveryService, "delivery service"),
        (Party::Factory, "key factory"),
        (Party::PinDelivery, "PIN delivery"),
        (Party::Store, "store"),
    ];
    for (party, name) in parties {
        assert_eq!(party.to_string(), name);
    }
}

/// Tables look at these two.
#[test]
fn only_an_answer_has_a_status_and_a_code_is_theirs_or_ours() {
    for (kind, status, code) in [
        (answered(409, Some("nameAlreadyExists")), Some(409), Some("nameAlreadyExists")),
        (answered(503, None), Some(503), None),
        (FailureKind::Found("wrong-request"), None, Some("wrong-request")),
        (FailureKind::TimedOut, None, None),
    ] {
        let failure = failure(kind);
        assert_eq!((failure.status(), failure.code()), (status, code), "{failure:?}");
    }
}

#[test]
fn a_failure_had_no_effect_unless_that_is_unknown() {
    assert_eq!(failure(FailureKind::Unreachable).effect, Effect::None);
    assert_eq!(failure(FailureKind::TimedOut).with_unknown_effect().effect, Effect::Unknown);
}

#[test]
fn a_person_reads_what_happened_and_which_call_it_was() {
    let failure = failure(FailureKind::TimedOut);
    assert_eq!(failure.to_string(), "the order was refused");
    let failure = failure.with_correlation("c0ffee");
    assert_eq!(failure.to_string(), "the order was refused (client-request-id: c0ffee)");
}

#[test]
fn the_table_gives_class_and_remedy_and_a_finding_replaces_both() {
    let lost = failure(FailureKind::TimedOut).with_correlation("c0ffee").with_unknown_effect();
    assert_eq!((lost.class(), lost.remedy()), (FailureClass::Unavailable, "Wait."));
    let gone = lost.clone().found(&TABLE, "gone");
    assert_eq!(
        (gone.class(), gone.remedy(), gone.code()),
        (FailureClass::UnknownShipment, "Look for it.", Some("gone"))
    );
    assert_eq!((gone.correlation, gone.effect, gone.message), (lost.correlation, lost.effect, lost.message));
}

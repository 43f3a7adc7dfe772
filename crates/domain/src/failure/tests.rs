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

/// Attempts are counted by this code, so it must be distinct for each failure and stable between attempts.
#[test]
fn code_names_party_and_kind() {
    for (kind, word) in [
        (answered(403, Some("Forbidden")), "delivery-service-403-Forbidden"),
        (answered(403, None), "delivery-service-403"),
        (FailureKind::Unreachable, "delivery-service-unreachable"),
        (FailureKind::TimedOut, "delivery-service-timed-out"),
        (FailureKind::ConnectionLost, "delivery-service-connection-lost"),
        (FailureKind::InvalidResponse, "delivery-service-not-understood"),
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

/// The rules of a table test these two values.
#[test]
fn returns_status_and_code_of_response() {
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
fn effect_is_none_unless_marked_unknown() {
    assert_eq!(failure(FailureKind::Unreachable).effect, Effect::None);
    assert_eq!(failure(FailureKind::TimedOut).with_unknown_effect().effect, Effect::Unknown);
}

#[test]
fn displays_message_and_client_request_id() {
    let failure = failure(FailureKind::TimedOut);
    assert_eq!(failure.to_string(), "the order was refused");
    let failure = failure.with_correlation("c0ffee");
    assert_eq!(failure.to_string(), "the order was refused (client-request-id: c0ffee)");
}

#[test]
fn takes_class_and_remedy_from_table() {
    let lost = failure(FailureKind::TimedOut).with_correlation("c0ffee").with_unknown_effect();
    assert_eq!((lost.class(), lost.remedy()), (FailureClass::Unavailable, "Wait."));
    let gone = lost.clone().found(&TABLE, "gone");
    assert_eq!(
        (gone.class(), gone.remedy(), gone.code()),
        (FailureClass::UnknownShipment, "Look for it.", Some("gone"))
    );
    assert_eq!((gone.correlation, gone.effect, gone.message), (lost.correlation, lost.effect, lost.message));
}

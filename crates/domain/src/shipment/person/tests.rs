use super::*;
use crate::shipment::tests::{accepted, fulfilled, note, obstacle, queued, registered, second};
use crate::{
    ActingUser, Actor, Caller, CallerId, Change, EventKind, NewObstacle, ObstacleClass, OrderInfo, Phased, Shipment,
};

fn ada() -> Caller {
    let user = ActingUser { object_id: "a1".into(), user_name: None, name: None };
    Caller { application: CallerId::new("pages"), user: Some(user) }
}

fn desk() -> Caller {
    Caller::application(CallerId::new("desk"))
}

fn held(at: i64) -> NewObstacle {
    NewObstacle { next_attempt: None, ..obstacle(ObstacleClass::Attention, "objected", at) }
}

fn with_mails(shipment: impl Into<Shipment>) -> Shipment {
    shipment.into().with_person_mails(&PersonMail::ALL).into_shipment()
}

fn due(shipment: &Shipment) -> Option<PersonMail> {
    shipment.due_mail().map(|(mail, _)| mail)
}

#[test]
fn mails_are_due_in_order_and_each_once() {
    use PersonMail::{Ordered, Registered, Shipped};
    let told = |shipment: Shipment, mail| shipment.person_mailed(mail, note(9, "told")).into_shipment();
    assert_eq!(due(&with_mails(queued(OrderInfo::default()))), None, "it is sent in seconds, and may be refused");
    let later = OrderInfo { not_before: second(86_400).date_naive().into(), ..OrderInfo::default() };
    assert_eq!(due(&with_mails(queued(later))), Some(Ordered));
    let shipment = with_mails(accepted());
    assert_eq!((due(&shipment), shipment.next_attempt()), (Some(Ordered), Some(second(1))));
    let shipment = told(shipment, Ordered);
    assert!(!shipment.awaits_mail(Ordered) && shipment.awaits_mail(Shipped));
    assert_eq!((due(&shipment), shipment.next_attempt()), (None, None));
    let mut shipment = with_mails(registered().complete(note(6, "sent")).into_shipment());
    for mail in [Ordered, Shipped, Registered] {
        assert_eq!(due(&shipment), Some(mail));
        shipment = told(shipment, mail);
    }
    assert_eq!((due(&shipment), shipment.next_attempt()), (None, None));
    assert_eq!(due(&with_mails(fulfilled()).person_mailed(Ordered, note(9, "told")).into_shipment()), Some(Shipped));
}

#[test]
fn failed_mail_is_tried_later_and_one_that_is_not_sent_is_an_event() {
    let failed = with_mails(accepted()).person_mail_failed(second(70));
    assert!(failed.events().is_empty() && failed.is_changed());
    let shipment = failed.into_shipment();
    assert_eq!((shipment.next_attempt(), shipment.mail_attempts()), (Some(second(70)), 1));
    let given_up = shipment.person_not_mailed(PersonMail::Ordered, note(80, "no mail address"));
    assert_eq!(given_up.events()[0].kind, EventKind::PersonNotMailed);
    assert_eq!((due(given_up.shipment()), given_up.shipment().mail_attempts()), (None, 0));
    // The retry of a mail does not delay the work, nor the other way around.
    let mut busy = obstacle(ObstacleClass::Retry, "busy", 3);
    busy.next_attempt = Some(second(63));
    let both = with_mails(accepted()).person_mail_failed(second(70)).into_shipment().meet(busy).into_shipment();
    assert_eq!(both.next_attempt(), Some(second(63)));
}

#[test]
fn no_mail_after_an_order_ended_or_for_a_revoked_key() {
    let Phased::Accepted(it) = with_mails(accepted()).phased() else { panic!("not accepted") };
    assert_eq!(due(it.request_cancel(desk(), note(4, "left")).shipment()), None);
    let complete = with_mails(registered().complete(note(6, "sent")).into_shipment());
    let revoked = complete.revoked("AQID1", desk(), note(7, "lost")).into_shipment();
    let told = |shipment: Shipment, mail| shipment.person_mailed(mail, note(9, "told")).into_shipment();
    assert_eq!(due(&told(told(revoked, PersonMail::Ordered), PersonMail::Shipped)), None);
}

#[test]
fn objection_holds_until_an_operator_retries() {
    let objected = with_mails(fulfilled()).object(ada(), note(7, "not mine"), held(7)).unwrap();
    assert_eq!(
        objected.events().iter().map(|event| event.kind).collect::<Vec<_>>(),
        [EventKind::Objected, EventKind::Obstacle]
    );
    assert_eq!(objected.events()[0].actor, Actor::Caller(ada()));
    let shipment = objected.into_shipment();
    assert!(shipment.objection().is_some() && shipment.needs_human());
    assert_eq!((due(&shipment), shipment.next_attempt()), (None, None));
    let again = shipment.clone().object(ada(), note(8, "still not"), held(8)).unwrap();
    assert!(!again.is_changed(), "one objection is enough");
    let Phased::Fulfilled(it) = shipment.phased() else { panic!("not fulfilled") };
    let released = it.retry(desk(), note(9, "asked by phone")).into_shipment();
    assert_eq!((released.objection(), released.obstacle()), (None, None));
    assert_eq!(due(&released), Some(PersonMail::Ordered));
    let again = released.object(ada(), note(10, "I mean it"), held(10)).unwrap();
    assert!(again.shipment().objection().is_some(), "a released shipment can be objected to again");
}

#[test]
fn nothing_is_left_to_object_to_after_the_end() {
    let complete = registered().complete(note(6, "sent")).into_shipment();
    assert!(complete.object(ada(), note(7, "late"), held(7)).is_none());
    let cancelled = accepted().request_cancel(desk(), note(4, "left")).into_shipment();
    assert!(cancelled.object(ada(), note(7, "late"), held(7)).is_none());
    let objected = Shipment::from(queued(OrderInfo::default())).object(ada(), note(5, "no"), held(5)).unwrap();
    assert_eq!(objected.shipment().may_be_sent_from(), None);
}

fn waiting() -> Shipment {
    Shipment::from(queued(OrderInfo::default())).await_address(second(1), second(1001)).into_shipment()
}

fn give(shipment: Shipment, by: Caller) -> Option<Change> {
    let Phased::Queued(it) = shipment.phased() else { panic!("not queued") };
    it.give_address(by, "DE".into(), note(90, "the person gave the address"))
}

#[test]
fn order_without_address_is_not_sent_before_it_is_given() {
    let shipment = waiting();
    assert!(shipment.awaits_address());
    assert_eq!((shipment.may_be_sent_from(), shipment.next_attempt()), (None, Some(second(1))));
    let asked = shipment.address_requested(Some(second(500)), note(2, "asked"));
    assert_eq!(asked.events()[0].kind, EventKind::AddressRequested);
    let asked = asked.into_shipment();
    assert_eq!((asked.next_attempt(), asked.address_request().unwrap().mails), (Some(second(500)), 1));
    let last = asked.address_requested(None, note(500, "asked")).into_shipment();
    assert_eq!(last.next_attempt(), Some(second(1001)), "the deadline");
    let given = give(last, ada()).unwrap();
    assert_eq!((given.events()[0].kind, &given.events()[0].actor), (EventKind::AddressGiven, &Actor::Caller(ada())));
    let given = given.into_shipment();
    assert!(!given.awaits_address());
    assert_eq!((given.may_be_sent_from(), given.info().country.as_deref()), (Some(second(20)), Some("DE")));
    assert!(give(given, desk()).is_none(), "one address is enough");
}

#[test]
fn overdue_address_waits_for_an_operator_who_asks_again_or_gives_it() {
    let overdue =
        waiting().meet(NewObstacle { next_attempt: None, ..obstacle(ObstacleClass::Attention, "late", 1001) });
    let overdue = overdue.into_shipment();
    assert_eq!((overdue.next_attempt(), overdue.needs_human()), (None, true));
    let Phased::Queued(it) = overdue.clone().phased() else { panic!("not queued") };
    let again = it.retry(desk(), note(2000, "on leave until now")).into_shipment();
    let request = again.address_request().unwrap();
    assert_eq!((request.until, request.next_mail, request.mails), (second(3000), Some(second(2000)), 0));
    assert_eq!((again.obstacle(), again.next_attempt()), (None, Some(second(2000))));
    let given = give(overdue, desk()).unwrap().into_shipment();
    assert_eq!((given.obstacle(), given.may_be_sent_from()), (None, Some(second(20))));
}

/// Giving an address must not release an order to which the person objected.
#[test]
fn address_does_not_end_an_objection() {
    let objected = waiting().object(ada(), note(5, "no"), held(5)).unwrap().into_shipment();
    let given = give(objected, desk()).unwrap().into_shipment();
    assert!(given.objection().is_some() && given.obstacle().is_some());
    assert_eq!((given.may_be_sent_from(), given.next_attempt()), (None, None));
}

#[test]
fn records_of_earlier_versions_are_read_and_stay_as_they_are() {
    let json = serde_json::to_value(Shipment::from(accepted())).unwrap();
    assert!(json.get("person").is_none(), "{json}");
    let told = with_mails(accepted()).person_mail_failed(second(7)).into_shipment();
    let json = serde_json::to_string(&told).unwrap();
    assert_eq!(serde_json::from_str::<Shipment>(&json).unwrap(), told);
}

mod withdrawal;

use super::*;
use crate::phase::DeliveryState;
use crate::{
    Aaguid, Actor, Caller, CallerId, Cancellation, CancelledBy, CompletedBy, CredentialId, CredentialRequest,
    DeliveryId, EventKind, Hardware, Key, Note, Phase, PhaseName, PinLength, PlannedCredential, Product, ProviderId,
    RegisteredCredential, SerialNumber, ShipmentId, Timestamp, Tracking, UserHandle, UserRef,
};

pub(super) fn second(second: i64) -> Timestamp {
    Timestamp::from_timestamp(second, 0).unwrap()
}

pub(super) fn note(at: i64, detail: &str) -> Note {
    Note::new(second(at), detail)
}

fn key(deadlines: &[i64]) -> Key {
    let credential = |deadline: &i64| PlannedCredential {
        provider: ProviderId::new("login"),
        user: UserRef::Upn("Ada@contoso.example".into()),
        object_id: None,
        rp_id: "login.example".into(),
        request: CredentialRequest::Connector { user_handle: UserHandle::new("QURB"), deadline: second(*deadline) },
    };
    Key {
        product: Product { product_id: 1, inventory_product_id: 2, customization_id: "3".into() },
        credentials: deadlines.iter().map(credential).collect(),
        pin_length: PinLength::try_from(6).unwrap(),
    }
}

fn submission(keys: Vec<Key>) -> Change {
    let submission = Submission {
        id: ShipmentId::parse("019a0000-0000-7000-8000-000000000001").unwrap(),
        requested_by: Caller::application(CallerId::new("portal")),
        batch: None,
        info: OrderInfo::default(),
        keys,
        enrollment_contacts: Vec::new(),
        recipient_email: None,
        until: second(30),
    };
    Shipment::submit(submission, note(1, "a key is about to be ordered"))
}

fn submitting() -> In<crate::Submitting> {
    match submission(vec![key(&[500])]).into_shipment().phased() {
        Phased::Submitting(it) => it,
        other => panic!("{other:?}"),
    }
}

pub(super) fn accepted() -> In<crate::Accepted> {
    match submitting().accept(DeliveryId::new("Parcel7"), note(2, "accepted")).into_shipment().phased() {
        Phased::Accepted(it) => it,
        other => panic!("{other:?}"),
    }
}

pub(super) fn fulfilled() -> In<crate::Fulfilled> {
    let hardware = Hardware { serial: SerialNumber::new("3632071"), firmware: None };
    match accepted().fulfil(state(103), Tracking::default(), vec![hardware], note(3, "made")).into_shipment().phased() {
        Phased::Fulfilled(it) => it,
        other => panic!("{other:?}"),
    }
}

pub(super) fn registered() -> In<crate::Registered> {
    let credential = RegisteredCredential {
        credential_id: Some(CredentialId::from_bytes(vec![1, 2, 3])),
        aaguid: Some(Aaguid::from_bytes([7; 16])),
        method_id: "AQID1".into(),
        display_name: "Key".into(),
        registered_at: second(4),
    };
    match fulfilled().register(vec![vec![credential]], note(4, "registered")).into_shipment().phased() {
        Phased::Registered(it) => it,
        other => panic!("{other:?}"),
    }
}

fn cancelling() -> Shipment {
    accepted().request_cancel(Caller::application(CallerId::new("desk")), note(5, "she left")).into_shipment()
}

fn watched(shipment: Shipment) -> In<crate::Cancelling> {
    match shipment.phased() {
        Phased::Cancelling(it) => it,
        other => panic!("{other:?}"),
    }
}

fn confirmed(shipment: Shipment) -> Shipment {
    watched(shipment).confirm(note(6, "404")).into_shipment()
}

fn state(id: i64) -> DeliveryState {
    DeliveryState { id: Some(id), message: None }
}

pub(super) fn obstacle(class: ObstacleClass, call: &str, at: i64) -> NewObstacle {
    NewObstacle {
        class,
        code: "no-manager".into(),
        message: call.into(),
        summary: "no manager".into(),
        correlation: Some(call.into()),
        next_attempt: None,
        at: second(at),
    }
}

fn events_of(change: &Change) -> Vec<(u32, EventKind, &str, u32)> {
    change.events().iter().map(|event| (event.seq, event.kind, event.detail.as_str(), event.times)).collect()
}

#[test]
fn each_phase_adds_one_numbered_event() {
    let change = submission(vec![key(&[500])]);
    assert_eq!(events_of(&change), [(1, EventKind::Submitted, "a key is about to be ordered", 1)]);
    assert_eq!(change.events()[0].actor, Actor::Caller(Caller::application(CallerId::new("portal"))));
    assert_eq!(change.shipment().created_at(), second(1));
    let change = submitting().accept(DeliveryId::new("Parcel7"), note(2, "accepted"));
    assert_eq!(events_of(&change), [(2, EventKind::Accepted, "accepted", 1)]);
    let change = accepted().fulfil(state(103), Tracking::default(), Vec::new(), note(3, "made"));
    assert_eq!(events_of(&change), [(3, EventKind::Fulfilled, "made", 1)]);
    let change = fulfilled().register(Vec::new(), note(4, "registered"));
    assert_eq!(events_of(&change), [(4, EventKind::Registered, "registered", 1)]);
    let change = registered().complete(note(5, "sent"));
    assert_eq!(events_of(&change), [(5, EventKind::Completed, "sent", 1)]);
    let Phase::Complete(complete) = change.shipment().phase() else { panic!("{change:?}") };
    assert_eq!((complete.at, &complete.by), (second(5), &CompletedBy::Processing));
}

#[test]
fn entering_a_phase_clears_the_obstacle() {
    let met = Shipment::from(accepted()).meet(obstacle(ObstacleClass::Retry, "call 7", 3)).into_shipment();
    assert!(met.obstacle().is_some());
    let Phased::Accepted(met) = met.phased() else { panic!("unexpected phase") };
    let change = met.fulfil(state(103), Tracking::default(), Vec::new(), note(4, "made"));
    assert_eq!(change.shipment().obstacle(), None);
    assert_eq!(events_of(&change), [(4, EventKind::Fulfilled, "made", 1)]);
}

#[test]
fn repeated_obstacle_updates_its_event() {
    let mut shipment = Shipment::from(accepted());
    let mut writes = Vec::new();
    for (class, call) in [
        (ObstacleClass::Retry, "call 7"),
        (ObstacleClass::Retry, "call 8"),
        (ObstacleClass::Attention, "call 9"),
        (ObstacleClass::Final, "call 10"),
    ] {
        let change = shipment.meet(obstacle(class, call, 3));
        writes.extend(change.writes().map(|write| match write {
            EventWrite::Append(event) => (true, event.seq, event.detail.clone(), event.times),
            EventWrite::Recount(event) => (false, event.seq, event.detail.clone(), event.times),
        }));
        shipment = change.into_shipment();
        assert_eq!(shipment.error_message().as_deref(), Some(call));
    }
    assert_eq!(
        writes,
        [
            (true, 3, "retry: no manager".to_owned(), 1),
            (false, 3, "retry: no manager".to_owned(), 2),
            (true, 4, "attention: no manager".to_owned(), 1),
            (true, 5, "final: no manager".to_owned(), 1),
        ]
    );
    let met = shipment.obstacle().unwrap();
    assert_eq!((met.attempts, met.event.seq), (4, 5), "attempts are counted by code, events by summary");

    let change = shipment.clear_obstacle(second(4));
    assert_eq!(events_of(&change), [(6, EventKind::ObstacleCleared, "the last run succeeded", 1)]);
    assert_eq!((change.shipment().obstacle(), change.shipment().error_message()), (None, None));
    let change = change.into_shipment().clear_obstacle(second(5));
    assert!(!change.is_changed() && change.events().is_empty(), "no event for a run without an obstacle");
}

#[test]
fn repeated_obstacle_keeps_first_time_and_takes_latest_correlation_id() {
    let first = Shipment::from(accepted()).meet(obstacle(ObstacleClass::Retry, "a", 3)).into_shipment();
    let mut again = obstacle(ObstacleClass::Retry, "b", 9);
    let change = first.meet(again.clone());
    let [event] = change.events() else { panic!("{change:?}") };
    assert_eq!((event.at, event.last_at, event.correlation.as_deref()), (second(3), second(9), Some("b")));
    again.correlation = None;
    let change = change.into_shipment().meet(again);
    assert_eq!(change.events()[0].correlation.as_deref(), Some("b"));
    assert_eq!(change.shipment().obstacle().unwrap().since, second(3));
}

#[test]
fn other_event_in_between_starts_new_obstacle_event() {
    let met = Shipment::from(accepted()).meet(obstacle(ObstacleClass::Retry, "a", 3));
    let alarm = met.then(|shipment| shipment.raise_deadline_alarm(std::time::Duration::from_secs(497), second(4)));
    let change = alarm.then(|shipment| shipment.meet(obstacle(ObstacleClass::Retry, "b", 5)));
    let kinds: Vec<_> = change.events().iter().map(|event| (event.seq, event.kind, event.times)).collect();
    use EventKind::{DeadlineNear, Obstacle};
    assert_eq!(kinds, [(3, Obstacle, 1), (4, DeadlineNear, 1), (5, Obstacle, 1)]);
    assert_eq!(change.shipment().obstacle().unwrap().attempts, 2);
}

#[test]
fn obstacle_repeated_before_commit_is_one_new_event() {
    let change = Shipment::from(accepted()).meet(obstacle(ObstacleClass::Retry, "a", 3));
    let change = change.then(|shipment| shipment.meet(obstacle(ObstacleClass::Retry, "b", 4)));
    let writes: Vec<_> = change.writes().collect();
    assert!(matches!(writes[..], [EventWrite::Append(event)] if event.times == 2), "{writes:?}");
}

#[test]
fn completes_record_edited_by_hand_once() {
    let change = Shipment::from(accepted()).completed_by_hand(second(3));
    assert_eq!(events_of(&change), [(3, EventKind::Completed, "the record was set to complete", 1)]);
    assert_eq!(change.events()[0].actor.to_string(), "edited by hand");
    let change = change.into_shipment().completed_by_hand(second(4));
    assert!(!change.is_changed());
    let Phase::Complete(complete) = change.shipment().phase() else { panic!("{change:?}") };
    assert_eq!((complete.at, &complete.by), (second(3), &CompletedBy::Record));
}

/// The guide defines these two states and `error_message` in section 10.3.
#[test]
fn returns_state_and_error_message_of_guide() {
    for (shipment, state, message) in [
        (submitting().into(), "ongoing", None),
        (submitting().refuse(note(2, "sold out")).into_shipment(), "ongoing", Some("sold out")),
        (submitting().lose("no answer", note(2, "lost")).into_shipment(), "ongoing", Some("no answer")),
        (accepted().cancel("gone", note(3, "404")).into_shipment(), "ongoing", Some("gone")),
        (cancelling(), "ongoing", Some("Cancelled by desk: she left")),
        (confirmed(cancelling()), "ongoing", Some("Cancelled by desk: she left")),
        (accepted().into(), "ongoing", None),
        (Shipment::from(accepted()).completed_by_hand(second(3)).into_shipment(), "complete", None),
    ] {
        let shipment: Shipment = shipment;
        assert_eq!((shipment.state(), shipment.error_message().as_deref()), (state, message), "{shipment:?}");
    }
}

#[test]
fn deadline_is_earliest_of_all_challenges() {
    let shipment = submission(vec![key(&[900, 700]), key(&[800])]).into_shipment();
    assert_eq!(shipment.deadline(), Some(second(700)));
    assert_eq!(submission(Vec::new()).into_shipment().deadline(), None);
}

#[test]
fn raises_deadline_alarm_once_before_registration() {
    let lead = std::time::Duration::from_secs(100);
    for (shipment, at, raised) in [
        (Shipment::from(accepted()), 399, false),
        (accepted().into(), 400, true),
        (fulfilled().into(), 400, true),
        (registered().into(), 400, false),
        (submitting().into(), 400, false),
    ] {
        let change = shipment.raise_deadline_alarm(lead, second(at));
        assert_eq!(change.is_changed(), raised, "{change:?}");
        assert_eq!(change.shipment().deadline_alarm(), raised.then(|| second(at)));
        let again = change.into_shipment().raise_deadline_alarm(lead, second(at + 1));
        assert!(!again.is_changed() || !raised);
    }
}

#[test]
fn refusals_by_limits_add_one_event_within_the_quiet_time() {
    let quiet = std::time::Duration::from_secs(100);
    let by = || Caller::application(CallerId::new("portal"));
    let mut shipment: Shipment = registered().into();
    // The last one is before the others: the clock was set back.
    for (at, recorded) in [(400, true), (401, false), (499, false), (500, true), (599, false), (300, true)] {
        let change = shipment.limit_reached(by(), note(at, "limit"), quiet);
        assert_eq!(change.events().len(), usize::from(recorded), "{at}");
        assert_eq!(change.is_changed(), recorded, "{at}");
        shipment = change.into_shipment();
    }
}

#[test]
fn observing_same_state_changes_nothing() {
    let change = accepted().observe(state(3), Tracking::default(), None);
    assert!(change.is_changed() && change.events().is_empty());
    let Phased::Accepted(seen) = change.into_shipment().phased() else { panic!("unexpected phase") };
    assert!(!seen.clone().observe(state(3), Tracking::default(), None).is_changed());
    let change = seen.observe(state(4), Tracking::default(), Some(note(9, "state 4")));
    assert_eq!(events_of(&change), [(3, EventKind::StateChanged, "state 4", 1)]);
}

#[test]
fn operator_completes_retries_and_adopts() {
    let by = || Caller::application(CallerId::new("desk"));
    let settled = registered().settle(by(), note(9, "found in a drawer"));
    let Phase::Complete(complete) = settled.shipment().phase() else { panic!("{settled:?}") };
    assert_eq!(complete.by, CompletedBy::Caller { caller: by(), reason: "found in a drawer".into() });
    assert_eq!(events_of(&settled), [(5, EventKind::Completed, "found in a drawer", 1)]);

    let Phased::Cancelled(cancelled) = fulfilled().cancel("gone", note(5, "404")).into_shipment().phased() else {
        panic!("unexpected phase")
    };
    let change = cancelled.retry(by(), note(6, "the address was wrong")).unwrap();
    assert_eq!(change.shipment().phase().name(), PhaseName::Fulfilled);

    let Phased::Unconfirmed(lost) = submitting().lose("no answer", note(2, "lost")).into_shipment().phased() else {
        panic!("unexpected phase")
    };
    let change = lost.adopt(DeliveryId::new("Parcel8"), by(), note(6, "adopted as Parcel8"));
    assert_eq!(change.shipment().phase().delivery_id().map(DeliveryId::as_str), Some("Parcel8"));
    assert_eq!(change.events()[0].kind, EventKind::Adopted);
}

#[test]
fn cancellation_is_requested_watched_and_confirmed() {
    let by = || Caller::application(CallerId::new("desk"));
    let change =
        Shipment::from(accepted()).meet(obstacle(ObstacleClass::Final, "a", 3)).then(|met| match met.phased() {
            Phased::Accepted(it) => it.request_cancel(by(), note(5, "she left")),
            other => panic!("{other:?}"),
        });
    let [_, event] = change.events() else { panic!("{change:?}") };
    assert_eq!((event.kind, &event.actor), (EventKind::CancelRequested, &Actor::Caller(by())));
    let shipment = change.into_shipment();
    assert_eq!((shipment.phase().name(), shipment.obstacle()), (PhaseName::Cancelling, None));
    assert_eq!(shipment.phase().delivery_id().map(DeliveryId::as_str), Some("Parcel7"));
    assert!(!watched(shipment.clone()).phase().key_exists());

    let deleted = watched(shipment).deletion_accepted(note(6, "deleted"));
    assert_eq!(events_of(&deleted), [(5, EventKind::StateChanged, "deleted", 1)]);
    let change = watched(deleted.into_shipment()).confirm(note(7, "404"));
    assert_eq!(events_of(&change), [(6, EventKind::CancellationConfirmed, "404", 1)]);
    let Phase::Cancelled(cancelled) = change.shipment().phase() else { panic!("{change:?}") };
    let request = Cancellation { by: by(), reason: "she left".into(), at: second(5) };
    assert_eq!((cancelled.at, &cancelled.by), (second(7), &CancelledBy::Caller(request)));
    assert_eq!(change.shipment().cancellation().map(|request| request.at), Some(second(5)));
}

#[test]
fn cancellation_on_request_is_final() {
    let Phased::Cancelled(cancelled) = confirmed(cancelling()).phased() else { panic!("unexpected phase") };
    assert_eq!(cancelled.clone().retry(Caller::application(CallerId::new("desk")), note(8, "no")), None);
    assert!(
        !cancelled.clone().request_cancel(Caller::application(CallerId::new("desk")), note(8, "again")).is_changed()
    );
    assert_eq!(cancelled.accept(DeliveryId::new("Parcel9"), note(8, "late")), None, "it has its id");
}

#[test]
fn alarm_about_shipped_key_is_raised_once_and_ended_by_operator() {
    let change = watched(cancelling()).ships_all_the_same(note(6, "state 103"));
    assert_eq!(events_of(&change), [(4, EventKind::ShippedDespiteCancellation, "state 103", 1)]);
    let shipped = watched(change.into_shipment());
    assert!(shipped.phase().key_exists());
    assert!(!shipped.clone().ships_all_the_same(note(7, "state 104")).is_changed());
    let recalled = shipped.recall(Caller::application(CallerId::new("desk")), note(8, "destroyed"));
    assert_eq!(events_of(&recalled), [(5, EventKind::CancellationConfirmed, "destroyed", 1)]);
    assert_eq!(recalled.shipment().phase().name(), PhaseName::Cancelled);
    assert_eq!(recalled.shipment().error_message().as_deref(), Some("Cancelled by desk: she left"));

    let made =
        fulfilled().request_cancel(Caller::application(CallerId::new("desk")), note(5, "she left")).into_shipment();
    assert!(watched(made).phase().key_exists(), "the key was made before the request");
}

/// A key can be on its way although its order was unconfirmed when it was cancelled.
#[test]
fn late_acceptance_of_cancelled_order_is_watched() {
    let Phased::Unconfirmed(lost) = submitting().lose("no answer", note(2, "lost")).into_shipment().phased() else {
        panic!("unexpected phase")
    };
    let change = lost.request_cancel(Caller::application(CallerId::new("desk")), note(3, "she left"));
    assert_eq!(events_of(&change), [(3, EventKind::CancelRequested, "she left", 1)]);
    let Phased::Cancelled(cancelled) = change.into_shipment().phased() else { panic!("unexpected phase") };
    let change = cancelled.accept(DeliveryId::new("Parcel9"), note(4, "accepted as Parcel9")).unwrap();
    assert_eq!(events_of(&change), [(4, EventKind::Accepted, "accepted as Parcel9", 1)]);
    let it = watched(change.into_shipment());
    let seen = (it.phase().before.delivery_id().map(DeliveryId::as_str), it.phase().request.reason.as_str());
    assert_eq!(seen, (Some("Parcel9"), "she left"));
}

/// Until the delivery service confirms, the obstacle explains why, and the message still states the cancellation.
#[test]
fn message_of_obstructed_cancellation_states_both() {
    let met = cancelling().meet(obstacle(ObstacleClass::Attention, "delete it by hand", 6)).into_shipment();
    assert_eq!(met.error_message().as_deref(), Some("Cancelled by desk: she left. delete it by hand"));
}

#[test]
fn resent_pin_completes_only_registered_shipment() {
    let resent = |shipment: Shipment| shipment.pin_resent(Caller::application(CallerId::new("desk")), note(9, "sent"));
    let change = resent(registered().into());
    assert_eq!(change.shipment().state(), "complete");
    let complete = change.into_shipment();
    let phase = complete.phase().clone();
    let change = resent(complete);
    assert_eq!((change.shipment().phase(), change.events()[0].kind), (&phase, EventKind::PinResent));
}

#[test]
fn returns_terms_for_user_serial_and_order() {
    let terms: Vec<_> = Shipment::from(fulfilled()).terms().into_iter().map(|term| term.as_str().to_owned()).collect();
    assert_eq!(terms, ["handle QURB", "order Parcel7", "serial 3632071", "upn ada@contoso.example"]);
    let person = UserKey::Upn("ADA@contoso.example".into());
    assert_eq!(Term::person(&person).as_str(), "upn ada@contoso.example");
}

#[test]
fn next_attempt_is_that_of_obstacle_or_end_of_submission() {
    assert_eq!(Shipment::from(submitting()).next_attempt(), Some(second(30)));
    assert_eq!(Shipment::from(accepted()).next_attempt(), None);
    let mut new = obstacle(ObstacleClass::Retry, "a", 3);
    new.next_attempt = Some(second(63));
    assert_eq!(Shipment::from(accepted()).meet(new).shipment().next_attempt(), Some(second(63)));
}

#[test]
fn round_trips_through_json() {
    let met = Shipment::from(registered()).meet(obstacle(ObstacleClass::Final, "a", 5)).into_shipment();
    let json = serde_json::to_string(&met).unwrap();
    assert_eq!(serde_json::from_str::<Shipment>(&json).unwrap(), met);
}

pub(super) fn queued(info: OrderInfo) -> In<crate::Queued> {
    let submission = key(&[]);
    let queueing = Queueing {
        id: ShipmentId::parse("019a0000-0000-7000-8000-000000000001").unwrap(),
        requested_by: Caller::application(CallerId::new("portal")),
        batch: None,
        info,
        product: submission.product,
        pin_length: submission.pin_length,
        user: UserRef::Upn("Ada@contoso.example".into()),
        from: second(20),
    };
    match Shipment::queue(queueing, note(1, "the order waits for its turn")).into_shipment().phased() {
        Phased::Queued(it) => it,
        other => panic!("{other:?}"),
    }
}

#[test]
fn queued_order_is_found_by_person_and_reference_and_is_due_at_its_time() {
    let info = OrderInfo { reference: Some("REQ-7".into()), ..OrderInfo::default() };
    let shipment = Shipment::from(queued(info));
    let ada = Term::person(&UserKey::Upn("ada@contoso.example".into()));
    let mut expected = [ada, Term::reference("req-7")];
    expected.sort();
    assert_eq!(shipment.terms(), expected);
    assert_eq!(shipment.next_attempt(), Some(second(20)));
    assert_eq!(shipment.user(), Some(&UserRef::Upn("Ada@contoso.example".into())));
    assert_eq!((shipment.state(), shipment.phase().delivery_id()), ("ongoing", None));
}

#[test]
fn order_that_returns_to_the_queue_leaves_no_credential_and_no_contact() {
    let contact = crate::EmailAddress::parse("desk@contoso.example").unwrap();
    let product = crate::Product { inventory_product_id: 107, ..key(&[500]).product };
    let dispatch = Dispatch {
        product: product.clone(),
        credentials: key(&[500]).credentials,
        enrollment_contacts: vec![contact.clone()],
        recipient_email: Some(contact),
        country: "US".into(),
        until: second(60),
    };
    let before = queued(OrderInfo::default());
    let sent = before.clone().dispatch(dispatch, note(30, "about to be ordered"));
    assert_eq!(sent.shipment().enrollment_contacts().len(), 1);
    assert_eq!(sent.shipment().keys()[0].credentials.len(), 1);
    assert_eq!(sent.shipment().keys()[0].product, product);
    let Phased::Submitting(submitting) = sent.into_shipment().phased() else { panic!("not submitting") };
    let again = submitting.requeue(before.phase().user.clone(), note(31, "too many requests")).into_shipment();
    assert_eq!((again.enrollment_contacts(), again.recipient_email()), (before.enrollment_contacts(), None));
    // The next attempt decides anew from which inventory.
    assert_eq!(again.keys()[0], Key { product, ..before.keys()[0].clone() });
    let Phased::Queued(again) = again.phased() else { panic!("not queued") };
    assert_eq!(again.phase().from, second(31));
    let cancelled = again.request_cancel(Caller::application(CallerId::new("desk")), note(40, "left"));
    assert_eq!(cancelled.shipment().phase().name(), PhaseName::Cancelled);
    assert_eq!(cancelled.shipment().user(), Some(&before.phase().user));
}

/// A PIN of a key that cannot be used would be delivered for nothing, and the shipment would then count as complete.
#[test]
fn revoked_key_ends_a_shipment_that_is_not_complete() {
    let revoke = |it: Shipment| it.revoked("AQID1", Caller::application(CallerId::new("desk")), note(9, "lost"));
    let change = revoke(registered().into());
    assert_eq!(change.events()[0].kind, EventKind::Revoked);
    let cancelled = change.into_shipment();
    assert_eq!((cancelled.phase().name(), cancelled.state()), (PhaseName::Cancelled, "ongoing"));
    assert_eq!((cancelled.key_revoked_at(), cancelled.needs_human()), (Some(second(9)), false));
    let complete = registered().complete(note(5, "sent")).into_shipment();
    let complete = revoke(complete).into_shipment();
    assert_eq!((complete.phase().name(), complete.key_revoked_at()), (PhaseName::Complete, Some(second(9))));
    assert!(!revoke(complete).is_changed());
}

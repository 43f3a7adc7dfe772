use super::*;
use crate::{PersonMail, Replacement, Withdrawal, WithdrawalCause, WithdrawalStep};

const NEW: &str = "019a0000-0000-7000-8000-00000000000a";

fn desk() -> Caller {
    Caller::application(CallerId::new("desk"))
}

fn new() -> ShipmentId {
    ShipmentId::parse(NEW).unwrap()
}

fn act(cause: WithdrawalCause, is_replaced: bool) -> Withdrawal {
    let replacement = is_replaced.then(|| Replacement { shipment: new(), is_queued: false });
    Withdrawal { cause, by: desk(), reason: "why".into(), at: second(9), replacement }
}

fn complete() -> Shipment {
    registered().complete(note(5, "sent")).into_shipment()
}

fn steps(shipment: &Shipment) -> Vec<(WithdrawalStep, bool)> {
    shipment.withdrawal_steps()
}

#[test]
fn lost_key_needs_its_passkey_removed_and_its_replacement_queued() {
    let lost = complete().withdraw(act(WithdrawalCause::Lost, true));
    assert_eq!(events_of(&lost), [(6, EventKind::Lost, "why", 1)]);
    assert_eq!(lost.events()[0].actor, Actor::Caller(desk()));
    let lost = lost.into_shipment();
    assert_eq!(steps(&lost), [(WithdrawalStep::RemovePasskey, false), (WithdrawalStep::QueueReplacement, false)]);
    assert!(lost.is_being_withdrawn() && lost.terms().contains(&Term::being_withdrawn()));
    let revoked = lost.revoked("AQID1", desk(), note(10, "gone")).into_shipment();
    assert!(revoked.is_being_withdrawn() && revoked.phase().name() == PhaseName::Complete);
    // A later replacement by hand does not undo the step.
    let linked = revoked.replaced(new(), desk(), note(11, "replaced")).into_shipment();
    let other = ShipmentId::parse("019a0000-0000-7000-8000-00000000000b").unwrap();
    let linked = linked.replaced(other, desk(), note(12, "again")).into_shipment();
    assert_eq!(steps(&linked), [(WithdrawalStep::RemovePasskey, true), (WithdrawalStep::QueueReplacement, true)]);
    assert!(!linked.is_being_withdrawn() && !linked.terms().contains(&Term::being_withdrawn()));
    let again = serde_json::from_str(&serde_json::to_string(&linked).unwrap()).unwrap();
    assert_eq!(linked, again);
}

#[test]
fn phase_decides_what_is_left() {
    use WithdrawalStep::{CancelOrder, RemovePasskey};
    let left = |shipment: Shipment| steps(&shipment.withdraw(act(WithdrawalCause::Left, false)).into_shipment());
    assert_eq!(left(submitting().into()), [(CancelOrder, false)]);
    assert_eq!(left(accepted().into()), [(CancelOrder, false)]);
    assert_eq!(left(fulfilled().into()), [(CancelOrder, false)]);
    assert_eq!(left(registered().into()), [(RemovePasskey, false)]);
    assert_eq!(left(complete()), [(RemovePasskey, false)]);
    assert_eq!(left(cancelling()), [(CancelOrder, true)]);
    assert_eq!(left(confirmed(cancelling())), [(CancelOrder, true)]);
    assert_eq!(left(submitting().refuse(note(2, "no")).into_shipment()), []);
    // A completion by hand is left alone, and nothing was registered.
    assert_eq!(left(Shipment::from(fulfilled()).completed_by_hand(second(4)).into_shipment()), []);
    // The PIN of a key that is lost before it was delivered opens nothing.
    let lost = Shipment::from(registered()).withdraw(act(WithdrawalCause::Lost, false)).into_shipment();
    let ended = lost.revoked("AQID1", desk(), note(10, "gone")).into_shipment();
    assert_eq!((ended.phase().name(), ended.is_being_withdrawn()), (PhaseName::Cancelled, false));
}

#[test]
fn returned_key_ends_the_watch() {
    let watched = fulfilled().request_cancel(desk(), note(5, "stop")).into_shipment();
    let back = watched.withdraw(act(WithdrawalCause::Returned, false)).into_shipment();
    assert_eq!(steps(&back), [(WithdrawalStep::CancelOrder, false)]);
    let Phased::Cancelling(back) = back.phased() else { panic!() };
    assert!(!back.recall(desk(), note(10, "back")).into_shipment().is_being_withdrawn());
}

#[test]
fn only_a_later_cause_replaces_an_act() {
    use WithdrawalCause::{Left, Lost, Returned};
    for (first, then, counts) in
        [(Lost, Lost, false), (Lost, Left, true), (Lost, Returned, true), (Left, Lost, false), (Left, Returned, true)]
    {
        let before = complete().withdraw(act(first, false)).into_shipment();
        let change = before.withdraw(act(then, true));
        assert_eq!(change.is_changed(), counts, "{first:?} {then:?}");
        let now = if counts { then } else { first };
        assert_eq!(change.shipment().withdrawal().unwrap().cause, now);
        assert_eq!(change.shipment().withdrawal().unwrap().replacement, None);
    }
}

/// Otherwise a key would be ordered for a person who left.
#[test]
fn replacement_that_is_not_queued_is_dropped_when_the_person_leaves() {
    let lost = complete().withdraw(act(WithdrawalCause::Lost, true)).into_shipment();
    let replacement = |shipment: &Shipment| shipment.withdrawal().unwrap().replacement;
    let left = lost.clone().withdraw(act(WithdrawalCause::Left, false)).into_shipment();
    assert_eq!((replacement(&left), steps(&left)), (None, vec![(WithdrawalStep::RemovePasskey, false)]));
    // A key that is found again is replaced all the same, because the next one was promised.
    let found = lost.clone().withdraw(act(WithdrawalCause::Returned, false)).into_shipment();
    assert_eq!(replacement(&found).map(|it| it.shipment), Some(new()));
    let queued = lost.replaced(new(), desk(), note(10, "queued")).into_shipment();
    let left = queued.withdraw(act(WithdrawalCause::Left, false)).into_shipment();
    assert_eq!(replacement(&left), Some(Replacement { shipment: new(), is_queued: true }));
}

#[test]
fn act_removes_the_obstacle_of_what_it_ends() {
    let stuck = Shipment::from(fulfilled()).meet(obstacle(ObstacleClass::Final, "call", 4)).into_shipment();
    let left = stuck.withdraw(act(WithdrawalCause::Left, false)).into_shipment();
    assert!(left.obstacle().is_none() && left.is_being_withdrawn());
}

#[test]
fn person_gets_no_news_of_a_withdrawn_key() {
    let planned = complete().with_person_mails(&PersonMail::ALL).into_shipment();
    assert!(planned.due_mail().is_some());
    let lost = planned.withdraw(act(WithdrawalCause::Lost, false)).into_shipment();
    assert_eq!((lost.due_mail(), lost.next_attempt()), (None, None));
}

#[test]
fn mails_about_a_loss_are_due_when_the_key_cannot_be_used_any_more() {
    let with_mails = complete().with_person_mails(&PersonMail::ALL).into_shipment();
    assert!(!with_mails.awaits_mail(PersonMail::Lost), "the report plans them");
    let lost = with_mails.withdraw(act(WithdrawalCause::Lost, true)).then(Shipment::with_mails_about_loss);
    let lost = lost.into_shipment();
    assert_eq!((lost.due_mail(), lost.next_attempt()), (None, None));
    let mut gone = lost.revoked("AQID1", desk(), note(10, "gone")).into_shipment();
    let due = |shipment: &Shipment| shipment.due_mail().map(|(mail, _)| mail);
    assert_eq!((due(&gone), gone.next_attempt()), (Some(PersonMail::Lost), Some(gone.created_at())));
    // The first failure lets the manager go first.
    gone = gone.person_mail_failed(second(70)).into_shipment();
    assert_eq!((due(&gone), gone.mail_attempts()), (Some(PersonMail::LostToManager), 0));
    gone = gone.person_mail_failed(second(70)).into_shipment();
    assert_eq!((due(&gone), gone.mail_attempts()), (Some(PersonMail::LostToManager), 1));
    assert_eq!(gone.next_attempt(), Some(second(70)));
    // A person who leaves gets no word, and a returned key is none that is lost.
    for cause in [WithdrawalCause::Left, WithdrawalCause::Returned] {
        let other = gone.clone().withdraw(act(cause, false)).into_shipment();
        assert_eq!((due(&other), other.next_attempt()), (None, None));
        let none = complete().withdraw(act(cause, false)).into_shipment().with_mails_about_loss();
        assert!(!none.is_changed());
    }
    gone = gone.person_mailed(PersonMail::LostToManager, note(80, "told")).into_shipment();
    assert_eq!(due(&gone), Some(PersonMail::Lost));
    gone = gone.person_mailed(PersonMail::Lost, note(90, "told")).into_shipment();
    assert_eq!((due(&gone), gone.next_attempt()), (None, None));
}

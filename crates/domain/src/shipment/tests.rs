use super::*;
use crate::{FulfilmentId, PhaseName, PinLength, PlannedCredential, Product, Submitting, UserHandle, UserRef};

fn second(second: i64) -> Timestamp {
    Timestamp::from_timestamp(second, 0).unwrap()
}

fn key(deadlines: &[i64]) -> Key {
    let credential = |deadline: &i64| PlannedCredential {
        user: UserRef::Upn("ada@contoso.example".into()),
        object_id: None,
        user_handle: UserHandle::new("QURB"),
        rp_id: "login.example".into(),
        deadline: second(*deadline),
    };
    Key {
        product: Product { product_id: 1, inventory_product_id: 2, customization_id: "3".into() },
        credentials: deadlines.iter().map(credential).collect(),
        pin_length: PinLength::try_from(6).unwrap(),
    }
}

fn shipment(phase: impl Into<Phase>) -> Shipment {
    Shipment {
        id: ShipmentId::parse("019a0000-0000-7000-8000-000000000001").unwrap(),
        requested_by: CallerId::new("portal"),
        created_at: second(0),
        keys: vec![key(&[500])],
        enrollment_contacts: Vec::new(),
        recipient_email: None,
        phase: phase.into(),
        obstacle: None,
        history: History::default(),
    }
}

fn submitting() -> Submitting {
    Submitting::new(second(1))
}

fn obstacle(class: ObstacleClass, message: &str) -> Obstacle {
    Obstacle {
        class,
        code: "no-manager".into(),
        message: message.into(),
        since: second(1),
        attempts: 1,
        next_attempt: None,
    }
}

fn history(shipment: &Shipment) -> Vec<(EventKind, &str, u32)> {
    shipment.history.events().iter().map(|event| (event.kind, event.detail.as_str(), event.times)).collect()
}

#[test]
fn the_next_phase_is_entered_and_told_and_what_stood_in_the_way_is_gone() {
    let mut shipment = shipment(submitting());
    shipment.obstacle = Some(obstacle(ObstacleClass::Retry, "call 7 failed"));
    let accepted = submitting().accepted(FulfilmentId::new("Parcel7"), second(2));
    shipment.enter(accepted, Event::new(second(2), EventKind::Accepted, Actor::Processing, "Parcel7"));
    assert_eq!(shipment.phase.name(), PhaseName::Accepted);
    assert_eq!(shipment.obstacle, None);
    assert_eq!(history(&shipment), [(EventKind::Accepted, "Parcel7", 1)]);
}

#[test]
fn an_obstacle_is_told_by_its_class_and_counted_when_it_comes_again() {
    let mut shipment = shipment(submitting());
    for (class, call) in [
        (ObstacleClass::Retry, "call 7"),
        (ObstacleClass::Retry, "call 8"),
        (ObstacleClass::Attention, "call 9"),
        (ObstacleClass::Final, "call 10"),
    ] {
        shipment.meet(obstacle(class, call), "no manager", Some(call.into()), second(3));
        assert_eq!(shipment.error_message(), Some(call));
    }
    let told = ["retry: no manager", "attention: no manager", "final: no manager"];
    assert_eq!(
        history(&shipment),
        [(EventKind::Obstacle, told[0], 2), (EventKind::Obstacle, told[1], 1), (EventKind::Obstacle, told[2], 1)]
    );
    assert_eq!(shipment.history.events()[0].correlation.as_deref(), Some("call 8"));

    shipment.clear_obstacle(second(4));
    assert_eq!((shipment.obstacle.as_ref(), shipment.error_message()), (None, None));
    assert_eq!(history(&shipment).last().map(|(kind, ..)| *kind), Some(EventKind::ObstacleCleared));
    // A run without trouble is no event.
    shipment.clear_obstacle(second(5));
    assert_eq!(history(&shipment).len(), 4);
}

#[test]
fn a_record_edited_to_complete_is_completed_once() {
    let mut shipment = shipment(submitting().accepted(FulfilmentId::new("Parcel7"), second(2)));
    shipment.completed_by_hand(second(3));
    shipment.completed_by_hand(second(4));
    let Phase::Complete(complete) = &shipment.phase else { panic!("{:?}", shipment.phase) };
    assert_eq!((complete.at, &complete.by), (second(3), &CompletedBy::Record));
    assert_eq!(history(&shipment).len(), 1);
    assert_eq!(shipment.history.events()[0].actor.to_string(), "edited by hand");
}

/// Section 9 of the guide knows these two words and an `error_message`.
#[test]
fn the_guide_sees_ongoing_or_complete_and_why_it_does_not_go_on() {
    let accepted = submitting().accepted(FulfilmentId::new("Parcel7"), second(2));
    let complete = Phase::from(accepted.clone()).set_complete(second(3), CompletedBy::Record);
    for (phase, state, message) in [
        (Phase::from(submitting()), "ongoing", None),
        (submitting().refused("sold out", second(2)).into(), "ongoing", Some("sold out")),
        (submitting().unconfirmed("no answer", None, second(2)).into(), "ongoing", Some("no answer")),
        (accepted.clone().cancelled("gone", second(3)).into(), "ongoing", Some("gone")),
        (accepted.into(), "ongoing", None),
        (complete.into(), "complete", None),
    ] {
        let shipment = shipment(phase);
        assert_eq!((shipment.state(), shipment.error_message()), (state, message), "{:?}", shipment.phase);
    }
}

#[test]
fn the_earliest_challenge_of_all_keys_sets_the_deadline() {
    let mut shipment = shipment(submitting());
    shipment.keys = vec![key(&[900, 700]), key(&[800])];
    assert_eq!(shipment.deadline(), Some(second(700)));
    shipment.keys.clear();
    assert_eq!(shipment.deadline(), None);
}

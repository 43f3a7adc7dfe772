use super::*;
use crate::{Aaguid, CredentialId, SerialNumber};

fn second(second: i64) -> Timestamp {
    Timestamp::from_timestamp(second, 0).unwrap()
}

/// One phase of each name, in the order of a shipment's life; what is known grows from one to the next.
fn life() -> [Phase; 8] {
    let submitting = Submitting::new(second(1));
    let accepted = submitting.clone().accepted(DeliveryId::new("Parcel7"), second(2));
    let hardware = Hardware { serial: SerialNumber::new("3632071"), firmware: None };
    let fulfilled = accepted.clone().fulfilled(vec![hardware], second(3));
    let credential = RegisteredCredential {
        credential_id: Some(CredentialId::from_bytes(vec![1, 2, 3])),
        aaguid: Some(Aaguid::from_bytes([7; 16])),
        method_id: "AQID1".into(),
        display_name: "Key".into(),
        registered_at: second(4),
    };
    let registered = fulfilled.clone().registered(vec![vec![credential]], second(4));
    [
        submitting.clone().into(),
        submitting.clone().refused("sold out", second(2)).into(),
        submitting.unconfirmed("no answer", Some("c0rrelation".into()), second(2)).into(),
        accepted.into(),
        fulfilled.clone().into(),
        registered.clone().into(),
        registered.complete(second(5)).into(),
        fulfilled.cancelled("gone", second(6)).into(),
    ]
}

#[test]
fn a_phase_is_found_again_by_the_name_that_its_record_has() {
    for (phase, name) in life().into_iter().zip(PhaseName::ALL) {
        assert_eq!(phase.name(), name);
        assert_eq!(PhaseName::parse(name.as_str()), Some(name));
        let record = serde_json::to_value(&phase).unwrap();
        assert_eq!(record["phase"], name.as_str());
        assert_eq!(serde_json::from_value::<Phase>(record).unwrap(), phase);
    }
    for other in ["", "Complete", "completed", "ongoing"] {
        assert_eq!(PhaseName::parse(other), None, "{other}");
    }
}

/// The listing of open shipments and processing rely on it.
#[test]
fn what_a_phase_tells_is_what_was_reached_by_then() {
    let life = life();
    let known: Vec<_> = life
        .iter()
        .map(|phase| {
            let parcel = phase.delivery_id().map(DeliveryId::as_str);
            (parcel, phase.accepted().is_some(), phase.fulfilled().is_some(), phase.registered().is_some())
        })
        .collect();
    let nothing = (None, false, false, false);
    let ordered = (Some("Parcel7"), true, false, false);
    let made = (Some("Parcel7"), true, true, false);
    let held = (Some("Parcel7"), true, true, true);
    assert_eq!(known, [nothing, nothing, nothing, ordered, made, held, held, made]);
}

/// Nobody loses the way to the parcel, the key or the method by a person's word.
#[test]
fn set_to_complete_a_phase_keeps_all_that_was_known() {
    for phase in life() {
        let complete = Phase::from(phase.clone().set_complete(second(9), CompletedBy::Record));
        assert_eq!(complete.name(), PhaseName::Complete);
        assert_eq!(complete.delivery_id(), phase.delivery_id());
        assert_eq!(complete.accepted(), phase.accepted());
        assert_eq!(complete.fulfilled(), phase.fulfilled());
        assert_eq!(complete.registered(), phase.registered());
    }
}

/// Its age counts from the first time, or a clean up would never come.
#[test]
fn what_is_complete_stays_as_it_was_completed() {
    let [.., complete, _] = life();
    let again = complete.clone().set_complete(second(99), CompletedBy::Record);
    assert_eq!(Phase::from(again), complete);
}

#[test]
fn a_cancelled_order_keeps_what_was_known_too() {
    let [_, _, _, Phase::Accepted(accepted), ..] = life() else { panic!("another order of phases") };
    let cancelled = Phase::from(accepted.clone().cancelled("gone", second(3)));
    assert_eq!(cancelled.accepted(), Some(&accepted));
    assert_eq!(cancelled.fulfilled(), None);
}

#[test]
fn an_adopted_order_is_as_good_as_an_accepted_one() {
    let [Phase::Submitting(submitting), _, Phase::Unconfirmed(unconfirmed), ..] = life() else {
        panic!("another order of phases")
    };
    let id = DeliveryId::new("Parcel8");
    assert_eq!(unconfirmed.adopted(id.clone(), second(8)), submitting.accepted(id, second(8)));
}

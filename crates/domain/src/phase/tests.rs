use super::*;
use crate::{Aaguid, Caller, CallerId, CredentialId, SerialNumber, UserRef};

fn second(second: i64) -> Timestamp {
    Timestamp::from_timestamp(second, 0).unwrap()
}

fn request() -> Cancellation {
    Cancellation { by: Caller::application(CallerId::new("desk")), reason: "the person left".into(), at: second(5) }
}

/// Returns one phase of each name, in the order of a shipment's life.
fn all_phases() -> [Phase; 10] {
    let queued = Queued::new(UserRef::Upn("ada@contoso.example".into()), second(1));
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
        queued.into(),
        submitting.clone().into(),
        submitting.clone().refused("sold out", second(2)).into(),
        submitting.unconfirmed("no answer", Some("c0rrelation".into()), second(2)).into(),
        accepted.into(),
        fulfilled.clone().into(),
        registered.clone().into(),
        registered.complete(second(5)).into(),
        fulfilled.clone().cancelling(request()).into(),
        fulfilled.cancelled("gone", second(6)).into(),
    ]
}

#[test]
fn round_trips_through_record() {
    for (phase, name) in all_phases().into_iter().zip(PhaseName::ALL) {
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

/// Processing and the list of open shipments depend on these accessors.
#[test]
fn accessors_return_data_of_reached_phases() {
    let phases = all_phases();
    let known: Vec<_> = phases
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
    assert_eq!(known, [nothing, nothing, nothing, nothing, ordered, made, held, held, made, made]);
}

/// Completion by an operator must not lose the ids of the parcel, the key or the method.
#[test]
fn completion_by_hand_keeps_earlier_data() {
    for phase in all_phases() {
        let complete = Phase::from(phase.clone().set_complete(second(9), CompletedBy::Record));
        assert_eq!(complete.name(), PhaseName::Complete);
        assert_eq!(complete.delivery_id(), phase.delivery_id());
        assert_eq!(complete.accepted(), phase.accepted());
        assert_eq!(complete.fulfilled(), phase.fulfilled());
        assert_eq!(complete.registered(), phase.registered());
    }
}

/// Retention counts from the first completion; otherwise clean-up would never delete the record.
#[test]
fn second_completion_keeps_time_of_first() {
    let [.., complete, _, _] = all_phases();
    let again = complete.clone().set_complete(second(99), CompletedBy::Record);
    assert_eq!(Phase::from(again), complete);
}

#[test]
fn cancellation_keeps_earlier_data() {
    let [_, _, _, _, Phase::Accepted(accepted), ..] = all_phases() else { panic!("unexpected order of phases") };
    let cancelled = Phase::from(accepted.clone().cancelled("gone", second(3)));
    assert_eq!(cancelled.accepted(), Some(&accepted));
    assert_eq!(cancelled.fulfilled(), None);
}

#[test]
fn adopted_order_equals_accepted_order() {
    let [_, Phase::Submitting(submitting), _, Phase::Unconfirmed(unconfirmed), ..] = all_phases() else {
        panic!("unexpected order of phases")
    };
    let id = DeliveryId::new("Parcel8");
    assert_eq!(unconfirmed.adopted(id.clone(), second(8)), submitting.accepted(id, second(8)));
}

/// Records of earlier versions have no author: only processing cancelled shipments.
#[test]
fn cancelled_record_without_author_was_cancelled_by_processing() {
    let [.., cancelled] = all_phases();
    let mut record = serde_json::to_value(&cancelled).unwrap();
    record.as_object_mut().unwrap().remove("by").unwrap();
    assert_eq!(serde_json::from_value::<Phase>(record).unwrap(), cancelled);
}

#[test]
fn unconfirmed_cancellation_is_shown_as_cancelled_and_stays_open() {
    assert_eq!((PhaseName::Cancelling.as_str(), PhaseName::Cancelling.shown()), ("cancelling", "cancelled"));
    assert!(PhaseName::OPEN.contains(&PhaseName::Cancelling) && !PhaseName::PENDING.contains(&PhaseName::Cancelling));
    assert!(!PhaseName::OPEN.contains(&PhaseName::Cancelled));
}

/// A queued order counts as open for its user, but runs do not process it.
#[test]
fn queued_order_is_pending_but_not_for_runs() {
    assert!(PhaseName::PENDING.contains(&PhaseName::Queued) && !PhaseName::OPEN.contains(&PhaseName::Queued));
}

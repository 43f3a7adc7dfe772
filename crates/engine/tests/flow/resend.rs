//! Resending of PINs on request of an operator.

use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::{EventKind, PhaseName};
use keyferry_engine::Release;
use keyferry_engine::ResendError;
use keyferry_engine::Run;
use tokio::sync::Notify;

use crate::support::trouble::status;
use crate::support::world::caller;
use crate::support::{Call, Trouble, World, lock};

#[tokio::test]
async fn unknown_shipment_is_not_found() {
    let world = World::new();
    let error = world.engine().operator.resend_pin("unknown", caller(), Release::default()).await;
    assert_eq!(error, Err(ResendError::NotFound("unknown".into())));
}

#[tokio::test]
async fn rejects_resend_before_registration_with_reason() {
    let world = World::new();
    let engine = world.engine();
    let created = world.ordered(&engine).await;
    world.set_state(&created.delivery_id, Some(7));
    engine.processing.run(Run::All).await;
    let error =
        engine.operator.resend_pin(created.delivery_id.as_str(), caller(), Release::default()).await.unwrap_err();
    let ResendError::NotRegistered { phase, why, .. } = &error else { panic!("{error:?}") };
    assert_eq!(*phase, PhaseName::Accepted);
    assert!(why.as_deref().unwrap().contains("Edit the order"), "{error}");
    // A shipment completed by hand before registration is not registered either.
    let id = created.shipment.to_string();
    lock(&world.records).set_complete_by_hand(created.shipment);
    let error = engine.operator.resend_pin(&id, caller(), Release::default()).await.unwrap_err();
    assert!(matches!(error, ResendError::NotRegistered { phase: PhaseName::Complete, .. }), "{error:?}");
    assert!(world.sent().is_empty());
}

#[tokio::test]
async fn each_resend_fetches_pin_and_has_new_message_id() {
    let world = World::new();
    let engine = world.engine();
    let created = world.completed(&engine).await;
    for id in [created.delivery_id.to_string(), created.shipment.to_string()] {
        engine.operator.resend_pin(&id, caller(), Release::default()).await.unwrap();
    }
    assert_eq!(world.faults.count(Call::OpenPin), 3);
    let sent = world.sent();
    let mut ids: Vec<_> = sent.iter().map(|sent| sent.message_id.clone()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((sent.len(), ids.len()), (3, 3));
    assert!(sent.iter().all(|again| (&again.pin, &again.addressees) == (&sent[0].pin, &sent[0].addressees)));
    assert!(world.events(created.shipment).iter().any(|event| event.kind == EventKind::PinResent));
    assert_eq!(lock(&world.records).claims(), 0);
}

#[tokio::test]
async fn resend_completes_registered_shipment() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    world.faults.once(Call::Deliver, status(550));
    engine.processing.run(Run::All).await;
    assert_eq!((world.phase(created.shipment), world.obstacle(created.shipment).0), ("registered", "attention"));
    engine.operator.resend_pin(created.delivery_id.as_str(), caller(), Release::default()).await.unwrap();
    assert_eq!(
        (world.phase(created.shipment), world.shipment(created.shipment).obstacle().cloned()),
        ("complete", None)
    );
}

#[tokio::test]
async fn reports_each_reason_for_unsent_pin() {
    let world = World::new();
    let engine = world.engine();
    let created = world.completed(&engine).await;
    let id = created.delivery_id.to_string();
    let failed = async |word: &str| {
        let error = engine.operator.resend_pin(&id, caller(), Release::default()).await.unwrap_err();
        assert!(matches!(error, ResendError::Failed(_)), "{error:?}");
        assert!(error.to_string().contains(word), "{word}: {error}");
        assert_eq!(lock(&world.records).claims(), 0, "{word}");
    };
    world.faults.once(Call::Deliver, status(550));
    failed("addressee").await;
    world.faults.once(Call::Status, status(503));
    failed("delivery service").await;
    lock(&world.delivery).parcel(&created.delivery_id).serves_pin = false;
    failed("PIN response").await;
    lock(&world.delivery).parcel(&created.delivery_id).deleted = true;
    failed("its PIN cannot be fetched").await;
    {
        let mut delivery = lock(&world.delivery);
        let parcel = delivery.parcel(&created.delivery_id);
        (parcel.deleted, parcel.serves_pin) = (false, true);
    }
    lock(&world.vault).purge(&keyferry_domain::ports::SecretName::of(created.shipment));
    failed("does not exist").await;
    assert_eq!(world.sent().len(), 1);
    assert_eq!(world.phase(created.shipment), "complete");
}

#[tokio::test]
async fn claimed_shipment_is_busy() {
    let world = World::new();
    let engine = world.engine();
    let created = world.completed(&engine).await;
    lock(&world.records).claim_by_hand(created.shipment, world.clock.now() + Duration::from_secs(90));
    let id = created.delivery_id.to_string();
    assert_eq!(engine.operator.resend_pin(&id, caller(), Release::default()).await, Err(ResendError::Busy(id)));
}

#[tokio::test]
async fn sent_pin_is_success_even_if_not_recorded() {
    let world = World::new();
    let engine = world.engine();
    let created = world.completed(&engine).await;
    world.faults.once(Call::Commit, Trouble::Lost { done: false });
    engine.operator.resend_pin(created.delivery_id.as_str(), caller(), Release::default()).await.unwrap();
    assert_eq!(world.sent().len(), 2);
}

#[tokio::test]
async fn disconnected_caller_leaves_no_claim_and_complete_history() {
    let world = World::new();
    let engine = world.engine();
    let created = world.completed(&engine).await;
    let gate = Arc::new(Notify::new());
    world.faults.once(Call::Deliver, Trouble::Hold(gate.clone()));
    world.faults.calls();
    let id = created.delivery_id.as_str();
    tokio::select! {
        _ = engine.operator.resend_pin(id, caller(), Release::default()) => panic!("the call should not finish"),
        () = world.faults.met(Call::Deliver) => {}
    }
    gate.notify_one();
    engine.shut_down().await;
    assert_eq!((world.sent().len(), lock(&world.records).claims()), (2, 0));
    assert_eq!(world.events(created.shipment).last().unwrap().kind, EventKind::PinResent);
}

#[tokio::test]
async fn run_skips_shipment_during_resend() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    world.faults.once(Call::Deliver, status(550));
    engine.processing.run(Run::All).await;
    let gate = Arc::new(Notify::new());
    world.faults.once(Call::Deliver, Trouble::Hold(gate.clone()));
    world.faults.calls();
    let running = async {
        world.faults.met(Call::Deliver).await;
        assert_eq!(engine.processing.run(Run::All).await.processed, 0);
        gate.notify_one();
    };
    let (resent, ()) =
        tokio::join!(engine.operator.resend_pin(created.delivery_id.as_str(), caller(), Release::default()), running);
    resent.unwrap();
    assert_eq!((world.phase(created.shipment), world.sent().len()), ("complete", 1));
}

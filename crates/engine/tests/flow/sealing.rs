//! Orders for a provider that seals the requests itself: create, process, resend.

use keyferry_domain::{CredentialRequest, EventKind};
use keyferry_engine::Release;
use keyferry_engine::{Engine, Run};

use crate::support::sealing::sealing_provider;
use crate::support::world::{ada, caller, hour_later, request};
use crate::support::{Call, Trouble, World, lock};

const OURS: [Call; 8] = [
    Call::CreationOptions,
    Call::Account,
    Call::Prepare,
    Call::OpenCredential,
    Call::Find,
    Call::Register,
    Call::OpenPin,
    Call::Deliver,
];

fn engine(world: &std::sync::Arc<World>) -> Engine {
    world.engine_of_sealing_provider()
}

#[tokio::test]
async fn provider_that_seals_registers_key_and_sends_pin() {
    let world = World::new();
    let engine = engine(&world);
    let created = world.ordered(&engine).await;
    let shipment = world.shipment(created.shipment);
    let planned = &shipment.keys()[0].credentials[0];
    let enrolment = lock(&world.enrolments).0[0].clone();
    assert_eq!(planned.provider, sealing_provider());
    assert_eq!(planned.request, CredentialRequest::Provider { enrolment_id: enrolment.id.clone() });
    assert_eq!((enrolment.user.as_str(), enrolment.pin_length), ("ada@contoso.example", 12));
    assert_eq!((planned.deadline(), shipment.deadline()), (None, None), "the provider reports no deadline");
    // The delivery service received the requests sealed by the provider.
    assert!(lock(&world.delivery).parcel_sealed(&enrolment.sealed).is_some());
    let ordered = &world.events(created.shipment)[0];
    assert_eq!((ordered.kind, ordered.correlation.as_deref()), (EventKind::Submitted, Some("enr0ll")));

    world.ship(&created.delivery_id);
    engine.processing.run(Run::All).await;
    assert_eq!(world.phase(created.shipment), "complete");
    let enrolment = lock(&world.enrolments).0[0].clone();
    assert_eq!((enrolment.activations, enrolment.pins_sent), (1, 1));
    let serial = lock(&world.delivery).parcel(&created.delivery_id).made.as_ref().unwrap().serial.to_string();
    assert_eq!(enrolment.activated.unwrap()[..2], [serial, "5.7.4".into()]);
    let done = world.events(created.shipment).pop().unwrap();
    assert!(done.detail.ends_with("to ada@contoso.example, by the identity provider"), "{}", done.detail);
    for call in OURS {
        assert_eq!(world.faults.count(call), 0, "{call:?} is not used with a provider that seals");
    }

    engine.operator.resend_pin(created.delivery_id.as_str(), caller(), Release::default()).await.unwrap();
    assert_eq!(lock(&world.enrolments).0[0].pins_sent, 2);
    assert!(world.sent().is_empty());
}

#[tokio::test]
async fn activation_with_lost_response_is_not_repeated() {
    let world = World::new();
    let engine = engine(&world);
    let created = world.shipped(&engine).await;
    world.faults.once(Call::Activate, Trouble::Lost { done: true });
    engine.processing.run(Run::All).await;
    assert_eq!((world.phase(created.shipment), world.obstacle(created.shipment).0), ("fulfilled", "retry"));
    hour_later(&world, &engine).await;
    assert_eq!(world.phase(created.shipment), "complete");
    assert_eq!(lock(&world.enrolments).0[0].activations, 1);
}

#[tokio::test]
async fn failed_enrolment_orders_nothing() {
    let world = World::new();
    world.faults.once(Call::Enroll, crate::support::trouble::status(403));
    engine(&world).orders.create(request(ada())).await.unwrap_err();
    assert_eq!(world.orders(), 0);
}

#[tokio::test]
async fn processes_keys_of_both_kinds_of_providers() {
    let world = World::new();
    let (theirs, ours) = (engine(&world), world.engine());
    let (first, second) = (world.shipped(&theirs).await, world.shipped(&ours).await);
    // The engine with both providers processes both shipments. The other engine reports the missing provider.
    ours.processing.run(Run::All).await;
    assert_eq!((world.phase(second.shipment), world.phase(first.shipment)), ("complete", "fulfilled"));
    let (class, message) = world.obstacle(first.shipment);
    assert_eq!(class, "attention");
    assert!(message.contains("no identity provider \"sealing\" is configured"), "{message}");
    hour_later(&world, &theirs).await;
    assert_eq!(world.phase(first.shipment), "complete");
    assert_eq!((world.sent().len(), lock(&world.enrolments).0[0].pins_sent), (1, 1));
}

#[tokio::test]
async fn user_lock_applies_to_provider_that_seals() {
    let world = World::new();
    let engine = world.engine_of_sealing_provider_with(|settings| settings.one_open_order_per_user = true);
    let (first, second) = tokio::join!(engine.orders.create(request(ada())), engine.orders.create(request(ada())));
    assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    assert_eq!((world.orders(), lock(&world.enrolments).0.len()), (1, 1));
}

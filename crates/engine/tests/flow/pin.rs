//! The PIN: handed over once it is of use, retried without registering again.

use keyferry_engine::Run;

use crate::support::trouble::status;
use crate::support::world::hour_later;
use crate::support::{Call, Trouble, World, lock};

#[tokio::test]
async fn a_pin_that_could_not_be_delivered_is_tried_again_under_the_same_message_id() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    world.faults.once(Call::Deliver, status(503));
    engine.processing.run(Run::All).await;
    assert_eq!((world.phase(created.shipment), world.obstacle(created.shipment).0), ("registered", "retry"));
    let view = engine.views.shipment(created.delivery_id.as_str()).await.unwrap().unwrap();
    assert_eq!(view.state, "ongoing", "not complete before the PIN went");
    // The answer is lost: it may have gone out.
    world.faults.once(Call::Deliver, Trouble::Lost { done: true });
    hour_later(&world, &engine).await;
    assert_eq!(world.phase(created.shipment), "registered");
    hour_later(&world, &engine).await;
    assert_eq!(world.phase(created.shipment), "complete");
    assert_eq!(world.faults.count(Call::Register), 1);
    let [lost, sent] = world.sent().try_into().unwrap();
    assert_eq!((lost.message_id, lost.addressees), (sent.message_id.clone(), sent.addressees));
    assert!(sent.message_id.starts_with(&created.shipment.to_string()));
}

#[tokio::test]
async fn the_pin_waits_for_its_response_and_its_absence_is_told() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    lock(&world.delivery).parcel(&created.delivery_id).serves_pin = false;
    engine.processing.run(Run::All).await;
    assert_eq!((world.phase(created.shipment), world.obstacle(created.shipment).0), ("registered", "attention"));
    lock(&world.delivery).parcel(&created.delivery_id).serves_pin = true;
    hour_later(&world, &engine).await;
    assert_eq!(world.phase(created.shipment), "complete");
}

#[tokio::test]
async fn a_registered_key_whose_shipment_is_gone_never_shows_complete() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    world.faults.once(Call::Deliver, status(503));
    engine.processing.run(Run::All).await;
    lock(&world.delivery).parcel(&created.delivery_id).deleted = true;
    hour_later(&world, &engine).await;
    assert_eq!((world.phase(created.shipment), world.obstacle(created.shipment).0), ("registered", "attention"));
    assert_eq!(engine.views.shipment(created.delivery_id.as_str()).await.unwrap().unwrap().state, "ongoing");
}

#[tokio::test]
async fn the_notice_says_whose_key_it_is_and_that_the_pin_must_be_changed() {
    let world = World::new();
    let engine = world.engine();
    world.completed(&engine).await;
    let [sent] = world.sent().try_into().unwrap();
    assert_eq!(sent.user_name, "Person ada@contoso.example");
    assert!(sent.change_on_first_use);
    assert_eq!(sent.pin.len(), 12);
}

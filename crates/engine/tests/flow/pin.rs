//! PIN delivery: after registration, and retried without registering again.

use keyferry_engine::Run;

use crate::support::trouble::status;
use crate::support::world::hour_later;
use crate::support::{Call, Trouble, World, lock};

#[tokio::test]
async fn retries_pin_delivery_with_same_message_id() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    world.faults.once(Call::Deliver, status(503));
    engine.processing.run(Run::All).await;
    assert_eq!((world.phase(created.shipment), world.obstacle(created.shipment).0), ("registered", "retry"));
    let view = engine.views.shipment(created.delivery_id.as_str()).await.unwrap().unwrap();
    assert_eq!(view.state, "ongoing", "not complete before the PIN is delivered");
    // The response is lost, so the PIN may have been delivered.
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
async fn missing_pin_response_is_obstacle_until_available() {
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
async fn registered_key_with_deleted_shipment_stays_ongoing() {
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
async fn notice_contains_user_name_and_pin_change_flag() {
    let world = World::new();
    let engine = world.engine();
    world.completed(&engine).await;
    let [sent] = world.sent().try_into().unwrap();
    assert_eq!(sent.user_name, "Person ada@contoso.example");
    assert!(sent.change_on_first_use);
    assert_eq!(sent.pin.len(), 12);
}

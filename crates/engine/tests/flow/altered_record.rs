//! Records that were edited in the store: key and PIN go to nobody else than the person of the order.

use keyferry_domain::{FailureClass, UserRef};
use keyferry_engine::Release;
use keyferry_engine::{Engine, ResendError, Run};
use serde_json::{Value, json};

use crate::support::trouble::status;
use crate::support::world::{ada, address, caller, hour_later, request};
use crate::support::{Call, World, lock};

const USER: &str = "/keys/0/credentials/0/user";
const OBJECT_ID: &str = "/keys/0/credentials/0/object_id";

/// Edits of a record that would send key or PIN elsewhere.
fn edits() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        (OBJECT_ID, json!("a1000000-0000-4000-8000-000000000001"), "person"),
        (USER, json!({"upn": "eve@contoso.example"}), "person"),
        ("/enrollment_contacts", json!(["eve@contoso.example"]), "contacts"),
        ("/recipient_email", json!("eve@contoso.example"), "contacts"),
        ("/requested_by/application", json!("another-application"), "order"),
    ]
}

async fn assert_unchanged(world: &World, calls: [usize; 2]) {
    assert_eq!([world.faults.count(Call::Register), world.sent().len()], calls);
}

async fn assert_obstacle(world: &std::sync::Arc<World>, engine: &Engine, id: keyferry_domain::ShipmentId, fact: &str) {
    let (class, message) = world.obstacle(id);
    assert_eq!(class, "final", "{message}");
    assert!(message.contains(&format!("was altered since the order: {fact}. ")), "{message}");
    hour_later(world, engine).await;
    assert_eq!(world.obstacle(id).0, "final");
}

#[tokio::test]
async fn nothing_is_registered_for_an_altered_record() {
    for (pointer, value, fact) in edits() {
        let world = World::new();
        lock(&world.people).add("eve");
        let engine = world.engine();
        let created = world.shipped(&engine).await;
        lock(&world.records).edit_by_hand(created.shipment, pointer, value);
        engine.processing.run(Run::All).await;
        assert_obstacle(&world, &engine, created.shipment, fact).await;
        assert_unchanged(&world, [0, 0]).await;
    }
}

#[tokio::test]
async fn no_pin_is_sent_for_an_altered_record() {
    for (pointer, value, fact) in edits() {
        let world = World::new();
        lock(&world.people).add("eve");
        let engine = world.engine();
        let created = world.shipped(&engine).await;
        world.faults.once(Call::Deliver, status(503));
        engine.processing.run(Run::All).await;
        assert_eq!(world.phase(created.shipment), "registered");
        lock(&world.records).edit_by_hand(created.shipment, pointer, value);
        hour_later(&world, &engine).await;
        assert_obstacle(&world, &engine, created.shipment, fact).await;
        assert_unchanged(&world, [1, 0]).await;
    }
}

#[tokio::test]
async fn no_pin_is_resent_for_an_altered_record() {
    for (pointer, value, fact) in edits() {
        let world = World::new();
        lock(&world.people).add("eve");
        let engine = world.engine();
        let created = world.completed(&engine).await;
        lock(&world.records).edit_by_hand(created.shipment, pointer, value);
        let error =
            engine.operator.resend_pin(created.delivery_id.as_str(), caller(), Release::default()).await.unwrap_err();
        let ResendError::Failed(failure) = &error else { panic!("{error:?}") };
        assert_eq!((failure.code(), failure.class()), (Some("record-altered"), FailureClass::Untrusted));
        assert!(failure.message.ends_with(fact), "{failure}");
        assert_unchanged(&world, [1, 1]).await;
    }
}

/// The factory's response is for the first order only, and the response key of the second one cannot open it.
#[tokio::test]
async fn pin_of_another_parcel_is_not_sent() {
    let world = World::new();
    lock(&world.people).add("eve");
    let engine = world.engine();
    let victim = world.completed(&engine).await;
    let own = engine.orders.create(request(UserRef::Upn("eve@contoso.example".into()))).await.unwrap();
    world.ship(&own.delivery_id);
    engine.processing.run(Run::All).await;
    let sent = world.sent().len();
    let phase = "/phase/before/fulfilled";
    let victims = lock(&world.delivery).parcel(&victim.delivery_id).made.as_ref().unwrap().serial.to_string();
    lock(&world.records).edit_by_hand(
        own.shipment,
        &format!("{phase}/accepted/delivery_id"),
        json!(victim.delivery_id.as_str()),
    );
    lock(&world.records).edit_by_hand(own.shipment, &format!("{phase}/keys/0/serial"), json!(victims));
    let error = engine.operator.resend_pin(&own.shipment.to_string(), caller(), Release::default()).await.unwrap_err();
    assert!(matches!(&error, ResendError::Failed(failure) if failure.class() == FailureClass::Untrusted), "{error}");
    assert_eq!(world.sent().len(), sent);
}

#[tokio::test]
async fn restored_record_can_be_retried() {
    let world = World::new();
    let engine = world.engine();
    let mut order = request(ada());
    order.order.enrollment_contacts = vec![address("it@contoso.example")];
    let created = engine.orders.create(order).await.unwrap();
    world.ship(&created.delivery_id);
    let contact = "/enrollment_contacts/0";
    lock(&world.records).edit_by_hand(created.shipment, contact, json!("eve@contoso.example"));
    engine.processing.run(Run::All).await;
    assert_eq!(world.obstacle(created.shipment).0, "final");
    lock(&world.records).edit_by_hand(created.shipment, contact, json!("it@contoso.example"));
    let retry = keyferry_engine::Outcome::Retry;
    engine.operator.resolve(&created.shipment.to_string(), caller(), "restored".into(), retry).await.unwrap();
    engine.processing.run(Run::All).await;
    assert_eq!(world.phase(created.shipment), "complete");
    assert_eq!(world.sent()[0].addressees, ["it@contoso.example"]);
}

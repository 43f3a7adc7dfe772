//! Tests through the router, with test doubles.

use axum::http::Method;
use keyferry_domain::{FailureKind, Operation, Party, PhaseName};
use keyferry_testkit::failures::failure as failure_of;
use serde_json::{Value, json};

use crate::testing::world::{World, answered, order};

async fn adopt(world: &World, id: &str, body: Value) -> String {
    world.call(Method::POST, &format!("/v1/shipments/{id}/adopt"), body.to_string()).await
}

async fn unconfirmed() -> (World, String) {
    let world = World::new();
    let lost = failure_of(Party::DeliveryService, Operation::Order, FailureKind::ConnectionLost, "reset");
    world.outside.order.fails(lost.with_unknown_effect());
    world.order(&order()).await;
    let id = world.shipment().id().to_string();
    (world, id)
}

#[tokio::test]
async fn continues_the_order_that_the_delivery_service_confirms() {
    let (world, id) = unconfirmed().await;
    let found = json!({"reason": "found in the console", "shipment_id": "found-1"});
    world.outside.status.fails(answered(Party::DeliveryService, Operation::ShipmentStatus, 404, None, "unknown"));
    let unknown = adopt(&world, &id, found.clone()).await;
    assert!(unknown.starts_with("400") && unknown.contains("\"field\": \"shipment_id\""), "{unknown}");
    assert_eq!(world.shipment().phase().name(), PhaseName::Unconfirmed);
    assert_eq!(adopt(&world, &id, found.clone()).await, "204 No Content");
    assert_eq!(world.shipment().phase().delivery_id().unwrap().as_str(), "found-1");
    assert!(adopt(&world, &id, found).await.starts_with("409"));
}

#[tokio::test]
async fn rejects_invalid_decision() {
    let (world, id) = unconfirmed().await;
    for (wrong, field) in [
        (json!({"reason": "x"}), "shipment_id"),
        (json!({"reason": "x", "shipment_id": "a b"}), "shipment_id"),
        (json!({"shipment_id": "found-1"}), "reason"),
        (json!({"reason": " ", "shipment_id": "found-1"}), "reason"),
    ] {
        let answer = adopt(&world, &id, wrong).await;
        assert!(answer.starts_with("400") && answer.contains(&format!("\"field\": \"{field}\"")), "{answer}");
    }
}

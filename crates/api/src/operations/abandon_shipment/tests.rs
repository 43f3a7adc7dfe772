//! Tests through the router, with test doubles.

use axum::http::Method;
use keyferry_domain::{EventKind, FailureKind, Operation, Party, PhaseName};
use keyferry_testkit::failures::failure as failure_of;
use serde_json::{Value, json};

use crate::testing::world::{CALLER, World, body, order};

async fn abandon(world: &World, id: &str, body: Value) -> String {
    world.call(Method::POST, &format!("/v1/shipments/{id}/abandon"), body.to_string()).await
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
async fn unconfirmed_order_ends_with_reason_and_caller() {
    let (world, id) = unconfirmed().await;
    assert_eq!(abandon(&world, &id, json!({"reason": "the console shows no order"})).await, "204 No Content");
    assert_eq!(world.shipment().phase().name(), PhaseName::Cancelled);
    let details = body(&world.get(&format!("/v1/shipments/{id}")).await);
    let last = details["history"].as_array().unwrap().last().unwrap();
    assert_eq!(last["event"], EventKind::Abandoned.as_str());
    assert_eq!(
        (&last["by"], &last["detail"]),
        (&json!(format!("caller {CALLER}")), &json!("the console shows no order"))
    );
    assert_eq!(details["cancellation"]["reason"], "the console shows no order");
    assert!(world.store.secrets.lock().unwrap().is_empty());
    let again = abandon(&world, &id, json!({"reason": "x"})).await;
    assert!(again.starts_with("409") && again.contains("only an unconfirmed order can be abandoned"), "{again}");
}

#[tokio::test]
async fn abandoned_order_permits_a_new_one() {
    let world = World::with(|settings| settings.one_open_order_per_user = true);
    let lost = failure_of(Party::DeliveryService, Operation::Order, FailureKind::ConnectionLost, "reset");
    world.outside.order.fails(lost.with_unknown_effect());
    world.order(&order()).await;
    let id = world.shipment().id().to_string();
    assert!(world.order(&order()).await.starts_with("409"));
    assert_eq!(abandon(&world, &id, json!({"reason": "never placed"})).await, "204 No Content");
    assert!(world.order(&order()).await.starts_with("201"));
}

#[tokio::test]
async fn accepted_order_cannot_be_abandoned() {
    let world = World::new();
    world.order(&order()).await;
    let id = world.shipment().id().to_string();
    assert!(abandon(&world, &id, json!({"reason": "x"})).await.starts_with("409"));
    assert!(abandon(&world, &id, json!({})).await.starts_with("400"));
    assert!(abandon(&world, "nobody", json!({"reason": "x"})).await.starts_with("404"));
    assert_eq!(world.shipment().phase().name(), PhaseName::Accepted);
}

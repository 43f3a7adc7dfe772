//! Tests through the router, with test doubles.

use axum::http::Method;
use keyferry_domain::{EventKind, FailureKind, Operation, Party, PhaseName};
use keyferry_testkit::failures::failure as failure_of;
use serde_json::{Value, json};

use crate::testing::world::{CALLER, World, answered, body, order};

async fn cancel(world: &World, id: &str, body: Value) -> String {
    world.call(Method::POST, &format!("/v1/shipments/{id}/cancel"), body.to_string()).await
}

#[tokio::test]
async fn confirmed_cancellation_is_200_with_details() {
    let world = World::new();
    world.order(&order()).await;
    let id = world.shipment().id().to_string();
    world.outside.status.fails(answered(Party::DeliveryService, Operation::ShipmentStatus, 500, None, "down"));
    let watched = cancel(&world, &id, json!({"reason": " the person left "})).await;
    assert!(watched.starts_with("202 Accepted"), "{watched}");
    let details = body(&watched);
    assert_eq!((&details["phase"], &details["shipment_state"]), (&json!("cancelled"), &json!("ongoing")));
    let cancellation = &details["cancellation"];
    assert_eq!(
        (&cancellation["by"], &cancellation["reason"]),
        (&json!(format!("caller {CALLER}")), &json!("the person left"))
    );
    assert_eq!(cancellation["confirmed_at"], Value::Null);
    assert_eq!(details["obstacle"]["class"], "retry");
    let status = world.get(&format!("/v1/fpr/shipments/{id}")).await;
    assert!(status.contains("\"ongoing\"") && status.contains("Cancelled by "), "{status}");
    let requested = |event: &Value| event["event"] == "cancel_requested" && event["by"] == format!("caller {CALLER}");
    assert!(details["history"].as_array().unwrap().iter().any(requested), "{details:#}");
    assert_eq!(world.shipment().phase().name(), PhaseName::Cancelling);
}

#[tokio::test]
async fn unconfirmed_order_is_closed_with_200() {
    let world = World::new();
    let lost = failure_of(Party::DeliveryService, Operation::Order, FailureKind::ConnectionLost, "reset");
    world.outside.order.fails(lost.with_unknown_effect());
    world.order(&order()).await;
    let id = world.shipment().id().to_string();
    let closed = cancel(&world, &id, json!({"reason": "the console shows no such order"})).await;
    assert!(closed.starts_with("200 OK"), "{closed}");
    let details = body(&closed);
    assert_eq!((&details["phase"], &details["completed_by"]), (&json!("cancelled"), &Value::Null));
    assert!(details["cancellation"]["confirmed_at"].is_string());
    assert!(EventKind::ALL.iter().any(|kind| details["history"][2]["event"] == kind.as_str()));
}

/// The double reports a produced key in every status.
#[tokio::test]
async fn key_that_exists_is_an_obstacle_in_the_response() {
    let world = World::new();
    world.order(&order()).await;
    let id = world.shipment().id().to_string();
    let details = body(&cancel(&world, &id, json!({"reason": "left"})).await);
    assert_eq!(details["obstacle"]["code"], "shipped-despite-cancellation");
    assert_eq!(details["obstacle"]["class"], "attention");
}

#[tokio::test]
async fn rejects_registered_complete_and_unknown_shipment() {
    let world = World::new();
    world.order(&order()).await;
    world.register();
    let id = world.shipment().id().to_string();
    let registered = cancel(&world, &id, json!({"reason": "left"})).await;
    assert!(
        registered.starts_with("409 Conflict") && registered.contains("authentication method method-1"),
        "{registered}"
    );
    assert_eq!(body(&registered)["error_data"], json!({"error_type": "conflict", "phase": "registered"}));
    world.change(|shipment| {
        let at = shipment.created_at();
        shipment.completed_by_hand(at)
    });
    assert!(cancel(&world, &id, json!({"reason": "left"})).await.starts_with("409"));
    assert!(cancel(&world, "nobody", json!({"reason": "left"})).await.starts_with("404"));
}

#[tokio::test]
async fn rejects_invalid_reason() {
    let world = World::new();
    world.order(&order()).await;
    let id = world.shipment().id().to_string();
    for invalid in
        [json!({}), json!({"reason": " "}), json!({"reason": 7}), json!({"reason": "x".repeat(501)}), json!([])]
    {
        let answer = cancel(&world, &id, invalid).await;
        assert!(answer.starts_with("400"), "{answer}");
    }
    assert_eq!(world.shipment().phase().name(), PhaseName::Accepted);
}

//! Tests through the router, with test doubles.

use keyferry_domain::{DeliveryState, FailureKind, Operation, Party, Tracking};
use keyferry_testkit::failures::failure as failure_of;
use serde_json::{Value, json};

use crate::testing::world::{World, body, order, shipment_path};

#[tokio::test]
async fn returns_details_without_secrets() {
    let world = World::new();
    world.order(&order()).await;
    let fresh = world.get(&shipment_path("")).await;
    world.register();
    world.change(|shipment| {
        let at = shipment.created_at();
        shipment.completed_by_hand(at)
    });
    insta::assert_snapshot!(format!("{fresh}\n\n{}", world.get(&shipment_path("")).await));
}

#[tokio::test]
async fn returns_state_and_tracking_of_the_delivery_service() {
    let world = World::new();
    world.order(&order()).await;
    let tracking = Tracking { carrier: Some("FEDEX".into()), number: Some("42".into()), link: None };
    world.seen(DeliveryState { id: Some(103), message: Some("Shipped".into()) }, tracking);
    let details = body(&world.get(&shipment_path("")).await);
    assert_eq!((&details["delivery_state_id"], &details["delivery_state_message"]), (&json!(103), &json!("Shipped")));
    assert_eq!(details["tracking"], json!({"carrier": "FEDEX", "number": "42", "link": null}));
}

#[tokio::test]
async fn shows_a_phase_that_only_an_operator_can_end_as_final_obstacle() {
    let world = World::new();
    let lost = failure_of(Party::DeliveryService, Operation::Order, FailureKind::ConnectionLost, "reset");
    world.outside.order.fails(lost.with_unknown_effect());
    let id = body(&world.order(&order()).await)["error_data"]["shipment_id"].as_str().unwrap().to_owned();
    let details = body(&world.get(&format!("/v1/shipments/{id}")).await);
    assert_eq!((&details["phase"], &details["shipment_id"]), (&json!("unconfirmed"), &Value::Null));
    let obstacle = &details["obstacle"];
    assert_eq!((&obstacle["class"], &obstacle["code"]), (&json!("final"), &json!("unconfirmed")));
    assert_eq!((&obstacle["attempts"], &obstacle["next_attempt"]), (&json!(1), &Value::Null));
    assert!(obstacle["message"].as_str().unwrap().contains("reset"), "{obstacle}");
}

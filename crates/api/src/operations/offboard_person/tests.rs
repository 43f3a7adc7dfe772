//! Tests through the router, with test doubles.

use axum::http::Method;
use keyferry_domain::{FailureKind, Operation, Party};
use keyferry_testkit::failures::failure;
use serde_json::{Value, json};

use crate::testing::world::{World, body, order, shipment_path};

async fn offboard(world: &World, reason: &str) -> String {
    let user = world.shipment().user().unwrap().to_string();
    world.call(Method::POST, &format!("/v1/people/{user}/offboard"), json!({ "reason": reason }).to_string()).await
}

#[tokio::test]
async fn failing_step_is_named_and_a_repetition_completes_it() {
    let world = World::new();
    world.order(&order()).await;
    world.register();
    assert!(offboard(&world, "").await.starts_with("400"));
    let timed_out = failure(Party::IdentityProvider, Operation::DeleteMethod, FailureKind::TimedOut, "no answer");
    world.outside.methods.fails(timed_out);
    let answer = offboard(&world, "he left").await;
    assert!(answer.starts_with("200"), "{answer}");
    let failed = body(&answer);
    assert_eq!(failed["complete"], false);
    assert!(failed["shipments"][0]["failed"].is_string(), "{failed}");
    let done = body(&offboard(&world, "he left").await);
    assert_eq!((&done["complete"], &done["shipments"][0]["revoked"]), (&json!(true), &json!(true)));
    let details = body(&world.get(&shipment_path("")).await);
    let last = details["history"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["event"], "revoked");
    let again = body(&offboard(&world, "he left").await);
    assert_eq!((&again["complete"], &again["shipments"][0]["revoked"]), (&json!(true), &json!(false)));
}

#[tokio::test]
async fn person_without_shipments_is_complete() {
    let world = World::new();
    let path = "/v1/people/eve@contoso.example/offboard";
    let answer = world.call(Method::POST, path, json!({ "reason": "x" }).to_string()).await;
    assert_eq!(body(&answer), json!({ "complete": true, "shipments": Value::Array(Vec::new()), "failed": null }));
}

//! Tests through the router, with test doubles.

use axum::http::Method;
use serde_json::json;

use crate::testing::world::{World, body, order, shipment_path};

#[tokio::test]
async fn returned_key_is_revoked_once() {
    let world = World::new();
    world.order(&order()).await;
    world.register();
    let details = body(&world.get(&shipment_path("")).await);
    let serial = details["keys"][0]["serial_number"].as_str().unwrap();
    let path = format!("/v1/keys/{serial}/return");
    let request = json!({"reason": "handed in"}).to_string();
    let done = body(&world.call(Method::POST, &path, request.clone()).await);
    let act = &done["withdrawal"];
    assert_eq!((&act["cause"], &act["complete"], &done["repeated"]), (&json!("returned"), &json!(true), &json!(false)));
    let again = body(&world.call(Method::POST, &path, request.clone()).await);
    assert_eq!(again["repeated"], json!(true));
    let unknown = world.call(Method::POST, "/v1/keys/4711/return", request).await;
    assert!(unknown.starts_with("404") && unknown.contains("4711"), "{unknown}");
    let silent = world.call(Method::POST, &path, json!({"reason": ""}).to_string()).await;
    assert!(silent.starts_with("400"), "{silent}");
}

//! Tests through the router, with test doubles.

use std::sync::atomic::Ordering;

use axum::http::Method;

use crate::testing::world::{World, order};

#[tokio::test]
async fn returns_204_for_get_and_post_and_for_a_long_run() {
    let world = World::new();
    for method in [Method::GET, Method::POST] {
        assert_eq!(world.call(method, "/v1/operations/process-shipments", "").await, "204 No Content");
    }
    world.order(&order()).await;
    world.outside.status.hangs();
    assert_eq!(world.get("/v1/operations/process-shipments").await, "204 No Content");
}

#[tokio::test]
async fn rejects_head_without_starting_a_run() {
    let world = World::new();
    world.order(&order()).await;
    world.register();
    let answer = world.call(Method::HEAD, "/v1/operations/process-shipments", "").await;
    assert!(answer.starts_with("405") && answer.contains("allow: GET,POST"), "{answer}");
    assert_eq!(world.outside.mails.load(Ordering::SeqCst), 0);
}

//! Tests through the router, with test doubles.

use axum::http::Method;
use keyferry_domain::{NewObstacle, ObstacleClass};
use serde_json::{Value, json};

use crate::testing::world::{CALLER, World, body, order, shipment_path};

async fn retry(world: &World, body: Value) -> String {
    world.call(Method::POST, &shipment_path("/retry"), body.to_string()).await
}

#[tokio::test]
async fn final_obstacle_is_removed_with_reason_and_caller() {
    let world = World::new();
    world.order(&order()).await;
    world.change(|shipment| {
        let at = shipment.created_at();
        let (code, class) = ("order-failed".to_owned(), ObstacleClass::Final);
        let (message, summary) = ("the order failed".to_owned(), "the order failed".to_owned());
        shipment.meet(NewObstacle { class, code, message, summary, correlation: None, next_attempt: None, at })
    });
    assert_eq!(retry(&world, json!({"reason": "corrected in the console"})).await, "204 No Content");
    let details = body(&world.get(&shipment_path("")).await);
    assert_eq!(details["obstacle"], Value::Null);
    let last = details["history"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["event"], &last["detail"]), (&json!("retry_requested"), &json!("corrected in the console")));
    assert_eq!(last["by"], format!("caller {CALLER}"));
    assert!(retry(&world, json!({"reason": ""})).await.starts_with("400"));
    world.register();
    world.change(|shipment| {
        let at = shipment.created_at();
        shipment.completed_by_hand(at)
    });
    assert!(retry(&world, json!({"reason": "x"})).await.starts_with("409"));
}

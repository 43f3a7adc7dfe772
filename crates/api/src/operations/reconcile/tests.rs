//! Tests through the router, with test doubles.

use serde_json::{Value, json};

use crate::testing::world::{World, body, order};

#[tokio::test]
async fn differences_have_a_remedy_and_parts_a_cursor() {
    let world = World::new();
    world.order(&order()).await;
    world.register();
    let answer = world.get("/v1/reconciliation").await;
    assert!(answer.starts_with("200"), "{answer}");
    let found = body(&answer);
    let differences = found["differences"].as_array().unwrap();
    let kinds: Vec<_> = differences.iter().map(|one| &one["kind"]).collect();
    // The test double lists no orders, and every user has one passkey that no record names.
    assert_eq!(kinds, ["method_gone"]);
    let gone = &differences[0];
    assert!(gone["id"].is_string() && gone["remedy"].as_str().unwrap().contains("Revoke"), "{gone}");
    assert_eq!(gone["operation"], "revoke_method");
    let parts: Vec<_> = found["not_compared"].as_array().unwrap().iter().map(|one| &one["what"]).collect();
    assert_eq!(parts, ["delivery service's list of orders", "accounts of people with open orders"]);
    assert_eq!((&found["next_cursor"], &found["pause_seconds"]), (&Value::Null, &Value::Null));
    assert_eq!(found["compared"]["people"], json!(1));
}

#[tokio::test]
async fn invalid_parameters_are_named() {
    let world = World::new();
    for query in ["cursor=x", "cursor=", "limit=1"] {
        let answer = world.get(&format!("/v1/reconciliation?{query}")).await;
        let name = query.split('=').next().unwrap();
        assert!(answer.starts_with("400") && answer.contains(&format!("\"field\": \"{name}\"")), "{answer}");
    }
}

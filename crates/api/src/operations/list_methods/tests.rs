//! Tests through the router, with test doubles.

use serde_json::{Value, json};

use crate::testing::world::{World, body, order, shipment_path};

#[tokio::test]
async fn passkeys_are_compared_with_records() {
    let world = World::new();
    world.order(&order()).await;
    world.register();
    let user = body(&world.get(&shipment_path("")).await)["keys"][0]["user_id"].as_str().unwrap().to_owned();
    let person = body(&world.get(&format!("/v1/people/{user}/methods")).await);
    let shown = (&person["user_id"], &person["complete"], &person["account_enabled"]);
    assert_eq!(shown, (&json!(user), &json!(true), &Value::Null));
    let standings: Vec<_> = person["methods"].as_array().unwrap().iter().map(|one| &one["standing"]).collect();
    assert_eq!(standings, ["missing", "without_record"]);
    assert!(person["methods"][0]["id"].is_string() && person["methods"][1]["id"].is_null(), "{person}");
    let none = body(&world.get("/v1/people/grace@contoso.example/methods").await);
    assert_eq!(none["methods"].as_array().unwrap().len(), 1);
    let answer = world.get("/v1/people/%20/methods").await;
    assert!(answer.starts_with("400") && answer.contains("`user`: expected"), "{answer}");
}

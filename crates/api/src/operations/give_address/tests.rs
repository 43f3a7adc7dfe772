//! Tests through the router, with test doubles.

use axum::http::Method;
use serde_json::{Value, json};

use crate::testing::show::show;
use crate::testing::world::{World, order, request_with, shipment_path};

fn address() -> Value {
    json!({ "mailing_address": {
        "street_line1": "1 Main Street", "city": "Seattle", "region": "WA", "postal_code": "98101",
        "country_code_2": "US",
    } })
}

async fn give(world: &World, path: &str, body: &Value) -> String {
    show(world.send(request_with(&["Keyferry.Order"], Method::PUT, path, body.to_string())).await).await
}

#[tokio::test]
async fn only_an_order_that_waits_takes_an_address() {
    let world = World::new();
    world.order(&order()).await;
    let placed = give(&world, &shipment_path("/address"), &address()).await;
    assert!(placed.starts_with("409") && placed.contains("does not wait for an address"), "{placed}");
    let unknown = give(&world, "/v1/shipments/019a0000-0000-7000-8000-0000000000ff/address", &address()).await;
    assert!(unknown.starts_with("404"), "{unknown}");
}

#[tokio::test]
async fn names_the_member_that_no_order_can_contain() {
    let world = World::new();
    world.order(&order()).await;
    let mut wrong = address();
    wrong["mailing_address"]["city"] = json!("Sea\u{202e}ttle");
    let answer = give(&world, &shipment_path("/address"), &wrong).await;
    assert!(answer.starts_with("400") && answer.contains("mailing_address.city"), "{answer}");
    assert!(answer.contains("Nothing was stored"), "{answer}");
}

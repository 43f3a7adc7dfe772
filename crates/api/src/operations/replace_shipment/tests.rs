use axum::http::Method;
use serde_json::{Value, json};

use crate::testing::world::{World, body, order, order_with};

async fn replace(world: &World, id: &str, order: Value) -> String {
    let request = json!({"reason": "the recipient lost the key", "order": order});
    world.call(Method::POST, &format!("/v1/shipments/{id}/replace"), request.to_string()).await
}

#[tokio::test]
async fn links_both_shipments() {
    let world = World::with(|settings| settings.one_open_order_per_user = true);
    world.order(&order()).await;
    let old = world.shipment();
    let answer = replace(&world, &old.id().to_string(), order()).await;
    assert!(answer.starts_with("202"), "{answer}");
    let new = body(&answer)["id"].as_str().unwrap().to_owned();
    let details = async |id: String| body(&world.get(&format!("/v1/shipments/{id}")).await);
    let (before, after) = (details(old.id().to_string()).await, details(new.clone()).await);
    assert_eq!((&before["replaced_by"], &before["replaces"]), (&json!(new), &Value::Null));
    assert_eq!((&after["replaces"], &after["phase"]), (&json!(old.id().to_string()), &json!("queued")));
    assert_eq!(after["keys"][0]["user_id"], "adele@contoso.example");
    let last = before["history"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["event"], "replaced");
    assert_eq!(last["detail"], format!("replaced by {new}: the recipient lost the key"));
}

#[tokio::test]
async fn refuses_another_person_and_unsent_orders() {
    let world = World::new();
    world.order(&order()).await;
    let id = world.shipment().id().to_string();
    let answer = replace(&world, &id, order_with("/user_id", Some(json!("alan@contoso.example")))).await;
    assert!(answer.starts_with("400") && answer.contains("order.user_id"), "{answer}");
    let answer = replace(&world, "unknown", order()).await;
    assert!(answer.starts_with("404"), "{answer}");
    let queued = body(&replace(&world, &id, order()).await)["id"].as_str().unwrap().to_owned();
    let answer = replace(&world, &queued, order()).await;
    assert!(answer.starts_with("409") && answer.contains("was not sent yet"), "{answer}");
    assert_eq!(world.store.records.lock().unwrap().all().len(), 2);
}

#[tokio::test]
async fn names_the_invalid_member() {
    let world = World::new();
    world.order(&order()).await;
    let id = world.shipment().id().to_string();
    let answer = replace(&world, &id, order_with("/pin_request/length", Some(json!(70)))).await;
    assert!(answer.starts_with("400") && answer.contains("PIN `length`"), "{answer}");
    let request = json!({"reason": " ", "order": order()}).to_string();
    let answer = world.call(Method::POST, &format!("/v1/shipments/{id}/replace"), request).await;
    assert!(answer.starts_with("400") && answer.contains("`reason`"), "{answer}");
}

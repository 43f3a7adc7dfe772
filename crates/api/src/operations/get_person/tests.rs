//! Tests through the router, with test doubles.

use serde_json::json;

use crate::testing::world::{World, body, order, order_with};

#[tokio::test]
async fn finds_all_keys_of_a_person_newest_first() {
    let world = World::new();
    let user = "adele@contoso.example";
    world.order(&order()).await;
    world.outside.later.store(60, std::sync::atomic::Ordering::SeqCst);
    world.order(&order_with("/user_id", Some(json!("ADELE@contoso.example")))).await;
    world.order(&order_with("/user_id", Some(json!("alan@contoso.example")))).await;
    let person = body(&world.get(&format!("/v1/people/{user}")).await);
    assert_eq!(person["user_id"], user);
    let found: Vec<_> = person["shipments"].as_array().unwrap().iter().map(|one| one["user_id"].clone()).collect();
    assert_eq!(found, [json!("ADELE@contoso.example"), json!(user)]);
    let nobody = body(&world.get("/v1/people/grace@contoso.example").await);
    assert_eq!(nobody["shipments"], json!([]));
    for path in ["/v1/people/%20", "/v1/people/%ff", "/v1/people/a%0ab"] {
        let answer = world.get(path).await;
        assert!(answer.starts_with("400") && answer.contains("`user`: expected"), "{path}: {answer}");
    }
}

//! Tests through the router, with test doubles.

use serde_json::json;

use crate::testing::world::{World, order, order_with};

#[tokio::test]
async fn counts_by_phase_and_obstacle() {
    let world = World::new();
    world.order(&order()).await;
    world.order(&order_with("/user_id", Some(json!("alan@contoso.example")))).await;
    insta::assert_snapshot!(world.get("/v1/shipments/counts").await);
    let unknown = world.get("/v1/shipments/counts?sort=id").await;
    assert!(unknown.starts_with("400") && unknown.contains("`sort`: unknown parameter"), "{unknown}");
}

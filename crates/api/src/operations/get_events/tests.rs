//! Tests through the router, with test doubles.

use serde_json::json;

use crate::testing::world::{World, body, order, shipment_path};

#[tokio::test]
async fn pages_the_history() {
    let world = World::new();
    world.order(&order()).await;
    world.register();
    let all = body(&world.get(&shipment_path("/events")).await);
    let details = body(&world.get(&shipment_path("")).await);
    assert_eq!((&all["items"], &all["next_cursor"]), (&details["history"], &json!(null)));
    let first = body(&world.get(&shipment_path("/events?limit=1")).await);
    assert_eq!((&first["items"][0], &first["next_cursor"]), (&all["items"][0], &json!("1")));
    let second = body(&world.get(&shipment_path("/events?after=1&limit=1")).await);
    assert_eq!(second["items"][0], all["items"][1]);
    let ours = world.shipment().id();
    assert_eq!(body(&world.get(&format!("/v1/shipments/{ours}/events")).await), all);
    for query in ["after=-1", "after=x", "limit=0", "cursor=1"] {
        let answer = world.get(&shipment_path(&format!("/events?{query}"))).await;
        assert!(answer.starts_with("400"), "{query}: {answer}");
    }
    assert!(world.get("/v1/shipments/nobody/events").await.starts_with("404"));
}

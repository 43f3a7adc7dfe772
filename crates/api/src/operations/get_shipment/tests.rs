//! Tests through the router, with test doubles.

use std::sync::atomic::Ordering;

use keyferry_domain::{NewObstacle, ObstacleClass};

use crate::testing::world::{World, order, path};

#[tokio::test]
async fn returns_status_under_either_id() {
    let world = World::new();
    world.order(&order()).await;
    let ongoing = world.get(&path("")).await;
    let ours = world.shipment().id().to_string();
    assert_eq!(world.get(&format!("/v1/fpr/shipments/{ours}")).await, ongoing);
    world.change(|shipment| {
        let at = shipment.created_at();
        shipment.meet(NewObstacle {
            class: ObstacleClass::Attention,
            code: "no-manager".into(),
            message: "The user has no manager".into(),
            summary: "The user has no manager".into(),
            correlation: Some("c0ffee".into()),
            next_attempt: Some(at),
            at,
        })
    });
    let with_error = world.get(&path("")).await;
    world.change(|shipment| {
        let at = shipment.created_at();
        shipment.completed_by_hand(at)
    });
    let complete = world.get(&path("")).await;
    insta::assert_snapshot!([ongoing, with_error, complete].join("\n\n"));
}

#[tokio::test]
async fn store_outage_is_not_404() {
    let world = World::new();
    world.store.down.store(true, Ordering::SeqCst);
    insta::assert_snapshot!(world.get(&path("")).await);
}

//! Through the router, over doubles.

use std::sync::atomic::Ordering;

use keyferry_domain::{Obstacle, ObstacleClass};

use crate::testing::world::{World, order, path};

#[tokio::test]
async fn the_guides_view_under_either_id() {
    let world = World::new();
    world.order(&order()).await;
    let ongoing = world.get(&path("")).await;
    let ours = world.store.records.lock().unwrap().keys().next().unwrap().to_string();
    assert_eq!(world.get(&format!("/v1/fpr/shipments/{ours}")).await, ongoing);
    world.edit(|shipment| {
        let at = shipment.created_at;
        let message = "The user has no manager".to_owned();
        let obstacle = Obstacle {
            class: ObstacleClass::Attention,
            code: "no-manager".into(),
            message,
            since: at,
            attempts: 1,
            next_attempt: Some(at),
        };
        let what = obstacle.message.clone();
        shipment.meet(obstacle, &what, Some("c0ffee".into()), at);
    });
    let with_error = world.get(&path("")).await;
    world.edit(|shipment| shipment.completed_by_hand(shipment.created_at));
    let complete = world.get(&path("")).await;
    insta::assert_snapshot!([ongoing, with_error, complete].join("\n\n"));
}

#[tokio::test]
async fn a_store_that_is_down_is_no_unknown_shipment() {
    let world = World::new();
    world.store.down.store(true, Ordering::SeqCst);
    insta::assert_snapshot!(world.get(&path("")).await);
}

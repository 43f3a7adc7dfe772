//! Through the router, over doubles.

use crate::testing::world::{World, order, path};

#[tokio::test]
async fn details_tell_all_that_is_no_secret() {
    let world = World::new();
    world.order(&order()).await;
    let fresh = world.get(&path("/details")).await;
    world.register();
    world.edit(|shipment| shipment.completed_by_hand(shipment.created_at));
    insta::assert_snapshot!(format!("{fresh}\n\n{}", world.get(&path("/details")).await));
}

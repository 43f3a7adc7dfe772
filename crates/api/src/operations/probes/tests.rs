//! Tests with test doubles.

use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::Request;
use tower::ServiceExt as _;

use super::route;
use crate::testing::world::World;

#[tokio::test]
async fn only_readyz_fails_while_the_store_is_down() {
    let world = World::new();
    let probe = async |path: &str| {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        route::probes(world.state.engine.clone()).oneshot(request).await.unwrap().status().as_u16()
    };
    assert_eq!((probe("/livez").await, probe("/readyz").await), (200, 200));
    world.store.down.store(true, Ordering::SeqCst);
    assert_eq!((probe("/livez").await, probe("/readyz").await), (200, 503));
}

//! Tests with test doubles.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use keyferry_engine::Problem;
use tower::ServiceExt as _;

use super::route;
use crate::testing::world::World;

#[tokio::test]
async fn only_readyz_fails_while_the_store_is_down() {
    let world = World::new();
    let probe = async |path: &str| {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let response = route::probes(world.state.engine.clone(), Arc::new(|| None)).oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    };
    let ok = || (200, "ok".to_owned());
    assert_eq!((probe("/livez").await, probe("/readyz").await), (ok(), ok()));
    world.store.down.store(true, Ordering::SeqCst);
    // A proof of a write is valid for seconds.
    world.outside.later.store(60, Ordering::SeqCst);
    let unready = "not ready\nstore: the store is unavailable: the disk is full";
    assert_eq!((probe("/livez").await, probe("/readyz").await), (ok(), (503, unready.to_owned())));
}

#[tokio::test]
async fn only_blocking_problem_of_the_server_fails_readyz() {
    for (is_blocking, expected) in [
        (true, (503, "not ready\nsaturated: All connections are in use.")),
        (false, (200, "ok\nsaturated: All connections are in use.")),
    ] {
        let message = "All connections are in use.".to_owned();
        let problem = Problem { code: "saturated", message, is_blocking };
        let routes = route::probes(World::new().state.engine, Arc::new(move || Some(problem.clone())));
        let response = routes.oneshot(Request::builder().uri("/readyz").body(Body::empty()).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        assert_eq!((status, String::from_utf8(body.to_vec()).unwrap().as_str()), expected);
    }
}

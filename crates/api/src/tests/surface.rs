//! The router: unknown paths, panics, and authentication.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};

use crate::router::openapi_json;
use crate::testing::show::show;
use crate::testing::world::World;

#[tokio::test]
async fn unknown_paths_and_methods_get_json_errors() {
    let world = World::new();
    let mut answers = Vec::new();
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/v1/nothing"),
        (Method::DELETE, "/v1/fpr/shipments/x"),
        (Method::PUT, "/v1/fpr/shipments"),
        (Method::PATCH, "/v1/operations/process-shipments"),
    ] {
        answers.push(world.call(method, path, "").await);
    }
    insta::assert_snapshot!(answers.join("\n\n"));
}

#[tokio::test]
async fn response_to_panic_hides_its_message() {
    let world = World::new();
    // Poisons the mutex of the test store, which unwraps it and so panics in the handler.
    let store = world.store.clone();
    let _ = std::thread::spawn(move || {
        let _held = store.records.lock().unwrap();
        panic!("on purpose");
    })
    .join();
    insta::assert_snapshot!(world.get("/v1/fpr/shipments/x").await);
}

#[tokio::test]
async fn only_v1_routes_require_authentication() {
    let world = World::new();
    let document: serde_json::Value = serde_json::from_str(&openapi_json()).unwrap();
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            operations += 1;
            let request = Request::builder()
                .method(method.to_uppercase().as_str())
                .uri(path.replace("{shipment_id}", "x"))
                // A body that never ends: reading it before authentication would block the test.
                .body(Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>()))
                .unwrap();
            let answer = show(world.send(request).await).await;
            assert!(
                answer.starts_with("401") && answer.contains("www-authenticate: Bearer"),
                "{method} {path}: {answer}"
            );
        }
    }
    assert_eq!(operations, 55);
    let open = Request::builder().uri("/openapi.json").body(Body::empty()).unwrap();
    let response = world.send(open).await;
    assert_eq!(response.status(), StatusCode::OK);
    let served = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert!(served == openapi_json());
}

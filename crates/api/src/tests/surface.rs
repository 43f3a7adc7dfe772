//! What holds for the API as a whole.

use std::path::Path;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use tower::ServiceExt as _;

use super::show::show;
use super::world::World;

#[tokio::test]
async fn status_has_the_guides_fields_and_no_query_string() {
    let mut world = World::new();
    world.state.status.email_api_send_endpoint = "https://logic.example/workflows/1?sp=run&sig=SECRET".into();
    world.state.status.azure_tables_shipments_table_name = "fprshipments".into();
    let answer = world.get("/v1/status").await;
    assert!(!answer.contains("SECRET"));
    insta::assert_snapshot!(answer);
}

#[tokio::test]
async fn unknown_paths_and_wrong_methods_are_told_in_json() {
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
async fn a_panic_is_answered_without_its_words() {
    let world = World::new();
    // The mutex that the store holds its records under is poisoned, and the double unwraps it.
    let store = world.store.clone();
    let _ = std::thread::spawn(move || {
        let _held = store.records.lock().unwrap();
        panic!("on purpose");
    })
    .join();
    insta::assert_snapshot!(world.get("/v1/fpr/shipments/x").await);
}

#[tokio::test]
async fn every_v1_route_asks_for_a_caller_and_the_document_does_not() {
    let world = World::new();
    let document: serde_json::Value = serde_json::from_str(&crate::openapi_json()).unwrap();
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            operations += 1;
            let request = Request::builder()
                .method(method.to_uppercase().as_str())
                .uri(path.replace("{shipment_id}", "x"))
                // Nobody may read this before the caller is known.
                .body(Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>()))
                .unwrap();
            let answer = show(world.send(request).await).await;
            assert!(
                answer.starts_with("401") && answer.contains("www-authenticate: Bearer"),
                "{method} {path}: {answer}"
            );
        }
    }
    assert_eq!(operations, 9);
    let open = Request::builder().uri("/openapi.json").body(Body::empty()).unwrap();
    let response = world.send(open).await;
    assert_eq!(response.status(), StatusCode::OK);
    let served = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert!(served == crate::openapi_json());
}

#[tokio::test]
async fn probes_tell_life_from_readiness() {
    let world = World::new();
    let probe = async |path: &str| {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        crate::probes(world.state.engine.clone()).oneshot(request).await.unwrap().status().as_u16()
    };
    assert_eq!((probe("/livez").await, probe("/readyz").await), (200, 200));
    world.store.down.store(true, Ordering::SeqCst);
    assert_eq!((probe("/livez").await, probe("/readyz").await), (200, 503));
}

/// `UPDATE_GOLDEN=1` rewrites the file.
#[test]
fn the_document_in_the_repository_is_the_one_that_is_served() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/openapi.json");
    let document = crate::openapi_json();
    if std::env::vars().any(|(name, value)| name == "UPDATE_GOLDEN" && value == "1") {
        std::fs::write(&file, &document).unwrap();
    }
    let golden = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        golden == document,
        "docs/reference/openapi.json is not what the code says: run this test with UPDATE_GOLDEN=1"
    );
}

#[test]
fn every_operation_and_every_response_of_the_document_is_described() {
    let document: serde_json::Value = serde_json::from_str(&crate::openapi_json()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let mut ids = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(ids.insert(operation["operationId"].to_string()), "{method} {path}: the id is taken");
            assert!(operation["summary"].is_string(), "{method} {path}");
            for (status, response) in operation["responses"].as_object().unwrap() {
                let described = response["description"].as_str().is_some_and(|text| text.len() > 5);
                assert!(described, "{method} {path} {status}");
            }
        }
    }
}

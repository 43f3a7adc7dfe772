//! Shipment ids in paths, for all operations that have one.

use axum::http::Method;
use proptest::prelude::*;
use serde_json::json;

use crate::testing::ask::ask;
use crate::testing::world::{World, path};
use keyferry_testkit::mutation::{any_text, changed, changes, config};

#[tokio::test]
async fn unknown_shipment_is_404_for_every_operation() {
    let world = World::new();
    insta::assert_snapshot!(world.get(&path("")).await);
    let long = "x".repeat(500);
    for id in ["0196f0a0-0000-7000-8000-00000000000a", "%ff", "%0a", "a%2Fb", "..%2F..", &long] {
        for path in [
            format!("/v1/fpr/shipments/{id}"),
            format!("/v1/shipments/{id}"),
            format!("/v1/shipments/{id}/events"),
            format!("/v1/operations/resend-pin/{id}"),
        ] {
            let answer = world.get(&path).await;
            assert!(answer.starts_with("404") && answer.contains("not_found"), "{path}: {answer}");
        }
    }
}

proptest! {
    #![proptest_config(config(128))]

    /// Any path and query is an unknown shipment or rejected. It never causes a 5xx.
    #[test]
    fn any_path_and_query_is_answered_below_500(
        id in prop_oneof![any_text(), "[!-~]{0,140}"],
        query in any_text(),
        changes in changes(),
    ) {
        let world = World::new();
        let encoded = keyferry_http::encode_segment(&id);
        let query = keyferry_http::encode_segment(&query);
        for (method, path) in [
            (Method::GET, format!("/v1/fpr/shipments/{encoded}")),
            (Method::GET, format!("/v1/fpr/shipments/{id}")),
            (Method::GET, format!("/v1/fpr/shipments?{query}")),
            (Method::GET, format!("/v1/fpr/shipments?limit={query}&cursor={query}&state={query}")),
            (Method::GET, format!("/v1/shipments/{encoded}")),
            (Method::POST, format!("/v1/operations/resend-pin/{encoded}")),
            (Method::POST, format!("/v1/shipments/{encoded}/resolve")),
            (Method::POST, format!("/v1/shipments/{encoded}/cancel")),
            (Method::POST, format!("/v1/shipments/{encoded}/retry")),
            (Method::POST, format!("/v1/shipments/{encoded}/adopt")),
            (Method::POST, format!("/v1/shipments/{encoded}/abandon")),
            (Method::POST, format!("/v1/shipments/{encoded}/resend-pin")),
            (Method::GET, format!("/v1/shipments/{encoded}/events?{query}")),
            (Method::GET, format!("/v1/shipments?{query}")),
            (Method::GET, format!("/v1/shipments?user={query}&cursor={query}&tracking={query}")),
            (Method::GET, format!("/v1/shipments/counts?code={query}&serial={query}")),
            (Method::GET, format!("/v1/people/{encoded}")),
        ] {
            let body = changed(&json!({"outcome": "cancelled", "reason": "x"}), &changes).to_string().into_bytes();
            if let Some((status, body)) = ask(&world, method, &path, &[], body) {
                prop_assert!(status < 500, "{} {} {}", path, status, body);
            }
        }
    }
}

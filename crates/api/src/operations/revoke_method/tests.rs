//! Tests through the router, with test doubles.

use axum::http::Method;
use keyferry_domain::{FailureKind, Operation, Party};
use keyferry_testkit::failures::failure;
use serde_json::{Value, json};

use crate::testing::world::{World, body, order, shipment_path};

async fn revoke(world: &World, user: &str, method: &str, reason: &str) -> String {
    let path = format!("/v1/people/{user}/methods/{method}/revoke");
    world.call(Method::POST, &path, json!({ "reason": reason }).to_string()).await
}

async fn details(world: &World) -> Value {
    body(&world.get(&shipment_path("")).await)
}

#[tokio::test]
async fn revocation_is_in_the_history_and_ends_an_open_shipment() {
    let world = World::new();
    world.order(&order()).await;
    world.register();
    let before = details(&world).await;
    let user = before["keys"][0]["user_id"].as_str().unwrap();
    let method = before["keys"][0]["credentials"][0]["method_id"].as_str().unwrap();
    assert!(revoke(&world, user, method, "").await.starts_with("400"));
    for events in [1, 0] {
        let answer = revoke(&world, user, method, "the key was lost").await;
        assert!(answer.starts_with("200"), "{answer}");
        assert_eq!(body(&answer)["id"], before["id"]);
        let after = details(&world).await;
        let added = after["history"].as_array().unwrap().len() - before["history"].as_array().unwrap().len();
        assert_eq!((&after["phase"], added), (&json!("cancelled"), 1), "{events}: {after}");
        assert!(after["keys"][0]["credentials"][0]["revoked_at"].is_string(), "{after}");
        let last = after["history"].as_array().unwrap().last().unwrap();
        assert_eq!(last["event"], "revoked");
        assert!(last["detail"].as_str().unwrap().ends_with("the key was lost"), "{last}");
    }
    let answer = world.call(Method::POST, &shipment_path("/resend-pin"), "{}".to_owned()).await;
    assert!(answer.starts_with("409") && answer.contains("was revoked"), "{answer}");
}

#[tokio::test]
async fn passkey_without_record_is_revoked_too_and_failures_change_nothing() {
    let world = World::new();
    let answer = revoke(&world, "eve@contoso.example", "cGhvbmU1", "unknown device").await;
    assert_eq!(body(&answer), json!({ "existed": true, "id": null }));
    let answer = revoke(&world, "eve@contoso.example", "gone1", "unknown device").await;
    assert_eq!(body(&answer), json!({ "existed": false, "id": null }));
    for (kind, status) in [
        (FailureKind::Answered { status: 429, code: None }, "503"),
        (FailureKind::TimedOut, "502"),
        (FailureKind::Answered { status: 404, code: None }, "404"),
        (FailureKind::Answered { status: 400, code: None }, "400"),
    ] {
        let party = Party::IdentityProvider;
        world.outside.methods.fails(failure(party, Operation::DeleteMethod, kind, "the call failed"));
        let answer = revoke(&world, "eve@contoso.example", "cGhvbmU1", "x").await;
        assert!(answer.starts_with(status) && answer.contains("idp_error"), "{status}: {answer}");
    }
    for method in ["%2e%2e", "a%2fb", "a%20b", &"A".repeat(1401)] {
        let answer = revoke(&world, "eve@contoso.example", method, "x").await;
        assert!(answer.starts_with("400") && answer.contains("`method_id`"), "{method}: {answer}");
    }
}

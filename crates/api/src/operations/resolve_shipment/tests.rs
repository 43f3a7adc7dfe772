//! Tests through the router, with test doubles.

use axum::http::Method;
use keyferry_domain::{FailureKind, Operation, Party, Phase};
use keyferry_testkit::failures::failure as failure_of;
use serde_json::{Value, json};

use crate::testing::world::{CALLER, World, answered, order, path, request, shipment_path};

async fn resolve(world: &World, id: Option<&str>, body: Value) -> String {
    let path = id.map_or_else(|| shipment_path("/resolve"), |id| format!("/v1/shipments/{id}/resolve"));
    world.call(Method::POST, &path, body.to_string()).await
}

#[tokio::test]
async fn completes_shipment_with_reason_once() {
    let world = World::new();
    world.order(&order()).await;
    let unregistered = resolve(&world, None, json!({"reason": "got another key"})).await;
    assert!(unregistered.starts_with("409") && unregistered.contains("Cancel the shipment instead"), "{unregistered}");
    world.register();
    assert_eq!(resolve(&world, None, json!({"reason": "got another key"})).await, "204 No Content");
    assert!(world.get(&path("")).await.contains("\"complete\""));
    let details = world.get(&shipment_path("")).await;
    assert!(details.contains("got another key") && details.contains(CALLER), "{details}");
    insta::assert_snapshot!(resolve(&world, None, json!({"reason": "again"})).await);
}

#[tokio::test]
async fn adopts_unconfirmed_order() {
    let world = World::new();
    let lost = failure_of(Party::DeliveryService, Operation::Order, FailureKind::ConnectionLost, "reset");
    world.outside.order.fails(lost.with_unknown_effect());
    world.order(&order()).await;
    let ours = world.shipment().id().to_string();
    let adopt = json!({"reason": "found it", "outcome": "adopted", "shipment_id": "found-1"});

    let mut answers = vec![resolve(&world, Some(&ours), json!({"reason": "x", "outcome": "retry"})).await];
    for (status, message) in [(404, "it answered 404"), (429, "it answered 429"), (500, "it answered 500")] {
        world.outside.status.fails(answered(Party::DeliveryService, Operation::ShipmentStatus, status, None, message));
        answers.push(resolve(&world, Some(&ours), adopt.clone()).await);
    }
    insta::assert_snapshot!(answers.join("\n\n"));
    assert_eq!(resolve(&world, Some(&ours), adopt).await, "204 No Content");
    assert!(matches!(world.shipment().phase(), Phase::Accepted(_)));
}

#[tokio::test]
async fn rejects_invalid_decision() {
    let world = World::new();
    world.order(&order()).await;
    let mut answers = Vec::new();
    for body in [
        json!({}),
        json!({"reason": " "}),
        json!({"reason": "x".repeat(501)}),
        json!({"reason": format!("{} ", "x".repeat(500))}),
        json!({"reason": "in one line\n"}),
        json!({"reason": "x", "outcome": "forget"}),
        json!({"reason": "x", "outcome": "adopted"}),
        json!({"reason": "x", "outcome": "adopted", "shipment_id": "a b"}),
        json!({"reason": "x", "shipment_id": "abc"}),
        json!({"reason": "x", "outcome": "recalled", "shipment_id": "abc"}),
    ] {
        let answer = resolve(&world, None, body).await;
        assert!(answer.starts_with("400"), "{answer}");
        answers.push(answer.lines().find(|line| line.contains("error_message")).unwrap().trim().to_owned());
    }
    insta::assert_snapshot!(answers.join("\n"));
    let recalled = resolve(&world, None, json!({"reason": "x", "outcome": "recalled"})).await;
    assert!(recalled.starts_with("409"), "{recalled}");
    assert!(resolve(&world, Some("nobody"), json!({"reason": "x"})).await.starts_with("404"));
}

#[tokio::test]
async fn reports_unknown_members_in_the_header() {
    let world = World::new();
    world.order(&order()).await;
    let body = json!({"reason": "got another key", "outcome": "retry", "shipmentid": "x"}).to_string();
    let response = world.send(request(Method::POST, &shipment_path("/resolve"), body)).await;
    assert_eq!(response.status(), 204);
    assert_eq!(
        response.headers()["keyferry-warning"],
        "unknown members were ignored: shipmentid (did you mean shipment_id?)"
    );
    let body = json!({"reason": "x", "outcome": "adopted", "shipmentid": "x"}).to_string();
    let refused = world.send(request(Method::POST, &shipment_path("/resolve"), body)).await;
    assert_eq!(refused.status(), 400);
    assert_eq!(refused.headers()["keyferry-warning"], response.headers()["keyferry-warning"]);
}

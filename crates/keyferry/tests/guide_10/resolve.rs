//! `resolve`, an extension of the guide's API: an operator decides about a shipment.

use reqwest::StatusCode;
use serde_json::{Map, json};

use crate::support::{Connector, outline, settings};
use keyferry_proof_support::ADA;

#[tokio::test]
async fn resolved_shipment_is_not_processed() {
    let connector = Connector::start().await;
    let shipment = connector.order(ADA).await;
    let path = format!("/v1/shipments/{shipment}/resolve");
    let mut answers = Map::new();
    for (what, body) in [
        ("no reason", json!({})),
        ("an empty reason", json!({ "reason": " " })),
        ("a reason that is a number", json!({ "reason": 7 })),
        ("an unknown outcome", json!({ "reason": "x", "outcome": "cancel" })),
        ("adopted without an id", json!({ "reason": "x", "outcome": "adopted" })),
        ("an id that is not asked for", json!({ "reason": "x", "shipment_id": "y" })),
        ("an array", json!([])),
    ] {
        let answer = connector.post(&path, &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{what}: {}", answer.text);
        answers.insert(what.to_owned(), outline(&answer));
    }
    let adopted = json!({ "reason": "x", "outcome": "adopted", "shipment_id": shipment });
    let answer = connector.post(&path, &adopted).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text);
    answers.insert("adopted while it is known".to_owned(), outline(&answer));

    let answer = connector.post(&path, &json!({ "reason": "the recipient received another key" })).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text);
    assert!(answer.text.contains("Cancel the shipment instead"), "{}", answer.text);
    answers.insert("complete before the registration".to_owned(), outline(&answer));

    // The key is registered and its PIN cannot be delivered.
    let refuses = json!({ "endpoint": "logic_app", "kind": "fail_before", "status": 400, "times": 1 });
    connector.fault(&refuses).await;
    connector.parcel_to(&shipment, 103).await;
    connector.process().await;
    let settled = connector.post(&path, &json!({ "reason": "the recipient received another key" })).await;
    assert_eq!((settled.status, settled.text.as_str()), (StatusCode::NO_CONTENT, ""));
    assert_eq!(connector.status(&shipment).await, json!({ "shipment_id": shipment, "shipment_state": "complete" }));
    let details = connector.details(&shipment).await;
    assert!(details["history"].to_string().contains("the recipient received another key"), "{details:#}");
    let before = connector.calls("delivery.status").await;
    connector.process().await;
    assert_eq!((connector.calls("delivery.status").await, connector.mails().await.len()), (before, 0));

    let answer = connector.post(&path, &json!({ "reason": "x", "outcome": "retry" })).await;
    answers.insert("retry of a complete one".to_owned(), outline(&answer));
    let mut settings = settings();
    settings.add_filter(&shipment, "[shipment]");
    settings.bind(|| insta::assert_json_snapshot!("resolve", answers));
}

#[tokio::test]
async fn unconfirmed_order_cannot_be_adopted_under_unknown_id() {
    let connector = Connector::start().await;
    connector.fault(&json!({ "endpoint": "delivery.order", "kind": "reset", "times": 1 })).await;
    let lost = connector.create(&keyferry_proof_support::order_for(ADA)).await;
    let id = lost.body["error_data"]["shipment_id"].as_str().unwrap_or_else(|| panic!("{}", lost.text));
    let decision = json!({ "reason": "x", "outcome": "adopted", "shipment_id": "8gYnYQk5vVqYzKqY1p2xTQ" });
    let path = format!("/v1/shipments/{id}/resolve");
    let unknown = connector.post(&path, &decision).await;
    connector.fault(&json!({ "endpoint": "delivery.status", "kind": "fail_before", "status": 503, "times": 9 })).await;
    let unreachable = connector.post(&path, &decision).await;
    assert_eq!((unknown.status.as_u16(), unreachable.status.as_u16()), (400, 502), "{unknown:?} {unreachable:?}");
    settings().bind(|| {
        insta::assert_json_snapshot!("adoption_of_an_unknown_order", outline(&unknown));
        insta::assert_json_snapshot!("adoption_while_nobody_answers", outline(&unreachable));
    });
    assert_eq!(connector.details(id).await["phase"], "unconfirmed");
}

//! `cancel`, an extension of the guide's API: the recipient left, and no key may be registered any more.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::Connector;
use keyferry_proof_support::{ADA, Answer};

const ADA_ID: &str = "a1000000-0000-4000-8000-000000000001";

async fn cancel(connector: &Connector, shipment: &str) -> Answer {
    let path = format!("/v1/shipments/{shipment}/cancel");
    connector.post(&path, &json!({ "reason": "the person left" })).await
}

/// Checks what a caller of the guide's API and of `details` sees: never complete, nothing registered, no PIN sent.
async fn assert_cancelled(connector: &Connector, shipment: &str) -> Value {
    let status = connector.status(shipment).await;
    assert_eq!((&status["shipment_state"], &status["error_kind"]), (&json!("ongoing"), &json!("GENERAL")));
    let message = status["error_message"].as_str().unwrap();
    assert!(message.starts_with("Cancelled by ") && message.contains("the person left"), "{message}");
    let details = connector.details(shipment).await;
    assert_eq!((&details["phase"], &details["shipment_state"]), (&json!("cancelled"), &json!("ongoing")));
    assert_eq!(
        (&details["completed_by"], details["keys"][0]["credentials"].as_array().unwrap().len()),
        (&Value::Null, 0)
    );
    assert_eq!((connector.methods(ADA_ID).await.len(), connector.mails().await.len()), (0, 0));
    details
}

#[tokio::test]
async fn order_that_is_cancelled_before_production_is_deleted_and_never_made() {
    let connector = Connector::start().await;
    let shipment = connector.order(ADA).await;
    let answer = cancel(&connector, &shipment).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(connector.calls("delivery.delete").await, 1);
    assert!(connector.parcels().await.is_empty(), "the delivery service has no order");
    let details = assert_cancelled(&connector, &shipment).await;
    assert_eq!(details["cancellation"]["reason"], "the person left");
    assert!(details["cancellation"]["confirmed_at"].is_string(), "{details:#}");
    let before = connector.calls("delivery.status").await;
    connector.process().await;
    assert_eq!(connector.calls("delivery.status").await, before, "a confirmed cancellation is closed");

    // A repeated request has the same answer, and the person can get another key.
    assert_eq!(cancel(&connector, &shipment).await.status, StatusCode::OK);
    assert_ne!(connector.order(ADA).await, shipment);
}

#[tokio::test]
async fn key_that_ships_all_the_same_raises_alarm_and_is_never_registered() {
    let connector = Connector::start().await;
    let shipment = connector.order(ADA).await;
    connector.parcel_to(&shipment, 100).await;
    let answer = cancel(&connector, &shipment).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    let details = assert_cancelled(&connector, &shipment).await;
    assert_eq!(
        (&details["obstacle"]["class"], &details["obstacle"]["code"]),
        (&json!("attention"), &json!("cannot-delete"))
    );
    assert_eq!(details["cancellation"]["confirmed_at"], Value::Null);

    connector.parcel_to(&shipment, 103).await;
    for _ in 0..3 {
        connector.process().await;
    }
    let details = assert_cancelled(&connector, &shipment).await;
    assert_eq!(details["obstacle"]["code"], "shipped-despite-cancellation");
    let events = details["history"].as_array().unwrap();
    let alarms = events.iter().filter(|event| event["event"] == "shipped_despite_cancellation");
    assert_eq!(alarms.count(), 1, "{details:#}");
    let log = std::fs::read_to_string(&connector.log).unwrap();
    let alarm = |line: &&str| line.contains("ERROR") && line.contains("key of cancelled shipment was made or shipped");
    assert_eq!(log.lines().filter(alarm).count(), 1, "{log}");

    // It does not become complete by a decision either. An operator ends the watch when the key is back.
    let resolve = format!("/v1/shipments/{shipment}/resolve");
    let complete = connector.post(&resolve, &json!({ "reason": "done" })).await;
    assert_eq!(complete.status, StatusCode::CONFLICT, "{}", complete.text);
    let recalled = connector.post(&resolve, &json!({ "reason": "the key is back", "outcome": "recalled" })).await;
    assert_eq!(recalled.status, StatusCode::NO_CONTENT, "{}", recalled.text);
    let details = assert_cancelled(&connector, &shipment).await;
    assert!(details["cancellation"]["confirmed_at"].is_string() && details["obstacle"].is_null(), "{details:#}");
}

#[tokio::test]
async fn registered_key_is_not_cancelled_and_unknown_deletion_call_is_no_failure() {
    let connector = Connector::start().await;
    let complete = connector.complete_order(ADA).await;
    let answer = cancel(&connector, &complete).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text);
    let method = connector.methods(ADA_ID).await[0]["id"].as_str().unwrap().to_owned();
    assert!(answer.text.contains(&method), "{} does not name {method}", answer.text);

    // A delivery service that offers no such call.
    for status in [404, 405, 501] {
        let shipment = connector.order(ADA).await;
        let fault = json!({ "endpoint": "delivery.delete", "kind": "fail_before", "status": status, "times": 1 });
        connector.fault(&fault).await;
        assert_eq!(cancel(&connector, &shipment).await.status, StatusCode::ACCEPTED, "{status}");
        let obstacle = connector.details(&shipment).await["obstacle"].clone();
        assert_eq!(obstacle["code"], "cannot-delete", "{status}: {obstacle:#}");
    }
    let missing = connector.call(Method::POST, "/v1/shipments/nobody/cancel", Some(&json!({ "reason": "x" }))).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

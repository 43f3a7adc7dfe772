//! `Idempotency-Key`, an extension of the guide's API.

use reqwest::{Method, StatusCode};
use serde_json::{Map, json};

use crate::support::{Connector, outline, settings};
use keyferry_proof_support::{ADA, ALAN, Answer, order_for};

#[tokio::test]
async fn same_key_and_body_return_same_response_for_one_shipment() {
    let connector = Connector::start().await;
    let order = order_for(ADA);
    let first = connector.create_once("key-1", &order).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    for key in ["key-1", "\"key-1\""] {
        let again = connector.create_once(key, &order).await;
        assert_eq!((again.status, &again.text), (first.status, &first.text));
    }
    assert_eq!(connector.parcels().await.len(), 1);

    let mut answers = Map::new();
    let other = connector.create_once("key-1", &order_for(ALAN)).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", other.text);
    answers.insert("another body".to_owned(), outline(&other));
    for (what, key) in [("an empty key", ""), ("a key with a space", "a b"), ("a broken string", "\"a")] {
        let answer = connector.create_once(key, &order).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{what}: {}", answer.text);
        answers.insert(what.to_owned(), outline(&answer));
    }
    let two = connector.request(Method::POST, "/v1/fpr/shipments").header("idempotency-key", "a");
    let two = Answer::of(two.header("idempotency-key", "b").json(&order).send().await.unwrap()).await;
    answers.insert("two keys".to_owned(), outline(&two));
    settings().bind(|| insta::assert_json_snapshot!("idempotency_keys", answers));
    assert_eq!(connector.parcels().await.len(), 1);

    let another = connector.create_once("key-2", &order).await;
    assert_eq!(another.status, StatusCode::CREATED);
    assert_ne!(another.body, first.body);
}

#[tokio::test]
async fn concurrent_requests_with_same_key_create_one_shipment() {
    let connector = Connector::start().await;
    connector.fault(&json!({ "endpoint": "delivery.order", "kind": "delay", "delay_ms": 500 })).await;
    let order = order_for(ADA);
    let (first, second, third) = tokio::join!(
        connector.create_once("key", &order),
        connector.create_once("key", &order),
        connector.create_once("key", &order),
    );
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    assert_eq!((&first.text, &first.text), (&second.text, &third.text));
    assert_eq!((connector.calls("delivery.order").await, connector.parcels().await.len()), (1, 1));
}

#[tokio::test]
async fn rejected_order_frees_key_but_uncertain_order_does_not() {
    let connector = Connector::start().await;
    let mut wrong = order_for(ADA);
    wrong["pin_request"]["length"] = json!(3);
    assert_eq!(connector.create_once("bad-input", &wrong).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(connector.create_once("bad-input", &order_for(ADA)).await.status, StatusCode::CREATED);

    let unknown = connector.create_once("unknown-user", &order_for("nobody@contoso.onmicrosoft.com")).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    assert_eq!(connector.create_once("unknown-user", &order_for(ADA)).await.status, StatusCode::CREATED);

    let mut unknown = order_for(ADA);
    unknown["yubico_shipment_request"]["shipment_items"][0]["customization_id"] = json!("NOSUCH");
    assert_eq!(connector.create_once("refused", &unknown).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(connector.create_once("refused", &order_for(ADA)).await.status, StatusCode::CREATED);
    assert_eq!(connector.parcels().await.len(), 3);

    connector.fault(&json!({ "endpoint": "delivery.order", "kind": "fail_after", "status": 500, "times": 1 })).await;
    let doubt = connector.create_once("doubt", &order_for(ADA)).await;
    assert_eq!(doubt.status, StatusCode::BAD_GATEWAY, "{}", doubt.text);
    let again = connector.create_once("doubt", &order_for(ADA)).await;
    assert_eq!((again.status, &again.body["error_code"]), (StatusCode::BAD_GATEWAY, &json!("ye_error")));
    assert_eq!(again.body["error_data"]["shipment_id"], doubt.body["error_data"]["shipment_id"]);
    assert_eq!(connector.parcels().await.len(), 4, "the order in doubt is not sent again");
}

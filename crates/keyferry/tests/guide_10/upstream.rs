//! Failures of external systems during an order: never a bare 500.

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::support::{Connector, outline, settings};
use keyferry_proof_support::{ADA, Answer, order_for};

#[tokio::test]
async fn each_external_failure_has_its_own_response() {
    let connector = Connector::start().await;
    let mut answers = Map::new();
    let fault = |endpoint: &str, kind: &str, more: Value| {
        let mut fault = json!({ "endpoint": endpoint, "kind": kind });
        fault.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fault
    };
    let cases = [
        ("Graph throttles", 503, fault("graph.creation_options", "throttle", json!({ "retry_after": 7 }))),
        ("Graph throttles without a time", 503, fault("graph.creation_options", "throttle", json!({}))),
        ("Graph fails", 502, fault("graph.creation_options", "fail_before", json!({ "status": 503 }))),
        ("Graph forbids", 502, fault("graph.creation_options", "fail_before", json!({ "status": 403 }))),
        ("Graph hangs up", 502, fault("graph.creation_options", "reset", json!({}))),
        ("a captive portal for Graph", 502, fault("graph.creation_options", "wrong_answer", json!({}))),
        ("the delivery service throttles", 503, fault("delivery.order", "throttle", json!({ "retry_after": 7 }))),
        (
            "the delivery service refuses the token",
            401,
            fault("delivery.order", "fail_before", json!({ "status": 401 })),
        ),
    ];
    for (what, status, fault) in cases {
        connector.fault(&fault).await;
        let answer = connector.create(&order_for(ADA)).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.text);
        assert_eq!(answer.headers.contains_key("retry-after"), status == 503, "{what}");
        answers.insert(what.to_owned(), outline(&answer));
        connector.clear_faults().await;
        if what == "the delivery service throttles" {
            // It asked for a pause, so the next order is answered at once and not sent.
            let paused = connector.create(&order_for(ADA)).await;
            assert_eq!(paused.status, 503, "{}", paused.text);
            assert!(paused.headers.contains_key("retry-after"), "{}", paused.text);
            tokio::time::sleep(std::time::Duration::from_secs(7)).await;
        }
    }
    assert!(connector.parcels().await.is_empty(), "the responses state that nothing was ordered");

    let lost = [
        ("the order's answer is lost", fault("delivery.order", "fail_after", json!({}))),
        ("the order is answered with 500", fault("delivery.order", "fail_after", json!({ "status": 500 }))),
        ("a captive portal for the order", fault("delivery.order", "wrong_answer", json!({}))),
        ("the order's connection breaks", fault("delivery.order", "reset", json!({}))),
    ];
    for (what, fault) in lost {
        connector.fault(&fault).await;
        let answer = connector.create(&order_for(ADA)).await;
        assert_eq!((answer.status.as_u16(), &answer.body["error_code"]), (502, &json!("ye_error")), "{what}");
        assert_eq!(answer.body["error_data"]["order_may_exist"], true, "{what}: {}", answer.text);
        let shown = connector.status(answer.body["error_data"]["shipment_id"].as_str().unwrap()).await;
        assert_eq!((&shown["shipment_state"], &shown["error_kind"]), (&json!("ongoing"), &json!("GENERAL")));
        answers.insert(what.to_owned(), json!({ "create": outline(&answer), "afterwards": shown }));
        connector.clear_faults().await;
    }
    settings().bind(|| insta::assert_json_snapshot!("upstream_trouble", answers));
}

/// A gateway can refuse the response after the delivery service accepted the order behind it.
#[tokio::test]
async fn refusal_of_a_gateway_leaves_the_order_unconfirmed() {
    let connector = Connector::start().await;
    let gateway = |status: u16, body: &str| {
        let endpoint = "delivery.order";
        json!({ "endpoint": endpoint, "kind": "fail_after", "status": status, "body": body, "times": 1 })
    };
    let answers = [
        gateway(403, "<!doctype html><title>403 Forbidden</title><p>Blocked by the filter."),
        gateway(413, ""),
        gateway(400, r#"{"error":{"code":"BadRequest","message":"no"}}"#),
    ];
    for (index, fault) in answers.iter().enumerate() {
        connector.fault(fault).await;
        let answer = connector.create(&order_for(ADA)).await;
        assert_eq!((answer.status.as_u16(), &answer.body["error_code"]), (502, &json!("ye_error")), "{}", answer.text);
        assert_eq!(answer.body["error_data"]["order_may_exist"], true, "{}", answer.text);
        let id = answer.body["error_data"]["shipment_id"].as_str().unwrap();
        assert_eq!(connector.details(id).await["phase"], "unconfirmed");
        assert_eq!(connector.parcels().await.len(), index + 1, "the order was accepted behind the gateway");
    }
    // A refusal in the delivery service's own form is certain.
    connector.fault(&json!({ "endpoint": "delivery.order", "kind": "fail_before", "status": 403, "times": 1 })).await;
    let answer = connector.create(&order_for(ADA)).await;
    assert_eq!((answer.body["error_data"].get("order_may_exist"), connector.parcels().await.len()), (None, 3));
}

#[tokio::test]
async fn missing_transport_keys_prevent_order() {
    let connector = Connector::start().await;
    let fault = json!({ "endpoint": "delivery.transport_keys", "kind": "fail_before", "status": 500 });
    connector.fault(&fault).await;
    let answer = connector.create(&order_for(ADA)).await;
    assert_eq!((answer.status.as_u16(), &answer.body["error_code"]), (502, &json!("ye_error")), "{}", answer.text);
    settings().bind(|| insta::assert_json_snapshot!("no_transport_keys", outline(&answer)));
    assert!(connector.parcels().await.is_empty());
}

/// Includes the case fixed in version 1.1.4 of the guide: an invalid API token is 401, not 500.
#[tokio::test]
async fn invalid_app_credentials_are_distinguished() {
    let token = Connector::with(&[("YED_API_TOKEN", "yet-another-token")]).await;
    let answer = token.create(&order_for(ADA)).await;
    assert_eq!((answer.status.as_u16(), &answer.body["error_code"]), (401, &json!("ye_error")), "{}", answer.text);
    assert!(token.log().contains("YED_API_TOKEN") && !token.log().contains("yet-another-token"), "{}", token.log());

    let secret = Connector::with(&[("ENTRA_FIDO_API_CLIENT_SECRET", "yet-another-secret")]).await;
    let refused = secret.create(&order_for(ADA)).await;
    assert_eq!((refused.status.as_u16(), &refused.body["error_code"]), (502, &json!("idp_error")), "{}", refused.text);
    assert!(secret.log().contains("AADSTS7000215") && !secret.log().contains("yet-another-secret"), "{}", secret.log());
    settings().bind(|| {
        insta::assert_json_snapshot!("wrong_api_token", outline(&answer));
        insta::assert_json_snapshot!("wrong_client_secret", outline(&refused));
    });
}

/// The time budget of an order is five seconds in these tests.
#[tokio::test]
async fn timeout_is_504_and_a_placed_order_continues() {
    let connector = Connector::start().await;
    let delay = |endpoint: &str| json!({ "endpoint": endpoint, "kind": "delay", "delay_ms": 6500, "times": 1 });
    let create = |key: &'static str| {
        let request = connector.request(Method::POST, "/v1/fpr/shipments").header("idempotency-key", key);
        let request = request.json(&order_for(ADA)).send();
        tokio::spawn(async move { Answer::of(request.await.unwrap()).await })
    };
    connector.fault(&delay("graph.creation_options")).await;
    let before_the_order = create("before");
    connector.struck("graph.creation_options").await;
    connector.fault(&delay("delivery.order")).await;
    let while_ordering = create("while");
    connector.struck("delivery.order").await;
    let second = create("while");
    let (before_the_order, while_ordering) = (before_the_order.await.unwrap(), while_ordering.await.unwrap());
    for (answer, code) in [(&before_the_order, "api_error"), (&while_ordering, "ye_error")] {
        assert_eq!((answer.status.as_u16(), &answer.body["error_code"]), (504, &json!(code)), "{}", answer.text);
    }
    settings().bind(|| {
        insta::assert_json_snapshot!("too_late_before_the_order", outline(&before_the_order));
        insta::assert_json_snapshot!("too_late_while_ordering", outline(&while_ordering));
    });
    // A second request with the same key waits for the first one, but not without limit.
    let second = second.await.unwrap();
    assert_eq!(second.status.as_u16(), 409, "{}", second.text);
    settings().bind(|| insta::assert_json_snapshot!("the_first_is_still_under_way", outline(&second)));
    let id = while_ordering.body["error_data"]["shipment_id"].as_str().unwrap();
    connector.until("acceptance", async || connector.details(id).await["phase"] == "accepted").await;
    assert_eq!(connector.parcels().await.len(), 1, "the other order was never sent");
    let answer = connector.create_once("while", &order_for(ADA)).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text);
    assert_eq!(connector.parcels().await.len(), 1);
}

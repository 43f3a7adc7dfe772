//! Failures of external systems, and their effect on orders.

#![allow(missing_docs, reason = "tests")]

mod support;

use keyferry_proof_support::{ADA, ADA_ID, ALAN_ID, order_for};
use reqwest::{Method, StatusCode};
use serde_json::json;
use support::Demo;

fn error_of(details: &serde_json::Value) -> &str {
    details["obstacle"]["message"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn order_with_lost_response_is_visible_and_not_repeated() {
    for fault in [
        json!({ "endpoint": "delivery.order", "kind": "fail_after", "status": 503, "times": 1 }),
        json!({ "endpoint": "delivery.order", "kind": "fail_after", "times": 1 }),
    ] {
        let demo = Demo::start().await;
        demo.fault(&fault).await;
        let answer = demo.post("/v1/fpr/shipments", &order_for(ADA)).await;
        assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{}", answer.body);
        assert_eq!(answer.body["error_code"], "ye_error");
        let id = answer.body["error_data"]["shipment_id"].as_str().unwrap();
        let status = demo.status(id).await;
        assert_eq!((&status["shipment_state"], &status["error_kind"]), (&json!("ongoing"), &json!("GENERAL")));
        demo.process().await;
        assert_eq!(demo.details(id).await["phase"], "unconfirmed");
        assert_eq!(demo.calls("delivery.order").await, 1);

        // An operator finds the order at the delivery service and adopts it. Processing continues.
        let parcels = demo.sandbox(Method::GET, "/control/parcels", None).await.body;
        let list = parcels.as_array().or_else(|| parcels["parcels"].as_array()).unwrap().clone();
        let parcel = list[0]["shipment_id"].as_str().unwrap().to_owned();
        let decision = json!({ "reason": "found in the console", "outcome": "adopted", "shipment_id": parcel });
        let answer = demo.post(&format!("/v1/shipments/{id}/resolve"), &decision).await;
        assert!(answer.status.is_success(), "{}", answer.body);
        demo.parcel_to(&parcel, 103).await;
        demo.process_until(id, "completion", |d| d["shipment_state"] == "complete").await;
        assert_eq!(demo.mails().await.len(), 1);
    }
}

#[tokio::test]
async fn refused_order_leaves_no_open_shipment() {
    let demo = Demo::start().await;
    let settings = json!({ "delivery_token": "another" });
    assert!(demo.sandbox(Method::PUT, "/control/settings", Some(&settings)).await.status.is_success());
    let answer = demo.post("/v1/fpr/shipments", &order_for(ADA)).await;
    assert_eq!((answer.status, &answer.body["error_code"]), (StatusCode::UNAUTHORIZED, &json!("ye_error")));
    assert!(demo.log().contains("YED_API_TOKEN"), "{}", demo.log());
    assert!(!demo.log().contains("sandbox-delivery-token"));
}

#[tokio::test]
async fn throttling_by_identity_provider_is_503_with_retry_after() {
    let demo = Demo::start().await;
    demo.fault(&json!({ "endpoint": "graph.creation_options", "kind": "throttle", "retry_after": 7, "times": 1 }))
        .await;
    let answer = demo.post("/v1/fpr/shipments", &order_for(ADA)).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.body);
    assert_eq!(answer.headers["retry-after"], "7");
    assert_eq!(demo.calls("delivery.order").await, 0);
}

#[tokio::test]
async fn registration_with_lost_response_is_looked_up_and_not_repeated() {
    let demo = Demo::start().await;
    let shipment = demo.order(ADA).await;
    demo.parcel_to(&shipment, 103).await;
    demo.fault(&json!({ "endpoint": "graph.register", "kind": "fail_after", "times": 1 })).await;
    demo.process_until(&shipment, "completion", |d| d["shipment_state"] == "complete").await;
    assert_eq!(demo.calls("graph.register").await, 1);
}

#[tokio::test]
async fn failed_pin_delivery_is_retried_without_registering_again() {
    let demo = Demo::start().await;
    let shipment = demo.order(ADA).await;
    demo.parcel_to(&shipment, 103).await;
    demo.fault(&json!({ "endpoint": "smtp", "kind": "fail_before", "status": 451, "times": 1 })).await;
    let details = demo.process_until(&shipment, "a PIN that waits", |d| d["phase"] == "registered").await;
    assert_eq!(details["obstacle"]["class"], "retry", "{details:#}");
    assert_eq!(demo.status(&shipment).await["error_kind"], "GENERAL");
    demo.process_until(&shipment, "completion", |d| d["shipment_state"] == "complete").await;
    assert_eq!(demo.status(&shipment).await, json!({ "shipment_id": shipment, "shipment_state": "complete" }));
    assert_eq!((demo.calls("graph.register").await, demo.mails().await.len()), (1, 1));
}

#[tokio::test]
async fn missing_manager_or_mail_is_reported_and_can_be_corrected() {
    let demo = Demo::start().await;
    for (user, id, what) in [
        ("nomanager@contoso.onmicrosoft.com", "a1000000-0000-4000-8000-000000000003", "no manager"),
        ("nomail@contoso.onmicrosoft.com", "a1000000-0000-4000-8000-000000000004", "no mail"),
    ] {
        let shipment = demo.order(user).await;
        demo.parcel_to(&shipment, 103).await;
        let details = demo.process_until(&shipment, "an obstacle", |d| d["obstacle"].is_object()).await;
        assert!(error_of(&details).contains(what), "{details:#}");
        assert_eq!((&details["phase"], &details["obstacle"]["class"]), (&json!("registered"), &json!("attention")));
        let change = json!({ "manager": "a1000000-0000-4000-8000-000000000002" });
        let answer = demo.sandbox(Method::PATCH, &format!("/control/users/{id}"), Some(&change)).await;
        assert!(answer.status.is_success(), "{}", answer.body);
        demo.process_until(&shipment, "completion", |d| d["shipment_state"] == "complete").await;
    }
}

#[tokio::test]
async fn states_that_need_an_operator_are_reported() {
    let demo = Demo::start().await;
    let shipment = demo.order(ADA).await;
    for (state, class) in [(7, "attention"), (9, "attention"), (4711, "attention"), (105, "final")] {
        demo.parcel_to(&shipment, state).await;
        let details = demo.process_until(&shipment, "an obstacle", |d| d["delivery_state_id"] == state).await;
        assert_eq!(details["obstacle"]["class"], class, "{state}: {details:#}");
    }
    // Final: no call is made until an operator requests a retry.
    demo.parcel_to(&shipment, 103).await;
    let before = demo.calls("delivery.status").await;
    demo.process().await;
    assert_eq!(demo.calls("delivery.status").await, before);
    let decision = json!({ "reason": "found again", "outcome": "retry" });
    assert!(demo.post(&format!("/v1/shipments/{shipment}/resolve"), &decision).await.status.is_success());
    demo.process_until(&shipment, "completion", |d| d["shipment_state"] == "complete").await;
}

#[tokio::test]
async fn shipment_unknown_to_delivery_service_stays_open() {
    let demo = Demo::start().await;
    let shipment = demo.order(ADA).await;
    demo.sandbox(Method::DELETE, &format!("/control/parcels/{shipment}"), None).await;
    let details = demo.process_until(&shipment, "an obstacle", |d| d["obstacle"].is_object()).await;
    assert_eq!((&details["phase"], &details["obstacle"]["class"]), (&json!("accepted"), &json!("attention")));
    let status = demo.status(&shipment).await;
    assert_eq!((&status["shipment_state"], &status["error_kind"]), (&json!("ongoing"), &json!("GENERAL")));
    let decision = json!({ "reason": "deleted in the console" });
    assert!(demo.post(&format!("/v1/shipments/{shipment}/cancel"), &decision).await.status.is_success());
    let status = demo.status(&shipment).await;
    assert_eq!((&status["shipment_state"], &status["error_kind"]), (&json!("ongoing"), &json!("GENERAL")));
    assert_eq!(demo.details(&shipment).await["phase"], "cancelled");
}

#[tokio::test]
async fn invalid_response_is_not_registered() {
    for tamper in [
        "unsigned",
        "wrong_signer",
        "wrong_challenge",
        "wrong_origin",
        "wrong_rp",
        "no_uv",
        "wrong_aaguid",
        "bad_attestation",
        "garbage",
        "wrong_request_id",
    ] {
        let demo = Demo::start().await;
        let shipment = demo.order(ADA).await;
        let what = json!({ "what": tamper });
        let answer = demo.sandbox(Method::POST, &format!("/control/parcels/{shipment}/tamper"), Some(&what)).await;
        assert!(answer.status.is_success(), "{tamper}: {}", answer.body);
        demo.parcel_to(&shipment, 103).await;
        let details = demo.process_until(&shipment, "an obstacle", |d| d["obstacle"].is_object()).await;
        assert_ne!(details["obstacle"]["class"], "retry", "{tamper}: {details:#}");
        assert_eq!((demo.calls("graph.register").await, demo.mails().await.len()), (0, 0), "{tamper}");
        assert_eq!(demo.status(&shipment).await["shipment_state"], "ongoing");
    }
}

#[tokio::test]
async fn reassigned_name_does_not_get_the_key() {
    let demo = Demo::start().await;
    let shipment = demo.order(ADA).await;
    let swap = json!({ "from": ADA_ID, "to": ALAN_ID });
    let answer = demo.sandbox(Method::POST, "/control/users/swap-upn", Some(&swap)).await;
    assert!(answer.status.is_success(), "{}", answer.body);
    demo.parcel_to(&shipment, 103).await;
    // This connector may read object ids, so the user is pinned: the key is Ada's, whatever her user name is.
    demo.process_until(&shipment, "completion", |d| d["shipment_state"] == "complete").await;
    assert_eq!((demo.methods(ADA_ID).await.len(), demo.methods(ALAN_ID).await.len()), (1, 0));
}

#[tokio::test]
async fn web_page_instead_of_logic_app_response_is_no_pin_delivery() {
    let demo = Demo::with(&["--pin-by", "logic-app"]).await;
    let shipment = demo.order(ADA).await;
    demo.parcel_to(&shipment, 103).await;
    demo.fault(&json!({ "endpoint": "logic_app", "kind": "wrong_answer", "status": 200, "times": 1 })).await;
    let details = demo.process_until(&shipment, "an obstacle", |d| d["obstacle"].is_object()).await;
    assert_eq!((&details["phase"], demo.mails().await.len()), (&json!("registered"), 0), "{details:#}");
    demo.process_until(&shipment, "completion", |d| d["shipment_state"] == "complete").await;
    assert_eq!(demo.mails().await.len(), 1);
}

#[tokio::test]
async fn second_demo_on_same_data_keeps_orders_apart() {
    let first = Demo::start().await;
    let old = first.order(ADA).await;
    let second = first.again().await;
    let new = second.complete_order("alan.turing@contoso.onmicrosoft.com").await;
    assert_ne!(new, old);
    assert_eq!(second.details(&new).await["keys"][0]["user_id"], "alan.turing@contoso.onmicrosoft.com");
    // The new sandbox does not know the old order. This is reported, but for one day it is not taken as final.
    let details = second.process_until(&old, "an obstacle", |d| d["obstacle"].is_object()).await;
    assert_eq!((&details["phase"], &details["obstacle"]["class"]), (&json!("accepted"), &json!("attention")));
}

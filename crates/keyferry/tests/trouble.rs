//! What goes wrong outside, and what becomes of the order.

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
async fn an_order_whose_answer_is_lost_is_visible_and_never_sent_again() {
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

        // A person looks into the delivery service and finds it; it goes on from there.
        let parcels = demo.sandbox(Method::GET, "/control/parcels", None).await.body;
        let list = parcels.as_array().or_else(|| parcels["parcels"].as_array()).unwrap().clone();
        let parcel = list[0]["shipment_id"].as_str().unwrap().to_owned();
        let word = json!({ "reason": "found in the console", "outcome": "adopted", "shipment_id": parcel });
        let answer = demo.post(&format!("/v1/fpr/shipments/{id}/resolve"), &word).await;
        assert!(answer.status.is_success(), "{}", answer.body);
        demo.parcel_to(&parcel, 103).await;
        demo.process_until(id, "completion", |d| d["shipment_state"] == "complete").await;
        assert_eq!(demo.mails().await.len(), 1);
    }
}

#[tokio::test]
async fn an_order_that_was_certainly_not_taken_leaves_nothing_open() {
    let demo = Demo::start().await;
    let settings = json!({ "delivery_token": "another" });
    assert!(demo.sandbox(Method::PUT, "/control/settings", Some(&settings)).await.status.is_success());
    let answer = demo.post("/v1/fpr/shipments", &order_for(ADA)).await;
    assert_eq!((answer.status, &answer.body["error_code"]), (StatusCode::UNAUTHORIZED, &json!("ye_error")));
    assert!(demo.log().contains("YED_API_TOKEN"), "{}", demo.log());
    assert!(!demo.log().contains("sandbox-delivery-token"));
}

#[tokio::test]
async fn a_throttled_identity_provider_gives_503_with_a_time() {
    let demo = Demo::start().await;
    demo.fault(&json!({ "endpoint": "graph.creation_options", "kind": "throttle", "retry_after": 7, "times": 1 }))
        .await;
    let answer = demo.post("/v1/fpr/shipments", &order_for(ADA)).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.body);
    assert_eq!(answer.headers["retry-after"], "7");
    assert_eq!(demo.calls("delivery.order").await, 0);
}

#[tokio::test]
async fn a_registration_whose_answer_is_lost_is_looked_up_and_not_done_twice() {
    let demo = Demo::start().await;
    let shipment = demo.order(ADA).await;
    demo.parcel_to(&shipment, 103).await;
    demo.fault(&json!({ "endpoint": "graph.register", "kind": "fail_after", "times": 1 })).await;
    demo.process_until(&shipment, "completion", |d| d["shipment_state"] == "complete").await;
    assert_eq!(demo.calls("graph.register").await, 1);
}

#[tokio::test]
async fn a_pin_that_cannot_go_is_tried_again_without_registering_again() {
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
async fn a_missing_manager_and_a_manager_without_mail_are_said_and_mended_without_a_restart() {
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
async fn states_that_need_a_person_are_said_and_unknown_ones_are_never_ready() {
    let demo = Demo::start().await;
    let shipment = demo.order(ADA).await;
    for (state, class) in [(7, "attention"), (9, "attention"), (4711, "attention"), (105, "final")] {
        demo.parcel_to(&shipment, state).await;
        let details = demo.process_until(&shipment, "an obstacle", |d| d["delivery_state_id"] == state).await;
        assert_eq!(details["obstacle"]["class"], class, "{state}: {details:#}");
    }
    // Final: nothing is called until a person says so.
    demo.parcel_to(&shipment, 103).await;
    let before = demo.calls("delivery.status").await;
    demo.process().await;
    assert_eq!(demo.calls("delivery.status").await, before);
    let word = json!({ "reason": "found again", "outcome": "retry" });
    assert!(demo.post(&format!("/v1/fpr/shipments/{shipment}/resolve"), &word).await.status.is_success());
    demo.process_until(&shipment, "completion", |d| d["shipment_state"] == "complete").await;
}

#[tokio::test]
async fn a_shipment_that_the_delivery_service_does_not_know_is_not_given_up_at_once() {
    let demo = Demo::start().await;
    let shipment = demo.order(ADA).await;
    demo.sandbox(Method::DELETE, &format!("/control/parcels/{shipment}"), None).await;
    let details = demo.process_until(&shipment, "an obstacle", |d| d["obstacle"].is_object()).await;
    assert_eq!((&details["phase"], &details["obstacle"]["class"]), (&json!("accepted"), &json!("attention")));
    let status = demo.status(&shipment).await;
    assert_eq!((&status["shipment_state"], &status["error_kind"]), (&json!("ongoing"), &json!("GENERAL")));
    let word = json!({ "reason": "deleted in the console" });
    assert!(demo.post(&format!("/v1/fpr/shipments/{shipment}/resolve"), &word).await.status.is_success());
    assert_eq!(demo.status(&shipment).await, json!({ "shipment_id": shipment, "shipment_state": "complete" }));
}

#[tokio::test]
async fn a_response_that_is_not_what_was_asked_for_is_not_registered() {
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
async fn a_name_that_was_given_to_somebody_else_does_not_get_them_the_key() {
    let demo = Demo::start().await;
    let shipment = demo.order(ADA).await;
    let swap = json!({ "from": ADA_ID, "to": ALAN_ID });
    let answer = demo.sandbox(Method::POST, "/control/users/swap-upn", Some(&swap)).await;
    assert!(answer.status.is_success(), "{}", answer.body);
    demo.parcel_to(&shipment, 103).await;
    // This connector may read object ids, so the person is pinned: the key is Ada's, whatever she is called now.
    demo.process_until(&shipment, "completion", |d| d["shipment_state"] == "complete").await;
    assert_eq!((demo.methods(ADA_ID).await.len(), demo.methods(ALAN_ID).await.len()), (1, 0));
}

#[tokio::test]
async fn a_web_page_in_place_of_the_logic_apps_answer_is_no_delivery() {
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
async fn a_second_demo_on_the_same_data_tells_the_old_order_from_the_new_one() {
    let first = Demo::start().await;
    let old = first.order(ADA).await;
    let second = first.again().await;
    let new = second.complete_order("alan.turing@contoso.onmicrosoft.com").await;
    assert_ne!(new, old);
    assert_eq!(second.details(&new).await["keys"][0]["user_id"], "alan.turing@contoso.onmicrosoft.com");
    // This sandbox has never heard of the old one, which is said and, for a day, not believed.
    let details = second.process_until(&old, "an obstacle", |d| d["obstacle"].is_object()).await;
    assert_eq!((&details["phase"], &details["obstacle"]["class"]), (&json!("accepted"), &json!("attention")));
}

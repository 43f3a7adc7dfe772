//! Process flow of the guide's section 2.1, observed from outside.

#![allow(missing_docs, reason = "tests")]

mod support;

use std::time::Duration;

use keyferry_proof_support::{ADA, ADA_ID, order_for};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::Demo;

#[tokio::test]
async fn order_leads_to_registered_key_and_pin_for_manager() {
    let demo = Demo::start().await;
    let shipment = demo.order(ADA).await;
    assert_eq!(demo.status(&shipment).await, json!({ "shipment_id": shipment, "shipment_state": "ongoing" }));
    assert!(demo.methods(ADA_ID).await.is_empty());

    // Nothing is registered before the parcel is shipped.
    for state in [5, 100, 102] {
        demo.parcel_to(&shipment, state).await;
        demo.process().await;
        let details = demo.details(&shipment).await;
        assert_eq!((&details["phase"], &details["delivery_state_id"]), (&json!("accepted"), &json!(state)));
    }
    assert!(demo.methods(ADA_ID).await.is_empty() && demo.mails().await.is_empty());

    demo.parcel_to(&shipment, 103).await;
    let details = demo.process_until(&shipment, "completion", |d| d["shipment_state"] == "complete").await;
    assert_eq!(demo.status(&shipment).await, json!({ "shipment_id": shipment, "shipment_state": "complete" }));

    let key = &details["keys"][0];
    let serial = key["serial_number"].as_str().unwrap();
    assert_eq!(key["firmware_version"], "5.7.4");
    let parcel = demo.sandbox(Method::GET, &format!("/control/parcels/{shipment}"), None).await.body;
    assert_eq!(details["tracking"]["number"], parcel["tracking_number"], "{parcel:#}");

    let methods = demo.methods(ADA_ID).await;
    let [method] = methods.as_slice() else { panic!("{methods:#?}") };
    assert_eq!(method["displayName"], format!("YubiKey {serial}"));
    assert_eq!(method["id"], key["credentials"][0]["method_id"]);
    assert_eq!(method["aaGuid"], key["credentials"][0]["aaguid"]);

    let mails = demo.mails().await;
    let [mail] = mails.as_slice() else { panic!("{mails:#?}") };
    assert_eq!(mail["to"], json!(["grace.hopper@contoso.onmicrosoft.com"]));
    let revealed = demo.sandbox(Method::GET, &format!("/control/keys/{serial}?reveal=pin"), None).await.body;
    let pin = revealed["pin"].as_str().unwrap_or_else(|| panic!("{revealed:#}"));
    assert_eq!(pin.len(), 8);
    assert!(mail["text"].as_str().unwrap().contains(pin) && mail["text"].as_str().unwrap().contains(serial));
    assert!(!mail["subject"].as_str().unwrap().contains(pin));
    // The client-request-id of each step identifies the call in the other side's logs.
    for step in ["submitted", "accepted", "fulfilled", "registered"] {
        let history = details["history"].as_array().unwrap();
        let event = history.iter().find(|event| event["event"] == step).unwrap_or_else(|| panic!("{step}"));
        assert!(event["client_request_id"].is_string(), "{event:#}");
    }
    // The PIN is visible to the addressee of the mail only.
    assert!(!demo.log().contains(pin) && !details.to_string().contains(pin));
}

#[tokio::test]
async fn complete_shipment_is_not_processed_again() {
    let demo = Demo::start().await;
    let shipment = demo.complete_order(ADA).await;
    let (status, register) = (demo.calls("delivery.status").await, demo.calls("graph.register").await);
    demo.process().await;
    demo.process().await;
    assert_eq!(demo.calls("delivery.status").await, status);
    assert_eq!((register, demo.calls("graph.register").await), (1, 1));
    assert_eq!(demo.mails().await.len(), 1);
    assert_eq!(demo.status(&shipment).await["shipment_state"], "complete");
}

#[tokio::test]
async fn unusual_user_names_work() {
    let demo = Demo::start().await;
    let unusual = [
        "o'brien#test@contoso.onmicrosoft.com",
        "$dollar@contoso.onmicrosoft.com",
        "jürgen.weiß@contoso.onmicrosoft.com",
        "a1000000-0000-4000-8000-00000000000a",
    ];
    for user in unusual {
        let shipment = demo.order(user).await;
        demo.parcel_to(&shipment, 103).await;
        let details = demo
            .process_until(&shipment, "registration", |d| !d["keys"][0]["credentials"].as_array().unwrap().is_empty())
            .await;
        assert_eq!(details["keys"][0]["user_id"], user);
    }
}

#[tokio::test]
async fn contacts_of_allowed_domains_precede_manager() {
    let demo = Demo::start().await;
    let mut order = order_for(ADA);
    order["enrollment_contacts"] = json!({ "emails_to": ["helpdesk@contoso.onmicrosoft.com"] });
    let answer = demo.post("/v1/fpr/shipments", &order).await;
    let shipment = answer.body["data"]["shipment_id"].as_str().unwrap().to_owned();
    demo.parcel_to(&shipment, 103).await;
    demo.process_until(&shipment, "completion", |d| d["shipment_state"] == "complete").await;
    assert_eq!(demo.mails().await[0]["to"], json!(["helpdesk@contoso.onmicrosoft.com"]));

    order["enrollment_contacts"] = json!({ "emails_to": ["stranger@elsewhere.example"] });
    let answer = demo.post("/v1/fpr/shipments", &order).await;
    assert_eq!((answer.status, &answer.body["error_code"]), (StatusCode::BAD_REQUEST, &json!("api_error")));
    assert_eq!(demo.calls("delivery.order").await, 1);
}

#[tokio::test]
async fn mail_announces_pin_change_for_one_time_pin() {
    let demo = Demo::start().await;
    let mut order = order_for(ADA);
    order["yubico_shipment_request"]["shipment_items"][0]["customization_id"] = json!("ONETIM");
    let answer = demo.post("/v1/fpr/shipments", &order).await;
    let shipment = answer.body["data"]["shipment_id"].as_str().unwrap().to_owned();
    demo.parcel_to(&shipment, 103).await;
    demo.process_until(&shipment, "completion", |d| d["shipment_state"] == "complete").await;
    let plain = demo.complete_order("alan.turing@contoso.onmicrosoft.com").await;
    assert_ne!(plain, shipment);
    let mails = demo.mails().await;
    let says =
        |mail: &Value| mail["text"].as_str().unwrap().contains("requires a new PIN when it is used for the first time");
    assert!(says(&mails[0]) && !says(&mails[1]), "{mails:#?}");
}

#[tokio::test]
async fn pin_mail_matches_snapshot() {
    let demo = Demo::start().await;
    let shipment = demo.complete_order(ADA).await;
    let details = demo.details(&shipment).await;
    let serial = details["keys"][0]["serial_number"].as_str().unwrap();
    let revealed = demo.sandbox(Method::GET, &format!("/control/keys/{serial}?reveal=pin"), None).await.body;
    let mut settings = support::settings();
    settings.add_filter(revealed["pin"].as_str().unwrap(), "[PIN]");
    settings.add_filter(serial, "[serial]");
    settings.add_filter(&shipment, "[shipment]");
    let mail = &demo.mails().await[0];
    settings.bind(|| insta::assert_json_snapshot!("the_mail", mail));
}

#[tokio::test]
async fn an_idle_demo_is_quiet_and_an_order_is_processed_by_itself() {
    let demo = Demo::with(&["--verbose"]).await;
    demo.sandbox(Method::DELETE, "/control/calls", None).await;
    let lines = || demo.log().lines().count();
    let before = lines();
    tokio::time::sleep(Duration::from_secs(12)).await;
    let calls = demo.sandbox(Method::GET, "/control/calls/summary", None).await.body;
    assert_eq!(calls, json!([]), "calls while nothing happens");
    // The schedule of a deployment, once an hour, can fall into this time.
    let log = demo.log();
    assert!(lines() <= before + 1, "{log}");
    let shipment = demo.order(ADA).await;
    demo.parcel_to(&shipment, 103).await;
    let complete = async || demo.details(&shipment).await["shipment_state"] == "complete";
    demo.until("completion without a request", complete).await;
}

//! Misbehaving delivery service: it knows the API token and repeats it.

use reqwest::StatusCode;
use serde_json::json;

use crate::hostile::{Fault, Part};
use crate::rig::{API_TOKEN, Plan, Rig};
use keyferry_proof_support::{ADA, ALAN};

#[tokio::test]
async fn no_leak_when_order_response_repeats_api_token() {
    let rig = Rig::start().await;
    for fault in Fault::repeating(&[Part::Credentials]) {
        rig.hostile.inject("POST /fpr/shipments", fault.clone());
        rig.try_order(ADA).await;
        assert!(rig.hostile.triggered(), "{fault:?}");
    }
    for member in ["code", "message"] {
        rig.hostile
            .inject("POST /fpr/shipments", Fault::changed(move |reply, _| *reply = json!({ member: API_TOKEN })));
        rig.try_order(ADA).await;
    }
    rig.hostile.clear("POST /fpr/shipments");
    let shipment = rig.completed(ALAN).await;
    rig.assert_silent(&[&shipment]).await;
}

#[tokio::test]
async fn no_leak_when_status_response_repeats_api_token() {
    let rig = Rig::start().await;
    let on = "GET /fpr/shipments/";
    let shipment = rig.completed(ADA).await;
    let waiting = rig.shipped(ALAN).await;
    let talkative = Fault::changed(|reply, credentials| {
        for member in ["shipment_state_message", "carrier", "tracking_number", "tracking_link", "credential"] {
            reply[member] = credentials.into();
            reply["shipment_items"][0]["product_data"][0][member] = credentials.into();
        }
        reply["shipment_items"][0]["product_data"][0]["firmware_version"] = credentials.into();
    });
    for fault in Fault::repeating(&[Part::Credentials]).into_iter().chain([talkative.clone()]) {
        rig.hostile.inject(on, fault.clone());
        rig.resend(&shipment).await;
        assert!(rig.hostile.triggered(), "{fault:?}");
        rig.process().await;
    }
    rig.hostile.clear(on);
    // In this phase, the details of the parcel are stored in the record.
    let third = rig.shipped(ADA).await;
    rig.hostile.inject(on, talkative);
    rig.process().await;
    rig.hostile.clear(on);
    rig.assert_silent(&[&shipment, &waiting, &third]).await;
}

#[tokio::test]
async fn no_leak_with_invalid_published_keys() {
    for (name, body) in [
        ("yubico-transport", json!({ "keys": [{ "kty": "EC", "d": "x", "kid": "k" }] })),
        ("yubico-sign", json!({ "keys": "none" })),
    ] {
        let plan = Plan::new().await;
        let on = format!("GET {name}");
        plan.hostile.inject(&on, Fault::changed(move |reply, _| *reply = body.clone()));
        let rig = plan.start().await;
        let answer = rig.try_order(ADA).await;
        let ordered = answer.status == StatusCode::CREATED;
        assert_eq!(ordered, name == "yubico-sign", "{}", answer.text);
        if ordered {
            rig.parcel_to(answer.body["data"]["shipment_id"].as_str().unwrap(), 103).await;
            rig.process().await;
        }
        assert!(rig.hostile.triggered());
        rig.assert_silent(&["keys"]).await;
    }
}

#[tokio::test]
async fn no_leak_when_server_has_no_tls() {
    let mut plan = Plan::new().await;
    let port = plan.hostile.base.rsplit(':').next().unwrap().to_owned();
    plan.set("YE_API_BASE_URL", format!("https://localhost:{port}/delivery/v1"));
    let rig = plan.start().await;
    let answer = rig.try_order(ADA).await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{}", answer.text);
    rig.assert_silent(&["no connection"]).await;
}

/// The proxy knows its own password and repeats it.
#[tokio::test]
async fn no_leak_when_proxy_repeats_its_password() {
    let mut plan = Plan::new().await;
    let password = "Dq8~Xw2Ke7-Tn5.Yb4Hs";
    let proxy = plan.hostile.base.replace("http://", &format!("http://user:{password}@"));
    // Proxy passwords are set in the environment, which the general search covers too. So the password is not a
    // canary there; only log and answers are searched for it.
    plan.set("HTTPS_PROXY", proxy);
    plan.set("YE_API_BASE_URL", "https://delivery.example.invalid/v1");
    let rig = plan.start().await;
    for fault in Fault::repeating(&[Part::Credentials]) {
        rig.hostile.inject("CONNECT delivery.example.invalid", fault.clone());
        let answer = rig.try_order(ADA).await;
        assert!(!answer.status.is_success() && rig.hostile.triggered(), "{fault:?}: {}", answer.text);
    }
    let log = rig.log();
    assert!(log.contains("delivery.example.invalid"));
    let mut canaries = crate::search::Canaries::default();
    canaries.add("the proxy's password", password.as_bytes());
    assert!(canaries.find(log.as_bytes()).is_empty(), "{:?}", canaries.find(log.as_bytes()));
    rig.assert_silent(&["delivery.example.invalid"]).await;
}

/// A token that is invalid in a header, as from a file with more than one line.
#[tokio::test]
async fn no_leak_of_api_token_with_two_lines() {
    let mut plan = Plan::new().await;
    plan.secret("YED_API_TOKEN", "Fj6first~line-Zc9\nMu3second~line-Pk2");
    let rig = plan.start().await;
    let answer = rig.try_order(ADA).await;
    assert!(!answer.status.is_success(), "{}", answer.text);
    rig.assert_silent(&["not printable ASCII"]).await;
}

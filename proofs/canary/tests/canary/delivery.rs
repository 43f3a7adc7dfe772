//! The delivery service misbehaves: it is told the API token.

use reqwest::StatusCode;
use serde_json::json;

use crate::hostile::{Trick, What};
use crate::rig::{API_TOKEN, Plan, Rig};
use keyferry_proof_support::{ADA, ALAN};

#[tokio::test]
async fn a_delivery_service_that_repeats_the_token_when_a_key_is_ordered() {
    let rig = Rig::start().await;
    for trick in Trick::that_repeat(&[What::Credentials]) {
        rig.hostile.play("POST /fpr/shipments", trick.clone());
        rig.try_order(ADA).await;
        assert!(rig.hostile.struck(), "{trick:?}");
    }
    for member in ["code", "message"] {
        rig.hostile.play("POST /fpr/shipments", Trick::changed(move |said, _| *said = json!({ member: API_TOKEN })));
        rig.try_order(ADA).await;
    }
    rig.hostile.behave("POST /fpr/shipments");
    let shipment = rig.completed(ALAN).await;
    rig.assert_silent(&[&shipment]).await;
}

#[tokio::test]
async fn a_delivery_service_that_repeats_the_token_when_it_is_asked_for_a_parcel() {
    let rig = Rig::start().await;
    let on = "GET /fpr/shipments/";
    let shipment = rig.completed(ADA).await;
    let waiting = rig.shipped(ALAN).await;
    let talkative = Trick::changed(|said, credentials| {
        for member in ["shipment_state_message", "carrier", "tracking_number", "tracking_link", "credential"] {
            said[member] = credentials.into();
            said["shipment_items"][0]["product_data"][0][member] = credentials.into();
        }
        said["shipment_items"][0]["product_data"][0]["firmware_version"] = credentials.into();
    });
    for trick in Trick::that_repeat(&[What::Credentials]).into_iter().chain([talkative.clone()]) {
        rig.hostile.play(on, trick.clone());
        rig.resend(&shipment).await;
        assert!(rig.hostile.struck(), "{trick:?}");
        rig.process().await;
    }
    rig.hostile.behave(on);
    // Where the parcel's particulars are written down.
    let third = rig.shipped(ADA).await;
    rig.hostile.play(on, talkative);
    rig.process().await;
    rig.hostile.behave(on);
    rig.assert_silent(&[&shipment, &waiting, &third]).await;
}

#[tokio::test]
async fn published_keys_that_are_none() {
    for (name, body) in [
        ("yubico-transport", json!({ "keys": [{ "kty": "EC", "d": "x", "kid": "k" }] })),
        ("yubico-sign", json!({ "keys": "none" })),
    ] {
        let plan = Plan::new().await;
        let on = format!("GET {name}");
        plan.hostile.play(&on, Trick::changed(move |said, _| *said = body.clone()));
        let rig = plan.start().await;
        let answer = rig.try_order(ADA).await;
        let ordered = answer.status == StatusCode::CREATED;
        assert_eq!(ordered, name == "yubico-sign", "{}", answer.text);
        if ordered {
            rig.parcel_to(answer.body["data"]["shipment_id"].as_str().unwrap(), 103).await;
            rig.process().await;
        }
        assert!(rig.hostile.struck());
        rig.assert_silent(&["keys"]).await;
    }
}

#[tokio::test]
async fn no_tls_where_tls_is_expected() {
    let mut plan = Plan::new().await;
    let port = plan.hostile.base.rsplit(':').next().unwrap().to_owned();
    plan.set("YE_API_BASE_URL", format!("https://localhost:{port}/delivery/v1"));
    let rig = plan.start().await;
    let answer = rig.try_order(ADA).await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{}", answer.text);
    rig.assert_silent(&["no connection"]).await;
}

/// A proxy on the way is told its own password.
#[tokio::test]
async fn a_proxy_that_repeats_its_password() {
    let mut plan = Plan::new().await;
    let password = "Dq8~Xw2Ke7-Tn5.Yb4Hs";
    let proxy = plan.hostile.base.replace("http://", &format!("http://user:{password}@"));
    // It stands in the environment, where proxies' passwords are set: only the log and the answers can be clean.
    plan.set("HTTPS_PROXY", proxy);
    plan.set("YE_API_BASE_URL", "https://delivery.example.invalid/v1");
    let rig = plan.start().await;
    for trick in Trick::that_repeat(&[What::Credentials]) {
        rig.hostile.play("CONNECT delivery.example.invalid", trick.clone());
        let answer = rig.try_order(ADA).await;
        assert!(!answer.status.is_success() && rig.hostile.struck(), "{trick:?}: {}", answer.text);
    }
    let log = rig.log();
    assert!(log.contains("delivery.example.invalid"));
    let mut canaries = crate::search::Canaries::default();
    canaries.add("the proxy's password", password.as_bytes());
    assert!(canaries.find(log.as_bytes()).is_empty(), "{:?}", canaries.find(log.as_bytes()));
    rig.assert_silent(&["delivery.example.invalid"]).await;
}

/// A token that no header can carry, as when a file holds more than one line.
#[tokio::test]
async fn a_token_of_two_lines() {
    let mut plan = Plan::new().await;
    plan.secret("YED_API_TOKEN", "Fj6first~line-Zc9\nMu3second~line-Pk2");
    let rig = plan.start().await;
    let answer = rig.try_order(ADA).await;
    assert!(!answer.status.is_success(), "{}", answer.text);
    rig.assert_silent(&["not printable ASCII"]).await;
}

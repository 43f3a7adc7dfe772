//! Misbehaving Logic App: it knows the PIN and its own URL, and repeats them.

use reqwest::StatusCode;

use crate::hostile::{Fault, Part};
use crate::rig::{Plan, Rig, SIGNATURE};
use keyferry_proof_support::{ADA, ALAN};

const INVOKE: &str = "POST /workflows/";

#[tokio::test]
async fn no_leak_when_logic_app_repeats_pin_and_url() {
    let rig = Rig::start().await;
    let shipment = rig.completed(ADA).await;
    for fault in Fault::repeating(&[Part::Pin, Part::Query, Part::Body]) {
        rig.hostile.inject(INVOKE, fault.clone());
        rig.resend(&shipment).await;
        assert!(rig.hostile.triggered(), "{fault:?}");
    }
    let other = rig.shipped(ALAN).await;
    for fault in Fault::repeating(&[Part::Pin]).into_iter().take(8) {
        rig.hostile.inject(INVOKE, fault);
        rig.process().await;
        assert!(rig.hostile.triggered());
    }
    let decoded = Fault::changed(|reply, _| *reply = serde_json::json!({ "error": { "code": SIGNATURE } }));
    rig.hostile.inject(INVOKE, decoded);
    rig.resend(&shipment).await;
    rig.hostile.clear(INVOKE);
    assert_eq!(rig.resend(&shipment).await.status, StatusCode::NO_CONTENT);
    rig.assert_silent(&[&shipment, &other]).await;
}

/// The Logic App's URL is unreachable.
#[tokio::test]
async fn no_leak_when_logic_app_is_unreachable() {
    for elsewhere in ["https://logic-app.example.invalid", "https://localhost:1", "http://127.0.0.1:1"] {
        let mut plan = Plan::new().await;
        plan.secret(
            "SEND_PIN_URL",
            &format!("{elsewhere}/workflows/w/invoke?sv=1.0&sig=Rk2%2BJv9%2FBq7%3DMd4Xs8Lf1Py6"),
        );
        let rig = plan.start().await;
        let shipment = rig.shipped(ADA).await;
        rig.process().await;
        assert_eq!(rig.details(&shipment).await["phase"], "registered");
        assert_eq!(rig.resend(&shipment).await.status, StatusCode::BAD_GATEWAY);
        rig.assert_silent(&[&shipment, "no connection"]).await;
    }
}

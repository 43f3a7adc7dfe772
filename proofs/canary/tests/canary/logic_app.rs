//! The Logic App misbehaves: it is told the PIN, and its own address.

use reqwest::StatusCode;

use crate::hostile::{Trick, What};
use crate::rig::{Plan, Rig, SIGNATURE};
use keyferry_proof_support::{ADA, ALAN};

const INVOKE: &str = "POST /workflows/";

#[tokio::test]
async fn a_logic_app_that_repeats_the_pin_and_its_address() {
    let rig = Rig::start().await;
    let shipment = rig.completed(ADA).await;
    for trick in Trick::that_repeat(&[What::Pin, What::Query, What::Body]) {
        rig.hostile.play(INVOKE, trick.clone());
        rig.resend(&shipment).await;
        assert!(rig.hostile.struck(), "{trick:?}");
    }
    let other = rig.shipped(ALAN).await;
    for trick in Trick::that_repeat(&[What::Pin]).into_iter().take(8) {
        rig.hostile.play(INVOKE, trick);
        rig.process().await;
        assert!(rig.hostile.struck());
    }
    let decoded = Trick::changed(|said, _| *said = serde_json::json!({ "error": { "code": SIGNATURE } }));
    rig.hostile.play(INVOKE, decoded);
    rig.resend(&shipment).await;
    rig.hostile.behave(INVOKE);
    assert_eq!(rig.resend(&shipment).await.status, StatusCode::NO_CONTENT);
    rig.assert_silent(&[&shipment, &other]).await;
}

/// Where the address leads nowhere.
#[tokio::test]
async fn a_logic_app_that_cannot_be_reached() {
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

//! The token endpoint misbehaves: it is told the client secret.

use crate::hostile::{How, Shape, Trick, What};
use crate::rig::{CLIENT_SECRET, Plan};
use keyferry_proof_support::ADA;

const TOKEN: &str = "POST /oauth2/v2.0/token";

#[tokio::test]
async fn a_token_endpoint_that_repeats_the_client_secret() {
    let plan = Plan::new().await;
    // From the first call on, the check of permissions at start.
    plan.hostile.play(TOKEN, Trick::Echo { what: What::Body, how: How::AsItIs, shape: Shape::Strings, status: 401 });
    let rig = plan.start().await;
    assert!(rig.hostile.struck());
    for trick in Trick::that_repeat(&[What::Body]) {
        rig.hostile.play(TOKEN, trick.clone());
        let answer = rig.try_order(ADA).await;
        assert!(!answer.status.is_success() && rig.hostile.struck(), "{trick:?}: {}", answer.text);
    }
    // The secret alone, where a code is expected, and where words are.
    for member in ["error", "error_description", "trace_id", "correlation_id"] {
        let trick = Trick::changed(move |said, _| {
            *said = serde_json::json!({ "error": "invalid_client", "error_codes": [7_000_215] });
            said[member] = CLIENT_SECRET.into();
        });
        rig.hostile.play(TOKEN, trick);
        assert!(!rig.try_order(ADA).await.status.is_success());
    }
    // A token that is good, in an answer that is not.
    for (member, value) in [("expires_in", "tomorrow"), ("token_type", "mac"), ("expires_in", "-1")] {
        rig.hostile.play(TOKEN, Trick::changed(move |said, _| said[member] = value.into()));
        assert!(!rig.try_order(ADA).await.status.is_success());
    }
    rig.hostile.behave(TOKEN);
    let shipment = rig.completed(ADA).await;
    rig.assert_silent(&[&shipment]).await;
}

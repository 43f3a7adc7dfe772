//! Misbehaving token endpoint: it knows the client secret and repeats it.

use crate::hostile::{Encoding, Fault, Part, Shape};
use crate::rig::{CLIENT_SECRET, Plan};
use keyferry_proof_support::ADA;

const TOKEN: &str = "POST /oauth2/v2.0/token";

#[tokio::test]
async fn no_leak_when_token_endpoint_repeats_client_secret() {
    let plan = Plan::new().await;
    // Before the start, so that it also applies to the first call: the check of permissions.
    plan.hostile
        .inject(TOKEN, Fault::Echo { what: Part::Body, how: Encoding::Verbatim, shape: Shape::Strings, status: 401 });
    let rig = plan.start().await;
    assert!(rig.hostile.triggered());
    for fault in Fault::repeating(&[Part::Body]) {
        rig.hostile.inject(TOKEN, fault.clone());
        let answer = rig.try_order(ADA).await;
        assert!(!answer.status.is_success() && rig.hostile.triggered(), "{fault:?}: {}", answer.text);
    }
    // Only the secret, in place of a code and of a message.
    for member in ["error", "error_description", "trace_id", "correlation_id"] {
        let fault = Fault::changed(move |reply, _| {
            *reply = serde_json::json!({ "error": "invalid_client", "error_codes": [7_000_215] });
            reply[member] = CLIENT_SECRET.into();
        });
        rig.hostile.inject(TOKEN, fault);
        assert!(!rig.try_order(ADA).await.status.is_success());
    }
    // A valid token in an invalid answer.
    for (member, value) in [("expires_in", "tomorrow"), ("token_type", "mac"), ("expires_in", "-1")] {
        rig.hostile.inject(TOKEN, Fault::changed(move |reply, _| reply[member] = value.into()));
        assert!(!rig.try_order(ADA).await.status.is_success());
    }
    rig.hostile.clear(TOKEN);
    let shipment = rig.completed(ADA).await;
    rig.assert_silent(&[&shipment]).await;
}

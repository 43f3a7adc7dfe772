//! Start of a sign-in: request options for the browser.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::challenges::LIFE;
use super::state::Signin;
use crate::ground::random;

/// Returns a `PublicKeyCredentialRequestOptionsJSON` (WebAuthn level 3 section 5.1.9) for any discoverable credential.
pub(super) async fn options(State(signin): State<Arc<Signin>>) -> Json<Value> {
    let challenge = URL_SAFE_NO_PAD.encode(random::bytes::<32>());
    signin.challenges.issue(challenge.clone(), signin.clock.tokens());
    Json(json!({
        "challenge": challenge,
        "timeout": LIFE.num_milliseconds(),
        "rpId": signin.facts.rp_id,
        "allowCredentials": [],
        "userVerification": "required",
    }))
}

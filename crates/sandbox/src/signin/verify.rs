//! End of a sign-in: verification of the assertion.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use keyferry_webauthn::{
    AssertionExpectations, AuthenticationResponse, ClientData, SignCount, StoredCredential, verify_assertion,
};
use serde_json::{Value, json};

use super::state::Signin;
use crate::ground::facts::Facts;

/// Returns 200 and the user, or 403 and the reason.
pub(super) async fn verify(State(signin): State<Arc<Signin>>, Json(answer): Json<Value>) -> Response {
    match check(&signin, answer) {
        Ok(who) => Json(who).into_response(),
        Err(reason) => (StatusCode::FORBIDDEN, Json(json!({"error": "refused", "reason": reason}))).into_response(),
    }
}

fn check(signin: &Signin, answer: Value) -> Result<Value, String> {
    let answer: AuthenticationResponse =
        serde_json::from_value(answer).map_err(|error| format!("expected an AuthenticationResponseJSON: {error}"))?;
    let client_data =
        ClientData::parse(answer.response.client_data_json.as_bytes()).map_err(|error| error.to_string())?;
    if !signin.challenges.redeem(&client_data.challenge, signin.clock.tokens()) {
        return Err("the challenge is unknown, expired or already used".to_owned());
    }
    let handle = answer.response.user_handle.as_ref().ok_or("the response has no user handle")?.as_bytes();
    let user = signin.directory.lock().user_by_handle(handle).cloned().ok_or("no user has this user handle")?;
    let credential_id = answer.id.as_bytes();
    let method = signin.graph.methods.find_credential(user.id, credential_id);
    let method = method.ok_or("the user has no such passkey; it may have been deleted")?;
    if !user.account_enabled {
        return Err("the account is disabled".to_owned());
    }
    // Key restrictions apply at registration and at sign-in. Attestation is checked only at registration.
    if !signin.policy.lock().allow(method.aaguid) {
        return Err(format!("the policy does not allow keys with AAGUID {}", method.aaguid));
    }
    let expected = AssertionExpectations {
        challenge: client_data.challenge,
        rp_id: signin.facts.rp_id.clone(),
        origins: origins(&signin.facts),
        require_user_verification: true,
        require_user_handle: true,
    };
    let stored = StoredCredential {
        credential_id: method.credential_id.clone(),
        public_key: method.public_key.clone(),
        sign_count: method.sign_count,
        user_handle: user.handle(),
        backup_eligible: method.backup_eligible,
    };
    let verified = verify_assertion(&expected, &stored, &answer).map_err(|error| error.to_string())?;
    if let SignCount::Regressed { stored, received } = verified.counter {
        return Err(format!("signature counter {received} is not above {stored}; the key may have been cloned"));
    }
    signin.graph.methods.set_sign_count(user.id, &method.id, verified.sign_count);
    signin.factory.raise_sign_count(credential_id, verified.sign_count);
    Ok(json!({
        "user": user.display_name,
        "user_id": user.id,
        "upn": user.upn,
        "method_id": method.id,
        "display_name": method.display_name,
        "serial": signin.factory.serial_of_credential(credential_id),
    }))
}

/// Returns the accepted origins: those of the sign-in page, and that of the simulated keys.
fn origins(facts: &Facts) -> Vec<String> {
    vec![
        format!("https://{}", facts.rp_id),
        format!("http://{}:{}", facts.rp_id, facts.http_port),
        facts.base_url.origin().ascii_serialization(),
    ]
}

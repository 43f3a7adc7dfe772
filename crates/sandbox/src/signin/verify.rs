//! Who signed in.

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

/// 200 and who it is, or 403 and why not.
pub(super) async fn verify(State(signin): State<Arc<Signin>>, Json(answer): Json<Value>) -> Response {
    match check(&signin, answer) {
        Ok(who) => Json(who).into_response(),
        Err(reason) => (StatusCode::FORBIDDEN, Json(json!({"error": "refused", "reason": reason}))).into_response(),
    }
}

fn check(signin: &Signin, answer: Value) -> Result<Value, String> {
    let answer: AuthenticationResponse =
        serde_json::from_value(answer).map_err(|error| format!("this is no AuthenticationResponseJSON: {error}"))?;
    let client_data =
        ClientData::parse(answer.response.client_data_json.as_bytes()).map_err(|error| error.to_string())?;
    if !signin.challenges.redeem(&client_data.challenge, signin.clock.tokens()) {
        return Err("the challenge was not issued here, has expired, or was answered before".to_owned());
    }
    let handle = answer.response.user_handle.as_ref().ok_or("the key did not say whose credential this is")?.as_bytes();
    let user = signin.directory.lock().user_by_handle(handle).cloned().ok_or("the user handle is nobody's here")?;
    let credential_id = answer.id.as_bytes();
    let method = signin.graph.methods.find_credential(user.id, credential_id);
    let method = method.ok_or("the user has no such passkey; was it deleted?")?;
    if !user.account_enabled {
        return Err("the account is disabled".to_owned());
    }
    // Restrictions count at registration and at sign-in; attestation was judged at registration alone.
    if !signin.policy.lock().allow(method.aaguid) {
        return Err(format!("the policy does not allow keys with the AAGUID {}", method.aaguid));
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
        return Err(format!("the signature counter went from {stored} to {received}; the key may have been cloned"));
    }
    signin.graph.methods.signed_in(&method.id, verified.sign_count);
    signin.factory.counted(credential_id, verified.sign_count);
    Ok(json!({
        "user": user.display_name,
        "user_id": user.id,
        "upn": user.upn,
        "method_id": method.id,
        "display_name": method.display_name,
        "serial": signin.factory.serial_of_credential(credential_id),
    }))
}

/// The page's own origin, and the one that the simulated keys use.
fn origins(facts: &Facts) -> Vec<String> {
    vec![
        format!("https://{}", facts.rp_id),
        format!("http://{}:{}", facts.rp_id, facts.http_port),
        facts.base_url.origin().ascii_serialization(),
    ]
}

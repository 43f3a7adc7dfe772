//! Operations on the FIDO2 policy.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::call::Call;
use super::error::GraphError;
use crate::ground::policy::Policy;

/// `GET …/authenticationMethodConfigurations/fido2`.
pub(super) fn get(call: &Call) -> Response {
    let mut body = json!(call.graph.policy.get());
    let rest = json!({
        "@odata.context": call.context("authenticationMethodConfigurations/$entity"),
        "@odata.type": "#microsoft.graph.fido2AuthenticationMethodConfiguration",
        "id": "Fido2",
        "defaultPasskeyProfile": null,
    });
    if let (Some(body), Some(rest)) = (body.as_object_mut(), rest.as_object()) {
        body.extend(rest.clone());
    }
    Json(body).into_response()
}

/// `PATCH …/authenticationMethodConfigurations/fido2`: changes the members in the body.
pub(super) fn patch(call: &Call) -> Result<Response, GraphError> {
    let wrong = |error: serde_json::Error| GraphError::bad_request(format!("The policy cannot be read: {error}"));
    let change: Map<String, Value> = serde_json::from_slice(&call.body).map_err(wrong)?;
    // Documented as required.
    if change.get("@odata.type") != Some(&json!("#microsoft.graph.fido2AuthenticationMethodConfiguration")) {
        return Err(GraphError::bad_request("@odata.type must tell which method is configured."));
    }
    let mut policy = json!(call.graph.policy.get());
    if let Some(members) = policy.as_object_mut() {
        members.extend(change.into_iter().filter(|(name, _)| name != "@odata.type"));
    }
    let policy: Policy = serde_json::from_value(policy).map_err(wrong)?;
    call.graph.policy.set(policy);
    Ok(StatusCode::NO_CONTENT.into_response())
}

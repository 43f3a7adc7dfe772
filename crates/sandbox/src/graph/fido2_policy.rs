//! The FIDO2 policy as Graph shows it.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::call::Call;

/// `GET …/authenticationMethodConfigurations/fido2`.
pub(super) fn get(call: &Call) -> Response {
    let mut body = json!(call.world.policy());
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

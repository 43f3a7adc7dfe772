//! Identity endpoint of a container app, which issues tokens for managed identities.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::claims::{EXPIRES_IN, mint};
use super::resource::azure;
use super::state::Entra;
use crate::ground::random;

/// Value of `IDENTITY_HEADER`, which each call must send as `X-IDENTITY-HEADER`.
pub(crate) const IDENTITY_HEADER: &str = "sandbox-identity-header";

/// `GET /msi/token`.
pub(super) async fn token(
    State(entra): State<Arc<Entra>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let correlation = random::uuid().to_string();
    if headers.get("x-identity-header").is_none_or(|value| value != IDENTITY_HEADER) {
        return (StatusCode::FORBIDDEN, [("x-correlation-id", correlation)]).into_response();
    }
    let bad = |message: &str| {
        let body = json!({ "statusCode": 400, "message": message, "correlationId": correlation });
        (StatusCode::BAD_REQUEST, Json(body)).into_response()
    };
    if query.get("api-version").map(String::as_str) != Some("2019-08-01") {
        return bad("The api-version is not supported.");
    }
    let wanted = query.get("client_id");
    let identity = {
        let directory = entra.directory.lock();
        // A missing client id means the system-assigned identity, which this container app does not have.
        let found = directory.apps.iter().find(|app| app.managed && Some(&app.id.to_string()) == wanted);
        found.filter(|app| app.enabled).cloned()
    };
    let Some(identity) = identity else {
        return bad("Unable to load the proper Managed Identity.");
    };
    let Some(resource) = query.get("resource").and_then(|name| azure(name)) else {
        return bad("The resource principal was not found in the tenant.");
    };
    let now = entra.clock.tokens();
    let Some(token) = entra.keys.sign(&mint(&entra.facts, &identity, &resource, "2", now)) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    Json(json!({
        "access_token": token, "expires_on": (now.timestamp() + EXPIRES_IN).to_string(),
        "resource": resource.requested, "token_type": "Bearer", "client_id": identity.id,
    }))
    .into_response()
}

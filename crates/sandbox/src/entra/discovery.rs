//! OpenID Connect metadata and signing keys, for both token versions.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::claims::{issuer_v1, issuer_v2};
use super::refusal::Refusal;
use super::state::Entra;
use crate::ground::directory::{TENANT_ID, is_our_tenant};

/// Returns the version 2 metadata. Like Entra's, it does not list PKCE, which the sandbox requires.
pub(super) async fn v2(State(entra): State<Arc<Entra>>, Path(tenant): Path<String>) -> Response {
    metadata(&entra, &tenant, &issuer_v2(&entra.facts), "oauth2/v2.0", "discovery/v2.0/keys")
}

/// Returns the version 1 metadata.
pub(super) async fn v1(State(entra): State<Arc<Entra>>, Path(tenant): Path<String>) -> Response {
    metadata(&entra, &tenant, &issuer_v1(), "oauth2", "discovery/keys")
}

/// Returns the signing keys, which are the same for both versions.
pub(super) async fn keys(State(entra): State<Arc<Entra>>, Path(tenant): Path<String>) -> Response {
    if !is_our_tenant(&tenant) {
        return unknown(&entra, tenant);
    }
    Json(json!({"keys": entra.keys.jwks()})).into_response()
}

fn metadata(entra: &Entra, tenant: &str, issuer: &str, oauth: &str, keys: &str) -> Response {
    if !is_our_tenant(tenant) {
        return unknown(entra, tenant.to_owned());
    }
    let url = |path: &str| entra.facts.url(&format!("{TENANT_ID}/{path}"));
    let document: Value = json!({
        "issuer": issuer,
        "token_endpoint": url(&format!("{oauth}/token")),
        "authorization_endpoint": url(&format!("{oauth}/authorize")),
        "device_authorization_endpoint": url(&format!("{oauth}/devicecode")),
        "end_session_endpoint": url(&format!("{oauth}/logout")),
        "jwks_uri": url(keys),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "response_modes_supported": ["query", "fragment"],
        "response_types_supported": ["code"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "subject_types_supported": ["pairwise"],
        "request_uri_parameter_supported": false,
        "claims_supported": [
            "sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "preferred_username", "name", "tid", "ver",
            "email",
        ],
        "id_token_signing_alg_values_supported": ["RS256"],
        "cloud_instance_name": "microsoftonline.com",
        "msgraph_host": "graph.microsoft.com",
        "tenant_region_scope": null,
    });
    Json(document).into_response()
}

fn unknown(entra: &Entra, tenant: String) -> Response {
    Refusal::TenantUnknown { tenant }.answer(entra.clock.tokens(), None)
}

//! OpenID Connect metadata and the keys, in the forms of both token versions.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::claims::{issuer_v1, issuer_v2};
use super::refusal::Refusal;
use crate::ground::directory::{TENANT_ID, is_our_tenant};
use crate::world::World;

/// Version 2 metadata.
pub(super) async fn v2(State(world): State<Arc<World>>, Path(tenant): Path<String>) -> Response {
    metadata(&world, &tenant, &issuer_v2(&world), "oauth2/v2.0", "discovery/v2.0/keys")
}

/// Version 1 metadata.
pub(super) async fn v1(State(world): State<Arc<World>>, Path(tenant): Path<String>) -> Response {
    metadata(&world, &tenant, &issuer_v1(), "oauth2", "discovery/keys")
}

/// The keys; the same for both versions.
pub(super) async fn keys(State(world): State<Arc<World>>, Path(tenant): Path<String>) -> Response {
    if !is_our_tenant(&tenant) {
        return unknown(&world, tenant);
    }
    Json(json!({"keys": world.entra.keys.jwks()})).into_response()
}

fn metadata(world: &World, tenant: &str, issuer: &str, oauth: &str, keys: &str) -> Response {
    if !is_our_tenant(tenant) {
        return unknown(world, tenant.to_owned());
    }
    let url = |path: &str| world.url(&format!("{TENANT_ID}/{path}"));
    let document: Value = json!({
        "issuer": issuer,
        "token_endpoint": url(&format!("{oauth}/token")),
        "authorization_endpoint": url(&format!("{oauth}/authorize")),
        "jwks_uri": url(keys),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "cloud_instance_name": "microsoftonline.com",
        "msgraph_host": "graph.microsoft.com",
        "tenant_region_scope": null,
    });
    Json(document).into_response()
}

fn unknown(world: &World, tenant: String) -> Response {
    Refusal::TenantUnknown { tenant }.answer(world.clock.tokens(), None)
}

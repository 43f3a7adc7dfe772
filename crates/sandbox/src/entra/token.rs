//! Token endpoint: client credentials grant with a secret or an assertion.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use url::form_urlencoded;
use uuid::Uuid;

use super::assertion;
use super::claims::{EXPIRES_IN, mint};
use super::refusal::Refusal;
use super::resource::{GRAPH_APP_ID, Resource, azure, is_graph};
use super::state::Entra;
use crate::ground::directory::{App, Directory, is_our_tenant};
use crate::ground::facts::Facts;
use crate::ground::guard::CLIENT_REQUEST_ID;

type Form = HashMap<String, String>;

/// `POST /{tenant}/oauth2/v2.0/token`.
pub(super) async fn issue(
    State(entra): State<Arc<Entra>>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let now = entra.clock.tokens();
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let correlation = header(CLIENT_REQUEST_ID).and_then(|text| Uuid::parse_str(text).ok());
    let mut form: Form = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    if let Some((id, secret)) = header(header::AUTHORIZATION).and_then(basic) {
        form.insert("client_id".to_owned(), id);
        form.insert("client_secret".to_owned(), secret);
    }
    let granted = grant(&entra, &tenant, &form);
    let (client, resource, by_assertion) = match granted {
        Ok(granted) => granted,
        Err(refusal) => return refusal.answer(now, correlation),
    };
    let how = if by_assertion { "2" } else { "1" };
    let claims = mint(&entra.facts, &client, &resource, how, now);
    let Some(token) = entra.keys.sign(&claims) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    Json(json!({
        "token_type": "Bearer", "expires_in": EXPIRES_IN, "ext_expires_in": EXPIRES_IN, "access_token": token,
    }))
    .into_response()
}

/// Returns client id and secret of a `Basic` header. Both are form-encoded (RFC 6749 section 2.3.1).
fn basic(value: &str) -> Option<(String, String)> {
    let decoded = STANDARD.decode(value.strip_prefix("Basic ")?.trim()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decode = |half: &str| {
        let pair = format!("v={half}");
        form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
    };
    Some((decode(id)?, decode(secret)?))
}

/// Checks a token request. Returns the client, the resource, and whether the client used an assertion.
fn grant(entra: &Entra, tenant: &str, form: &Form) -> Result<(App, Resource, bool), Refusal> {
    if !is_our_tenant(tenant) {
        return Err(Refusal::TenantUnknown { tenant: tenant.to_owned() });
    }
    let given = |name: &'static str| form.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let need = |name: &'static str| given(name).ok_or(Refusal::ParameterMissing { name });
    let grant_type = need("grant_type")?;
    if grant_type != "client_credentials" {
        return Err(Refusal::GrantUnsupported { grant: grant_type.to_owned() });
    }
    let id = need("client_id")?;
    let token_version = entra.settings.lock().access_token_version;
    let directory = entra.directory.lock();
    let client = Uuid::parse_str(id)
        .ok()
        .and_then(|id| directory.app(id))
        .filter(|app| !app.managed)
        .ok_or_else(|| Refusal::AppUnknown { id: id.to_owned(), tenant: tenant.to_owned() })?;
    if !client.enabled {
        return Err(Refusal::AppDisabled { id: client.id, name: client.display_name.clone() });
    }
    let mut by_assertion = false;
    match (given("client_secret"), given("client_assertion")) {
        (None, None) => return Err(Refusal::CredentialMissing),
        (None, Some(jwt)) => {
            let kind = need("client_assertion_type")?;
            assertion::check(entra, client, kind, jwt, entra.clock.tokens())?;
            by_assertion = true;
        }
        (Some(secret), _) if !client.secrets.iter().any(|one| one == secret) => {
            return Err(Refusal::SecretWrong { app: client.id });
        }
        (Some(_), _) if client.secret_expired => return Err(Refusal::SecretExpired { app: client.id }),
        (Some(_), _) => {}
    }
    let resource = resource(&entra.facts, &directory, client, need("scope")?, tenant, token_version)?;
    Ok((client.clone(), resource, by_assertion))
}

/// Returns the resource that `scope` names, with the client's roles on it.
fn resource(
    facts: &Facts,
    directory: &Directory,
    client: &App,
    scope: &str,
    tenant: &str,
    token_version: u8,
) -> Result<Resource, Refusal> {
    if scope.split_whitespace().count() != 1 {
        return Err(Refusal::ScopeInvalid { scope: scope.to_owned() });
    }
    let requested = scope
        .trim()
        .strip_suffix("/.default")
        .ok_or_else(|| Refusal::ScopeWithoutDefault { scope: scope.to_owned() })?;
    if is_graph(facts, requested) {
        return Ok(Resource {
            app_id: GRAPH_APP_ID,
            requested: requested.to_owned(),
            roles: client.graph_roles.clone(),
            version: 1,
        });
    }
    if let Some(resource) = azure(requested) {
        return Ok(resource);
    }
    let app = directory
        .app_by_audience(requested)
        .ok_or_else(|| Refusal::ResourceUnknown { name: requested.to_owned(), tenant: tenant.to_owned() })?;
    let own_api = app.app_id_uri.is_some();
    Ok(Resource {
        app_id: app.id,
        requested: requested.to_owned(),
        roles: if own_api {
            client.api_roles.iter().cloned().chain(app.roles_of(client)).collect()
        } else {
            Vec::new()
        },
        version: if own_api { token_version } else { 1 },
    })
}

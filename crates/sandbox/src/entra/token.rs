//! Token endpoint.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use url::form_urlencoded;
use uuid::Uuid;

use super::form::Form;
use super::refusal::Refusal;
use super::state::Entra;
use super::{client, client_credentials, users};
use crate::ground::directory::is_our_tenant;
use crate::ground::guard::CLIENT_REQUEST_ID;

/// `POST /{tenant}/oauth2/v2.0/token`.
pub(super) async fn issue(
    State(entra): State<Arc<Entra>>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let correlation = header(CLIENT_REQUEST_ID).and_then(|text| Uuid::parse_str(text).ok());
    let mut form = Form::parse(&body);
    if let Some((id, secret)) = header(header::AUTHORIZATION).and_then(basic) {
        form.set("client_id", id);
        form.set("client_secret", secret);
    }
    match granted(&entra, &tenant, &form) {
        Ok(Some(issued)) => Json(issued).into_response(),
        Ok(None) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Err(refusal) => refusal.answer(entra.clock.tokens(), correlation),
    }
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

/// Returns the token response, or `None` if signing fails.
fn granted(entra: &Entra, tenant: &str, form: &Form) -> Result<Option<Value>, Refusal> {
    if !is_our_tenant(tenant) {
        return Err(Refusal::TenantUnknown { tenant: tenant.to_owned() });
    }
    let kind = form.need("grant_type")?;
    let grant = match kind {
        "client_credentials" => None,
        users::DEVICE_CODE => Some(users::Kind::DeviceCode),
        "authorization_code" => Some(users::Kind::AuthorizationCode),
        "refresh_token" => Some(users::Kind::RefreshToken),
        _ => return Err(Refusal::GrantUnsupported { grant: kind.to_owned() }),
    };
    let client = client::find(entra, tenant, form.need("client_id")?)?;
    let proof = client::authenticate(entra, &client, form)?;
    match grant {
        None => client_credentials::issue(entra, &client, proof, form, tenant),
        Some(kind) => users::redeem(entra, kind, &client, proof, form, tenant),
    }
}

//! Claims of app-only access tokens, versions 1 and 2, and their evaluation by resources.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::resource::{GRAPH_APP_ID, Resource};
use crate::ground::directory::{App, TENANT_ID};
use crate::ground::facts::Facts;
use crate::ground::random;

/// Lifetime of a token in seconds: `expires_in` of the token response.
pub(super) const EXPIRES_IN: i64 = 3599;

/// Returns the issuer of version 1 tokens.
pub(crate) fn issuer_v1() -> String {
    format!("https://sts.windows.net/{TENANT_ID}/")
}

/// Returns the issuer of version 2 tokens.
pub(super) fn issuer_v2(facts: &Facts) -> String {
    facts.url(&format!("{TENANT_ID}/v2.0"))
}

/// Returns the claims of a token for `client`. `how`: "1" for a client secret, "2" for an assertion.
pub(super) fn mint(facts: &Facts, client: &App, resource: &Resource, how: &str, now: DateTime<Utc>) -> Value {
    // Entra backdates tokens by five minutes, for callers whose clock is slow.
    let issued = (now - TimeDelta::minutes(5)).timestamp();
    let mut claims = json!({
        "iat": issued,
        "nbf": issued,
        "exp": now.timestamp() + EXPIRES_IN,
        "aio": URL_SAFE_NO_PAD.encode(random::bytes::<32>()),
        "idtyp": "app",
        "oid": client.service_principal,
        "sub": client.service_principal,
        "tid": TENANT_ID,
        "rh": "1.AAAA.",
        "uti": URL_SAFE_NO_PAD.encode(random::bytes::<16>()),
    });
    let own = if resource.version == 2 {
        json!({
            "aud": resource.app_id, "iss": issuer_v2(facts), "ver": "2.0",
            "azp": client.id, "azpacr": how,
        })
    } else {
        json!({
            "aud": resource.requested, "iss": issuer_v1(), "ver": "1.0", "idp": issuer_v1(),
            "appid": client.id, "appidacr": how,
        })
    };
    if let (Some(claims), Value::Object(own)) = (claims.as_object_mut(), own) {
        claims.extend(own);
        if !resource.roles.is_empty() {
            claims.insert("roles".to_owned(), json!(resource.roles));
        }
        if resource.app_id == GRAPH_APP_ID {
            claims.insert("app_displayname".to_owned(), json!(client.display_name));
        }
    }
    claims
}

/// Claims that a resource reads from a token.
#[derive(Clone, Debug)]
pub(crate) struct AppClaims {
    /// Client id of the caller.
    pub(crate) app_id: Uuid,
    /// Object id of the caller's service principal.
    pub(crate) object_id: Uuid,
    pub(crate) audience: String,
    pub(crate) expires: i64,
    pub(crate) roles: Vec<String>,
}

impl AppClaims {
    /// Reads the claims of a version 1 or 2 token. Returns `None` if a required claim is missing.
    pub(crate) fn read(claims: &Value) -> Option<Self> {
        let id = |name: &str| claims[name].as_str().and_then(|text| Uuid::parse_str(text).ok());
        let roles = claims["roles"].as_array().into_iter().flatten();
        Some(Self {
            app_id: id("appid").or_else(|| id("azp"))?,
            object_id: id("oid")?,
            audience: claims["aud"].as_str()?.to_owned(),
            expires: claims["exp"].as_i64()?,
            roles: roles.filter_map(Value::as_str).map(str::to_owned).collect(),
        })
    }
}

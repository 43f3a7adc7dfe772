//! Claims of app-only access tokens, version 1 and 2, and what a resource reads from them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::resource::{GRAPH_APP_ID, Resource};
use crate::ground::directory::{App, TENANT_ID};
use crate::ground::facts::Facts;
use crate::ground::random;

/// Life of a token in seconds, as the token response says.
pub(super) const EXPIRES_IN: i64 = 3599;

/// Issuer of version 1 tokens.
pub(super) fn issuer_v1() -> String {
    format!("https://sts.windows.net/{TENANT_ID}/")
}

/// Issuer of version 2 tokens.
pub(super) fn issuer_v2(facts: &Facts) -> String {
    facts.url(&format!("{TENANT_ID}/v2.0"))
}

/// The claims of a token for `client`, who proved itself by a secret (`how` = "1") or by an assertion ("2").
pub(super) fn mint(facts: &Facts, client: &App, resource: &Resource, how: &str, now: DateTime<Utc>) -> Value {
    // Entra dates tokens back by five minutes, for the sake of slow clocks.
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

/// What Graph reads from a token.
#[derive(Clone, Debug)]
pub(crate) struct AppClaims {
    /// Client id of the caller.
    pub(crate) app_id: Uuid,
    /// Object id of its service principal.
    pub(crate) object_id: Uuid,
    pub(crate) audience: String,
    pub(crate) expires: i64,
    pub(crate) roles: Vec<String>,
}

impl AppClaims {
    /// None when a claim is missing.
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

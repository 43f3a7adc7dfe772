//! Callers named by the platform in front of the connector.

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyferry_domain::CallerId;
use serde::Deserialize;

use super::error::AuthError;

/// Header with the principal, base64 of JSON. inferred: the form of the JSON follows Microsoft's example, not a
/// specification.
const PRINCIPAL: &str = "x-ms-client-principal";
/// Header with the principal's object id.
const PRINCIPAL_ID: &str = "x-ms-client-principal-id";

#[derive(Deserialize)]
struct Principal {
    #[serde(default)]
    claims: Vec<Claim>,
}

#[derive(Deserialize)]
struct Claim {
    typ: String,
    val: String,
}

/// Returns the calling application, or `platform` if the principal does not name one.
///
/// # Errors
/// [`AuthError::Missing`] when both headers are missing: the platform is configured to pass unauthenticated requests.
pub(super) fn caller(headers: &HeaderMap) -> Result<CallerId, AuthError> {
    let principal = headers.get(PRINCIPAL);
    if principal.is_none() && !headers.contains_key(PRINCIPAL_ID) {
        return Err(AuthError::Missing);
    }
    let app = principal
        .and_then(|value| STANDARD.decode(value.as_bytes()).ok())
        .and_then(|json| serde_json::from_slice::<Principal>(&json).ok())
        .and_then(|principal| principal.claims.into_iter().find(|claim| matches!(claim.typ.as_str(), "appid" | "azp")))
        .map(|claim| keyferry_http::clean(&claim.val).to_ascii_lowercase())
        .filter(|app| !app.is_empty());
    Ok(CallerId::new(app.unwrap_or_else(|| "platform".to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, String)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn returns_the_application_if_the_principal_names_one() {
        let principal = STANDARD.encode(r#"{"auth_typ":"aad","claims":[{"typ":"appid","val":"C11E"}]}"#);
        assert_eq!(caller(&headers(&[(PRINCIPAL, principal)])).unwrap().as_str(), "c11e");
        for other in [STANDARD.encode("{}"), "no base64".into(), STANDARD.encode("[1]")] {
            assert_eq!(caller(&headers(&[(PRINCIPAL, other)])).unwrap().as_str(), "platform");
        }
        assert_eq!(caller(&headers(&[(PRINCIPAL_ID, "x".into())])).unwrap().as_str(), "platform");
    }

    #[test]
    fn rejects_request_without_principal() {
        assert_eq!(caller(&HeaderMap::new()), Err(AuthError::Missing));
    }
}

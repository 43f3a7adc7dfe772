//! Callers named by the platform in front of the connector.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use keyferry_domain::{ActingUser, Caller, CallerId};
use serde::Deserialize;

use crate::error::AuthError;
use crate::identity::Identity;
use crate::role::{Role, Roles};

/// Header with the principal, base64 of JSON. inferred: the form of the JSON follows Microsoft's example, not a
/// specification.
const PRINCIPAL: &str = "x-ms-client-principal";
/// Header with the principal's object id.
const PRINCIPAL_ID: &str = "x-ms-client-principal-id";

// inferred: the platform passes claims under their names in the token, or under the longer names of .NET.
const APPLICATION: &[&str] = &["appid", "azp"];
const SCOPES: &[&str] = &["scp", "http://schemas.microsoft.com/identity/claims/scope"];
const ROLES: &[&str] = &["roles", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"];
const OBJECT_ID: &[&str] = &["oid", "http://schemas.microsoft.com/identity/claims/objectidentifier"];
const USER_NAME: &[&str] = &["preferred_username", "upn", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"];
const NAME: &[&str] = &["name"];

#[derive(Default, Deserialize)]
struct Principal {
    #[serde(default)]
    claims: Vec<Claim>,
}

#[derive(Deserialize)]
struct Claim {
    typ: String,
    val: String,
}

impl Principal {
    /// Returns all values of a claim. `names` are the names under which it may appear.
    fn all<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = &'a str> {
        let named = |claim: &&Claim| names.contains(&claim.typ.as_str());
        self.claims.iter().filter(named).map(|claim| claim.val.as_str())
    }

    fn first(&self, names: &[&str]) -> Option<String> {
        self.all(names).map(keyferry_http::clean).find(|value| !value.is_empty())
    }

    fn scopes(&self) -> Option<Roles> {
        let mut scopes = self.all(SCOPES).peekable();
        scopes.peek()?;
        Some(scopes.flat_map(|scopes| scopes.split(' ')).filter_map(Role::parse).collect())
    }
}

/// Returns the calling application, or `platform` if the principal does not name one, with its roles and the user for
/// whom it acts.
///
/// # Errors
/// [`AuthError::Missing`] when both headers are missing: the platform is configured to pass unauthenticated requests.
pub(crate) fn identity(headers: &HeaderMap) -> Result<Identity, AuthError> {
    let header = headers.get(PRINCIPAL);
    if header.is_none() && !headers.contains_key(PRINCIPAL_ID) {
        return Err(AuthError::Missing);
    }
    let principal: Principal = header
        .and_then(|value| STANDARD.decode(value.as_bytes()).ok())
        .and_then(|json| serde_json::from_slice(&json).ok())
        .unwrap_or_default();
    let application = principal.first(APPLICATION).unwrap_or_else(|| "platform".to_owned());
    // As in tokens: scopes exist only if the application acts for a user, and the roles are that user's.
    let scopes = principal.scopes();
    let user = scopes.and(principal.first(OBJECT_ID)).map(|object_id| ActingUser {
        object_id,
        user_name: principal.first(USER_NAME),
        name: principal.first(NAME),
    });
    let caller = Caller { application: CallerId::new(application.to_ascii_lowercase()), user };
    let app_roles: Roles = principal.all(ROLES).filter_map(Role::parse).collect();
    Ok(match scopes {
        Some(scopes) => Identity { caller, roles: scopes, users_roles: Some(app_roles) },
        None => Identity { caller, roles: app_roles, users_roles: None },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, String)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn of(principal: String) -> Identity {
        identity(&headers(&[(PRINCIPAL, principal)])).unwrap()
    }

    #[test]
    fn returns_the_application_if_the_principal_names_one() {
        let principal = STANDARD.encode(r#"{"auth_typ":"aad","claims":[{"typ":"appid","val":"C11E"}]}"#);
        assert_eq!(of(principal).caller.application.as_str(), "c11e");
        for other in [STANDARD.encode("{}"), "no base64".into(), STANDARD.encode("[1]")] {
            let Identity { caller, roles, .. } = of(other);
            assert_eq!((caller.application.as_str(), roles), ("platform", Roles::default()));
        }
        let by_id = identity(&headers(&[(PRINCIPAL_ID, "x".into())])).unwrap();
        assert_eq!(by_id.caller.application.as_str(), "platform");
    }

    #[test]
    fn reads_roles_of_applications_and_scopes_of_users() {
        let application = STANDARD.encode(
            r#"{"claims":[{"typ":"appid","val":"c11e"},{"typ":"roles","val":"Keyferry.Order"},
            {"typ":"http://schemas.microsoft.com/ws/2008/06/identity/claims/role","val":"Keyferry.Read"},
            {"typ":"oid","val":"5e"}]}"#,
        );
        let Identity { caller, roles, .. } = of(application);
        assert_eq!((caller.user, roles), (None, Roles::from_iter([Role::Order, Role::Read])));
        let delegated = STANDARD.encode(
            r#"{"claims":[{"typ":"azp","val":"c11e"},{"typ":"roles","val":"Keyferry.Admin"},
            {"typ":"http://schemas.microsoft.com/identity/claims/scope","val":"openid Keyferry.Pin"},
            {"typ":"oid","val":"0a1b"},{"typ":"name","val":"Adele\nVance"},{"typ":"upn","val":"adele@contoso.com"}]}"#,
        );
        let Identity { caller, roles, .. } = of(delegated);
        assert_eq!(roles, Roles::from_iter([Role::Pin]));
        assert_eq!(caller.to_string(), "c11e for adele@contoso.com (0a1b)");
        assert!(!caller.user.unwrap().name.unwrap().contains('\n'));
    }

    #[test]
    fn rejects_request_without_principal() {
        assert_eq!(identity(&HeaderMap::new()), Err(AuthError::Missing));
    }
}

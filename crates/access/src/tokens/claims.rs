//! Claims of an access token.
//!
//! Both token versions: Microsoft, "Access token claims reference".

use keyferry_domain::{ActingUser, Caller, CallerId, Timestamp};
use serde::Deserialize;

use super::settings::TokenSettings;
use crate::error::AuthError;
use crate::identity::Identity;
use crate::role::{Role, Roles};

/// Scope that permits delegated tokens to call (guide, section 5.2.1). Each scope of a [`Role`] does so, too.
pub(super) const SCOPE: &str = "create_request";

/// Accepted clock skew, in seconds.
const LEEWAY: f64 = 60.0;

/// Claims that are checked. Times are seconds since 1970-01-01 UTC and may have a fraction (RFC 7519 section 2).
#[derive(Deserialize)]
pub(super) struct Claims {
    iss: Option<String>,
    tid: Option<String>,
    aud: Option<Audience>,
    exp: Option<f64>,
    nbf: Option<f64>,
    ver: Option<String>,
    /// Client id of the calling application in version 1 tokens.
    appid: Option<String>,
    /// Client id of the calling application in version 2 tokens.
    azp: Option<String>,
    /// Scopes, separated by spaces. Only in delegated tokens.
    scp: Option<String>,
    /// App roles: of the application, or of the user in delegated tokens.
    #[serde(default)]
    roles: Vec<String>,
    /// Object id of the user in delegated tokens, of the application's service principal in others.
    oid: Option<String>,
    /// Sign-in name of the user in version 2 tokens.
    preferred_username: Option<String>,
    /// Sign-in name of the user in version 1 tokens.
    upn: Option<String>,
    /// Display name of the user.
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn names(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Many(many) => many.iter().any(|one| one == audience),
        }
    }
}

/// Checks the period in which a token is valid.
pub(super) fn check_period(exp: Option<f64>, nbf: Option<f64>, now: Timestamp) -> Result<(), AuthError> {
    #[expect(clippy::cast_precision_loss, reason = "current timestamps in milliseconds fit into 53 bits")]
    let now = now.timestamp_millis() as f64 / 1000.0;
    // The comparisons are negated so that NaN is rejected.
    if !exp.is_some_and(|exp| now < exp + LEEWAY) {
        return Err(AuthError::Invalid("the token has expired or has no expiry (exp)"));
    }
    if !nbf.is_none_or(|nbf| nbf - LEEWAY <= now) {
        return Err(AuthError::Invalid("the token is not valid yet (nbf)"));
    }
    Ok(())
}

/// Returns the user that claims name. `None` without an object id.
pub(super) fn user(oid: Option<&str>, user_name: Option<&str>, name: Option<&str>) -> Option<ActingUser> {
    let clean = |text: Option<&str>| text.map(keyferry_http::clean).filter(|text| !text.is_empty());
    Some(ActingUser { object_id: clean(oid)?, user_name: clean(user_name), name: clean(name) })
}

impl Claims {
    /// Checks issuer, tenant, validity period and audience. `issuer` is the issuer named in the provider metadata.
    pub(super) fn authenticate(&self, settings: &TokenSettings, issuer: &str, now: Timestamp) -> Result<(), AuthError> {
        let issued_by = self.iss.as_deref().unwrap_or_default();
        let v1 = format!("https://sts.windows.net/{}/", settings.tenant);
        if issued_by != issuer && issued_by != v1 && !settings.issuers.iter().any(|known| known == issued_by) {
            return Err(AuthError::Invalid("the token's issuer (iss) is not accepted"));
        }
        if !self.tid.as_deref().is_some_and(|tid| tid.eq_ignore_ascii_case(&settings.tenant)) {
            return Err(AuthError::Invalid("the token was issued by another tenant (tid)"));
        }
        check_period(self.exp, self.nbf, now)?;
        let ours = |audience: &Audience| settings.audiences.iter().any(|allowed| audience.names(allowed));
        if !self.aud.as_ref().is_some_and(ours) {
            return Err(AuthError::Invalid("the token's audience (aud) is not allowed"));
        }
        Ok(())
    }

    /// Returns the caller and its roles if the application may call the API.
    pub(super) fn authorize(&self, settings: &TokenSettings) -> Result<Identity, AuthError> {
        let app = match self.ver.as_deref() {
            Some("1.0") => self.appid.as_deref(),
            Some("2.0") => self.azp.as_deref(),
            _ => return Err(AuthError::Invalid("the token's version (ver) is unknown")),
        };
        let app = app
            .filter(|app| !app.is_empty())
            .ok_or(AuthError::Forbidden("the token does not name a calling application (appid or azp)"))?;
        if !settings.client_apps.iter().any(|allowed| allowed.eq_ignore_ascii_case(app)) {
            return Err(AuthError::Forbidden(
                "the calling application is not listed in FIDO_Connector_Allowed_Client_Apps",
            ));
        }
        let application = CallerId::new(app.to_ascii_lowercase());
        let app_roles: Roles = self.roles.iter().filter_map(|role| Role::parse(role)).collect();
        let Some(scopes) = &self.scp else {
            let caller = Caller::application(application);
            return Ok(Identity { caller, roles: app_roles, users_roles: None });
        };
        // The roles in a delegated token are the user's. The application acts with the scopes that were granted to it.
        // confirmed: "appRoleAssignment resource type", Microsoft Graph reference.
        let roles: Roles = scopes.split(' ').filter_map(Role::parse).collect();
        if roles.is_empty() && !scopes.split(' ').any(|scope| scope == SCOPE) {
            return Err(AuthError::Scope(SCOPE));
        }
        let user =
            self.user().ok_or(AuthError::Forbidden("the token has scopes (scp), but does not name the user (oid)"))?;
        Ok(Identity { caller: Caller { application, user: Some(user) }, roles, users_roles: Some(app_roles) })
    }

    /// Returns the user for whom the application acts, if this is a delegated token.
    fn user(&self) -> Option<ActingUser> {
        let preferred = self.preferred_username.as_deref().filter(|name| !name.is_empty());
        user(self.oid.as_deref(), preferred.or(self.upn.as_deref()), self.name.as_deref())
    }
}

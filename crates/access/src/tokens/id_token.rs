//! ID tokens of users who sign in to the console.
//!
//! Checks: OpenID Connect Core 1.0 section 3.1.3.7. Claims: Microsoft, "ID token claims reference".

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use keyferry_domain::{ActingUser, Clock, Timestamp};
use keyferry_http::Client;
use serde::Deserialize;

use super::claims::{check_period, user};
use super::keys::KeyCache;
use super::validator::signed;
use crate::error::AuthError;
use crate::role::{Role, Roles};

/// Requirements on ID tokens.
#[derive(Clone, Debug)]
pub struct IdTokenSettings {
    /// URL of the tenant's OpenID Connect metadata, which names the issuer.
    pub metadata: String,
    /// Tenant id, as in the claim `tid`.
    pub tenant: String,
    /// Client id of the application that users sign in to.
    pub client_id: String,
}

/// A user whose ID token was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedInUser {
    /// The user.
    pub user: ActingUser,
    /// The user's app roles of the application.
    pub roles: Roles,
    /// When the user authenticated, if the token contains it.
    pub authenticated_at: Option<Timestamp>,
}

/// Verifies ID tokens.
pub struct IdTokenVerifier {
    settings: IdTokenSettings,
    keys: KeyCache,
    clock: Arc<dyn Clock>,
}

#[derive(Deserialize)]
struct Claims {
    iss: Option<String>,
    aud: Option<String>,
    azp: Option<String>,
    tid: Option<String>,
    exp: Option<f64>,
    nbf: Option<f64>,
    nonce: Option<String>,
    auth_time: Option<i64>,
    oid: Option<String>,
    preferred_username: Option<String>,
    name: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
}

impl IdTokenVerifier {
    /// Creates the verifier. The signing keys are fetched when the first token is verified.
    pub fn new(settings: IdTokenSettings, client: Client, clock: Arc<dyn Clock>) -> Self {
        let keys = KeyCache::new(client, settings.metadata.clone(), clock.clone());
        Self { settings, keys, clock }
    }

    /// Verifies the token and returns its user. `nonce` is that of the sign-in to which the token must belong.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] with the reason, or [`AuthError::KeysUnavailable`].
    pub async fn verify(&self, token: &str, nonce: &str) -> Result<SignedInUser, AuthError> {
        let (claims, issuer) = signed::<Claims>(&self.keys, token).await?;
        claims.check(&self.settings, &issuer, Some(nonce), self.clock.now())
    }

    /// Verifies a token of a sign-in that another component carried out and whose nonce it checked.
    ///
    /// # Errors
    /// As [`Self::verify`].
    pub(crate) async fn verify_presented(&self, token: &str) -> Result<SignedInUser, AuthError> {
        let (claims, issuer) = signed::<Claims>(&self.keys, token).await?;
        claims.check(&self.settings, &issuer, None, self.clock.now())
    }
}

impl Claims {
    /// Without a `nonce`, another component carried out the sign-in.
    fn check(
        &self,
        settings: &IdTokenSettings,
        issuer: &str,
        nonce: Option<&str>,
        now: Timestamp,
    ) -> Result<SignedInUser, AuthError> {
        if self.iss.as_deref() != Some(issuer) {
            return Err(AuthError::Invalid("the ID token's issuer (iss) is not the tenant's"));
        }
        if !self.tid.as_deref().is_some_and(|tid| tid.eq_ignore_ascii_case(&settings.tenant)) {
            return Err(AuthError::Invalid("the ID token was issued by another tenant (tid)"));
        }
        // A list of audiences does not parse as a text, so a token for other applications, too, is rejected before.
        if !self.aud.as_deref().is_some_and(|aud| aud.eq_ignore_ascii_case(&settings.client_id)) {
            return Err(AuthError::Invalid("the ID token was issued for another application (aud)"));
        }
        if !self.azp.as_deref().is_none_or(|azp| azp.eq_ignore_ascii_case(&settings.client_id)) {
            return Err(AuthError::Invalid("the ID token was issued to another application (azp)"));
        }
        check_period(self.exp, self.nbf, now)?;
        let given = self.nonce.as_deref().unwrap_or_default();
        let is_other =
            |nonce: &str| nonce.is_empty() || verify_slices_are_equal(given.as_bytes(), nonce.as_bytes()).is_err();
        if nonce.is_some_and(is_other) {
            return Err(AuthError::Invalid("the ID token belongs to another sign-in (nonce)"));
        }
        let user = user(self.oid.as_deref(), self.preferred_username.as_deref(), self.name.as_deref());
        Ok(SignedInUser {
            user: user.ok_or(AuthError::Invalid("the ID token does not name the user (oid)"))?,
            roles: self.roles.iter().filter_map(|role| Role::parse(role)).collect(),
            authenticated_at: self.auth_time.and_then(|at| Timestamp::from_timestamp(at, 0)),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://login.example/t/v2.0";
    const NOW: i64 = 1_790_000_000;

    fn check(change: impl FnOnce(&mut Value), nonce: &str) -> Result<SignedInUser, AuthError> {
        let settings = IdTokenSettings { metadata: String::new(), tenant: "t-1".into(), client_id: "c0ffee".into() };
        let mut claims = json!({
            "iss": ISSUER, "aud": "c0ffee", "tid": "T-1", "exp": NOW + 3600, "nbf": NOW - 300, "nonce": "n-1",
            "auth_time": NOW - 7200, "oid": "0a1b", "preferred_username": "grace@contoso.example",
            "name": "Grace\nHopper", "roles": ["Keyferry.Read", "Keyferry.Unknown", "Other"],
        });
        change(&mut claims);
        let claims: Claims =
            serde_json::from_value(claims).map_err(|_| AuthError::Invalid("the token's claims are invalid"))?;
        claims.check(&settings, ISSUER, Some(nonce), Timestamp::from_timestamp(NOW, 0).unwrap())
    }

    #[test]
    fn accepts_the_tenants_token_of_this_sign_in() {
        let user = check(|_| {}, "n-1").unwrap();
        assert_eq!(user.user.object_id, "0a1b");
        assert!(!user.user.name.unwrap().contains('\n'));
        assert_eq!(user.roles, Roles::from_iter([Role::Read]));
        assert_eq!(user.authenticated_at.unwrap().timestamp(), NOW - 7200);
    }

    #[test]
    fn rejects_each_wrong_claim() {
        for (name, value, reason) in [
            ("iss", json!("https://evil.example/"), "iss"),
            ("iss", json!(null), "iss"),
            ("tid", json!("t-2"), "tid"),
            ("aud", json!("other"), "aud"),
            ("aud", json!(["c0ffee", "other"]), "claims are invalid"),
            ("azp", json!("other"), "azp"),
            ("exp", json!(NOW - 61), "exp"),
            ("exp", json!(null), "exp"),
            ("nbf", json!(NOW + 120), "nbf"),
            ("nonce", json!("n-2"), "nonce"),
            ("nonce", json!(null), "nonce"),
            ("oid", json!(null), "oid"),
        ] {
            let error = check(|claims| claims[name] = value.clone(), "n-1").unwrap_err();
            assert!(matches!(error, AuthError::Invalid(text) if text.contains(reason)), "{name} {value}: {error:?}");
        }
        let unasked = check(|claims| claims["nonce"] = json!(""), "");
        assert!(unasked.is_err(), "an empty nonce binds a token to no sign-in");
    }
}

//! Verification of access tokens.

use std::sync::Arc;

use jsonwebtoken::{Algorithm, Validation};
use keyferry_domain::Clock;
use keyferry_http::Client;
use serde::de::DeserializeOwned;

use super::claims::Claims;
use super::keys::KeyCache;
use super::settings::{SettingsError, TokenSettings};
use crate::error::AuthError;
use crate::identity::Identity;

/// Longest token accepted, in bytes. Entra's tokens have 1 to 2 KB.
const LONGEST: usize = 16 * 1024;

/// Verifies access tokens of both versions.
pub struct TokenValidator {
    settings: TokenSettings,
    keys: KeyCache,
    clock: Arc<dyn Clock>,
}

impl TokenValidator {
    /// Creates the validator. The signing keys are fetched when the first token is verified.
    ///
    /// # Errors
    /// [`SettingsError`] when the tenant or a list is empty.
    pub fn new(settings: TokenSettings, client: Client, clock: Arc<dyn Clock>) -> Result<Self, SettingsError> {
        let empty = |list: &[String]| list.iter().all(|entry| entry.trim().is_empty());
        if settings.tenant.trim().is_empty() {
            return Err(SettingsError::NoTenant);
        }
        if empty(&settings.audiences) {
            return Err(SettingsError::NoAudience);
        }
        if empty(&settings.client_apps) {
            return Err(SettingsError::NoClientApp);
        }
        let keys = KeyCache::new(client, settings.metadata.clone(), clock.clone());
        Ok(Self { settings, keys, clock })
    }

    /// Verifies the token and returns the caller with its roles.
    pub(crate) async fn validate(&self, token: &str) -> Result<Identity, AuthError> {
        let (claims, issuer) = signed::<Claims>(&self.keys, token).await?;
        claims.authenticate(&self.settings, &issuer, self.clock.now())?;
        claims.authorize(&self.settings)
    }
}

/// Verifies the signature of a token. Returns its claims, of which none is checked yet, and the issuer that they must
/// name.
pub(super) async fn signed<C: DeserializeOwned>(keys: &KeyCache, token: &str) -> Result<(C, String), AuthError> {
    const MALFORMED: AuthError = AuthError::Invalid("the token is not a signed JWT");
    if token.len() > LONGEST {
        return Err(AuthError::Invalid("the token is longer than 16 KiB"));
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| MALFORMED)?;
    // The token must not choose the algorithm, so any other one is rejected before a key is looked up.
    if header.alg != Algorithm::RS256 {
        return Err(AuthError::Invalid("the token is not signed with RS256"));
    }
    if header.crit.is_some() {
        return Err(AuthError::Invalid("the token has critical header parameters (crit)"));
    }
    let kid = header.kid.filter(|kid| !kid.is_empty()).ok_or(AuthError::Invalid("the token has no key id (kid)"))?;
    let (key, issuer) = keys.find(&kid).await?;
    let decoded = jsonwebtoken::decode::<C>(token, &key, &signature_only()).map_err(|error| match error.kind() {
        jsonwebtoken::errors::ErrorKind::InvalidSignature => AuthError::Invalid("the token's signature is invalid"),
        jsonwebtoken::errors::ErrorKind::Json(_) => AuthError::Invalid("the token's claims are invalid"),
        _ => MALFORMED,
    })?;
    Ok((decoded.claims, issuer))
}

/// Configures the library to verify only the signature. [`Claims`] are checked against the injected clock.
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

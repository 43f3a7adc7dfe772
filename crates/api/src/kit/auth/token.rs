//! Checking an access token.

use std::sync::Arc;

use jsonwebtoken::{Algorithm, Validation};
use keyferry_domain::{CallerId, Clock};
use keyferry_http::Client;

use super::claims::Claims;
use super::error::AuthError;
use super::keys::KeyCache;
use super::settings::{SettingsError, TokenSettings};

/// The longest token that is looked at, in bytes. Entra's are 1 to 2 KB.
const LONGEST: usize = 16 * 1024;

/// Checks access tokens of both versions.
pub struct TokenValidator {
    settings: TokenSettings,
    keys: KeyCache,
    clock: Arc<dyn Clock>,
}

impl TokenValidator {
    /// Puts the validator together. The keys are fetched with the first token.
    ///
    /// # Errors
    /// When a list is empty, which would let in nobody or everybody.
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

    /// Who bears the token.
    pub(crate) async fn validate(&self, token: &str) -> Result<CallerId, AuthError> {
        const MALFORMED: AuthError = AuthError::Invalid("the token is not a signed JWT");
        if token.len() > LONGEST {
            return Err(AuthError::Invalid("the token is too long"));
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| MALFORMED)?;
        // The algorithm is ours to choose, not the token's: what does not fit is refused before any key is touched.
        if header.alg != Algorithm::RS256 {
            return Err(AuthError::Invalid("the token is signed with another algorithm than RS256"));
        }
        if header.crit.is_some() {
            return Err(AuthError::Invalid("the token has critical header parameters"));
        }
        let kid = header.kid.filter(|kid| !kid.is_empty()).ok_or(AuthError::Invalid("the token names no key"))?;
        let (key, issuer) = self.keys.find(&kid).await?;
        let claims =
            jsonwebtoken::decode::<Claims>(token, &key, &signature_only()).map_err(|error| match error.kind() {
                jsonwebtoken::errors::ErrorKind::InvalidSignature => {
                    AuthError::Invalid("the token's signature is wrong")
                }
                jsonwebtoken::errors::ErrorKind::Json(_) => AuthError::Invalid("the token's claims cannot be read"),
                _ => MALFORMED,
            })?;
        claims.claims.authenticate(&self.settings, &issuer, self.clock.now())?;
        claims.claims.authorize(&self.settings)
    }
}

/// The library verifies the signature; the claims are checked by us, against our own clock.
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

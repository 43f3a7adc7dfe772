//! The two ways in which callers can authenticate.

use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::error::AuthError;
use crate::platform;
use crate::principal::{DelegatedRights, Principal, RolesMode};
use crate::tokens::TokenValidator;

/// How callers authenticate.
#[derive(Clone)]
pub enum Authenticator {
    /// By an access token of the identity provider, which the connector verifies.
    Tokens(Arc<TokenValidator>),
    /// By the platform in front of the connector (Container Apps built-in authentication). It names the caller in
    /// headers, and removes these headers from incoming requests. Safe only if every request passes the platform.
    Platform,
}

/// Authentication of callers, and the source of their rights.
#[derive(Clone)]
pub struct Authentication {
    /// How callers authenticate.
    pub by: Authenticator,
    /// Source of rights.
    pub roles: RolesMode,
    /// Source of rights in delegated tokens.
    pub delegated: DelegatedRights,
}

impl Authentication {
    /// Returns the caller of a request with its rights.
    ///
    /// # Errors
    /// [`AuthError`] if the caller is unknown or may not call at all.
    pub async fn identify(&self, headers: &HeaderMap) -> Result<Principal, AuthError> {
        let identity = match &self.by {
            Authenticator::Tokens(validator) => validator.validate(bearer(headers)?).await?,
            Authenticator::Platform => platform::identity(headers)?,
        };
        Ok(Principal::new(identity, self.roles, self.delegated))
    }
}

/// Returns the token of `Authorization: Bearer` (RFC 6750 section 2.1).
fn bearer(headers: &HeaderMap) -> Result<&str, AuthError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(AuthError::Missing)?;
    if values.next().is_some() {
        return Err(AuthError::Invalid("the request has more than one Authorization header"));
    }
    let (scheme, token) = value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .ok_or(AuthError::Invalid("the Authorization header does not have the form Bearer TOKEN"))?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(AuthError::Missing);
    }
    Ok(token.trim())
}

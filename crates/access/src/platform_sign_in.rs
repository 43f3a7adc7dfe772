//! Users of the console whom the platform in front signed in (App Service or Container Apps built-in authentication).
//!
//! The platform passes the user's ID token in a header, and removes the header from requests of clients. The token is
//! verified all the same, so a client that reaches the service without the platform cannot name a user.

use http::{HeaderMap, HeaderName};
use keyferry_domain::ActingUser;

use crate::error::AuthError;
use crate::tokens::{IdTokenVerifier, SignedInUser};

/// Header with the ID token. confirmed: "Work with user identities in Azure App Service authentication". The platform
/// sets it if its token store is on.
const ID_TOKEN: HeaderName = HeaderName::from_static("x-ms-token-aad-id-token");

/// Header with the object id of the user. inferred: for Microsoft Entra ID, the identifier "set by the identity
/// provider" is the claim `oid`.
const PRINCIPAL_ID: HeaderName = HeaderName::from_static("x-ms-client-principal-id");

/// Sign-in by the platform.
pub struct PlatformSignIn {
    verifier: IdTokenVerifier,
}

impl PlatformSignIn {
    /// Creates it. `verifier` names the application that the platform signs users in to.
    pub fn new(verifier: IdTokenVerifier) -> Self {
        Self { verifier }
    }

    /// Returns the user whom the platform signed in.
    ///
    /// # Errors
    /// [`AuthError::Missing`] without a token; otherwise why the token, or the header beside it, is not accepted.
    pub async fn user(&self, headers: &HeaderMap) -> Result<SignedInUser, AuthError> {
        let token = one(headers, &ID_TOKEN)?.ok_or(AuthError::Missing)?;
        let user = self.verifier.verify_presented(token).await?;
        if !Self::is_user(headers, &user.user) {
            return Err(AuthError::Invalid("X-MS-CLIENT-PRINCIPAL-ID does not name the user of the ID token (oid)"));
        }
        Ok(user)
    }

    /// Returns whether the platform names this user as the one who sends the request. It grants nothing: a session of
    /// the user must exist.
    pub fn is_user(headers: &HeaderMap, user: &ActingUser) -> bool {
        let id = one(headers, &PRINCIPAL_ID).ok().flatten();
        id.is_some_and(|id| id.eq_ignore_ascii_case(&user.object_id))
    }
}

/// Returns the value of a header. With several values, one of them may be a client's.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, AuthError> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(AuthError::Invalid("a header of the platform has more than one value"));
    }
    value.to_str().map(Some).map_err(|_| AuthError::Invalid("a header of the platform is not text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_belongs_to_the_platforms_user() {
        let user = ActingUser { object_id: "0a1b".into(), user_name: None, name: None };
        let is_user = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(PRINCIPAL_ID, value.parse().unwrap());
            }
            PlatformSignIn::is_user(&headers, &user)
        };
        assert!(is_user(&["0a1b"]) && is_user(&["0A1B"]));
        for values in [&[][..], &[""], &["0a1c"], &["0a1b", "0a1b"], &["0a1b", "0a1c"]] {
            assert!(!is_user(values), "{values:?}");
        }
    }
}

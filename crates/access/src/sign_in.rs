//! Sign-in of users to the console: OpenID Connect, authorization code with PKCE (RFC 7636), state and nonce.
//!
//! All values of an attempt are computed from one secret, which the browser has in a cookie. So no server keeps a
//! sign-in, and a code or token of another browser's attempt is rejected.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::{hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyferry_azure_identity::{AuthorizationCodeGrant, Prompt, SignInRequest};
use keyferry_domain::Failure;
use url::Url;

use crate::error::AuthError;
use crate::tokens::{IdTokenVerifier, SignedInUser};

/// Length of an attempt's secret, in bytes.
const LENGTH: usize = 32;

/// Sign-in of users to one application.
pub struct SignIn {
    grant: AuthorizationCodeGrant,
    verifier: IdTokenVerifier,
}

/// One attempt to sign in, of one browser. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct Attempt([u8; LENGTH]);

/// Why a sign-in did not succeed. The texts are for the log: they may name the user.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SignInError {
    /// The response belongs to no attempt of this browser.
    #[error("the response belongs to no sign-in of this browser (state)")]
    State,
    /// The code was not exchanged.
    #[error("could not exchange the authorization code: {0}")]
    Code(Failure),
    /// The ID token was not accepted.
    #[error("the ID token was rejected: {0:?}")]
    Token(AuthError),
}

impl Attempt {
    /// Begins an attempt. `None` if the system provides no random bytes.
    pub fn begin() -> Option<Self> {
        let mut secret = [0; LENGTH];
        rand::fill(&mut secret).ok()?;
        Some(Self(secret))
    }

    /// Parses the value of the cookie.
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// Returns the value of the cookie.
    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Returns the value for one purpose. It reveals neither the secret nor the value for another purpose.
    fn value(&self, purpose: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.0), purpose.as_bytes()))
    }

    fn state(&self) -> String {
        self.value("state")
    }

    fn nonce(&self) -> String {
        self.value("nonce")
    }

    /// 43 characters, the shortest verifier that RFC 7636 section 4.1 permits.
    fn code_verifier(&self) -> String {
        self.value("code verifier")
    }

    fn code_challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, self.code_verifier().as_bytes()))
    }
}

impl std::fmt::Debug for Attempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Attempt(..)")
    }
}

impl SignIn {
    /// Creates the sign-in of an application. Makes no call.
    pub fn new(grant: AuthorizationCodeGrant, verifier: IdTokenVerifier) -> Self {
        Self { grant, verifier }
    }

    /// Returns the client id of the application.
    pub fn client_id(&self) -> &str {
        self.grant.client_id()
    }

    /// Returns the address of the identity provider at which the user signs in.
    pub fn begin(&self, attempt: &Attempt, redirect_uri: &str, prompt: Option<Prompt>) -> Url {
        self.grant.authorization_url(&SignInRequest {
            redirect_uri,
            state: &attempt.state(),
            nonce: &attempt.nonce(),
            code_challenge: &attempt.code_challenge(),
            prompt,
        })
    }

    /// Completes an attempt. `state` and `code` are those of the identity provider's response, and `redirect_uri` is
    /// that of [`Self::begin`].
    ///
    /// # Errors
    /// [`SignInError`]. The attempt cannot be repeated: begin another one.
    pub async fn complete(
        &self,
        attempt: &Attempt,
        state: &str,
        code: &str,
        redirect_uri: &str,
    ) -> Result<SignedInUser, SignInError> {
        check_state(attempt, state)?;
        let token = self.grant.redeem(code, &attempt.code_verifier(), redirect_uri).await;
        let token = token.map_err(SignInError::Code)?;
        self.verifier.verify(&token, &attempt.nonce()).await.map_err(SignInError::Token)
    }

    /// Checks that a response of the identity provider belongs to this attempt.
    ///
    /// # Errors
    /// [`SignInError::State`].
    pub fn check_state(&self, attempt: &Attempt, state: &str) -> Result<(), SignInError> {
        check_state(attempt, state)
    }

    /// Returns the address at which the user signs out of the identity provider.
    pub fn sign_out_url(&self) -> &Url {
        self.grant.sign_out_url()
    }
}

fn check_state(attempt: &Attempt, state: &str) -> Result<(), SignInError> {
    verify_slices_are_equal(attempt.state().as_bytes(), state.as_bytes()).map_err(|_| SignInError::State)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_an_attempt_differ_and_repeat() {
        let attempt = Attempt::begin().unwrap();
        let values = |it: &Attempt| [it.expose(), it.state(), it.nonce(), it.code_verifier(), it.code_challenge()];
        let again = Attempt::parse(&attempt.expose()).unwrap();
        assert_eq!(values(&attempt), values(&again));
        let distinct: std::collections::BTreeSet<_> =
            values(&attempt).into_iter().chain(values(&Attempt::begin().unwrap())).collect();
        assert_eq!(distinct.len(), 10);
        assert!(distinct.iter().all(|value| value.len() == 43));
        assert!(check_state(&attempt, &attempt.state()).is_ok());
        for other in ["", &attempt.nonce(), &Attempt::begin().unwrap().state()] {
            assert!(matches!(check_state(&attempt, other), Err(SignInError::State)));
        }
        assert!(Attempt::parse("").is_none() && Attempt::parse("AAAA").is_none());
    }
}

//! The authorization code grant with PKCE (RFC 6749 section 4.1, RFC 7636) of users who sign in with a browser.
//! Microsoft: "Microsoft identity platform and OAuth 2.0 authorization code flow".

use std::fmt;

use keyferry_domain::{Failure, Operation, Party};
use keyferry_http::{Answer, Client, Error, UrlExt as _};
use serde::{Deserialize, Serialize};
use url::Url;
use zeroize::Zeroizing;

use crate::app_credential::{AppCredential, ClientProof, SentCredential};
use crate::failures::FAILURES;
use crate::refusal;

const OPERATION: Operation = Operation::AcquireToken;

/// Scopes of the sign-in: an ID token with the user's name and object id. No access to any resource.
const SCOPE: &str = "openid profile";

/// Sign-in of users at the tenant's authorization endpoint, for one application.
pub struct AuthorizationCodeGrant {
    authorization_endpoint: Url,
    token_endpoint: Url,
    end_session_endpoint: Url,
    client_id: String,
    http: Client,
    app_credential: AppCredential,
}

/// Values of one sign-in that the identity provider returns or checks. All are random and used once.
#[derive(Clone, Copy)]
pub struct SignInRequest<'a> {
    /// Address to which the browser returns. It must be registered for the application.
    pub redirect_uri: &'a str,
    /// Returned with the code.
    pub state: &'a str,
    /// Returned in the ID token.
    pub nonce: &'a str,
    /// Base64url of the SHA-256 of the code verifier.
    pub code_challenge: &'a str,
    /// What the user does although an account is signed in.
    pub prompt: Option<Prompt>,
}

/// What a user who is signed in at the identity provider does again (OpenID Connect Core 1.0 section 3.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// Choose an account.
    SelectAccount,
    /// Authenticate. The ID token must contain the time (`auth_time`).
    Login,
}

#[derive(Serialize)]
struct Grant<'a> {
    grant_type: &'a str,
    client_id: &'a str,
    #[serde(flatten)]
    proof: ClientProof<'a>,
    #[serde(flatten)]
    exchange: Exchange<'a>,
    scope: &'a str,
}

#[derive(Clone, Copy, Serialize)]
struct Exchange<'a> {
    code: &'a str,
    code_verifier: &'a str,
    redirect_uri: &'a str,
}

/// Response of the token endpoint. The access token is ignored: nothing is done in the user's name.
#[derive(Deserialize)]
struct Granted {
    id_token: String,
}

impl AuthorizationCodeGrant {
    /// Creates the grant. Makes no call. `login_endpoint` is for example `https://login.microsoftonline.com`.
    ///
    /// # Errors
    /// Fails when the tenant is not a valid segment of a URL's path.
    pub fn new(
        login_endpoint: &Url,
        tenant: &str,
        client_id: String,
        http: Client,
        app_credential: AppCredential,
    ) -> Result<Self, Error> {
        let endpoint = |name| login_endpoint.join_segments([tenant, "oauth2", "v2.0", name]);
        Ok(Self {
            authorization_endpoint: endpoint("authorize")?,
            token_endpoint: endpoint("token")?,
            end_session_endpoint: endpoint("logout")?,
            client_id,
            http,
            app_credential,
        })
    }

    /// Returns the client id of the application.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Returns the address to which the browser is sent, so that the user signs in.
    pub fn authorization_url(&self, request: &SignInRequest<'_>) -> Url {
        let mut url = self.authorization_endpoint.clone();
        url.query_pairs_mut()
            .append_pair("client_id", &self.client_id)
            .append_pair("response_type", "code")
            .append_pair("response_mode", "query")
            .append_pair("redirect_uri", request.redirect_uri)
            .append_pair("scope", SCOPE)
            .append_pair("state", request.state)
            .append_pair("nonce", request.nonce)
            .append_pair("code_challenge", request.code_challenge)
            .append_pair("code_challenge_method", "S256");
        match request.prompt {
            Some(Prompt::SelectAccount) => url.query_pairs_mut().append_pair("prompt", "select_account"),
            // The age makes `auth_time` required.
            Some(Prompt::Login) => url.query_pairs_mut().append_pair("prompt", "login").append_pair("max_age", "0"),
            None => return url,
        };
        url
    }

    /// Returns the address at which the user signs out of the identity provider.
    pub fn sign_out_url(&self) -> &Url {
        &self.end_session_endpoint
    }

    /// Exchanges a code for an ID token, which is not verified here. A code can be exchanged once.
    ///
    /// # Errors
    /// [`Failure`] of [`Party::TokenEndpoint`]: the code or the app credential was refused, or there was no response.
    pub async fn redeem(
        &self,
        code: &str,
        code_verifier: &str,
        redirect_uri: &str,
    ) -> Result<Zeroizing<String>, Failure> {
        let exchange = Exchange { code, code_verifier, redirect_uri };
        let sent = self.app_credential.current().await?;
        let mut answer = self.request(&sent, exchange).await?;
        if let Some(newer) = self.app_credential.newer(&sent, &answer).await? {
            answer = self.request(&newer, exchange).await?;
        }
        if answer.status != 200 {
            return Err(refusal::failure(&answer));
        }
        let granted: Granted = answer.json().map_err(|error| error.into_failure(&FAILURES, OPERATION))?;
        Ok(Zeroizing::new(granted.id_token))
    }

    async fn request(&self, sent: &SentCredential, exchange: Exchange<'_>) -> Result<Answer, Failure> {
        let grant = Grant {
            grant_type: "authorization_code",
            client_id: &self.client_id,
            proof: sent.proof()?,
            exchange,
            scope: SCOPE,
        };
        let request = self.http.post(&self.token_endpoint).form(&grant);
        let request = request.hide(sent.text()?).hide(exchange.code).hide(exchange.code_verifier);
        let answer = request.about(Party::TokenEndpoint, OPERATION).send().await;
        answer.map_err(|error| error.into_failure(&FAILURES, OPERATION))
    }
}

impl fmt::Debug for AuthorizationCodeGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationCodeGrant")
            .field("token_endpoint", &self.token_endpoint.as_str())
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use keyferry_domain::SecretBytes;
    use keyferry_http::{ClientOptions, SecretSource};
    use keyferry_testkit::scripted::{Double, Then};

    use super::*;

    /// Returns another secret after a refusal.
    #[derive(Default)]
    struct Rotated(AtomicUsize);

    #[async_trait]
    impl SecretSource for Rotated {
        async fn secret(&self) -> Result<SecretBytes, Failure> {
            Ok(SecretBytes::new(format!("s3cr3t-{}", self.0.load(Ordering::SeqCst)).into_bytes()))
        }

        fn refused(&self, _: &SecretBytes) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn grant(double: &Double) -> AuthorizationCodeGrant {
        let http = Client::new(ClientOptions::default()).unwrap();
        let credential = AppCredential::Secret(Arc::<Rotated>::default());
        AuthorizationCodeGrant::new(&double.url, "contoso.onmicrosoft.com", "c1".into(), http, credential).unwrap()
    }

    fn refused(error: &str, code: u32) -> Then {
        let description = format!("AADSTS{code}: No. c0de-1 verifier-1 s3cr3t-0 Trace ID: t-1");
        let body = serde_json::json!({ "error": error, "error_description": description, "error_codes": [code] });
        Then::json(400, &body.to_string())
    }

    #[tokio::test]
    async fn redeems_a_code_as_documented() {
        let mut double = Double::start([Then::json(200, r#"{"access_token":"a","id_token":"i.d.t"}"#)]).await;
        let grant = grant(&double);
        let token = grant.redeem("c0de&1", "verifier-1", "https://k.example/console/callback").await.unwrap();
        assert_eq!(*token, "i.d.t");
        let request = double.requests().remove(0);
        assert!(request.starts_with("POST /contoso.onmicrosoft.com/oauth2/v2.0/token HTTP/1.1\r\n"), "{request}");
        assert_eq!(
            request.split("\r\n\r\n").nth(1).unwrap(),
            "grant_type=authorization_code&client_id=c1&client_secret=s3cr3t-0&code=c0de%261\
             &code_verifier=verifier-1&redirect_uri=https%3A%2F%2Fk.example%2Fconsole%2Fcallback\
             &scope=openid+profile"
        );
    }

    #[tokio::test]
    async fn rotated_secret_is_used_at_once() {
        let mut double =
            Double::start([refused("invalid_client", 7_000_222), Then::json(200, r#"{"id_token":"i.d.t"}"#)]).await;
        assert_eq!(*grant(&double).redeem("c0de-1", "verifier-1", "r").await.unwrap(), "i.d.t");
        assert!(double.requests()[1].contains("client_secret=s3cr3t-1"));
    }

    /// A refused code is not sent again: it may have been used by then.
    #[tokio::test]
    async fn refusal_reveals_neither_code_nor_secret() {
        let mut double = Double::start([refused("invalid_grant", 54_005)]).await;
        let failure = grant(&double).redeem("c0de-1", "verifier-1", "r").await.unwrap_err();
        assert_eq!(failure.code(), Some("AADSTS54005"));
        let text = format!("{failure:?} {failure}");
        assert!(!["c0de-1", "verifier-1", "s3cr3t-0"].iter().any(|secret| text.contains(secret)), "{text}");
        assert_eq!(double.requests().len(), 1);
    }

    #[tokio::test]
    async fn answer_without_id_token_is_a_failure() {
        let double = Double::start([Then::json(200, r#"{"access_token":"a"}"#)]).await;
        assert!(grant(&double).redeem("c0de-1", "verifier-1", "r").await.is_err());
    }

    #[test]
    fn authorization_request_is_encoded() {
        let http = Client::new(ClientOptions::default()).unwrap();
        let login = "https://login.example/".parse().unwrap();
        let credential = AppCredential::Secret(Arc::<Rotated>::default());
        let grant = AuthorizationCodeGrant::new(&login, "t 1", "c1".into(), http, credential).unwrap();
        let request = SignInRequest {
            redirect_uri: "https://k.example/console/callback",
            state: "s&1",
            nonce: "n",
            code_challenge: "c",
            prompt: Some(Prompt::SelectAccount),
        };
        assert_eq!(
            grant.authorization_url(&request).as_str(),
            "https://login.example/t%201/oauth2/v2.0/authorize?client_id=c1&response_type=code&response_mode=query\
             &redirect_uri=https%3A%2F%2Fk.example%2Fconsole%2Fcallback&scope=openid+profile&state=s%261&nonce=n\
             &code_challenge=c&code_challenge_method=S256&prompt=select_account"
        );
        assert_eq!(grant.sign_out_url().as_str(), "https://login.example/t%201/oauth2/v2.0/logout");
    }
}

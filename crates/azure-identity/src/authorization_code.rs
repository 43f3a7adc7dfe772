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
    /// Whether the user chooses an account although one is signed in.
    pub select_account: bool,
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
        if request.select_account {
            url.query_pairs_mut().append_pair("prompt", "select_account");
        }
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

//! Tokens of a profile.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use keyferry_client::oauth::{Grant, OAuth};
use keyferry_client::{Token, TokenError, Tokens};
use keyferry_domain::Clock as _;
use keyferry_http::Client;
use zeroize::Zeroizing;

use super::cache::{self, Cached};
use super::profile::Source;
use crate::config::variable;
use crate::exit::Failure;
use crate::system::SystemClock;
use crate::terminal;

/// A token is not used in the last seconds of its life, because the call takes time and clocks differ.
const MARGIN: Duration = Duration::from_secs(60);

/// Errors of a refresh after which only a sign-in helps (RFC 6749 section 5.2; OpenID Connect Core section 3.1.2.6).
const ENDED: [&str; 3] = ["invalid_grant", "interaction_required", "login_required"];

/// Source of a profile's tokens, with a cache.
pub(super) struct ProfileTokens {
    pub(super) name: String,
    pub(super) source: Source,
    pub(super) http: Client,
}

/// Returns the client of the token service of a source, if it has one.
pub(crate) fn oauth(source: &Source, http: &Client) -> Option<OAuth> {
    match source {
        Source::ClientCredentials { token_url, client_id, scope, .. }
        | Source::DeviceCode { token_url, client_id, scope, .. } => Some(OAuth {
            http: http.clone(),
            token_url: token_url.clone(),
            client_id: client_id.clone(),
            scope: scope.clone(),
        }),
        Source::File { .. } | Source::Variable { .. } => None,
    }
}

/// Stores tokens of a profile. Returns the access token.
pub(crate) fn store_grant(
    profile: &str,
    source: &Source,
    grant: Grant,
    old_refresh_token: Option<Zeroizing<String>>,
) -> Result<Token, Failure> {
    let token = grant.access_token;
    if let Some(identity) = source.identity() {
        let cached = Cached {
            identity,
            access_token: token.reveal().to_owned(),
            expires_at: SystemClock.now() + grant.expires_in,
            // Without a new one, the old one stays valid (RFC 6749 section 6).
            refresh_token: grant.refresh_token.or(old_refresh_token).map(|token| token.to_string()),
        };
        cache::write(profile, &cached)?;
    }
    Ok(token)
}

impl ProfileTokens {
    fn cached(&self) -> Option<Cached> {
        cache::read(&self.name, &self.source.identity()?)
    }

    async fn fresh(&self) -> Result<Token, TokenError> {
        let oauth = oauth(&self.source, &self.http);
        let (grant, old) = match (&self.source, oauth) {
            (Source::File { path }, _) => return read_secret(path).map(|token| Token::new(token.as_str())),
            (Source::Variable { name }, _) => {
                return variable(name).map(Token::new).ok_or_else(|| {
                    TokenError::Local(format!("the environment variable {name} with the access token is not set"))
                });
            }
            (Source::ClientCredentials { client_id, secret_file, secret_variable, .. }, Some(oauth)) => {
                let secret = secret(client_id, secret_file.as_deref(), secret_variable.as_deref()).await?;
                (oauth.client_credentials(&secret).await?, None)
            }
            (Source::DeviceCode { .. }, Some(oauth)) => {
                let refresh = self.cached().and_then(|cached| cached.refresh_token.clone()).map(Zeroizing::new);
                let again = format!("sign in again with `keyferry login {}`", self.name);
                let Some(refresh) = refresh else {
                    return Err(TokenError::Local(format!("the sign-in of profile {} has ended: {again}", self.name)));
                };
                let grant = oauth.refresh(&refresh).await.map_err(|error| match error {
                    // The refresh token expired or was revoked, or the user must not sign in any more.
                    TokenError::Refused { code, message } if ENDED.contains(&code.as_str()) => {
                        TokenError::Local(format!(
                            "the sign-in of profile {} has ended: {again} (the token service: {message})",
                            self.name
                        ))
                    }
                    other => other,
                })?;
                (grant, Some(refresh))
            }
            (_, None) => return Err(TokenError::Local("the profile has no token service".to_owned())),
        };
        store_grant(&self.name, &self.source, grant, old).map_err(|error| TokenError::Local(error.message))
    }
}

#[async_trait]
impl Tokens for ProfileTokens {
    async fn token(&self) -> Result<Token, TokenError> {
        self.lasting(MARGIN).await
    }

    async fn lasting(&self, at_least: Duration) -> Result<Token, TokenError> {
        let left = |cached: &Cached, least| cached.expires_at > SystemClock.now() + least;
        let cached = self.cached();
        if let Some(cached) = cached.as_ref().filter(|cached| left(cached, at_least)) {
            return Ok(Token::new(cached.access_token.as_str()));
        }
        match (self.fresh().await, cached.filter(|cached| left(cached, MARGIN))) {
            // Better a token that expires soon than none.
            (Err(_), Some(cached)) => Ok(Token::new(cached.access_token.as_str())),
            (fresh, _) => fresh,
        }
    }

    async fn another(&self) -> Result<Option<Token>, TokenError> {
        match self.source {
            // The same token again.
            Source::Variable { .. } => Ok(None),
            _ => self.fresh().await.map(Some),
        }
    }
}

async fn secret(
    client_id: &str,
    file: Option<&Path>,
    secret_variable: Option<&str>,
) -> Result<Zeroizing<String>, TokenError> {
    match (file, secret_variable) {
        (Some(path), _) => read_secret(path),
        (None, Some(name)) => variable(name).map(Zeroizing::new).ok_or_else(|| {
            TokenError::Local(format!("the environment variable {name} with the client secret is not set"))
        }),
        (None, None) if terminal::can_ask() => terminal::secret(format!("Client secret of {client_id}:"))
            .await
            .map_err(|error| TokenError::Local(error.message)),
        (None, None) => Err(TokenError::Local(
            "the client secret is needed, and there is no terminal to ask at. Log in with --secret-file or \
             --secret-variable"
                .to_owned(),
        )),
    }
}

/// Reads a file with a secret. White space around it does not count.
pub(crate) fn read_secret(path: &Path) -> Result<Zeroizing<String>, TokenError> {
    let local = |reason: String| TokenError::Local(format!("could not read {}: {reason}", path.display()));
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(|error| local(error.to_string()))?);
    match text.trim() {
        "" => Err(local("the file is empty".to_owned())),
        secret => Ok(Zeroizing::new(secret.to_owned())),
    }
}

//! Requests to a token endpoint.

use std::time::Duration;

use keyferry_http::{Answer, Client, clean};
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use crate::{Token, TokenError};

/// Lifetime of a token if the response does not contain it (`expires_in` is optional, RFC 6749 section 5.1).
const SHORT: u64 = 300;

/// Client of a token service.
#[derive(Clone)]
pub struct OAuth {
    /// HTTP client.
    pub http: Client,
    /// Token endpoint.
    pub token_url: Url,
    /// Client id of this application.
    pub client_id: String,
    /// Requested scope, for example `api://…/.default`.
    pub scope: String,
}

/// Issued tokens.
pub struct Grant {
    /// Access token.
    pub access_token: Token,
    /// Lifetime of the access token.
    pub expires_in: Duration,
    /// Token for a next access token, if one was issued.
    pub refresh_token: Option<Zeroizing<String>>,
}

#[derive(Deserialize)]
struct Issued {
    access_token: String,
    #[serde(default)]
    expires_in: Option<u64>,
    #[serde(default)]
    refresh_token: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
    #[serde(default)]
    error_description: String,
}

impl OAuth {
    /// Gets a token with the application's secret.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub async fn client_credentials(&self, secret: &str) -> Result<Grant, TokenError> {
        let form = [("grant_type", "client_credentials"), ("client_id", &self.client_id), ("client_secret", secret)];
        self.granted(&[&form[..], &[("scope", &self.scope)]].concat(), Some(secret)).await
    }

    /// Gets a token with a refresh token.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub async fn refresh(&self, refresh_token: &str) -> Result<Grant, TokenError> {
        let form = [("grant_type", "refresh_token"), ("client_id", &self.client_id), ("refresh_token", refresh_token)];
        self.granted(&[&form[..], &[("scope", &self.scope)]].concat(), Some(refresh_token)).await
    }

    pub(super) async fn granted(&self, form: &[(&str, &str)], secret: Option<&str>) -> Result<Grant, TokenError> {
        let answer = self.post(&self.token_url, form, secret).await?;
        let Issued { access_token, expires_in, refresh_token } = answer.json()?;
        Ok(Grant {
            access_token: Token::new(access_token),
            expires_in: Duration::from_secs(expires_in.unwrap_or(SHORT)),
            refresh_token: refresh_token.map(Zeroizing::new),
        })
    }

    pub(super) async fn post(
        &self,
        url: &Url,
        form: &[(&str, &str)],
        secret: Option<&str>,
    ) -> Result<Answer, TokenError> {
        let mut request = self.http.post(url).form(&form);
        if let Some(secret) = secret {
            request = request.hide(secret);
        }
        let answer = request.send().await?;
        if answer.is_success() {
            return Ok(answer);
        }
        Err(match answer.json::<Refusal>() {
            Ok(Refusal { error, error_description }) => {
                TokenError::Refused { code: clean(&error), message: clean(&error_description) }
            }
            Err(_) => TokenError::Refused {
                code: format!("status {}", answer.status),
                message: format!("{} is not a token endpoint", clean(self.token_url.path())),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use keyferry_http::ClientOptions;
    use keyferry_testkit::scripted::{Double, Then};

    use super::*;

    fn oauth(double: &Double) -> OAuth {
        OAuth {
            http: Client::new(ClientOptions::default()).unwrap(),
            token_url: double.url.join("t/oauth2/v2.0/token").unwrap(),
            client_id: "app".into(),
            scope: "api://keyferry/.default".into(),
        }
    }

    #[tokio::test]
    async fn sends_the_client_credentials_grant() {
        let issued = r#"{"token_type":"Bearer","access_token":"tok","expires_in":60}"#;
        let mut double = Double::start([Then::json(200, issued)]).await;
        let grant = oauth(&double).client_credentials("s3cret&").await.unwrap();
        assert_eq!((grant.access_token.reveal(), grant.expires_in.as_secs()), ("tok", 60));
        let request = double.requests().remove(0);
        assert!(
            request.ends_with(
                "grant_type=client_credentials&client_id=app&client_secret=s3cret%26&scope=api%3A%2F%2Fkeyferry%2F.default"
            ),
            "{request}"
        );
    }

    /// A token service may quote the request.
    #[tokio::test]
    async fn errors_do_not_contain_the_secret() {
        let refusal =
            r#"{"error":"invalid_client","error_description":"AADSTS7000215: secret canary-secret-1 is wrong"}"#;
        let double = Double::start([Then::json(401, refusal), Then::with(404, "x-a: b", "<html>")]).await;
        let error = oauth(&double).client_credentials("canary-secret-1").await.err().unwrap().to_string();
        assert!(error.contains("invalid_client") && !error.contains("canary"), "{error}");
        let error = oauth(&double).client_credentials("canary-secret-1").await.err().unwrap().to_string();
        assert!(error.contains("status 404"), "{error}");
    }
}

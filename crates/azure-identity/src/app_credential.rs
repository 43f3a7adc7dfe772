//! App credential by which an app registration authenticates at the token endpoint.

use std::sync::Arc;

use keyferry_domain::{Failure, FailureKind, Operation, SecretBytes};
use keyferry_http::{Answer, SecretSource};
use serde::Serialize;

use crate::failures::FAILURES;
use crate::refusal;
use crate::token::{AccessToken, TokenSource};

/// RFC 7523 section 2.2.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// App credential by which the app registration authenticates.
pub enum AppCredential {
    /// Client secret.
    Secret(Arc<dyn SecretSource>),
    /// Client assertion (RFC 7523 section 2.2). It is signed with a certificate's private key, or is a token of another
    /// issuer that the app registration trusts, for example of a managed identity for `api://AzureADTokenExchange`.
    Assertion(Arc<dyn TokenSource>),
}

/// App credential that was sent.
pub(crate) enum SentCredential {
    Secret(SecretBytes),
    Assertion(AccessToken),
}

impl SentCredential {
    pub(crate) fn text(&self) -> Result<&str, Failure> {
        match self {
            Self::Assertion(token) => Ok(token.expose()),
            Self::Secret(secret) => std::str::from_utf8(secret.expose()).map_err(|_| {
                let message = "the client secret is not UTF-8 text. Set the secret's value as shown in the portal";
                Failure::new(&FAILURES, Operation::AcquireToken, FailureKind::Found("secret-not-text"), message)
            }),
        }
    }
}

/// Parameters of a request that authenticate its client.
#[derive(Serialize)]
pub(crate) struct ClientProof<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_assertion_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_assertion: Option<&'a str>,
}

impl SentCredential {
    pub(crate) fn proof(&self) -> Result<ClientProof<'_>, Failure> {
        let text = self.text()?;
        let by_assertion = matches!(self, Self::Assertion(_));
        Ok(ClientProof {
            client_secret: (!by_assertion).then_some(text),
            client_assertion_type: by_assertion.then_some(JWT_BEARER),
            client_assertion: by_assertion.then_some(text),
        })
    }
}

impl AppCredential {
    /// Returns the app credential if `answer` refused `sent` and its source now has a newer one: the request must be
    /// repeated with it. So rotating a secret causes no failure.
    pub(crate) async fn newer(
        &self,
        sent: &SentCredential,
        answer: &Answer,
    ) -> Result<Option<SentCredential>, Failure> {
        if answer.status == 200 || !refusal::is_of_app_credential(answer) {
            return Ok(None);
        }
        self.refused(sent);
        let newer = self.current().await?;
        Ok((newer.text()? != sent.text()?).then_some(newer))
    }

    /// Returns the current app credential.
    pub(crate) async fn current(&self) -> Result<SentCredential, Failure> {
        match self {
            Self::Secret(source) => source.secret().await.map(SentCredential::Secret),
            Self::Assertion(source) => source.token().await.map(SentCredential::Assertion),
        }
    }

    fn refused(&self, sent: &SentCredential) {
        match (self, sent) {
            (Self::Secret(source), SentCredential::Secret(secret)) => source.refused(secret),
            (Self::Assertion(source), SentCredential::Assertion(token)) => source.invalidate(token),
            _ => {}
        }
    }
}

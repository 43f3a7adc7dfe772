//! Adapter that makes the official Azure SDK use `keyferry-http` and Keyferry's tokens.
//!
//! So the SDK's calls have the same timeouts, size limits and correlation ids, and secrets are removed from responses.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::{HeaderName, HeaderValue, Headers};
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Request};
use azure_core::time::OffsetDateTime;
use keyferry_domain::{Operation, Party};
use keyferry_http::{CallError, Client, Method};

use crate::token::{self, TokenSource};

/// HTTP client and token credential for clients of the SDK. A token that is refused (401) is dropped, so that the SDK's
/// next request uses a new one.
pub struct SdkAdapter {
    http: Client,
    tokens: Option<Arc<dyn TokenSource>>,
    /// Token that was last passed to the SDK.
    given: Mutex<Option<token::AccessToken>>,
    party: Party,
    operation: Operation,
}

impl SdkAdapter {
    /// Creates the adapter. It sends calls with `http` and obtains tokens from `tokens`. `party` and `operation` are
    /// the labels of the calls in metrics.
    pub fn new(http: Client, tokens: Arc<dyn TokenSource>, party: Party, operation: Operation) -> Arc<Self> {
        Arc::new(Self { http, tokens: Some(tokens), given: Mutex::default(), party, operation })
    }

    /// Creates an adapter that sends calls but provides no tokens.
    pub(crate) fn without_tokens(http: Client, party: Party, operation: Operation) -> Arc<Self> {
        Arc::new(Self { http, tokens: None, given: Mutex::default(), party, operation })
    }

    fn refused(&self) {
        let given = self.given.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let (Some(tokens), Some(token)) = (&self.tokens, given) {
            tokens.invalidate(&token);
        }
    }
}

#[async_trait]
impl HttpClient for SdkAdapter {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let Body::Bytes(body) = request.body() else {
            return Err(Error::with_message(ErrorKind::Other, "streaming request bodies are not supported"));
        };
        let mut ours = self.http.request(method(request.method())?, request.url());
        let mut with_token = false;
        for (name, value) in request.headers().iter() {
            match value.as_str().strip_prefix("Bearer ") {
                Some(token) if name.as_str() == "authorization" => {
                    ours = ours.bearer(token);
                    with_token = true;
                }
                _ => ours = ours.header(name.as_str(), value.as_str()),
            }
            if name.as_str() == "x-identity-header" {
                ours = ours.hide(value.as_str());
            }
        }
        // When a secret is stored in the vault, an error response must not repeat it.
        if let Some(secret) = serde_json::from_slice(body).ok().as_ref().and_then(value) {
            ours = ours.hide(secret);
        }
        if !body.is_empty() {
            ours = ours.body(body.clone());
        }
        let answer = ours.about(self.party, self.operation).send().await.map_err(not_answered)?;
        if answer.status == 401 && with_token {
            self.refused();
        }
        let headers: HashMap<_, _> = answer
            .headers()
            .map(|(name, value)| (HeaderName::from(name.to_owned()), HeaderValue::from(value.to_owned())))
            .collect();
        Ok(AsyncRawResponse::from_bytes(answer.status.into(), Headers::from(headers), answer.body().to_vec()))
    }
}

fn method(theirs: azure_core::http::Method) -> azure_core::Result<Method> {
    Method::from_bytes(theirs.as_str().as_bytes()).map_err(|error| Error::new(ErrorKind::Other, error))
}

/// Returns the member `value` of a body.
fn value(body: &serde_json::Value) -> Option<&str> {
    body.get("value")?.as_str()
}

fn not_answered(error: CallError) -> Error {
    let kind = match error {
        CallError::Unreachable { .. } => ErrorKind::Connection,
        CallError::TimedOut { .. } | CallError::ConnectionLost { .. } | CallError::AnotherCall { .. } => ErrorKind::Io,
        _ => ErrorKind::Other,
    };
    Error::new(kind, error)
}

#[async_trait]
impl TokenCredential for SdkAdapter {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let Some(tokens) = &self.tokens else {
            return Err(Error::with_message(ErrorKind::Credential, "this client has no token source"));
        };
        let token =
            tokens.token().await.map_err(|failure| Error::with_message(ErrorKind::Credential, failure.to_string()))?;
        *self.given.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        // The token source has its own cache. With an expiry in the past, the SDK requests the token each time.
        Ok(AccessToken::new(token.expose().to_owned(), OffsetDateTime::UNIX_EPOCH))
    }
}

/// Formats an error of the SDK and its causes. The outermost error often has no details.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = error.source();
    }
    text
}

impl fmt::Debug for SdkAdapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SdkAdapter({}, {:?})", self.party, self.operation)
    }
}

//! Request to an external service.

use std::time::Duration;

use bytes::Bytes;
use keyferry_domain::{Lane, Operation, Party};
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use serde::Serialize;
use tokio::io::AsyncRead;
use url::Url;

use crate::echo::{self, CLIENT_REQUEST_ID, RETURN_CLIENT_REQUEST_ID, X_MS_CLIENT_REQUEST_ID};
use crate::measure::{CallLabels, Outcome, measured};
use crate::streaming::{ReaderBody, Streaming};
use crate::{Answer, Call, CallError, Client, Hidden, UrlExt as _, retry_after};

/// Request to an external service. Has a new `client-request-id`.
#[must_use = "a request does nothing until it is sent"]
pub struct Request {
    client: Client,
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Option<reqwest::Body>,
    call: Call,
    hidden: Hidden,
    problem: Option<String>,
    asked: Option<CallLabels>,
    limited_wait: bool,
    compares_ids: bool,
    timeout: Option<Duration>,
}

impl Request {
    pub(crate) fn new(client: &Client, method: Method, url: &Url) -> Self {
        let name = match method {
            Method::GET => "GET",
            Method::POST => "POST",
            Method::PATCH => "PATCH",
            Method::PUT => "PUT",
            Method::DELETE => "DELETE",
            _ => "?",
        };
        Self {
            client: client.clone(),
            method,
            headers: HeaderMap::new(),
            body: None,
            timeout: None,
            call: Call::new(name, url, client.fresh_correlation()),
            hidden: Hidden::default(),
            problem: refusal(url).or_else(|| client.0.addresses.as_ref()?.refusal(url)),
            asked: None,
            limited_wait: true,
            compares_ids: true,
            url: url.clone(),
        }
    }

    /// Sets party and operation, the labels of the call in metrics and traces.
    pub fn about(mut self, party: Party, operation: Operation) -> Self {
        self.asked = Some(CallLabels { party, operation });
        self
    }

    /// Adds `Authorization: Bearer`. The token is removed from the response, as by [`Self::hide`].
    pub fn bearer(mut self, token: &str) -> Self {
        self.hidden.add_recent(token, &self.client.0.recent);
        self.put(Some(AUTHORIZATION), AUTHORIZATION.as_str(), &format!("Bearer {token}"), true)
    }

    /// Sets a header.
    pub fn header(self, name: &str, value: &str) -> Self {
        self.put(HeaderName::try_from(name).ok(), name, value, false)
    }

    /// Sets a JSON body.
    pub fn json(self, body: &impl Serialize) -> Self {
        self.typed("application/json", serde_json::to_vec(body).map_err(|_| "JSON"))
    }

    /// Sets the body. Set its `Content-Type` with [`Self::header`].
    pub fn body(mut self, body: Bytes) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sets a body that is read while it is sent. Set its `Content-Type` with [`Self::header`]. `length` is its number
    /// of bytes, if known: the call fails when the reader returns another number.
    pub fn reader(mut self, reader: impl AsyncRead + Send + Sync + 'static, length: Option<u64>) -> Self {
        self.body = Some(reqwest::Body::wrap(ReaderBody::new(reader, length)));
        self
    }

    /// Sets the timeout of this call, instead of that of the client.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets a body of type `application/x-www-form-urlencoded`.
    pub fn form(self, body: &impl Serialize) -> Self {
        let encoded = serde_urlencoded::to_string(body).map(String::into_bytes);
        self.typed("application/x-www-form-urlencoded", encoded.map_err(|_| "a form"))
    }

    /// Sends the id of the call also as `x-ms-client-request-id`, the name that Azure Storage returns.
    pub fn with_azure_id(mut self) -> Self {
        if let Ok(id) = HeaderValue::try_from(self.call.correlation.as_str()) {
            self.headers.insert(X_MS_CLIENT_REQUEST_ID, id);
        }
        self
    }

    /// Accepts a response with another id. Only for a party that may pass on a `client-request-id` of its own calls.
    pub fn without_comparing_ids(mut self) -> Self {
        self.compares_ids = false;
        self
    }

    /// Marks a secret that the request contains. If the response repeats it, it is replaced by `(secret)`.
    pub fn hide(mut self, secret: &str) -> Self {
        self.hidden.add(secret);
        self
    }

    /// Marks the query of the URL as secret, because it contains a signature.
    pub fn hide_query(mut self) -> Self {
        self.hidden.add_query(&self.url, &self.client.0.recent);
        self
    }

    /// Sets whether the request can be repeated without harm. If so, a failure without response has the effect `None`
    /// instead of `Unknown`. Default: `true` for GET, else `false`.
    pub fn idempotent(mut self, idempotent: bool) -> Self {
        self.call.idempotent = idempotent;
        self
    }

    /// Waits for the rate limit as long as necessary, even beyond
    /// [`Pacing::longest_wait`](crate::Pacing::longest_wait). For calls in the background, where no caller waits for
    /// the response.
    pub fn unlimited_wait(mut self) -> Self {
        self.limited_wait = false;
        self
    }

    /// Sends the request and reads the complete response, of any status. Does not follow redirects.
    ///
    /// # Errors
    /// Fails when the URL is not allowed (neither https nor this machine, or with a user name or password), the queue
    /// of the rate limit is too long, the connection fails, the response is larger than the limit, it is not complete
    /// within the timeout, or it belongs to another call. In the last case, all connections of the client are dropped.
    pub async fn send(self) -> Result<Answer, CallError> {
        let call = self.call.clone();
        let asked = self.asked;
        let result = measured(asked, self.exchange(), Some(call.correlation()), |result| match result {
            Ok(answer) => (Outcome::of_status(answer.status), Some(answer.status)),
            Err(_) => (Outcome::NoResponse, None),
        })
        .await;
        match &result {
            Ok(answer) => tracing::debug!(
                %call,
                status = answer.status,
                client_request_id = %call.correlation,
                request_id = answer.header("request-id").map(crate::clean),
                "received response from external service"
            ),
            Err(error) => tracing::debug!(
                reason = %error,
                client_request_id = %call.correlation,
                "no usable response from external service"
            ),
        }
        result
    }

    /// Sends the request and returns the response before its body is read, for a body that is too large for memory.
    ///
    /// Secrets are not removed from such a body; [`Streaming::complete`] removes them.
    ///
    /// # Errors
    /// As [`Self::send`]. The timeout includes the reading of the body.
    pub async fn stream(self) -> Result<Streaming, CallError> {
        let correlation = self.call.correlation.clone();
        let asked = self.asked;
        measured(asked, self.open(), Some(&correlation), |result| match result {
            Ok(opened) => (Outcome::of_status(opened.status()), Some(opened.status())),
            Err(_) => (Outcome::NoResponse, None),
        })
        .await
    }

    async fn exchange(self) -> Result<Answer, CallError> {
        self.open().await?.complete().await
    }

    async fn open(self) -> Result<Streaming, CallError> {
        let Self { client, method, url, mut headers, body, call, hidden, problem, compares_ids, limited_wait, .. } =
            self;
        if let Some(reason) = problem {
            return Err(CallError::NotSent { call, reason });
        }
        if let Ok(id) = HeaderValue::try_from(call.correlation.as_str()) {
            headers.insert(CLIENT_REQUEST_ID, id);
            headers.insert(RETURN_CLIENT_REQUEST_ID, HeaderValue::from_static("true"));
        }
        let mut request = reqwest::Request::new(method, url);
        *request.headers_mut() = headers.clone();
        *request.body_mut() = body;
        *request.timeout_mut() = self.timeout;
        let lane = Lane::current();
        let limited = limited_wait && lane == Lane::Interactive;
        let turn = match &client.0.gate {
            None => None,
            Some(gate) => match gate.pass(lane, limited).await {
                Ok(turn) => Some((gate, turn)),
                Err(full) => return Err(CallError::QueueFull { call, retry_after: full.retry_after }),
            },
        };
        let timeout = self.timeout.unwrap_or(client.0.timeout);
        let response = match client.0.transport.execute(request).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(CallError::of_transport(error, call, timeout)),
            Err(error) => return Err(CallError::NotSent { call, reason: error.to_string() }),
        };
        let status = response.status().as_u16();
        if let Some((gate, turn)) = turn {
            let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
            gate.answered(turn, status, retry_after::parse(text(RETRY_AFTER), text(DATE)));
        }
        if compares_ids && let Some(other) = echo::id_of_another_call(&headers, response.headers()) {
            client.drop_connections();
            tracing::error!(
                %call,
                status,
                client_request_id = %call.correlation,
                other_client_request_id = %other,
                remedy = "Bypass or repair the proxy or gateway on the way to this service (for example its TLS \
                          inspection): it confuses responses.",
                "received the response to another call: ignored it and closed the connections to this service"
            );
            return Err(CallError::AnotherCall { call, status, other });
        }
        Ok(Streaming { response, call, hidden, timeout, limit: client.0.max_body })
    }

    fn typed(mut self, kind: &'static str, body: Result<Vec<u8>, &'static str>) -> Self {
        self.headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(kind));
        match body {
            Ok(body) => self.body = Some(body.into()),
            // The serializer's message may quote values of the body.
            Err(kind) => drop(self.problem.get_or_insert(format!("the body could not be written as {kind}"))),
        }
        self
    }

    fn put(mut self, name: Option<HeaderName>, text: &str, value: &str, secret: bool) -> Self {
        match (name, HeaderValue::try_from(value)) {
            (Some(name), Ok(mut value)) => {
                value.set_sensitive(secret);
                self.headers.insert(name, value);
            }
            _ => {
                let text = crate::clean(text);
                self.problem.get_or_insert(format!("the name or value of the header {text:?} is not valid in HTTP"));
            }
        }
        self
    }
}

/// Returns the reason why a URL must not be called, if any.
fn refusal(url: &Url) -> Option<String> {
    if !url.username().is_empty() || url.password().is_some() {
        return Some("the URL must not contain a user name or password".into());
    }
    match url.scheme() {
        "https" => None,
        "http" if url.is_loopback() => None,
        "http" => Some("plain http is allowed only for this machine; use https".into()),
        other => Some(format!("the scheme must be https, but is {other:?}")),
    }
}

#[cfg(test)]
mod tests;

//! Calls to the API.

use std::sync::Arc;
use std::time::Duration;

use keyferry_http::{Answer, Client, Request, Streaming, UrlExt as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::operation::{Method, Operation};
use crate::{ClientError, Problem, Reply, Tokens};

/// Most repetitions of a call that the API refused because of its rate.
const MOST_WAITS: usize = 6;

/// Longest time to wait before such a repetition.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Least remaining life of a token for a call that cannot be repeated: the connection may be slow to establish, and
/// clocks differ.
const LASTING: Duration = Duration::from_secs(5 * 60);

/// Timeout of a call that sends or receives a whole file.
const FILE_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// Client of Keyferry's API.
///
/// A call that is refused with status 401 is repeated once with another token, and one refused with 429 after the time
/// that the API names: the API did nothing in both cases. No other call is repeated.
pub struct Api {
    http: Client,
    base: Url,
    tokens: Arc<dyn Tokens>,
}

/// Parts of a call beside its operation.
#[derive(Default)]
pub(crate) struct Parts<'a> {
    pub(crate) segments: &'a [&'a str],
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) json: Option<serde_json::Value>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// Returns a body as JSON. Bodies are maps with text keys, which always are JSON.
pub(crate) fn json(body: &impl Serialize) -> Option<serde_json::Value> {
    serde_json::to_value(body).ok()
}

impl Api {
    /// Creates the client of the API at `base`. Makes no call.
    pub fn new(http: Client, base: Url, tokens: Arc<dyn Tokens>) -> Self {
        Self { http, base, tokens }
    }

    /// Returns the address of the API.
    pub fn base(&self) -> &Url {
        &self.base
    }

    pub(crate) async fn reply<T: DeserializeOwned>(
        &self,
        operation: Operation,
        parts: Parts<'_>,
    ) -> Result<Reply<T>, ClientError> {
        Ok(Reply::of(&self.call(operation, parts).await?)?)
    }

    /// Calls the operation, and returns its response of status 2xx.
    pub(crate) async fn call(&self, operation: Operation, parts: Parts<'_>) -> Result<Answer, ClientError> {
        let url = self.url(operation, parts.segments, &parts.query)?;
        let request = || {
            let mut request = self.request(operation, &url);
            for (name, value) in &parts.headers {
                request = request.header(name, value);
            }
            match &parts.json {
                Some(body) => request.json(body),
                None => request,
            }
        };
        let mut token = self.tokens.token().await?;
        let (mut renewed, mut waits) = (false, 0);
        loop {
            let answer = request().bearer(token.reveal()).send().await?;
            match answer.status {
                401 if !renewed => {
                    renewed = true;
                    let Some(other) = self.tokens.another().await? else { return refused(operation, &url, &answer) };
                    token = other;
                }
                429 if waits < MOST_WAITS && answer.retry_after.is_some_and(|wait| wait <= LONGEST_WAIT) => {
                    waits += 1;
                    tokio::time::sleep(answer.retry_after.unwrap_or_default()).await;
                }
                200..300 => return Ok(answer),
                _ => return refused(operation, &url, &answer),
            }
        }
    }

    /// Sends a file. It is read while it is sent, so the call is not repeated. The token is a fresh one if the cached
    /// one expires soon. If the API rejects it nevertheless, another one is ready when the caller repeats the command.
    pub(crate) async fn upload<T: DeserializeOwned>(
        &self,
        operation: Operation,
        query: Vec<(&'static str, String)>,
        fill: impl FnOnce(Request) -> Request,
    ) -> Result<Reply<T>, ClientError> {
        let url = self.url(operation, &[], &query)?;
        let token = self.tokens.lasting(LASTING).await?;
        let request = fill(self.request(operation, &url)).timeout(FILE_TIMEOUT);
        let answer = request.bearer(token.reveal()).send().await?;
        if answer.status == 401
            && let Some(problem) = Problem::parse(answer.status, answer.body())
        {
            let has_another = self.tokens.another().await?.is_some();
            return Err(ClientError::UploadRejected { problem: Box::new(problem), has_another });
        }
        if !answer.is_success() {
            refused(operation, &url, &answer)?;
        }
        Ok(Reply::of(&answer)?)
    }

    /// Calls the operation, and returns its response before the body is read.
    pub(crate) async fn download(
        &self,
        operation: Operation,
        segments: &[&str],
        query: Vec<(&'static str, String)>,
        accept: &str,
    ) -> Result<Streaming, ClientError> {
        let url = self.url(operation, segments, &query)?;
        let mut token = self.tokens.token().await?;
        for renewed in [false, true] {
            // The body is passed on as it arrives, so a content coding would end up in the file.
            let request = self.request(operation, &url).header("accept", accept).header("accept-encoding", "identity");
            let request = request.timeout(FILE_TIMEOUT);
            let response = request.bearer(token.reveal()).stream().await?;
            match response.status() {
                200..300 => return Ok(response),
                401 if !renewed => match self.tokens.another().await? {
                    Some(other) => token = other,
                    None => return refused(operation, &url, &response.complete().await?),
                },
                _ => return refused(operation, &url, &response.complete().await?),
            }
        }
        unreachable!("the second response is returned")
    }

    fn request(&self, operation: Operation, url: &Url) -> Request {
        match operation.method {
            Method::Get => self.http.get(url),
            Method::Post => self.http.post(url),
            Method::Put => self.http.put(url),
            Method::Patch => self.http.patch(url),
            Method::Delete => self.http.delete(url),
        }
    }

    /// Returns the address of an operation. The segments replace the parameters of its path, in order.
    fn url(
        &self,
        operation: Operation,
        segments: &[&str],
        query: &[(&'static str, String)],
    ) -> Result<Url, ClientError> {
        let mut given = segments.iter();
        let path = operation.path.trim_start_matches('/').split('/');
        let path =
            path.map(|part| if part.starts_with('{') { given.next().copied().unwrap_or_default() } else { part });
        let mut url = self.base.join_segments(path)?;
        debug_assert!(query.iter().all(|(name, _)| operation.query.contains(name)), "{}: {query:?}", operation.id);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }
}

/// Returns the error of a response with another status than 2xx.
fn refused<T>(operation: Operation, url: &Url, answer: &Answer) -> Result<T, ClientError> {
    let (status, method) = (answer.status, operation.method.as_str());
    Err(match Problem::parse(status, answer.body()) {
        Some(problem) => ClientError::Refused(Box::new(problem)),
        None => {
            let mut url = url.clone();
            url.set_query(None);
            ClientError::NotTheApi { method, url: url.to_string(), status }
        }
    })
}

#[cfg(test)]
mod tests;

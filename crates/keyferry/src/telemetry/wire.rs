//! HTTP client of the OTLP exporters.
//!
//! It does not use `keyferry_http`, which refuses plain HTTP to other hosts. A collector in the same cluster often
//! accepts plain HTTP only. This is acceptable for telemetry, but not for other calls of the service.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use reqwest::redirect::Policy;
use tokio::runtime::Handle;

/// Largest part of a collector's response that is read, in bytes.
const LARGEST: usize = 64 * 1024;

/// Reason of the last failed export.
#[derive(Debug, Default)]
pub(super) struct LastFailure(Mutex<String>);

impl LastFailure {
    pub(super) fn get(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, text: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }
}

/// HTTP client that runs on the program's runtime, because exporters call it from threads without a runtime.
#[derive(Clone)]
pub(super) struct OtlpClient {
    client: reqwest::Client,
    runtime: Handle,
    last_failure: Arc<LastFailure>,
}

impl fmt::Debug for OtlpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpClient").finish_non_exhaustive()
    }
}

impl OtlpClient {
    /// Creates a client that uses the current runtime. The error message is meant for the log.
    pub(super) fn new(
        timeout: Duration,
        extra_ca: Option<&[u8]>,
        last_failure: Arc<LastFailure>,
    ) -> Result<Self, String> {
        let roots =
            extra_ca.map(reqwest::Certificate::from_pem_bundle).transpose().map_err(|error| error.to_string())?;
        #[expect(clippy::disallowed_methods, reason = "see the module documentation")]
        let client = reqwest::Client::builder()
            .user_agent(concat!("Keyferry/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .timeout(timeout)
            .tls_certs_merge(roots.unwrap_or_default())
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { client, runtime: Handle::current(), last_failure })
    }

    async fn exchange(self, request: Request<Bytes>) -> Result<Response<Bytes>, reqwest::Error> {
        let mut answer = self.client.execute(request.try_into()?).await?;
        let mut response = Response::builder().status(answer.status());
        if let Some(headers) = response.headers_mut() {
            headers.clone_from(answer.headers());
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            body.extend_from_slice(&chunk[..chunk.len().min(LARGEST - body.len())]);
        }
        let status = answer.status();
        if !status.is_success() {
            self.last_failure.set(format!("status {status}"));
        }
        Ok(response.body(body.into()).unwrap_or_default())
    }
}

#[async_trait]
impl HttpClient for OtlpClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        match self.runtime.spawn(self.clone().exchange(request)).await? {
            Ok(response) => Ok(response),
            Err(error) => {
                // Remove the URL from the error: it may contain a key.
                let error = error.without_url();
                let mut text = error.to_string();
                let mut source = std::error::Error::source(&error);
                while let Some(cause) = source {
                    text = format!("{text}: {cause}");
                    source = cause.source();
                }
                self.last_failure.set(keyferry_http::clean(&text));
                Err(error.into())
            }
        }
    }
}

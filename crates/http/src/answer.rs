//! Complete response.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use keyferry_domain::{Effect, Failure, FailureKind, FailureTable, Operation};
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::text::clean_to;
use crate::{Call, CallError, clean, retry_after};

/// Response of any status, with its complete body. `Debug` shows neither headers nor body.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The `client-request-id` that was sent.
    pub correlation: String,
    /// Wait requested by the other service (`Retry-After`), at most a day.
    pub retry_after: Option<Duration>,
    headers: HeaderMap,
    body: Bytes,
    call: Call,
}

impl Answer {
    pub(crate) fn new(status: u16, headers: HeaderMap, body: Bytes, call: Call) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let retry_after = retry_after::parse(text(RETRY_AFTER), text(DATE));
        Self { status, correlation: call.correlation.clone(), retry_after, headers, body, call }
    }

    /// Returns whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Returns the call that was answered.
    pub(crate) fn call(&self) -> &Call {
        &self.call
    }

    /// Returns the decoded body, without a byte order mark. It is untrusted.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Returns a header's first value, or `None` if it is missing or not ASCII. It is untrusted.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Returns all headers with ASCII values. They are untrusted.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
    }

    /// Deserializes the body from JSON.
    ///
    /// # Errors
    /// [`CallError::InvalidResponse`] with the place of the error. It contains no values of the body.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        let mut deserializer = serde_json::Deserializer::from_slice(&self.body);
        let value = serde_path_to_error::deserialize(&mut deserializer)
            .map_err(|error| self.unreadable(&error.path().to_string(), error.inner()))?;
        deserializer.end().map_err(|error| self.unreadable("the end", &error))?;
        Ok(value)
    }

    /// Describes where and why deserializing failed. The deserializer's messages may quote values of the body. So only
    /// the message about a missing member, which does not, is used.
    fn unreadable(&self, place: &str, error: &serde_json::Error) -> CallError {
        let words = error.to_string();
        let what = match error.classify() {
            Category::Syntax => "not valid JSON",
            Category::Eof => "incomplete JSON",
            _ if words.starts_with("missing field") => words.split(" at line").next().unwrap_or_default(),
            _ => "unexpected type or format",
        };
        let reason = clean(&format!("{what} (at {place}, line {}, column {})", error.line(), error.column()));
        CallError::InvalidResponse { call: self.call.clone(), status: self.status, reason }
    }

    /// Returns the failure for an error response.
    ///
    /// `code` is the error code found in the response. `message` is for humans; it is sanitized and truncated to 500
    /// characters. After 5xx or 408, the effect of a call that is not idempotent is unknown.
    pub fn failure(
        &self,
        table: &FailureTable,
        operation: Operation,
        code: Option<String>,
        message: impl Into<String>,
    ) -> Failure {
        let code = code.map(|code| clean_to(&code, 100)).filter(|code| !code.is_empty());
        let in_doubt = self.status >= 500 || self.status == 408;
        let kind = FailureKind::Answered { status: self.status, code };
        let mut failure = Failure::new(table, operation, kind, clean(&message.into()));
        failure.correlation = Some(self.correlation.clone());
        failure.retry_after = self.retry_after;
        failure.effect = if in_doubt { self.call.effect() } else { Effect::None };
        failure
    }

    /// Returns the failure for a response that does not match the other service's documentation. The effect of a call
    /// that is not idempotent is unknown.
    pub fn not_understood(&self, table: &FailureTable, operation: Operation, message: impl Into<String>) -> Failure {
        CallError::InvalidResponse { call: self.call.clone(), status: self.status, reason: clean(&message.into()) }
            .into_failure(table, operation)
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("call", &self.call)
            .field("status", &self.status)
            .field("retry_after", &self.retry_after)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

//! A whole answer.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use keyferry_domain::{Effect, Failure, FailureKind, FailureTable, Operation};
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::text::clean_to;
use crate::{Call, CallError, clean, retry_after};

/// An answer of any status, with its whole body. Its `Debug` shows neither headers nor body.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The `client-request-id` that was sent.
    pub correlation: String,
    /// How long the other side asks to wait, at most a day.
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

    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body, untrusted.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// A header's first value, untrusted; `None` when it is missing or not ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// All headers whose values are ASCII, untrusted.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
    }

    /// Reads the body as JSON.
    ///
    /// # Errors
    /// [`CallError::NotUnderstood`], which says where it differs from what was expected, without showing values.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        let mut deserializer = serde_json::Deserializer::from_slice(&self.body);
        let value = serde_path_to_error::deserialize(&mut deserializer)
            .map_err(|error| self.unreadable(&error.path().to_string(), error.inner()))?;
        deserializer.end().map_err(|error| self.unreadable("the end", &error))?;
        Ok(value)
    }

    /// Says where and how the body differs. The deserializer's own words may quote values, so only those that name a
    /// missing member are passed on.
    fn unreadable(&self, place: &str, error: &serde_json::Error) -> CallError {
        let words = error.to_string();
        let what = match error.classify() {
            Category::Syntax => "it is not JSON",
            Category::Eof => "it is JSON that ends too early",
            _ if words.starts_with("missing field") => words.split(" at line").next().unwrap_or_default(),
            _ => "it has another type or form than expected",
        };
        let reason = clean(&format!("{what} (at {place}, line {}, column {})", error.line(), error.column()));
        CallError::NotUnderstood { call: self.call.clone(), status: self.status, reason }
    }

    /// The failure that this answer is: its status, the code found in it, and a message for a person, which is cleaned
    /// and cut to 500 characters. After 5xx or 408 the effect of a call that is not harmless is unknown.
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

    /// The failure of an answer that is not what the documentation says. Where the call is not harmless it may have
    /// had its effect all the same.
    pub fn not_understood(&self, table: &FailureTable, operation: Operation, message: impl Into<String>) -> Failure {
        CallError::NotUnderstood { call: self.call.clone(), status: self.status, reason: clean(&message.into()) }
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

//! Errors of clients, URLs and calls.

use std::error::Error as _;
use std::time::Duration;

use keyferry_domain::{Effect, Failure, FailureKind, FailureTable, Operation};

use crate::text::clean;
use crate::{Call, rejected, rules};

/// Code of a call that was not sent because the queue of Keyferry's own rate limit is too long. The failure table of a
/// party whose client has a [`Pacing`](crate::Pacing) must classify it.
pub const QUEUE_FULL: &str = "rate-limit-queue-full";

/// Errors of creating a client or a URL.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An extra root certificate is not PEM, or not a certificate.
    #[error("extra root certificates: expected PEM with at least one CERTIFICATE block, but {0}")]
    Roots(String),
    /// TLS could not be initialized. The most frequent cause: the system has no root certificates.
    #[error(
        "could not initialize TLS: {0}; install the system's CA certificates (package ca-certificates), or configure a \
         PEM file"
    )]
    Tls(String),
    /// The rate limit has zero requests or a period of zero.
    #[error("rate limit: expected at least one request and a period above zero, but got {requests} per {per:?}")]
    Pacing {
        /// Configured number of requests.
        requests: u32,
        /// Configured period.
        per: Duration,
    },
    /// The text cannot be a path segment: it is empty, `.` or `..`.
    #[error("{0:?} is not a valid segment of a URL's path")]
    Segment(String),
    /// The URL has no path, for example `mailto:`.
    #[error("expected a URL of the form https://host/path, but got one with the scheme {0:?}")]
    NotABase(String),
}

/// Reasons why a call has no usable response.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The request is not allowed or invalid. It was not sent.
    #[error("{call} was not sent: {reason}")]
    NotSent {
        /// Call that failed.
        call: Call,
        /// Reason why it was not sent.
        reason: String,
    },
    /// The queue of Keyferry's own rate limit is too long. The request was not sent.
    #[error("{call} was not sent: too many calls are waiting for Keyferry's own rate limit")]
    QueueFull {
        /// Call that failed.
        call: Call,
        /// Time after which a retry may succeed.
        retry_after: Duration,
    },
    /// No connection could be established. Nothing was sent.
    #[error("{call}: no connection: {reason}")]
    Unreachable {
        /// Call that failed.
        call: Call,
        /// Error of DNS, TCP or TLS.
        reason: String,
    },
    /// The server's TLS certificate is not valid or not trusted. Nothing was sent.
    #[error("{call} was not sent: {reason}")]
    CertificateRejected {
        /// Call that failed.
        call: Call,
        /// Cause and what to check.
        reason: String,
    },
    /// The response belongs to another call: it contains another id. Nothing is known about this call.
    #[error("{call} received the response to another call")]
    AnotherCall {
        /// Call that failed.
        call: Call,
        /// HTTP status of the response.
        status: u16,
        /// Id in the response.
        other: String,
    },
    /// The response redirects to an address that is not followed.
    #[error("{call} returned {status}: it moved to {to}. Set that address if it is trustworthy")]
    Moved {
        /// Call that failed.
        call: Call,
        /// HTTP status of the response.
        status: u16,
        /// Address without the query.
        to: String,
    },
    /// The request was sent, but no complete response was received in time.
    #[error("{call}: no complete response within {seconds} s")]
    TimedOut {
        /// Call that failed.
        call: Call,
        /// Timeout in seconds.
        seconds: f64,
    },
    /// The connection was lost after the request was sent, or during sending.
    #[error("{call}: connection lost before the response was complete: {reason}")]
    ConnectionLost {
        /// Call that failed.
        call: Call,
        /// Error of the connection.
        reason: String,
    },
    /// The response is larger than the limit.
    #[error("{call} returned {status} with more than {limit} bytes")]
    TooLarge {
        /// Call that failed.
        call: Call,
        /// HTTP status of the response.
        status: u16,
        /// Limit in bytes.
        limit: usize,
    },
    /// The body of the response is invalid.
    #[error("{call} returned {status} with an invalid body: {reason}")]
    InvalidResponse {
        /// Call that failed.
        call: Call,
        /// HTTP status of the response.
        status: u16,
        /// Error and its place. Contains no values of the body.
        reason: String,
    },
}

impl CallError {
    /// Returns the call that failed.
    pub fn call(&self) -> &Call {
        match self {
            Self::NotSent { call, .. }
            | Self::QueueFull { call, .. }
            | Self::Unreachable { call, .. }
            | Self::CertificateRejected { call, .. }
            | Self::AnotherCall { call, .. }
            | Self::Moved { call, .. }
            | Self::TimedOut { call, .. }
            | Self::ConnectionLost { call, .. }
            | Self::TooLarge { call, .. }
            | Self::InvalidResponse { call, .. } => call,
        }
    }

    /// Converts the error into a failure for the engine, explained by `table`.
    ///
    /// The effect is unknown if the request may have been sent and is not idempotent. [`CallError::NotSent`] becomes
    /// `Found("request-not-sent")`, and [`CallError::QueueFull`] becomes `Found(QUEUE_FULL)`. The codes of
    /// [`CallError::AnotherCall`] and [`CallError::CertificateRejected`] are in [`rules`].
    pub fn into_failure(self, table: &FailureTable, operation: Operation) -> Failure {
        let (kind, effect) = match &self {
            Self::NotSent { .. } => (FailureKind::Found("request-not-sent"), Effect::None),
            Self::QueueFull { .. } => (FailureKind::Found(QUEUE_FULL), Effect::None),
            Self::Unreachable { .. } => (FailureKind::Unreachable, Effect::None),
            Self::TimedOut { call, .. } => (FailureKind::TimedOut, call.effect()),
            Self::ConnectionLost { call, .. } => (FailureKind::ConnectionLost, call.effect()),
            Self::CertificateRejected { .. } => (FailureKind::Found(rules::CERTIFICATE_REJECTED), Effect::None),
            Self::AnotherCall { call, .. } => (FailureKind::Found(rules::RESPONSE_TO_ANOTHER_CALL), call.effect()),
            Self::TooLarge { call, .. } | Self::InvalidResponse { call, .. } | Self::Moved { call, .. } => {
                (FailureKind::InvalidResponse, call.effect())
            }
        };
        let mut failure =
            Failure::new(table, operation, kind, self.to_string()).with_correlation(self.call().correlation.clone());
        failure.effect = effect;
        if let Self::QueueFull { retry_after, .. } = self {
            failure.retry_after = Some(retry_after);
        }
        failure
    }

    /// Classifies a transport error.
    pub(crate) fn of_transport(error: reqwest::Error, call: Call, timeout: Duration) -> Self {
        // `is_connect` must be checked first: a timeout while connecting is both, and nothing was sent.
        if let Some(reason) = rejected::rejection(&error) {
            Self::CertificateRejected { call, reason }
        } else if error.is_connect() {
            Self::Unreachable { call, reason: chain(error) }
        } else if error.is_timeout() {
            Self::TimedOut { call, seconds: timeout.as_secs_f64() }
        } else if error.is_builder() {
            Self::NotSent { call, reason: chain(error) }
        } else {
            Self::ConnectionLost { call, reason: chain(error) }
        }
    }
}

/// Formats an error and its causes on one line, without the URL, whose query may contain a signature.
pub(crate) fn chain(error: reqwest::Error) -> String {
    let error = error.without_url();
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
    clean(&text)
}

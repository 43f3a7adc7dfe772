//! What can go wrong before an answer is there.

use std::error::Error as _;

use keyferry_domain::{Effect, Failure, FailureKind, FailureTable, Operation};

use crate::Call;
use crate::text::clean;

/// Why a client or a URL could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A root certificate is not PEM, or not a certificate.
    #[error("extra root certificates: expected PEM with at least one CERTIFICATE block, but {0}")]
    Roots(String),
    /// TLS cannot be set up, most often since the system has no root certificates.
    #[error("TLS cannot be set up: {0}; install the system's CA certificates (ca-certificates) or name a PEM file")]
    Tls(String),
    /// Pacing without a request or without time.
    #[error("pacing: expected at least one request and a time longer than nothing, but got {requests} per {per:?}")]
    Pacing {
        /// Requests given.
        requests: u32,
        /// Time given.
        per: std::time::Duration,
    },
    /// A text that no path segment can hold: empty, `.` or `..`.
    #[error("{0:?} cannot be a segment of a URL's path")]
    Segment(String),
    /// A URL without a path, such as `mailto:`.
    #[error("expected a URL of the form https://host/path, but got one of scheme {0:?}")]
    NotABase(String),
}

/// Why a call has no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The request itself is not allowed or cannot be written; nothing was sent.
    #[error("{call} was not sent: {reason}")]
    NotSent {
        /// Which call.
        call: Call,
        /// What is wrong with it.
        reason: String,
    },
    /// No connection came about; nothing was sent.
    #[error("{call}: no connection: {reason}")]
    Unreachable {
        /// Which call.
        call: Call,
        /// Name, route or TLS trouble.
        reason: String,
    },
    /// It was sent, and no whole answer came in time.
    #[error("{call} got no whole answer within {seconds} s")]
    TimedOut {
        /// Which call.
        call: Call,
        /// How long it had.
        seconds: f64,
    },
    /// The connection broke after the request was sent, or while it was.
    #[error("{call}: the connection broke before a whole answer came: {reason}")]
    ConnectionLost {
        /// Which call.
        call: Call,
        /// What broke.
        reason: String,
    },
    /// The answer goes beyond the limit.
    #[error("{call} was answered {status} with more than {limit} bytes, which nothing we ask for has")]
    TooLarge {
        /// Which call.
        call: Call,
        /// HTTP status of the answer.
        status: u16,
        /// The limit in bytes.
        limit: usize,
    },
    /// The answer's body is not what was expected.
    #[error("{call} was answered {status} with a body that cannot be understood: {reason}")]
    NotUnderstood {
        /// Which call.
        call: Call,
        /// HTTP status of the answer.
        status: u16,
        /// What is wrong and where; never the values.
        reason: String,
    },
}

impl CallError {
    /// The call that failed.
    pub fn call(&self) -> &Call {
        match self {
            Self::NotSent { call, .. }
            | Self::Unreachable { call, .. }
            | Self::TimedOut { call, .. }
            | Self::ConnectionLost { call, .. }
            | Self::TooLarge { call, .. }
            | Self::NotUnderstood { call, .. } => call,
        }
    }

    /// The failure for the engine, as `table` explains it. The effect is unknown when the call was sent and is not a harmless one.
    ///
    /// What was not sent at all for a reason of its own becomes `Found("request-not-sent")`.
    pub fn into_failure(self, table: &FailureTable, operation: Operation) -> Failure {
        let (kind, effect) = match &self {
            Self::NotSent { .. } => (FailureKind::Found("request-not-sent"), Effect::None),
            Self::Unreachable { .. } => (FailureKind::Unreachable, Effect::None),
            Self::TimedOut { call, .. } => (FailureKind::TimedOut, call.effect()),
            Self::ConnectionLost { call, .. } => (FailureKind::ConnectionLost, call.effect()),
            Self::TooLarge { call, .. } | Self::NotUnderstood { call, .. } => {
                (FailureKind::NotUnderstood, call.effect())
            }
        };
        let mut failure =
            Failure::new(table, operation, kind, self.to_string()).with_correlation(self.call().correlation.clone());
        failure.effect = effect;
        failure
    }

    /// Sorts a transport error into its class.
    pub(crate) fn of_transport(error: reqwest::Error, call: Call, timeout: std::time::Duration) -> Self {
        // A timeout while connecting is both; nothing was sent, so the order of these questions matters.
        if error.is_connect() {
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

/// An error and its causes in one line, without the URL, whose query may hold a signature.
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

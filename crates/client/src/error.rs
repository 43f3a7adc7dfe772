//! Errors of calls to the API.

use keyferry_http::CallError;

use crate::{Problem, TokenError};

/// Reasons why a call to the API has no result.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The API refused the request.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// The API rejected the token of an upload. The body cannot be sent again.
    #[error("{problem}. Nothing was uploaded. {}", if *.has_another {
        "There is a new token now: repeat the command"
    } else {
        "Get a new token, then repeat the command"
    })]
    UploadRejected {
        /// Message of the API.
        problem: Box<Problem>,
        /// Whether another token is ready.
        has_another: bool,
    },
    /// No usable response was received.
    #[error("{0}")]
    Call(#[from] CallError),
    /// No token for the API.
    #[error("{0}")]
    Token(#[from] TokenError),
    /// The response is not one of Keyferry's API.
    #[error(
        "{method} {url} returned status {status} without a message of Keyferry's API. Check that the address is that \
         of the API, and what is in front of it"
    )]
    NotTheApi {
        /// Method of the call.
        method: &'static str,
        /// Address without the query.
        url: String,
        /// HTTP status.
        status: u16,
    },
    /// The address of the API cannot be extended by a path.
    #[error("{0}")]
    Url(#[from] keyferry_http::Error),
}

impl ClientError {
    /// Returns the API's message, if it refused the request.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Refused(problem) | Self::UploadRejected { problem, .. } => Some(problem),
            _ => None,
        }
    }

    /// Returns whether nothing is known about the effect of the call: it may have been executed.
    pub fn is_in_doubt(&self) -> bool {
        match self {
            Self::Call(error) => matches!(
                error,
                CallError::TimedOut { .. }
                    | CallError::ConnectionLost { .. }
                    | CallError::AnotherCall { .. }
                    | CallError::TooLarge { .. }
                    | CallError::InvalidResponse { .. }
            ),
            Self::Refused(problem) => problem.data("order_may_exist").is_some(),
            Self::NotTheApi { status, .. } => *status >= 500,
            Self::Token(_) | Self::Url(_) | Self::UploadRejected { .. } => false,
        }
    }
}

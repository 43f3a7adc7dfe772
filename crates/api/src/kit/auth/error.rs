//! Why a caller is rejected.

use std::time::Duration;

/// Why a caller is rejected. No variant holds a token or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AuthError {
    /// There is no bearer token.
    Missing,
    /// There is one that is not good, with the reason. The texts are ours and fit a quoted string.
    Invalid(&'static str),
    /// The token is good, and its bearer may not call.
    Forbidden(&'static str),
    /// The token is good but lacks this scope.
    Scope(&'static str),
    /// Nobody can tell now: the keys were never loaded.
    KeysUnavailable {
        /// When to try again.
        retry_after: Duration,
    },
}

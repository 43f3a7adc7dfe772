//! Errors of authenticating and authorizing a caller.

use std::time::Duration;

use crate::role::{Role, RoleSource};

/// Why a caller is rejected. No variant contains a token or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthError {
    /// The request has no bearer token.
    Missing,
    /// The token is invalid, with the reason. Reasons must fit a quoted string: no `"` and no `\`.
    Invalid(&'static str),
    /// The token is valid, but its application may not call. With the reason.
    Forbidden(&'static str),
    /// The token is valid, but does not contain this scope.
    Scope(&'static str),
    /// The caller is known, but has none of the roles that permit the operation.
    Role {
        /// Roles of which one is required.
        roles: &'static [Role],
        /// Where the role must come from.
        source: RoleSource,
    },
    /// The token cannot be verified: the signing keys could not be fetched.
    KeysUnavailable {
        /// Time to wait before the next attempt.
        retry_after: Duration,
    },
}

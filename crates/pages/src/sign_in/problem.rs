//! Why a user is not signed in.

use keyferry_domain::ports::StoreError;

/// Reason why a user is not signed in. The details are in the log.
#[derive(Clone, Debug)]
pub enum SignInProblem {
    /// The browser returned without an attempt, or with the state of another one.
    State,
    /// The identity provider did not sign the user in.
    Declined,
    /// The code or the ID token was not accepted.
    Failed,
    /// The user has no app role, and the area needs one.
    NoRole,
    /// The ID token does not show that the user authenticated again.
    NotRecent,
    /// The identity provider's keys or this service's address are not known now.
    Unavailable,
    /// The store of sessions failed.
    Store(StoreError),
}

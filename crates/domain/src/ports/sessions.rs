//! Sessions of users who signed in to Keyferry's web pages.

use std::fmt;

use async_trait::async_trait;

use super::store::StoreError;
use crate::{ActingUser, Timestamp};

/// SHA-256 of the id of a session. Displayed in hex.
///
/// The id itself is a secret that only the user's browser has: whoever reads the store cannot take over a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionKey([u8; 32]);

impl SessionKey {
    /// Creates the key from the SHA-256 of the session's id.
    pub fn of_sha256(hash: [u8; 32]) -> Self {
        Self(hash)
    }
}

impl fmt::Display for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Session of a signed-in user. Contains no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebSession {
    /// The user, as named at the sign-in.
    pub user: ActingUser,
    /// Names of the user's app roles at the sign-in, without spaces.
    pub roles: Vec<String>,
    /// When the user last authenticated at the identity provider, which may be long before the session. `None` if the
    /// provider did not report it.
    pub authenticated_at: Option<Timestamp>,
    /// Begin of the session.
    pub began_at: Timestamp,
    /// Last use, to the minute.
    pub used_at: Timestamp,
    /// End of the session, however much it is used.
    pub ends_at: Timestamp,
}

/// Store of sessions. It keeps what it is given; `keyferry-access` decides whether a session is still valid.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Stores a new session.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if there is a session with this key.
    async fn begin_session(&self, key: &SessionKey, session: &WebSession) -> Result<(), StoreError>;

    /// Returns the session, whether it has expired or not.
    async fn session(&self, key: &SessionKey) -> Result<Option<WebSession>, StoreError>;

    /// Sets the time of the last use. Does nothing if the session was ended: a request in progress does not revive it.
    async fn use_session(&self, key: &SessionKey, at: Timestamp) -> Result<(), StoreError>;

    /// Deletes the session. Succeeds if it does not exist. Durable when this returns.
    async fn end_session(&self, key: &SessionKey) -> Result<(), StoreError>;

    /// Deletes sessions whose end is before `ended`, or whose last use is before `unused`. Returns their number.
    async fn sweep_sessions(&self, ended: Timestamp, unused: Timestamp) -> Result<u64, StoreError>;
}

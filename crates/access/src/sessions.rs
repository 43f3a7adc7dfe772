//! Sessions of users who signed in to the console.
//!
//! The id of a session is 32 random bytes. The browser has it in a cookie; the store has only its SHA-256. Each sign-in
//! begins a new session with a new id, so an id that another party planted in a browser is never of use to it.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::{hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use keyferry_domain::ports::{SessionKey, StoreError, WebSession};
use keyferry_domain::{ActingUser, Caller, CallerId, Clock, SessionStore, Timestamp};

use crate::principal::Principal;
use crate::role::{Role, Roles};
use crate::tokens::SignedInUser;

/// Longest life of a session, however much it is used. Roles that were taken from a user are in effect until then.
const LIFE: TimeDelta = TimeDelta::hours(8);
/// Time without use after which a session ends.
const IDLE: TimeDelta = TimeDelta::minutes(30);
/// Age of an authentication after which it does not suffice for an action that cannot be undone.
const RECENT: TimeDelta = TimeDelta::minutes(10);
/// Age of the noted last use after which a use is noted again. A store is not written to for each request.
const NOTED: TimeDelta = TimeDelta::minutes(1);
/// Accepted difference between clocks of replicas, and size of a clock jump that ends no session.
const LEEWAY: TimeDelta = TimeDelta::minutes(2);

/// Length of an id, in bytes.
const LENGTH: usize = 32;

/// What the CSRF token of a session is computed over. The key is the session's id.
const CSRF: &[u8] = b"keyferry console csrf 1";

/// Sessions of the console. Cheap to clone.
#[derive(Clone)]
pub struct Sessions {
    store: Arc<dyn SessionStore>,
    clock: Arc<dyn Clock>,
    /// The application that users sign in to.
    application: CallerId,
}

/// Id of a session: a secret. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionId([u8; LENGTH]);

/// A request of a signed-in user.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The user as a caller, with the user's roles.
    pub principal: Principal,
    /// The user.
    pub user: ActingUser,
    /// Id of the session.
    pub session: SessionId,
    /// When the user last authenticated at the identity provider, if known.
    pub authenticated_at: Option<Timestamp>,
}

impl SessionId {
    fn random() -> Result<Self, StoreError> {
        let mut id = [0; LENGTH];
        rand::fill(&mut id)
            .map_err(|_| StoreError::Unavailable("the system provides no random bytes for a session".into()))?;
        Ok(Self(id))
    }

    /// Parses the value of the cookie. `None` for any text that is not an id.
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// Returns the value of the cookie.
    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Returns the token that each form of this session must contain. Another site can neither read nor compute it.
    pub fn csrf_token(&self) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.csrf_key(), CSRF))
    }

    /// Returns whether `token` is the one that forms of this session contain.
    pub fn is_csrf_token(&self, token: &str) -> bool {
        let tag = URL_SAFE_NO_PAD.decode(token).unwrap_or_default();
        hmac::verify(&self.csrf_key(), CSRF, &tag).is_ok()
    }

    fn csrf_key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.0)
    }

    fn key(&self) -> SessionKey {
        let mut hash = [0; LENGTH];
        hash.copy_from_slice(digest(&SHA256, &self.0).as_ref());
        SessionKey::of_sha256(hash)
    }
}

impl std::fmt::Debug for SessionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionId(..)")
    }
}

impl Sessions {
    /// Creates the sessions of the application that users sign in to.
    pub fn new(store: Arc<dyn SessionStore>, clock: Arc<dyn Clock>, application: &str) -> Self {
        Self { store, clock, application: CallerId::new(application.to_ascii_lowercase()) }
    }

    /// Begins a session after a sign-in, and ends the browser's previous one. Also deletes expired sessions.
    ///
    /// # Errors
    /// The error of the store. There is then no session.
    pub async fn begin(&self, user: SignedInUser, previous: Option<&SessionId>) -> Result<SessionId, StoreError> {
        let now = self.clock.now();
        if let Some(previous) = previous {
            self.end(previous).await?;
        }
        if let Err(error) = self.store.sweep_sessions(now, now - IDLE).await {
            tracing::warn!(%error, "could not delete expired sessions of the console");
        }
        let id = SessionId::random()?;
        let session = WebSession {
            user: user.user,
            roles: user.roles.iter().map(|role| role.as_str().to_owned()).collect(),
            authenticated_at: user.authenticated_at,
            began_at: now,
            used_at: now,
            ends_at: now + LIFE,
        };
        self.store.begin_session(&id.key(), &session).await?;
        Ok(id)
    }

    /// Returns the visit of the user whose session this is. `None` if it does not exist or has expired.
    ///
    /// # Errors
    /// The error of the store.
    pub async fn find(&self, id: SessionId) -> Result<Option<Visit>, StoreError> {
        let key = id.key();
        let now = self.clock.now();
        let Some(session) = self.store.session(&key).await? else { return Ok(None) };
        let noted = if !is_valid(&session, now) {
            self.store.end_session(&key).await
        } else if now - session.used_at >= NOTED {
            self.store.use_session(&key, now).await
        } else {
            Ok(())
        };
        if let Err(error) = noted {
            // Operators need the console most when the store accepts no writes. The session then ends earlier.
            tracing::warn!(%error, "could not note the use of a session of the console");
        }
        if !is_valid(&session, now) {
            return Ok(None);
        }
        let roles: Roles = session.roles.iter().filter_map(|role| Role::parse(role)).collect();
        let caller = Caller { application: self.application.clone(), user: Some(session.user.clone()) };
        Ok(Some(Visit {
            principal: Principal::of_user(caller, roles),
            user: session.user,
            session: id,
            authenticated_at: session.authenticated_at,
        }))
    }

    /// Returns whether the session is still valid. Unlike [`Self::find`], it does not count as a use: a page that
    /// updates itself keeps no session alive.
    ///
    /// # Errors
    /// The error of the store.
    pub async fn is_alive(&self, id: &SessionId) -> Result<bool, StoreError> {
        let session = self.store.session(&id.key()).await?;
        Ok(session.is_some_and(|session| is_valid(&session, self.clock.now())))
    }

    /// Ends a session: its id is worthless from now on.
    ///
    /// # Errors
    /// The error of the store.
    pub async fn end(&self, id: &SessionId) -> Result<(), StoreError> {
        self.store.end_session(&id.key()).await
    }
}

/// Returns whether a user who authenticated at this time may do what cannot be undone. Not if the time is unknown.
pub fn is_recent(authenticated_at: Option<Timestamp>, now: Timestamp) -> bool {
    authenticated_at.is_some_and(|at| now - at <= RECENT && now - at >= -LEEWAY)
}

/// Returns whether the session is valid at `now`. One that a wrong clock dated into the future is not.
fn is_valid(session: &WebSession, now: Timestamp) -> bool {
    let (left, unused) = (session.ends_at - now, now - session.used_at);
    left > TimeDelta::zero() && left <= LIFE + LEEWAY && unused < IDLE && unused >= -LEEWAY
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};
    use std::time::Duration;

    use async_trait::async_trait;
    use keyferry_testkit::MemorySessions;

    use super::*;
    use crate::error::AuthError;
    use crate::operation::Operation;

    struct ManualClock(AtomicI64);

    #[async_trait]
    impl Clock for ManualClock {
        fn now(&self) -> Timestamp {
            Timestamp::from_timestamp(self.0.load(Ordering::SeqCst), 0).unwrap()
        }

        async fn sleep(&self, _: Duration) {}
    }

    struct World {
        sessions: Sessions,
        store: Arc<MemorySessions>,
        clock: Arc<ManualClock>,
    }

    impl World {
        fn new() -> Self {
            let (store, clock) = (Arc::<MemorySessions>::default(), Arc::new(ManualClock(1_790_000_000.into())));
            Self { sessions: Sessions::new(store.clone(), clock.clone(), "C0FFEE"), store, clock }
        }

        fn pass(&self, seconds: i64) {
            self.clock.0.fetch_add(seconds, Ordering::SeqCst);
        }

        async fn begin(&self, previous: Option<&SessionId>) -> SessionId {
            let user = ActingUser { object_id: "0a1b".into(), user_name: None, name: Some("Grace".into()) };
            let user = SignedInUser { user, roles: Roles::from_iter([Role::Order]), authenticated_at: None };
            self.sessions.begin(user, previous).await.unwrap()
        }

        async fn is_valid(&self, id: &SessionId) -> bool {
            self.sessions.find(id.clone()).await.unwrap().is_some()
        }
    }

    #[tokio::test]
    async fn session_is_the_user_with_the_own_roles_only() {
        let world = World::new();
        let id = world.begin(None).await;
        let visit = world.sessions.find(SessionId::parse(&id.expose()).unwrap()).await.unwrap().unwrap();
        assert_eq!(visit.principal.caller().to_string(), "c0ffee for user 0a1b");
        assert!(visit.principal.permits(Operation::ListShipments).is_ok() && !visit.principal.sees_all());
        let error = visit.principal.permits(Operation::ListEvents).unwrap_err();
        assert!(matches!(error, AuthError::Role { roles: [Role::Read, ..], .. }), "{error:?}");
        for other in ["", "x", &"A".repeat(43), &format!("{}=", id.expose()), &id.expose()[..42]] {
            let found = SessionId::parse(other).map(|id| world.sessions.find(id));
            assert!(match found {
                Some(found) => found.await.unwrap().is_none(),
                None => true,
            });
        }
    }

    #[tokio::test]
    async fn session_ends_without_use() {
        let world = World::new();
        let id = world.begin(None).await;
        for _ in 0..4 {
            world.pass(29 * 60);
            assert!(world.is_valid(&id).await);
        }
        world.pass(30 * 60);
        assert!(!world.is_valid(&id).await);
        assert_eq!(world.store.count(), 0);
    }

    #[tokio::test]
    async fn session_ends_after_eight_hours_of_use() {
        let world = World::new();
        let id = world.begin(None).await;
        for _ in 0..8 * 60 / 20 - 1 {
            world.pass(20 * 60);
            assert!(world.is_valid(&id).await);
        }
        world.pass(20 * 60);
        assert!(!world.is_valid(&id).await);
    }

    #[tokio::test]
    async fn session_of_a_wrong_clock_is_not_valid() {
        let world = World::new();
        let id = world.begin(None).await;
        world.pass(-60);
        assert!(world.is_valid(&id).await, "replicas differ by seconds");
        world.pass(-3600);
        assert!(!world.is_valid(&id).await);
    }

    #[tokio::test]
    async fn sign_in_replaces_the_session_and_sweeps() {
        let world = World::new();
        let (first, forgotten) = (world.begin(None).await, world.begin(None).await);
        let second = world.begin(Some(&first)).await;
        assert!(!world.is_valid(&first).await && world.is_valid(&second).await && world.is_valid(&forgotten).await);
        world.pass(3600);
        let third = world.begin(None).await;
        assert!(world.is_valid(&third).await);
        assert_eq!(world.store.count(), 1);
        world.sessions.end(&third).await.unwrap();
        assert!(!world.is_valid(&third).await);
    }

    #[test]
    fn authentication_is_recent_for_ten_minutes() {
        let now = Timestamp::from_timestamp(1_790_000_000, 0).unwrap();
        for (seconds, expected) in [(0, true), (600, true), (601, false), (-60, true), (-3600, false)] {
            assert_eq!(is_recent(Some(now - TimeDelta::seconds(seconds)), now), expected, "{seconds}");
        }
        assert!(!is_recent(None, now));
    }

    #[test]
    fn csrf_token_belongs_to_one_session() {
        let (one, two) = (SessionId::random().unwrap(), SessionId::random().unwrap());
        assert!(one.is_csrf_token(&one.csrf_token()));
        for other in [two.csrf_token(), String::new(), one.expose(), one.csrf_token()[..42].to_owned()] {
            assert!(!one.is_csrf_token(&other), "{other}");
        }
        assert_eq!(format!("{one:?}"), "SessionId(..)");
    }
}

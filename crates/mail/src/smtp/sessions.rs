//! SMTP sessions that stay open between mails, because opening one takes several round trips.
//!
//! lettre's pool does not fit: it has one set of credentials for its lifetime, hides the step at which a session
//! failed, and takes back a session whose mail was cancelled halfway.

use std::hash::{BuildHasher as _, RandomState};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::Noop;
use lettre::transport::smtp::response::Severity;
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep, timeout};

use super::settings::SmtpLimits;

/// Number of idle sessions kept. A run delivers a few PINs at a time.
const MAX_IDLE: usize = 4;

/// Age at which a session is not used again. Servers also limit the whole session, whatever happens in it (Exchange: 5
/// to 10 minutes), and a limit that is reached within the message leaves its result unknown.
const MAX_AGE: Duration = Duration::from_secs(120);

/// Idle time from which a session is probed with `NOOP` before its next mail. Not before each mail: servers limit
/// commands that are not part of a mail (Exim: 10 in a session, Postfix: 100).
const PROBED_AFTER: Duration = Duration::from_secs(1);

/// Time limit of closing a session. The result of closing is ignored.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Session that is ready for the next mail.
pub(super) struct Session {
    pub(super) connection: AsyncSmtpConnection,
    account: Account,
    opened: Instant,
    idle_since: Instant,
}

/// Keyed hash of the credentials that a session was opened with, so that idle sessions keep no password in memory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Account(u64);

pub(super) struct Sessions {
    idle: Mutex<Idle>,
    key: RandomState,
    limits: SmtpLimits,
}

#[derive(Default)]
struct Idle {
    sessions: Vec<Session>,
    /// Whether a task runs that closes sessions after their idle time.
    swept: bool,
}

impl Session {
    pub(super) fn new(connection: AsyncSmtpConnection, account: Account) -> Self {
        let now = Instant::now();
        Self { connection, account, opened: now, idle_since: now }
    }

    /// Sends `QUIT` and closes the connection.
    pub(super) async fn close(mut self) {
        let _ = timeout(CLOSE_TIMEOUT, self.connection.abort()).await;
    }
}

impl Sessions {
    pub(super) fn new(limits: SmtpLimits) -> Arc<Self> {
        Arc::new(Self { idle: Mutex::default(), key: RandomState::new(), limits })
    }

    pub(super) fn account(&self, credentials: Option<&Credentials>) -> Account {
        Account(self.key.hash_one(credentials))
    }

    /// Takes an idle session of this account that probably still answers. Closes sessions of other accounts, such as
    /// those opened with an earlier password.
    pub(super) async fn take(&self, account: Account) -> Option<Session> {
        let mut session = self.pop(account)?;
        if session.idle_since.elapsed() < PROBED_AFTER {
            return Some(session);
        }
        // Servers close idle sessions, some after sending 421 (RFC 5321 section 3.8).
        match timeout(self.limits.probe, session.connection.command(Noop)).await {
            Ok(Ok(reply)) if reply.code().severity == Severity::PositiveCompletion => Some(session),
            _ => {
                // What ended this session, such as a restart of the server, probably ended the others.
                self.clear();
                None
            }
        }
    }

    /// Keeps the session for the next mail. Its last mail must be completely answered.
    pub(super) fn park(self: &Arc<Self>, mut session: Session) {
        let mut idle = self.lock();
        let full = idle.sessions.len() >= MAX_IDLE || self.limits.idle.is_zero();
        if full || session.opened.elapsed() >= MAX_AGE {
            drop(idle);
            return close_in_background(vec![session]);
        }
        session.idle_since = Instant::now();
        idle.sessions.push(session);
        if !mem::replace(&mut idle.swept, true) {
            tokio::spawn(sweep(Arc::downgrade(self), self.limits.idle));
        }
    }

    /// Closes all idle sessions.
    fn clear(&self) {
        let sessions = mem::take(&mut self.lock().sessions);
        close_in_background(sessions);
    }

    fn pop(&self, account: Account) -> Option<Session> {
        let mut idle = self.lock();
        let unfit = |session: &mut Session| session.account != account || session.opened.elapsed() >= MAX_AGE;
        let closed = idle.sessions.extract_if(.., unfit).collect();
        let session = idle.sessions.pop();
        drop(idle);
        close_in_background(closed);
        session
    }

    /// Closes the sessions that were idle for too long. Returns whether others are left.
    fn close_idle(&self) -> bool {
        let mut idle = self.lock();
        let closed = idle.sessions.extract_if(.., |session| session.idle_since.elapsed() >= self.limits.idle).collect();
        idle.swept = !idle.sessions.is_empty();
        let left = idle.swept;
        drop(idle);
        close_in_background(closed);
        left
    }

    fn lock(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn sweep(sessions: Weak<Sessions>, interval: Duration) {
    loop {
        sleep(interval).await;
        if !sessions.upgrade().is_some_and(|sessions| sessions.close_idle()) {
            return;
        }
    }
}

/// Closes sessions without keeping a mail waiting.
fn close_in_background(sessions: Vec<Session>) {
    if let Ok(runtime) = Handle::try_current() {
        for session in sessions {
            runtime.spawn(session.close());
        }
    }
}

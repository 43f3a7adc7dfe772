//! State of sign-ins.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::kept::Kept;
use super::model::{AuthorizationCode, DeviceCode, Grant, Interaction, SignedIn};
use crate::ground::random;

/// Lifetime of an authorization code. Microsoft: "typically, they expire after about 10 minutes".
pub(super) const CODE_LIFE: TimeDelta = TimeDelta::minutes(10);
/// Time for which expired and used codes are remembered, for a precise error.
pub(super) const MEMORY: TimeDelta = TimeDelta::hours(1);
/// Lifetime of a refresh token. Microsoft: 90 days, except for single-page apps.
pub(super) const REFRESH_LIFE: TimeDelta = TimeDelta::days(90);
/// Lifetime of a browser's session. inferred: Entra's default without "stay signed in".
pub(super) const SESSION_LIFE: TimeDelta = TimeDelta::hours(24);
/// Password of every user.
pub(crate) const USER_PASSWORD: &str = "sandbox-password";
/// Time for a sign-in page.
pub(super) const PAGE_LIFE: TimeDelta = TimeDelta::minutes(30);

/// Codes, tokens and sessions of users.
#[derive(Debug, Default)]
pub(crate) struct Users {
    pub(super) device_codes: Kept<DeviceCode>,
    pub(super) interactions: Kept<Interaction>,
    pub(super) sessions: Kept<SignedIn>,
    pub(super) codes: Kept<AuthorizationCode>,
    pub(super) refresh_tokens: Kept<Grant>,
    /// Sign-ins before this time are void (`signInSessionsValidFromDateTime` of Graph).
    valid_from: HashMap<Uuid, DateTime<Utc>>,
}

impl Users {
    /// Begins a session of a browser. Returns its name for the cookie.
    pub(super) fn begin_session(&mut self, user: Uuid, now: DateTime<Utc>) -> (String, SignedIn) {
        let signed_in = SignedIn { user, at: now, session: random::uuid() };
        (self.sessions.add(signed_in.clone(), now, now + SESSION_LIFE), signed_in)
    }

    /// Returns the device code that a user typed, and its name. Spaces, hyphens and case do not matter.
    pub(super) fn device_of(&mut self, user_code: &str, now: DateTime<Utc>) -> Option<(String, &mut DeviceCode)> {
        let typed: String = user_code.chars().filter(char::is_ascii_alphanumeric).collect();
        let typed = typed.to_ascii_uppercase();
        let name = self.device_codes.all(now).find(|(_, code)| code.user_code == typed)?.0.clone();
        self.device_codes.get(&name, now).map(|code| (name, code))
    }

    /// Voids all sign-ins of a user until now.
    pub(super) fn revoke(&mut self, user: Uuid, now: DateTime<Utc>) {
        self.valid_from.insert(user, now);
    }

    /// Returns whether a sign-in was not revoked.
    pub(super) fn is_valid(&self, signed_in: &SignedIn) -> bool {
        self.valid_from.get(&signed_in.user).is_none_or(|from| signed_in.at > *from)
    }
}

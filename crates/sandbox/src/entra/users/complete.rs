//! End of a sign-in: what the user's decision means for the device or the client.

use chrono::{DateTime, Utc};

use super::model::{AuthorizationCode, AuthorizationRequest, DeviceState, SignedIn};
use super::store::{CODE_LIFE, MEMORY, Users};
use crate::entra::refusal::Refusal;

/// Issues an authorization code. Returns the address that the browser goes to.
pub(super) fn authorized(
    users: &mut Users,
    request: AuthorizationRequest,
    signed_in: SignedIn,
    now: DateTime<Utc>,
) -> String {
    let reply = request.reply.clone();
    let code = AuthorizationCode { request, signed_in, expires: now + CODE_LIFE, used: false };
    reply.with_code(&users.codes.add(code, now, now + CODE_LIFE + MEMORY))
}

/// Returns the address that the browser goes to after the user has cancelled.
pub(super) fn declined(request: &AuthorizationRequest) -> String {
    request.reply.with_error(&Refusal::Declined)
}

/// Decides about a device code. Returns whether it was still open.
pub(super) fn device(users: &mut Users, name: &str, decision: DeviceState, now: DateTime<Utc>) -> bool {
    match users.device_codes.get(name, now) {
        Some(code) if code.state == DeviceState::Pending && code.expires > now => {
            code.state = decision;
            true
        }
        _ => false,
    }
}

//! Sign-ins without a page, for the control API.

use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::complete;
use super::model::{DeviceState, SignedIn};
use super::request::{Invalid, read};
use crate::entra::form::Form;
use crate::entra::state::Entra;
use crate::ground::random;

/// A user's decision.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SilentSignIn {
    /// Object id or user principal name.
    user: String,
    /// Code that a device shows.
    #[serde(default)]
    user_code: Option<String>,
    /// Address of the authorization endpoint with its parameters.
    #[serde(default)]
    authorize: Option<String>,
    /// `false` declines.
    #[serde(default = "yes")]
    accept: bool,
    /// Time since the password was entered.
    #[serde(default)]
    age_seconds: u32,
}

fn yes() -> bool {
    true
}

/// Signs a user in. Returns the address that the browser would go to; `null` for a device.
///
/// # Errors
/// Returns the reason if the user, the code or the request is invalid.
pub(crate) fn sign_in_silently(entra: &Entra, wanted: &SilentSignIn) -> Result<Value, String> {
    let user = entra.directory.lock().user(&wanted.user).filter(|user| user.account_enabled).map(|user| user.id);
    let user = user.ok_or_else(|| format!("no enabled user is named {}", wanted.user))?;
    let now = entra.clock.tokens();
    let at = now - TimeDelta::seconds(wanted.age_seconds.into());
    let signed_in = SignedIn { user, at, session: random::uuid() };
    match (&wanted.user_code, &wanted.authorize) {
        (Some(code), None) => {
            let mut users = entra.users.lock();
            let (name, _) = users.device_of(code, now).ok_or_else(|| format!("no device has the code {code}"))?;
            let decision = if wanted.accept { DeviceState::Approved(signed_in) } else { DeviceState::Declined };
            if complete::device(&mut users, &name, decision, now) {
                Ok(json!({ "location": null }))
            } else {
                Err(format!("the code {code} has expired or was used"))
            }
        }
        (None, Some(address)) => {
            let invalid = || format!("{address}: expected an address of the authorization endpoint");
            let url = Url::parse(address).map_err(|_| invalid())?;
            let tenant = url.path_segments().and_then(|mut path| path.next()).ok_or_else(invalid)?;
            let location = match read(entra, tenant, &Form::parse(url.query().unwrap_or_default())) {
                Ok(request) if wanted.accept => complete::authorized(&mut entra.users.lock(), request, signed_in, now),
                Ok(request) => complete::declined(&request),
                Err(Invalid::Sent(refusal, reply)) => reply.with_error(&refusal),
                Err(Invalid::Shown(refusal)) => return Err(refusal.for_redirect().1),
            };
            Ok(json!({ "location": location }))
        }
        _ => Err("expected either user_code or authorize".to_owned()),
    }
}

/// Voids all sign-ins of a user: sessions, codes and refresh tokens. Access tokens stay valid until they expire.
pub(crate) fn revoke(entra: &Entra, user: Uuid) {
    let now = entra.clock.tokens();
    entra.users.lock().revoke(user, now);
}

/// Returns open device codes and the sessions of browsers, without secrets.
pub(crate) fn summary(entra: &Entra) -> Value {
    let now = entra.clock.tokens();
    let users = entra.users.lock();
    let codes: Vec<Value> = users
        .device_codes
        .all(now)
        .filter(|(_, code)| code.state == DeviceState::Pending && code.expires > now)
        .map(|(_, code)| json!({ "user_code": code.user_code, "client_id": code.client, "expires_at": code.expires }))
        .collect();
    let sessions: Vec<Value> =
        users.sessions.all(now).map(|(_, session)| json!({ "user": session.user, "at": session.at })).collect();
    json!({ "device_codes": codes, "sessions": sessions })
}

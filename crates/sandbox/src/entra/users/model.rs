//! Facts about sign-ins.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::scopes::Scopes;
use crate::ground::directory::Redirect;

/// A user who has signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SignedIn {
    /// Object id.
    pub(super) user: Uuid,
    /// Time of the password: `auth_time`.
    pub(super) at: DateTime<Utc>,
    /// `sid`.
    pub(super) session: Uuid,
}

/// What a client may get tokens for.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub(super) client: Uuid,
    pub(super) scopes: Scopes,
    pub(super) signed_in: SignedIn,
    pub(super) nonce: Option<String>,
    /// Whether the client authenticated. A refresh needs the same.
    pub(super) confidential: bool,
}

/// State of a device code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DeviceState {
    Pending,
    Approved(SignedIn),
    Declined,
    Redeemed,
}

/// A sign-in with a device code.
#[derive(Clone, Debug)]
pub(super) struct DeviceCode {
    pub(super) user_code: String,
    pub(super) client: Uuid,
    pub(super) scopes: Scopes,
    pub(super) expires: DateTime<Utc>,
    pub(super) interval: TimeDelta,
    /// Time of the client's last request.
    pub(super) asked: Option<DateTime<Utc>>,
    pub(super) state: DeviceState,
}

/// Checked parameters of the authorization endpoint.
#[derive(Clone, Debug)]
pub(super) struct AuthorizationRequest {
    pub(super) client: Uuid,
    pub(super) client_name: String,
    pub(super) scopes: Scopes,
    pub(super) reply: Reply,
    pub(super) platform: Redirect,
    /// S256 of the code verifier (RFC 7636 section 4.2).
    pub(super) challenge: String,
    pub(super) nonce: Option<String>,
    pub(super) login_hint: Option<String>,
    pub(super) max_age: Option<TimeDelta>,
    pub(super) prompt: Prompt,
}

/// Where a response of the authorization endpoint goes.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    /// As the client sent it.
    pub(super) redirect_uri: String,
    pub(super) state: Option<String>,
    /// `response_mode`: in the fragment instead of the query.
    pub(super) in_fragment: bool,
}

/// `prompt` of an authorization request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Prompt {
    pub(super) none: bool,
    pub(super) login: bool,
    pub(super) consent: bool,
    pub(super) select_account: bool,
}

/// An authorization code.
#[derive(Clone, Debug)]
pub(super) struct AuthorizationCode {
    pub(super) request: AuthorizationRequest,
    pub(super) signed_in: SignedIn,
    pub(super) expires: DateTime<Utc>,
    pub(super) used: bool,
}

/// What a sign-in page is for.
#[derive(Clone, Debug)]
pub(super) enum Purpose {
    /// The device code, and the name of its client.
    Device {
        device_code: String,
        client_name: String,
    },
    Authorize(Box<AuthorizationRequest>),
}

/// A sign-in page that is open.
#[derive(Clone, Debug)]
pub(super) struct Interaction {
    pub(super) purpose: Purpose,
    /// The user, once the password was right.
    pub(super) signed_in: Option<SignedIn>,
}

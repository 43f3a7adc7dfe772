//! What surrounds each page: language and user.

use axum::http::HeaderMap;
use keyferry_access::Visit;

use crate::assets;
use crate::messages::{self, Messages};

/// What surrounds a page.
pub(crate) struct Frame {
    pub(crate) m: &'static Messages,
    pub(crate) user: Option<FrameUser>,
}

/// Signed-in user, as the page shows it.
pub(crate) struct FrameUser {
    /// Display name with the sign-in name, because display names can be alike.
    pub(crate) name: String,
    /// Token of the page's forms.
    pub(crate) csrf: String,
}

impl Frame {
    /// Returns the frame of a page for a user who is not signed in.
    pub(crate) fn signed_out(headers: &HeaderMap) -> Self {
        Self { m: messages::preferred(headers), user: None }
    }

    /// Returns the frame of a page for a signed-in user.
    pub(crate) fn of(m: &'static Messages, visit: &Visit) -> Self {
        let account = visit.user.user_name.as_deref().unwrap_or(&visit.user.object_id);
        let name = match &visit.user.name {
            Some(name) => format!("{name} ({account})"),
            None => account.to_owned(),
        };
        Self { m, user: Some(FrameUser { name, csrf: visit.session.csrf_token() }) }
    }

    /// Returns the address of a file of this version.
    pub(crate) fn asset(&self, name: &str) -> String {
        assets::address(name)
    }
}

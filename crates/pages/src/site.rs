//! What the pages of an area need to know their users.

use std::sync::Arc;

use axum::http::HeaderMap;
use keyferry_access::{PlatformSignIn, SessionId, Sessions, SignIn, Visit};
use keyferry_domain::Clock;
use keyferry_domain::ports::StoreError;

use crate::area::Area;
use crate::cookies::Cookie;
use crate::public_url::PublicUrl;
use crate::sign_in;

/// What the pages of an area need to know their users. Cheap to clone.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Site {
    /// Area of the pages.
    pub area: &'static Area,
    /// Sign-in at the identity provider.
    pub sign_in: Arc<SignIn>,
    /// Sign-in by the platform in front, if it is used instead.
    pub platform: Option<Arc<PlatformSignIn>>,
    /// Sessions of signed-in users.
    pub sessions: Sessions,
    /// Clock.
    pub clock: Arc<dyn Clock>,
    /// Address of the service for browsers.
    pub public_url: PublicUrl,
}

impl Site {
    /// Returns the visit of a request. `None` if it has no valid session.
    ///
    /// # Errors
    /// If the store of sessions fails.
    pub async fn visit(&self, headers: &HeaderMap) -> Result<Option<Visit>, StoreError> {
        let Some(id) = Cookie::Session.of(headers, &self.public_url).and_then(SessionId::parse) else {
            return Ok(None);
        };
        let found = self.sessions.find(id).await?;
        // Another user has signed in to the platform, or none is any more.
        let is_platforms = |visit: &Visit| self.platform.is_none() || PlatformSignIn::is_user(headers, &visit.user);
        Ok(found.filter(is_platforms))
    }

    /// Returns the address at which the user can sign out of the identity provider, too.
    pub fn sign_out_of_provider(&self) -> String {
        match self.platform {
            Some(_) => sign_in::sign_out(self.area),
            None => self.sign_in.sign_out_url().to_string(),
        }
    }

    /// Returns the address to which the identity provider sends the browser after a sign-in.
    pub(crate) fn callback(&self) -> Option<String> {
        self.public_url.page(&format!("{}/callback", self.area.start))
    }
}

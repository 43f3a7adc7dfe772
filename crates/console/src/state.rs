//! State that the pages share.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::http::{HeaderMap, header};
use keyferry_access::{PlatformSignIn, Sessions, SignIn};
use keyferry_domain::{Clock, SavedViewStore};
use keyferry_engine::Engine;
use url::Url;

use crate::audit::Chain;
use crate::health::Health;

/// State that the pages share. Cheap to clone for each request.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct ConsoleState {
    /// Engine, for reading.
    pub engine: Engine,
    /// Operations of the API, without authentication: a page requests them for its user.
    pub api: Router,
    /// Sign-in at the identity provider.
    pub sign_in: Arc<SignIn>,
    /// Sign-in by the platform in front, if it is used instead.
    pub platform: Option<Arc<PlatformSignIn>>,
    /// Sessions of signed-in users.
    pub sessions: Sessions,
    /// Saved views of users.
    pub views: Arc<dyn SavedViewStore>,
    /// Health of the service.
    pub health: Health,
    /// Chain of all events.
    pub chain: Chain,
    /// Clock.
    pub clock: Arc<dyn Clock>,
    /// Address of the service for browsers.
    pub public_url: PublicUrl,
}

/// Address of the service for browsers. Known once the service listens, if its port is chosen by the system.
#[derive(Clone, Debug, Default)]
pub struct PublicUrl(Arc<OnceLock<Url>>);

impl PublicUrl {
    /// Sets the address. The first call counts.
    pub fn set(&self, url: Url) {
        drop(self.0.set(url));
    }

    /// Returns the address of the console.
    pub fn console(&self) -> Option<String> {
        self.path("console")
    }

    /// Returns the address to which the identity provider sends the browser after a sign-in.
    pub(crate) fn callback(&self) -> Option<String> {
        self.path("console/callback")
    }

    /// Returns whether browsers use https.
    pub(crate) fn is_https(&self) -> bool {
        self.0.get().is_none_or(|url| url.scheme() == "https")
    }

    /// Returns the address of the console if a browser on this machine uses another name of it, for example `localhost`
    /// instead of `127.0.0.1`. Only without https: behind a proxy, the name in a request may be an internal one.
    pub(crate) fn elsewhere(&self, headers: &HeaderMap) -> Option<String> {
        let url = self.0.get().filter(|url| url.scheme() == "http")?;
        let host = headers.get(header::HOST)?.to_str().ok()?;
        let is_here = host.eq_ignore_ascii_case(url.authority());
        let is_local = ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| host.starts_with(name));
        (!is_here && is_local).then(|| self.console()).flatten()
    }

    fn path(&self, path: &str) -> Option<String> {
        self.0.get()?.join(path).ok().map(String::from)
    }
}

//! Address of the service for browsers.

use std::sync::{Arc, OnceLock};

use axum::http::{HeaderMap, header};
use url::Url;

use crate::area::Area;

/// Address of the service for browsers. Known once the service listens, if its port is chosen by the system.
#[derive(Clone, Debug, Default)]
pub struct PublicUrl(Arc<OnceLock<Url>>);

impl PublicUrl {
    /// Sets the address. The first call counts.
    pub fn set(&self, url: Url) {
        drop(self.0.set(url));
    }

    /// Returns the address of a page. `path` begins with a slash.
    pub fn page(&self, path: &str) -> Option<String> {
        self.0.get()?.join(path).ok().map(String::from)
    }

    /// Returns whether browsers use https.
    pub(crate) fn is_https(&self) -> bool {
        self.0.get().is_none_or(|url| url.scheme() == "https")
    }

    /// Returns the address of the area if a browser on this machine uses another name of it, for example `localhost`
    /// instead of `127.0.0.1`. Only without https: behind a proxy, the name in a request may be an internal one.
    pub(crate) fn elsewhere(&self, area: &Area, headers: &HeaderMap) -> Option<String> {
        let url = self.0.get().filter(|url| url.scheme() == "http")?;
        let host = headers.get(header::HOST)?.to_str().ok()?;
        let is_here = host.eq_ignore_ascii_case(url.authority());
        let is_local = ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| host.starts_with(name));
        (!is_here && is_local).then(|| self.page(area.start)).flatten()
    }
}
